import assert from 'node:assert/strict';
import { test } from 'node:test';
import { found } from './find.ts';

const choices = [
  'Europe/Paris',
  'America/Paramaribo',
  'America/Argentina/Buenos_Aires',
  'Réunion, Saint-Denis',
].map((label) => ({ value: label, label }));
const labels = (typed: string) => found(choices, typed).map(({ label }) => label);

test('what is typed is found at the beginning of any word, without accents or capitals', () => {
  assert.deepEqual(labels('paris'), ['Europe/Paris']);
  assert.deepEqual(labels('buenos aires'), ['America/Argentina/Buenos_Aires']);
  assert.deepEqual(labels('saint reunion'), ['Réunion, Saint-Denis']);
  assert.deepEqual(labels('aris'), []);
});

test('what begins with the typed word stands before what only has it', () => {
  const two = [
    { value: 'a', label: 'Bourg, Savoie' },
    { value: 'b', label: 'Savoie' },
  ];
  assert.deepEqual(
    found(two, 'sav').map(({ value }) => value),
    ['b', 'a'],
  );
});

test('nothing typed shows all, and what is told behind the label is found too', () => {
  assert.equal(labels(' ').length, 4);
  assert.deepEqual(found([{ value: 'x', label: 'Paris', second: 'UTC+01:00' }], 'utc+01').length, 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lengthOf, secondsOf, timeOf } from './times.ts';

test('a time of day is read as people write it', () => {
  const read = Object.fromEntries(
    ['8', '08', '8:30', '08:30', '0830', '830', '8h', '8h30', '18.00', ' 18 h 05 ', '0'].map((typed) => [
      typed,
      timeOf(typed),
    ]),
  );
  assert.deepEqual(read, {
    '8': '08:00',
    '08': '08:00',
    '8:30': '08:30',
    '08:30': '08:30',
    '0830': '08:30',
    '830': '08:30',
    '8h': '08:00',
    '8h30': '08:30',
    '18.00': '18:00',
    ' 18 h 05 ': '18:05',
    '0': '00:00',
  });
});

test('what is no time of day is none', () => {
  for (const typed of ['', 'noon', '25', '8:60', '24:01', '8:3', '12345', '-1', '8:30 pm'])
    assert.equal(timeOf(typed), undefined, typed);
});

test('24:00 is the end of a day, never its beginning', () => {
  assert.equal(timeOf('24', { end: true }), '24:00');
  assert.equal(timeOf('24:00', { end: true }), '24:00');
  assert.equal(timeOf('24:00'), undefined);
});

test('a length of time is read with its units, and a bare figure is seconds', () => {
  const read = [
    '20',
    '20 s',
    '90s',
    '1:30',
    '5 min',
    '1 h 30 min',
    '1h30min',
    '2 heures',
    '1 day',
    '1 j 2 h',
  ].map(secondsOf);
  assert.deepEqual(read, [20, 20, 90, 90, 300, 5_400, 5_400, 7_200, 86_400, 93_600]);
});

test('what is no length of time, or names its units in disorder, is none', () => {
  for (const typed of ['', 'soon', '5 parsecs', '30 min 1 h', '5 min 5 min', '1:75', '-5', '1.5 h'])
    assert.equal(secondsOf(typed), undefined, typed);
});

test('a length of time is written in the largest units that say it exactly, and read back the same', () => {
  assert.equal(lengthOf(0, 'en'), '0 s');
  assert.equal(lengthOf(90, 'en'), '1 min 30 s');
  assert.equal(lengthOf(7_200, 'fr'), '2 h');
  assert.equal(lengthOf(90_000, 'fr'), '1 j 1 h');
  for (const seconds of [0, 1, 59, 60, 3_599, 3_600, 86_399, 86_400, 123_456, 2_592_000])
    for (const language of ['en', 'fr'] as const)
      assert.equal(secondsOf(lengthOf(seconds, language)), seconds);
});

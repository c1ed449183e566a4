import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movedOn } from './meanwhile.ts';

const began = {
  values: { name: 'Shop hours', weekly: [{ day: 1, from: '09:00', to: '18:00' }] },
  version: 3,
};

test('a record that somebody else changed has moved on under whoever types', () => {
  assert.equal(movedOn(began, { values: { ...began.values, weekly: [] }, version: 4 }), true);
});

test('a version that moved by an act beside the form takes nothing from whoever types', () => {
  assert.equal(movedOn(began, { ...began, version: 4 }), false);
  assert.equal(movedOn(began, structuredClone(began)), false);
});

test('what has no version is not held against one', () => {
  const plain = { values: { name: 'a' }, version: undefined };
  assert.equal(movedOn(plain, { values: { name: 'b' }, version: undefined }), false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parkedUntil } from './park-until.ts';

test('parked until tomorrow comes back at nine in the morning, also at the end of a month', () => {
  const due = parkedUntil('tomorrow', new Date(2026, 10, 30, 23, 50));
  assert.deepEqual(due, new Date(2026, 11, 1, 9, 0));
});

test('parked for a quarter or an hour counts from now, and without a time it has none', () => {
  const now = new Date(2026, 10, 25, 14, 0);
  assert.deepEqual(parkedUntil('quarter', now), new Date(2026, 10, 25, 14, 15));
  assert.deepEqual(parkedUntil('hour', now), new Date(2026, 10, 25, 15, 0));
  assert.equal(parkedUntil('open', now), undefined);
});

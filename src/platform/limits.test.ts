import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from './clock.ts';
import { createLimiter } from './limits.ts';

test('a door lets a burst pass, then says when to come back, and opens again with time', () => {
  const clock = manualClock('2026-03-02T09:00:00Z');
  const door = createLimiter(clock, { burst: 3, perSecond: 0.5 });
  assert.deepEqual([door.take('a'), door.take('a'), door.take('a')], [0, 0, 0]);
  assert.equal(door.take('a'), 2);
  assert.equal(door.take('b'), 0, 'another address has its own burst');
  clock.pass(2_000);
  assert.equal(door.take('a'), 0);
  assert.equal(door.take('a'), 2);
});

test('a clock put back opens no door: waits are counted on the steady clock', () => {
  const clock = manualClock('2026-03-02T09:00:00Z');
  const door = createLimiter(clock, { burst: 1, perSecond: 1 });
  door.take('a');
  clock.jump(3_600_000);
  assert.equal(door.take('a'), 1);
});

test('a door remembers a bounded number of addresses', () => {
  const clock = manualClock('2026-03-02T09:00:00Z');
  const door = createLimiter(clock, { burst: 1, perSecond: 0.001, keysMax: 2 });
  for (const key of ['a', 'b', 'c']) assert.equal(door.take(key), 0);
  assert.equal(door.take('a'), 0, 'the oldest was forgotten');
  assert.notEqual(door.take('c'), 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from './clock.ts';
import { addressKey, createLimiter } from './limits.ts';

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

test('all addresses of one network count as one asker, written whichever way', () => {
  assert.equal(addressKey('192.0.2.7'), '192.0.2.7');
  assert.equal(addressKey('::ffff:192.0.2.7'), '192.0.2.7');
  for (const same of [
    '2001:db8:0:1::7',
    '2001:0db8:0000:0001:a:b:c:d',
    '2001:DB8:0:1:ffff::',
    '2001:db8:0:1::7%eth0',
  ]) {
    assert.equal(addressKey(same), '2001:db8:0:1::/64', same);
  }
  assert.notEqual(addressKey('2001:db8:0:2::7'), addressKey('2001:db8:0:1::7'));
  assert.equal(addressKey('::1'), '0:0:0:0::/64');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bits, countInBoth, countOf, lowestInBoth } from './bits.ts';
import { Heap } from './heap.ts';
import { IdleOrder } from './idle-order.ts';
import { Timers } from './timers.ts';

test('bits are counted and named in order, the highest of a word too', () => {
  assert.deepEqual([0, 1, -1, 1 << 31, 0x55555555].map(countOf), [0, 1, 32, 1, 16]);
  const [a, b] = [new Bits(3), new Bits(3)];
  for (const index of [0, 31, 32, 63, 95]) a.put(index, true);
  for (const index of [31, 63, 64, 95]) b.put(index, true);
  assert.deepEqual(lowestInBoth(a.words, b.words, 2), [31, 63]);
  assert.deepEqual(lowestInBoth(a.words, b.words, 9), [31, 63, 95]);
  assert.equal(countInBoth(a.words, b.words), 3);
  const { revision } = a;
  assert.equal(a.put(31, true), false);
  assert.equal(a.revision, revision);
  assert.equal(a.put(31, false), true);
  assert.deepEqual([a.size, a.has(31), a.has(32)], [4, false, true]);
  a.grow(4);
  assert.deepEqual([a.size, a.has(95), a.words.length], [4, true, 4]);
  a.clear(2);
  assert.deepEqual([a.size, a.has(32), a.words.length], [0, false, 2]);
});

test('a heap gives the first of what is in it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (items) => {
      const heap = new Heap<number>((a, b) => a - b);
      for (const item of items) heap.add(item);
      const taken = Array.from({ length: heap.size }, () => heap.take());
      assert.deepEqual(
        taken,
        items.toSorted((a, b) => a - b),
      );
      assert.equal(heap.take(), undefined);
    }),
  );
});

test('who is idle longest is found as by sorting, whoever came and went and may take it', () => {
  const change = fc.record({
    index: fc.nat(5000),
    count: fc.nat(1500),
    step: fc.integer({ min: 1, max: 7 }),
    since: fc.nat(3000),
    spread: fc.nat(3),
    leaves: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), fc.integer({ min: 1, max: 40 }), (changes, may) => {
      const words = 512;
      const order = new IdleOrder(words);
      const inside = new Map<number, number>();
      const [all, some] = [new Int32Array(words).fill(-1), new Int32Array(words)];
      for (let index = 0; index < words * 32; index += may) some[index >> 5]! |= 1 << (index & 31);
      for (const { index: from, count, step, since, spread, leaves } of changes)
        for (let i = 0; i < count; i += 1) {
          const index = from + i * step;
          order.delete(index);
          inside.delete(index);
          if (leaves) continue;
          order.add(index, since + spread * i);
          inside.set(index, since + spread * i);
        }
      const sorted = [...inside].sort(([a, x], [b, y]) => x - y || a - b).map(([index]) => index);
      const expected = sorted.filter((index) => index % may === 0);
      assert.deepEqual(order.longest(all, some, 5), expected.slice(0, 5));
      const isOdd = (index: number) => index % 2 === 1;
      assert.deepEqual(
        order.longest(some, all, 3, isOdd),
        expected.filter((index) => !isOdd(index)).slice(0, 3),
      );
    }),
    { numRuns: 60 },
  );
});

test('timers ring in their order, each once, and those set meanwhile that are due too', () => {
  const timers = new Timers();
  const rung: string[] = [];
  const late = timers.set(30, () => rung.push('late'));
  timers.set(10, () => {
    rung.push('first');
    timers.set(15, () => rung.push('set meanwhile'));
    timers.cancel(late);
  });
  timers.set(20, () => rung.push('second'));
  assert.equal(timers.next(), 10);
  timers.ringUntil(9);
  assert.deepEqual(rung, []);
  timers.ringUntil(50);
  assert.deepEqual(rung, ['first', 'set meanwhile', 'second']);
  assert.equal(timers.next(), undefined);
});

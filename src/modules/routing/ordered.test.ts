import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ordered } from './ordered.ts';

const ascending = (a: number, b: number) => a - b;

test('items come out in order and are counted, whatever was added and removed', () => {
  // Whole stretches at once, so that runs are split and emptied.
  const change = fc.record({
    add: fc.boolean(),
    from: fc.nat(3000),
    count: fc.nat(700),
    step: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(5000), (changes, probe) => {
      const ordered = new Ordered<number>(ascending);
      const expected = new Set<number>();
      for (const { add, from, count, step } of changes)
        for (let i = 0; i < count; i += 1) {
          const item = from + i * step;
          if (add) {
            ordered.add(item);
            expected.add(item);
          } else assert.equal(ordered.delete(item), expected.delete(item));
        }
      const sorted = [...expected].sort(ascending);
      assert.deepEqual([...ordered], sorted);
      assert.equal(ordered.size, sorted.length);
      assert.equal(ordered.first(), sorted[0]);
      assert.equal(
        ordered.countWhile((item) => item < probe),
        sorted.filter((item) => item < probe).length,
      );
      assert.equal(
        ordered.after(probe),
        sorted.find((item) => item > probe),
      );
    }),
    { numRuns: 100 },
  );
});

test('a long line is taken from the front in order until nobody is left', () => {
  const ordered = new Ordered<number>(ascending);
  for (let i = 0; i < 5000; i += 1) ordered.add((i * 2654435761) % 1_000_003);
  assert.equal(ordered.size, 5000);
  let last = -1;
  for (let next = ordered.first(); next !== undefined; next = ordered.first()) {
    assert.ok(next > last);
    assert.equal(
      ordered.countWhile(() => false),
      0,
    );
    ordered.delete(next);
    last = next;
  }
  assert.equal(ordered.size, 0);
  assert.deepEqual([...ordered], []);
});

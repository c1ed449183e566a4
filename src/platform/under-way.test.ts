import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from './clock.ts';
import { createUnderWay } from './under-way.ts';

test('a stop waits for what is under way, also for what that has begun, and for what fails', async () => {
  const clock = manualClock('2026-03-02T08:00:00Z');
  const acts = createUnderWay(clock);
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  acts.note(
    first.promise.then(() => {
      acts.note(second.promise);
    }),
  );
  let left: number | undefined;
  const over = acts.over(1_000).then((count) => {
    left = count;
  });
  first.resolve();
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assert.equal(left, undefined);
  second.reject(new Error('it fails'));
  await over;
  assert.equal(left, 0);
});

test('a stop waits no longer than it is told', async () => {
  const clock = manualClock('2026-03-02T08:00:00Z');
  const acts = createUnderWay(clock);
  acts.note(new Promise(() => {}));
  const over = acts.over(1_000);
  clock.pass(1_000);
  assert.equal(await over, 1);
});

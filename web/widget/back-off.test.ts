import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOffFirstMs, backOffMaxMs, backOffMs } from './back-off.ts';

test('a page that lost its line tries again soon, then less and less often', () => {
  const least = [1, 2, 3, 4, 5].map((failures) => backOffMs(failures, () => 0));
  assert.deepEqual(least, [250, 500, 1000, 2000, 4000]);
  assert.equal(
    backOffMs(1, () => 1),
    backOffFirstMs,
  );
});

test('the wait between two attempts never passes half a minute, however long the line is down', () => {
  for (const failures of [7, 20, 1000, 1e9])
    assert.ok(backOffMs(failures, () => 1) <= backOffMaxMs, `${failures}`);
});

test('two pages that lost their line together do not come back together', () => {
  assert.notEqual(
    backOffMs(5, () => 0.1),
    backOffMs(5, () => 0.9),
  );
});

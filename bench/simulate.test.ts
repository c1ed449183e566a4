import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queues, queuesSmallSize } from './simulate.ts';

test('a short simulation agrees with Erlang C, Erlang A and the published results, as far as its size lets it tell', async (t) => {
  const { line, wrong } = await queues(queuesSmallSize, { seed: 1, say: (text) => t.diagnostic(text) });
  assert.deepEqual(wrong, []);
  assert.equal(line.figures.published, 11);
  assert.ok(line.figures.publishedInside! >= 8, `${line.figures.publishedInside}`);
  assert.ok(line.figures.comparedToFormulas! >= 70);
  assert.ok(line.figures.greatestDeviation! < 0.5);
});

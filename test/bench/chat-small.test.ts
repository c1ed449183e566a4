import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatSmallSize, steady } from '#bench/chat.ts';

test('a small chat load tells its figures in the documented shape, and no line is lost', async (t) => {
  const { line, wrong } = await steady(chatSmallSize, { seed: 3, say: (text) => t.diagnostic(text) });
  assert.deepEqual(wrong, []);
  assert.deepEqual(Object.keys(line), ['bench', 'scenario', 'figures', 'limits', 'ratios', 'seed']);
  assert.equal(line.bench, 'chat');
  assert.equal(line.scenario, 'steady');
  for (const name of ['p50Ms', 'p99Ms', 'chats', 'bytesPerConnection', 'lost', 'doubled', 'reordered'])
    assert.equal(typeof line.figures[name], 'number', name);
  for (const name of ['commitsPerSecond1', 'commitsPerSecond16', 'wsP99Ms'])
    assert.ok((line.limits[name] ?? 0) > 0, name);
  assert.ok((line.figures.sent ?? 0) >= chatSmallSize.chats);
});

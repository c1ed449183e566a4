import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkItem, WorkSnapshot } from '#src/modules/interactions/contract.ts';
import { withChange } from './work-change.ts';

const line = (text: string) => ({ author: 'customer' as const, text, at: '2026-11-25T10:00:00.000Z' });
const item = (id: string, seq: number) =>
  ({ id, seq, unread: false, lastLine: line('first'), state: 'handling' }) as unknown as WorkItem;
const work: WorkSnapshot = {
  presence: {
    agentId: 'a',
    state: 'ready',
    reason: 'chosen',
    since: '2026-11-25T09:00:00.000Z',
    version: 1,
  },
  interactions: [item('one', 4), item('two', 7)],
  capacity: { chat: { used: 2, of: 3 } },
  waiting: 5,
  serverTime: '2026-11-25T10:00:00.000Z',
};
const later = '2026-11-25T10:00:01.000Z';

test('a line changes the excerpt of its own conversation and leaves the others as they are', () => {
  const change = {
    interactions: [{ id: 'two', seq: 8, unread: true, lastLine: line('second') }],
    waiting: 5,
    serverTime: later,
  };
  const after = withChange(work, change);
  assert.deepEqual(after?.interactions[1], {
    ...work.interactions[1],
    seq: 8,
    unread: true,
    lastLine: line('second'),
  });
  assert.equal(after?.interactions[0], work.interactions[0]);
  assert.equal(work.interactions[1]?.seq, 7, 'what was shown before is left alone');
  assert.deepEqual(
    withChange(after, change)?.interactions,
    after?.interactions,
    'told twice, it is the same',
  );
});

test('what is told of a conversation does not undo what is known of it already', () => {
  const change = {
    interactions: [{ id: 'two', seq: 6, unread: true, lastLine: line('older') }],
    waiting: 2,
    serverTime: later,
  };
  const after = withChange(work, change);
  assert.equal(after?.interactions[1], work.interactions[1]);
  assert.equal(after?.waiting, 2);
});

test('a line of a conversation that is not shown asks for the whole', () => {
  const change = {
    interactions: [{ id: 'three', seq: 2, unread: true, lastLine: line('hello') }],
    waiting: 5,
    serverTime: later,
  };
  assert.equal(withChange(work, change), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CustomerStep } from '#src/channels/chat/contract.ts';
import { Conversation } from './conversation.ts';

const at = '2026-11-25T10:00:00.000Z';
const line = (interactionId: string, seq: number): CustomerStep => {
  return {
    interactionId,
    seq,
    at,
    kind: 'line',
    author: 'agent',
    name: 'Camille',
    text: `${interactionId}${seq}`,
    key: '',
  };
};
const state = (interactionId: string, seq: number, to: 'waiting' | 'ended'): CustomerStep => {
  return { interactionId, seq, at, kind: 'state', state: to, name: null };
};
const texts = (steps: CustomerStep[]) => steps.map((step) => (step.kind === 'line' ? step.text : step.kind));

test('steps in whatever order, however often, are shown once and in their order', () => {
  const all = [1, 2, 3, 4, 5].flatMap((seq) => [line('a', seq), line('b', seq)]);
  const arriving = fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 });
  fc.assert(
    fc.property(arriving, (steps) => {
      const conversation = new Conversation();
      const shown = steps.flatMap((step) => conversation.take(step));
      assert.equal(shown.length, all.length);
      assert.deepEqual(
        texts(conversation.steps()),
        ['a', 'b'].flatMap((id) => [1, 2, 3, 4, 5].map((seq) => `${id}${seq}`)),
      );
      assert.equal(conversation.hasGap(), false);
      assert.deepEqual(conversation.position(), { interactionId: 'b', seq: 5 });
    }),
  );
});

test('a step ahead of a missing one waits, and the missing one is asked for', () => {
  const conversation = new Conversation();
  conversation.take(line('a', 1));
  assert.deepEqual(conversation.take(line('a', 3)), []);
  assert.equal(conversation.hasGap(), true);
  assert.deepEqual(conversation.position(), { interactionId: 'a', seq: 1 });
  assert.deepEqual(texts(conversation.take(line('a', 2))), ['a2', 'a3']);
});

test('a gap in an earlier conversation is asked for although a later one has begun', () => {
  const conversation = new Conversation();
  for (const step of [line('a', 1), line('a', 3), line('b', 1)]) conversation.take(step);
  assert.deepEqual(conversation.position(), { interactionId: 'a', seq: 1 });
});

test('what stands behind a gap that nobody can fill is shown in the end', () => {
  const conversation = new Conversation();
  for (const step of [line('a', 1), line('a', 4)]) conversation.take(step);
  for (const step of conversation.fillers()) conversation.take(step);
  assert.deepEqual(texts(conversation.steps()), ['a1', 'other', 'other', 'a4']);
});

test('the state is that of the newest conversation', () => {
  const conversation = new Conversation();
  assert.deepEqual(conversation.state(), { state: 'none' });
  for (const step of [state('a', 1, 'waiting'), state('a', 2, 'ended'), state('b', 1, 'waiting')])
    conversation.take(step);
  assert.equal(conversation.state().state, 'waiting');
});

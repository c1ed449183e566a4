import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InteractionEvent } from '#src/modules/interactions/contract.ts';
import { emptyStream, hasGap, held, withEvents } from './stream.ts';

const event = (seq: number): InteractionEvent => ({
  seq,
  kind: 'interaction.line',
  at: '2026-11-25T10:00:00Z',
  body: {},
});
const seqs = (events: readonly InteractionEvent[]) => events.map(({ seq }) => seq);

test('a line that overtakes its predecessor is held until that one came', () => {
  const first = withEvents(emptyStream, [event(1)], 1);
  const ahead = withEvents(first, [event(3)], 3);
  assert.deepEqual(seqs(ahead.events), [1]);
  assert.equal(hasGap(ahead), true);
  const whole = withEvents(ahead, [event(2)], 3);
  assert.deepEqual(seqs(whole.events), [1, 2, 3]);
  assert.equal(hasGap(whole), false);
  assert.equal(held(whole), 3);
});

test('a line that comes twice is shown once, and nothing changes', () => {
  const two = withEvents(emptyStream, [event(1), event(2)], 2);
  assert.equal(withEvents(two, [event(2), event(1)], 2), two);
});

test('a head beyond what came is a gap', () => {
  const page = withEvents(emptyStream, [event(1), event(2)], 40);
  assert.equal(hasGap(page), true);
  assert.equal(held(page), 2);
});

test('in whatever order events come, the same stream stands', () => {
  const orders = [
    [1, 2, 3, 4],
    [4, 3, 2, 1],
    [2, 4, 1, 3],
    [3, 1, 4, 2],
  ];
  for (const order of orders) {
    const stream = order.reduce((so, seq) => withEvents(so, [event(seq)], seq), emptyStream);
    assert.deepEqual(seqs(stream.events), [1, 2, 3, 4]);
    assert.deepEqual(stream.ahead, []);
  }
});

test('a server that lost track makes the browser ask once, and its answer settles it', () => {
  const two = withEvents(emptyStream, [event(1), event(2)], 2);
  const asked = withEvents(two, [], Number.MAX_SAFE_INTEGER);
  assert.equal(hasGap(asked), true);
  assert.equal(hasGap(withEvents(asked, [], 2)), false);
});

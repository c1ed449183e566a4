import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOf } from '#src/modules/interactions/lifecycle.ts';
import { followOffers, type Logged } from './offers.ts';

const arrived = 'interaction.arrived';
const log = (...steps: [at: number, stream: string, kind: string, agentId?: string][]): Logged[] =>
  steps.map(([committedAt, stream, kind, agentId = null], index) => ({
    stream,
    seq: index + 1,
    kind,
    agentId,
    committedAt,
  }));
const two = new Map([
  ['ann', 1],
  ['ben', 1],
]);

test('what arrives while somebody is free could be offered from its arrival on', () => {
  const { offers, unserved, takenMs, lastedMs } = followOffers(
    log([10, 'a', arrived], [14, 'a', kindOf.offer, 'ann'], [30, 'b', arrived]),
    two,
  );
  assert.deepEqual(offers, [{ stream: 'a', seq: 2, agentId: 'ann', committedAt: 14, eligibleAt: 10 }]);
  assert.deepEqual(unserved, [{ stream: 'b', eligibleAt: 30 }]);
  assert.deepEqual([takenMs, lastedMs], [16, 20]);
});

test('what arrives while nobody is free could be offered from when a place became free, the first in line first', () => {
  const { offers, unserved } = followOffers(
    log(
      [1, 'a', arrived],
      [2, 'b', arrived],
      [3, 'c', arrived],
      [4, 'd', arrived],
      [5, 'a', kindOf.offer, 'ann'],
      [6, 'b', kindOf.offer, 'ben'],
      [20, 'a', kindOf.complete, 'ann'],
      [25, 'c', kindOf.offer, 'ann'],
    ),
    two,
  );
  assert.deepEqual(
    offers.map(({ stream, eligibleAt }) => [stream, eligibleAt]),
    [
      ['a', 1],
      ['b', 2],
      ['c', 20],
    ],
  );
  assert.deepEqual(unserved, []);
});

test('what was declined stands in line again, and may be offered at once when a place is free', () => {
  const { offers, doubled, overAssigned } = followOffers(
    log(
      [1, 'a', arrived],
      [2, 'a', kindOf.offer, 'ann'],
      [9, 'a', kindOf.decline, 'ann'],
      [12, 'a', kindOf.offer, 'ben'],
    ),
    two,
  );
  assert.deepEqual(
    offers.map(({ eligibleAt }) => eligibleAt),
    [1, 9],
  );
  assert.deepEqual([doubled, overAssigned], [0, 0]);
});

test('an offer beyond an agent’s places and one of what is with somebody already are counted', () => {
  const { doubled, overAssigned } = followOffers(
    log(
      [1, 'a', arrived],
      [2, 'a', kindOf.offer, 'ann'],
      [3, 'b', arrived],
      [4, 'b', kindOf.offer, 'ann'],
      [5, 'a', kindOf.offer, 'ben'],
    ),
    two,
  );
  assert.deepEqual([doubled, overAssigned], [1, 1]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkItem } from '#src/modules/interactions/contract.ts';
import {
  interruptedBy,
  layOut,
  neighbour,
  newOffers,
  offerLeft,
  ranOut,
  rowsOf,
  whyNothing,
} from './work.ts';

const item = (id: string, state: WorkItem['state'], more: Partial<WorkItem> = {}) =>
  ({ id, state, arrivedAt: '2026-11-25T10:00:00Z', seq: 2, offerUntil: null, ...more }) as WorkItem;

test('offers stand first, the one that ends soonest on top, then what is handled, wrapped up and parked by arrival', () => {
  const work = layOut({
    interactions: [
      item('parked', 'parked'),
      item('second', 'handling', { arrivedAt: '2026-11-25T10:02:00Z' }),
      item('first', 'handling', { arrivedAt: '2026-11-25T10:01:00Z' }),
      item('late', 'offered', { offerUntil: '2026-11-25T10:05:00Z' }),
      item('soon', 'offered', { offerUntil: '2026-11-25T10:04:00Z' }),
      item('wrap', 'wrapping'),
    ],
  });
  assert.deepEqual(
    work.offers.map(({ id }) => id),
    ['soon', 'late'],
  );
  assert.deepEqual(
    rowsOf(work).map(({ id }) => id),
    ['first', 'second', 'wrap', 'parked'],
  );
});

test('an offer names what would give way, and nothing that is not handled any more', () => {
  const handling = [item('letter', 'handling'), item('chat', 'handling')];
  assert.deepEqual(interruptedBy({ interrupts: ['letter', 'done'] }, handling), [handling[0]]);
});

test('a message that changes a row does not move it', () => {
  const rows = [item('b', 'handling'), item('a', 'handling')];
  assert.deepEqual(
    rowsOf(layOut({ interactions: rows })).map(({ id }) => id),
    ['a', 'b'],
  );
  assert.deepEqual(
    rowsOf(layOut({ interactions: [...rows].reverse() })).map(({ id }) => id),
    ['a', 'b'],
  );
});

test('J and K walk in a circle and begin at an end', () => {
  const rows = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
  assert.equal(neighbour(rows, undefined, 1), 'a');
  assert.equal(neighbour(rows, undefined, -1), 'c');
  assert.equal(neighbour(rows, 'c', 1), 'a');
  assert.equal(neighbour(rows, 'a', -1), 'c');
  assert.equal(neighbour([], 'a', 1), undefined);
});

test('the countdown follows the server’s clock, not this browser’s', () => {
  const offer = { stateSince: '2026-11-25T10:00:00.000Z', offerUntil: '2026-11-25T10:00:20.000Z' };
  const tenMinutesSlow = Date.parse('2026-11-25T09:50:06.000Z');
  assert.deepEqual(offerLeft(offer, tenMinutesSlow, 600_000), { seconds: 14, share: 70 });
});

test('the countdown never shows more than the offer has, however the clocks stand to each other', () => {
  const offer = { stateSince: '2026-11-25T10:00:00.000Z', offerUntil: '2026-11-25T10:00:20.000Z' };
  const early = Date.parse('2026-11-25T09:59:57.500Z');
  assert.deepEqual(offerLeft(offer, early, 0), { seconds: 20, share: 100 });
});

test('an offer whose time is over shows 0 and nothing negative', () => {
  const offer = { stateSince: '2026-11-25T10:00:00.000Z', offerUntil: '2026-11-25T10:00:20.000Z' };
  assert.deepEqual(offerLeft(offer, Date.parse('2026-11-25T10:01:00.000Z'), 0), { seconds: 0, share: 0 });
});

test('an offer rings once, and again when the same interaction is offered anew', () => {
  const offer = item('a', 'offered');
  assert.deepEqual(newOffers([], [offer]), [offer]);
  assert.deepEqual(newOffers(['a:2'], [offer]), []);
  assert.equal(newOffers(['a:2'], [item('a', 'offered', { seq: 6 })]).length, 1);
});

test('an offer that ran out is told, also when the same interaction is offered again at once', () => {
  const offer = item('a', 'offered', { offerUntil: '2026-11-25T10:00:20.000Z' });
  const before = { interactions: [offer] };
  const over = '2026-11-25T10:00:20.400Z';
  assert.deepEqual(ranOut(before, { interactions: [], serverTime: over }), [offer]);
  const again = item('a', 'offered', { seq: 5, offerUntil: '2026-11-25T10:00:40.000Z' });
  assert.deepEqual(ranOut(before, { interactions: [again], serverTime: over }), [offer]);
});

test('an offer that was accepted, declined in time or still stands did not run out', () => {
  const offer = item('a', 'offered', { offerUntil: '2026-11-25T10:00:20.000Z' });
  const before = { interactions: [offer] };
  const over = '2026-11-25T10:00:20.400Z';
  assert.deepEqual(ranOut(before, { interactions: [item('a', 'handling')], serverTime: over }), []);
  assert.deepEqual(ranOut(before, { interactions: [offer], serverTime: over }), []);
  assert.deepEqual(ranOut(before, { interactions: [], serverTime: '2026-11-25T10:00:12.000Z' }), []);
  assert.deepEqual(ranOut(undefined, { interactions: [], serverTime: over }), []);
});

test('a ready agent with nothing is told that nobody waits, that all is paused or closed, or that it is not for them', () => {
  const now = Date.parse('2026-11-25T10:00:00.000Z');
  const open = { active: true, paused: null, hoursId: null };
  const pause = (until: string | null) => ({
    ...open,
    paused: { at: '2026-11-25T09:00:00.000Z', until, by: null, reason: 'x' },
  });
  const hours = [{ id: 'h', open: false }];
  assert.equal(whyNothing(0, [open], [], now), 'nobody-waits');
  assert.equal(whyNothing(2, [open, pause(null)], [], now), 'not-for-you');
  assert.equal(whyNothing(2, [pause(null), { ...open, hoursId: 'h' }], hours, now), 'all-held');
  assert.equal(
    whyNothing(0, [pause('2026-11-25T09:30:00.000Z')], [], now),
    'nobody-waits',
    'that pause is over',
  );
  assert.equal(whyNothing(0, [{ ...open, active: false }], [], now), 'nobody-waits', 'nothing is in use');
});

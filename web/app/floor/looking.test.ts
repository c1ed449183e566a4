import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lifecycle, type State, stateAfter } from '#src/modules/interactions/lifecycle.ts';
import { actsOn, type FloorAct, floorQuery, floorSearch, rowAfter, rowInPlace, toBreach } from './looking.ts';

test('an address asks for what exists, and the rest of it is left out', () => {
  const asked = floorSearch({
    client: 'c',
    state: 'waiting',
    channel: 'pigeon',
    sort: 'x',
    team: '',
    open: 'i',
  });
  assert.deepEqual(asked, { client: 'c', state: 'waiting', open: 'i' });
  assert.deepEqual(floorSearch({ state: 'closed' }), {}, 'what is over is not on the floor');
  assert.equal(floorQuery({ type: 'y', open: 'i' }).typeId, 'y');
  assert.equal('open' in floorQuery({ open: 'i' }), false, 'an opened row is no other list');
});

test('a row offers the acts that its state allows, and no other', () => {
  // What is offered is taken back first: from there the rest follows.
  const possible = (state: State, act: FloorAct) =>
    stateAfter(state, act) !== undefined ||
    (state === 'offered' &&
      act !== 'reorder' &&
      act !== 'dismiss' &&
      stateAfter('waiting', act) !== undefined);
  for (const state of Object.keys(lifecycle) as State[])
    for (const act of ['push', 'take', 'reorder', 'pull', 'dismiss'] as const)
      assert.equal(actsOn(state, { isAgent: true }).includes(act), possible(state, act), `${act} ${state}`);
  assert.equal(
    actsOn('waiting', { isAgent: false }).includes('take'),
    false,
    'without places nothing is taken',
  );
});

test('time to breach is close once half of it is gone, and breached when it is over', () => {
  const row = { arrivedAt: '2026-11-25T10:00:00.000Z', breachAt: '2026-11-25T10:02:00.000Z' };
  const tone = (second: number) => toBreach(row, Date.parse(row.arrivedAt) + second * 1000)?.tone;
  assert.deepEqual([tone(59), tone(60), tone(119), tone(120)], ['in', 'close', 'close', 'breached']);
  assert.equal(toBreach({ ...row, breachAt: null }, 0), undefined);
});

test('arrows walk the rows and stop at the ends', () => {
  const ids = ['a', 'b', 'c'];
  assert.deepEqual(
    [
      rowAfter(ids, 'a', 'ArrowDown'),
      rowAfter(ids, 'c', 'ArrowDown'),
      rowAfter(ids, 'a', 'ArrowUp'),
      rowAfter(ids, 'a', 'End'),
      rowAfter(ids, 'c', 'Home'),
      rowAfter(ids, 'a', 'x'),
      rowAfter([], undefined, 'ArrowDown'),
    ],
    ['b', 'c', 'a', 'c', 'a', undefined, undefined],
  );
});

test('when a row goes the one in its place has the focus', () => {
  assert.equal(rowInPlace(['a', 'c'], 'b', 1), 'c');
  assert.equal(rowInPlace(['a'], 'c', 2), 'a');
  assert.equal(rowInPlace(['a', 'b'], 'b', 0), 'b');
  assert.equal(rowInPlace([], 'b', 0), undefined);
});

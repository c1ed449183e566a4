import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, type Stored, stuck, wrongSlots } from './comparison.ts';
import { Journal } from './journal.ts';

const interaction = {
  id: 'i1',
  threadId: 't1',
  state: 'handling',
  agentId: 'a1',
  seq: 5,
  outcomeCode: null,
  interrupted: false,
} as const;
const happened = (kinds: string[]) =>
  kinds.map((kind, index) => ({
    stream: 'i1',
    seq: index + 1,
    kind: `interaction.${kind}`,
    agentId: kind === 'offered' || kind === 'accepted' ? 'a1' : null,
    outcomeCode: null,
  }));
const stored = (change: Partial<Stored> = {}): Stored => ({
  interactions: [interaction],
  events: happened(['arrived', 'line', 'offered', 'accepted', 'line']),
  messages: [
    { stream: 'i1', seq: 2, agentId: null, key: 'k1', text: 'one' },
    { stream: 'i1', seq: 5, agentId: null, key: 'k2', text: 'two' },
  ],
  assignments: [{ interactionId: 'i1', agentId: 'a1' }],
  agents: [{ id: 'a1', state: 'ready', connected: true, slots: 2 }],
  ...change,
});

function journal(): Journal {
  const kept = new Journal();
  kept.wrote({ author: 'customer', writer: 't1', key: 'k1', text: 'one' });
  kept.wrote({ author: 'customer', writer: 't1', key: 'k2', text: 'two' });
  kept.acknowledgedLine('k1', { interactionId: 'i1', seq: 2 });
  kept.acknowledgedLine('k2', { interactionId: 'i1', seq: 5 });
  kept.sawOffer('i1', 'a1', '2026-11-25T10:00:00Z');
  kept.acknowledgedAct({ act: 'accept', interactionId: 'i1', agentId: 'a1' });
  return kept;
}

test('a record that holds all that was acknowledged shows no difference', () => {
  assert.deepEqual(differences(journal(), stored()), { lost: [], doubled: [], reordered: [], broken: [] });
  assert.deepEqual(wrongSlots(stored()), []);
  assert.deepEqual(stuck(stored()), []);
});

test('an acknowledged line that is not where it was said to be is lost', () => {
  const { lost } = differences(journal(), stored({ messages: stored().messages.slice(0, 1) }));
  assert.deepEqual(lost, ['the line "two", acknowledged at i1 5']);
});

test('a line whose key stands twice is doubled, acknowledged or not', () => {
  const messages = [...stored().messages, { stream: 'i1', seq: 6, agentId: null, key: 'k2', text: 'two' }];
  assert.equal(differences(journal(), stored({ messages })).doubled.length, 1);
});

test('lines of a customer that stand in another order than they were written in are seen', () => {
  const [one, two] = stored().messages as [Stored['messages'][number], Stored['messages'][number]];
  const messages = [
    { ...two, seq: 2 },
    { ...one, seq: 5 },
  ];
  assert.equal(differences(journal(), stored({ messages })).reordered.length, 1);
});

test('an acknowledged accept without its event is lost', () => {
  const events = happened(['arrived', 'line', 'offered', 'line', 'line']);
  assert.match(differences(journal(), stored({ events })).lost[0] ?? '', /interaction.accepted i1 a1/);
});

test('a hole in a stream, a step that the life does not know and a row that says otherwise are broken', () => {
  const broken = (change: Partial<Stored>) => differences(journal(), stored(change)).broken;
  assert.equal(broken({ events: stored().events.filter(({ seq }) => seq !== 3) }).length, 1);
  assert.equal(
    broken({ events: happened(['arrived', 'line', 'offered', 'accepted', 'accepted']) }).length,
    1,
  );
  assert.equal(broken({ interactions: [{ ...interaction, state: 'offered' }] }).length, 1);
  assert.equal(broken({ interactions: [{ ...interaction, seq: 6 }] }).length, 1);
});

test('a slot that nothing needs and work without its slot are wrong', () => {
  assert.equal(wrongSlots(stored({ assignments: [] })).length, 1);
  assert.equal(wrongSlots(stored({ assignments: [{ interactionId: 'i2', agentId: 'a1' }] })).length, 2);
});

test('work of an agent who is gone is stuck, and so is what waits while somebody is free', () => {
  const gone = [{ id: 'a1', state: 'offline', connected: false, slots: 2 }];
  assert.equal(stuck(stored({ agents: gone })).length, 1);
  const waiting = [{ ...interaction, state: 'waiting' as const, agentId: null }];
  assert.equal(stuck(stored({ interactions: waiting, assignments: [] })).length, 1);
  assert.equal(stuck(stored({ interactions: waiting, assignments: [], agents: gone })).length, 0);
});

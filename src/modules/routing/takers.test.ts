import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentSeen } from './seam.ts';
import { type Asked, type Slot, Takers } from './takers.ts';
import { Timers } from './timers.ts';

function agent(agentId: string, version: number, some: Partial<AgentSeen> = {}): AgentSeen {
  return {
    kind: 'agent',
    agentId,
    version,
    ready: true,
    clients: ['acme'],
    capacity: { chat: 1 },
    competencies: [{ competencyId: 'english', level: version, validUntil: 1000 }],
    idleSince: 0,
    ...some,
  };
}

const english: Asked = {
  typeId: 'orders',
  clientId: 'acme',
  channel: 'chat',
  requires: [{ competencyId: 'english', level: 2 }],
  ranked: false,
};
const aChat = (interactionId: string, since = 1): Slot => ({
  interactionId,
  channel: 'chat',
  since,
  how: 'handling',
});

function takersWith(...agents: AgentSeen[]) {
  const timers = new Timers();
  const gained: string[] = [];
  const changed: string[] = [];
  const takers = new Takers(timers, {
    gained: ({ id }, channel) => gained.push(`${id} on ${channel}`),
    changed: (id) => changed.push(id),
  });
  for (const one of agents) takers.see(one, 0);
  return { takers, timers, gained, changed };
}

test('who may take something is known by name and in numbers, however many lapse at once', () => {
  const many = Array.from({ length: 100 }, (_, i) =>
    agent(`agent-${String(i).padStart(2, '0')}`, 1, {
      competencies: [{ competencyId: 'english', level: 3, validUntil: 1000 + i }],
    }),
  );
  const { takers, timers } = takersWith(...many);
  const signature = takers.signature(english);
  assert.equal(takers.upToDate(signature).ableCount, 100);
  timers.ringUntil(1050);
  assert.equal(takers.upToDate(signature).ableCount, 49);
  assert.deepEqual(takers.notEverOf(signature), [
    {
      reason: 'competency-lapsed',
      count: 51,
      agents: ['agent-00', 'agent-01', 'agent-02', 'agent-03', 'agent-04'],
    },
  ]);
});

test('what is known of an agent goes with them, however often they change', () => {
  const { takers, timers } = takersWith();
  const signature = takers.signature(english);
  for (let version = 1; version <= 50; version += 1) takers.see(agent('ann', version), 0);
  assert.equal(takers.upToDate(signature).ableCount, 1);
  takers.forget('ann');
  assert.equal(takers.upToDate(signature).ableCount, 0);
  assert.deepEqual(signature.not, []);
  assert.deepEqual([...takers.agents()], []);
  assert.equal(timers.next(), undefined);
  takers.give(takers.take('bob', aChat('one')), 'one');
  assert.deepEqual([...takers.agents()], []);
});

test('somebody becoming free is told once, and only when they were not free before', () => {
  const roomy = { capacity: { chat: 2, voice: 1 }, competencies: [] };
  const { takers, gained } = takersWith(agent('ann', 1, roomy));
  assert.deepEqual([...new Set(gained.splice(0))], ['ann on voice', 'ann on chat']);
  const ann = takers.take('ann', aChat('one'));
  takers.take('ann', aChat('two'));
  takers.see(agent('ann', 2, { ...roomy, idleSince: 5 }), 0);
  assert.deepEqual(gained.splice(0), []);
  takers.give(ann, 'one');
  assert.deepEqual(gained.splice(0), ['ann on chat']);
  takers.give(ann, 'two');
  assert.deepEqual(gained, []);
});

test('the same is found among few who are free and among many', () => {
  const ids = Array.from({ length: 200 }, (_, i) => `agent-${String((i * 77) % 200).padStart(3, '0')}`);
  const { takers } = takersWith(...ids.map((id, i) => agent(id, 2, { idleSince: (i * 13) % 50 })));
  const signature = takers.upToDate(takers.signature(english));
  const byIdle = [...takers.agents()].sort((a, b) => a.idleSince - b.idleSince || (a.id < b.id ? -1 : 1));
  assert.equal(takers.fewAvailable(signature), undefined);
  const longest = takers.idleLongest(signature.able, 'chat', 'free', 5);
  assert.deepEqual(
    longest.map(({ id }) => id),
    byIdle.slice(0, 5).map(({ id }) => id),
  );
  assert.equal(takers.upToDate(signature).available, 200);
  for (const { id } of byIdle.slice(0, 180)) takers.take(id, aChat(`of ${id}`));
  assert.equal(takers.upToDate(signature).available, 20);
  assert.equal(takers.fewAvailable(signature)?.length, 20);
  assert.equal(takers.fullNames(signature).length, 5);
});

test('agents whose names come before those known are numbered anew, and nothing else changes', () => {
  const { takers } = takersWith(agent('mia', 3), agent('zoe', 3, { ready: false }));
  takers.take('mia', aChat('one'));
  const signature = takers.signature({ ...english, ranked: true });
  assert.equal(takers.upToDate(signature).ableCount, 2);
  for (let i = 0; i < 300; i += 1) takers.see(agent(`ann-${300 - i}`, 5), 0);
  const { ableCount, ranks } = takers.upToDate(signature);
  assert.equal(ableCount, 302);
  assert.deepEqual(
    ranks.map(({ above }) => above),
    [3, 1],
  );
  assert.deepEqual(takers.notReadyOf(signature), { count: 1, agents: ['zoe'] });
  assert.deepEqual(takers.fullNames(signature), ['mia']);
  assert.equal(takers.upToDate(signature).available, 300);
  for (let i = 0; i < 300; i += 1) takers.forget(`ann-${300 - i}`);
  assert.equal(takers.upToDate(signature).ableCount, 2);
  assert.deepEqual(takers.fullNames(signature), ['mia']);
});

test('a fact that only says how long an agent is idle changes that and nothing else', () => {
  const ann = agent('ann', 3);
  const { takers, timers, changed } = takersWith(ann, agent('bob', 3, { idleSince: 50 }));
  const signature = takers.signature(english);
  const names = () =>
    takers.fewAvailable(takers.upToDate(signature))?.map(({ id, idleSince }) => `${id} since ${idleSince}`);
  assert.deepEqual(names(), ['ann since 0', 'bob since 50']);
  changed.length = 0;
  takers.see({ ...ann, version: 4, idleSince: 70 }, 10);
  assert.deepEqual(names(), ['ann since 70', 'bob since 50']);
  assert.deepEqual(changed, ['ann']);
  takers.see({ ...ann, version: 5, ready: false }, 20);
  assert.deepEqual(names(), ['bob since 50']);
  assert.equal(timers.next(), 1000);
});

test('among thousands who are free, those who just had something are found where they stand now', () => {
  const many = Array.from({ length: 3000 }, (_, i) =>
    agent(`agent-${String(i).padStart(4, '0')}`, 3, { capacity: { chat: 2 }, idleSince: (i * 7919) % 3001 }),
  );
  const { takers } = takersWith(...many);
  const signature = takers.upToDate(takers.signature(english));
  const longest = () => takers.idleLongest(signature.able, 'chat', 'free', 5).map(({ id }) => id);
  const expected = () =>
    [...takers.agents()]
      .sort((a, b) => a.idleSince - b.idleSince || (a.id < b.id ? -1 : 1))
      .slice(0, 5)
      .map(({ id }) => id);
  for (let round = 0; round < 60; round += 1) {
    const [first = ''] = longest();
    takers.take(first, aChat(`one-${round}`, 5000 - 60 * round));
    assert.deepEqual(longest(), expected());
  }
  for (let round = 0; round < 60; round += 2) {
    const busy = [...takers.agents()].find(({ slots }) => slots[0]?.interactionId === `one-${round}`);
    if (busy !== undefined) takers.give(busy, `one-${round}`);
    assert.deepEqual(longest(), expected());
  }
});

test('an agent who just had something is not found where they stood before, though few others can do the same', () => {
  const welsh = { competencies: [{ competencyId: 'welsh', level: 1, validUntil: 1000 }] };
  const many = Array.from({ length: 3000 }, (_, i) =>
    agent(`agent-${String(i).padStart(4, '0')}`, 3, {
      capacity: { chat: 2 },
      idleSince: i,
      ...((i < 5 || i >= 2960) && welsh),
    }),
  );
  const { takers } = takersWith(...many);
  const signature = takers.upToDate(
    takers.signature({ ...english, requires: [{ competencyId: 'welsh', level: 1 }] }),
  );
  takers.take('agent-0000', aChat('one', 5000));
  assert.deepEqual(
    takers.idleLongest(signature.able, 'chat', 'free', 5).map(({ id }) => id),
    ['agent-0001', 'agent-0002', 'agent-0003', 'agent-0004', 'agent-2960'],
  );
});

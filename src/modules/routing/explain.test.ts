import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEngine } from './engine.ts';
import { type AgentSeen, type Engine, namesMax, type Seen } from './seam.ts';

const english = { competencyId: 'english', level: 3 };
const later = 1_000_000;

function agent(agentId: string, some: Partial<AgentSeen> = {}): AgentSeen {
  return {
    kind: 'agent',
    agentId,
    version: 1,
    ready: true,
    clients: ['acme'],
    capacity: { chat: 1 },
    competencies: [{ ...english, validUntil: later }],
    idleSince: 0,
    ...some,
  };
}

function engineWith(...agents: AgentSeen[]): Engine {
  const engine = createEngine();
  const facts: Seen[] = [
    { kind: 'type', typeId: 'orders', clientId: 'acme', channel: 'chat', requires: [english], version: 7 },
    {
      kind: 'interaction',
      interactionId: 'one',
      seq: 4,
      state: 'waiting',
      clientId: 'acme',
      typeId: 'orders',
      channel: 'chat',
      priority: 2,
      arrivedAt: 40,
      notTo: ['declined'],
      askAgainAt: 500,
    },
    ...agents,
  ];
  for (const fact of facts) engine.see(fact);
  return engine;
}

test('a decision says who could have taken it, who could not for which reason, and by which rule it was decided', () => {
  const engine = engineWith(
    agent('asked', { idleSince: 10 }),
    agent('second', { idleSince: 20, capacity: { chat: 2, voice: 1 } }),
    agent('other-client', { clients: ['globex'] }),
    agent('phone-only', { capacity: { voice: 1, chat: 0 } }),
    agent('no-english', { competencies: [] }),
    agent('little-english', { competencies: [{ competencyId: 'english', level: 2, validUntil: later }] }),
    agent('lapsed', { competencies: [{ ...english, validUntil: 99 }] }),
    agent('lapsed-better', {
      competencies: [
        { competencyId: 'english', level: 2, validUntil: later },
        { ...english, validUntil: 99 },
      ],
    }),
    agent('on-break', { ready: false }),
    agent('busy'),
    agent('declined'),
  );
  engine.see({
    kind: 'interaction',
    interactionId: 'zero',
    seq: 3,
    state: 'handling',
    clientId: 'acme',
    typeId: 'orders',
    channel: 'chat',
    priority: 0,
    arrivedAt: 1,
    agentId: 'busy',
  });
  const one = (agentId: string) => ({ count: 1, agents: [agentId] });
  assert.deepEqual(engine.decide(100), [
    {
      interactionId: 'one',
      seq: 4,
      agentId: 'asked',
      channel: 'chat',
      why: {
        rule: 'longest-idle',
        decidedAt: 100,
        order: { priority: 2, arrivedAt: 40, ahead: 0 },
        typeId: 'orders',
        typeVersion: 7,
        clientId: 'acme',
        channel: 'chat',
        requires: [english],
        eligible: [
          { agentId: 'asked', idleSince: 10 },
          { agentId: 'second', idleSince: 20 },
        ],
        eligibleCount: 2,
        not: [
          { reason: 'agent-not-of-client', ...one('other-client') },
          { reason: 'channel-not-taken', ...one('phone-only') },
          { reason: 'competency-missing', ...one('no-english') },
          { reason: 'competency-level-too-low', ...one('little-english') },
          { reason: 'competency-lapsed', count: 2, agents: ['lapsed', 'lapsed-better'] },
          { reason: 'agent-not-ready', ...one('on-break') },
          { reason: 'agent-at-capacity', ...one('busy') },
          { reason: 'declined-already', ...one('declined') },
        ],
        askAgainAt: 500,
      },
    },
  ]);
});

test('a why names a few agents and counts them all', () => {
  const many = Array.from({ length: 40 }, (_, i) =>
    agent(`agent-${String(i).padStart(2, '0')}`, { idleSince: 100 - i }),
  );
  const engine = engineWith(
    ...many.map((one, i) => ({
      ...one,
      competencies: [...one.competencies, { competencyId: `own-${i}`, level: 1, validUntil: later }],
    })),
    ...many.map((one, i) => agent(`b-${one.agentId}`, { clients: [`client-${i}`] })),
  );
  const why = engine.whyWaiting('one', 10);
  assert.equal(why?.eligibleCount, 40);
  assert.deepEqual(
    why?.eligible.map(({ agentId }) => agentId),
    ['agent-39', 'agent-38', 'agent-37', 'agent-36', 'agent-35'],
  );
  assert.equal(why?.eligible.length, namesMax);
  assert.deepEqual(why?.not, [
    {
      reason: 'agent-not-of-client',
      count: 40,
      agents: ['b-agent-00', 'b-agent-01', 'b-agent-02', 'b-agent-03', 'b-agent-04'],
    },
  ]);
});

test('what is decided and not yet written answers with its decision, and what does not wait with nothing', () => {
  const engine = engineWith(agent('asked'));
  assert.equal(engine.whyWaiting('one', 9)?.waitsFor, 'decision');
  const [decision] = engine.decide(10);
  assert.deepEqual(engine.whyWaiting('one', 11), decision?.why);
  assert.equal(engine.whyWaiting('unknown', 11), undefined);
});

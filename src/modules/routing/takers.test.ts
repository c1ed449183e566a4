import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentSeen } from './seam.ts';
import { Takers } from './takers.ts';

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

test('agents who can take the same are looked at together', () => {
  const takers = new Takers(() => {});
  for (let i = 0; i < 100; i += 1)
    takers.see(
      agent(`agent-${i}`, 3, { competencies: [{ competencyId: 'english', level: 3, validUntil: 1000 + i }] }),
      0,
    );
  const signature = takers.signature('acme', 'chat', [{ competencyId: 'english', level: 2 }]);
  assert.equal(signature.takers.size, 1);
  takers.lapse(1050);
  assert.equal(signature.takers.size, 1);
  assert.equal([...(signature.refusers.get('competency-lapsed') ?? [])][0]?.members.size, 51);
});

test('what nobody can take any more leaves no trace, however often an agent changes', () => {
  const takers = new Takers(() => {});
  const signature = takers.signature('acme', 'chat', [{ competencyId: 'english', level: 2 }]);
  for (let version = 1; version <= 50; version += 1) takers.see(agent('ann', version), 0);
  assert.equal(signature.takers.size, 1);
  assert.deepEqual(
    [...signature.refusers.values()].map(({ size }) => size),
    [0],
  );
  takers.forget('ann');
  assert.equal(signature.takers.size, 0);
  assert.deepEqual([...takers.agents()], []);
  takers.lapse(5000);
  takers.take('bob', 'chat', 'one', { since: 0, reserved: false });
  takers.give('bob', 'chat', 'one');
  assert.deepEqual([...takers.agents()], []);
});

test('somebody becoming free is told once, and only when they were not free before', () => {
  const told: string[] = [];
  const takers = new Takers((_, channel) => told.push(channel));
  const roomy = { capacity: { chat: 2, voice: 1 }, competencies: [] };
  takers.see(agent('ann', 1, roomy), 0);
  assert.deepEqual(told.splice(0), ['voice', 'chat']);
  takers.take('ann', 'chat', 'one', { since: 1, reserved: true });
  takers.take('ann', 'chat', 'two', { since: 2, reserved: true });
  takers.see(agent('ann', 2, { ...roomy, idleSince: 5 }), 0);
  assert.deepEqual(told.splice(0), []);
  takers.give('ann', 'chat', 'one');
  assert.deepEqual(told.splice(0), ['chat']);
  takers.give('ann', 'chat', 'two');
  assert.deepEqual(told, []);
});

test('when all are busy no profile is looked at', () => {
  const takers = new Takers(() => {});
  const signature = takers.signature('acme', 'chat', []);
  for (let level = 1; level <= 20; level += 1) takers.see(agent(`agent-${level}`, level), 0);
  assert.equal(takers.freeFor(signature).length, 20);
  for (let i = 1; i <= 20; i += 1)
    takers.take(`agent-${i}`, 'chat', `one-${i}`, { since: 0, reserved: false });
  assert.deepEqual(takers.freeFor(signature), []);
  takers.give('agent-7', 'chat', 'one-7');
  assert.equal(takers.freeFor(signature).length, 1);
});

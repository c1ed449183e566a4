import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goalOf, goalOptions } from './targets.ts';

const targets = {
  types: [{ id: 'y', nameEn: 'Returns', nameFr: 'Retours' }],
  teams: [{ id: 't', nameEn: 'Quay', nameFr: 'Quai' }],
  agents: [{ id: 'a', name: 'Inès' }],
  more: false,
  cannot: {
    teams: [{ id: 'u', nameEn: 'Night', nameFr: 'Nuit', why: 'team-without-competent-agent' }],
    agents: [{ id: 'b', name: 'Tomas', why: 'agent-not-competent' }],
  },
};

test('who may not take it stands among the targets with why, and cannot be chosen', () => {
  assert.deepEqual(
    goalOptions(targets, 'en').map(({ label, disabled = false }) => [label, disabled]),
    [
      ['Returns', false],
      ['Quay', false],
      ['Night: nobody in it masters what it requires today', true],
      ['Inès', false],
      ['Tomas: does not master what it requires today', true],
    ],
  );
  assert.match(goalOptions(targets, 'fr').at(-1)?.label ?? '', /^Tomas : ne maîtrise pas/);
});

test('a supervisor who pushes chooses among teams and agents, not types', () => {
  const groups = new Set(goalOptions(targets, 'en', { types: false }).map(({ group }) => group));
  assert.deepEqual([...groups], ['A team', 'An agent']);
});

test('a chosen target is what the API is told', () => {
  assert.deepEqual(['type:y', 'team:t', 'agent:a', ''].map(goalOf), [
    { typeId: 'y' },
    { teamId: 't' },
    { agentId: 'a' },
    undefined,
  ]);
});

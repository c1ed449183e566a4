import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TypeRouting } from '#src/modules/interactions/contract.ts';
import { typeRouting } from '#src/modules/interactions/routing-settings.ts';
import { draftOf, readRouting } from './routing-draft.ts';

const requires = [
  { competencyId: 'billing', level: 2 },
  { competencyId: 'english', level: 3 },
];
const everything: Required<TypeRouting> = {
  targetSeconds: 90,
  ageing: { everySeconds: 60, by: 1, atMost: 20 },
  bestLevelFirst: true,
  widening: {
    best: [{ competencyId: 'billing', level: 5 }],
    steps: [
      { afterSeconds: 30, lower: 1 },
      { afterSeconds: 120, lower: 3 },
    ],
  },
  languageLevel: 3,
  deferred: { reserve: 2 },
  teams: [
    { teamIds: ['rennes'], afterSeconds: 0 },
    { teamIds: ['lille', 'tunis'], afterSeconds: 60 },
  ],
  preferred: { lastAgent: true, holdSeconds: 45 },
  autoAccept: true,
};
const changed = (change: Partial<ReturnType<typeof draftOf>>) =>
  readRouting({ ...draftOf(everything, 'en'), ...change }, requires).wrong;

test('what a type is set to is shown and read back the same, in both languages', () => {
  for (const language of ['en', 'fr'] as const) {
    assert.deepEqual(readRouting(draftOf(everything, language), requires), {
      routing: everything,
      wrong: {},
    });
    assert.deepEqual(readRouting(draftOf({}, language), requires), { routing: {}, wrong: {} });
  }
});

test('the agent whom a type names is kept, with or without the customer’s last one', () => {
  for (const lastAgent of [true, false]) {
    const routing = { preferred: { lastAgent, agentId: 'ann', holdSeconds: 45 } };
    assert.deepEqual(readRouting(draftOf(routing, 'en'), []), { routing, wrong: {} });
  }
});

test('ageing is set as a whole or not at all', () => {
  assert.deepEqual(changed({ ageingEvery: '', ageingBy: '' }), {
    ageingEvery: { why: 'all-or-none' },
    ageingBy: { why: 'all-or-none' },
  });
  assert.deepEqual(changed({ ageingEvery: '', ageingBy: '', ageingAtMost: ' ' }), {});
});

test('a field that is no length of time, or outside its limits, is named', () => {
  assert.deepEqual(changed({ target: 'soon' }), { target: { why: 'no-length' } });
  assert.deepEqual(changed({ hold: '2 h' }), { hold: { why: 'length-range', min: 1, max: 3_600 } });
  assert.deepEqual(changed({ reserve: '' }), { reserve: { why: 'range', min: 0, max: 1_000 } });
  assert.deepEqual(changed({ ageingBy: '1.5' }), { ageingBy: { why: 'range', min: 1, max: 100 } });
});

test('each step of widening comes later and goes further, and begins from a level above what is required', () => {
  assert.deepEqual(
    changed({
      steps: [
        { after: '60', lower: '2' },
        { after: '30', lower: '2' },
      ],
    }),
    { 'steps.1.after': { why: 'later' }, 'steps.1.lower': { why: 'further' } },
  );
  assert.deepEqual(changed({ best: { billing: '1', gone: '5' }, steps: [] }), {
    best: { why: 'nothing-chosen' },
    steps: { why: 'nothing-chosen' },
  });
});

test('the first teams are asked from the start, and each step names somebody and comes later', () => {
  const { routing, wrong } = readRouting(
    { ...draftOf({}, 'en'), teams: [{ teamIds: ['rennes'], after: 'whatever' }] },
    requires,
  );
  assert.deepEqual([routing.teams, wrong], [[{ teamIds: ['rennes'], afterSeconds: 0 }], {}]);
  assert.deepEqual(
    changed({
      teams: [
        { teamIds: [], after: '' },
        { teamIds: ['lille'], after: '1 min' },
        { teamIds: ['tunis'], after: '1 min' },
      ],
    }),
    { 'teams.0.teamIds': { why: 'nothing-chosen' }, 'teams.2.after': { why: 'later' } },
  );
});

test('what is switched off is absent, whatever still stands in its fields', () => {
  const { routing } = readRouting(
    { ...draftOf(everything, 'en'), widening: false, deferred: false, lastAgent: false, teams: [] },
    requires,
  );
  assert.deepEqual(
    Object.keys(routing).filter((field) => ['widening', 'deferred', 'preferred', 'teams'].includes(field)),
    [],
  );
});

test('the form takes and refuses at the same limits as the server', () => {
  const base = draftOf(everything, 'en');
  const step = { after: '1 min', lower: '1' };
  const cases: Partial<ReturnType<typeof draftOf>>[] = [
    ...['0', '1', '30 d', '31 d'].map((target) => ({ target })),
    ...['0', '1', '30 d', '31 d'].map((ageingEvery) => ({ ageingEvery })),
    ...['0', '1', '100', '101'].map((ageingBy) => ({ ageingBy })),
    ...['0', '1', '200', '201'].map((ageingAtMost) => ({ ageingAtMost })),
    ...['0', '1000', '1001'].map((reserve) => ({ reserve })),
    ...['0', '1', '1 h', '3601'].map((hold) => ({ hold })),
    ...['0', '1', '5', '6'].map((lower) => ({ steps: [{ after: '0', lower }] })),
    ...['30 d', '31 d'].map((after) => ({ steps: [{ after, lower: '1' }] })),
    ...['30 d', '31 d'].map((after) => ({ teams: [base.teams[0]!, { teamIds: ['lille'], after }] })),
    { steps: [step] },
  ];
  const ids = (routing: TypeRouting): TypeRouting =>
    JSON.parse(
      JSON.stringify(routing).replaceAll(
        /"(billing|english|rennes|lille|tunis)"/g,
        '"019a0000-0000-7000-8000-000000000000"',
      ),
    );
  const outcomes = cases.map((change) => {
    const { routing, wrong } = readRouting({ ...base, ...change }, requires);
    const [form, server] = [Object.keys(wrong).length === 0, typeRouting.safeParse(ids(routing)).success];
    assert.equal(form, server, JSON.stringify(change));
    return form;
  });
  assert.ok(outcomes.includes(true) && outcomes.includes(false));
});

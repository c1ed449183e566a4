import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whySentence, whyWaitingSentence } from './why.ts';

const names = { a: 'Billing', b: 'English' };
const why = {
  rule: 'longest-idle',
  requires: [
    { competencyId: 'a', level: 4 },
    { competencyId: 'b', level: 3 },
  ],
  eligibleCount: 3,
};

test('the agent reads which competencies were asked and that they had been free longest', () => {
  assert.equal(
    whySentence(why, names, 'en'),
    'you hold Billing (4 of 5 or more) and English (3 of 5 or more) and had been free longest of the 3 who could take it.',
  );
  assert.equal(
    whySentence(why, names, 'fr'),
    'vous avez Billing (4 sur 5 au moins) et English (3 sur 5 au moins) et étiez libre depuis le plus longtemps des 3 personnes possibles.',
  );
});

test('a supervisor reads the same about somebody else, by name', () => {
  assert.equal(
    whySentence({ ...why, requires: [], eligibleCount: 1 }, names, 'en', 'Inès'),
    'Inès was the only one free who could take it.',
  );
  assert.equal(
    whySentence({ ...why, requires: [], eligibleCount: 1 }, names, 'fr', 'Inès'),
    'Inès était seul à pouvoir le prendre.',
  );
});

test('who declined before reads that nobody else was free', () => {
  assert.match(
    whySentence({ ...why, askedAgain: true }, names, 'en') ?? '',
    /nobody else was free, so you are asked again\.$/,
  );
  assert.match(
    whySentence({ ...why, askedAgain: true }, names, 'fr') ?? '',
    /on vous le propose donc de nouveau\.$/,
  );
});

test('a competency that has no name any more is called removed, not left out', () => {
  assert.match(whySentence(why, { b: 'English' }, 'en') ?? '', /a competency that was removed \(4 of 5/);
});

test('what was not decided by the engine has no why', () => {
  assert.equal(whySentence(null, names, 'en'), undefined);
});

test('what still waits says for what, who comes first and why each agent cannot take it', () => {
  const waiting = {
    waitsFor: 'agent',
    order: { ahead: 2 },
    not: [
      { reason: 'agent-not-ready', count: 2 },
      { reason: 'competency-lapsed', count: 1 },
    ],
  };
  assert.equal(
    whyWaitingSentence(waiting, 'en'),
    'No competent agent is free. 2 come before it. Agents: 2 are not ready, 1 have an assessment that lapsed.',
  );
  assert.match(
    whyWaitingSentence(waiting, 'fr') ?? '',
    /Aucun conseiller compétent n’est libre\. 2 passent avant\./,
  );
});

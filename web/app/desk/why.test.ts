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
    'it asks for Billing at 4 or more and English at 3 or more, which you hold; you had been free longest of the 3 who could take it.',
  );
  assert.equal(
    whySentence(why, names, 'fr'),
    'demande Billing au niveau 4 au moins et English au niveau 3 au moins, ce que vous avez ; vous étiez libre depuis le plus longtemps des 3 personnes possibles.',
  );
});

test('a supervisor reads the same about somebody else, by name', () => {
  assert.equal(
    whySentence({ ...why, requires: [], eligibleCount: 1 }, names, 'en', 'Inès'),
    'Inès was the only one free who could take it.',
  );
  assert.equal(
    whySentence({ ...why, requires: [], eligibleCount: 1 }, names, 'fr', 'Inès'),
    'personne d’autre que Inès n’était libre pour le prendre.',
  );
});

test('who let it pass before reads that all had, or that nobody else could take it', () => {
  assert.match(
    whySentence({ ...why, askedAgain: true }, names, 'en') ?? '',
    /everyone who could take it had declined it or let it pass, so you are asked again\.$/,
  );
  assert.match(
    whySentence({ ...why, askedAgain: true, eligibleCount: 1 }, names, 'en', 'Inès') ?? '',
    /nobody else could take it, so Inès is asked again\.$/,
  );
  assert.match(
    whySentence({ ...why, askedAgain: true }, names, 'fr') ?? '',
    /l’avaient refusé ou laissé passer, on vous le propose donc de nouveau\.$/,
  );
});

test('who was ready but had let it pass is named, and nobody is called the only one free', () => {
  const passed = {
    requires: [],
    eligibleCount: 1,
    not: [{ reason: 'declined-already', count: 1, agents: ['dan'] }],
  };
  assert.equal(
    whySentence(passed, { dan: 'Dan' }, 'en', 'Bob'),
    'Bob was the only one who could still be asked: Dan, who was ready, had declined it or let it pass before.',
  );
  assert.equal(
    whySentence(passed, { dan: 'Dan' }, 'fr', 'Bob'),
    'on ne pouvait plus le proposer qu’à Bob : Dan, qui était disponible, l’avait déjà refusé ou laissé passer.',
  );
  assert.equal(
    whySentence({ ...passed, eligibleCount: 3, not: [{ reason: 'declined-already', count: 2 }] }, {}, 'en'),
    'you had been free longest of the 3 who could still be asked: 2 others, who were ready, had declined it or let it pass before.',
  );
});

test('who was free for longer but had let it pass is named also once they may be asked again', () => {
  const behind = {
    requires: [],
    eligibleCount: 2,
    eligible: [
      { agentId: 'bob', idleSince: 2_000 },
      { agentId: 'dan', idleSince: 1_000 },
    ],
  };
  assert.equal(
    whySentence(behind, { bob: 'Bob', dan: 'Dan' }, 'en'),
    'you were the only one who could still be asked: Dan, who was ready, had declined it or let it pass before.',
  );
});

test('a competency that has no name any more is called removed, not left out', () => {
  assert.match(whySentence(why, { b: 'English' }, 'en') ?? '', /a competency that was removed at 4 or more/);
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
    'No competent agent is free. 2 come before it. Agents: 2 are not ready, 1 has an assessment that lapsed.',
  );
  assert.match(
    whyWaitingSentence(waiting, 'fr') ?? '',
    /Aucun conseiller compétent n’est libre\. 2 passent avant\./,
  );
});

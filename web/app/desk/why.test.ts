import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decidingRules, holdNames, namesMax, notReasons, waitedFor } from '#src/modules/routing/seam.ts';
import { clockTime } from '#web/ui/time.ts';
import { notReasonWords, sayable, standingWords, whySentence, whyWaitingSentence } from './why.ts';

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
    whyWaitingSentence(waiting, {}, 'en'),
    'No competent agent is free. 2 come before it. Agents: 2 are not ready, 1 has an assessment that lapsed.',
  );
  assert.match(
    whyWaitingSentence(waiting, {}, 'fr') ?? '',
    /Aucun conseiller compétent n’est libre\. 2 passent avant\./,
  );
});

const sorted = (some: readonly string[]) => [...some].sort();

test('there is a sentence for every rule, reason, hold and thing waited for that routing knows', () => {
  assert.deepEqual(sorted(sayable.rules), sorted(decidingRules));
  assert.deepEqual(sorted(sayable.notReasons), sorted(notReasons));
  assert.deepEqual(sorted(sayable.waitsFor), sorted(waitedFor));
  assert.deepEqual(sorted(sayable.holds), sorted(holdNames));
  assert.deepEqual(sorted(sayable.preferred), sorted(['case-owner', 'last-agent', 'named']));
});

const until = Date.UTC(2026, 10, 25, 13, 30);
const full = {
  decidedAt: until - 600_000,
  requires: [],
  eligible: [{ agentId: 'me', idleSince: 2_000 }],
  eligibleCount: 2,
  toAgent: { agentId: 'me', until },
  preferred: { agentId: 'me', until, why: 'last-agent', kept: true },
  held: { until, why: 'held' },
};

test('every sentence is whole in both languages, for the agent and for a supervisor', () => {
  for (const language of ['en', 'fr'] as const) {
    const said = [
      ...decidingRules.flatMap((rule) =>
        [undefined, 'Inès'].map((who) => whySentence({ ...full, rule }, { me: 'Inès' }, language, who)),
      ),
      ...waitedFor.map((waitsFor) => whyWaitingSentence({ ...full, waitsFor }, { me: 'Inès' }, language)),
      ...holdNames.flatMap((why) =>
        [until, undefined].map((end) =>
          whyWaitingSentence(
            { ...full, waitsFor: 'hold', held: { why, ...(end !== undefined && { until: end }) } },
            {},
            language,
          ),
        ),
      ),
    ];
    for (const sentence of said) assert.match(sentence ?? '', /^\S.*[^ ]\.$/, language);
    for (const sentence of said) assert.doesNotMatch(sentence ?? '', /undefined|NaN|Invalid|\[object/);
  }
  for (const { en, fr } of Object.values(notReasonWords)) {
    for (const words of [en, fr]) assert.notEqual(words[0], '');
    assert.notDeepEqual(en, fr);
  }
});

test('who was given it by name reads that, and until when nobody else is asked', () => {
  const time = clockTime(until, 'en');
  const pushed = { ...full, rule: 'pushed' };
  assert.equal(
    whySentence(pushed, {}, 'en'),
    `it was given to you by name, and to nobody else before ${time}.`,
  );
  assert.equal(
    whySentence(pushed, {}, 'fr', 'Inès'),
    `il a été confié à Inès nommément, et à personne d’autre avant ${time}.`,
  );
});

test('a preferred agent reads why it was kept for them, and everybody else whom it would go to among equals', () => {
  const time = clockTime(until, 'en');
  assert.equal(
    whySentence({ ...full, rule: 'preferred-agent' }, {}, 'en'),
    `you answered this customer last, and it is kept for you alone until ${time}.`,
  );
  const preferred = { ...full.preferred, agentId: 'tomas', kept: false };
  assert.match(
    whySentence({ ...full, preferred, rule: 'best-level' }, { tomas: 'Tomas' }, 'en') ?? '',
    /^of the 2 who could take it, you master best what it asks for\. Among equals it would go to Tomas first: Tomas answered this customer last\.$/,
  );
});

test('being free longest is said of those it was true of: not of everybody when the best level is asked first', () => {
  const eligible = [
    { agentId: 'me', idleSince: 3_000, above: 2 },
    { agentId: 'b', idleSince: 4_000, above: 2 },
    { agentId: 'c', idleSince: 1_000, above: 0 },
  ];
  assert.equal(
    whySentence({ rule: 'longest-idle', eligible, eligibleCount: 3 }, {}, 'en'),
    'you had been free longest of those who master it best.',
  );
  const busy = [
    { agentId: 'me', idleSince: 3_000 },
    { agentId: 'b', idleSince: 4_000 },
    { agentId: 'c', idleSince: 1_000, interrupted: true },
  ];
  assert.equal(
    whySentence({ rule: 'longest-idle', eligible: busy, eligibleCount: 3 }, {}, 'en'),
    'you had been free longest of those with no other work to interrupt.',
  );
});

test('where having declined decided, all who come after had', () => {
  const eligible = ['me', 'a', 'b', 'c', 'd'].map((agentId, at) => ({ agentId, idleSince: at }));
  assert.equal(eligible.length, namesMax);
  assert.equal(
    whySentence({ rule: 'not-declined', eligible, eligibleCount: 7 }, {}, 'en'),
    'you were the only one who could still be asked: 6 others, who were ready, had declined it or let it pass before.',
  );
});

test('while it is widened the levels asked for now are said, and the language with them', () => {
  const widening = { step: 0, of: 2, asks: [{ competencyId: 'a', level: 5 }], nextAt: until };
  const sentence = whySentence(
    { ...why, decidedAt: until - 1_000, widening, language: { language: 'fr', level: 3 } },
    names,
    'en',
  );
  assert.equal(
    sentence,
    `it asks for Billing at 5 or more and French at 3 or more, which you hold; you had been free longest of the 3 who could take it. The best levels are asked for first: step 1 of 3, the next at ${clockTime(until, 'en')}.`,
  );
  assert.match(
    whyWaitingSentence({ widening: { ...widening, step: 2, asks: [] } }, {}, 'en') ?? '',
    /By now no more than the required level is asked for\./,
  );
});

test('what is interrupted by it, what it waits behind and by when it is due are said after the rule', () => {
  const order = { priority: 0, aged: 20, breachAt: until };
  const eligible = [{ agentId: 'me', idleSince: 1, interrupted: true }];
  assert.equal(
    whySentence({ rule: 'only-one', eligible, eligibleCount: 1, order, decidedAt: until - 1 }, {}, 'en'),
    `you were the only one free who could take it. What you are handling is then parked, and comes back afterwards. Its priority has risen from 0 to 20 while it waited. It should be answered by ${clockTime(until, 'en')}.`,
  );
  assert.match(
    whyWaitingSentence({ order, decidedAt: until + 1 }, {}, 'en') ?? '',
    /It should have been answered by/,
  );
});

test('what is held says by whom and until when, and a team or step still to come is named', () => {
  const time = clockTime(until, 'en');
  const held = (hold: object) =>
    whyWaitingSentence({ waitsFor: 'hold', held: hold, decidedAt: until }, {}, 'en');
  assert.equal(held({ why: 'paused-by-hand' }), 'Its type is paused until somebody resumes it.');
  assert.equal(held({ why: 'paused-by-hand', until }), `Its type is paused until ${time}.`);
  assert.equal(
    held({ why: 'opening-hours', until }),
    `It is outside the opening hours; it is offered when they begin, at ${time}.`,
  );
  assert.match(
    whyWaitingSentence({ toTeam: { teamId: 't', until }, decidedAt: until }, { t: 'Quai' }, 'en') ?? '',
    /Only the team Quai is asked until/,
  );
  assert.match(
    whyWaitingSentence({ teams: { sets: 1, of: 2, nextAt: until }, decidedAt: until }, {}, 'en') ?? '',
    /Teams asked: step 1 of 2, the next join at/,
  );
});

test('agents who stand in the way are named when the reader may know all of them, with what bars them', () => {
  const not = [
    { reason: 'agent-not-ready', count: 2, agents: ['a', 'b'] },
    { reason: 'agent-at-capacity', count: 2, agents: ['a', 'c'] },
    { reason: 'agent-barred', count: 1, agents: ['d'], bars: ['mandatory-information-unread'] },
  ];
  assert.equal(
    whyWaitingSentence({ not }, { a: 'Inès', b: 'Tomas', d: 'Dan' }, 'en'),
    'No competent agent is free. Agents: 2 are not ready (Inès, Tomas), 2 have no place free, 1 may not be given this type for now (Dan, mandatory information not read).',
  );
});

test('of each agent it is said why they could not take it, or since when they were free', () => {
  const free = { reason: null, bars: [], idleSince: '2026-03-02T08:41:07Z', above: null, interrupted: false };
  assert.match(standingWords(free, 'en'), /^free since \d\d:41:07$/);
  assert.match(
    standingWords({ ...free, above: 3, interrupted: true }, 'fr'),
    /^libre depuis \d\d:41:07, 3 au-dessus de ce qui est demandé, un autre travail serait interrompu$/,
  );
  assert.equal(standingWords({ ...free, reason: 'agent-at-capacity' }, 'en'), 'has no place free');
  assert.equal(
    standingWords({ ...free, reason: 'agent-barred', bars: ['some-reason'] }, 'en'),
    'may not be given this type for now (some-reason)',
  );
});

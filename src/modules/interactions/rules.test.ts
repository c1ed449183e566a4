import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Taker, whyNotBeside, whyNotRoute, whyNotTake, whyNotUntil } from './rules.ts';

const now = new Date('2026-03-02T08:00:00Z');
const later = new Date('2026-12-31T00:00:00Z');
const requires = [{ competencyId: 'orders', level: 3 }];
const mastered = (competencyId: string, level: number, lapsesAt = later, language: string | null = null) => ({
  competencyId,
  language,
  level,
  lapsesAt,
});

test('an agent is given only what they master today, at the level required: agent-not-competent', () => {
  const agent = (...masters: Taker['masters']): Taker => ({
    takesChannel: true,
    barred: false,
    masters,
  });
  const asked = { requires, language: 'fr' };
  assert.equal(whyNotTake(agent(mastered('orders', 3)), asked, now), undefined);
  assert.equal(whyNotTake(agent(mastered('orders', 2)), asked, now), 'agent-not-competent');
  assert.equal(whyNotTake(agent(mastered('returns', 5)), asked, now), 'agent-not-competent');
  assert.equal(
    whyNotTake(agent(mastered('orders', 5, now)), asked, now),
    'agent-not-competent',
    'lapsed now',
  );
  assert.equal(
    whyNotTake({ takesChannel: false, barred: true, masters: [] }, asked, now),
    'agent-not-on-channel',
  );
  assert.equal(whyNotTake(agent(), { requires: [], language: 'fr' }, now), undefined, 'nothing is required');
});

test('whoever is barred from the type is not given it, however well they master it: agent-barred', () => {
  const agent = { takesChannel: true, barred: true, masters: [mastered('orders', 5)] };
  assert.equal(whyNotTake(agent, { requires, language: 'fr' }, now), 'agent-barred');
  assert.equal(
    whyNotTake({ ...agent, masters: [] }, { requires, language: 'fr' }, now),
    'agent-not-competent',
  );
});

test('the language of the customer must be mastered where the type says so', () => {
  const speaks = (language: string, level: number): Taker => ({
    takesChannel: true,
    barred: false,
    masters: [mastered('orders', 3), mastered(`speaks ${language}`, level, later, language)],
  });
  const asked = { requires, languageLevel: 4, language: 'fr' };
  assert.equal(whyNotTake(speaks('fr', 4), asked, now), undefined);
  assert.equal(whyNotTake(speaks('fr', 3), asked, now), 'agent-not-competent');
  assert.equal(whyNotTake(speaks('en', 5), asked, now), 'agent-not-competent');
});

test('widening begins at what is required or above, and each step goes further later', () => {
  const route = (best: typeof requires, steps: { afterSeconds: number; lower: number }[]) =>
    whyNotRoute({ widening: { best, steps } }, requires);
  const step = (afterSeconds: number, lower: number) => ({ afterSeconds, lower });
  assert.equal(route([{ competencyId: 'orders', level: 5 }], [step(0, 1), step(30, 2)]), undefined);
  assert.equal(route([{ competencyId: 'orders', level: 2 }], [step(30, 1)]), 'widening-without-requirement');
  assert.equal(route([...requires, ...requires], [step(30, 1)]), 'widening-without-requirement');
  assert.equal(route(requires, [step(30, 1), step(20, 2)]), 'steps-not-in-order');
  assert.equal(route(requires, [step(30, 2), step(40, 2)]), 'steps-not-in-order');
});

test('some team is asked from the start, and others join in order', () => {
  const teams = (...after: number[]) =>
    whyNotRoute({ teams: after.map((afterSeconds) => ({ teamIds: ['a'], afterSeconds })) }, []);
  assert.equal(teams(0, 60), undefined);
  assert.equal(teams(60), 'no-team-at-first');
  assert.equal(teams(0, 0), 'steps-not-in-order');
});

test('two channels that interrupt each other would never let either end', () => {
  assert.equal(whyNotBeside({ voice: { email: 'interrupts' }, email: { voice: 'excluded' } }), undefined);
  assert.equal(
    whyNotBeside({ voice: { chat: 'interrupts', email: 'interrupts' }, chat: { email: 'interrupts' } }),
    undefined,
  );
  assert.equal(
    whyNotBeside({
      voice: { chat: 'interrupts' },
      chat: { email: 'interrupts' },
      email: { voice: 'interrupts' },
    }),
    'channels-interrupt-each-other',
  );
  assert.equal(
    whyNotBeside({ voice: { email: 'interrupts' }, email: { voice: 'interrupts' } }),
    'channels-interrupt-each-other',
  );
});

test('something is kept until a moment to come, within thirty days', () => {
  assert.equal(whyNotUntil(undefined, now), undefined);
  assert.equal(whyNotUntil(now, now), 'until-not-in-range');
  assert.equal(whyNotUntil(new Date('2026-04-01T08:00:00Z'), now), undefined);
  assert.equal(whyNotUntil(new Date('2026-04-01T08:00:01Z'), now), 'until-not-in-range');
});

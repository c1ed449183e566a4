import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InteractionEvent } from '#src/modules/interactions/contract.ts';
import { kindOf } from '#src/modules/interactions/lifecycle.ts';
import {
  arrivalOf,
  entriesOf,
  eventWords,
  newSince,
  shortUrl,
  tellTogether,
  unanswered,
  waitsForAnswer,
} from './conversation.ts';

const me = { id: 'me', name: 'Inès' };
const happened = (
  seq: number,
  kind: string,
  body: Record<string, unknown> = {},
  at = `2026-11-25T10:00:0${seq}Z`,
): InteractionEvent => ({ seq, kind, at, body });
const line = (
  seq: number,
  author: 'customer' | 'agent',
  text: string,
  at = `2026-11-25T10:00:0${seq}Z`,
  audience: 'all' | 'staff' = 'all',
): InteractionEvent => ({
  seq,
  kind: 'interaction.line',
  at,
  body: {},
  message: {
    author,
    agentId: author === 'agent' ? 'me' : null,
    agentName: author === 'agent' ? 'Inès' : null,
    audience,
    text,
    key: `k${seq}`,
  },
});
const telling = {
  language: 'en' as const,
  personId: 'me',
  names: { tomas: 'Tomas' },
  outcomes: { solved: 'Solved' },
};

test('lines of one writer within a moment stand under one name, a note stands apart', () => {
  const entries = entriesOf(
    [
      line(1, 'customer', 'a'),
      line(2, 'agent', 'b'),
      line(3, 'agent', 'c'),
      line(4, 'agent', 'n', undefined, 'staff'),
    ],
    [],
    me,
  );
  assert.deepEqual(
    entries.map((entry) => (entry.kind === 'said' ? entry.lines.map(({ text }) => text) : [])),
    [['a'], ['b', 'c'], ['n']],
  );
});

test('what happened between two lines is one sentence', () => {
  const entries = entriesOf(
    [
      happened(1, 'interaction.arrived'),
      happened(2, 'interaction.offered'),
      line(3, 'customer', 'a'),
      happened(4, 'interaction.accepted'),
    ],
    [],
    me,
  );
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['happened', 'said', 'happened'],
  );
});

test('a row stops waiting for an answer as soon as its events hold one, though the row itself is older', () => {
  const events = [happened(1, 'interaction.arrived'), line(2, 'customer', 'a'), line(3, 'agent', 'b')];
  assert.equal(waitsForAnswer({ seq: 2, unread: true }, events), false);
  assert.equal(waitsForAnswer({ seq: 3, unread: true }, events), false);
  assert.equal(waitsForAnswer({ seq: 4, unread: true }, events), true, 'the row is newer');
  assert.equal(waitsForAnswer({ seq: 1, unread: false }, events.slice(0, 2)), true);
  assert.equal(waitsForAnswer({ seq: 9, unread: true }, []), true, 'a parked one is not followed');
});

test('a note answers nobody, and a customer who left what is parked waits to be looked at', () => {
  const asked = [line(1, 'customer', 'a'), line(2, 'agent', 'n', undefined, 'staff')];
  assert.equal(waitsForAnswer({ seq: 2, unread: true }, asked), true);
  const left = [line(1, 'customer', 'a'), line(2, 'agent', 'b'), happened(3, 'interaction.customer-left')];
  assert.equal(waitsForAnswer({ seq: 3, unread: true }, left), true);
});

test('events of one minute share its time, and those of another show their own', () => {
  const at = (minute: number) => new Date(2026, 10, 25, 10, minute).toISOString();
  const told = tellTogether(
    [
      happened(1, 'interaction.offered', { agentId: 'tomas' }, at(1)),
      happened(2, 'interaction.offer-expired', { agentId: 'tomas' }, at(1)),
      happened(3, 'interaction.offered', { agentId: 'me' }, at(3)),
    ],
    telling,
    Date.parse(at(5)),
  );
  assert.equal(told, '10:01 · offered to Tomas · not answered by Tomas · 10:03 · offered to you');
});

test('what was parked says until when', () => {
  const at = new Date(2026, 10, 25, 10, 0).toISOString();
  const dueAt = new Date(2026, 10, 25, 11, 3).toISOString();
  const parked = (body: object) =>
    eventWords(happened(2, 'interaction.parked', { agentId: 'me', ...body }, at), undefined, telling);
  assert.equal(parked({ dueAt }), 'parked by you until 11:03');
  assert.equal(parked({ dueAt, reason: 'warehouse' }), 'parked by you: warehouse, until 11:03');
  assert.equal(parked({ reason: 'warehouse' }), 'parked by you: warehouse');
});

test('what was interrupted says so, and that it came back by itself', () => {
  const words = (kind: string, body: object, language: 'en' | 'fr') =>
    eventWords(happened(2, kind, { agentId: 'tomas', ...body }), undefined, { ...telling, language });
  const back = { why: 'interruption-over', after: 'call' };
  assert.deepEqual(
    (['en', 'fr'] as const).map((language) => words('interaction.interrupted', { by: 'call' }, language)),
    [
      'interrupted while Tomas took up something else, comes back after it',
      'interrompu pendant que Tomas prend autre chose, revient ensuite',
    ],
  );
  assert.deepEqual(
    (['en', 'fr'] as const).map((language) => words('interaction.resumed', back, language)),
    ['back with Tomas after the interruption', 'de retour chez Tomas après l’interruption'],
  );
  assert.equal(words('interaction.resumed', {}, 'en'), 'resumed by Tomas');
});

test('what is kept for an agent first says that anybody comes after them', () => {
  const at = new Date(2026, 10, 25, 14, 0).toISOString();
  const until = new Date(2026, 10, 25, 14, 2).toISOString();
  const body = { by: 'ruth', toAgentId: 'tomas', until, thenAnybody: true, reason: 'knows them' };
  const words = (language: 'en' | 'fr') =>
    eventWords({ ...happened(2, 'interaction.preferred', body, at), names: { ruth: 'Ruth' } }, undefined, {
      ...telling,
      language,
    });
  assert.deepEqual(
    [words('en'), words('fr')],
    [
      'given by Ruth to Tomas first, then to anybody, at 14:02 at the latest: knows them',
      'confié par Ruth à Tomas d’abord, puis à tous, au plus tard à 14:02 : knows them',
    ],
  );
});

test('a line that was sent stands at the end until the record holds it, then once', () => {
  const unsent = [
    { key: 'k2', text: 'hello', audience: 'all' as const, at: Date.parse('2026-11-25T10:00:02Z') },
  ];
  const before = entriesOf([line(1, 'customer', 'a')], unsent, me);
  assert.equal(before.length, 2);
  assert.equal(before[1]?.kind === 'said' && before[1].lines[0]?.state, 'sending');
  const after = entriesOf([line(1, 'customer', 'a'), line(2, 'agent', 'hello')], unsent, me);
  assert.equal(after.length, 2);
  assert.equal(after[1]?.kind === 'said' && after[1].lines[0]?.state, 'recorded');
});

test('a refused line keeps its reason and stands by itself', () => {
  const at = Date.parse('2026-11-25T10:00:03Z');
  const entries = entriesOf(
    [],
    [
      { key: 'x', text: 'one', audience: 'all', at, refused: 'No.' },
      { key: 'y', text: 'two', audience: 'all', at },
    ],
    me,
  );
  assert.deepEqual(
    entries.map((entry) => entry.kind === 'said' && entry.lines.map(({ state }) => state)),
    [['refused'], ['sending']],
  );
});

test('only others’ lines after the last one seen are new', () => {
  const events = [
    line(1, 'customer', 'a'),
    line(2, 'agent', 'b'),
    line(3, 'customer', 'c'),
    happened(4, 'interaction.ended'),
  ];
  assert.equal(newSince(events, 1, 'me'), 1);
  assert.equal(newSince(events, 3, 'me'), 0);
});

test('a note does not answer the customer', () => {
  assert.equal(
    unanswered([
      line(1, 'customer', 'a'),
      line(2, 'customer', 'b'),
      line(3, 'agent', 'n', undefined, 'staff'),
    ]),
    2,
  );
  assert.equal(unanswered([line(1, 'customer', 'a'), line(2, 'agent', 'b'), line(3, 'customer', 'c')]), 1);
});

test('an event names who acted and how long it took, in both languages', () => {
  const offered = happened(2, 'interaction.offered', { agentId: 'me' });
  const accepted = happened(6, 'interaction.accepted', { agentId: 'me' });
  assert.equal(eventWords(accepted, offered, telling), 'accepted by you in 0:04');
  assert.equal(eventWords(accepted, offered, { ...telling, language: 'fr' }), 'accepté par vous en 0:04');
  assert.equal(
    eventWords(
      happened(3, 'interaction.declined', { agentId: 'tomas', reason: 'technical-problem' }),
      undefined,
      telling,
    ),
    'declined by Tomas: technical problem',
  );
  assert.equal(
    eventWords(
      happened(3, 'interaction.completed', { agentId: 'me', outcomeCode: 'solved', note: 'sent' }),
      undefined,
      telling,
    ),
    'completed by you: Solved · note: sent',
  );
  assert.equal(
    eventWords(happened(3, 'interaction.ended', { agentId: 'me', by: 'customer' }), undefined, telling),
    'ended by the customer',
  );
});

test('what the customer was told comes from the arrival, and nothing is made up without it', () => {
  assert.deepEqual(
    arrivalOf([
      happened(1, 'interaction.arrived', {
        told: { charges: 'Free' },
        pageUrl: 'https://shop.example/x?who=me',
      }),
    ]),
    {
      told: { charges: 'Free' },
      pageUrl: 'https://shop.example/x?who=me',
    },
  );
  assert.deepEqual(arrivalOf([happened(1, 'interaction.arrived')]), {});
});

test('the query of a page is not shown, it may name a person', () => {
  assert.equal(shortUrl('https://shop.example/moving?mail=a@b.example'), 'shop.example/moving');
});

test('there is a sentence in both languages for everything that can happen to an interaction', () => {
  const body = { agentId: 'tomas', from: 0, priority: 10 };
  const kinds = [...Object.values(kindOf), 'interaction.arrived', 'interaction.customer-left'];
  for (const language of ['en', 'fr'] as const)
    for (const kind of kinds) {
      const words = eventWords(happened(1, kind, body), undefined, { ...telling, language });
      assert.doesNotMatch(words, /interaction\.|undefined|NaN/, `${kind} ${language}`);
      assert.notEqual(words, '');
    }
});

test('what a supervisor did says who, to whom, until when and for which reason', () => {
  const by = { by: 'ruth', reason: 'she knows the case' };
  const until = new Date(2026, 10, 25, 14, 30).toISOString();
  const when = new Date(2026, 10, 25, 14, 0).toISOString();
  const words = (kind: string, body: Record<string, unknown>, language: 'en' | 'fr' = 'en') =>
    eventWords({ ...happened(2, kind, body, when), names: { ruth: 'Ruth', tomas: 'Tomas' } }, undefined, {
      ...telling,
      language,
      names: { t: 'Quai', y: 'Orders' },
    });
  assert.equal(
    words('interaction.pushed', { ...by, toAgentId: 'tomas', until }),
    'given by Ruth to Tomas, and to nobody else before 14:30: she knows the case',
  );
  assert.equal(
    words('interaction.pushed', { ...by, toTeamId: 't', until }, 'fr'),
    'confié par Ruth à l’équipe Quai, et à personne d’autre avant 14:30 : she knows the case',
  );
  assert.equal(
    words('interaction.pulled', { ...by, agentId: 'me' }),
    'offer to you taken back by Ruth: she knows the case',
  );
  assert.equal(
    words('interaction.taken', { agentId: 'ruth', reason: 'quiet hour' }),
    'taken out of the line by Ruth: quiet hour',
  );
  assert.equal(
    words('interaction.reordered', { ...by, from: 0, priority: 20 }),
    'priority changed from 0 to 20 by Ruth: she knows the case',
  );
  assert.equal(
    words('interaction.transferred', { agentId: 'me', typeId: 'y', reason: 'an order' }),
    'transferred by you to Orders: an order',
  );
});

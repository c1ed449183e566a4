import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WeekInterval } from './contract.ts';
import {
  type Calendar,
  isClosedEarly,
  messageAt,
  nextChange,
  openAt,
  whyNotCloseEarly,
  whyNotExcept,
  whyNotKeepHours,
} from './rules.ts';

const workdays = (from: string, to: string, days = [1, 2, 3, 4, 5]): WeekInterval[] =>
  days.map((day) => ({ day, from, to }));

function calendar(more: Partial<Calendar> = {}): Calendar {
  return {
    timeZone: 'Europe/Paris',
    messageEn: 'We are closed.',
    messageFr: 'Nous sommes fermés.',
    weekly: workdays('08:00', '18:00'),
    holidays: new Map(),
    holidaysWorked: [],
    exceptions: new Map(),
    ...more,
  };
}

/** A moment by the clocks of Paris in winter, or as it is written. */
const at = (text: string) => new Date(text.endsWith('Z') ? text : `${text}+01:00`);
const change = (of: Calendar, from: string) => nextChange(of, at(from))?.toISOString();

const labourDay = { day: '2026-05-01', key: '05-01', nameEn: 'Labour Day', nameFr: 'Fête du travail' };
const exception = (intervals: { from: string; to: string }[], messageEn = '', messageFr = '') => ({
  intervals,
  messageEn,
  messageFr,
});

test('it opens and closes by the week, the first minute in and the last out', () => {
  const week = calendar();
  assert.equal(openAt(week, at('2026-03-02T07:59:59')), false);
  assert.equal(openAt(week, at('2026-03-02T08:00:00')), true);
  assert.equal(openAt(week, at('2026-03-02T17:59:59')), true);
  assert.equal(openAt(week, at('2026-03-02T18:00:00')), false);
  assert.equal(openAt(week, at('2026-03-07T12:00:00')), false, 'a Saturday');
  assert.equal(change(week, '2026-03-02T09:00:00'), '2026-03-02T17:00:00.000Z');
  assert.equal(change(week, '2026-03-06T18:00:00'), '2026-03-09T07:00:00.000Z', 'over the weekend');
});

test('a lunch break closes, and two openings that touch are one', () => {
  const lunch = calendar({ weekly: [...workdays('08:00', '12:00'), ...workdays('13:00', '18:00')] });
  assert.equal(openAt(lunch, at('2026-03-02T12:30:00')), false);
  assert.equal(change(lunch, '2026-03-02T09:00:00'), '2026-03-02T11:00:00.000Z');
  const touching = calendar({ weekly: [...workdays('13:00', '18:00'), ...workdays('08:00', '13:00')] });
  assert.equal(change(touching, '2026-03-02T09:00:00'), '2026-03-02T17:00:00.000Z');
});

test('an opening past midnight belongs to the day on which it began', () => {
  const night = calendar({ weekly: workdays('22:00', '06:00', [5]) });
  assert.equal(openAt(night, at('2026-03-06T23:00:00')), true);
  assert.equal(openAt(night, at('2026-03-07T05:59:00')), true);
  assert.equal(openAt(night, at('2026-03-07T06:00:00')), false);
  assert.equal(openAt(night, at('2026-03-06T05:00:00')), false, 'the night before is not open');
  assert.equal(change(night, '2026-03-06T23:00:00'), '2026-03-07T05:00:00.000Z');
  const closedSaturday = { ...night, exceptions: new Map([['2026-03-07', exception([])]]) };
  assert.equal(openAt(closedSaturday, at('2026-03-07T05:00:00')), true, 'it is still Friday’s night');
  const closedFriday = { ...night, exceptions: new Map([['2026-03-06', exception([])]]) };
  assert.equal(openAt(closedFriday, at('2026-03-07T05:00:00')), false);
});

test('what never closes has no next change, and what never opens neither', () => {
  const always = calendar({ weekly: workdays('00:00', '24:00', [1, 2, 3, 4, 5, 6, 7]) });
  assert.equal(openAt(always, at('2026-03-29T01:30:00Z')), true);
  assert.equal(change(always, '2026-03-02T09:00:00'), undefined);
  assert.equal(change(calendar({ weekly: [] }), '2026-03-02T09:00:00'), undefined);
});

test('when clocks go forward it opens at the moment at which they show the time or later', () => {
  const sundays = calendar({ weekly: workdays('02:30', '04:00', [7]) });
  assert.equal(openAt(sundays, at('2026-03-29T00:59:59Z')), false);
  assert.equal(openAt(sundays, at('2026-03-29T01:00:00Z')), true, 'the clocks show three');
  assert.equal(change(sundays, '2026-03-29T01:00:00Z'), '2026-03-29T02:00:00.000Z');
  const nights = calendar({ weekly: workdays('22:00', '06:00', [6]) });
  assert.equal(change(nights, '2026-03-28T22:00:00Z'), '2026-03-29T04:00:00.000Z', 'seven hours');
});

test('when clocks go back it stays open as long as they show the time', () => {
  const sundays = calendar({ weekly: workdays('02:00', '02:30', [7]) });
  assert.equal(change(sundays, '2026-10-24T23:00:00Z'), '2026-10-25T00:00:00.000Z');
  assert.equal(change(sundays, '2026-10-25T00:00:00Z'), '2026-10-25T01:30:00.000Z');
  const days = calendar({ weekly: workdays('08:00', '18:00', [6, 7]) });
  assert.equal(change(days, '2026-10-24T17:00:00Z'), '2026-10-25T07:00:00.000Z', 'an hour later in UTC');
});

test('a holiday closes, unless one works on it', () => {
  const holidays = new Map([[labourDay.day, [labourDay]]]);
  const closed = calendar({ holidays });
  assert.equal(openAt(closed, at('2026-05-01T08:00:00Z')), false);
  assert.equal(openAt(calendar({ holidays, holidaysWorked: ['05-01'] }), at('2026-05-01T08:00:00Z')), true);
  const twice = [labourDay, { ...labourDay, key: 'easter 26', nameEn: 'Another' }];
  const both = calendar({ holidays: new Map([[labourDay.day, twice]]), holidaysWorked: ['05-01'] });
  assert.equal(openAt(both, at('2026-05-01T08:00:00Z')), false, 'of two holidays the other one still closes');
  assert.equal(change(closed, '2026-04-30T16:00:00Z'), '2026-05-04T06:00:00.000Z', 'over a long weekend');
});

test('an exception wins over a holiday, and a holiday over the week', () => {
  const holidays = new Map([[labourDay.day, [labourDay]]]);
  const open = calendar({
    holidays,
    exceptions: new Map([['2026-05-01', exception([{ from: '10:00', to: '12:00' }])]]),
  });
  assert.equal(openAt(open, at('2026-05-01T07:30:00Z')), false);
  assert.equal(openAt(open, at('2026-05-01T08:30:00Z')), true);
  const inventory = calendar({
    exceptions: new Map([['2026-03-03', exception([], 'We count our stock.', 'Jour d’inventaire.')]]),
  });
  assert.equal(openAt(inventory, at('2026-03-03T10:00:00')), false);
  assert.equal(messageAt(inventory, at('2026-03-03T10:00:00'), 'fr'), 'Jour d’inventaire.');
  assert.equal(messageAt(inventory, at('2026-03-02T20:00:00'), 'fr'), 'Nous sommes fermés.');
  assert.equal(
    messageAt(inventory, at('2026-03-02T10:00:00'), 'fr'),
    undefined,
    'nothing is told while open',
  );
});

test('closed early it stays closed for the rest of the day, with its message, and opens as ever on the next', () => {
  const early = calendar({
    closedEarly: { at: at('2026-03-03T15:00:00'), messageEn: 'A storm.', messageFr: '' },
  });
  assert.equal(openAt(early, at('2026-03-03T14:59:59')), true);
  assert.equal(openAt(early, at('2026-03-03T15:00:00')), false);
  assert.equal(change(early, '2026-03-03T10:00:00'), '2026-03-03T14:00:00.000Z');
  assert.equal(change(early, '2026-03-03T15:00:00'), '2026-03-04T07:00:00.000Z');
  assert.equal(messageAt(early, at('2026-03-03T16:00:00'), 'en'), 'A storm.');
  assert.equal(messageAt(early, at('2026-03-03T16:00:00'), 'fr'), 'Nous sommes fermés.', 'none of its own');
  assert.equal(isClosedEarly(early, at('2026-03-03T16:00:00')), true);
  assert.equal(messageAt(early, at('2026-03-04T06:00:00'), 'en'), 'We are closed.', 'the next morning');
  assert.equal(openAt(early, at('2026-03-04T09:00:00')), true);
  assert.equal(isClosedEarly(early, at('2026-03-04T09:00:00')), false);
});

test('a night that was closed early stays closed past midnight', () => {
  const night = calendar({
    weekly: workdays('20:00', '04:00'),
    closedEarly: { at: at('2026-03-03T23:00:00'), messageEn: 'A storm.', messageFr: 'Une tempête.' },
  });
  assert.equal(openAt(night, at('2026-03-04T01:00:00')), false);
  assert.equal(messageAt(night, at('2026-03-04T01:00:00'), 'en'), 'A storm.');
  assert.equal(isClosedEarly(night, at('2026-03-04T05:00:00')), false);
  assert.equal(change(night, '2026-03-03T23:30:00'), '2026-03-04T19:00:00.000Z');
});

test('what does not open any more today cannot be closed early: closed-already', () => {
  assert.equal(whyNotCloseEarly(calendar(), at('2026-03-03T10:00:00')), undefined);
  assert.equal(whyNotCloseEarly(calendar(), at('2026-03-03T06:00:00')), undefined, 'before it opens');
  assert.equal(whyNotCloseEarly(calendar(), at('2026-03-03T18:00:00')), 'closed-already');
  assert.equal(whyNotCloseEarly(calendar(), at('2026-03-07T10:00:00')), 'closed-already');
  const early = calendar({
    closedEarly: { at: at('2026-03-03T15:00:00'), messageEn: '', messageFr: '' },
  });
  assert.equal(whyNotCloseEarly(early, at('2026-03-03T16:00:00')), undefined, 'again, with another message');
});

test('hours that overlap or are empty, and zones that are none, are not kept', () => {
  const keep = (weekly: WeekInterval[], timeZone = 'Europe/Paris') => whyNotKeepHours({ weekly, timeZone });
  assert.equal(keep([...workdays('08:00', '12:00'), ...workdays('12:00', '18:00')]), undefined);
  assert.equal(keep([...workdays('08:00', '12:01'), ...workdays('12:00', '18:00')]), 'hours-overlap');
  assert.equal(keep([...workdays('22:00', '06:00'), ...workdays('23:00', '24:00')]), 'hours-overlap');
  assert.equal(keep(workdays('08:00', '08:00')), 'hours-empty');
  assert.equal(keep([], 'Europe/Nowhere'), 'time-zone-unknown');
});

test('a day that is over is no exception any more: day-is-past', () => {
  const paris = { timeZone: 'Europe/Paris' };
  const now = at('2026-03-02T23:30:00Z');
  assert.equal(whyNotExcept({ day: '2026-03-02', intervals: [] }, paris, now), 'day-is-past');
  assert.equal(whyNotExcept({ day: '2026-03-03', intervals: [] }, paris, now), undefined);
});

test('the next change is the first moment at which it is open where it was closed, or closed where it was open', () => {
  const minute = fc.integer({ min: 0, max: 1439 });
  const time = (m: number) =>
    `${String(Math.floor(m / 60)).padStart(2, '0')}:${String(m % 60).padStart(2, '0')}`;
  const zones = fc.constantFrom(
    'Europe/Paris',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'UTC',
  );
  const weeks = fc.array(fc.tuple(fc.integer({ min: 1, max: 7 }), minute, minute), { maxLength: 6 });
  // Around the changes of the clocks, north and south.
  const moments = fc.tuple(
    fc.constantFrom(
      '2026-03-28T00:00:00Z',
      '2026-10-24T00:00:00Z',
      '2026-04-04T00:00:00Z',
      '2026-10-03T00:00:00Z',
    ),
    fc.integer({ min: 0, max: 3 * 1440 }),
  );
  fc.assert(
    fc.property(zones, weeks, moments, (timeZone, week, [start, minutes]) => {
      const weekly = week
        .filter(([, from, to]) => from !== to)
        .map(([day, from, to]) => ({ day, from: time(from), to: time(to) }));
      const some = calendar({ timeZone, weekly });
      const from = new Date(Date.parse(start) + minutes * 60_000);
      const before = openAt(some, from);
      const next = nextChange(some, from);
      if (next !== undefined) {
        assert.ok(next > from);
        assert.notEqual(openAt(some, next), before, 'it changes then');
      }
      const end = Math.min(next?.getTime() ?? Number.POSITIVE_INFINITY, from.getTime() + 8 * 86_400_000);
      for (let ms = from.getTime(); ms < end; ms += 17 * 60_000)
        assert.equal(openAt(some, new Date(ms)), before, `not before, at ${new Date(ms).toISOString()}`);
    }),
    { numRuns: 60 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calendarDay, changeWords, holidayRows, todayThere } from './hours-words.ts';

const timeZone = 'Europe/Paris';
// A Thursday, 15:00 in Paris.
const now = Date.parse('2026-11-26T14:00:00Z');
const words = (open: boolean, changesAt: string | null, language: 'en' | 'fr' = 'en') =>
  changeWords({ open, changesAt, timeZone }, now, language);

test('what is open says until when, on the calendar’s own clocks', () => {
  assert.equal(words(true, '2026-11-26T17:00:00Z'), 'until 18:00');
  assert.equal(words(true, '2026-11-26T17:00:00Z', 'fr'), 'jusqu’à 18:00');
  assert.equal(words(true, '2026-11-27T01:00:00Z'), 'until Friday 02:00');
  assert.equal(words(true, null), 'with no closing to come');
});

test('what is closed says when it opens, by the day when it is not today', () => {
  assert.equal(words(false, '2026-11-26T16:30:00Z'), 'opens at 17:30');
  assert.equal(words(false, '2026-11-30T08:00:00Z'), 'opens Monday at 09:00');
  assert.equal(words(false, '2026-11-30T08:00:00Z', 'fr'), 'ouvre lundi à 09:00');
  assert.equal(words(false, '2027-01-04T08:00:00Z'), 'opens 4 January 2027 at 09:00');
  assert.equal(words(false, '2027-01-04T08:00:00Z', 'fr'), 'ouvre le 4 janvier 2027 à 09:00');
  assert.equal(words(false, null, 'fr'), 'n’ouvre pas dans les cent jours');
});

test('the same weekday of next week is named by its date, not mistaken for today', () => {
  assert.equal(words(false, '2026-12-03T08:00:00Z'), 'opens 3 December 2026 at 09:00');
});

test('a calendar day is the same for every reader, and today is today where the calendar is', () => {
  assert.equal(calendarDay('2026-12-24', 'en'), 'Thu, 24 Dec 2026');
  assert.equal(calendarDay('2026-12-24', 'fr'), 'jeu. 24 déc. 2026');
  assert.equal(todayThere(Date.parse('2026-11-26T23:30:00Z'), 'Europe/Paris'), '2026-11-27');
  assert.equal(todayThere(Date.parse('2026-11-26T02:00:00Z'), 'America/New_York'), '2026-11-25');
});

test('holidays of two years stand side by side, with those that last several days and those of one year only', () => {
  const one = (day: string, key: string) => ({ day, key, nameEn: key, nameFr: key });
  assert.deepEqual(
    holidayRows([
      [one('2026-12-25', 'christmas'), one('2026-04-06', 'easter'), one('2026-04-07', 'easter')],
      [one('2027-03-29', 'easter'), one('2027-02-01', 'once'), one('2027-12-25', 'christmas')],
    ]).map(({ key, days }) => [key, days]),
    [
      ['once', [[], ['2027-02-01']]],
      ['easter', [['2026-04-06', '2026-04-07'], ['2027-03-29']]],
      ['christmas', [['2026-12-25'], ['2027-12-25']]],
    ],
  );
});

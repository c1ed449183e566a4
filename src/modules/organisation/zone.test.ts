import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayAt, dayPlus, isTimeZone, momentOf, weekdayOf } from './zone.ts';

const moment = (zone: string, day: string, minutes: number, which: 'first' | 'last' = 'first') =>
  new Date(momentOf(zone, day, minutes, which)).toISOString();

test('a time of day is the moment at which the clocks there show it', () => {
  assert.equal(moment('Europe/Paris', '2026-01-15', 9 * 60), '2026-01-15T08:00:00.000Z');
  assert.equal(moment('Europe/Paris', '2026-07-15', 9 * 60), '2026-07-15T07:00:00.000Z');
  assert.equal(moment('America/St_Johns', '2026-01-15', 9 * 60), '2026-01-15T12:30:00.000Z');
  assert.equal(moment('Pacific/Auckland', '2026-01-15', 0), '2026-01-14T11:00:00.000Z');
  assert.equal(moment('UTC', '2026-01-15', 1440), '2026-01-16T00:00:00.000Z');
});

test('a time that the clocks skip is the moment at which they do', () => {
  for (const minutes of [120, 150, 179])
    assert.equal(moment('Europe/Paris', '2026-03-29', minutes), '2026-03-29T01:00:00.000Z');
  assert.equal(moment('Europe/Paris', '2026-03-29', 180), '2026-03-29T01:00:00.000Z');
  assert.equal(moment('Australia/Lord_Howe', '2026-10-04', 135), '2026-10-03T15:30:00.000Z', 'half an hour');
  assert.equal(moment('America/Santiago', '2026-09-06', 0), '2026-09-06T04:00:00.000Z', 'midnight itself');
});

test('a time that the clocks show twice is the first or the last of both', () => {
  assert.equal(moment('Europe/Paris', '2026-10-25', 150, 'first'), '2026-10-25T00:30:00.000Z');
  assert.equal(moment('Europe/Paris', '2026-10-25', 150, 'last'), '2026-10-25T01:30:00.000Z');
  assert.equal(moment('Europe/Paris', '2026-10-25', 180, 'first'), '2026-10-25T02:00:00.000Z');
});

test('days are those of the zone', () => {
  const at = Date.parse('2026-03-01T23:30:00Z');
  assert.equal(dayAt('Europe/Paris', at), '2026-03-02');
  assert.equal(dayAt('America/New_York', at), '2026-03-01');
  assert.equal(dayPlus('2028-02-28', 1), '2028-02-29');
  assert.deepEqual(['2026-03-02', '2026-03-08'].map(weekdayOf), [1, 7]);
});

test('a zone has a name that is known; an offset or nonsense is none', () => {
  for (const name of ['Europe/Paris', 'America/Argentina/Buenos_Aires', 'UTC'])
    assert.ok(isTimeZone(name), name);
  for (const name of ['+01:00', 'Europe/Nowhere', '', '../etc', 'Europe/Paris '])
    assert.ok(!isTimeZone(name), name);
});

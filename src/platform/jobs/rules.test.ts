import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryMs, turnOf } from './rules.ts';

const turn = (schedule: Parameters<typeof turnOf>[0], now: string) =>
  turnOf(schedule, new Date(now)).toISOString();

test('a job that runs every so many minutes has its turns at the same moments on every copy of the program', () => {
  assert.equal(turn({ everyMinutes: 15 }, '2026-03-02T08:14:59.999Z'), '2026-03-02T08:00:00.000Z');
  assert.equal(turn({ everyMinutes: 15 }, '2026-03-02T08:15:00Z'), '2026-03-02T08:15:00.000Z');
});

test('a daily job’s turn is the last time of day that has come, yesterday’s before it has', () => {
  assert.equal(turn({ dailyAtUtc: '03:30' }, '2026-03-02T03:29:59Z'), '2026-03-01T03:30:00.000Z');
  assert.equal(turn({ dailyAtUtc: '03:30' }, '2026-03-02T03:30:00Z'), '2026-03-02T03:30:00.000Z');
  assert.equal(turn({ dailyAtUtc: '03:30' }, '2026-03-29T12:00:00Z'), '2026-03-29T03:30:00.000Z');
});

test('a job that fails is tried again later and later, and at least every hour', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 20].map(retryMs),
    [10_000, 40_000, 160_000, 640_000, 2_560_000, 3_600_000, 3_600_000],
  );
});

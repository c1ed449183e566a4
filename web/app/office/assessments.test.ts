import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assessment } from '#src/modules/competencies/contract.ts';
import { assessmentState, isoDay, newestOfEach, oneYearAfter } from './assessments.ts';

const assessment = (competencyId: string, assessedOn: string, recordedAt = '2026-01-01T00:00:00Z') =>
  ({ competencyId, assessedOn, recordedAt }) as Assessment;

test('the newest assessment of each competency counts; of two on one day the one recorded last', () => {
  const all = [
    assessment('a', '2026-03-01'),
    assessment('b', '2026-01-01', '2026-01-01T09:00:00Z'),
    assessment('a', '2025-03-01'),
    assessment('b', '2026-01-01', '2026-01-01T10:00:00Z'),
  ];
  assert.deepEqual(newestOfEach(all), [all[0], all[3]]);
});

test('an assessment counts until the day before its end, and says when it is due again', () => {
  assert.deepEqual(assessmentState({ validUntil: '2026-11-25' }, '2026-11-25'), { is: 'lapsed' });
  assert.deepEqual(assessmentState({ validUntil: '2026-11-26' }, '2026-11-25'), { is: 'soon', days: 1 });
  assert.deepEqual(assessmentState({ validUntil: '2026-12-26' }, '2026-11-25'), { is: 'valid' });
});

test('a year after the 29th of February is the 28th', () => {
  assert.equal(oneYearAfter('2028-02-29'), '2029-02-28');
  assert.equal(oneYearAfter('2026-11-25'), '2027-11-25');
  assert.equal(oneYearAfter(''), undefined);
});

test('today is the reader’s day', () => {
  assert.equal(isoDay(new Date(2026, 0, 5, 0, 10)), '2026-01-05');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lapsesAt, whyNotAssess, yearAfter } from './rules.ts';

const now = new Date('2026-03-02T09:00:00Z');

test('an assessment counts for a year at most, also over a leap day', () => {
  assert.equal(yearAfter('2026-03-02'), '2027-03-02');
  assert.equal(yearAfter('2028-02-29'), '2029-02-28');
  assert.equal(whyNotAssess({ assessedOn: '2026-03-01', validUntil: '2027-03-01' }, now), undefined);
  assert.equal(
    whyNotAssess({ assessedOn: '2026-03-01', validUntil: '2027-03-02' }, now),
    'assessment-lasts-too-long',
  );
});

test('nobody is assessed tomorrow, and no validity ends before it starts', () => {
  assert.equal(
    whyNotAssess({ assessedOn: '2026-03-04', validUntil: '2026-06-01' }, now),
    'assessment-in-future',
  );
  assert.equal(
    whyNotAssess({ assessedOn: '2026-03-02', validUntil: '2026-03-02' }, now),
    'assessment-ends-before-it-starts',
  );
  assert.equal(
    whyNotAssess({ assessedOn: '2026-03-02', validUntil: '2026-03-03' }, new Date('2026-03-01T22:00:00Z')),
    undefined,
    'it is the 2nd already east of us',
  );
});

test('an assessment lapses when its last day is over', () => {
  assert.equal(lapsesAt('2027-03-02').toISOString(), '2027-03-02T00:00:00.000Z');
});

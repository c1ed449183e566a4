import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, quantile, rounded, tableOf } from './bench.ts';
import { chance } from './chance.ts';

test('a quantile is one of the values measured, and none of them is above the highest', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.equal(quantile(values, 0.99), 100);
  assert.equal(quantile(values, 1), 100);
  assert.equal(median([3, 1, 2]), 2);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test('a figure tells no more digits than were measured', () => {
  assert.equal(rounded(0.123456), 0.123);
  assert.equal(rounded(12.3456), 12.3);
  assert.equal(rounded(1234.5678), 1235);
  assert.equal(rounded(0), 0);
});

test('the same seed draws the same moments, another seed others', () => {
  const draw = (seed: number) => {
    const drawn = chance(seed);
    return Array.from({ length: 5 }, () => drawn.between(10, 20));
  };
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  assert.ok(draw(3).every((value) => value >= 10 && value < 20));
});

test('a result is read as a table, with what is wrong below it', () => {
  const line = { bench: 'crash', scenario: 'program', seed: 1, limits: {}, ratios: {} };
  const table = tableOf({
    line: { ...line, figures: { kills: 25, acknowledged: 12_345 } },
    wrong: ['a line was lost'],
  });
  assert.equal(
    table,
    [
      'crash · program (seed 1)',
      '  figures  kills             25',
      '           acknowledged  12,345',
      '  WRONG: a line was lost',
    ].join('\n'),
  );
});

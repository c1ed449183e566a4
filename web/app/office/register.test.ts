import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RequirementView } from '#src/standard/contract.ts';
import { chaptersOf, countStates } from './register.ts';

const row = (id: string, clause: string, state: RequirementView['state'], inferred = false) =>
  ({ id, clause, state, inferred, clauseTitle: { en: `Title of ${clause}`, fr: '' } }) as RequirementView;

test('requirements stand under their clause and chapter, with how many are shown, fulfilled and open', () => {
  const chapters = chaptersOf([
    row('4.1-a', '4.1', 'shown'),
    row('4.1-b', '4.1', 'open'),
    row('4.2-a', '4.2', 'fulfilled'),
    row('7.2-a', '7.2', 'open', true),
  ]);
  assert.deepEqual(
    chapters.map(({ chapter, clauses }) => [chapter, clauses.map(({ clause }) => clause)]),
    [
      ['4', ['4.1', '4.2']],
      ['7', ['7.2']],
    ],
  );
  assert.deepEqual(chapters[0]?.clauses[0]?.count, { shown: 1, fulfilled: 0, open: 1 });
  assert.equal(chapters[1]?.clauses[0]?.inferred, 1);
});

test('what is inferred is counted beside its state, not instead of it', () => {
  assert.deepEqual(countStates([row('a', '4.1', 'open', true), row('b', '4.1', 'shown')]), {
    shown: 1,
    fulfilled: 0,
    open: 1,
    inferred: 1,
  });
});

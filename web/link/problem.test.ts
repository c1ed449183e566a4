import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrongField } from './problem.ts';

const marks = { 'origin-malformed': 'allowedOrigins' };

test('a refusal that is about one field marks that field and no other', () => {
  const problem = { code: 'origin-malformed', title: 'Correct the origin.' };
  assert.equal(wrongField(problem, 'allowedOrigins', marks), 'Correct the origin.');
  assert.equal(wrongField(problem, 'key', marks), undefined);
  assert.equal(wrongField({ ...problem, code: 'type-unknown' }, 'allowedOrigins', marks), undefined);
});

test('what the server says of a field comes before its general sentence', () => {
  const problem = { code: 'origin-malformed', title: 'Correct it.', fields: { allowedOrigins: 'Too many.' } };
  assert.equal(wrongField(problem, 'allowedOrigins', marks), 'Too many.');
  assert.equal(wrongField(undefined, 'allowedOrigins', marks), undefined);
});

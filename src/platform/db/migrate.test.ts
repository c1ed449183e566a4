import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrationFiles } from './migrate.ts';

test('the migrations have numbers one after the other, whoever added theirs at the same time', () => {
  assert.ok(migrationFiles().length >= 16); // it throws at a gap and at a number that two have
});

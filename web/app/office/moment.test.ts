import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localSeconds, momentOf } from './moment.ts';

test('a moment that one types is the same in the reader’s zone, to the second', () => {
  for (const at of ['2026-03-02T08:41:07.000Z', '2026-07-14T22:00:00.000Z'])
    assert.equal(momentOf(localSeconds(at)), at);
  assert.equal(momentOf(localSeconds('2026-03-02T08:41:07.001Z')), '2026-03-02T08:41:08.000Z');
});

test('what is half typed is no moment', () => {
  for (const typed of ['', '2026-03-02', '2026-03-02T', '2026-13-40T08:00', 'soon'])
    assert.equal(momentOf(typed), undefined, typed);
  assert.notEqual(momentOf('2026-03-02T08:41'), undefined);
});

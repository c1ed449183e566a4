import assert from 'node:assert/strict';
import { test } from 'node:test';
import { found } from '#web/ui/find.ts';
import { clockThere, offsetWords, zoneChoices } from './zones.ts';

const now = Date.parse('2026-11-26T14:00:00Z');

test('a zone says its offset at the moment, summer time included', () => {
  assert.equal(offsetWords('Europe/Paris', now), 'UTC+01:00');
  assert.equal(offsetWords('Europe/Paris', Date.parse('2026-07-01T00:00:00Z')), 'UTC+02:00');
  assert.equal(offsetWords('Asia/Kolkata', now), 'UTC+05:30');
  assert.equal(offsetWords('UTC', now), 'UTC+00:00');
  assert.equal(offsetWords('Europe/Rennes', now), undefined);
  assert.equal(clockThere('America/New_York', now), '09:00');
  assert.equal(clockThere('Europe/Rennes', now), undefined);
});

test('a zone is found by its city and by its offset, and one with an older name stays in the list', () => {
  const all = zoneChoices('US/Eastern', now);
  assert.ok(all.some(({ value }) => value === 'US/Eastern'));
  assert.ok(all.some(({ value }) => value === 'UTC'));
  assert.deepEqual(
    found(all, 'new york').map(({ value, second }) => [value, second]),
    [['America/New_York', 'UTC-05:00']],
  );
  assert.ok(found(all, 'utc+05 45').some(({ value }) => /Kat(h)?mandu/.test(value)));
});

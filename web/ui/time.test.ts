import assert from 'node:assert/strict';
import { test } from 'node:test';
import { day, shortDay } from './time.ts';

test('a day of the calendar is the same for a reader west of Greenwich', () => {
  const zone = process.env.TZ;
  process.env.TZ = 'America/New_York';
  try {
    assert.equal(new Date('2026-12-24').getDate(), 23, 'the reader is west of Greenwich');
    assert.equal(day('2026-12-24', 'en'), '24 Dec 2026');
    assert.equal(day('2026-12-24', 'fr'), '24 déc. 2026');
    assert.equal(shortDay('2026-12-24', 'en'), '24 Dec');
  } finally {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  }
});

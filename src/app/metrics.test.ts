import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutHolder } from './metrics.ts';

test('who asks from far away learns how long the log is held back, and not by whom', () => {
  const text = [
    '# TYPE parley_log_holder_seconds gauge',
    'parley_log_holder_seconds{holder="process 1 of ann in database shop (psql {x} \\"y\\")"} 7.5',
    'parley_live_lines{kind="staff"} 2',
  ];
  assert.deepEqual(withoutHolder(text.join('\n')).split('\n'), [
    text[0],
    'parley_log_holder_seconds 7.5',
    text[2],
  ]);
});

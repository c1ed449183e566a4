import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnusableSetting } from '#src/platform/settings.ts';
import { readFaultPoint } from './fault-points.ts';

test('a place to be killed at is named with its passing and with what is killed or stopped', () => {
  assert.deepEqual(readFaultPoint('after line@7', undefined), {
    name: 'after line',
    passing: 7,
    does: 'kill program',
  });
  assert.deepEqual(readFaultPoint('database before accept', 'test'), {
    name: 'before accept',
    passing: 1,
    does: 'kill database',
  });
  assert.deepEqual(readFaultPoint('stop before offer@3', undefined), {
    name: 'before offer',
    passing: 3,
    does: 'stop program',
  });
});

test('what names no such place ends the start with a sentence', () => {
  for (const text of ['line', 'during line', 'after line@0', 'after', 'after line@7 twice'])
    assert.throws(() => readFaultPoint(text, undefined), UnusableSetting, text);
});

test('a program in production is never stopped on purpose', () => {
  assert.throws(() => readFaultPoint('after line', 'production'), /unset it in production/);
});

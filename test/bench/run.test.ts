import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const run = join(import.meta.dirname, '../../bench/run.ts');

test('a bench that does not exist is answered with the names of those that do', () => {
  for (const args of [['nothing'], [], ['chat', '--seed', 'x'], ['chat', '--no-such-option']]) {
    const { status, stderr, stdout } = spawnSync(process.execPath, [run, ...args], { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.equal(stdout, '');
    for (const name of ['chat', 'crash', 'routing', 'start'])
      assert.match(stderr, new RegExp(`^ {2}${name} +`, 'm'));
  }
});

import assert from 'node:assert/strict';
import test from 'node:test';
import { parsePostmasterFile } from './postmaster.ts';

test('a running server says where it is reached and whether it is ready', () => {
  const text =
    '7792\n/srv/parley/postgres\n1795569580\n5432\n/srv/parley/run\n\n  2156547         4\nready   \n';
  assert.deepEqual(parsePostmasterFile(text), {
    pid: 7792,
    port: 5432,
    socketDir: '/srv/parley/run',
    status: 'ready',
  });
});

test('a server that has only begun to write about itself is not ready', () => {
  assert.equal(parsePostmasterFile('7792\n/srv/parley/postgres\n1795569580\n5432\n')?.status, '');
});

test('a file that says nothing names no server', () => {
  for (const text of ['', '\n', 'x\n', '0\n', '-1\n']) assert.equal(parsePostmasterFile(text), undefined);
});

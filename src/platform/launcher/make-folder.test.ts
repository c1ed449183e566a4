import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { makeFolder } from './make-folder.ts';

test('a folder is made with those above it that are missing, and one that is there stays', (t) => {
  const path = join(ownFolder(t), 'a/b/c');
  makeFolder(path, 0o700);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
  writeFileSync(join(path, 'kept'), '');
  makeFolder(path, 0o711);
  assert.ok(existsSync(join(path, 'kept')));
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('a file or a link to nowhere where the folder should be is not taken for it', (t) => {
  const folder = ownFolder(t);
  writeFileSync(join(folder, 'file'), '');
  symlinkSync(join(folder, 'nowhere/at/all'), join(folder, 'link'));
  for (const [name, code] of [
    ['file', 'EEXIST'],
    ['file/below', 'ENOTDIR'],
    ['link', 'ENOENT'],
    ['link/below', 'ENOENT'],
  ] as const) {
    assert.throws(() => makeFolder(join(folder, name), 0o700), { code }, name);
  }
});

test('a place that takes no new folders is refused at once', {
  skip: existsSync('/proc/self') ? false : 'the system has no /proc',
}, () => {
  assert.throws(() => makeFolder('/proc/parley', 0o700), { code: 'ENOENT' });
  assert.throws(() => makeFolder('/proc/parley/data', 0o700), { code: 'ENOENT' });
});

function ownFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-folder-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

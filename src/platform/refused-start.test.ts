import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test from 'node:test';
import { whyNotConnect, whyNotListen, whyNotVersion } from '#src/platform/refused-start.ts';

test('a port that is taken is named, with what to do about it', () => {
  const refusal = whyNotListen(Object.assign(new Error(), { code: 'EADDRINUSE' }), 3000);
  assert.equal(
    refusal?.message,
    'Port 3000 is taken by another program: stop that one, or choose another port by PARLEY_PORT.',
  );
});

test("an administrator's port is refused in words", () => {
  assert.match(String(whyNotListen(Object.assign(new Error(), { code: 'EACCES' }), 80)), /from 1024 on/);
});

test('PostgreSQL 15 to 18 will do, older and newer are refused by number', () => {
  for (const version of [150_000, 150_020, 160_004, 180_004]) assert.equal(whyNotVersion(version), undefined);
  assert.match(
    String(whyNotVersion(140_011)),
    /is PostgreSQL 14, and Parley works with 15 to 18: upgrade it/,
  );
  assert.match(
    String(whyNotVersion(190_000)),
    /is PostgreSQL 19, and Parley works with 15 to 18: name another/,
  );
});

test('a database that does not answer, or refuses, is a sentence that never repeats the address', () => {
  for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'CONNECT_TIMEOUT', '28P01', '3D000', '42501']) {
    const refusal = whyNotConnect(Object.assign(new Error('postgres://user:hunter2@host/db'), { code }));
    assert.match(refusal?.message ?? '', /^The database that PARLEY_DATABASE_URL names .*: .*\.$/);
    assert.doesNotMatch(refusal?.message ?? '', /hunter2/);
  }
});

test('what no setting mends is not called a setting', () => {
  assert.equal(whyNotListen(new Error('torn'), 3000), undefined);
  assert.equal(whyNotConnect(new TypeError('torn')), undefined);
  assert.equal(whyNotConnect(undefined), undefined);
});

test('the system names a taken port as we expect it', async () => {
  const first = createServer().listen(0, '127.0.0.1');
  await once(first, 'listening');
  const { port } = first.address() as { port: number };
  const [error] = (await once(createServer().listen(port, '127.0.0.1'), 'error')) as [Error];
  first.close();
  assert.match(String(whyNotListen(error, port)), /is taken by another program/);
});

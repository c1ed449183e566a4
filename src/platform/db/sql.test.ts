import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { test } from 'node:test';
import { driver } from './driver.ts';
import { isConnectionFault } from './sql.ts';

const fault = (fields: object) => Object.assign(new Error('a fault'), fields);
const ofServer = (code: string) => new driver.PostgresError({ code, message: code } as never);

test('a database that cannot be reached is away, in whichever way the network says so', () => {
  for (const code of ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'])
    assert.ok(isConnectionFault(fault({ code, syscall: 'connect' })), code);
  for (const code of ['ENOTFOUND', 'EAI_AGAIN'])
    assert.ok(isConnectionFault(fault({ code, syscall: 'getaddrinfo' })), code);
  assert.ok(isConnectionFault(fault({ code: 'ECONNRESET', syscall: 'read' })));
  assert.ok(isConnectionFault(fault({ code: 'EPIPE', syscall: 'write' })));
  for (const code of ['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECT_TIMEOUT'])
    assert.ok(isConnectionFault(fault({ code })), code);
});

test('a server that stops, starts, is full or turned into a standby is away', () => {
  for (const state of ['57P01', '57P02', '57P03', '08006', '53300', '25006'])
    assert.ok(isConnectionFault(ofServer(state)), state);
});

test('a statement that was wrong, too slow or refused is no database that is away', () => {
  for (const state of ['23505', '57014', '42501', '42P01', '40001', '53200'])
    assert.ok(!isConnectionFault(ofServer(state)), state);
});

test('a file that is missing and a browser that hangs up are not the database', async () => {
  const missing = await new Promise((resolve) => {
    createReadStream('/no/such/file').on('error', resolve);
  });
  assert.ok(!isConnectionFault(missing));
  assert.ok(!isConnectionFault(fault({ code: 'ECONNRESET' })));
  for (const none of [undefined, null, 'ECONNREFUSED', new Error('no code'), fault({ code: 17 })])
    assert.ok(!isConnectionFault(none));
});

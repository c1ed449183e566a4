import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askerBehind, isNear } from './address.ts';

test('this machine and private networks are near, everybody else is far', () => {
  for (const address of [
    '127.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '::ffff:192.168.1.1',
    'fe80::1%eth0',
    'fd12::1',
  ])
    assert.ok(isNear(address), address);
  for (const address of ['203.0.113.1', '172.32.0.1', '::ffff:203.0.113.1', '2001:db8::1', 'unknown', ''])
    assert.ok(!isNear(address), address);
});

test('a proxy nearby is believed about who asks, and nobody else is', () => {
  assert.equal(askerBehind('127.0.0.1', '203.0.113.7'), '203.0.113.7');
  assert.equal(askerBehind('10.0.0.2', '203.0.113.7, 10.0.0.9'), '203.0.113.7');
  assert.equal(
    askerBehind('198.51.100.1', '203.0.113.7'),
    '198.51.100.1',
    'who is far says it of themselves',
  );
  assert.equal(
    askerBehind('127.0.0.1', '192.168.0.5, 203.0.113.7'),
    '203.0.113.7',
    'what stands before the first far one was said by that one',
  );
  assert.equal(askerBehind('127.0.0.1', undefined), '127.0.0.1');
  assert.equal(askerBehind('127.0.0.1', '10.0.0.5'), '10.0.0.5');
  assert.equal(askerBehind('127.0.0.1', ' , '), '127.0.0.1');
});

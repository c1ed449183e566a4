import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOrigin, originAllowed, sessionOfToken, sessionToken, whyNotOpen, whyNotTold } from './rules.ts';

const id = '019b2f6e-7c00-7abc-8def-0123456789ab';

test('a visitor’s session cannot be forged, altered or emptied (chatwoot#2694)', () => {
  const token = sessionToken('a secret of ours', id);
  assert.equal(sessionOfToken('a secret of ours', token), id);
  assert.equal(sessionOfToken('another secret', token), undefined);
  for (const forged of [
    '',
    '.',
    id,
    `${id}.`,
    `${id}.x`,
    token.replace('019b', '019c'),
    `${token}x`,
    `x${token}`,
    token.split('.')[1]!,
  ]) {
    assert.equal(sessionOfToken('a secret of ours', forged), undefined, forged);
  }
});

test('only the pages a client named, and Parley’s own, may show its channel', () => {
  const pages = { allowed: ['https://shop.example'], own: ['http://localhost:3000'] };
  assert.equal(originAllowed('https://shop.example', pages), true);
  assert.equal(originAllowed('http://localhost:3000', pages), true);
  for (const other of ['https://shop.example.evil.example', 'http://shop.example', 'null', undefined])
    assert.equal(originAllowed(other, pages), false, String(other));
  assert.equal(isOrigin('https://shop.example'), true);
  for (const not of [
    'shop.example',
    'https://shop.example/',
    'https://shop.example/page',
    'ftp://shop.example',
    '*',
  ])
    assert.equal(isOrigin(not), false, not);
});

test('a channel that does not say what it costs cannot be opened', () => {
  const channel = { nameEn: 'Shop', nameFr: 'Boutique', chargesEn: 'Free', chargesFr: 'Gratuit' };
  assert.equal(whyNotOpen(channel), undefined);
  assert.equal(whyNotOpen({ ...channel, chargesFr: '  ' }), 'channel-without-charges');
  assert.equal(whyNotOpen({ ...channel, nameEn: '' }), 'channel-without-name');
});

test('a conversation begins only after the visitor was told the channel’s own words', () => {
  const channel = { names: ['Shop', 'Boutique'], answeredBy: 'Meridian', charges: ['Free', 'Gratuit'] };
  assert.equal(whyNotTold({ name: 'Shop', answeredBy: 'Meridian', charges: 'Free' }, channel), undefined);
  assert.equal(whyNotTold({ name: 'Shop', answeredBy: 'Meridian', charges: '' }, channel), 'not-told-before');
  assert.equal(
    whyNotTold({ name: 'Shop', answeredBy: 'Somebody', charges: 'Free' }, channel),
    'not-told-before',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKeepable, unkeepable } from './keepable.ts';

test('a text is kept unless it holds NUL or half a surrogate pair', () => {
  for (const text of ['', 'Bonjour !', '🙂', '\u{10FFFF}', '\n\t\x01'])
    assert.ok(isKeepable(text), JSON.stringify(text));
  for (const text of ['\0', 'a\0b', '\ud83d', '\ude42\ud83d'])
    assert.ok(!isKeepable(text), JSON.stringify(text));
});

test('the place of what cannot be kept is named', () => {
  assert.equal(unkeepable({ body: { name: 'Ann', clients: ['a', 'b'] } }), undefined);
  assert.equal(unkeepable({ body: { name: 'A\0' } }), 'name');
  assert.equal(unkeepable({ query: {}, body: { clients: ['a', '\ud800'] } }), 'clients.1');
  assert.equal(unkeepable({ body: { told: { 'a\0': 1 } } }), 'told');
  assert.equal(unkeepable({ body: '\0' }), '(body)');
  assert.equal(unkeepable({ body: { '\0': 1 } }), '(body)');
  assert.equal(unkeepable({ body: undefined, params: null }), undefined);
});

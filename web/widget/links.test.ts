import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { textParts } from './links.ts';

const links = (line: string) => textParts(line).filter((part) => part.href !== undefined);

test('an address in a sentence can be followed, the sentence’s own marks stay outside', () => {
  assert.deepEqual(textParts('Voir https://example.org/a?b=1. Merci !'), [
    { text: 'Voir ' },
    { text: 'https://example.org/a?b=1', href: 'https://example.org/a?b=1' },
    { text: '. Merci !' },
  ]);
  assert.equal(links('(https://example.org/a)')[0]?.text, 'https://example.org/a');
  assert.equal(links('https://example.org/a_(b)')[0]?.text, 'https://example.org/a_(b)');
});

test('only web addresses can be followed', () => {
  for (const line of [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'mailto:a@example.org',
  ])
    assert.deepEqual(links(line), [], line);
  assert.deepEqual(links('https://'), []);
});

test('an address that hides its host behind another name is left as plain text', () => {
  assert.deepEqual(links('https://bank.example@elsewhere.example/'), []);
});

test('an address in look-alike letters shows the host it leads to', () => {
  const [link] = links('https://аpple.example/');
  assert.equal(link?.host, 'xn--pple-43d.example');
});

test('a mark of writing direction never becomes part of an address', () => {
  assert.equal(links('https://example.org/\u202egpj.exe')[0]?.text, 'https://example.org/');
});

test('cutting a line into parts never changes the line', () => {
  const line = fc.array(
    fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl(), fc.constantFrom('https://', ')', '. ')),
  );
  fc.assert(
    fc.property(line, (pieces) => {
      const whole = pieces.join('');
      const parts = textParts(whole);
      assert.equal(parts.map((part) => part.text).join(''), whole);
      for (const part of parts) assert.match(part.href ?? 'http://', /^https?:\/\//);
    }),
  );
});

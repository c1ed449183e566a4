import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { tryPage, tryStyleSource } from './page.ts';

const page = {
  channelKey: 'shop',
  clientName: 'Atelier Brume',
  channelName: { en: 'Atelier Brume, customer service', fr: 'Atelier Brume, service client' },
  language: 'en' as const,
  widgetUrl: 'https://parley.example/w.js',
};

test('the try page names the client and carries the widget of its channel, in both languages', () => {
  assert.match(tryPage(page), /<title>Try page of Atelier Brume<\/title>/);
  assert.match(
    tryPage(page),
    /<script src="https:\/\/parley\.example\/w\.js" data-channel="shop" data-language="en" async>/,
  );
  const french = tryPage({ ...page, language: 'fr' });
  assert.match(french, /<html lang="fr">/);
  assert.match(french, /Page d’essai\u00a0: Atelier Brume/);
  assert.match(french, /Atelier Brume, service client vous répond/);
});

test('a name with marks of HTML in it stays a name', () => {
  const html = tryPage({ ...page, clientName: `</title><script>alert("1")</script>&'`, channelKey: `"><b>` });
  assert.equal(html.match(/<script/g)?.length, 1);
  assert.doesNotMatch(html, /<b>/);
  assert.match(html, /&lt;\/title&gt;&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&amp;&#39;/);
});

test('a strict policy lets the page’s style through by its hash, and nothing else is inline', () => {
  const html = tryPage(page);
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  assert.equal(tryStyleSource, `'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  assert.doesNotMatch(html, / style=| on[a-z]+=/);
});

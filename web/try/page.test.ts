import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryPage } from './page.ts';

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
  assert.match(french, /Page d’essai : Atelier Brume/);
  assert.match(french, /Atelier Brume, service client vous répond/);
});

test('a name with marks of HTML in it stays a name', () => {
  const html = tryPage({ ...page, clientName: `</title><script>alert("1")</script>&'`, channelKey: `"><b>` });
  assert.equal(html.match(/<script/g)?.length, 1);
  assert.doesNotMatch(html, /<b>/);
  assert.match(html, /&lt;\/title&gt;&lt;script&gt;alert\(&quot;1&quot;\)&lt;\/script&gt;&amp;&#39;/);
});

test('nothing on the page is inline, so that the strictest policy lets all of it through', () => {
  const html = tryPage(page);
  assert.doesNotMatch(html, /<style| style=| on[a-z]+=/);
  assert.equal(html.match(/<script/g)?.length, 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOf, timeWords, words } from './words.ts';

test('the widget speaks the first language wished for that it knows', () => {
  assert.equal(languageOf('fr-CA'), 'fr');
  assert.equal(languageOf(undefined, '', 'de', 'FR'), 'fr');
  assert.equal(languageOf(null, 'de-AT', 'ja'), 'en');
});

test('numbers and their nouns agree in both languages', () => {
  assert.equal(words.en.ahead(1), 'You are in line, 1 person ahead of you');
  assert.equal(words.en.ahead(2), 'You are in line, 2 people ahead of you');
  assert.equal(words.fr.ahead(1), 'Vous êtes dans la file, 1 personne avant vous');
  assert.equal(words.fr.ahead(2), 'Vous êtes dans la file, 2 personnes avant vous');
  assert.equal(words.fr.left(1), '1 caractère restant');
  assert.equal(words.fr.left(0), '0 caractère restant');
  assert.equal(words.fr.left(-1), '1 caractère en trop');
  assert.equal(words.en.left(1), '1 character left');
  assert.equal(words.en.left(-1), '1 character too many');
  assert.equal(words.en.slowDown(1), 'You write faster than we can take. The next message goes in 1 second.');
});

test('no sentence is the same in both languages, but for those that are', () => {
  const same = Object.entries(words.en).filter(
    ([key, text]) => typeof text === 'string' && text === words.fr[key as keyof typeof words.fr],
  );
  assert.deepEqual(
    same.map(([key]) => key),
    ['messages'],
  );
});

test('a line of today shows its hour, an older one also its day', () => {
  const now = new Date(2026, 10, 25, 14, 7).getTime();
  assert.equal(timeWords(now, now, 'en'), '14:07');
  assert.match(timeWords(now - 86_400_000, now, 'fr'), /24 nov\.?.*14:07/);
  assert.match(timeWords(now - 86_400_000, now, 'en'), /24 Nov.*14:07/);
});

test('a French line never begins with the mark that ends its sentence', () => {
  const sentences = Object.values(words.fr).flatMap((entry) => {
    if (typeof entry === 'function') return [(entry as (value: never) => unknown)(2 as never)].flat();
    return typeof entry === 'string' ? [entry] : Object.values(entry);
  });
  for (const sentence of sentences) assert.doesNotMatch(String(sentence), / [:;?!»]/);
});

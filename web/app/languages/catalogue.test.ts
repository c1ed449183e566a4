import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Entry {
  words: string;
  translation: string;
}

/** The entries of a catalogue, without its head. */
function entriesOf(language: string): Entry[] {
  const text = readFileSync(new URL(`${language}.po`, import.meta.url), 'utf8');
  const quoted = '((?:"(?:[^"\\\\]|\\\\.)*"\\n?)+)';
  return [...text.matchAll(new RegExp(`^msgid ${quoted}msgstr ${quoted}`, 'gm'))]
    .map(([, words, translation]) => ({ words: unquoted(words), translation: unquoted(translation) }))
    .filter(({ words }) => words !== '');
}

function unquoted(lines = ''): string {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.slice(1, -1))
    .join('');
}

/** The names and tags that a sentence leaves room for. */
function placesOf(sentence: string): string[] {
  return [...sentence.matchAll(/\{(\w+)[,}]|<\/?\d+\/?>/g)].map(([whole, name]) => name ?? whole).sort();
}

test('every sentence of the staff application is there in French', () => {
  const french = entriesOf('fr');
  assert.ok(french.length > 300);
  assert.deepEqual(
    french.filter(({ translation }) => translation === '').map(({ words }) => words),
    [],
  );
});

test('both catalogues hold the same sentences', () => {
  const words = (language: string) =>
    entriesOf(language)
      .map((entry) => entry.words)
      .sort();
  assert.deepEqual(words('fr'), words('en'));
});

test('a French sentence has room for the same values as the English one', () => {
  for (const { words, translation } of entriesOf('fr'))
    assert.deepEqual(placesOf(translation), placesOf(words), words);
});

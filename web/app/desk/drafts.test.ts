import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  forgetOld,
  keepDrafts,
  keepUnsent,
  keptMsMax,
  noDrafts,
  readDrafts,
  readUnsent,
  stillUnsent,
} from './drafts.ts';

function memory() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
    key: (index: number) => [...kept.keys()][index] ?? null,
    get length() {
      return kept.size;
    },
  };
}
const texts = { reply: '', note: '', wrapUp: '', outcome: '' };

test('a reply and a note of the same conversation are kept apart, and apart from a colleague’s', () => {
  const store = memory();
  keepDrafts(store, 'ines', 'i1', { ...texts, reply: 'Yes.', note: 'rang twice' }, 5);
  assert.deepEqual(readDrafts(store, 'ines', 'i1'), {
    ...texts,
    reply: 'Yes.',
    note: 'rang twice',
    keptAt: 5,
  });
  assert.deepEqual(readDrafts(store, 'tomas', 'i1'), noDrafts);
});

test('an emptied draft leaves nothing behind', () => {
  const store = memory();
  keepDrafts(store, 'ines', 'i1', { ...texts, reply: 'Yes.' }, 5);
  assert.equal(keepDrafts(store, 'ines', 'i1', texts, 6).keptAt, 0);
  assert.equal(store.length, 0);
});

test('a line that is on record is no longer unsent, the others keep their order', () => {
  const store = memory();
  const lines = ['a', 'b', 'c'].map((key) => ({ key, text: key, audience: 'all' as const, at: 1 }));
  keepUnsent(store, 'ines', 'i1', lines, 1);
  assert.deepEqual(
    stillUnsent(readUnsent(store, 'ines', 'i1'), new Set(['b'])).map(({ key }) => key),
    ['a', 'c'],
  );
});

test('what nobody came back to for a week is forgotten', () => {
  const store = memory();
  keepDrafts(store, 'ines', 'old', { ...texts, reply: 'x' }, 0);
  keepDrafts(store, 'ines', 'new', { ...texts, reply: 'y' }, keptMsMax);
  forgetOld(store, keptMsMax + 1);
  assert.equal(readDrafts(store, 'ines', 'old').reply, '');
  assert.equal(readDrafts(store, 'ines', 'new').reply, 'y');
});

test('a draft that cannot be read is taken for none', () => {
  const store = memory();
  store.setItem('parley.draft.ines.i1', '{');
  assert.deepEqual(readDrafts(store, 'ines', 'i1'), noDrafts);
});

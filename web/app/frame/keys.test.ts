import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meaningOfKey } from './keys.ts';

const pressed = (key: string, more = {}) => ({
  key,
  ctrl: false,
  alt: false,
  meta: false,
  repeat: false,
  typing: false,
  covered: false,
  ...more,
});
const settings = { singleKeys: true, goAt: undefined, now: 10_000 };

test('A accepts, in either case, when nothing is being typed', () => {
  assert.deepEqual(meaningOfKey(pressed('a'), settings), { act: 'accept' });
  assert.deepEqual(meaningOfKey(pressed('A'), settings), { act: 'accept' });
  assert.deepEqual(meaningOfKey(pressed('a', { typing: true }), settings), {});
});

test('a key with Ctrl, a key held down and a key in a dialog do nothing here', () => {
  for (const more of [{ ctrl: true }, { meta: true }, { alt: true }, { repeat: true }, { covered: true }])
    assert.deepEqual(meaningOfKey(pressed('d', more), settings), {});
});

test('single keys that are switched off do nothing, but F6 still changes the pane', () => {
  assert.deepEqual(meaningOfKey(pressed('a'), { ...settings, singleKeys: false }), {});
  assert.deepEqual(meaningOfKey(pressed('F6', { typing: true }), { ...settings, singleKeys: false }), {
    act: 'pane',
  });
});

test('G then D goes to the desk instead of declining, and only for a moment', () => {
  assert.deepEqual(meaningOfKey(pressed('g'), settings), { go: true });
  assert.deepEqual(meaningOfKey(pressed('d'), { ...settings, goAt: 9_000 }), { act: 'go-desk' });
  assert.deepEqual(meaningOfKey(pressed('o'), { ...settings, goAt: 9_000 }), { act: 'go-office' });
  assert.deepEqual(meaningOfKey(pressed('a'), { ...settings, goAt: 9_000 }), {});
  assert.deepEqual(meaningOfKey(pressed('d'), { ...settings, goAt: 8_000 }), { act: 'decline' });
});

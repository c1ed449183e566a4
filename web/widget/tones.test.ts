import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contrast, contrastLeast, grounds, tonesOf } from './tones.ts';

const anyColour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((value) => `#${value.toString(16).padStart(6, '0')}`);

test('whatever colour a client chooses, every text in the widget can be read in both themes', () => {
  fc.assert(
    fc.property(anyColour, fc.constantFrom('light' as const, 'dark' as const), (accent, theme) => {
      const tones = tonesOf(accent, theme);
      const { raised, sunken, ink } = grounds[theme];
      const pairs: [string, string, string][] = [
        ['accent on the panel', tones.accent, raised],
        ['accent on a received line', tones.accent, sunken],
        ['text on the accent', tones.accentOn, tones.accent],
        ['text on the accent under the pointer', tones.accentOn, tones.accentHover],
        ['link in the customer’s own line', tones.accentInk, tones.accentWash],
        ['text of the customer’s own line', ink, tones.accentWash],
      ];
      for (const [what, text, ground] of pairs)
        assert.ok(contrast(text, ground) >= contrastLeast, `${what} of ${accent}: ${text} on ${ground}`);
    }),
    { numRuns: 500 },
  );
});

test('a colour that can be read already is kept as the client chose it', () => {
  assert.equal(tonesOf('#7a3b12', 'light').accent, '#7a3b12');
  assert.equal(tonesOf('#2450c8', 'light').accent, '#2450c8');
});

test('a pale yellow becomes the nearest yellow that can be read, not black', () => {
  const { accent } = tonesOf('#ffe600', 'light');
  assert.ok(contrast(accent, '#ffffff') < 6.5, accent);
});

test('an accent that is no colour gives Parley’s own blue', () => {
  for (const accent of ['', 'red', '#12345', 'url(https://elsewhere.example)'])
    assert.equal(tonesOf(accent, 'light').accent, '#2450c8');
});

test('contrast is counted as WCAG counts it', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(Math.round(contrast('#777777', '#ffffff') * 100) / 100, 4.48);
});

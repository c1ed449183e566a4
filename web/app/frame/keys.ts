// Single keys act when no field has the focus (WCAG 2.1.4: they can be switched off).

export const keyActs = {
  a: 'accept',
  d: 'decline',
  j: 'next',
  k: 'previous',
  r: 'reply',
  n: 'note',
  p: 'park',
  t: 'transfer',
  b: 'be-ready',
  w: 'wrap-up',
  e: 'end',
  '?': 'keys',
} as const;
const places = { d: 'go-desk', f: 'go-floor', o: 'go-office' } as const;

export type KeyAct = (typeof keyActs)[keyof typeof keyActs] | (typeof places)[keyof typeof places] | 'pane';

interface Pressed {
  key: string;
  ctrl: boolean;
  alt: boolean;
  meta: boolean;
  repeat: boolean;
  /** The focus is where one types. */
  typing: boolean;
  /** A dialog or menu is open: the keys are its own. */
  covered: boolean;
}

/** How long G waits for the letter of a place, in milliseconds. */
export const goWithinMs = 1500;

/**
 * What a pressed key means. `goAt` is when G was pressed last. F6 works where single keys do not: it is no character.
 * Answers the act, and whether G waits for its second letter now.
 */
export function meaningOfKey(
  pressed: Pressed,
  { singleKeys, goAt, now }: { singleKeys: boolean; goAt: number | undefined; now: number },
): { act?: KeyAct; go?: boolean } {
  if (pressed.covered || pressed.repeat) return {};
  if (pressed.key === 'F6' && !pressed.ctrl && !pressed.alt && !pressed.meta) return { act: 'pane' };
  if (!singleKeys || pressed.typing || pressed.ctrl || pressed.alt || pressed.meta) return {};
  const key = pressed.key.toLowerCase();
  if (goAt !== undefined && now - goAt <= goWithinMs) {
    const act = places[key as keyof typeof places];
    return act === undefined ? {} : { act };
  }
  if (key === 'g') return { go: true };
  const act = keyActs[key as keyof typeof keyActs];
  return act === undefined ? {} : { act };
}

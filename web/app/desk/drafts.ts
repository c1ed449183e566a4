// What is being typed, kept in this browser for each person and interaction until it is sent or a week is over.

export interface Drafts {
  reply: string;
  note: string;
  /** The note of the wrap-up and the outcome picked for it. */
  wrapUp: string;
  outcome: string;
  /** When it was last kept, in milliseconds; 0 when nothing is kept. */
  keptAt: number;
}

/** A line that was sent but is not on record yet. */
export interface Unsent {
  key: string;
  text: string;
  audience: 'all' | 'staff';
  at: number;
  /** The server took it; it leaves this list when the live line brings it. */
  sent?: true;
  /** The server's refusal, in words; undefined while it is under way. */
  refused?: string;
}

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export const keptMsMax = 7 * 24 * 60 * 60 * 1000;
export const noDrafts: Drafts = { reply: '', note: '', wrapUp: '', outcome: '', keptAt: 0 };

const draftKey = (personId: string, interactionId: string) => `parley.draft.${personId}.${interactionId}`;
const unsentKey = (personId: string, interactionId: string) => `parley.unsent.${personId}.${interactionId}`;

export function readDrafts(store: Store, personId: string, interactionId: string): Drafts {
  return { ...noDrafts, ...parse<Drafts>(store.getItem(draftKey(personId, interactionId))) };
}

/** Keeps the drafts; removes the entry when nothing is left of them. Answers what is kept now. */
export function keepDrafts(
  store: Store,
  personId: string,
  interactionId: string,
  drafts: Omit<Drafts, 'keptAt'>,
  now: number,
): Drafts {
  const key = draftKey(personId, interactionId);
  const { reply, note, wrapUp, outcome } = drafts;
  if ([reply, note, wrapUp, outcome].every((text) => text === '')) {
    store.removeItem(key);
    return noDrafts;
  }
  const kept = { reply, note, wrapUp, outcome, keptAt: now };
  write(store, key, kept);
  return kept;
}

export function readUnsent(store: Store, personId: string, interactionId: string): Unsent[] {
  return parse<{ lines: Unsent[] }>(store.getItem(unsentKey(personId, interactionId)))?.lines ?? [];
}

export function keepUnsent(
  store: Store,
  personId: string,
  interactionId: string,
  lines: readonly Unsent[],
  now: number,
): void {
  const key = unsentKey(personId, interactionId);
  if (lines.length === 0) store.removeItem(key);
  else write(store, key, { lines, keptAt: now });
}

/** Removes what nobody came back to for a week: drafts hold customers' words. */
export function forgetOld(store: Store, now: number): void {
  const keys = Array.from({ length: store.length }, (_, index) => store.key(index));
  for (const key of keys) {
    if (key === null || !/^parley\.(draft|unsent)\./.test(key)) continue;
    const keptAt = parse<{ keptAt: number }>(store.getItem(key))?.keptAt ?? 0;
    if (now - keptAt > keptMsMax) store.removeItem(key);
  }
}

/** Which lines are still not on record, given the keys that are. */
export function stillUnsent(unsent: readonly Unsent[], recorded: ReadonlySet<string>): readonly Unsent[] {
  const left = unsent.filter(({ key }) => !recorded.has(key));
  return left.length === unsent.length ? unsent : left;
}

function parse<Kept>(text: string | null): Partial<Kept> | undefined {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Partial<Kept>;
  } catch {
    return undefined;
  }
}

function write(store: Store, key: string, value: unknown): void {
  try {
    store.setItem(key, JSON.stringify(value));
  } catch {
    // The browser's store is full or switched off: the text is still on the screen, and the foot does not say "kept".
  }
}

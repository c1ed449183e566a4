import { useCallback, useRef, useState } from 'react';
import { type Drafts, keepDrafts, noDrafts, readDrafts } from './drafts.ts';

export interface Drafting {
  now: Drafts;
  set(change: Partial<Omit<Drafts, 'keptAt'>>): void;
  forget(): void;
}

/** What is being typed about one interaction; kept with every key, so that neither a reload nor a crash takes it. */
export function useDrafts(personId: string, interactionId: string): Drafting {
  const [now, setNow] = useState<Drafts>(() => readDrafts(localStorage, personId, interactionId));
  const latest = useRef(now);
  const set = useCallback(
    (change: Partial<Omit<Drafts, 'keptAt'>>) => {
      const next = { ...latest.current, ...change };
      latest.current = {
        ...next,
        keptAt: keepDrafts(localStorage, personId, interactionId, next, Date.now()).keptAt,
      };
      setNow(latest.current);
    },
    [personId, interactionId],
  );
  const forget = useCallback(() => set({ ...noDrafts }), [set]);
  return { now, set, forget };
}

import { useEffect, useRef } from 'react';
import { usePreferences } from '../preferences.ts';
import { type KeyAct, meaningOfKey } from './keys.ts';

const acts = new Map<KeyAct, Set<() => void>>();

/** Says what a key does while this is shown. */
export function useKeyAct(act: KeyAct, run: () => unknown): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const call = () => void latest.current();
    const set = acts.get(act) ?? new Set();
    acts.set(act, set.add(call));
    return () => {
      set.delete(call);
    };
  }, [act]);
}

/** Listens to the keyboard for the whole page. */
export function useKeys(): void {
  const { singleKeys } = usePreferences();
  const goAt = useRef<number>(undefined);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { act, go } = meaningOfKey(
        {
          key: event.key,
          ctrl: event.ctrlKey,
          alt: event.altKey,
          meta: event.metaKey,
          repeat: event.repeat,
          typing: isTyping(event.target),
          covered: document.querySelector('dialog[open], [role="menu"]') !== null,
        },
        { singleKeys, goAt: goAt.current, now: event.timeStamp },
      );
      goAt.current = go ? event.timeStamp : undefined;
      if (act === undefined) return;
      const runs = acts.get(act);
      if (runs === undefined || runs.size === 0) return;
      event.preventDefault();
      for (const run of runs) run();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [singleKeys]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

import { useSyncExternalStore } from 'react';

// One clock for the page: it steps once a second, on the second, and only while something shows time.
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setTimeout> | undefined;

function step(): void {
  now = Date.now();
  for (const listener of listeners) listener();
  timer = setTimeout(step, 1000 - (now % 1000) + 5);
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = Date.now();
    timer = setTimeout(step, 1000 - (now % 1000) + 5);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearTimeout(timer);
      timer = undefined;
    }
  };
}

/** This browser's time in milliseconds, renewed each second. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => now);
}

import type { LoggedEvent } from './event.ts';

/** A committed event on its way to whoever is awake: sockets, the routing engine, caches. Never told before its commit. */
export interface Committed extends LoggedEvent {
  /** The row after the event, where the writer had it at hand: spares the listener a read. */
  after?: unknown;
  /** True when another node wrote it. */
  remote?: boolean;
}

export type Listener = (events: readonly Committed[]) => void;

/**
 * Tells this node's listeners of each commit at once. What crosses to other nodes is told by `relay`, in batches.
 * Losing a telling is never losing data: whoever listens can read the log again (`onGap`).
 */
export interface Bus {
  tell(events: readonly Committed[]): void;
  listen(listener: Listener): () => void;
  /** Called when tellings of other nodes may have been missed: read again what matters. */
  onGap(again: () => void): () => void;
  gap(): void;
}

export function createBus(onFault: (error: unknown) => void): Bus {
  const listeners = new Set<Listener>();
  const again = new Set<() => void>();
  const guarded = (act: () => void) => {
    // One listener's fault must not keep the commit from the others.
    try {
      act();
    } catch (error) {
      onFault(error);
    }
  };
  return {
    tell(events) {
      if (events.length === 0) return;
      for (const listener of listeners) guarded(() => listener(events));
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onGap(act) {
      again.add(act);
      return () => again.delete(act);
    },
    gap() {
      for (const act of again) guarded(act);
    },
  };
}

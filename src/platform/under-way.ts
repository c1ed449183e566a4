import type { Clock } from './clock.ts';

/** Acts that nobody else waits for, as on a live line: whoever stops must not take the database away in the middle of one. */
export interface UnderWay {
  /** Notes an act until it ends, however it ends. */
  note(act: Promise<unknown>): void;
  /** Waits for all that were noted, at most so long. @returns how many were still under way then */
  over(ms: number): Promise<number>;
}

export function createUnderWay(clock: Clock): UnderWay {
  const acts = new Set<Promise<unknown>>();
  return {
    note(act) {
      const noted: Promise<unknown> = act.then(
        () => acts.delete(noted),
        () => acts.delete(noted),
      );
      acts.add(noted);
    },
    async over(ms) {
      const late = Promise.withResolvers<boolean>();
      const cancel = clock.after(ms, () => late.resolve(true));
      // What ends may have begun another.
      for (let isLate = false; acts.size > 0 && !isLate; )
        isLate = await Promise.race([late.promise, Promise.all(acts).then(() => false)]);
      cancel();
      return acts.size;
    },
  };
}

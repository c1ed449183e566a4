import { setTimeout as wait } from 'node:timers/promises';

/** Something that is to happen at a moment, in milliseconds from the start of its block. */
export interface Intended {
  at: number;
}

/**
 * Lets each happen at its moment, whatever became of the ones before: the schedule never waits for the system (no coordinated
 * omission). Lateness of this very loop counts as the system's, since times are taken from the intended moment.
 *
 * @param act is told what is due and the intended moment on `performance.now()`
 */
export async function openLoop<Due extends Intended>(
  schedule: readonly Due[],
  act: (due: Due, intendedAt: number) => void,
): Promise<void> {
  const startedAt = performance.now();
  for (let next = 0; next < schedule.length; ) {
    const due = schedule[next]!;
    const left = startedAt + due.at - performance.now();
    if (left > 0) {
      await wait(left);
      continue;
    }
    act(due, startedAt + due.at);
    next += 1;
  }
}

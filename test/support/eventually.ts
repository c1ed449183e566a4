import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until something that goes on by itself (a commit, a telling, another process) has come about. The time is real and long:
 * a test that passes does not use it up.
 * @param look answers what was waited for, or undefined or false to look again; what it throws at the last look is thrown.
 */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined | false> | Found | undefined | false,
  patienceMs = 20_000,
): Promise<Found> {
  const end = performance.now() + patienceMs;
  for (;;) {
    let fault: unknown;
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      fault = error;
    }
    if (performance.now() > end) {
      throw new Error(`did not come about within ${patienceMs / 1000} s: ${what}`, { cause: fault });
    }
    await wait(10);
  }
}

// How long to wait before the next attempt. Jitter keeps a thousand pages from coming back in the same instant.

export const backOffFirstMs = 500;
export const backOffMaxMs = 30_000;

/**
 * Milliseconds to wait after `failures` attempts in a row have failed (1 or more): doubling, never over 30 s, and
 * spread over the upper half of that span. `random` gives 0 to 1.
 */
export function backOffMs(failures: number, random: () => number): number {
  const span = Math.min(backOffMaxMs, backOffFirstMs * 2 ** Math.min(failures - 1, 16));
  return Math.round(span / 2 + (span / 2) * random());
}

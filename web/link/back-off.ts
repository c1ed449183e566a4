/** The staff's line comes back sooner than a customer's: somebody waits in front of it. */
export const backOffFirstMs = 400;
export const backOffMaxMs = 10_000;

/**
 * Milliseconds to wait after `failures` attempts in a row have failed (1 or more): doubling to a ceiling, spread over the upper half of
 * that span, so that a floor of desks does not come back in the same instant. `random` gives 0 to 1.
 */
export function backOffMs(failures: number, random: () => number): number {
  const span = Math.min(backOffMaxMs, backOffFirstMs * 2 ** Math.min(failures - 1, 12));
  return Math.round(span / 2 + (span / 2) * random());
}

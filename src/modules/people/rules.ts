export const passwordLengthMin = 12;
export const passwordLengthMax = 200;

/**
 * How guessing is slowed down: failures in a window, per account as tried from one address, per account from all of them, and per
 * address. Whoever guesses at an account shuts it for themselves long before they shut it for its owner elsewhere.
 */
export const guessing = {
  windowMinutes: 15,
  accountFromAddress: { failuresMax: 10, blockMinutes: 15 },
  account: { failuresMax: 100, blockMinutes: 15 },
  address: { failuresMax: 50, blockMinutes: 15 },
} as const;

/** How long a session lasts at most, used or not. */
export const sessionHours = 12;

/** Seconds until sign-in may be tried again, or 0. */
export function blockedFor(throttles: readonly { blocked_until: Date | null }[], now: Date): number {
  const ends = throttles.map((row) => row.blocked_until?.getTime() ?? 0);
  return Math.max(0, Math.ceil((Math.max(0, ...ends) - now.getTime()) / 1000));
}

/** When a counted failure closes the door, until when. */
export function blockAfter(
  failures: number,
  limit: { failuresMax: number; blockMinutes: number },
  now: Date,
): Date | undefined {
  return failures >= limit.failuresMax ? new Date(now.getTime() + limit.blockMinutes * 60_000) : undefined;
}

export type ParkUntil = 'quarter' | 'hour' | 'tomorrow' | 'open';

/** When a parked interaction comes back: tomorrow means 9:00 in the agent's zone. Undefined: at no set time. */
export function parkedUntil(until: ParkUntil, now: Date): Date | undefined {
  if (until === 'open') return undefined;
  if (until === 'tomorrow') return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9);
  return new Date(now.getTime() + (until === 'quarter' ? 15 : 60) * 60_000);
}

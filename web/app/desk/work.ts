import type { InteractionType, WorkItem, WorkSnapshot } from '#src/modules/interactions/contract.ts';
import type { OpeningHours } from '#src/modules/organisation/contract.ts';

// How an agent's work is laid out. What the snapshot holds stays in one order, so that nothing jumps under the hand.

export interface Work {
  offers: WorkItem[];
  handling: WorkItem[];
  wrapping: WorkItem[];
  parked: WorkItem[];
}

const byArrival = (one: WorkItem, other: WorkItem) =>
  one.arrivedAt < other.arrivedAt ? -1 : one.arrivedAt > other.arrivedAt ? 1 : one.id < other.id ? -1 : 1;

export function layOut(snapshot: Pick<WorkSnapshot, 'interactions'> | undefined): Work {
  const all = [...(snapshot?.interactions ?? [])].sort(byArrival);
  return {
    offers: all
      .filter(({ state }) => state === 'offered')
      .sort((one, other) => ((one.offerUntil ?? '') < (other.offerUntil ?? '') ? -1 : 1)),
    handling: all.filter(({ state }) => state === 'handling'),
    wrapping: all.filter(({ state }) => state === 'wrapping'),
    parked: all.filter(({ state }) => state === 'parked'),
  };
}

/** The order in which J and K walk: as the rows stand. */
export function rowsOf(work: Work): WorkItem[] {
  return [...work.handling, ...work.wrapping, ...work.parked];
}

/** The row after (or before) the open one, in a circle; the first when none is open. */
export function neighbour(
  rows: readonly { id: string }[],
  open: string | undefined,
  step: 1 | -1,
): string | undefined {
  if (rows.length === 0) return undefined;
  const at = rows.findIndex(({ id }) => id === open);
  if (at < 0) return rows[step === 1 ? 0 : rows.length - 1]?.id;
  return rows[(at + step + rows.length) % rows.length]?.id;
}

/**
 * Whole seconds that an offer still stands on the server's clock, and the share of its time, 0 to 100. Never under 0, and never more
 * than the offer has: what is known of the server's clock may be a little off.
 */
export function offerLeft(
  offer: Pick<WorkItem, 'offerUntil' | 'stateSince'>,
  nowMs: number,
  clockOffsetMs: number,
): { seconds: number; share: number } {
  if (offer.offerUntil === null) return { seconds: 0, share: 0 };
  const until = Date.parse(offer.offerUntil);
  const whole = Math.max(1, until - Date.parse(offer.stateSince));
  const left = Math.min(whole, until - nowMs - clockOffsetMs);
  const seconds = Math.max(0, Math.ceil(left / 1000));
  return { seconds, share: Math.min(100, Math.round((seconds * 100_000) / whole)) };
}

/** Of what is handled, what gives way when the offer is accepted and comes back after it. */
export function interruptedBy(
  offer: Pick<WorkItem, 'interrupts'>,
  handling: readonly WorkItem[],
): WorkItem[] {
  return handling.filter(({ id }) => offer.interrupts.includes(id));
}

/** Offers that were not there before: these ring. */
export function newOffers(before: readonly string[], offers: readonly WorkItem[]): WorkItem[] {
  return offers.filter(({ id, seq }) => !before.includes(`${id}:${seq}`));
}

/**
 * Offers whose time had run out when the next snapshot was taken: over by the server's clock, and neither still standing nor with the
 * agent in another state.
 */
export function ranOut(
  before: Pick<WorkSnapshot, 'interactions'> | undefined,
  after: Pick<WorkSnapshot, 'interactions' | 'serverTime'>,
): WorkItem[] {
  const now = Date.parse(after.serverTime);
  return layOut(before).offers.filter((offer) => {
    if (offer.offerUntil === null || Date.parse(offer.offerUntil) > now) return false;
    const next = after.interactions.find(({ id }) => id === offer.id);
    return next === undefined || (next.state === 'offered' && next.seq !== offer.seq);
  });
}

/**
 * Why a ready agent with nothing gets nothing: nobody waits; all types of their clients are paused or closed; or what waits is not for
 * them now.
 */
export function whyNothing(
  waiting: number,
  types: readonly Pick<InteractionType, 'active' | 'paused' | 'hoursId'>[],
  hours: readonly Pick<OpeningHours, 'id' | 'open'>[],
  now: number,
): 'all-held' | 'nobody-waits' | 'not-for-you' {
  const inUse = types.filter(({ active }) => active);
  const isHeld = ({ paused, hoursId }: (typeof inUse)[number]) =>
    (paused !== null && (paused.until === null || Date.parse(paused.until) > now)) ||
    hours.some(({ id, open }) => id === hoursId && !open);
  if (inUse.length > 0 && inUse.every(isHeld)) return 'all-held';
  return waiting === 0 ? 'nobody-waits' : 'not-for-you';
}

/** The customer's name as they said it, if they did. */
export function customerName(interaction: { customerName: string | null }): string | undefined {
  const name = interaction.customerName?.trim();
  return name === undefined || name === '' ? undefined : name;
}

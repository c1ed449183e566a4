import type { Context } from '#src/platform/context.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import { calendarOf, type HoursSeen, hoursChanged, hoursIn } from './opening-hours.ts';
import { hoursSeen, writeClosedEarly } from './queries.ts';
import { isClosedEarly, whyNotCloseEarly } from './rules.ts';

export interface ClosingEarly {
  hoursId: string;
  /** False undoes it. */
  closed: boolean;
  reason: string;
  /** What customers are told instead of the calendar's own words; empty: those. */
  messageEn: string;
  messageFr: string;
  clients: readonly string[];
  /** Whether they may close what is common to all clients. */
  forAll: boolean;
  by: string;
}

/**
 * Closes for the rest of today, from this moment on, or opens again what was closed so. New contacts are refused with the message;
 * what waits keeps its place and waits for the opening.
 */
export async function closeEarly(
  ctx: Context,
  { hoursId, closed, reason, messageEn, messageFr, clients, forAll, by }: ClosingEarly,
): Promise<Refused<HoursSeen>> {
  const at = ctx.clock.now();
  const row = await hoursSeen(ctx.db.system, hoursId, clients, at);
  if (row === undefined) return refuse('not-found');
  if (row.client_id === null && !forAll) return refuse('hours-are-common');
  await calendarOf(row, at); // its holidays are at hand before the transaction, which waits for nothing outside
  return transaction<Refused<HoursSeen>>(ctx, async (tx) => {
    const { calendar } = await hoursIn(tx.sql, hoursId, at);
    if (closed) {
      const why = whyNotCloseEarly(calendar, at);
      if (why !== undefined) return refuse(why);
    } else if (!isClosedEarly(calendar, at)) return refuse('not-closed-early');
    await writeClosedEarly(tx.sql, hoursId, closed ? { at, by, reason, messageEn, messageFr } : null);
    await publish(tx, hoursChanged, {
      stream: hoursId,
      clientId: row.client_id,
      at,
      body: { by, changed: { closedEarly: closed ? { messageEn, messageFr } : null }, reason },
    });
    return hoursIn(tx.sql, hoursId, at);
  });
}

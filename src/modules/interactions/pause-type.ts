import type { Context } from '#src/platform/context.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import { whyNotUntil } from './rules.ts';
import { type TypeRow, typeById, typeChanged, writePause } from './types.ts';

export interface Pausing {
  typeId: string;
  reason: string;
  clients: readonly string[];
  by: string;
}

/** One that has run out is none. */
export function isPaused(type: Pick<TypeRow, 'paused_at' | 'paused_until'>, now: Date): boolean {
  return type.paused_at !== null && (type.paused_until === null || type.paused_until > now);
}

/** Holds a type back: what waits keeps its place and is offered to nobody, what is offered or handled goes on. */
export async function pauseType(
  ctx: Context,
  { typeId, reason, until, clients, by }: Pausing & { until?: Date },
): Promise<Refused<TypeRow>> {
  const at = ctx.clock.now();
  const why = whyNotUntil(until, at);
  if (why !== undefined) return refuse(why);
  return transaction<Refused<TypeRow>>(ctx, async (tx) => {
    const row = await typeById(tx.sql, typeId);
    if (row === undefined || !clients.includes(row.client_id)) return refuse('not-found');
    if (isPaused(row, at)) return refuse('type-already-paused');
    if (!(await writePause(tx.sql, row, { at, until: until ?? null, by, reason })))
      return refuse('changed-meanwhile');
    const paused = { until: until?.toISOString() ?? null };
    const body = { by, changed: { paused }, reason };
    await publish(tx, typeChanged, { stream: typeId, clientId: row.client_id, at, body });
    return (await typeById(tx.sql, typeId))!;
  });
}

/** Lets a type go on: what waits is offered again, each in its place. */
export async function resumeType(
  ctx: Context,
  { typeId, reason, clients, by }: Pausing,
): Promise<Refused<TypeRow>> {
  const at = ctx.clock.now();
  return transaction<Refused<TypeRow>>(ctx, async (tx) => {
    const row = await typeById(tx.sql, typeId);
    if (row === undefined || !clients.includes(row.client_id)) return refuse('not-found');
    if (!isPaused(row, at)) return refuse('type-not-paused');
    if (!(await writePause(tx.sql, row, null))) return refuse('changed-meanwhile');
    const body = { by, changed: { paused: null }, reason };
    await publish(tx, typeChanged, { stream: typeId, clientId: row.client_id, at, body });
    return (await typeById(tx.sql, typeId))!;
  });
}

import type { Context } from '#src/platform/context.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import { fulfils } from '#src/standard/fulfils.ts';
import { type Advanced, advance } from './advance.ts';
import type { Acting } from './handle-interaction.ts';
import { outcomeAllowed } from './outcomes.ts';
import { interactionById } from './queries.ts';

fulfils('7.2-b', completeInteraction);

/** Closes the record with what came of it. Without an outcome of the client's list it stays open; the database refuses too. */
export async function completeInteraction(
  ctx: Context,
  { outcomeCode, note, ...by }: Acting & { outcomeCode: string; note?: string },
): Promise<Refused<Advanced>> {
  const row = await interactionById(ctx.db.system, by.interactionId, by.clients);
  if (row === undefined) return refuse('interaction-unknown');
  if (!(await outcomeAllowed(ctx.db.system, outcomeCode, row.client_id))) return refuse('outcome-unknown');
  return advance(ctx, 'complete', {
    ...by,
    at: ctx.clock.now(),
    outcomeCode,
    body: { outcomeCode, ...(note === undefined || note === '' ? {} : { note }) },
  });
}

/** A supervisor closes what waits for nobody: spam, a test, answered elsewhere. The outcome is the reason. */
export async function dismissInteraction(
  ctx: Context,
  {
    interactionId,
    by,
    clients,
    outcomeCode,
  }: { interactionId: string; by: string; clients: readonly string[]; outcomeCode: string },
): Promise<Refused<Advanced>> {
  const row = await interactionById(ctx.db.system, interactionId, clients);
  if (row === undefined) return refuse('interaction-unknown');
  if (!(await outcomeAllowed(ctx.db.system, outcomeCode, row.client_id))) return refuse('outcome-unknown');
  return advance(ctx, 'dismiss', {
    interactionId,
    clients,
    at: ctx.clock.now(),
    outcomeCode,
    body: { by, outcomeCode },
  });
}

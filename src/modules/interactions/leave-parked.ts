import type { Context } from '#src/platform/context.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import { customerLeft } from './events.ts';
import { interactionById, noteCustomerLeft } from './queries.ts';
import type { InteractionRow } from './row.ts';

/**
 * The customer leaves what an agent has parked: the log says so and the agent sees it as unread. The agent ends it when they have a
 * place for it; to the customer it is over now. Saying it twice changes nothing.
 */
export async function leaveParked(
  ctx: Context,
  { interactionId }: { interactionId: string },
): Promise<Refused<InteractionRow>> {
  const at = ctx.clock.now();
  const row = await noteCustomerLeft(ctx.db.system, { interactionId, kind: customerLeft.kind, at });
  if (row === undefined) {
    const now = await interactionById(ctx.db.system, interactionId);
    return now?.state === 'parked' ? now : refuse('act-not-possible-now');
  }
  ctx.bus.tell([
    {
      stream: row.id,
      seq: row.seq,
      kind: customerLeft.kind,
      clientId: row.client_id,
      at,
      body: { agentId: row.agent_id },
      after: row,
    },
  ]);
  return row;
}

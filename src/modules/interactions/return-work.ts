import type { Context } from '#src/platform/context.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { advance } from './advance.ts';
import { agentsWithUnreadParked, dueInteractions, interactionsHeldBy, uninterrupted } from './queries.ts';
import { rulesAtFirst } from './routing-rules.ts';
import type { InteractionRow } from './row.ts';

/** The outcome of a record whose agent was lost in wrap-up: shown as what it is, never as an agent's own word. */
export const notRecorded = 'not-recorded';

/**
 * Takes back what an agent holds who is gone: what was offered or handled returns to its old place in the line, what was in
 * wrap-up is closed as not recorded, what they parked stays theirs, what was interrupted returns like what is handled. Does nothing
 * the second time.
 *
 * @param until what came to the agent after this moment (they are back already) is theirs
 * @param serves the clients they still work for: what is of these stays theirs, and of all others even what is parked returns
 */
export async function returnWork(
  ctx: Context,
  {
    agentId,
    reason,
    until,
    serves,
  }: { agentId: string; reason: string; until: Date; serves?: readonly string[] },
): Promise<number> {
  let returned = 0;
  // What was interrupted first: else the end of what interrupted it would bring it back to somebody who is gone.
  const held = await interactionsHeldBy(ctx.db.system, agentId);
  held.sort((a, b) => Number(b.interrupted_by !== null) - Number(a.interrupted_by !== null));
  for (const row of held) {
    if (row.state_since > until || serves?.includes(row.client_id) === true) continue;
    if (row.state === 'parked' && row.interrupted_by === null && serves === undefined) continue;
    const act = row.state === 'wrapping' ? 'settle' : row.state === 'parked' ? 'release' : 'loseAgent';
    const answer = await advance(ctx, act, {
      interactionId: row.id,
      agentId,
      at: ctx.clock.now(),
      ...(act === 'settle'
        ? { outcomeCode: notRecorded, body: { reason, outcomeCode: notRecorded } }
        : { body: { reason } }),
    });
    if (!isRefusal(answer)) returned++;
  }
  return returned;
}

const dueAtOnceMax = 100;

/** Brings back what was put off until now: promised work to the line, parked work of someone who is away as well. */
export async function bringBackDue(ctx: Context, present: (agentId: string) => boolean): Promise<number> {
  let brought = 0;
  let last: InteractionRow | undefined;
  for (;;) {
    // What is parked by somebody who is there stays due and theirs: it must not stand in the way of what comes after it.
    const due = await dueInteractions(ctx.db.system, ctx.clock.now(), last, dueAtOnceMax);
    for (const row of due) {
      if (row.agent_id !== null && present(row.agent_id)) continue;
      const act = row.state === 'scheduled' ? 'fallDue' : 'release';
      const answer = await advance(ctx, act, {
        interactionId: row.id,
        at: ctx.clock.now(),
        ...(row.agent_id === null ? {} : { agentId: row.agent_id, body: { reason: 'agent-away' } }),
      });
      if (!isRefusal(answer)) brought++;
    }
    last = due.at(-1);
    if (due.length < dueAtOnceMax) return brought;
  }
}

/**
 * Brings back to agents who are there what was interrupted and is not any more. The act that ends an interruption does so itself; this
 * is for two that ended at once, each of which saw the other, and for rules that changed meanwhile.
 */
export async function bringBackInterrupted(
  ctx: Context,
  present: (agentId: string) => boolean,
): Promise<number> {
  let brought = 0;
  for (const row of await uninterrupted(ctx.db.system, rulesAtFirst.channels, dueAtOnceMax)) {
    if (row.agent_id === null || !present(row.agent_id)) continue;
    const answer = await advance(ctx, 'resume', {
      interactionId: row.id,
      agentId: row.agent_id,
      at: ctx.clock.now(),
      comesBack: true,
      body: { why: 'interruption-over', after: row.interrupted_by },
    });
    if (!isRefusal(answer)) brought++;
  }
  return brought;
}

/** What is parked by somebody who is away goes back to the line as soon as its customer writes: nobody would read it. */
export async function bringBackUnread(ctx: Context, present: (agentId: string) => boolean): Promise<number> {
  let brought = 0;
  for (const agentId of await agentsWithUnreadParked(ctx.db.system)) {
    if (present(agentId)) continue;
    for (const row of await interactionsHeldBy(ctx.db.system, agentId)) {
      if (row.state !== 'parked' || !row.unread) continue;
      const at = ctx.clock.now();
      const answer = await advance(ctx, 'release', {
        interactionId: row.id,
        agentId,
        at,
        body: { reason: 'agent-away' },
      });
      if (!isRefusal(answer)) brought++;
    }
  }
  return brought;
}

/** The customer leaves while nobody has answered: nothing waits for them any more. */
export async function abandonInteraction(
  ctx: Context,
  { interactionId, reason }: { interactionId: string; reason: string },
) {
  return advance(ctx, 'abandon', { interactionId, at: ctx.clock.now(), body: { reason } });
}

/** The customer ends the exchange that an agent holds: the agent completes the record. */
export async function endByCustomer(ctx: Context, { interactionId }: { interactionId: string }) {
  return advance(ctx, 'end', { interactionId, at: ctx.clock.now(), body: { by: 'customer' } });
}

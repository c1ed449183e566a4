import type { Context } from '#src/platform/context.ts';
import type { Refused } from '#src/platform/refusal.ts';
import { type Advanced, advance } from './advance.ts';

/** Who acts on an interaction: an agent, and the clients they may see. */
export interface Acting {
  interactionId: string;
  agentId: string;
  clients: readonly string[];
}

/** The agent takes what is offered to them. */
export function acceptInteraction(ctx: Context, by: Acting): Promise<Refused<Advanced>> {
  return advance(ctx, 'accept', { ...by, at: ctx.clock.now() });
}

/** The agent does not take it: it returns to its old place, and others are asked first. */
export function declineInteraction(
  ctx: Context,
  { reason, ...by }: Acting & { reason?: string },
): Promise<Refused<Advanced>> {
  return advance(ctx, 'decline', {
    ...by,
    at: ctx.clock.now(),
    body: reason === undefined ? {} : { reason },
  });
}

/** The exchange is over; the agent completes the record. From parked it takes a slot again, or is refused. */
export function endExchange(ctx: Context, by: Acting): Promise<Refused<Advanced>> {
  return advance(ctx, 'end', { ...by, at: ctx.clock.now(), body: { by: 'agent' } });
}

/** Back from wrap-up into the exchange. */
export function reopenExchange(ctx: Context, by: Acting): Promise<Refused<Advanced>> {
  return advance(ctx, 'reopen', { ...by, at: ctx.clock.now(), body: { by: 'agent' } });
}

/** Set aside for the customer, a third party or a time: it keeps its agent and gives its slot back. */
export function parkInteraction(
  ctx: Context,
  { dueAt, reason, ...by }: Acting & { dueAt?: Date; reason?: string },
): Promise<Refused<Advanced>> {
  const body = {
    ...(dueAt === undefined ? {} : { dueAt: dueAt.toISOString() }),
    ...(reason === undefined ? {} : { reason }),
  };
  return advance(ctx, 'park', { ...by, at: ctx.clock.now(), dueAt: dueAt ?? null, body });
}

/** Takes a parked interaction up again, when there is a slot for it. */
export function resumeInteraction(ctx: Context, by: Acting): Promise<Refused<Advanced>> {
  return advance(ctx, 'resume', { ...by, at: ctx.clock.now() });
}

/** Gives a parked interaction back to the line, at its old place. */
export function releaseInteraction(
  ctx: Context,
  { reason, ...by }: Acting & { reason?: string },
): Promise<Refused<Advanced>> {
  return advance(ctx, 'release', {
    ...by,
    at: ctx.clock.now(),
    body: reason === undefined ? {} : { reason },
  });
}

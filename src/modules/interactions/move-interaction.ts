import type { Context } from '#src/platform/context.ts';
import { isRefusal, type Refused, refuse } from '#src/platform/refusal.ts';
import { fulfils } from '#src/standard/fulfils.ts';
import { type Advanced, advance } from './advance.ts';
import { hasFreeSlot } from './capacity.ts';
import { interactionById } from './queries.ts';
import { whyNotAdvance, whyNotUntil } from './rules.ts';
import { keptMs, namedIn, whyNotGive } from './transfer-interaction.ts';

// What a supervisor does by hand to what waits: always with a reason, always on the record.

export interface Moving {
  interactionId: string;
  /** The supervisor, who sees these clients. */
  by: string;
  clients: readonly string[];
  reason: string;
}

/** Takes an offer back from the agent who has not answered it: it returns to its place, and others are asked first. */
export function pullInteraction(
  ctx: Context,
  { interactionId, by, clients, reason }: Moving,
): Promise<Refused<Advanced>> {
  return advance(ctx, 'pull', { interactionId, clients, at: ctx.clock.now(), body: { by, reason } });
}

// The engine may offer it anew between taking an offer back and the next act; each time somebody else was asked.
const triesMax = 4;

/** Brings what waits or is offered to waiting, then acts; what is offered again meanwhile is taken back again. */
async function fromTheLine(
  ctx: Context,
  moving: Moving,
  act: () => Promise<Refused<Advanced>>,
): Promise<Refused<Advanced>> {
  for (let attempt = 1; ; attempt++) {
    const answer = await act();
    if (!isRefusal(answer) || answer.refused !== 'act-not-possible-now' || attempt >= triesMax) return answer;
    const pulled = await pullInteraction(ctx, moving);
    if (isRefusal(pulled) && pulled.refused !== 'act-not-possible-now') return pulled;
    if (isRefusal(pulled)) return answer;
  }
}

fulfils(['6.3.1-a', '6.3.4-d'], takeInteraction);

/** The supervisor takes it out of the line and handles it: who does not master it may not either (6.3.1). */
export async function takeInteraction(ctx: Context, moving: Moving): Promise<Refused<Advanced>> {
  const { interactionId, by, clients, reason } = moving;
  const at = ctx.clock.now();
  const row = await interactionById(ctx.db.system, interactionId, clients);
  if (row === undefined) return refuse('interaction-unknown');
  const state = row.state === 'offered' ? 'waiting' : row.state;
  const why =
    whyNotAdvance({ ...row, state }, 'take', { at }) ??
    (await whyNotGive(ctx.db.system, row, { agentId: by }, at));
  if (why !== undefined) return refuse(why);
  // Asked before an offer is taken back for nothing; the statement itself asks again.
  if (!(await hasFreeSlot(ctx.db.system, by, row.channel))) return refuse('agent-at-capacity');
  return fromTheLine(ctx, moving, () =>
    advance(ctx, 'take', {
      interactionId,
      clients,
      agentId: by,
      at: ctx.clock.now(),
      body: { reason },
    }),
  );
}

fulfils(['6.3.1-a', '6.3.4-d'], pushInteraction);

/**
 * Gives what waits to a team or an agent: nobody else is asked before `until`. They must master it; they need not be free now.
 *
 * @returns the refusals of the act and of `whyNotGive`, `until-not-in-range`
 */
export async function pushInteraction(
  ctx: Context,
  { to, until, ...moving }: Moving & { to: { teamId: string } | { agentId: string }; until?: Date },
): Promise<Refused<Advanced>> {
  const { interactionId, by, clients, reason } = moving;
  const at = ctx.clock.now();
  const row = await interactionById(ctx.db.system, interactionId, clients);
  if (row === undefined) return refuse('interaction-unknown');
  const state = row.state === 'offered' ? 'waiting' : row.state;
  const why =
    whyNotAdvance({ ...row, state }, 'push', { at }) ??
    whyNotUntil(until, at) ??
    (await whyNotGive(ctx.db.system, row, to, at));
  if (why !== undefined) return refuse(why);
  const end = until ?? new Date(at.getTime() + keptMs);
  return fromTheLine(ctx, moving, () =>
    advance(ctx, 'push', {
      interactionId,
      clients,
      at: ctx.clock.now(),
      to: { ...to, until: end },
      body: { by, reason, ...namedIn(to), until: end.toISOString() },
    }),
  );
}

/** How long it is kept for an agent who is asked first, when nobody says. */
export const preferredSeconds = 120;

fulfils(['6.3.1-a', '6.3.4-d'], preferInteraction);

/**
 * Keeps what waits for an agent first: nobody else is asked for `holdSeconds`, if they are there. They must master it. Whoever
 * declined it may be asked again.
 *
 * @returns the refusals of the act and of `whyNotGive`
 */
export async function preferInteraction(
  ctx: Context,
  { agentId, holdSeconds = preferredSeconds, ...moving }: Moving & { agentId: string; holdSeconds?: number },
): Promise<Refused<Advanced>> {
  const { interactionId, by, clients, reason } = moving;
  const at = ctx.clock.now();
  const row = await interactionById(ctx.db.system, interactionId, clients);
  if (row === undefined) return refuse('interaction-unknown');
  const state = row.state === 'offered' ? 'waiting' : row.state;
  const why =
    whyNotAdvance({ ...row, state }, 'prefer', { at }) ??
    (await whyNotGive(ctx.db.system, row, { agentId }, at));
  if (why !== undefined) return refuse(why);
  const until = new Date(at.getTime() + holdSeconds * 1000);
  return fromTheLine(ctx, moving, () =>
    advance(ctx, 'prefer', {
      interactionId,
      clients,
      at: ctx.clock.now(),
      preferred: { agentId, until, why: 'named' },
      body: { by, reason, toAgentId: agentId, until: until.toISOString(), thenAnybody: true },
    }),
  );
}

/** Moves what waits forward or back in its line: a change of its priority, on the record. Its place among equals stays. */
export async function reorderInteraction(
  ctx: Context,
  { interactionId, by, clients, reason, priority }: Moving & { priority: number },
): Promise<Refused<Advanced>> {
  const row = await interactionById(ctx.db.system, interactionId, clients);
  if (row === undefined) return refuse('interaction-unknown');
  return advance(ctx, 'reorder', {
    interactionId,
    clients,
    at: ctx.clock.now(),
    priority,
    body: { by, reason, priority, from: row.priority },
  });
}

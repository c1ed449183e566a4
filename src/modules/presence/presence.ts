import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { newId } from '#src/platform/ids.ts';
import type { ChosenPresence, Presence, PresenceState } from './contract.ts';
import {
  type Change,
  changePresence,
  heads,
  lapsedHeads,
  type PresenceRow,
  renewLeases,
  setConnected,
} from './queries.ts';

/** An agent's presence moved. The stream is the sign-in session; routing, agent time and evidence read this one stream. */
export const presenceChanged = event(
  'presence.changed',
  z.object({
    agentId: z.uuid(),
    state: z.string(),
    from: z.string(),
    reason: z.string(),
    secondsInState: z.number(),
  }),
);

/** How long the line may be gone before an agent counts as lost and their work returns to its place. */
export const graceSeconds = 30;
export const renewalSeconds = 10;

export function presenceView(row: PresenceRow): Presence {
  return {
    agentId: row.agent_id,
    state: row.state,
    reason: row.reason,
    since: row.since.toISOString(),
    version: row.seq,
  };
}

export function offlineSince(agentId: string, at: Date): Presence {
  return { agentId, state: 'offline', reason: 'signed-out', since: at.toISOString(), version: 0 };
}

/** The agent says what they are doing now; from offline it opens a sign-in session. Choosing the same again changes nothing. */
export function choosePresence(
  ctx: Context,
  agentId: string,
  state: ChosenPresence,
  connected: boolean,
): Promise<PresenceRow> {
  return move(ctx, { agentId, state, reason: 'chosen', connected });
}

/** The agent leaves: offline at once. What they hold is taken back by the reaction to it. */
export function signOffPresence(ctx: Context, agentId: string): Promise<PresenceRow> {
  return move(ctx, { agentId, state: 'offline', reason: 'signed-out' });
}

/**
 * The agent let too many offers pass in a row: nothing is offered to them until they say that they are ready again. Does nothing when
 * they chose something else since.
 */
export function markNotResponding(
  ctx: Context,
  { agentId, missedAt }: { agentId: string; missedAt: Date },
): Promise<PresenceRow> {
  return move(ctx, {
    agentId,
    state: 'not-responding',
    reason: 'offers-missed',
    onlyIfReadySince: missedAt,
  });
}

/** Those whose lease ran out are lost: their line was gone for longer than the grace. */
export async function loseLapsed(ctx: Context): Promise<number> {
  const lapsed = await lapsedHeads(ctx.db.system, ctx.clock.now());
  for (const row of lapsed) {
    await move(ctx, {
      agentId: row.agent_id,
      state: 'offline',
      reason: 'connection-lost',
      onlyIfLapsed: true,
    });
  }
  return lapsed.length;
}

async function move(
  ctx: Context,
  change: {
    agentId: string;
    state: PresenceState;
    reason: string;
    connected?: boolean;
    onlyIfLapsed?: boolean;
    onlyIfReadySince?: Date;
  },
): Promise<PresenceRow> {
  const at = ctx.clock.now();
  const full: Change = {
    connected: false,
    ...change,
    at,
    newSession: newId(at),
    leaseUntil: new Date(at.getTime() + graceSeconds * 1000),
  };
  // Two first sign-ins at once both find no head: the second try finds the first one's.
  const moved = await changePresence(ctx.db.system, full).catch((error) => {
    if (brokenConstraint(error) === 'agent_presence_pkey') return changePresence(ctx.db.system, full);
    throw error;
  });
  if (moved !== undefined) {
    const { body, ...row } = moved;
    ctx.bus.tell([
      {
        stream: row.session_id,
        seq: row.seq,
        kind: presenceChanged.kind,
        clientId: null,
        at,
        body,
        after: row,
      },
    ]);
    return row;
  }
  const [row] = await heads(ctx.db.system, [change.agentId]);
  return (
    row ?? {
      agent_id: change.agentId,
      session_id: full.newSession,
      seq: 0,
      state: 'offline',
      reason: 'signed-out',
      since: at,
      lease_until: null,
      connected: false,
    }
  );
}

/** A hint on the bus that an agent's line came or went; not an event of record (the head says the same). */
export const lineChanged = 'presence.line';

/**
 * Keeps the leases of the agents whose browsers are connected to this node, in one batch. When the last one of an agent
 * goes, the grace begins.
 */
export function createPresenceKeeper(ctx: Context) {
  const lines = new Map<string, number>();

  async function tellLine(agentId: string, connected: boolean): Promise<void> {
    const at = ctx.clock.now();
    const row = await setConnected(
      ctx.db.system,
      agentId,
      connected,
      new Date(at.getTime() + graceSeconds * 1000),
    );
    if (row !== undefined)
      ctx.bus.tell([
        {
          stream: row.session_id,
          seq: row.seq,
          kind: lineChanged,
          clientId: null,
          at,
          body: { agentId, connected },
          after: row,
        },
      ]);
  }

  return {
    /** A browser of this agent connected. Answers what to call when it is gone. */
    async connected(agentId: string): Promise<() => void> {
      const before = lines.get(agentId) ?? 0;
      lines.set(agentId, before + 1);
      let gone = false;
      await tellLine(agentId, true);
      return () => {
        if (gone) return;
        gone = true;
        const left = (lines.get(agentId) ?? 1) - 1;
        if (left > 0) lines.set(agentId, left);
        else {
          lines.delete(agentId);
          tellLine(agentId, false).catch((fault) =>
            ctx.log.warn(
              { err: fault },
              'An agent’s line went and could not be noted; the lease will run out.',
            ),
          );
        }
      };
    },
    isConnected: (agentId: string) => lines.has(agentId),
    async renew(): Promise<void> {
      if (lines.size > 0)
        await renewLeases(
          ctx.db.system,
          [...lines.keys()],
          new Date(ctx.clock.now().getTime() + graceSeconds * 1000),
        );
    },
  };
}

export type PresenceKeeper = ReturnType<typeof createPresenceKeeper>;

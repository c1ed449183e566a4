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

/**
 * Those whose lease ran out are lost: their line was gone for longer than the grace. Asked only of a node that has been renewing
 * all along (`PresenceKeeper.loseLapsed`): where the database was away, everybody's lease has run out.
 */
async function loseLapsed(ctx: Context): Promise<number> {
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
  const noting = new Map<string, Promise<void>>();
  let renewedAt = ctx.clock.monotonic();
  let quietUntil = renewedAt + graceSeconds * 1000;

  // Two nodes may hold lines of one agent: the one whose line went says so, the other sets it right at once.
  ctx.bus.listen((events) => {
    for (const { kind, body, remote } of events) {
      const { agentId, connected } = body as { agentId?: string; connected?: boolean };
      if (kind !== lineChanged || remote !== true || connected !== false) continue;
      if (agentId !== undefined && lines.has(agentId)) void noteLine(agentId).catch(() => {});
    }
  });

  // Of one agent one after the other, and what is true when its turn comes: a line that goes and one that comes right after it are two
  // statements on two connections, and the earlier one must not be written last.
  function noteLine(agentId: string): Promise<void> {
    const note = (noting.get(agentId) ?? Promise.resolve())
      .catch(() => {})
      .then(() => writeLine(agentId, lines.has(agentId)));
    noting.set(agentId, note);
    const done = () => {
      if (noting.get(agentId) === note) noting.delete(agentId);
    };
    note.then(done, done);
    return note;
  }

  async function writeLine(agentId: string, connected: boolean): Promise<void> {
    const at = ctx.clock.now();
    const row = await setConnected(
      ctx.db.system,
      agentId,
      connected,
      new Date(at.getTime() + graceSeconds * 1000),
    );
    if (row !== undefined) tell([row], at);
  }

  function tell(rows: readonly PresenceRow[], at: Date): void {
    if (rows.length === 0) return;
    ctx.bus.tell(
      rows.map((row) => ({
        stream: row.session_id,
        seq: row.seq,
        kind: lineChanged,
        clientId: null,
        at,
        body: { agentId: row.agent_id, connected: row.connected },
        after: row,
      })),
    );
  }

  return {
    /** A browser of this agent connected. Answers what to call when it is gone. */
    async connected(agentId: string): Promise<() => void> {
      const before = lines.get(agentId) ?? 0;
      lines.set(agentId, before + 1);
      let gone = false;
      /** Whether it was the last one. */
      const leave = () => {
        const left = (lines.get(agentId) ?? 1) - 1;
        if (left > 0) lines.set(agentId, left);
        else lines.delete(agentId);
        return left <= 0;
      };
      try {
        await noteLine(agentId);
      } catch (fault) {
        leave(); // it never counted: its browser is sent away and comes again
        throw fault;
      }
      return () => {
        if (gone) return;
        gone = true;
        if (!leave()) return;
        noteLine(agentId).catch((fault) =>
          ctx.log.warn(
            { err: fault },
            'An agent’s line went and could not be noted; the lease will run out.',
          ),
        );
      };
    },
    isConnected: (agentId: string) => lines.has(agentId),
    /**
     * The agent says what they are doing now. Their line may come or go at the same moment: then neither saw the other, and it is noted
     * here.
     */
    async choose(agentId: string, state: ChosenPresence): Promise<PresenceRow> {
      const wasHere = lines.has(agentId);
      const row = await choosePresence(ctx, agentId, state, wasHere);
      const isHere = lines.has(agentId);
      if ((isHere && !row.connected) || (wasHere && !isHere)) await noteLine(agentId);
      return row;
    },
    /** Resolves once all that came or went is noted, so that a stopping node leaves nothing to be found out later. */
    async noted(): Promise<void> {
      while (noting.size > 0) await Promise.allSettled(noting.values());
    },
    /** Asked also when nobody is here: whether the database answers is what losing anybody depends on. */
    async renew(): Promise<void> {
      const asked = ctx.clock.monotonic();
      const at = ctx.clock.now();
      const until = new Date(at.getTime() + graceSeconds * 1000);
      // Who chose on another node is not known to be on the line before this: routing must hear of it.
      tell(await renewLeases(ctx.db.system, [...lines.keys()], until), at);
      // After an outage, or a sleep of this machine, other nodes' agents are given the time to come back that ours have.
      if (asked - renewedAt > 2 * renewalSeconds * 1000) quietUntil = asked + graceSeconds * 1000;
      renewedAt = asked;
    },
    /** Loses those whose lease ran out, once those who are here have been renewed and no outage is just over. */
    async loseLapsed(): Promise<number> {
      if ((await lapsedHeads(ctx.db.system, ctx.clock.now())).length === 0) return 0;
      await this.renew();
      return ctx.clock.monotonic() < quietUntil ? 0 : loseLapsed(ctx);
    },
  };
}

export type PresenceKeeper = ReturnType<typeof createPresenceKeeper>;

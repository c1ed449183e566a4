import type postgres from 'postgres';
import { freesSlot, kindOf } from '#src/modules/interactions/lifecycle.ts';

/** A step of an interaction as the log has it. */
export interface Logged {
  stream: string;
  seq: number;
  kind: string;
  agentId: string | null;
  /** When its transaction was committed, by the database, in milliseconds since 1970. */
  committedAt: number;
}

export interface Offers {
  /** Of each offer, when it was committed, and from when it could have been made, or undefined where the log does not tell. */
  offers: {
    stream: string;
    seq: number;
    agentId: string;
    committedAt: number;
    eligibleAt: number | undefined;
  }[];
  /** What waits at the end although a place is free for it, and since when it is. */
  unserved: { stream: string; eligibleAt: number }[];
  /** Offers to somebody who had no place free. */
  overAssigned: number;
  /** Offers of what was not waiting. */
  doubled: number;
  /** Places taken × milliseconds, from the first step (or the moment that is named) to the last. */
  takenMs: number;
  lastedMs: number;
}

const backInLine: ReadonlySet<string> = new Set([
  kindOf.decline,
  kindOf.expire,
  kindOf.loseAgent,
  kindOf.pull,
  kindOf.transfer,
]);

/**
 * Goes through the log of a centre with one type that every agent may take, and says from when each offer could have been made: from
 * the commit after which it waited and a place was free that nobody before it in line needed. Who came first is served first; a place
 * that becomes free serves the first who has none, a new arrival takes a place that nobody needs.
 *
 * @param logged in the order of the commits
 * @param slots of each agent, all of whom are ready throughout
 */
export function followOffers(
  logged: readonly Logged[],
  slots: ReadonlyMap<string, number>,
  { from = logged[0]?.committedAt ?? 0 }: { from?: number } = {},
): Offers {
  const found: Offers = { offers: [], unserved: [], overAssigned: 0, doubled: 0, takenMs: 0, lastedMs: 0 };
  let free = [...slots.values()].reduce((sum, size) => sum + size, 0);
  /** In line without a place, in order of arrival. */
  const line = new Set<string>();
  const eligible = new Map<string, number>();
  const held = new Map<string, number>();
  let taken = 0;
  let before = from;
  const stands = (stream: string, at: number) => {
    if (free === 0) return void line.add(stream);
    free -= 1;
    eligible.set(stream, at);
  };
  const placeFree = (at: number) => {
    const [first] = line;
    if (first === undefined) {
      free += 1;
      return;
    }
    line.delete(first);
    eligible.set(first, at);
  };
  for (const { stream, seq, kind, agentId, committedAt: at } of logged) {
    if (at > before) {
      found.takenMs += taken * (at - before);
      before = at;
    }
    if (kind === 'interaction.arrived') stands(stream, at);
    else if (kind === kindOf.offer && agentId !== null) {
      if (line.delete(stream)) {
        // It was served before its turn: whoever the place was kept for stands in line again.
        const [kept] = [...eligible.keys()].slice(-1);
        if (kept !== undefined) {
          eligible.delete(kept);
          line.add(kept);
        }
      } else if (!eligible.has(stream)) found.doubled += 1;
      found.offers.push({ stream, seq, agentId, committedAt: at, eligibleAt: eligible.get(stream) });
      eligible.delete(stream);
      const now = (held.get(agentId) ?? 0) + 1;
      held.set(agentId, now);
      taken += 1;
      if (now > (slots.get(agentId) ?? 0)) found.overAssigned += 1;
    } else if (freesSlot(kind) && agentId !== null) {
      held.set(agentId, (held.get(agentId) ?? 0) - 1);
      taken -= 1;
      placeFree(at);
      if (backInLine.has(kind)) stands(stream, at);
    } else if (kind === kindOf.abandon) {
      if (!line.delete(stream) && eligible.delete(stream)) placeFree(at);
    }
  }
  found.lastedMs = before - from;
  found.unserved = [...eligible].map(([stream, eligibleAt]) => ({ stream, eligibleAt }));
  return found;
}

/**
 * The steps of all interactions after a number of the log: as they were committed, which the database must have been told to note
 * (`track_commit_timestamp`), or as they are numbered.
 */
export async function stepsOf(
  sql: postgres.Sql<Record<string, never>>,
  order: 'as committed' | 'as numbered',
): Promise<Logged[]> {
  const committed =
    order === 'as committed'
      ? sql`extract(epoch from pg_xact_commit_timestamp(xid::xid))::float8 * 1000`
      : sql`0::float8`;
  return sql<Logged[]>`
    select stream, seq, kind, body->>'agentId' as "agentId", ${committed} as "committedAt" from event
     where kind like 'interaction.%' and kind <> 'interaction.line' order by "committedAt", id`;
}

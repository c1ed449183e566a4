import { competencyNames } from '#src/modules/competencies/index.ts';
import type { WorkItem, WorkSnapshot } from '#src/modules/interactions/contract.ts';
import {
  type Channel,
  namesIn,
  peopleInWhy,
  slotsOf,
  waitingPerClient,
  workItemView,
  workOf,
} from '#src/modules/interactions/index.ts';
import { teamNames } from '#src/modules/organisation/index.ts';
import { heads, offlineSince, presenceView } from '#src/modules/presence/index.ts';
import type { Context } from '#src/platform/context.ts';
import { type Actor, sees } from '#src/platform/identity/actor.ts';
import type { NamesOf } from '#src/platform/names.ts';
import { peopleSeenBy } from './people-seen.ts';

/** What an agent's desk shows: their presence, all that names them, their slots, and how many wait for their clients. */
export async function workSnapshot(
  ctx: Context,
  actor: Actor,
  names: NamesOf,
  /** What its asker has at hand: how many wait for each client, and what a why asks for in the reader's language. */
  known: {
    waiting?: readonly { client_id: string; waiting: number }[];
    asked?: Promise<Record<string, string>>;
    peopleSeen?: (actor: Actor, ids: readonly string[]) => Promise<ReadonlySet<string>>;
  } = {},
): Promise<WorkSnapshot> {
  const db = ctx.db.system;
  const [rows, slots, presences, waiting, people, asked] = await Promise.all([
    workOf(db, actor.personId),
    slotsOf(db, [actor.personId]),
    heads(db, [actor.personId]),
    known.waiting ?? waitingPerClient(db),
    names.all(),
    known.asked ?? askedNamesIn(ctx, actor.language),
  ]);
  const named = rows.flatMap(({ why }) => peopleInWhy(why));
  const seen = await (known.peopleSeen?.(actor, named) ?? peopleSeenBy(ctx, actor, named));
  const now = ctx.clock.now();
  const capacity: Partial<Record<Channel, { used: number; of: number }>> = {};
  for (const slot of slots)
    if (slot.size > 0 || slot.used > 0) capacity[slot.channel] = { used: slot.used, of: slot.size };
  const interactions: WorkItem[] = rows
    .filter((row) => sees(actor, row.client_id))
    .map((row) => workItemView(row, people, seen));
  // A why speaks of competencies and teams by id; the reader's language has their names.
  for (const item of interactions) item.whyNames = { ...item.whyNames, ...namesIn(item.why, asked) };
  return {
    presence: presences[0] === undefined ? offlineSince(actor.personId, now) : presenceView(presences[0]),
    interactions,
    capacity,
    waiting: waiting
      .filter((row) => actor.clients.includes(row.client_id))
      .reduce((sum, row) => sum + row.waiting, 0),
    serverTime: now.toISOString(),
  };
}

/** Names of competencies and teams by id, in one language. */
export async function askedNamesIn(ctx: Context, language: 'en' | 'fr'): Promise<Record<string, string>> {
  const [competencies, teams] = await Promise.all([competencyNames(ctx.db.system), teamNames(ctx.db.system)]);
  const rows = [...competencies, ...teams];
  return Object.fromEntries(rows.map((row) => [row.id, language === 'fr' ? row.name_fr : row.name_en]));
}

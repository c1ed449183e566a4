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
export async function workSnapshot(ctx: Context, actor: Actor, names: NamesOf): Promise<WorkSnapshot> {
  const db = ctx.db.system;
  const [rows, slots, presences, waiting, people] = await Promise.all([
    workOf(db, actor.personId),
    slotsOf(db, [actor.personId]),
    heads(db, [actor.personId]),
    waitingPerClient(db),
    names.all(),
  ]);
  const seen = await peopleSeenBy(
    ctx,
    actor,
    rows.flatMap(({ why }) => peopleInWhy(why)),
  );
  const now = ctx.clock.now();
  const capacity: Partial<Record<Channel, { used: number; of: number }>> = {};
  for (const slot of slots)
    if (slot.size > 0 || slot.used > 0) capacity[slot.channel] = { used: slot.used, of: slot.size };
  const interactions: WorkItem[] = rows
    .filter((row) => sees(actor, row.client_id))
    .map((row) => workItemView(row, people, seen));
  await nameWhatIsAsked(ctx, interactions, actor.language);
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

/** A why speaks of competencies and teams by id; the reader's language has their names. */
async function nameWhatIsAsked(ctx: Context, items: WorkItem[], language: 'en' | 'fr'): Promise<void> {
  if (items.every(({ why }) => why === null)) return;
  const names = await askedNamesIn(ctx, language);
  for (const item of items) item.whyNames = { ...item.whyNames, ...namesIn(item.why, names) };
}

/** Names of competencies and teams by id, in one language. */
export async function askedNamesIn(ctx: Context, language: 'en' | 'fr'): Promise<Record<string, string>> {
  const [competencies, teams] = await Promise.all([competencyNames(ctx.db.system), teamNames(ctx.db.system)]);
  const rows = [...competencies, ...teams];
  return Object.fromEntries(rows.map((row) => [row.id, language === 'fr' ? row.name_fr : row.name_en]));
}

import { z } from 'zod';
import { personById } from '#src/modules/people/index.ts';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint, type Queryable } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction, type Writing } from '#src/platform/events/publish.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import type { AgentBar } from './contract.ts';
import { typeById } from './types.ts';

// What stands against giving an agent a type, whatever they master. Each bar has a source, which sets and lifts its own and no others: an
// agent is barred from a type as long as any source bars them.

/** On the stream of the agent: routing reads them again at once, and what waits is offered anew. */
export const barsChanged = event(
  'person.bars-changed',
  z.object({
    source: z.string(),
    barred: z.array(z.object({ typeId: z.uuid(), reason: z.string() })),
    lifted: z.array(z.uuid()),
    by: z.uuid().optional(),
    note: z.string().optional(),
  }),
);

/** Set and lifted by a person. */
export const byHand = 'by-hand';
/** How a why names what a person has set: their words are for those who lead, not for the agent's colleagues. */
export const barredByHand = 'barred-by-hand';

export interface Bar {
  typeId: string;
  /** Its name, such as `mandatory-information-unread`: screens have words for it. */
  reason: string;
  note?: string;
}

export interface BarRow {
  agent_id: string;
  type_id: string;
  source: string;
  reason: string;
  note: string | null;
  since: Date;
  set_by: string | null;
}

/**
 * Says from which types a source bars an agent: from these and no others. The second time it changes nothing and says nothing.
 *
 * @param source whose bars they are: what the program knows by a name and, if need be, an id (`knowledge`, `course:ID`)
 * @returns how many began and ended, or the refusals `agent-unknown`, `type-unknown`
 */
export async function setBars(
  ctx: Context,
  { agentId, source, bars, by }: { agentId: string; source: string; bars: readonly Bar[]; by?: string },
): Promise<Refused<{ barred: number; lifted: number }>> {
  return changed(ctx, (tx) =>
    writeBars(tx, { agentId, source, bars, lift: 'others', at: ctx.clock.now(), by }),
  );
}

export interface BarringByHand {
  agentId: string;
  typeId: string;
  /** Whether they are barred from now on, or no longer. */
  barred: boolean;
  reason: string;
  clients: readonly string[];
  by: string;
}

/**
 * A person bars an agent from a type, or lifts what was barred by hand. Bars of other sources stay: they are lifted by what they ask
 * for being done.
 *
 * @returns `agent-unknown`, `type-unknown`
 */
export async function barByHand(
  ctx: Context,
  { agentId, typeId, barred, reason, clients, by }: BarringByHand,
): Promise<Refused<{ barred: number; lifted: number }>> {
  const [person, type] = await Promise.all([
    personById(ctx.db.system, agentId),
    typeById(ctx.db.system, typeId),
  ]);
  if (person === undefined || !person.roles.includes('agent')) return refuse('agent-unknown');
  if (type === undefined || !clients.includes(type.client_id)) return refuse('type-unknown');
  return changed(ctx, (tx) =>
    writeBars(tx, {
      agentId,
      source: byHand,
      bars: barred ? [{ typeId, reason: barredByHand, note: reason }] : [],
      lift: barred ? [] : [typeId],
      at: ctx.clock.now(),
      by,
      note: reason,
    }),
  );
}

async function changed(ctx: Context, act: (tx: Writing) => Promise<{ barred: number; lifted: number }>) {
  return transaction<Refused<{ barred: number; lifted: number }>>(ctx, act).catch((error) => {
    const broken = brokenConstraint(error);
    if (broken === 'agent_bar_agent_id_fkey') return refuse('agent-unknown');
    if (broken === 'agent_bar_type_id_fkey') return refuse('type-unknown');
    throw error;
  });
}

async function writeBars(
  tx: Writing,
  {
    agentId,
    source,
    bars,
    lift,
    at,
    by,
    note,
  }: {
    agentId: string;
    source: string;
    bars: readonly Bar[];
    lift: 'others' | readonly string[];
    at: Date;
    by?: string;
    note?: string;
  },
): Promise<{ barred: number; lifted: number }> {
  const { sql } = tx;
  // Two who set the same bars at once: the second sees what the first did.
  await sql`select pg_advisory_xact_lock(hashtextextended(${agentId}, 0))`;
  const wanted = bars.map(({ typeId }) => typeId);
  const lifted = await sql<{ type_id: string }[]>`
    delete from agent_bar where agent_id = ${agentId} and source = ${source}
       ${lift === 'others' ? sql`and not type_id = any (${wanted}::uuid[])` : sql`and type_id = any (${lift as string[]}::uuid[])`}
    returning type_id`;
  const barred: { typeId: string; reason: string }[] = [];
  for (const bar of bars) {
    const made = await sql`
      insert into agent_bar as b (agent_id, type_id, source, reason, note, since, set_by)
      values (${agentId}, ${bar.typeId}, ${source}, ${bar.reason}, ${bar.note ?? null}, ${at}, ${by ?? null})
      on conflict (agent_id, type_id, source) do update set reason = excluded.reason, note = excluded.note, set_by = excluded.set_by
       where (b.reason, b.note) is distinct from (excluded.reason, excluded.note)
      returning 1`;
    if (made.length > 0) barred.push({ typeId: bar.typeId, reason: bar.reason });
  }
  if (barred.length + lifted.length > 0)
    await publish(tx, barsChanged, {
      stream: agentId,
      clientId: null,
      at,
      body: {
        source,
        barred,
        lifted: lifted.map((row) => row.type_id),
        ...(by === undefined ? {} : { by }),
        ...(note === undefined ? {} : { note }),
      },
    });
  return { barred: barred.length, lifted: lifted.length };
}

/** The bars of these agents (none named: of all), from one type if it is named; the oldest first. */
export async function barsOf(db: Queryable, agents?: readonly string[], typeId?: string): Promise<BarRow[]> {
  return db<BarRow[]>`
    select * from agent_bar
     where (${agents === undefined} or agent_id = any (${(agents ?? []) as string[]}::uuid[]))
       ${typeId === undefined ? db`` : db`and type_id = ${typeId}`}
     order by since, agent_id, type_id, source`;
}

/** An agent's bars with the names of the types, of those clients alone. */
export async function shownBars(
  db: Queryable,
  agentId: string,
  clients: readonly string[],
): Promise<AgentBar[]> {
  const rows = await db<(BarRow & { client_id: string; name_en: string; name_fr: string })[]>`
    select b.*, t.client_id, t.name_en, t.name_fr from agent_bar b join interaction_type t on t.id = b.type_id
     where b.agent_id = ${agentId} and t.client_id = any (${clients as string[]}::uuid[]) order by b.since, b.type_id, b.source`;
  return rows.map((row) => ({
    typeId: row.type_id,
    clientId: row.client_id,
    typeNameEn: row.name_en,
    typeNameFr: row.name_fr,
    source: row.source,
    reason: row.reason,
    note: row.note,
    since: row.since.toISOString(),
    by: row.set_by,
  }));
}

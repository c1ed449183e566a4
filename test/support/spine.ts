import {
  type Act,
  type Advance,
  advance,
  type InteractionRow,
  interactionById,
  type State,
} from '#src/modules/interactions/index.ts';
import type { Context } from '#src/platform/context.ts';
import type { Queryable, Sql } from '#src/platform/db/sql.ts';
import { newId } from '#src/platform/ids.ts';
import { type Centre, done } from './centre.ts';

/** What the record says of one interaction, from all its tables. */
export interface Standing {
  row: InteractionRow;
  kinds: string[];
  seqs: number[];
  slots: { agentId: string; slot: number }[];
}

export async function standing(db: Queryable, id: string): Promise<Standing> {
  const row = (await interactionById(db, id))!;
  const events = await db<
    { seq: number; kind: string }[]
  >`select seq, kind from event where stream = ${id} order by seq`;
  const slots = await db<
    { agentId: string; slot: number }[]
  >`select agent_id as "agentId", slot from assignment where interaction_id = ${id}`;
  return {
    row,
    kinds: events.map(({ kind }) => kind),
    seqs: events.map(({ seq }) => seq),
    slots: slots.map(({ agentId, slot }) => ({ agentId, slot })),
  };
}

/** What each act needs beside the interaction, so that any may be tried anywhere. */
export function fieldsOf(
  act: Act,
  { agentId, at }: { agentId: string; at: Date },
): Omit<Advance, 'interactionId'> {
  const later = new Date(at.getTime() + 20_000);
  return {
    at,
    ...(act === 'offer' ? { agentId, offerUntil: later } : {}),
    ...(act === 'take' ? { agentId } : {}),
    ...(act === 'interrupt' ? { interruptedBy: newId(at) } : {}),
    ...(act === 'schedule' ? { dueAt: later } : {}),
    ...(['dismiss', 'cancel', 'complete', 'settle'].includes(act) ? { outcomeCode: 'solved' } : {}),
  };
}

/** The acts that bring a new interaction to a state. */
const waysTo: Record<State, readonly Act[]> = {
  waiting: [],
  scheduled: ['schedule'],
  offered: ['offer'],
  handling: ['offer', 'accept'],
  parked: ['offer', 'accept', 'park'],
  wrapping: ['offer', 'accept', 'end'],
  closed: ['offer', 'accept', 'end', 'complete'],
  abandoned: ['abandon'],
};

/** A new interaction, brought to a state by the acts of its life. */
export async function interactionIn(
  state: State,
  ctx: Context,
  centre: Centre,
  agentId = centre.agents[0]!.id,
): Promise<InteractionRow> {
  let row = await centre.arrive();
  for (const act of waysTo[state]) {
    const fields = fieldsOf(act, { agentId, at: ctx.clock.now() });
    row = done(await advance(ctx, act, { interactionId: row.id, ...fields })).row;
  }
  return row;
}

/** Whatever contradicts the record's own rules, a sentence each; none is what every test wants to see. */
export async function contradictions(db: Queryable): Promise<string[]> {
  const found = await db<{ what: string }[]>`
    select format('%s has seq %s and its log %s', i.id, i.seq, string_agg(e.seq::text, ',' order by e.seq)) as what
      from interaction i left join event e on e.stream = i.id
     group by i.id having count(e.seq) <> i.seq or max(e.seq) <> i.seq or min(e.seq) <> 1
    union all
    select format('%s is %s and holds %s slot(s)', i.id, i.state, count(a.slot))
      from interaction i left join assignment a on a.interaction_id = i.id
     group by i.id having count(a.slot) <> case when i.state in ('offered', 'handling', 'wrapping') or i.interrupted_by is not null then 1 else 0 end
    union all
    select format('%s names another agent than its slot', i.id)
      from interaction i join assignment a on a.interaction_id = i.id where a.agent_id is distinct from i.agent_id or a.channel <> i.channel
    union all
    select format('%s is %s with agent %s', i.id, i.state, coalesce(i.agent_id::text, 'none'))
      from interaction i where (i.agent_id is not null) <> (i.state in ('offered', 'handling', 'parked', 'wrapping'))
    union all
    select format('%s at %s is a line without words, or words without a line', coalesce(e.stream, m.stream), coalesce(e.seq, m.seq))
      from (select * from event where kind = 'interaction.line') e full join message m on m.stream = e.stream and m.seq = e.seq
     where e.stream is null or m.stream is null
    union all
    select format('key of %s at %s does not lead to a line', k.stream, k.seq)
      from inbound_key k left join message m on m.stream = k.stream and m.seq = k.seq where m.stream is null
    union all
    select format('%s has a decision at %s that is no offer', d.interaction_id, d.seq)
      from decision d left join event e on e.stream = d.interaction_id and e.seq = d.seq and e.kind = 'interaction.offered' where e.stream is null
    union all
    select format('agent %s holds %s on %s and may hold %s', a.agent_id, count(*), a.channel,
                  (select count(*) from capacity_slot s where s.agent_id = a.agent_id and s.channel = a.channel))
      from assignment a group by a.agent_id, a.channel
    having count(*) > (select count(*) from capacity_slot s where s.agent_id = a.agent_id and s.channel = a.channel)`;
  return found.map(({ what }) => what);
}

/**
 * A transaction that has done something and is left open.
 * @returns what ends it, by a commit unless told otherwise.
 */
export async function openTransaction(
  db: Sql,
  act: (tx: Queryable) => PromiseLike<unknown>,
): Promise<(how?: 'commit' | 'undo') => Promise<void>> {
  const { promise: end, resolve } = Promise.withResolvers<'commit' | 'undo'>();
  const { promise: done, resolve: isDone } = Promise.withResolvers<void>();
  const undone = new Error('undone');
  const whole = db
    .begin(async (tx) => {
      await act(tx as Queryable);
      isDone();
      if ((await end) === 'undo') throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  await Promise.race([done, whole]);
  return async (how = 'commit') => {
    resolve(how);
    await whole;
  };
}

/** Holds the row of an interaction, as an act under way would. @returns what lets go of it. */
export function holdRow(ctx: Context, id: string): Promise<() => Promise<void>> {
  return openTransaction(ctx.db.owner, (tx) => tx`select from interaction where id = ${id} for update`);
}

/** How many statements of this database wait for a lock at this moment. */
export async function waitingForLock(db: Queryable): Promise<number> {
  const [row] = await db<{ count: number }[]>`
    select count(*)::integer as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return row!.count;
}

import type { Queryable, Tx } from '#src/platform/db/sql.ts';
import type { Channel, ChannelRules } from './contract.ts';
import { isInterrupted } from './interrupting.ts';
import type { State } from './lifecycle.ts';
import type { InteractionRow } from './row.ts';

/** The row, if the asker may see its client; none given: the program itself asks. */
export async function interactionById(
  db: Queryable,
  id: string,
  clients?: readonly string[],
): Promise<InteractionRow | undefined> {
  const [row] = await db<InteractionRow[]>`
    select * from interaction where id = ${id} and (${clients === undefined} or client_id = any (${clients ?? []}::uuid[]))`;
  return row;
}

export async function keyTaken(
  db: Queryable,
  key: Buffer,
): Promise<{ stream: string; seq: number; at: Date } | undefined> {
  const [row] = await db<
    { stream: string; seq: number; at: Date }[]
  >`select stream, seq, at from inbound_key where key = ${key}`;
  return row;
}

/** Forgets keys of lines that nobody will send again; a batch at a time, so that no transaction stays open for long. */
export async function dropOldKeys(db: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await db`
    delete from inbound_key where key in (select key from inbound_key where at < ${before} order by at limit ${limit}) returning 1`;
  return rows.length;
}

export async function openInteractionOfThread(
  db: Queryable,
  threadId: string,
): Promise<InteractionRow | undefined> {
  const [row] = await db<InteractionRow[]>`
    select * from interaction where thread_id = ${threadId} and state not in ('closed', 'abandoned')`;
  return row;
}

/** All that holds or wants a slot, for the engine's rebuild. */
export async function openInteractions(db: Queryable): Promise<InteractionRow[]> {
  return db<InteractionRow[]>`select * from interaction where state not in ('closed', 'abandoned')`;
}

export async function interactionsHeldBy(db: Queryable, agentId: string): Promise<InteractionRow[]> {
  return db<InteractionRow[]>`select * from interaction where agent_id = ${agentId} order by arrived_at, id`;
}

export async function interactionsByIds(db: Queryable, ids: readonly string[]): Promise<InteractionRow[]> {
  if (ids.length === 0) return [];
  return db<InteractionRow[]>`select * from interaction where id = any (${ids as string[]}::uuid[])`;
}

/** The words of lines that another node wrote, by `stream:seq`. */
export async function messagesAt(db: Queryable, places: readonly { stream: string; seq: number }[]) {
  const found = new Map<
    string,
    {
      author: 'customer' | 'agent' | 'system';
      agentId: string | null;
      audience: 'all' | 'staff';
      text: string;
      key: string;
    }
  >();
  if (places.length === 0) return found;
  const rows = await db<
    {
      stream: string;
      seq: number;
      author: 'customer' | 'agent' | 'system';
      agent_id: string | null;
      audience: 'all' | 'staff';
      text: string;
      key: string;
    }[]
  >`
    select m.* from message m join unnest(${places.map((p) => p.stream)}::uuid[], ${places.map((p) => p.seq)}::integer[]) as w (wanted, place)
        on m.stream = wanted and m.seq = place`;
  for (const row of rows)
    found.set(`${row.stream}:${row.seq}`, {
      author: row.author,
      agentId: row.agent_id,
      audience: row.audience,
      text: row.text,
      key: row.key,
    });
  return found;
}

/** Scheduled and parked work whose time has come, longest due first, after one that was seen already. */
export async function dueInteractions(
  db: Queryable,
  now: Date,
  after: { id: string; due_at: Date | null } | undefined,
  limit: number,
): Promise<InteractionRow[]> {
  return db<InteractionRow[]>`
    select * from interaction where state in ('scheduled', 'parked') and due_at <= ${now}
       ${after === undefined ? db`` : db`and (due_at, id) > (${after.due_at}::timestamptz, ${after.id}::uuid)`}
     order by due_at, id limit ${limit}`;
}

/** Agents who parked something whose customer has written since. */
export async function agentsWithUnreadParked(db: Queryable): Promise<string[]> {
  const rows = await db<{ agent_id: string }[]>`
    select distinct agent_id from interaction where agent_id is not null and state = 'parked' and unread`;
  return rows.map((row) => row.agent_id);
}

/** Notes in row and log that the customer left what is parked; nothing when it is not parked, or when that is the last that is known. */
export async function noteCustomerLeft(
  db: Queryable,
  { interactionId, kind, at }: { interactionId: string; kind: string; at: Date },
): Promise<InteractionRow | undefined> {
  const [row] = await db<InteractionRow[]>`
    with moved as (
      update interaction i set seq = i.seq + 1, unread = true
       where id = ${interactionId} and state = 'parked'
         and not exists (select from event e where e.stream = i.id and e.seq = i.seq and e.kind = ${kind})
      returning i.*),
    logged as (
      insert into event (stream, seq, kind, client_id, at, body)
      select id, seq, ${kind}, client_id, ${at}, jsonb_build_object('agentId', agent_id) from moved)
    select * from moved`;
  return row;
}

/** What waits to come back to its agent and is not interrupted any more, by the channel rules as they are. */
export async function uninterrupted(
  db: Queryable,
  rulesAtFirst: ChannelRules,
  limit: number,
): Promise<InteractionRow[]> {
  return db<InteractionRow[]>`
    with rules as materialized (select coalesce((select channels from routing_rules), ${db.json(rulesAtFirst)}) as channels)
    select i.* from interaction i where i.interrupted_by is not null and not ${db.unsafe(isInterrupted('i'))} order by i.id limit ${limit}`;
}

/** Agents who hold or are offered something, or for whom a slot is kept. */
export async function agentsWithWork(db: Queryable): Promise<string[]> {
  const rows = await db<{ agent_id: string }[]>`
    select distinct agent_id from interaction
     where agent_id is not null and (state in ('offered', 'handling', 'wrapping') or interrupted_by is not null)`;
  return rows.map((row) => row.agent_id);
}

export interface EventRow {
  seq: number;
  kind: string;
  at: Date;
  body: Record<string, unknown>;
  author: 'customer' | 'agent' | 'system' | null;
  agent_id: string | null;
  audience: 'all' | 'staff' | null;
  text: string | null;
  key: string | null;
}

/** What happened in an interaction after a seq, with the words of its lines. */
export async function eventsAfter(
  db: Queryable,
  stream: string,
  after: number,
  limit: number,
): Promise<EventRow[]> {
  return db<EventRow[]>`
    select e.seq, e.kind, e.at, e.body, m.author, m.agent_id, m.audience, m.text, m.key
      from event e left join message m on m.stream = e.stream and m.seq = e.seq
     where e.stream = ${stream} and e.seq > ${after} order by e.seq limit ${limit}`;
}

export interface InteractionDetail extends InteractionRow {
  client_name: string;
  type_name_en: string;
  type_name_fr: string;
  customer_name: string | null;
}

const detail = (db: Queryable) => db`
  i.*, c.name as client_name, t.name_en as type_name_en, t.name_fr as type_name_fr, k.name as customer_name`;

export async function interactionDetail(
  db: Queryable,
  id: string,
  clients: readonly string[],
): Promise<InteractionDetail | undefined> {
  const [row] = await db<InteractionDetail[]>`
    select ${detail(db)} from interaction i join client c on c.id = i.client_id join interaction_type t on t.id = i.type_id
      join customer k on k.id = i.customer_id
     where i.id = ${id} and i.client_id = any (${clients as string[]}::uuid[])`;
  return row;
}

/** A page of interactions, newest first. `before` is the id the last page ended with. */
export async function interactionPage(
  tx: Tx,
  clients: readonly string[],
  {
    state,
    clientId,
    customerId,
    agentId,
    before,
    limit,
  }: {
    state?: readonly string[];
    clientId?: string;
    customerId?: string;
    agentId?: string;
    before?: string;
    limit: number;
  },
): Promise<InteractionDetail[]> {
  const newest = (whose: ReturnType<Tx>) => tx`
    (select * from interaction
      where client_id = any (${clients as string[]}::uuid[])
        ${state === undefined ? tx`` : tx`and state = any (${state as string[]})`}
        ${clientId === undefined ? tx`` : tx`and client_id = ${clientId}`}
        ${customerId === undefined ? tx`` : tx`and customer_id = ${customerId}`}
        ${whose}
        ${before === undefined ? tx`` : tx`and id < ${before}`}
      order by id desc limit ${limit})`;
  // The page is cut before names are looked up for it. What an agent handled and what they hold each come newest first from an index
  // of their own; an "or" would bring all that the agent ever had, to show fifty.
  const page =
    agentId === undefined
      ? newest(tx``)
      : tx`(${newest(tx`and handled_by = ${agentId}`)}
            union all ${newest(tx`and agent_id = ${agentId} and handled_by is distinct from ${agentId}::uuid`)})`;
  return tx<InteractionDetail[]>`
    select ${detail(tx)} from ${page} i
      join client c on c.id = i.client_id join interaction_type t on t.id = i.type_id join customer k on k.id = i.customer_id
     order by i.id desc limit ${limit}`;
}

export interface FloorFilter {
  clientId?: string;
  typeId?: string;
  channel?: string;
  /** What is held by these, or kept for the team. */
  team?: { id: string; members: readonly string[] };
}

const onFloor = (tx: Tx, clients: readonly string[], { clientId, typeId, channel, team }: FloorFilter) => tx`
  i.state not in ('closed', 'abandoned') and i.client_id = any (${clients as string[]}::uuid[])
  ${clientId === undefined ? tx`` : tx`and i.client_id = ${clientId}`}
  ${typeId === undefined ? tx`` : tx`and i.type_id = ${typeId}`}
  ${channel === undefined ? tx`` : tx`and i.channel = ${channel}`}
  ${team === undefined ? tx`` : tx`and (i.to_team_id = ${team.id} or i.agent_id = any (${team.members as string[]}::uuid[]))`}`;

/** Open interactions as a supervisor sees them: by state, and within it in the order that is asked for. */
export async function floorPage(
  tx: Tx,
  clients: readonly string[],
  filter: FloorFilter & { state?: string; sort: 'waiting' | 'breach' | 'priority'; limit: number },
): Promise<(InteractionDetail & { breach_at: Date | null })[]> {
  const breach = tx`i.arrived_at + make_interval(secs => (t.routing ->> 'targetSeconds')::float8)`;
  const first = {
    waiting: tx``,
    breach: tx`${breach} nulls last,`,
    priority: tx`i.priority desc,`,
  }[filter.sort];
  return tx<(InteractionDetail & { breach_at: Date | null })[]>`
    select ${detail(tx)}, case when i.state in ('waiting', 'offered') then ${breach} end as breach_at
      from interaction i join client c on c.id = i.client_id join interaction_type t on t.id = i.type_id
      join customer k on k.id = i.customer_id
     where ${onFloor(tx, clients, filter)} ${filter.state === undefined ? tx`` : tx`and i.state = ${filter.state}`}
     order by array_position(array['waiting', 'offered', 'handling', 'wrapping', 'parked', 'scheduled'], i.state),
              ${first} i.arrived_at, i.id
     limit ${filter.limit}`;
}

/** How many are open in each state. */
export async function floorCounts(
  tx: Tx,
  clients: readonly string[],
  filter: FloorFilter,
): Promise<{ state: InteractionRow['state']; count: number }[]> {
  return tx<{ state: InteractionRow['state']; count: number }[]>`
    select i.state, count(*)::integer as count from interaction i where ${onFloor(tx, clients, filter)} group by i.state`;
}

/** What an agent holds or is offered, offers first, with the decision that brought each and its last line. */
export async function workOf(db: Queryable, agentId: string) {
  return db<
    (InteractionDetail & {
      why: Record<string, unknown> | null;
      interrupts: string[] | null;
      last_author: 'customer' | 'agent' | 'system' | null;
      last_text: string | null;
      last_at: Date | null;
    })[]
  >`
    select ${detail(db)}, d.why,
           case when i.state = 'offered' then (select body->'interrupts' from event e where e.stream = i.id and e.seq = d.seq) end as interrupts,
           l.author as last_author, l.text as last_text, l.at as last_at
      from interaction i join client c on c.id = i.client_id join interaction_type t on t.id = i.type_id join customer k on k.id = i.customer_id
      left join lateral (select why, seq from decision d where d.interaction_id = i.id and d.agent_id = ${agentId} order by seq desc limit 1) d on true
      left join lateral (select author, text, at from message m where m.stream = i.id and m.audience = 'all' order by seq desc limit 1) l on true
     where i.agent_id = ${agentId}
     order by array_position(array['offered', 'handling', 'wrapping', 'parked'], i.state), i.arrived_at, i.id`;
}

/** How many wait for each client: the number beside an agent's work. */
export async function waitingPerClient(db: Queryable): Promise<{ client_id: string; waiting: number }[]> {
  return db<{ client_id: string; waiting: number }[]>`
    select client_id, count(*)::integer as waiting from interaction where state = 'waiting' group by client_id`;
}

/** How many stand before each waiting conversation in the line of its type: what its customer is told. */
export async function waitingPlaces(db: Queryable): Promise<{ thread_id: string; ahead: number }[]> {
  return db<{ thread_id: string; ahead: number }[]>`
    select thread_id, (row_number() over (partition by type_id order by priority desc, arrived_at, id) - 1)::integer as ahead
      from interaction where state = 'waiting'`;
}

export interface ThreadEventRow extends EventRow {
  interaction_id: string;
}

/** What happened in a conversation after a position, over all its interactions in order. */
export async function threadEventsAfter(
  db: Queryable,
  threadId: string,
  after: { interactionId: string; seq: number } | undefined,
  limit: number,
): Promise<ThreadEventRow[]> {
  return db<ThreadEventRow[]>`
    select i.id as interaction_id, e.seq, e.kind, e.at, e.body, m.author, m.agent_id, m.audience, m.text, m.key
      from interaction i join event e on e.stream = i.id left join message m on m.stream = e.stream and m.seq = e.seq
     where i.thread_id = ${threadId} ${after === undefined ? db`` : db`and i.id >= ${after.interactionId} and (i.id, e.seq) > (${after.interactionId}::uuid, ${after.seq}::integer)`}
     order by i.id, e.seq limit ${limit}`;
}

export interface DecisionRow {
  interaction_id: string;
  seq: number;
  agent_id: string;
  epoch: string;
  why: Record<string, unknown>;
  at: Date;
  /** Which decision of which run of the routing journal it is; none for those older than the journal. */
  run_id: string | null;
  position: number | null;
}

const decisionColumns = (db: Queryable) =>
  db`interaction_id, seq, agent_id, epoch, why, at, run_id, position`;

export async function decisionsOf(db: Queryable, interactionId: string): Promise<DecisionRow[]> {
  return db<DecisionRow[]>`
    select ${decisionColumns(db)} from decision where interaction_id = ${interactionId} order by seq`;
}

/** Decisions of a run after so many, in the order in which they were taken. Looks through the whole record: for checks, not for requests. */
export async function* decisionsOfRun(
  db: Queryable,
  runId: string,
  after: number,
): AsyncGenerator<DecisionRow & { interrupts: string[] | null }> {
  // What is decided while this reads is not looked at.
  const [last] = await db<
    { position: number | null }[]
  >`select max(position) as position from decision where run_id = ${runId}`;
  for (let position = after; position < (last!.position ?? 0); ) {
    const rows = await db<(DecisionRow & { interrupts: string[] | null })[]>`
      select d.*, e.body->'interrupts' as interrupts from (
        select ${decisionColumns(db)} from decision where run_id = ${runId} and position > ${position} and position <= ${last!.position}
         order by position limit ${decisionsAtOnce}) d
        left join event e on e.stream = d.interaction_id and e.seq = d.seq order by d.position`;
    yield* rows;
    if (rows.length < decisionsAtOnce) return;
    position = rows.at(-1)!.position!;
  }
}

/** How many decisions are older than the journal. */
export async function decisionsWithoutRun(db: Queryable): Promise<number> {
  const [row] = await db<
    { count: number }[]
  >`select count(*)::integer as count from decision where run_id is null`;
  return row!.count;
}

/** Decisions read at once for a check. */
const decisionsAtOnce = 20_000;
/** A part of what is open, in the order of ids, after one that was seen already. */
export async function openInteractionsAfter(
  db: Queryable,
  after: string | undefined,
  limit: number,
): Promise<InteractionRow[]> {
  return db<InteractionRow[]>`
    select * from interaction where state not in ('closed', 'abandoned')
       ${after === undefined ? db`` : db`and id > ${after}`} order by id limit ${limit}`;
}

export async function openCount(db: Queryable): Promise<number> {
  const [row] = await db<{ open: number }[]>`
    select count(*)::integer as open from interaction where state not in ('closed', 'abandoned')`;
  return row!.open;
}

/** The slots that are taken, and by what. */
export async function slotsTaken(
  db: Queryable,
): Promise<{ agent_id: string; channel: Channel; interaction_id: string; since: Date }[]> {
  return db<{ agent_id: string; channel: Channel; interaction_id: string; since: Date }[]>`
    select agent_id, channel, interaction_id, since from assignment`;
}

/** Where these interactions are, whatever became of them. */
export async function headsOfInteractions(
  db: Queryable,
  ids: readonly string[],
): Promise<{ id: string; seq: number; state: State }[]> {
  if (ids.length === 0) return [];
  return db<{ id: string; seq: number; state: State }[]>`
    select id, seq, state from interaction where id = any (${ids as string[]}::uuid[])`;
}

export interface DecisionAtRow {
  interaction_id: string;
  seq: number;
  agent_id: string;
  epoch: string;
  /** Without the lists of who could and who could not. */
  why: Record<string, unknown>;
  /** When the interaction was moved before. */
  since: Date;
}

/** The decisions of these offers, those that are kept. */
export async function decisionsAt(
  db: Queryable,
  offers: readonly { stream: string; seq: number }[],
): Promise<DecisionAtRow[]> {
  if (offers.length === 0) return [];
  return db<DecisionAtRow[]>`
    select d.interaction_id, d.seq, d.agent_id, d.epoch::text as epoch, d.why - 'eligible' - 'not' as why, coalesce(b.at, d.at) as since
      from unnest(${offers.map((o) => o.stream)}::uuid[], ${offers.map((o) => o.seq)}::integer[]) as w (wanted, place)
      join decision d on d.interaction_id = wanted and d.seq = place
      left join lateral (select at from event e where e.stream = wanted and e.seq < place and e.kind <> 'interaction.line'
                          order by e.seq desc limit 1) b on true`;
}

import type { Queryable } from '#src/platform/db/sql.ts';
import type { Appended, JournalChunk } from './journal.ts';

/** Chunks of the journal read at once. */
const chunksAtOnce = 100;

/**
 * Takes the pool if nobody holds it: the epoch moves, which waits for statements under way and stops every later one of the old owner.
 * While somebody holds it this only looks: a conflict would lock the row, and make the owner's decisions wait for whoever asks.
 */
export async function takeLease(
  db: Queryable,
  pool: string,
  node: string,
  ms: number,
  alone: boolean,
): Promise<string | undefined> {
  const [row] = await db<{ epoch: string }[]>`
    insert into pool_owner as p (pool, epoch, node, lease_until)
    select ${pool}, 1, ${node}, clock_timestamp() + ${ms} * interval '1 ms'
     where ${alone} or not exists (select from pool_owner where pool = ${pool} and lease_until >= clock_timestamp())
    on conflict (pool) do update set epoch = p.epoch + 1, node = excluded.node, lease_until = clock_timestamp() + ${ms} * interval '1 ms'
      where p.lease_until < clock_timestamp() or ${alone}
    returning epoch::text`;
  return row?.epoch;
}

export async function renewLease(
  db: Queryable,
  pool: string,
  epoch: string,
  node: string,
  ms: number,
): Promise<boolean> {
  const rows = await db`
    update pool_owner set lease_until = clock_timestamp() + ${ms} * interval '1 ms'
     where pool = ${pool} and epoch = ${epoch}::bigint and node = ${node} returning pool`;
  return rows.length > 0;
}

export async function releaseLease(db: Queryable, pool: string, epoch: string, node: string): Promise<void> {
  await db`update pool_owner set lease_until = clock_timestamp() where pool = ${pool} and epoch = ${epoch}::bigint and node = ${node}`;
}

export async function ownerOf(
  db: Queryable,
  pool: string,
): Promise<{ node: string; epoch: string; lease_until: Date } | undefined> {
  const [row] = await db<
    { node: string; epoch: string; lease_until: Date }[]
  >`select node, epoch::text, lease_until from pool_owner where pool = ${pool}`;
  return row;
}

/**
 * Appends a chunk of the journal under the owner's epoch. It does not wait for the disk: whatever commits after it has answered carries
 * it along, since the log of the database is written in order. So a decision that follows is never durable without what it was taken upon.
 *
 * A server that crashes may lose chunks that nothing followed: what comes next finds the gap.
 */
export async function appendJournal(
  db: Queryable,
  { pool, node }: { pool: string; node: string },
  chunk: JournalChunk,
): Promise<Appended> {
  const [row] = await db<{ appended: Appended }[]>`
    with quick as materialized (select set_config('synchronous_commit', 'off', true) as how),
    owner as materialized (
      select 1 from pool_owner, quick where pool = ${pool} and epoch = ${chunk.epoch}::bigint and quick.how is not null for key share of pool_owner
    ),
    before as materialized (
      select 1 where ${chunk.n}::integer = 0 or exists (select from routing_journal where run_id = ${chunk.runId}::uuid and n = ${chunk.n - 1}::integer)
    ),
    kept as (
      insert into routing_journal (run_id, n, pool, epoch, node, kind, from_n, at, until, inputs, decided, body)
      select ${chunk.runId}::uuid, ${chunk.n}::integer, ${pool}, ${chunk.epoch}::bigint, ${node}::uuid, ${chunk.kind}, ${chunk.fromN}::integer,
             ${chunk.at}::timestamptz, ${chunk.until}::timestamptz, ${chunk.inputs}::integer, ${chunk.decided}::integer, ${Buffer.from(chunk.body)}::bytea
        from owner, before
      on conflict (run_id, n) do nothing
    )
    select case when not exists (select from owner) then 'owner-changed' when not exists (select from before) then 'gap' else 'kept' end as appended`;
  return row!.appended;
}

/** Runs that the journal can be replayed from, oldest first, each with the chunk to begin with and the decisions before it. */
export async function journalRuns(
  db: Queryable,
  { from, to }: { from?: Date | undefined; to?: Date | undefined },
): Promise<{ runId: string; fromN: number; decided: number }[]> {
  return db<{ runId: string; fromN: number; decided: number }[]>`
    select distinct on (run_id) run_id as "runId", from_n as "fromN", decided from routing_journal b
     where kind in ('begin', 'restart') and (${to ?? null}::timestamptz is null or at <= ${to ?? null})
       and exists (select from routing_journal l where l.run_id = b.run_id and (${from ?? null}::timestamptz is null or l.until >= ${from ?? null}))
       and exists (select from routing_journal f where f.run_id = b.run_id and f.n = b.from_n)
     order by run_id, n`;
}

/** The chunks of a run from one on, in order, a few in memory at a time. */
export async function* journalChunks(
  db: Queryable,
  runId: string,
  fromN: number,
): AsyncGenerator<Omit<JournalChunk, 'epoch'>> {
  for (let n = fromN; ; ) {
    const rows = await db<Omit<JournalChunk, 'epoch'>[]>`
      select run_id as "runId", n, kind, from_n as "fromN", at, until, inputs, decided, body from routing_journal
       where run_id = ${runId} and n >= ${n} order by n limit ${chunksAtOnce}`;
    yield* rows;
    if (rows.length < chunksAtOnce) return;
    n = rows.at(-1)!.n + 1;
  }
}

/**
 * Drops chunks that nobody needs to explain a moment from `before` on: those before the last restart point then, and runs that were
 * over. What a replay would begin with goes last, so that the rest is still found. Only the database's owner may.
 *
 * @returns how many were dropped, at most `max`
 */
export async function dropOldJournal(owner: Queryable, before: Date, max: number): Promise<number> {
  const { count } = await owner`
    with begins as (
      select run_id, max(from_n) as n from routing_journal where kind in ('begin', 'restart') and at < ${before} group by run_id
    ), needed as (
      select b.run_id, case when l.until < ${before} then l.n + 1 else b.n end as from_n
        from begins b cross join lateral (select n, until from routing_journal where run_id = b.run_id order by n desc limit 1) l
    ), old as (
      select j.run_id, j.n from needed k join routing_journal j on j.run_id = k.run_id and j.n < k.from_n
       order by j.run_id, j.kind in ('begin', 'restart'), j.n desc limit ${max}
    )
    delete from routing_journal j using old where j.run_id = old.run_id and j.n = old.n`;
  return count;
}

export interface CheckRow {
  node: string;
  checked_at: Date;
  milliseconds: number;
  whole: boolean;
  open: number;
  agents: number;
  events: number;
}

export async function noteCheck(db: Queryable, pool: string, row: CheckRow): Promise<void> {
  await db`
    insert into routing_check (pool, node, checked_at, milliseconds, whole, open, agents, events)
    values (${pool}, ${row.node}, ${row.checked_at}, ${row.milliseconds}, ${row.whole}, ${row.open}, ${row.agents}, ${row.events})
    on conflict (pool) do update set node = excluded.node, checked_at = excluded.checked_at, milliseconds = excluded.milliseconds,
           whole = excluded.whole, open = excluded.open, agents = excluded.agents, events = excluded.events`;
}

export async function lastCheck(db: Queryable, pool: string): Promise<CheckRow | undefined> {
  const [row] = await db<CheckRow[]>`
    select node, checked_at, milliseconds, whole, open, agents, events from routing_check where pool = ${pool}`;
  return row;
}

export interface ViolationRow {
  invariant: string;
  what: string;
  ids: string[];
  first_at: Date;
  last_at: Date;
}

/** Keeps violations, each once; answers the keys of those that are new. */
export async function keepViolations(
  db: Queryable,
  pool: string,
  found: readonly { key: Buffer; invariant: string; what: string; ids: readonly string[] }[],
  at: Date,
): Promise<Buffer[]> {
  const rows = found.map(({ key, invariant, what, ids }) => ({
    pool,
    key,
    invariant,
    what,
    ids: ids as string[],
    first_at: at,
    last_at: at,
  }));
  if (rows.length === 0) return [];
  const kept = await db<{ key: Buffer; is_new: boolean }[]>`
    insert into routing_violation ${db(rows)}
    on conflict (pool, key) do update set last_at = excluded.last_at
    returning key, xmax = 0 as is_new`;
  return kept.filter((row) => row.is_new).map(({ key }) => key);
}

export async function dropOldViolations(db: Queryable, pool: string, before: Date): Promise<void> {
  await db`delete from routing_violation where pool = ${pool} and last_at < ${before}`;
}

/** How many of each invariant are kept. */
export async function violationCounts(
  db: Queryable,
  pool: string,
): Promise<{ invariant: string; found: number }[]> {
  return db<{ invariant: string; found: number }[]>`
    select invariant, count(*)::integer as found from routing_violation where pool = ${pool} group by invariant`;
}

export async function newestViolations(db: Queryable, pool: string, limit: number): Promise<ViolationRow[]> {
  return db<ViolationRow[]>`
    select invariant, what, ids, first_at, last_at from (
      select *, row_number() over (partition by invariant order by last_at desc, first_at desc) as place
        from routing_violation where pool = ${pool}) v
     where place <= ${limit} order by last_at desc, first_at desc`;
}

/** For the rest of the transaction: no statement takes longer. */
export async function boundStatements(tx: Queryable, ms: number): Promise<void> {
  await tx`select set_config('statement_timeout', ${`${ms}ms`}, true)`;
}

/** Where a replay may begin: the chunk it reads first, and the one after which it knows all that it begins with. */
export interface Beginning {
  runId: string;
  fromN: number;
  n: number;
}

/** The last place before a moment, or before a decision of a run, from which a replay can come to it. */
export async function beginningOf(
  db: Queryable,
  of: { pool: string; at: Date } | { runId: string; position: number },
): Promise<Beginning | undefined> {
  const [row] =
    'at' in of
      ? await db<Beginning[]>`
          select run_id as "runId", from_n as "fromN", n from routing_journal
           where pool = ${of.pool} and kind in ('begin', 'restart') and at <= ${of.at}
           order by epoch desc, at desc, run_id desc, n desc limit 1` // who owned the pool later goes on, whatever the others' clocks said
      : await db<Beginning[]>`
          select run_id as "runId", from_n as "fromN", n from routing_journal
           where run_id = ${of.runId} and kind in ('begin', 'restart') and decided < ${of.position} order by n desc limit 1`;
  return row;
}

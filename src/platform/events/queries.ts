import type { Queryable } from '#src/platform/db/sql.ts';
import type { LoggedEvent } from './event.ts';

/** An event with its place in the log: (xid, id). Both exceed what a double holds exactly, so they stay text. */
export interface PlacedEvent extends LoggedEvent {
  xid: string;
  id: string;
}

interface Row {
  stream: string;
  seq: number;
  kind: string;
  client_id: string | null;
  at: Date;
  body: Record<string, unknown>;
  xid: string;
  id: string;
}

const columns = (db: Queryable) =>
  db`stream, seq, kind, client_id, at, body, xid::text as xid, id::text as id`;
const eventOf = ({ client_id: clientId, ...row }: Row): PlacedEvent => ({ ...row, clientId });

/**
 * The next events after a place, in log order, as far as no open transaction can still write before them: nothing is
 * skipped. (xid, id) is not the order of a stream; see the dispatcher.
 */
export async function eventsPast(
  db: Queryable,
  place: { xid: string; id: string },
  limit: number,
): Promise<PlacedEvent[]> {
  const rows = await db<Row[]>`
    select ${columns(db)} from event
     where xid < pg_snapshot_xmin(pg_current_snapshot()) and (xid, id) > (${place.xid}::xid8, ${place.id}::bigint)
     order by event.xid, event.id limit ${limit}`;
  return rows.map(eventOf);
}

/** Of these streams, what has a smaller seq than the one read but stands past the place in the log: it is committed, and comes first. */
export async function readAhead(
  db: Queryable,
  place: { xid: string; id: string },
  streams: readonly { stream: string; below: number }[],
): Promise<PlacedEvent[]> {
  if (streams.length === 0) return [];
  const rows = await db<Row[]>`
    select ${columns(db)} from event join unnest(${streams.map((s) => s.stream)}::uuid[], ${streams.map((s) => s.below)}::integer[]) as w (wanted, below)
        on stream = wanted and seq < below
     where (xid, id) > (${place.xid}::xid8, ${place.id}::bigint)
     order by stream, seq`;
  return rows.map(eventOf);
}

/** What a stream still has to do after a seq, up to another. */
export async function streamBetween(
  db: Queryable,
  stream: string,
  { after, upTo }: { after: number; upTo: number },
  limit: number,
): Promise<PlacedEvent[]> {
  const rows = await db<Row[]>`
    select ${columns(db)} from event where stream = ${stream} and seq > ${after} and seq <= ${upTo} order by seq limit ${limit}`;
  return rows.map(eventOf);
}

/** What of an event tells who did what, without its words. */
export interface EventMark {
  stream: string;
  seq: number;
  kind: string;
  at: Date;
  agent_id: string | null;
  state: string | null;
  from: string | null;
  xid: string;
  id: string;
}

/** The newest events past a place (none: of the whole log) that no open transaction can still write before, newest first. */
export async function newestEvents(
  db: Queryable,
  place: { xid: string; id: string } | undefined,
  limit: number,
): Promise<EventMark[]> {
  return db<EventMark[]>`
    select stream, seq, kind, at, body ->> 'agentId' as agent_id, body ->> 'state' as state, body ->> 'from' as from,
           xid::text as xid, id::text as id
      from event
     where xid < pg_snapshot_xmin(pg_current_snapshot())
       ${place === undefined ? db`` : db`and (xid, id) > (${place.xid}::xid8, ${place.id}::bigint)`}
     order by event.xid desc, event.id desc limit ${limit}`;
}

/** How many events these streams have from a seq on, and from where to where. */
export async function tailsOf(
  db: Queryable,
  streams: readonly { stream: string; from: number }[],
): Promise<{ stream: string; count: number; min: number; max: number }[]> {
  if (streams.length === 0) return [];
  return db<{ stream: string; count: number; min: number; max: number }[]>`
    select stream, count(*)::integer as count, min(seq) as min, max(seq) as max
      from unnest(${streams.map((s) => s.stream)}::uuid[], ${streams.map((s) => s.from)}::integer[]) as w (wanted, first)
      join event on stream = wanted and seq >= first
     group by stream`;
}

/** The highest seq of a stream up to a place in the log. Lower ones may stand further on: they are committed as well. */
export async function seqReadOf(
  db: Queryable,
  stream: string,
  place: { xid: string; id: string },
): Promise<number> {
  const [row] = await db<{ seq: number }[]>`
    select coalesce(max(seq), 0) as seq from event where stream = ${stream} and (xid, id) <= (${place.xid}::xid8, ${place.id}::bigint)`;
  return row!.seq;
}

export async function eventsAt(
  db: Queryable,
  places: readonly { stream: string; seq: number }[],
): Promise<LoggedEvent[]> {
  if (places.length === 0) return [];
  const rows = await db<Row[]>`
    select ${columns(db)} from event join unnest(${places.map((p) => p.stream)}::uuid[], ${places.map((p) => p.seq)}::integer[])
        with ordinality as w (wanted, place, ord) on stream = wanted and seq = place
     order by ord`;
  return rows.map(({ stream, seq, kind, client_id: clientId, at, body }) => ({
    stream,
    seq,
    kind,
    clientId,
    at,
    body,
  }));
}

export interface Cursor {
  xid: string;
  id: string;
  epoch: string;
}

/** Takes or keeps the lease of a reaction's runner. */
export async function takeCursor(
  db: Queryable,
  reaction: string,
  node: string,
  ms: number,
): Promise<Cursor | undefined> {
  const [row] = await db<Cursor[]>`
    insert into reaction_cursor as c (reaction, node, lease_until, epoch) values (${reaction}, ${node}, clock_timestamp() + ${ms} * interval '1 ms', 1)
    on conflict (reaction) do update set node = excluded.node, lease_until = clock_timestamp() + ${ms} * interval '1 ms',
           epoch = case when c.node = ${node} then c.epoch else c.epoch + 1 end
     where c.node = ${node} or c.node is null or c.lease_until < clock_timestamp()
    returning xid::text, id::text, epoch::text`;
  return row;
}

export async function moveCursor(
  db: Queryable,
  reaction: string,
  epoch: string,
  to: { xid: string; id: string },
): Promise<boolean> {
  const rows = await db`
    update reaction_cursor set xid = ${to.xid}::xid8, id = ${to.id}::bigint where reaction = ${reaction} and epoch = ${epoch}::bigint returning reaction`;
  return rows.length > 0;
}

export async function releaseCursor(db: Queryable, reaction: string, node: string): Promise<void> {
  await db`update reaction_cursor set node = null, lease_until = null where reaction = ${reaction} and node = ${node}`;
}

export interface StreamMark {
  stream: string;
  handled_seq: number;
  parked_at: Date | null;
  parked_seq: number | null;
  attempts: number;
  error: string | null;
  retry_at: Date | null;
}

export async function marksOf(
  db: Queryable,
  reaction: string,
  streams: readonly string[],
): Promise<StreamMark[]> {
  return db<
    StreamMark[]
  >`select * from reaction_stream where reaction = ${reaction} and stream = any (${streams as string[]}::uuid[])`;
}

export async function writeMark(
  db: Queryable,
  reaction: string,
  mark: Omit<StreamMark, 'parked_seq'> & { parked_seq?: number | null },
): Promise<void> {
  await db`
    insert into reaction_stream (reaction, stream, handled_seq, parked_at, parked_seq, attempts, error, retry_at)
    values (${reaction}, ${mark.stream}, ${mark.handled_seq}, ${mark.parked_at}, ${mark.parked_seq ?? null}, ${mark.attempts}, ${mark.error}, ${mark.retry_at})
    on conflict (reaction, stream) do update set handled_seq = excluded.handled_seq, parked_at = excluded.parked_at, parked_seq = excluded.parked_seq,
           attempts = excluded.attempts, error = excluded.error, retry_at = excluded.retry_at`;
}

export async function dropMark(db: Queryable, reaction: string, stream: string): Promise<void> {
  await db`delete from reaction_stream where reaction = ${reaction} and stream = ${stream}`;
}

/** Streams that failed and whose time to try again has come. */
export async function dueMarks(
  db: Queryable,
  reaction: string,
  now: Date,
  limit: number,
): Promise<StreamMark[]> {
  return db<StreamMark[]>`
    select * from reaction_stream where reaction = ${reaction} and retry_at <= ${now} order by retry_at limit ${limit}`;
}

/** Streams read ahead of the cursor that it has passed meanwhile: their mark has done its work. */
export async function dropPassedMarks(
  db: Queryable,
  reaction: string,
  place: { xid: string; id: string },
): Promise<void> {
  await db`
    delete from reaction_stream r where reaction = ${reaction} and attempts = 0 and parked_at is null
       and not exists (select 1 from event e where e.stream = r.stream and e.seq <= r.handled_seq and (e.xid, e.id) > (${place.xid}::xid8, ${place.id}::bigint))`;
}

export interface ParkedRow extends StreamMark {
  reaction: string;
  kind: string | null;
}

export async function parkedStreams(db: Queryable, limit: number): Promise<ParkedRow[]> {
  return db<ParkedRow[]>`
    select r.*, e.kind from reaction_stream r left join event e on e.stream = r.stream and e.seq = r.parked_seq
     where r.attempts > 0 order by r.parked_at nulls last, r.retry_at limit ${limit}`;
}

/** A person says: try again now. */
export async function retryMark(
  db: Queryable,
  reaction: string,
  stream: string,
  now: Date,
): Promise<boolean> {
  return (
    (
      await db`update reaction_stream set retry_at = ${now} where reaction = ${reaction} and stream = ${stream} and attempts > 0 returning stream`
    ).length > 0
  );
}

export interface Lag {
  reaction: string;
  waiting: boolean;
  seconds: number;
}

/** How far each reaction is behind: the age of the oldest event past its cursor. */
export async function lags(db: Queryable, now: Date): Promise<Lag[]> {
  return db<Lag[]>`
    select c.reaction, o.at is not null as waiting, coalesce(greatest(0, extract(epoch from ${now}::timestamptz - o.at)), 0)::float8 as seconds
      from reaction_cursor c
      left join lateral (select at from event e where (e.xid, e.id) > (c.xid, c.id) order by e.xid, e.id limit 1) o on true`;
}

export interface Holder {
  what: string;
  seconds: number;
}

/**
 * The open writing transaction that holds the log back: the one with the oldest xid of the whole server, prepared ones too. Since
 * when it is open is hidden from a role without rights on another's session; then the oldest event that waits behind it tells.
 */
export async function holderOfLog(db: Queryable): Promise<Holder | undefined> {
  const [row] = await db<Holder[]>`
    select what, greatest(0, extract(epoch from clock_timestamp() - coalesce(since, (
             select at from event where event.xid >= pg_snapshot_xmin(pg_current_snapshot()) order by event.xid, event.id limit 1
           ), clock_timestamp())))::float8 as seconds from (
      select format('process %s of %s in database %s (%s)', pid, coalesce(usename, '?'), coalesce(datname, '?'), coalesce(nullif(application_name, ''), 'unnamed')) as what,
             xact_start as since, backend_xid as xid
        from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()
      union all
      select format('prepared transaction %s of %s in database %s', gid, owner, database), prepared, transaction from pg_prepared_xacts) holders
     order by age(xid) desc limit 1`;
  return row;
}

export async function renewNode(db: Queryable, node: string, ms: number): Promise<void> {
  await db`
    insert into node (id, name, started_at, lease_until) values (${node}, ${`process ${process.pid}`}, now(), clock_timestamp() + ${ms} * interval '1 ms')
    on conflict (id) do update set lease_until = excluded.lease_until`;
  await db`delete from node where lease_until < clock_timestamp() - interval '1 hour'`;
}

/** Where no other node can run, what a killed predecessor still holds is free: its place among the nodes and its reactions. */
export async function forgetOtherNodes(db: Queryable, node: string): Promise<void> {
  await db`delete from node where id <> ${node}`;
  await db`update reaction_cursor set node = null, lease_until = null where node <> ${node}`;
}

/** The other running copies of the program. */
export async function otherNodes(db: Queryable, node: string): Promise<string[]> {
  const rows = await db<
    { id: string }[]
  >`select id from node where id <> ${node} and lease_until > clock_timestamp()`;
  return rows.map((row) => row.id);
}

/** True when the log holds transaction ids that this server has not given out: it came from elsewhere and was not mended. */
export async function logIsForeign(db: Queryable): Promise<boolean> {
  const [row] = await db<{ foreign: boolean }[]>`
    select coalesce((select xid from event order by event.xid desc, event.id desc limit 1) >= pg_snapshot_xmax(pg_current_snapshot()), false)
        or coalesce((select max(xid) from reaction_cursor) >= pg_snapshot_xmax(pg_current_snapshot()), false) as foreign`;
  return row!.foreign;
}

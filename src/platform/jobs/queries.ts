import type { Instant } from '../clock.ts';
import type { Queryable } from '../db/sql.ts';

export interface JobRow {
  id: string;
  name: string;
  key: string | null;
  payload: unknown;
  state: 'waiting' | 'running' | 'failed';
  run_at: Date;
  attempts: number;
  attempts_max: number;
  error: string | null;
  node: string | null;
  created_at: Date;
  changed_at: Date;
}

/** A job to be done, or the one that waits under the same key: that takes the newer payload, and the earlier of both times. */
export async function insertJob(
  db: Queryable,
  job: {
    id: string;
    name: string;
    key: string | null;
    payload: string;
    runAt: Instant;
    attemptsMax: number;
    now: Instant;
  },
): Promise<string> {
  const [row] = await db<{ id: string }[]>`
    insert into job (id, name, key, payload, run_at, attempts_max, created_at, changed_at)
    values (${job.id}, ${job.name}, ${job.key}, ${job.payload}::text::jsonb, ${job.runAt}, ${job.attemptsMax}, ${job.now}, ${job.now})
    on conflict (name, key) where state = 'waiting' and key is not null
    do update set payload = excluded.payload, run_at = least(job.run_at, excluded.run_at), changed_at = excluded.changed_at
    returning id`;
  return row!.id;
}

/** The job of a turn, by the first copy of the program that finds the turn has come; one that waits still is turn enough. */
export async function insertTurn(
  db: Queryable,
  job: { id: string; name: string; attemptsMax: number; turn: Instant; now: Instant },
): Promise<void> {
  await db`
    with mine as (
      insert into job_schedule as s (name, turn) values (${job.name}, ${job.turn})
      on conflict (name) do update set turn = excluded.turn where s.turn < excluded.turn
      returning name)
    insert into job (id, name, key, payload, run_at, attempts_max, created_at, changed_at)
    select ${job.id}, name, 'schedule', '{}', ${job.turn}, ${job.attemptsMax}, ${job.now}, ${job.now} from mine
    on conflict (name, key) where state = 'waiting' and key is not null do nothing`;
}

/** Jobs that ended their program as often as they may fail: whoever took them next would be ended too. */
export async function failLost(db: Queryable, now: Instant): Promise<{ id: string; name: string }[]> {
  return db`
    update job set state = 'failed', node = null, lease_until = null, changed_at = ${now},
           error = 'The program that ran it ended or stood still, ' || attempts || ' times.'
     where state = 'running' and lease_until < clock_timestamp() and attempts >= attempts_max
    returning id, name`;
}

/** Takes due jobs, and those of copies of the program that are gone. Of one key only one runs at a time. */
export async function takeJobs(
  db: Queryable,
  take: { node: string; names: readonly string[]; limit: number; leaseMs: number; now: Instant },
): Promise<JobRow[]> {
  return db<JobRow[]>`
    with due as (
      select id from job
       where name = any(${take.names as string[]})
         and (state = 'waiting' and run_at <= ${take.now} or state = 'running' and lease_until < clock_timestamp())
         and (key is null or state = 'running' or not exists (
               select from job r where r.state = 'running' and r.name = job.name and r.key = job.key))
       order by run_at, id limit ${take.limit} for update skip locked)
    update job set state = 'running', node = ${take.node}, attempts = attempts + 1, changed_at = ${take.now},
           lease_until = clock_timestamp() + ${take.leaseMs} * interval '1 ms'
     where id in (select id from due)
    returning *`;
}

/** @returns those that are this node's still */
export async function renewJobs(
  db: Queryable,
  node: string,
  ids: readonly string[],
  leaseMs: number,
): Promise<Set<string>> {
  const rows = await db<{ id: string }[]>`
    update job set lease_until = clock_timestamp() + ${leaseMs} * interval '1 ms'
     where id = any(${ids as string[]}::uuid[]) and node = ${node} and state = 'running' returning id`;
  return new Set(rows.map(({ id }) => id));
}

type Held = { id: string; node: string; attempts: number };

export async function finishJob(db: Queryable, { id, node, attempts }: Held): Promise<boolean> {
  const rows =
    await db`delete from job where id = ${id} and node = ${node} and attempts = ${attempts} and state = 'running' returning id`;
  return rows.length > 0;
}

/** Puts it back to be tried at a time, or for good when there is none. One of its key that waits already stands for both. */
export async function failJob(
  db: Queryable,
  { id, node, attempts }: Held,
  { error, retryAt, now }: { error: string; retryAt: Instant | null; now: Instant },
): Promise<void> {
  const state = retryAt === null ? 'failed' : 'waiting';
  await db`
    with newer as (
      select from job w join job j on j.id = ${id} and w.name = j.name and w.key = j.key where w.state = 'waiting' and ${state} = 'waiting'),
    dropped as (
      delete from job where id = ${id} and node = ${node} and attempts = ${attempts} and exists (select from newer))
    update job set state = ${state}, run_at = coalesce(${retryAt}::timestamptz, run_at), error = ${error}, node = null, lease_until = null, changed_at = ${now}
     where id = ${id} and node = ${node} and attempts = ${attempts} and state = 'running' and not exists (select from newer)`;
}

/** What a copy that stops had not finished is another's at once, and does not count as a failure. */
export async function releaseJobs(
  db: Queryable,
  node: string,
  ids: readonly string[],
  now: Instant,
): Promise<void> {
  await db`
    update job set lease_until = clock_timestamp() - interval '1 ms', attempts = attempts - 1, changed_at = ${now}
     where id = any(${ids as string[]}::uuid[]) and node = ${node} and state = 'running'`;
}

export async function jobsShown(db: Queryable, limit: number): Promise<JobRow[]> {
  return db<JobRow[]>`
    select * from job order by case state when 'failed' then 0 when 'running' then 1 else 2 end, run_at, id limit ${limit}`;
}

export interface JobCount {
  name: string;
  state: string;
  count: number;
  /** Seconds for which the oldest that is due has waited. */
  late: number;
}

export async function jobCounts(db: Queryable, now: Instant): Promise<JobCount[]> {
  return db<JobCount[]>`
    select name, state, count(*)::int as count,
           greatest(0, coalesce(max(extract(epoch from ${now}::timestamptz - run_at)) filter (where state = 'waiting'), 0))::float8 as late
      from job group by name, state order by name, state`;
}

/** At once, and with all its attempts before it. Not what runs, nor what failed while another waits under its key. */
export async function retryJob(db: Queryable, id: string, now: Instant): Promise<boolean> {
  const rows = await db`
    update job set state = 'waiting', attempts = 0, run_at = ${now}, changed_at = ${now}
     where id = ${id} and state <> 'running'
       and not (state = 'failed' and exists (
             select from job w where w.state = 'waiting' and w.name = job.name and w.key = job.key))
    returning id`;
  return rows.length > 0;
}

export async function turnsGiven(db: Queryable): Promise<Map<string, Date>> {
  const rows = await db<{ name: string; turn: Date }[]>`select name, turn from job_schedule`;
  return new Map(rows.map(({ name, turn }) => [name, turn]));
}

export async function jobThere(db: Queryable, id: string): Promise<boolean> {
  return (await db`select from job where id = ${id}`).length > 0;
}

export async function deleteJob(db: Queryable, id: string): Promise<boolean> {
  return (await db`delete from job where id = ${id} returning id`).length > 0;
}

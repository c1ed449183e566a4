import type { Instant } from '../clock.ts';
import { firstIdOf, timeOfId } from '../ids.ts';
import type { Queryable, Sql } from './sql.ts';

/** The append-only tables, each a range of months of the id in its key. */
export const partitionedTables = ['event', 'message', 'decision'] as const;

// Two nodes that start at once make the same partitions: one after the other.
const makingPartitions = 7_265_540;
const lockWaitMs = 2_000;

/** How many periods beyond the current one stand ready. */
export const periodsAhead = 3;

/** The first moment of the month, `months` away from that of `at`, in UTC. */
export function monthStart(at: Instant, months = 0): Instant {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1));
}

export function partitionName(table: string, month: Instant): string {
  return `${table}_${month.getUTCFullYear()}_${String(month.getUTCMonth() + 1).padStart(2, '0')}`;
}

/**
 * Makes the partitions from the month of `from` (default: now) to three months past `now`. History that is imported calls
 * this first with the time of its oldest id. Whoever reads or writes meanwhile is not held up: a table is made on its own and
 * attached when it is complete, which (unlike making it as a partition) locks out neither readers nor writers of the parent.
 *
 * @throws when something else keeps the parent from being changed for two seconds; the next call goes on where this one ended
 */
export async function ensurePartitions(owner: Sql, now: Instant, from: Instant = now): Promise<void> {
  const first = monthStart(from < now ? from : now);
  for (let month = 0; ; month++) {
    const start = monthStart(first, month);
    if (start > monthStart(now, periodsAhead)) return;
    for (const table of partitionedTables) {
      const name = partitionName(table, start);
      if ((await partitionsAmong(owner, [name])).size > 0) continue;
      await owner.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(${makingPartitions})`;
        if ((await partitionsAmong(tx as Queryable, [name])).size > 0) return;
        await tx.unsafe(`set local lock_timeout = '${lockWaitMs}ms'`);
        await tx.unsafe(`create table ${name} (like ${table} including all)`);
        await tx.unsafe(
          `alter table ${table} attach partition ${name}
             for values from ('${firstIdOf(start)}') to ('${firstIdOf(monthStart(start, 1))}')`,
        );
      });
    }
  }
}

async function partitionsAmong(db: Queryable, names: readonly string[]): Promise<Set<string>> {
  const found = await db<{ relname: string }[]>`
    select relname from pg_class where relname = any (${names as string[]}) and relispartition and relnamespace = current_schema()::regnamespace`;
  return new Set(found.map(({ relname }) => relname));
}

/** The partitions that should stand ready at `now` and do not: what /readyz names. */
export async function missingPartitions(db: Queryable, now: Instant): Promise<string[]> {
  const wanted = partitionedTables.flatMap((table) =>
    Array.from({ length: periodsAhead + 1 }, (_, ahead) => partitionName(table, monthStart(now, ahead))),
  );
  const there = await partitionsAmong(db, wanted);
  return wanted.filter((name) => !there.has(name));
}

/** The moment of the earliest id that a database already holds, so that partitions reach back to it. */
export async function earliestIdTime(db: Queryable): Promise<Instant | undefined> {
  const [row] = await db<{ id: string | null }[]>`
    select least((select id from client order by id limit 1), (select id from person order by id limit 1)) as id`;
  return row?.id == null ? undefined : timeOfId(row.id);
}

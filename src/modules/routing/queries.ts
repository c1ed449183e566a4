import type { Queryable } from '#src/platform/db/sql.ts';

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

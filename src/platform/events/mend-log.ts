import type { Sql } from '#src/platform/db/sql.ts';
import { logIsForeign } from './queries.ts';

/**
 * Makes the log of a restored or moved database readable again. Its xids were given out by another server and mean nothing here, so
 * all events get one low xid and are numbered anew in their old order (xid, id), and each cursor becomes the number it had reached.
 * Streams that were read ahead or that wait for a retry keep their marks, which name a seq and no place.
 *
 * A log whose xids this server could have given out is left as it is: what is written from now on comes after it.
 *
 * @param owner the database's owner; no Parley can be running on a log that needs this, since the start refuses it
 * @returns how many events were numbered anew, or undefined when there is nothing to mend
 */
export async function mendLog(owner: Sql): Promise<number | undefined> {
  const mended = await owner.begin(async (tx) => {
    await tx`lock table event, reaction_cursor in exclusive mode`;
    if (!(await logIsForeign(tx))) return undefined;
    await tx`
      create temporary table old_order on commit drop as
      select stream, seq, xid, id, row_number() over (order by xid, id) as rank from event`;
    await tx`analyze old_order`;
    await tx`
      update reaction_cursor c set xid = '1', node = null, lease_until = null,
             id = (select count(*) from old_order o where (o.xid, o.id) <= (c.xid, c.id))`;
    const { count } = await tx`
      update event e set xid = '1', id = o.rank from old_order o where e.stream = o.stream and e.seq = o.seq`;
    await tx`select setval('event_id', greatest(nextval('event_id'), (select coalesce(max(rank), 0) + 1 from old_order)))`;
    return count;
  });
  return mended;
}

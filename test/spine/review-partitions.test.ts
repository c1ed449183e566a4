import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensurePartitions, missingPartitions, monthStart } from '#src/platform/db/partitions.ts';
import { newId } from '#src/platform/ids.ts';
import { testDatabase } from '#test/support/database.ts';
import { openTransaction } from '#test/support/spine.ts';

test('partitions are made while a long reader and a long writer have the log open, and nobody waits for it', async () => {
  await using own = await testDatabase();
  const { db, clock } = own;
  const write = () =>
    db.system`insert into event (stream, seq, kind, at) values (${newId(clock.now())}, 1, 'test.happened', now())`;
  const reader = await openTransaction(db.owner, (tx) => tx`select from event, message, decision`);
  const writer = await openTransaction(
    db.system,
    (tx) =>
      tx`insert into event (stream, seq, kind, at) values (${newId(clock.now())}, 1, 'test.happened', now())`,
  );
  try {
    clock.pass(70 * 86_400_000);
    await ensurePartitions(own.anotherNode().db.owner, clock.now());
    assert.deepEqual(await missingPartitions(db.system, clock.now()), []);
    await write();
  } finally {
    await reader();
    await writer();
  }
});

test('a partition made beside the log is as the log is: its key, its indexes, its defaults, and closed to those who serve', async () => {
  await using own = await testDatabase();
  const { db, clock } = own;
  const past = monthStart(clock.now(), -1);
  await ensurePartitions(db.owner, clock.now(), past);
  const stream = newId(past);
  const insert = () =>
    db.system`insert into event (stream, seq, kind, at) values (${stream}, 1, 'test.happened', now())`;
  await insert();
  await assert.rejects(insert(), /duplicate key/);
  const [row] = await db.owner`select xid, id from event where stream = ${stream}`;
  assert.ok(row?.xid !== null && row?.id !== null);
  const [indexes] = await db.owner<{ attached: number; stray: number }[]>`
    select count(*) filter (where h.inhparent is not null)::integer as attached, count(*) filter (where h.inhparent is null)::integer as stray
      from pg_index i left join pg_inherits h on h.inhrelid = i.indexrelid where i.indrelid = 'event_2026_02'::regclass`;
  assert.deepEqual({ ...indexes }, { attached: 2, stray: 0 });
  await assert.rejects(db.system`select from event_2026_02`, /permission denied/);
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { startProgram } from '#src/app/program.ts';
import type { Context } from '#src/platform/context.ts';
import { openPool, type Queryable, type Sql } from '#src/platform/db/sql.ts';
import { createDispatcher, type Reaction } from '#src/platform/events/dispatcher.ts';
import { mendLog } from '#src/platform/events/mend-log.ts';
import { eventsPast, logIsForeign } from '#src/platform/events/queries.ts';
import { newId } from '#src/platform/ids.ts';
import { UnusableSetting } from '#src/platform/settings.ts';
import { makeCentre } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { ownCluster } from '#test/support/own-cluster.ts';

after(async () => (await ownCluster()).stop());

const run = promisify(execFile);
const command = join(import.meta.dirname, '../../src/app/mend-log.ts');
const program = ({ address, ctx }: TestDatabase) =>
  startProgram({
    address,
    settings: { port: 0 },
    secret: 'a secret of the tests, of no worth elsewhere',
    clock: ctx.clock,
    log: ctx.log,
    alone: true,
  });

function noting(poisoned?: string): Reaction & { seen: string[] } {
  const seen: string[] = [];
  return {
    name: 'note',
    kind: 'test.happened',
    seen,
    async react(_ctx, { stream, seq }) {
      if (stream === poisoned) throw new Error('cannot bear it');
      seen.push(`${stream} ${seq}`);
    },
  };
}

async function append(db: Queryable, stream: string, seq: number): Promise<void> {
  await db`insert into event (stream, seq, kind, at) values (${stream}, ${seq}, 'test.happened', now())`;
}

/** Lets the server give out transaction ids, as a busy year does. */
async function spendXids(db: Sql, count: number): Promise<void> {
  await db.unsafe(
    `do $$ begin for i in 1..${count} loop perform pg_current_xact_id(); commit; end loop; end $$`,
  );
}

/** Takes everything from one database into another, table by table, as a dump and its restore do. */
async function restore(from: TestDatabase, into: TestDatabase): Promise<void> {
  const tables = await from.db.owner<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       and relname <> 'schema_migration'`;
  const reader = openPool(from.address, 'owner', { max: 1 });
  const writer = openPool(into.address, 'owner', { max: 1 });
  try {
    await writer`set session_replication_role = replica`; // foreign keys are looked at by nobody while tables come one by one
    for (const { name } of tables) {
      await writer.unsafe(`delete from ${name}`); // what migrations put there is in what is restored
      await pipeline(
        await reader.unsafe(`copy (select * from ${name}) to stdout`).readable(),
        await writer.unsafe(`copy ${name} from stdin`).writable(),
      );
    }
  } finally {
    await reader.end();
    await writer.end();
  }
}

test('a database restored on another server is refused, mended, and goes on exactly where it stood', async () => {
  await using old = await testDatabase();
  await makeCentre(old.ctx);
  const { db, clock } = old;
  await spendXids(db.owner, 20_000);
  const [steady, poisoned, overtaking] = [newId(clock.now()), newId(clock.now()), newId(clock.now())];
  const before = noting(poisoned);
  const dispatcherOf = (ctx: Context, reaction: Reaction) => createDispatcher(ctx, [reaction], { batch: 1 });
  for (const stream of [steady, poisoned]) await append(db.system, stream, 1);
  await dispatcherOf(old.ctx, before).runOnce();
  // What is not handled yet, in an order of the log that is not the order of its stream.
  await append(db.system, steady, 2);
  await append(db.system, poisoned, 2);
  await db.system.begin(async (tx) => {
    await tx`select pg_current_xact_id()`;
    await append(db.system, overtaking, 1);
    await append(tx as Queryable, overtaking, 2);
  });
  const order = (await eventsPast(db.owner, { xid: '0', id: '0' }, 1_000)).map(
    ({ stream, seq }) => `${stream} ${seq}`,
  );
  assert.equal(await logIsForeign(db.owner), false);

  await using fresh = await testDatabase({ cluster: await ownCluster() });
  await restore(old, fresh);
  assert.equal(await logIsForeign(fresh.db.owner), true);
  await assert.rejects(program(fresh), (error) => {
    assert.ok(error instanceof UnusableSetting);
    assert.match(
      error.message,
      /^This database was restored or moved .* run "node bootstrap\.mjs mend-log" .*\.$/,
    );
    return true;
  });
  // What would come of it: what is written now stands before the cursor, and no reaction ever hears of it.
  const [lost] = await fresh.db.owner<{ lost: boolean }[]>`
    select pg_snapshot_xmax(pg_current_snapshot()) <= max(xid) as lost from reaction_cursor`;
  assert.equal(lost?.lost, true);

  const env = { PATH: process.env.PATH, PARLEY_DATABASE_URL: await fresh.url() };
  const mended = await run(process.execPath, [command], { env });
  assert.equal(
    mended.stdout,
    `The event log is mended: ${order.length} events are numbered anew. Start Parley.\n`,
  );
  assert.equal(mended.stderr, '');
  assert.equal(await logIsForeign(fresh.db.owner), false);
  assert.deepEqual(
    (await eventsPast(fresh.db.owner, { xid: '0', id: '0' }, 1_000)).map(
      ({ stream, seq }) => `${stream} ${seq}`,
    ),
    order,
  );
  const again = await run(process.execPath, [command], { env });
  assert.equal(again.stdout, 'The event log needs no mending; start Parley.\n');

  await append(fresh.db.system, steady, 3);
  const rest = noting();
  clock.pass(60_000);
  fresh.clock.pass(60_000);
  await dispatcherOf(fresh.ctx, rest).runOnce();
  assert.deepEqual(before.seen, [`${steady} 1`]);
  assert.deepEqual(
    rest.seen.filter((one) => one.startsWith(steady)),
    [`${steady} 2`, `${steady} 3`],
  );
  assert.deepEqual(
    rest.seen.filter((one) => one.startsWith(poisoned)),
    [`${poisoned} 1`, `${poisoned} 2`],
  );
  assert.deepEqual(
    rest.seen.filter((one) => one.startsWith(overtaking)),
    [`${overtaking} 1`, `${overtaking} 2`],
  );
  assert.equal(rest.seen.length, 6);

  const running = await program(fresh);
  await running.stop();
});

test('a log that this server wrote is left as it is', async () => {
  await using own = await testDatabase();
  const { db, clock } = own;
  await append(db.system, newId(clock.now()), 1);
  const before = await eventsPast(db.owner, { xid: '0', id: '0' }, 10);
  assert.equal(await mendLog(db.owner), undefined);
  assert.deepEqual(await eventsPast(db.owner, { xid: '0', id: '0' }, 10), before);
});

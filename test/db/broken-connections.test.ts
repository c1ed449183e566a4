import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { chance } from '#bench/harness/chance.ts';
import { isConnectionFault, openPool, type Queryable } from '#src/platform/db/sql.ts';
import { testCluster } from '#test/support/cluster.ts';
import { databaseUrlOf } from '#test/support/database-url.ts';

// A database server that dies, a network that breaks: postgres.js 3.4.9 by itself does not survive it (see src/platform/db/driver.ts).

const answeredWithinMs = 5_000;

test('a pool whose connections break under load, again and again, serves again at once and mixes up nothing', async () => {
  const cluster = await testCluster();
  await using way = await databaseUrlOf(cluster, cluster.database);
  const drawn = chance(7);
  const sql = openPool({ url: way.url }, 'owner', { max: 6 });
  await sql`create table if not exists broken_work (id integer primary key, part integer not null)`;
  await sql`truncate broken_work`;
  const faults: unknown[] = [];
  const uncaught = (fault: unknown) => faults.push(fault);
  process.on('uncaughtException', uncaught);
  const committed: number[] = [];
  const torn = new Set<number>();
  const over = new AbortController();
  let next = 1;
  const transact = async (id: number) => {
    try {
      await sql.begin(async (tx) => {
        await tx`insert into broken_work values (${id}, 1)`;
        await wait(drawn.between(0, 3));
        await tx`update broken_work set part = 2 where id = ${id}`;
      });
      committed.push(id);
    } catch (fault) {
      if (!isConnectionFault(fault)) faults.push(fault);
      torn.add(id);
    }
  };
  const read = async (db: Queryable, nth: number) => {
    try {
      const [row] = await db<{ answer: number }[]>`select ${nth}::integer as answer`;
      assert.equal(row?.answer, nth);
    } catch (fault) {
      if (!isConnectionFault(fault)) faults.push(fault);
    }
  };
  const users = Array.from({ length: 12 }, async (_, index) => {
    while (!over.signal.aborted) {
      if (index % 2 === 0) await transact(next++);
      else await read(sql, next++);
      await wait(drawn.between(0, 2));
    }
  });
  try {
    for (let cut = 0; cut < 40; cut += 1) {
      await wait(drawn.between(20, 60));
      way.cut();
    }
    over.abort();
    const late = wait(answeredWithinMs, 'late' as const, { ref: false });
    assert.notEqual(
      await Promise.race([Promise.all(users), late]),
      'late',
      'somebody waits for an answer that never comes',
    );
    // Each connection of the pool is used at once, so that a broken one shows.
    const answers = Promise.all(
      Array.from({ length: 6 }, (_, nth) => sql`select ${nth}::integer, pg_sleep(0.05)`),
    );
    assert.notEqual(
      await Promise.race([answers, wait(answeredWithinMs, 'late' as const, { ref: false })]),
      'late',
    );
    assert.deepEqual(faults, []);
    const rows = await sql<{ id: number; part: number }[]>`select id, part from broken_work`;
    const parts = new Map(rows.map(({ id, part }) => [id, part]));
    assert.ok(committed.length > 0 && torn.size > 0, 'some transactions were whole and some were torn');
    assert.deepEqual(
      committed.filter((id) => parts.get(id) !== 2),
      [],
      'a committed transaction is there, whole',
    );
    assert.deepEqual(
      rows.filter(({ part }) => part !== 2),
      [],
      'no half of a torn transaction was committed by another',
    );
  } finally {
    over.abort();
    process.off('uncaughtException', uncaught);
    await sql.end({ timeout: 1 });
  }
});

test('a network that drops everything without a word is noticed, and whoever waits is told that the database is away', async () => {
  const cluster = await testCluster();
  await using way = await databaseUrlOf(cluster, cluster.database);
  const silenceMs = 400;
  const sql = openPool({ url: way.url }, 'owner', { max: 2, silenceMs });
  try {
    await Promise.all([sql`select pg_sleep(0.1)`, sql`select 1`]);
    await wait(3 * silenceMs);
    assert.equal(
      (await sql`select 1 as answer`)[0]?.answer,
      1,
      'a connection that nobody uses is left alone',
    );
    const slow = sql`select pg_sleep(0.2)`;
    assert.equal((await slow).length, 1);
    way.stall();
    const told = (asked: PromiseLike<unknown>) =>
      Promise.race([
        asked.then(
          () => 'answered',
          (fault: unknown) => isConnectionFault(fault),
        ),
        wait(answeredWithinMs, 'waits', { ref: false }),
      ]);
    const waiting = [sql`select 1`, sql`select 2`, sql`select 3`, sql.begin((tx) => tx`select 4`)].map(told);
    assert.deepEqual(await Promise.all(waiting), [true, true, true, true]);
  } finally {
    await sql.end({ timeout: 1 });
  }
});

test('a server that takes a connection and closes it at once is told as one that is away, not waited for without end', async () => {
  const server = createServer((socket) => socket.on('data', () => socket.end()).on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sql = openPool(
    { url: `postgres://parley@127.0.0.1:${(server.address() as AddressInfo).port}/parley` },
    'owner',
  );
  try {
    for (let asked = 0; asked < 3; asked += 1) {
      const answer = sql`select 1`.then(
        () => 'answered',
        (fault: unknown) => isConnectionFault(fault),
      );
      assert.equal(await Promise.race([answer, wait(answeredWithinMs, 'waits', { ref: false })]), true);
    }
  } finally {
    await sql.end({ timeout: 1 });
    server.close();
  }
});

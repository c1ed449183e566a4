import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProgram } from '#src/app/program.ts';
import {
  ensurePartitions,
  missingPartitions,
  monthStart,
  partitionedTables,
} from '#src/platform/db/partitions.ts';
import { newId } from '#src/platform/ids.ts';
import { makeCentre } from '#test/support/centre.ts';
import { testDatabase, testStart } from '#test/support/database.ts';

const partitionsOf = async (own: Awaited<ReturnType<typeof testDatabase>>, table: string) =>
  (
    await own.db.owner<{ name: string }[]>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = ${table}::regclass order by 1`
  ).map(({ name }) => name);

test('partitions stand ready for this month and the three to come, and nothing lies outside its own', async () => {
  await using own = await testDatabase();
  for (const table of partitionedTables)
    assert.deepEqual(
      await partitionsOf(own, table),
      ['2026_03', '2026_04', '2026_05', '2026_06'].map((month) => `${table}_${month}`),
    );
  assert.deepEqual(await missingPartitions(own.db.system, own.clock.now()), []);
  // The last moment of a month and the first of the next lie on either side of the border.
  const border = monthStart(testStart, 1);
  for (const at of [new Date(border.getTime() - 1), border])
    await own.db
      .system`insert into event (stream, seq, kind, at) values (${newId(at)}, 1, 'test.happened', now())`;
  const rows = await own.db.owner<
    { name: string }[]
  >`select tableoid::regclass::text as name from event where kind = 'test.happened' order by 1`;
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['event_2026_03', 'event_2026_04'],
  );
});

test('months later the partitions to come are named as missing, and made once they are looked for', async () => {
  await using own = await testDatabase();
  own.clock.pass(70 * 86_400_000);
  const missing = ['event', 'message', 'decision'].flatMap((table) => [
    `${table}_2026_07`,
    `${table}_2026_08`,
  ]);
  assert.deepEqual(await missingPartitions(own.db.system, own.clock.now()), missing);
  await Promise.all([
    ensurePartitions(own.db.owner, own.clock.now()),
    ensurePartitions(own.anotherNode().db.owner, own.clock.now()),
  ]);
  assert.deepEqual(await missingPartitions(own.db.system, own.clock.now()), []);
});

test('history is given its partitions first, and without one an event is refused by name, with all that belongs to it', async () => {
  await using own = await testDatabase();
  const { ctx, db, clock } = own;
  const past = monthStart(clock.now(), -13);
  const stream = newId(past);
  const write = () =>
    db.system`insert into event (stream, seq, kind, at) values (${stream}, 1, 'test.happened', now())`;
  await assert.rejects(write(), /no partition of relation "event" found for row/);
  await ensurePartitions(db.owner, clock.now(), past);
  await write();
  assert.equal((await partitionsOf(own, 'event')).length, 13 + 4);

  const centre = await makeCentre(ctx);
  clock.pass(200 * 86_400_000);
  await assert.rejects(centre.arrive(), /no partition of relation "(event|message)" found for row/);
  assert.equal((await db.owner`select from interaction`).length, 0);
  assert.equal((await db.owner`select from inbound_key`).length, 0);
});

test('a program whose partitions are missing says so where its readiness is asked for, and makes them when it starts', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const start = () =>
    startProgram({
      address: own.address,
      settings: { port: 0 },
      secret: ctx.secret,
      clock: ctx.clock,
      log: ctx.log,
      alone: true,
    });
  let program = await start();
  const ready = async () => {
    const answer = await fetch(`http://127.0.0.1:${program.port}/readyz`);
    return { status: answer.status, words: await answer.text() };
  };
  try {
    assert.equal((await ready()).status, 200);
    await own.db.owner`drop table message_2026_06, event_2026_05`;
    const { status, words } = await ready();
    assert.equal(status, 503);
    assert.match(words, /Partitions are missing: event_2026_05, message_2026_06\./);
  } finally {
    await program.stop();
  }
  program = await start();
  try {
    assert.equal((await ready()).status, 200);
  } finally {
    await program.stop();
  }
});

test('a start makes partitions back to the oldest that the database holds', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  await makeCentre(ctx);
  own.clock.pass(150 * 86_400_000);
  const program = await startProgram({
    address: own.address,
    settings: { port: 0 },
    secret: ctx.secret,
    clock: ctx.clock,
    log: ctx.log,
    alone: true,
  });
  await program.stop();
  assert.deepEqual(
    await partitionsOf(own, 'decision'),
    ['03', '04', '05', '06', '07', '08', '09', '10'].map((month) => `decision_2026_${month}`),
  );
});

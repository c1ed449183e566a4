import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { type Program, startProgram } from '#src/app/program.ts';
import { type InteractionRow, interactionById } from '#src/modules/interactions/index.ts';
import { rebuiltEngine } from '#src/modules/routing/index.ts';
import { pool, poolFree } from '#src/modules/routing/lease.ts';
import { type RoutingRecord, routingRecord } from '#src/modules/routing/record.ts';
import { createRoutingOn } from '#src/modules/routing/shell.ts';
import { systemClock } from '#src/platform/clock.ts';
import type { Committed } from '#src/platform/events/bus.ts';
import { done, makeCentre } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { contradictions } from '#test/support/spine.ts';

// Two whole programs on one database, each with its own bus: what one commits, the other must hear.

async function nodeOn(
  own: TestDatabase<typeof systemClock>,
): Promise<Program & AsyncDisposable & { heard: Committed[]; gaps: () => number }> {
  const program = await startProgram({
    address: own.address,
    settings: { port: 0 },
    secret: own.ctx.secret,
    clock: systemClock,
    log: own.ctx.log,
    alone: false,
  });
  const heard: Committed[] = [];
  let gaps = 0;
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= program.stop());
  program.ctx.bus.listen((events) => heard.push(...events));
  program.ctx.bus.onGap(() => gaps++);
  return { ...program, heard, gaps: () => gaps, stop, [Symbol.asyncDispose]: stop };
}

const fromCustomer = (row: InteractionRow, text: string) =>
  ({
    interactionId: row.id,
    author: 'customer',
    threadId: row.thread_id,
    audience: 'all',
    text,
    key: randomUUID(),
  }) as const;

test('what one node commits, the other hears in its order, with the row and the words, once', async () => {
  await using own = await testDatabase({ clock: systemClock });
  await using first = await nodeOn(own);
  await using second = await nodeOn(own);
  const centre = await makeCentre(first.ctx, { agents: 0 });
  await eventually('the first knows of the second', async () => {
    const row = await centre.arrive();
    return eventually('it is heard', () => second.heard.some(({ stream }) => stream === row.id), 500).catch(
      () => false,
    );
  });
  const row = await centre.arrive({ text: 'hello' });
  const texts = Array.from({ length: 40 }, (_, number) => `line ${number}`);
  await Promise.all(texts.map((text) => first.modules.lines.write(fromCustomer(row, text))));
  const seqs = Array.from({ length: 42 }, (_, index) => index + 1);
  const there = await eventually('all of it is heard', () => {
    const own = second.heard.filter(({ stream }) => stream === row.id);
    return own.length >= 42 && own;
  });
  assert.deepEqual(
    there.map(({ seq }) => seq),
    seqs,
  );
  assert.ok(there.every(({ remote }) => remote === true));
  assert.deepEqual(
    there.slice(1).map((event) => (event as { message?: { text: string } }).message?.text),
    ['hello', ...texts],
  );
  assert.equal((there[0]!.after as InteractionRow).thread_id, row.thread_id);
  assert.deepEqual(there[0]!.at, row.arrived_at);
  // Who wrote it hears it once as well, from itself.
  const here = first.heard.filter(({ stream }) => stream === row.id);
  assert.deepEqual(
    here.map(({ seq }) => seq),
    seqs,
  );
  assert.ok(here.every(({ remote }) => remote !== true));
});

test('one of two nodes decides, also upon what came to the other, and the other takes over when it goes', async () => {
  await using own = await testDatabase({ clock: systemClock });
  await using first = await nodeOn(own);
  await using second = await nodeOn(own);
  // Which one it is, is not promised: on a machine that stalls, the first may have let its lease run out.
  const owner = await eventually('one of them routes', () =>
    [first, second].find(({ modules }) => modules.routing.owns()),
  );
  const other = owner === first ? second : first;
  const centre = await makeCentre(other.ctx, { capacity: { chat: 10 } });
  const offered = (row: InteractionRow) =>
    eventually(
      'it is offered',
      async () => (await interactionById(own.ctx.db.system, row.id))?.state === 'offered',
    );
  await offered(await centre.arrive());
  assert.equal(owner.modules.routing.offered() + other.modules.routing.offered(), 1);
  const before = other.modules.routing.offered();
  // Who leaves in order says so: the other need not find out that a lease is over.
  assert.ok(!other.heard.some(({ kind }) => kind === poolFree));
  await owner.stop();
  await eventually('the other is told', () => other.heard.some(({ kind }) => kind === poolFree));
  await offered(await centre.arrive());
  await eventually('the other has written it', () => other.modules.routing.offered() === before + 1);
  assert.deepEqual(await contradictions(own.db.owner), []);
});

test('a node whose line to the database was cut reads again what it may have missed', async () => {
  await using own = await testDatabase({ clock: systemClock });
  await using first = await nodeOn(own);
  await using second = await nodeOn(own);
  const centre = await makeCentre(second.ctx, { capacity: { chat: 10 } });
  const offered = (row: InteractionRow) =>
    eventually(
      'it is offered',
      async () => (await interactionById(own.ctx.db.system, row.id))?.state === 'offered',
    );
  await offered(await centre.arrive());
  const before = first.gaps();
  const cut = await own.db.owner<{ pid: number }[]>`
    select pg_terminate_backend(pid), pid from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen%'`;
  assert.ok(cut.length >= 2);
  // Written while nobody listens, by the node that does not decide.
  const row = await centre.arrive();
  await eventually('the first one reads again', () => first.gaps() > before);
  await offered(row);
  const line = fromCustomer(row, 'still there?');
  done(await second.modules.lines.write(line));
  await eventually('and hears again', () =>
    first.heard.some((event) => (event as { message?: { text: string } }).message?.text === line.text),
  );
});

test('a telling that is lost is made good from the record, and one that comes twice changes nothing', async () => {
  await using own = await testDatabase({ clock: systemClock });
  await using first = await nodeOn(own);
  await using second = await nodeOn(own);
  const owner = await eventually('one of them routes', () =>
    [first, second].find(({ modules }) => modules.routing.owns()),
  );
  const other = owner === first ? second : first;
  const centre = await makeCentre(other.ctx, { agents: 3, capacity: { chat: 20 }, offerSeconds: 300 });
  const state = async (id: string) => (await interactionById(own.ctx.db.system, id))?.state;
  // Written by somebody who tells nobody, as by a copy that is killed between its commit and its telling.
  const untold = await centre.arrive({ by: own.ctx });
  const told = [await centre.arrive(), await centre.arrive(), await centre.arrive()];
  for (const row of told) await eventually('it is offered', async () => (await state(row.id)) === 'offered');
  // All that was told is told again, several times and backwards.
  const places = await own.db.owner<{ stream: string; seq: number }[]>`
    select stream, seq from event order by id desc`;
  for (let round = 0; round < 3; round++)
    for (const { stream, seq } of places)
      await own.db.owner`select pg_notify('parley', ${`another-node ${stream}:${seq}:`})`;
  const last = await centre.arrive();
  await eventually('it is offered', async () => (await state(last.id)) === 'offered');
  await eventually('what nobody told is found', async () => (await state(untold.id)) === 'offered', 40_000);
  assert.deepEqual(await contradictions(own.db.owner), []);
  const offers = await own.db.owner`select stream from event where kind = 'interaction.offered'`;
  assert.equal(new Set(offers.map(({ stream }) => stream)).size, offers.length, 'each was offered once');
  // What the owner believes is what the record says.
  const believed = owner.modules.routing.snapshot()!;
  const record = (await rebuiltEngine(own.ctx)).snapshot(Date.now());
  const standing = (snapshot: typeof record) =>
    snapshot.interactions.map(({ interactionId, seq, state: at }) => [interactionId, seq, at]).sort();
  assert.deepEqual(standing(believed), standing(record));
});

test('however many ask a copy that does not route why something waits, it reads the record once at a time, and as it is', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 0 });
  const other = own.anotherNode();
  let reading = 0;
  let most = 0;
  let reads = 0;
  const record = routingRecord(other, pool);
  const counted: RoutingRecord = {
    ...record,
    async allFacts(now) {
      reads += 1;
      most = Math.max(most, ++reading);
      return record.allFacts(now).finally(() => (reading -= 1));
    },
  };
  const routing = createRoutingOn(counted, other);
  const row = await centre.arrive();
  const first = routing.explain(row.id);
  await eventually('it reads', () => reading === 1);
  // It came after the reading began: what is read for these must be read after them.
  const later = await centre.arrive();
  const answers = await Promise.all(Array.from({ length: 20 }, () => routing.explain(later.id)));
  assert.equal((await first)?.why.typeId, row.type_id);
  assert.ok(answers.every((answer) => answer?.why.waitsFor === 'agent'));
  assert.deepEqual({ reads, most }, { reads: 2, most: 1 });
  assert.equal((await routing.explain(row.id))?.why.waitsFor, 'agent');
  assert.equal(reads, 3, 'nothing is kept for who asks later');
  await routing.stop();
});

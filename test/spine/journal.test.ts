import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { chance } from '#bench/harness/chance.ts';
import { startProgram } from '#src/app/program.ts';
import {
  acceptInteraction,
  completeInteraction,
  declineInteraction,
  endExchange,
  interactionById,
  takeInteraction,
} from '#src/modules/interactions/index.ts';
import { choosePresence } from '#src/modules/presence/index.ts';
import { createLease, pool } from '#src/modules/routing/lease.ts';
import { appendJournal, beginningOf, dropOldJournal, journalChunks } from '#src/modules/routing/queries.ts';
import { leaseRecord, routingRecord } from '#src/modules/routing/record.ts';
import { replayCheck } from '#src/modules/routing/replay-check.ts';
import { createRouting, createRoutingOn } from '#src/modules/routing/shell.ts';
import { systemClock } from '#src/platform/clock.ts';
import { newId } from '#src/platform/ids.ts';
import { type Centre, makeCentre } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { startProgram as startProcess } from '#test/support/program.ts';
import { contradictions } from '#test/support/spine.ts';

// The journal against a real database: what was decided, and by whom however it went, is worked out again from it alone.

const replayer = join(import.meta.dirname, '../../src/app/replay.ts');

/** A process that knows nothing but the database. */
async function replayed(url: string): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [replayer], {
    env: { PATH: process.env.PATH, PARLEY_DATABASE_URL: url, PARLEY_LOG_LEVEL: 'silent' },
  });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  child.stderr.on('data', (text) => (said += text));
  const [code] = (await once(child, 'exit')) as [number];
  return { code, said };
}

/** Agents and a supervisor do what comes to their mind with whatever there is. */
async function goOn({ ctx }: Pick<TestDatabase, 'ctx'>, centre: Centre, by: ReturnType<typeof chance>) {
  const rows = await ctx.db.system<{ id: string; state: string; agent_id: string }[]>`
    select id, state, agent_id from interaction where state in ('waiting', 'offered', 'handling', 'wrapping')`;
  await Promise.all(
    rows.map(async ({ id, state, agent_id: agentId }) => {
      const acting = { interactionId: id, agentId, clients: centre.clients };
      const dice = by.next();
      if (state === 'offered' && dice < 0.6) await acceptInteraction(ctx, acting);
      else if (state === 'offered' && dice < 0.75) await declineInteraction(ctx, acting);
      else if (state === 'handling' && dice < 0.6) await endExchange(ctx, acting);
      else if (state === 'wrapping') await completeInteraction(ctx, { ...acting, outcomeCode: 'solved' });
      else if (state === 'waiting' && dice < 0.1)
        await takeInteraction(ctx, {
          interactionId: id,
          by: centre.agents[0]!.id,
          clients: centre.clients,
          reason: 'a supervisor was faster',
        });
    }),
  );
  const agent = centre.agents[by.index(centre.agents.length)]!;
  if (by.next() < 0.2) await choosePresence(ctx, agent.id, by.next() < 0.7 ? 'ready' : 'break', true);
}

test('killed owners, takeovers, gaps and refused writes: a fresh process decides all of it again, byte for byte', async () => {
  await using own = await testDatabase({ clock: systemClock });
  const databaseUrl = await own.url();
  await using first = await startProcess({
    databaseUrl,
    env: { PARLEY_SECRET: own.ctx.secret, PARLEY_PORT: '0' },
  });
  await eventually('the first routes', async () => {
    const [row] = await own.db.owner`select 1 from routing_journal`;
    return row !== undefined;
  });
  const second = await startProgram({
    address: own.address,
    settings: { port: 0 },
    secret: own.ctx.secret,
    clock: systemClock,
    log: own.ctx.log,
    alone: false,
  });
  const { ctx, modules } = second;
  try {
    const centre = await makeCentre(ctx, { agents: 5, capacity: { chat: 2 } });
    const by = chance(11);
    const written = async () => {
      const [row] = await own.db.owner<{ count: number }[]>`select count(*)::integer as count from decision`;
      return row!.count;
    };
    const until = async (decisions: number) => {
      await eventually(
        `${decisions} decisions`,
        async () => {
          await centre.arrive();
          await goOn({ ctx }, centre, by);
          return (await written()) >= decisions;
        },
        30_000,
      );
    };
    await until(25);
    assert.equal(modules.routing.owns(), false);
    await first.kill9();
    await until(50);
    assert.equal(modules.routing.owns(), true);
    ctx.bus.gap(); // it missed something, or may have
    await until(75);
    const { code, said } = await replayed(databaseUrl);
    assert.equal(code, 0, said);
    assert.match(said, /No difference\./);
    const found = await replayCheck(own.db.system);
    assert.ok(found.runs >= 3, said);
    assert.deepEqual([found.differences, found.withoutRun], [[], 0]);
    assert.ok(found.equal >= 75, said);
  } finally {
    await second.stop();
  }
  const end = await replayCheck(own.db.system);
  assert.deepEqual([end.equal, end.differenceCount], [await countDecisions(own), 0]);
  assert.deepEqual(await contradictions(own.db.owner), []);
});

const countDecisions = async ({ db }: Pick<TestDatabase<never>, 'db'>) => {
  const [row] = await db.owner<{ count: number }[]>`select count(*)::integer as count from decision`;
  return row!.count;
};

test('whatever is changed in the record or the journal afterwards, the replay says so', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 3, capacity: { chat: 2 } });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  for (let arrival = 0; arrival < 4; arrival += 1) {
    await centre.arrive();
    await eventually('it is offered', async () => (await countDecisions(own)) === arrival + 1);
  }
  await routing.stop();
  assert.deepEqual(await replayCheck(own.db.system).then(({ equal, differences }) => [equal, differences]), [
    4,
    [],
  ]);
  const after = async (act: (sql: typeof own.db.owner) => Promise<unknown>) => {
    const found = await own.db.owner
      .begin(async (tx) => {
        await act(tx as never);
        throw await replayCheck(tx as never);
      })
      .catch((found: unknown) => found as Awaited<ReturnType<typeof replayCheck>>);
    return found.differences.join(' ');
  };
  assert.match(
    await after((sql) => sql`update decision set why = why || '{"eligibleCount": 9}' where position = 2`),
    /^Decision 2 of run .*"eligibleCount":9.*and the journal replays to/,
  );
  assert.match(
    await after((sql) => sql`update decision set agent_id = gen_random_uuid() where position = 1`),
    /^Decision 1 of run/,
  );
  assert.match(
    await after((sql) => sql`delete from routing_journal where n = 1`),
    /cannot be replayed: chunk 1 of run .* is missing/,
  );
  const [last] = await own.db.owner<
    { n: number }[]
  >`select max(n)::integer as n from routing_journal where decided < 4`;
  assert.match(
    await after((sql) => sql`delete from routing_journal where n >= ${last!.n}`),
    /Decision 4 of run .* is in the record, and the journal does not come to it\./,
  );
});

test('nothing is offered that the journal could not take, and all of it once it can again', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2, capacity: { chat: 5 } });
  const record = routingRecord(ctx, pool);
  let away = false;
  let refusedWrites = 0;
  const routing = createRoutingOn(
    {
      ...record,
      journal: {
        async append(chunk) {
          if (!away) return record.journal.append(chunk);
          refusedWrites += 1;
          throw new Error('the journal is away');
        },
      },
    },
    ctx,
    { alone: true },
  );
  await routing.start();
  await centre.arrive();
  await eventually('it is offered', async () => (await countDecisions(own)) === 1);
  away = true;
  const row = await centre.arrive();
  await eventually('the journal was asked again', () => {
    clock.pass(200);
    return refusedWrites > 3;
  });
  assert.equal((await interactionById(ctx.db.system, row.id))?.state, 'waiting');
  assert.equal((await routing.whyWaiting(row.id))?.held?.why, 'write-failed');
  away = false;
  await eventually('it is offered', async () => {
    clock.pass(200);
    return (await countDecisions(own)) === 2;
  });
  await routing.stop();
  const { equal, differences } = await replayCheck(own.db.system);
  assert.deepEqual([equal, differences], [2, []]);
});

test('a journal with a gap, as a server that fell down may leave, ends its run, and another begins', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2, capacity: { chat: 5 } });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  await centre.arrive();
  await eventually('it is offered', async () => (await countDecisions(own)) === 1);
  const runs = async () => {
    const rows = await own.db.owner<
      { run: string }[]
    >`select distinct run_id as run from decision where run_id is not null`;
    return rows.length;
  };
  await own.db.owner`delete from routing_journal`;
  await centre.arrive();
  await eventually('another run goes on', async () => {
    clock.pass(200);
    return (await runs()) === 2;
  });
  await routing.stop();
});

test('the journal takes a chunk once, in its order, from the pool’s owner alone, and nobody who serves can change it', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const rights = createLease(leaseRecord(ctx.db.system, pool, ctx.node), ctx.clock);
  await rights.keep();
  const at = ctx.clock.now();
  const runId = newId(at);
  const chunk = (n: number, epoch = '1') =>
    ({
      runId,
      n,
      epoch,
      kind: n === 0 ? 'begin' : 'inputs',
      fromN: n,
      at,
      until: at,
      inputs: 0,
      decided: 0,
      body: Buffer.from('[]'),
    }) as const;
  const append = (...of: Parameters<typeof chunk>) =>
    appendJournal(ctx.db.system, { pool, node: ctx.node }, chunk(...of));
  assert.deepEqual(
    [
      await append(0),
      await append(0),
      await append(2),
      await append(1),
      await append(2, '2'),
      await append(2),
    ],
    ['kept', 'kept', 'gap', 'kept', 'owner-changed', 'kept'],
  );
  const kept: number[] = [];
  for await (const { n } of journalChunks(ctx.db.system, runId, 0)) kept.push(n);
  assert.deepEqual(kept, [0, 1, 2]);
  for (const db of [ctx.db.system, ctx.db.request])
    for (const statement of [
      'update routing_journal set n = n',
      'delete from routing_journal',
      'truncate routing_journal',
    ])
      await assert.rejects(db.unsafe(statement), /permission denied/);
  await assert.rejects(ctx.db.request.unsafe('select from routing_journal'), /permission denied/);
});

test('what is older than it must be goes, and from what is left every moment since can still be replayed', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const rights = createLease(leaseRecord(ctx.db.system, pool, ctx.node), clock);
  await rights.keep();
  const start = clock.now().getTime();
  const hour = (hours: number) => new Date(start + hours * 3_600_000);
  const runOf = async (begin: number, hours: number, restartsAt: readonly number[]) => {
    const runId = newId(hour(begin));
    for (let n = 0; n < hours; n += 1) {
      const at = hour(begin + n);
      const kind = n === 0 ? 'begin' : restartsAt.includes(n) ? 'restart' : 'inputs';
      // A restart point tells of the chunk before it, where its parts began.
      const chunk = { runId, n, epoch: '1', kind, at, until: at, inputs: 0, decided: 0 } as const;
      const fromN = kind === 'restart' ? n - 1 : n;
      await appendJournal(
        ctx.db.system,
        { pool, node: ctx.node },
        { ...chunk, fromN, body: Buffer.from('[]') },
      );
    }
    return runId;
  };
  const over = await runOf(0, 5, [2]);
  const goesOn = await runOf(5, 10, [3, 6, 8]);
  const left = async (runId: string) => {
    const rows = await own.db.owner<
      { n: number }[]
    >`select n from routing_journal where run_id = ${runId} order by n`;
    return rows.map(({ n }) => n);
  };
  const drop = (before: number, max = 100) => dropOldJournal(own.db.owner, hour(before), max);
  assert.equal(await drop(2), 0);
  assert.equal(await drop(3.5), 1);
  assert.deepEqual(await left(over), [1, 2, 3, 4], 'the restart point and what follows it');
  assert.equal(await drop(12, 3), 3);
  assert.equal(await drop(12, 3), 3);
  assert.equal(await drop(12, 3), 3);
  assert.equal(await drop(12, 3), 0);
  assert.deepEqual([await left(over), await left(goesOn)], [[], [5, 6, 7, 8, 9]]);
  await assert.rejects(dropOldJournal(own.db.system, hour(20), 100), /permission denied/);
  assert.equal(await drop(20), 5);
});

test('a moment is explained by the copy that routed then, also when the clock of the one before was ahead', async () => {
  await using own = await testDatabase();
  const at = (time: string) => new Date(`2026-03-02T${time}Z`);
  const [before, after] = [newId(at('08:00:00.000')), newId(at('08:59:59.300'))];
  const put = (runId: string, n: number, epoch: number, kind: string, when: Date) => own.db.owner`
    insert into routing_journal (run_id, n, pool, epoch, node, kind, from_n, at, until, inputs, decided, body)
    values (${runId}, ${n}, ${pool}, ${epoch}, ${own.ctx.node}, ${kind}, ${n}, ${when}, ${when}, 0, 0, '[]')`;
  await put(before, 0, 1, 'begin', at('08:00:00.000'));
  await put(before, 1, 1, 'restart', at('09:00:00.000'));
  await put(after, 0, 2, 'begin', at('08:59:59.300'));
  const chosen = async (time: string) => (await beginningOf(own.db.system, { pool, at: at(time) }))?.runId;
  assert.equal(await chosen('09:30:00.000'), after);
  assert.equal(await chosen('08:30:00.000'), before);
});

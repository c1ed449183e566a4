import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { createJobs, defineJob, enqueue, type Job, type jobTiming } from '#src/platform/jobs/jobs.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';

function noting(
  options: { fails?: (n: number, attempt: number) => string | undefined; attempts?: number } = {},
) {
  const did: string[] = [];
  const job = defineJob(
    'test.note',
    { n: z.number() },
    {
      ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
      run: async (_, { n }, { attempt }) => {
        const fault = options.fails?.(n, attempt);
        did.push(`${n}.${attempt}`);
        if (fault !== undefined) throw new Error(fault);
      },
    },
  );
  return { did, job };
}

const runner = (ctx: Context, job: Job, timing: Partial<typeof jobTiming> = {}) =>
  createJobs(ctx, [job], { lookMs: 20, ...timing });
const rows = async (own: TestDatabase) => [
  ...(await own.db.system<{ state: string; attempts: number; error: string | null }[]>`
    select state, attempts, error from job order by id`),
];

test('a job is done once, in the order of its time, and leaves nothing', async () => {
  await using own = await testDatabase();
  const { did, job } = noting();
  const jobs = runner(own.ctx, job, { jobsAtOnceMax: 1 });
  const at = (ms: number) => new Date(own.clock.now().getTime() + ms);
  await enqueue(own.ctx, job, { n: 3 }, { runAt: at(2_000) });
  await enqueue(own.ctx, job, { n: 2 }, { runAt: at(1_000) });
  await enqueue(own.ctx, job, { n: 1 });
  for (let round = 0; round < 4; round++) await jobs.runDue();
  assert.deepEqual(did, ['1.1']);
  own.clock.pass(2_000);
  for (let round = 0; round < 4; round++) await jobs.runDue();
  assert.deepEqual(did, ['1.1', '2.1', '3.1']);
  assert.deepEqual(await rows(own), []);
});

test('a job that fails is tried again later and later; one that failed for good is kept with its error until somebody says', async () => {
  await using own = await testDatabase();
  const { did, job } = noting({
    attempts: 3,
    fails: (_, attempt) => (did.length < 3 ? `no ${attempt}` : undefined),
  });
  const jobs = runner(own.ctx, job);
  const id = await enqueue(own.ctx, job, { n: 1 });
  await jobs.runDue();
  own.clock.pass(9_999);
  await jobs.runDue();
  assert.deepEqual(did, ['1.1']);
  own.clock.pass(1);
  await jobs.runDue();
  own.clock.pass(40_000);
  await jobs.runDue();
  assert.deepEqual(await rows(own), [{ state: 'failed', attempts: 3, error: 'no 3' }]);
  own.clock.pass(7 * 86_400_000);
  await jobs.runDue();
  assert.deepEqual(did, ['1.1', '1.2', '1.3']);
  assert.ok(own.logged.some(({ level, msg }) => level === 'error' && /failed for good/.test(msg)));
  assert.equal(await jobs.retry(id), 'retried');
  await eventually('it is done', async () => (await rows(own)).length === 0);
  assert.deepEqual(did, ['1.1', '1.2', '1.3', '1.1']);
  assert.equal(await jobs.retry(id), 'unknown');
  await jobs.stop();
});

test('of one key one job waits, with the newer payload and the earlier time, and a new one may wait while it runs', async () => {
  await using own = await testDatabase();
  const { promise, resolve } = Promise.withResolvers<void>();
  const did: number[] = [];
  const job = defineJob(
    'test.keyed',
    { n: z.number() },
    {
      run: async (_, { n }) => {
        did.push(n);
        if (n === 2) await promise;
      },
    },
  );
  const jobs = runner(own.ctx, job);
  const later = new Date(own.clock.now().getTime() + 60_000);
  const first = await enqueue(own.ctx, job, { n: 1 }, { key: 'mailbox' });
  assert.equal(await enqueue(own.ctx, job, { n: 2 }, { key: 'mailbox', runAt: later }), first);
  const done = jobs.runDue();
  await eventually('it runs', () => did.length === 1);
  await enqueue(own.ctx, job, { n: 3 }, { key: 'mailbox' });
  const other = runner(own.anotherNode(), job);
  await other.runDue();
  assert.deepEqual(did, [2], 'two of one key do not run at the same time');
  resolve();
  await done;
  await other.runDue();
  assert.deepEqual(did, [2, 3]);
  assert.deepEqual(await rows(own), []);
});

test('a job that fails while a newer one of its key waits leaves the matter to that', async () => {
  await using own = await testDatabase();
  const { promise, reject } = Promise.withResolvers<void>();
  let runs = 0;
  const job = defineJob(
    'test.keyed',
    { n: z.number() },
    { run: async () => (++runs === 1 ? promise : undefined) },
  );
  const jobs = runner(own.ctx, job);
  await enqueue(own.ctx, job, { n: 1 }, { key: 'mailbox' });
  const done = jobs.runDue();
  await eventually('it runs', () => runs === 1);
  await enqueue(own.ctx, job, { n: 2 }, { key: 'mailbox' });
  reject(new Error('the older'));
  await done;
  assert.equal((await rows(own)).length, 1);
  await jobs.runDue();
  assert.equal(runs, 2);
  assert.deepEqual(await rows(own), []);
});

test('no more run at a time than may, and two copies of the program share the work without doing any twice', async () => {
  await using own = await testDatabase();
  let atOnce = 0;
  let most = 0;
  const did: number[] = [];
  const job = defineJob(
    'test.share',
    { n: z.number() },
    {
      run: async (ctx, { n }) => {
        most = Math.max(most, ++atOnce);
        await ctx.db.system`select pg_sleep(0.01)`;
        atOnce--;
        did.push(n);
      },
    },
  );
  const all = Array.from({ length: 60 }, (_, n) => n);
  await Promise.all(all.map((n) => enqueue(own.ctx, job, { n })));
  const copies = [own.ctx, own.anotherNode()].map((ctx) => runner(ctx, job, { jobsAtOnceMax: 3 }));
  for (const copy of copies) copy.start();
  await eventually('all are done', () => did.length >= 60);
  await Promise.all(copies.map((copy) => copy.stop()));
  assert.deepEqual(
    did.toSorted((a, b) => a - b),
    all,
  );
  assert.ok(most <= 6 && most > 1, String(most));
});

test('a job that takes too long is told to end and counts as failed, whatever it does then', async () => {
  await using own = await testDatabase();
  let told = false;
  const job = defineJob(
    'test.endless',
    {},
    {
      timeoutMs: 5_000,
      run: (_, __, { signal }) => {
        signal.addEventListener('abort', () => (told = true));
        return new Promise(() => {});
      },
    },
  );
  const jobs = runner(own.ctx, job);
  await enqueue(own.ctx, job, {});
  const done = jobs.runDue();
  await eventually('it runs', () => jobs.running() === 1);
  own.clock.pass(5_000);
  await done;
  assert.equal(told, true);
  assert.deepEqual(await rows(own), [{ state: 'waiting', attempts: 1, error: 'It took longer than 5 s.' }]);
});

test('what is scheduled runs once a turn, however many copies look, and a missed turn is made up for once', async () => {
  await using own = await testDatabase();
  const turns: string[] = [];
  const job = defineJob(
    'test.hourly',
    {},
    {
      schedule: { everyMinutes: 60 },
      run: async (ctx) => turns.push(ctx.clock.now().toISOString()),
    },
  );
  const copies = [own.ctx, own.anotherNode(), own.anotherNode()].map((ctx) => runner(ctx, job));
  const round = () => Promise.all(copies.map((copy) => copy.runDue()));
  await round();
  await round();
  assert.equal(turns.length, 1);
  own.clock.pass(3_600_000);
  await round();
  await round();
  assert.equal(turns.length, 2);
  own.clock.pass(10 * 3_600_000);
  await round();
  await round();
  assert.equal(turns.length, 3);
});

test('a copy that stops lets its jobs finish, and gives back what does not in time, without counting it as failed', async () => {
  await using own = await testDatabase();
  const { promise, resolve } = Promise.withResolvers<void>();
  const ended: number[] = [];
  const job = defineJob(
    'test.slow',
    { n: z.number() },
    {
      run: async (_, { n }, { signal }) => {
        if (n === 1) return promise;
        if (ended.length > 0) return undefined;
        return new Promise((gone) => signal.addEventListener('abort', () => gone(ended.push(n))));
      },
    },
  );
  const jobs = runner(own.ctx, job, { stopMs: 3_000 });
  for (const n of [1, 2]) await enqueue(own.ctx, job, { n });
  jobs.start();
  await eventually('both run', () => jobs.running() === 2);
  const stopped = jobs.stop();
  resolve();
  await eventually('the first is done', async () => (await rows(own)).length === 1);
  own.clock.pass(3_000);
  await stopped;
  assert.deepEqual(ended, [2]);
  const other = runner(own.anotherNode(), job);
  await other.runDue();
  assert.deepEqual(await rows(own), []);
});

test('a job that somebody cancels is told to end, and what it does then is nobody’s', async () => {
  await using own = await testDatabase();
  let told = false;
  const job = defineJob(
    'test.cancel',
    {},
    {
      run: (_, __, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            told = true;
            reject(new Error('ended'));
          });
        }),
    },
  );
  const here = runner(own.ctx, job);
  const there = runner(own.anotherNode(), job, { renewMs: 100 });
  const id = await enqueue(own.ctx, job, {});
  there.start();
  await eventually('it runs there', () => there.running() === 1);
  assert.equal(await here.cancel(id), true);
  assert.equal(await here.cancel(id), false);
  await eventually('it has ended there', () => {
    own.clock.pass(100);
    return there.running() === 0;
  });
  assert.equal(told, true);
  assert.deepEqual(await rows(own), []);
  await there.stop();
});

test('a payload that the program no longer understands is a failure that is shown, and harms nothing else', async () => {
  await using own = await testDatabase();
  const { did, job } = noting({ attempts: 1 });
  await own.db.system`insert into job (id, name, payload, run_at, attempts_max, created_at, changed_at)
    values (gen_random_uuid(), 'test.note', '{"n":"one"}', ${own.clock.now()}, 1, now(), now())`;
  await enqueue(own.ctx, job, { n: 2 });
  await runner(own.ctx, job).runDue();
  assert.deepEqual(did, ['2.1']);
  assert.equal((await rows(own))[0]?.state, 'failed');
});

test('a job of a copy that was killed runs again on another once its lease is over, and is given up when it ends each that takes it', async () => {
  await using own = await testDatabase();
  const { did, job } = noting({ attempts: 3 });
  await enqueue(own.ctx, job, { n: 1 });
  const killed = async () => {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'run-and-die.ts'), JSON.stringify(own.address)],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.equal(signal, 'SIGKILL');
  };
  await killed();
  assert.equal((await rows(own))[0]?.state, 'running');
  const jobs = runner(own.anotherNode(), job);
  await eventually('it ran again', async () => {
    await jobs.runDue();
    return did.length > 0;
  });
  assert.deepEqual(did, ['1.2']);
  assert.deepEqual(await rows(own), []);

  await enqueue(own.ctx, job, { n: 2 });
  for (let times = 0; times < 3; times++) {
    await killed();
    await eventually('its lease is over', async () => {
      const [over] = await own.db.system<
        { over: boolean }[]
      >`select lease_until < clock_timestamp() as over from job`;
      return over!.over;
    });
  }
  await jobs.runDue();
  assert.deepEqual(did, ['1.2']);
  const [kept] = await rows(own);
  assert.deepEqual(
    [kept?.state, kept?.error],
    ['failed', 'The program that ran it ended or stood still, 3 times.'],
  );
});

test('the plain role does all that a queue needs, and neither it nor a request may change its tables’ shape', async () => {
  await using own = await testDatabase();
  const [who] = await own.db.system<{ who: string }[]>`select current_user as who`;
  assert.equal(who?.who, 'parley_system'); // as which all the tests above ran
  await assert.rejects(own.db.system`alter table job add x integer`.execute(), /must be owner/);
  await assert.rejects(own.db.request`select from job`.execute(), /permission denied/);
});

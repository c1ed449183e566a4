import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '#src/platform/ids.ts';
import { makeCentre } from '#test/support/centre.ts';
import { type Parley, startParley } from './parley.ts';

async function administrator(parley: Parley) {
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  return parley.signedIn(await centre.addAgent({ ready: false, level: null, roles: ['administrator'] }));
}

test('the office sees a job that failed for good with its error, tries it again, and cancels another', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const now = ctx.clock.now();
  const failed = async (name: string) => {
    const id = newId(now);
    await ctx.db.system`
      insert into job (id, name, key, payload, state, run_at, attempts, attempts_max, error, created_at, changed_at)
      values (${id}, ${name}, ${name === 'files.sweep' ? 'schedule' : null}, '{}', 'failed', ${now}, 8, 8, 'The store is away.', ${now}, ${now})`;
    return id;
  };
  const sweep = await failed('files.sweep');
  const gone = await failed('email.of-an-older-program');
  const office = await administrator(parley);
  const shown = async () =>
    (await office.ask('GET /api/jobs')).body as {
      jobs: { id: string; job: string; state: string; error: string | null; attempts: number }[];
      counts: { job: string; state: string; count: number }[];
      schedules: { job: string; everyMinutes: number | null }[];
    };
  const before = await shown();
  assert.deepEqual(
    before.jobs
      .filter(({ state }) => state === 'failed')
      .map(({ id, error, attempts }) => ({ id, error, attempts })),
    [sweep, gone].sort().map((id) => ({ id, error: 'The store is away.', attempts: 8 })),
  );
  assert.ok(before.schedules.some(({ job, everyMinutes }) => job === 'files.sweep' && everyMinutes === 60));
  assert.ok(
    before.counts.some(({ job, state, count }) => job === 'files.sweep' && state === 'failed' && count === 1),
  );

  assert.equal((await office.ask(`POST /api/jobs/${sweep}/retry`)).status, 204);
  // One that no program knows waits until one does, and may be cancelled.
  assert.equal((await office.ask(`POST /api/jobs/${gone}/retry`)).status, 204);
  assert.equal((await office.ask(`DELETE /api/jobs/${gone}`)).status, 204);
  assert.equal((await office.ask(`DELETE /api/jobs/${gone}`)).status, 404);
  assert.equal((await office.ask(`POST /api/jobs/${gone}/retry`)).status, 404);
  assert.ok(!(await shown()).jobs.some(({ state }) => state === 'failed'));
  const metrics = await parley.anyone.ask('GET /metrics');
  assert.doesNotMatch(metrics.text, /parley_jobs\{[^}]*state="failed"\} [1-9]/);
});

test('a job that runs is not tried again: the refusal says why', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const id = newId(ctx.clock.now());
  await ctx.db.system`
    insert into job (id, name, payload, state, run_at, attempts, attempts_max, node, lease_until, created_at, changed_at)
    values (${id}, 'email.elsewhere', '{}', 'running', now(), 1, 8, gen_random_uuid(), now() + interval '1 hour', now(), now())`;
  const office = await administrator(parley);
  const answer = await office.ask(`POST /api/jobs/${id}/retry`);
  assert.deepEqual([answer.status, answer.body.code], [409, 'job-not-retried']);
});

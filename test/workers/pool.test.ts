import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { manualClock } from '#src/platform/clock.ts';
import { createPool, type Outcome, type PoolOptions } from '#src/platform/workers/pool.ts';
import { eventually } from '#test/support/eventually.ts';
import { bombs } from './bombs.ts';
import type { Deed } from './hostile.ts';

function pool(options: Partial<PoolOptions> = {}) {
  const made = createPool<Deed, unknown>({
    name: 'hostile',
    script: new URL('./hostile.ts', import.meta.url),
    workers: 1,
    deadlineMs: 20_000,
    megabytes: 64,
    queueMax: 100,
    ...options,
  });
  return { ...made, [Symbol.asyncDispose]: () => made.stop(0) };
}

const add = (...numbers: number[]): Deed => ({ do: 'add', numbers });
const failedOf = (outcome: Outcome<unknown>) => outcome.failed ?? `answered ${String(outcome.answer)}`;

test('a worker answers, and the next task finds it warm', async () => {
  await using own = pool();
  const first = await own.run({ do: 'environment' });
  const second = await own.run({ do: 'environment' });
  assert.deepEqual(first, second); // the same process
  assert.deepEqual(await own.run(add(1, 2, 3)), { answer: 6 });
  const bytes = randomBytes(2_000_000);
  const { answer } = (await own.run({ do: 'echo', bytes })) as { answer: Uint8Array };
  assert.ok(bytes.equals(answer));
  assert.equal(own.figures().answered, 4);
});

test('what works on a task throws, and that is the task’s failure with its name and its words', async () => {
  await using own = pool();
  assert.deepEqual(await own.run({ do: 'throw' }), {
    failed: 'threw',
    name: 'TypeError',
    message: 'This mail has no end.',
  });
  assert.deepEqual(await own.run(add(1)), { answer: 1 });
});

test('a task without end is ended at its deadline, not before, and the next one is done by another worker', async () => {
  const clock = manualClock('2026-03-02T08:00:00Z');
  await using own = pool({ clock, deadlineMs: 2_000 });
  await own.run(add(1));
  let ended = false;
  const spinning = own.run({ do: 'spin' }).finally(() => (ended = true));
  clock.pass(1_999);
  assert.equal(own.figures().busy, 1);
  assert.equal(ended, false);
  clock.pass(1);
  assert.equal(failedOf(await spinning), 'deadline');
  assert.deepEqual(await own.run(add(2)), { answer: 2 });
});

test('a bomb in a thread with a limit ends the whole program: hence processes', () => {
  const program = `new Worker("'a,'.repeat(2e8).split(',')", { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64 } })`;
  const { status, signal, stdout } = spawnSync(
    '/bin/sh',
    [
      '-c',
      'ulimit -c 0; exec "$0" --input-type=module -e "$1"',
      process.execPath,
      `import { Worker } from 'node:worker_threads';
       const thread = ${program};
       thread.on('error', () => {});
       thread.on('exit', () => { console.log('the program goes on'); process.exit(0); });`,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(stdout, '');
  assert.ok(status !== 0 || signal !== null);
});

for (const bomb of bombs) {
  test(`a bomb of ${bomb} fails alone: the program and the other tasks go on`, async () => {
    await using own = pool({ workers: 2 });
    const [bombed, beside] = await Promise.all([own.run({ do: bomb }), own.run(add(4, 5))]);
    assert.equal(failedOf(bombed), 'memory', JSON.stringify(bombed));
    assert.deepEqual(beside, { answer: 9 });
    assert.deepEqual(await own.run(add(1)), { answer: 1 });
    assert.equal(own.figures().failed.memory, 1);
  });
}

for (const deed of ['exit', 'leave-a-fault'] as const) {
  test(`a worker that ends by itself (${deed}) is the failure of its task and is replaced`, async () => {
    await using own = pool();
    assert.equal(failedOf(await own.run({ do: deed })), 'crashed');
    assert.deepEqual(await own.run(add(1)), { answer: 1 });
    assert.equal(own.figures().failed.crashed, 1);
  });
}

test('of a thousand tasks for one worker and a queue of ten, eleven are done and the rest is told so at once', async () => {
  await using own = pool({ queueMax: 10 });
  await own.run(add(1));
  const outcomes = await Promise.all(Array.from({ length: 1_000 }, (_, place) => own.run(add(place))));
  const told = Map.groupBy(outcomes, ({ failed }) => failed ?? 'answered');
  assert.equal(told.get('answered')?.length, 11);
  assert.equal(told.get('too-busy')?.length, 989);
  assert.deepEqual(own.figures().failed['too-busy'], 989);
});

test('who wants a task no more frees its place in the queue or its worker', async () => {
  await using own = pool({ queueMax: 1 });
  const underWay = new AbortController();
  const waiting = new AbortController();
  const spinning = own.run({ do: 'spin' }, { signal: underWay.signal });
  await eventually('it is under way', () => own.figures().busy === 1);
  const second = own.run(add(1), { signal: waiting.signal });
  waiting.abort();
  assert.equal(failedOf(await second), 'cancelled');
  const third = own.run(add(2));
  underWay.abort();
  assert.equal(failedOf(await spinning), 'cancelled');
  assert.deepEqual(await third, { answer: 2 });
  assert.equal(failedOf(await own.run(add(3), { signal: AbortSignal.abort() })), 'cancelled');
});

test('a pool that stops lets what is under way and what waits finish', async () => {
  await using own = pool();
  const all = [add(1), add(2), add(3)].map((deed) => own.run(deed));
  await own.stop(20_000);
  assert.deepEqual(
    (await Promise.all(all)).map((outcome) => outcome.failed ?? outcome.answer),
    [1, 2, 3],
  );
  assert.equal(failedOf(await own.run(add(4))), 'stopped');
  assert.equal(own.figures().workers, 0);
});

test('a pool that stops waits for no task without end', async () => {
  const clock = manualClock('2026-03-02T08:00:00Z');
  await using own = pool({ clock, deadlineMs: 60_000 });
  const spinning = own.run({ do: 'spin' });
  const behind = own.run(add(1));
  await eventually('it is under way', () => own.figures().busy === 1);
  const stopped = own.stop(3_000);
  clock.pass(3_000);
  await stopped;
  assert.equal(failedOf(await spinning), 'stopped');
  assert.equal(failedOf(await behind), 'stopped');
});

test('an answer larger than the program takes in stays where it is', async () => {
  await using own = pool({ answerBytesMax: 100_000 });
  assert.equal(failedOf(await own.run({ do: 'answer-bytes', bytes: 100_001 })), 'answer-too-large');
  assert.equal((await own.run({ do: 'answer-bytes', bytes: 90_000 })).failed, undefined);
});

test('a worker has nothing of the program: no environment, no file but its own code, and it can neither write nor start anything', async () => {
  process.env.PARLEY_TEST_ONLY = 'a secret';
  await using own = pool();
  const { answer } = (await own.run({ do: 'environment' })) as { answer: { names: string[] } };
  delete process.env.PARLEY_TEST_ONLY;
  assert.deepEqual(
    answer.names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)),
    ['TZ'],
  );
  const folder = mkdtempSync(join(tmpdir(), 'parley-workers-'));
  try {
    for (const deed of [
      { do: 'read', path: '/etc/passwd' },
      { do: 'write', path: join(folder, 'x') },
      { do: 'start-a-process' },
    ] as const) {
      const outcome = await own.run(deed);
      assert.equal(outcome.failed, 'threw', deed.do);
      assert.match((outcome as { message: string }).message, /Access to this API has been restricted/);
    }
    assert.equal(existsSync(join(folder, 'x')), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a script that cannot be started fails its tasks, and is not tried without pause', async () => {
  const clock = manualClock('2026-03-02T08:00:00Z');
  await using own = pool({ clock, script: new URL('./nothing-here.ts', import.meta.url) });
  const outcome = await own.run(add(1));
  assert.equal(outcome.failed, 'crashed');
  assert.match((outcome as { message: string }).message, /Cannot find module/);
  const later = own.run(add(1));
  assert.equal(own.figures().workers, 0); // it waits for the next try
  clock.pass(200);
  assert.equal(failedOf(await later), 'crashed');
});

test('a worker that nobody needs goes, and those that are to be warm stay', async () => {
  const clock = manualClock('2026-03-02T08:00:00Z');
  await using own = pool({ clock, workers: 2, warm: 1, idleMs: 1_000 });
  await Promise.all([own.run(add(1)), own.run(add(2))]);
  await eventually('both have started', () => own.figures().workers === 2);
  await eventually('one has gone', () => {
    clock.pass(1_000);
    return own.figures().workers === 1;
  });
});

test('when the program is killed its workers end', async () => {
  const program = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { createPool } from ${JSON.stringify(new URL('../../src/platform/workers/pool.ts', import.meta.url).href)};
       const pool = createPool({ name: 'p', script: new URL(${JSON.stringify(new URL('./hostile.ts', import.meta.url).href)}), workers: 1, deadlineMs: 1000, megabytes: 64, queueMax: 1 });
       const { answer } = await pool.run({ do: 'environment' });
       console.log(answer.pid);
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(program.stdout, 'data')) as [Buffer];
  const pid = Number(String(line));
  assert.ok(isThere(pid));
  program.kill('SIGKILL');
  await eventually('the worker has gone', () => !isThere(pid));
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('while a worker burns, the program’s own loop goes on as it does when nothing burns', async () => {
  await using own = pool();
  await own.run(add(1));
  // Counted in turns of the loop and not in time: one that waited for the worker would make none before it is ended.
  const until = new AbortController();
  let turns = 0;
  const spinning = own.run({ do: 'spin' }, { signal: until.signal });
  while (turns < 200) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  assert.equal(own.figures().busy, 1);
  until.abort();
  assert.equal(failedOf(await spinning), 'cancelled');
});

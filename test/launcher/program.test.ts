import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { clusterToken, processesOf } from '#src/platform/launcher/postmaster.ts';
import { temporaryFolder, testCluster } from '#test/support/cluster.ts';
import { databaseUrlOf } from '#test/support/database-url.ts';
import { type Program, type ProgramOptions, refusedStart, startProgram } from '#test/support/program.ts';

const bootstrap = resolve(import.meta.dirname, '../../bootstrap.mjs');

async function running(t: TestContext, options: ProgramOptions = {}): Promise<Program> {
  const program = await startProgram(options);
  t.after(() => program[Symbol.asyncDispose]());
  return program;
}

const ownFolder = () => join(temporaryFolder(), 'data');

function nothingRuns(dataDir: string): void {
  const pgData = join(dataDir, 'postgres');
  assert.deepEqual(processesOf(clusterToken(pgData)), [], 'no database process is left');
  assert.equal(existsSync(join(pgData, 'postmaster.pid')), false, 'the database was stopped properly');
}

const serverOf = (dataDir: string) =>
  Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function becomesReady(url: string): Promise<void> {
  for (const until = performance.now() + 60_000; performance.now() < until; await wait(100))
    if (await isReady(url)) return;
  assert.fail(`${url} did not become ready`);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} to the program stops it and its database`, async (t) => {
    const dataDir = ownFolder();
    const program = await running(t, { dataDir });
    assert.ok(await isReady(program.url));
    assert.deepEqual(await program.stop(signal), { code: 0, signal: null }, program.stderr());
    nothingRuns(dataDir);
  });

  test(`${signal} to npm stops the program and its database`, async (t) => {
    const dataDir = ownFolder();
    const program = await running(t, { dataDir, command: ['npm', 'start'], readyMs: 120_000 });
    assert.ok(await isReady(program.url));
    const pid = Number(readFileSync(join(dataDir, 'running'), 'utf8'));
    await program.stop(signal);
    for (const until = performance.now() + 20_000; existsSync(`/proc/${pid}`) && performance.now() < until; )
      await wait(50);
    assert.equal(existsSync(`/proc/${pid}`), false, 'the program itself has ended');
    nothingRuns(dataDir);
  });
}

test('Ctrl-C in a terminal, which reaches npm, the program and everything between, stops it once and properly', async (t) => {
  const dataDir = ownFolder();
  const terminal = spawn(process.execPath, [bootstrap, 'start'], {
    env: { ...process.env, PARLEY_PORT: '0', PARLEY_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  t.after(() => terminal.kill('SIGKILL'));
  let said = '';
  terminal.stdout.on('data', (part) => (said += part));
  terminal.stderr.on('data', (part) => (said += part));
  for (
    const until = performance.now() + 120_000;
    !said.includes('Parley is ready') && performance.now() < until;
  )
    await wait(50);
  assert.match(said, /^Parley is ready: http:\/\/localhost:\d+/m);
  const ended = once(terminal, 'close');
  process.kill(-(terminal.pid ?? 0), 'SIGINT');
  process.kill(-(terminal.pid ?? 0), 'SIGINT');
  const [code] = await ended;
  assert.equal(code, 0, said);
  nothingRuns(dataDir);
});

test('a second start on the same data folder is refused in one sentence, and the first goes on', async (t) => {
  const first = await running(t);
  const second = await refusedStart({ dataDir: first.dataDir });
  assert.equal(second.code, 1);
  assert.equal(
    second.said,
    `Another Parley (process ${first.pid}) is running on the data folder ${first.dataDir}: stop it first, or give this one its own folder by PARLEY_DATA_DIR.`,
  );
  assert.ok(await isReady(first.url));
});

test('after kill -9 of the program the next start goes on with its database and says recovering', async (t) => {
  const first = await startProgram();
  const server = serverOf(first.dataDir);
  await first.kill9();
  const second = await running(t, { dataDir: first.dataDir });
  assert.match(second.stdout() + second.stderr(), /recovering/);
  assert.equal(serverOf(first.dataDir), server);
  assert.ok(await isReady(second.url));
});

test('after kill -9 of the program and of the database the next start recovers and says so', async (t) => {
  const first = await startProgram();
  process.kill(serverOf(first.dataDir), 'SIGKILL');
  await first.kill9();
  const second = await running(t, { dataDir: first.dataDir });
  assert.match(second.stdout() + second.stderr(), /recovering/);
  assert.ok(await isReady(second.url));
});

test('after kill -9 of the database the running program says recovering and serves again', async (t) => {
  const program = await running(t);
  const server = serverOf(program.dataDir);
  process.kill(server, 'SIGKILL');
  for (
    const until = performance.now() + 10_000;
    !/recovering/.test(program.stdout() + program.stderr());
    await wait(20)
  ) {
    assert.ok(performance.now() < until, 'it never said that it recovers');
  }
  await becomesReady(program.url);
  assert.notEqual(serverOf(program.dataDir), server);
  assert.deepEqual(await program.stop(), { code: 0, signal: null });
  nothingRuns(program.dataDir);
});

test('the key that signs sessions outlives a restart', async () => {
  const dataDir = ownFolder();
  const keys: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    const program = await startProgram({ dataDir });
    await program.stop();
    keys.push(readFileSync(join(dataDir, 'secret'), 'utf8'));
  }
  assert.equal(keys[0], keys[1]);
});

/** A refusal is one sentence on its own, with code 1 and without a stack. */
function isOneSentence({ code, said }: { code: number | null; said: string }, about: RegExp): void {
  assert.equal(code, 1, said);
  assert.match(said, about);
  assert.doesNotMatch(said, /\n|\bat .*:\d+:\d+/, 'one line, no stack');
}

async function listening(t: TestContext, server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as { port: number }).port;
}

test('a port that is taken ends the start with one sentence, and no database stays behind', async (t) => {
  const taken = createServer();
  taken.listen(0);
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const dataDir = ownFolder();
  const refused = await refusedStart({ dataDir, env: { PARLEY_PORT: String(port) } });
  isOneSentence(refused, new RegExp(`^Port ${port} is taken by another program.*PARLEY_PORT`));
  if (existsSync(join(dataDir, 'postgres'))) nothingRuns(dataDir);
});

test('a data folder that cannot be written to ends the start with one sentence', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  isOneSentence(
    await refusedStart({ dataDir: join(folder, 'file/data') }),
    /^The data folder .* cannot be written to/,
  );
});

test('a data folder where the system takes no folders ends the start with one sentence', {
  skip: existsSync('/proc/self') ? false : 'the system has no /proc',
}, async () => {
  isOneSentence(
    await refusedStart({ dataDir: '/proc/parley' }),
    /^The data folder \/proc\/parley cannot be written to \(no folder can be made there\)/,
  );
});

test('a mistyped setting is warned about in the log of a start', async () => {
  const { said } = await refusedStart({
    dataDir: join(temporaryFolder(), 'data'),
    databaseUrl: 'postgres://parley@127.0.0.1:1/parley',
    env: { PARLEY_PROT: '8080', PARLEY_LOG_LEVEL: 'warn' },
  });
  assert.match(said, /"level":"warn".*"PARLEY_PROT is no setting of Parley.* did you mean PARLEY_PORT\?"/);
});

test('a data folder that belongs to another user ends the start with one sentence', {
  skip: process.getuid?.() === 0 ? false : 'only root can become another user',
}, async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'theirs'), { mode: 0o755 });
  isOneSentence(
    await refusedStart({ dataDir: join(folder, 'theirs'), uid: 1, gid: 1 }),
    /cannot be written to/,
  );
});

test('values that cannot be meant end the start with one sentence each', async () => {
  for (const [name, value] of Object.entries({
    PARLEY_PORT: 'http',
    PARLEY_DATABASE_URL: 'mysql://db',
    PARLEY_PUBLIC_URL: 'example.org',
    PARLEY_SECRET: 'short',
    PARLEY_ADMIN_EMAIL: 'ada',
    PARLEY_ADMIN_PASSWORD: 'short',
    PARLEY_LOG_LEVEL: 'loud',
  })) {
    isOneSentence(await refusedStart({ env: { [name]: value } }), new RegExp(`^${name} must be `));
  }
});

test('a database that does not answer ends the start with one sentence', async (t) => {
  const server = createServer();
  const port = await listening(t, server);
  server.close();
  isOneSentence(
    await refusedStart({ databaseUrl: `postgres://parley:hunter2@127.0.0.1:${port}/parley` }),
    /PARLEY_DATABASE_URL/,
  );
});

test('a server that breaks every connection off ends the start with one sentence', async (t) => {
  const port = await listening(
    t,
    createServer((socket) => socket.destroy()),
  );
  isOneSentence(
    await refusedStart({ databaseUrl: `postgres://parley@127.0.0.1:${port}/parley` }),
    /PARLEY_DATABASE_URL/,
  );
});

test('a database name that the server does not know ends the start with one sentence', async () => {
  await using elsewhere = await databaseUrlOf(await testCluster(), 'nowhere');
  isOneSentence(await refusedStart({ databaseUrl: elsewhere.url }), /PARLEY_DATABASE_URL.* does not exist/);
});

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import postgres from 'postgres';
import {
  type Cluster,
  openDataFolder,
  readOrMakeSecret,
  startCluster,
  superviseCluster,
} from '#src/platform/launcher/index.ts';
import { clusterToken, processesOf } from '#src/platform/launcher/postmaster.ts';
import { UnusableSetting } from '#src/platform/settings.ts';
import { temporaryFolder } from '#test/support/cluster.ts';

const onlyRoot = { skip: process.getuid?.() === 0 ? false : 'only root can become another user' };
const small = { shared_buffers: '16MB' };
/** An ordinary user that every Linux knows by name. */
const somebody = { uid: 1, gid: 1 };
/** A user whom the system has no name for, as containers like to run programs. */
const nameless = { uid: 54_321, gid: 54_321 };

async function query(cluster: Pick<Cluster, 'host' | 'port' | 'user' | 'database'>, statement: string) {
  const { host, port, user, database } = cluster;
  const sql = postgres({ host, port, user, database, max: 1, onnotice() {} });
  try {
    return await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

/** Starts a cluster that the test stops, whatever happens. */
async function started(
  t: TestContext,
  dataDir: string,
  said: string[] = [],
  settings: Record<string, string> = small,
) {
  const cluster = await startCluster({ dataDir, settings, say: (line) => said.push(line) });
  t.after(() => cluster.stop());
  return cluster;
}

interface Holder {
  child: ChildProcess;
  pid: number;
  host: string;
  said(): string;
  until(pattern: RegExp): Promise<void>;
}

/** A program of its own that holds the folder. */
async function holder(t: TestContext, dataDir: string): Promise<Holder> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (part) => (text += part));
  child.stderr.on('data', (part) => (text += part));
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'close');
  });
  const until = async (pattern: RegExp) => {
    const patience = performance.now() + 30_000;
    while (!pattern.test(text)) {
      if (performance.now() > patience || child.exitCode !== null)
        throw new Error(`the holder never said ${pattern}: ${text}`);
      await wait(20);
    }
  };
  await until(/^serving/m);
  const { pid, host } = JSON.parse(/^serving (.*)$/m.exec(text)?.[1] ?? '{}') as {
    pid: number;
    host: string;
  };
  return { child, pid, host, said: () => text, until };
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'close');
}

function nothingRuns(dataDir: string): void {
  const pgData = join(dataDir, 'postgres');
  assert.deepEqual(processesOf(clusterToken(pgData)), []);
  assert.equal(existsSync(join(pgData, 'postmaster.pid')), false);
}

test('a database starts on an empty folder, keeps what it was given over a restart, and leaves nothing running', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const said: string[] = [];
  const first = await startCluster({ dataDir, settings: small, say: (line) => said.push(line) });
  await query(first, 'create table kept as select 42 as answer');
  await first.stop();
  await first.stop();
  nothingRuns(dataDir);
  const second = await started(t, dataDir, said);
  assert.deepEqual([...(await query(second, 'select answer from kept'))], [{ answer: 42 }]);
  const [state] = await query(
    second,
    `select current_setting('data_checksums') as checksums, current_setting('fsync') as fsync,
    current_setting('listen_addresses') as listens, current_setting('timezone') as zone, pg_encoding_to_char(encoding) as encoding
    from pg_database where datname = 'parley'`,
  );
  assert.partialDeepStrictEqual(state, {
    checksums: 'on',
    fsync: 'on',
    listens: '',
    zone: 'UTC',
    encoding: 'UTF8',
  });
  assert.deepEqual(said, [], 'a start after a proper stop has nothing to report');
});

test('a database directly after a stop starts again, many times over', async () => {
  const dataDir = join(temporaryFolder(), 'data');
  for (let round = 0; round < 8; round += 1) {
    const cluster = await startCluster({ dataDir, settings: small, say() {} });
    await cluster.stop();
  }
  nothingRuns(dataDir);
});

test('a second program on the same data folder is refused in one sentence that names the folder', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const first = await holder(t, dataDir);
  await assert.rejects(startCluster({ dataDir, say() {} }), (error) => {
    assert.ok(error instanceof UnusableSetting);
    assert.equal(
      error.message,
      `Another Parley (process ${first.child.pid}) is running on the data folder ${dataDir}: stop it first, or give this one its own folder by PARLEY_DATA_DIR.`,
    );
    return true;
  });
  assert.equal(first.child.exitCode, null, 'and the first one goes on');
});

test('of ten programs that start on one data folder at once, one serves', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const starts = await Promise.allSettled(Array.from({ length: 10 }, () => holder(t, dataDir)));
  const serving = starts.filter(({ status }) => status === 'fulfilled');
  assert.equal(serving.length, 1);
  for (const start of starts)
    if (start.status === 'rejected') assert.match(String(start.reason), /Another Parley/);
});

test('a program that was killed does not keep the next from its data folder', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const first = await holder(t, dataDir);
  await query(
    { host: first.host, port: 5432, user: 'parley', database: 'parley' },
    'create table kept as select 42 as answer',
  );
  await killed(first.child);
  const said: string[] = [];
  const second = await started(t, dataDir, said);
  assert.equal(second.pid, first.pid, 'the database that is still up is taken over');
  assert.match(said.join('\n'), /^recovering: .*going on with it\.$/m);
  assert.deepEqual([...(await query(second, 'select answer from kept'))], [{ answer: 42 }]);
  await second.stop();
  nothingRuns(dataDir);
});

test('after a kill of program and database at once the next start recovers what was committed, and says so', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const first = await holder(t, dataDir);
  await query(
    { host: first.host, port: 5432, user: 'parley', database: 'parley' },
    'create table kept as select generate_series(1, 1000)',
  );
  process.kill(first.pid, 'SIGKILL');
  await killed(first.child);
  const said: string[] = [];
  const second = await started(t, dataDir, said);
  assert.match(said.join('\n'), /^recovering: /m);
  assert.equal((await query(second, 'select * from kept')).length, 1000);
});

test('a database that is killed under the running program is brought back at the same address, and the program says recovering', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const said: string[] = [];
  const cluster = await superviseCluster({ dataDir, settings: small, say: (line) => said.push(line) });
  t.after(() => cluster.stop());
  const { host, port, user, database } = cluster;
  const sql = postgres({ host, port, user, database, max: 4, onnotice() {} });
  t.after(() => sql.end({ timeout: 1 }));
  await sql`create table kept as select 42 as answer`;
  for (let round = 0; round < 3; round += 1) {
    const before = cluster.pid;
    process.kill(before, 'SIGKILL');
    for (const until = performance.now() + 30_000; performance.now() < until; await wait(50)) {
      const answer = await sql`select answer from kept`.catch(() => undefined);
      if (answer?.[0]?.answer === 42 && cluster.pid !== before && cluster.up) break;
    }
    assert.notEqual(cluster.pid, before);
    assert.deepEqual([...(await sql`select answer from kept`)], [{ answer: 42 }], 'the same pool goes on');
  }
  assert.match(said.join('\n'), /^recovering: the database ended unexpectedly.*starting it again\.$/m);
  assert.match(said.join('\n'), /^The database serves again after/m);
});

test('a database that cannot be brought back is given up with the reason', {
  timeout: 120_000,
}, async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const cluster = await superviseCluster({ dataDir, settings: small, say() {} });
  t.after(() => cluster.stop());
  renameSync(join(dataDir, 'postgres/global/pg_control'), join(dataDir, 'pg_control.taken'));
  process.kill(cluster.pid, 'SIGKILL');
  const failure = await cluster.failed;
  assert.match(failure.message, /does not start: .*pg_control/);
  assert.equal(cluster.up, false);
});

test('an adopted database that is killed is noticed too', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const first = await holder(t, dataDir);
  await killed(first.child);
  const second = await holder(t, dataDir);
  assert.equal(second.pid, first.pid);
  process.kill(second.pid, 'SIGKILL');
  await second.until(/^The database serves again after/m);
});

test('a start that is broken off leaves nothing running', async () => {
  const dataDir = join(temporaryFolder(), 'data');
  for (const afterMs of [0, 100, 300, 500, 600, 700]) {
    const reason = new Error('enough');
    const starting = startCluster({
      dataDir,
      settings: small,
      say() {},
      signal: abortAfter(afterMs, reason),
    });
    const cluster = await starting.catch((error) => assert.equal(error, reason));
    await cluster?.stop();
    if (existsSync(join(dataDir, 'postgres'))) nothingRuns(dataDir);
    assert.deepEqual(
      existsSync(dataDir) ? readdirSync(dataDir).filter((name) => name.includes('draft')) : [],
      [],
    );
  }
});

function abortAfter(ms: number, reason: Error): AbortSignal {
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), ms);
  return abort.signal;
}

test('a first start that was killed half-way does not leave half a database', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  for (const afterMs of [300, 400, 500, 600, 700, 800]) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), dataDir], {
      stdio: 'ignore',
    });
    await wait(afterMs);
    await killed(child);
  }
  const cluster = await started(t, dataDir);
  assert.equal((await query(cluster, 'select 1 as one')).length, 1);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.includes('draft')),
    [],
  );
});

test('a process number that was given to somebody else since does not hinder a start, and is not stopped', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const first = await startCluster({ dataDir, settings: small, say() {} });
  await first.stop();
  const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
  t.after(() => bystander.kill('SIGKILL'));
  writeFileSync(
    join(dataDir, 'postgres/postmaster.pid'),
    `${bystander.pid}\n${dataDir}/postgres\n1\n5432\n/tmp\n\n 1 1\nready\n`,
  );
  const second = await started(t, dataDir);
  assert.equal((await query(second, 'select 1 as one')).length, 1);
  await second.stop();
  assert.equal(bystander.exitCode ?? bystander.signalCode, null);
});

test('a copy of a data folder does not take over the database of the original', async (t) => {
  const folder = temporaryFolder();
  const original = await started(t, join(folder, 'data'));
  await query(original, 'checkpoint');
  const copy = spawn('cp', ['-a', join(folder, 'data'), join(folder, 'copy')]);
  await once(copy, 'close');
  const second = await started(t, join(folder, 'copy'));
  assert.notEqual(second.pid, original.pid);
  assert.equal((await query(original, 'select 1 as one')).length, 1);
});

test('a data folder that was moved while its database outlived the program is served by that same database', async (t) => {
  const folder = temporaryFolder();
  const first = await holder(t, join(folder, 'data'));
  await killed(first.child);
  renameSync(join(folder, 'data'), join(folder, 'moved'));
  const second = await startCluster({ dataDir: join(folder, 'moved'), settings: small, say() {} }).catch(
    (error: Error) => error,
  );
  // Its socket moved with the folder and the server does not know: whatever the launcher does, two servers on one folder is not it.
  assert.equal(
    processesOf(clusterToken(join(folder, 'moved/postgres'))).filter(({ command }) =>
      command.includes(' -D '),
    ).length <= 1,
    true,
  );
  if (!(second instanceof Error)) await second.stop();
});

test('a data folder with a long path works', async (t) => {
  const dataDir = join(temporaryFolder(), 'a rather long name, with blanks and ünïcode, '.repeat(4), 'data');
  const cluster = await started(t, dataDir);
  assert.equal((await query(cluster, 'select 1 as one')).length, 1);
  assert.ok(Buffer.byteLength(`${cluster.host}/.s.PGSQL.5432`) <= 107);
  const { host } = cluster;
  await cluster.stop();
  assert.equal(existsSync(host), false, 'and its socket folder goes with it');
  const again = await started(t, dataDir);
  assert.equal(again.host, host, 'the next start finds the same socket folder');
});

test('a socket folder that somebody else prepared under the temporary folder is not used', async (t) => {
  const dataDir = join(temporaryFolder(), 'long '.repeat(25), 'data');
  const first = await startCluster({ dataDir, settings: small, say() {} });
  await first.stop();
  const planted = join(temporaryFolder(), 'trap');
  mkdirSync(planted, { mode: 0o777 });
  symlinkSync(planted, first.host);
  t.after(() => spawn('rm', ['-f', first.host]));
  const second = await started(t, dataDir);
  assert.notEqual(second.host, first.host);
  assert.deepEqual(readdirSync(planted), []);
  assert.equal(statSync(second.host).mode & 0o77, 0);
});

test('nobody but the owner can enter the folder of the database or of its socket', async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const cluster = await started(t, dataDir);
  for (const folder of [join(dataDir, 'postgres'), cluster.host])
    assert.equal(statSync(folder).mode & 0o777, 0o700, folder);
});

test('the key in the data folder is made once and readable for its owner alone', () => {
  const dataDir = temporaryFolder();
  const secret = readOrMakeSecret(dataDir);
  assert.match(secret, /^[\w-]{43}$/);
  assert.equal(readOrMakeSecret(dataDir), secret);
  assert.equal(statSync(join(dataDir, 'secret')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dataDir), ['secret']);
});

test('a damaged key is a reason not to start rather than to sign with it', () => {
  const dataDir = temporaryFolder();
  writeFileSync(join(dataDir, 'secret'), 'short\n');
  assert.throws(() => readOrMakeSecret(dataDir), /secret is damaged: restore it from a backup/);
});

test('a data folder below a file is refused in one sentence', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  assert.throws(
    () => openDataFolder(join(file, 'data')),
    (error) => error instanceof UnusableSetting && /cannot be written to/.test(error.message),
  );
});

test('the database of another PostgreSQL version is left alone', async () => {
  const dataDir = join(temporaryFolder(), 'data');
  mkdirSync(join(dataDir, 'postgres'), { recursive: true });
  writeFileSync(join(dataDir, 'postgres/PG_VERSION'), '17\n');
  await assert.rejects(
    startCluster({ dataDir, say() {} }),
    /holds a database of PostgreSQL 17 and this Parley brings 18/,
  );
  assert.deepEqual(readdirSync(join(dataDir, 'postgres')), ['PG_VERSION']);
});

test('a folder that holds half a database is refused in one sentence', async () => {
  const dataDir = join(temporaryFolder(), 'data');
  mkdirSync(join(dataDir, 'postgres'), { recursive: true });
  await assert.rejects(
    startCluster({ dataDir, say() {} }),
    (error) => error instanceof UnusableSetting && /holds no database/.test(error.message),
  );
});

test('a server setting that PostgreSQL does not take ends the start with its reason, and no process stays', async () => {
  const dataDir = join(temporaryFolder(), 'data');
  await assert.rejects(
    startCluster({ dataDir, settings: { wal_compression: 'lz4' }, say() {} }),
    (error) =>
      error instanceof UnusableSetting &&
      error.message.endsWith('does not start: invalid value for parameter "wal_compression": "lz4".'),
  );
  nothingRuns(dataDir);
});

test('as root the database runs as a user without rights', onlyRoot, async (t) => {
  const dataDir = join(temporaryFolder(), 'data');
  const cluster = await started(t, dataDir);
  assert.equal(statSync(`/proc/${cluster.pid}`).uid, 65534);
  assert.equal(statSync(join(dataDir, 'secret'), { throwIfNoEntry: false }), undefined);
  assert.equal(statSync(dataDir).uid, 0, 'the folder itself, and the key in it, stay ours');
});

test(
  'as root, below a folder that others cannot enter, the database works and keeps its data there',
  onlyRoot,
  async (t) => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o700);
    const dataDir = join(folder, 'data');
    const first = await startCluster({ dataDir, settings: small, say() {} });
    await query(first, 'create extension pg_trgm; create table kept as select 42 as answer');
    assert.equal(statSync(`/proc/${first.pid}`).uid, 65534);
    process.kill(first.pid, 'SIGKILL');
    await first.died;
    await first.stop();
    const second = await started(t, dataDir);
    assert.deepEqual([...(await query(second, 'select answer from kept'))], [{ answer: 42 }]);
    assert.ok(existsSync(join(dataDir, 'postgres/PG_VERSION')));
  },
);

test(
  'an ordinary user starts on a folder of their own, and root goes on with it as that user',
  onlyRoot,
  async (t) => {
    const folder = temporaryFolder();
    const dataDir = join(folder, 'data');
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, somebody.uid, somebody.gid);
    const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), dataDir], {
      ...somebody,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    assert.match(String(line), /^serving/);
    child.kill('SIGTERM');
    await once(child, 'close');
    assert.equal(statSync(join(dataDir, 'postgres')).uid, somebody.uid);
    const cluster = await started(t, dataDir);
    assert.equal(statSync(`/proc/${cluster.pid}`).uid, somebody.uid);
  },
);

test('a user whom the system has no name for is told so in one sentence', onlyRoot, async () => {
  const dataDir = join(temporaryFolder(), 'data');
  mkdirSync(dataDir);
  chownSync(dataDir, nameless.uid, nameless.gid);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), dataDir], {
    ...nameless,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (part) => (text += part));
  await once(child, 'close');
  assert.match(text, /UnusableSetting: PostgreSQL does not work for a user without a name .*number 54321/);
});

test(
  'an ordinary user is told about a folder that is not theirs, each time in one sentence',
  onlyRoot,
  async () => {
    const folder = temporaryFolder();
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o755 });
    const said = async (dataDir: string) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), dataDir], {
        uid: somebody.uid,
        gid: somebody.uid,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let text = '';
      child.stderr.on('data', (part) => (text += part));
      await once(child, 'close');
      return text;
    };
    assert.match(
      await said(join(closed, 'data')),
      /UnusableSetting: The data folder .* cannot be written to \(permission denied\)/,
    );
    assert.match(await said(closed), /UnusableSetting: The data folder .* cannot be written to/);
    const theirs = join(folder, 'theirs');
    mkdirSync(join(theirs, 'postgres'), { recursive: true });
    chownSync(theirs, somebody.uid, somebody.gid);
    writeFileSync(join(theirs, 'postgres/PG_VERSION'), '18\n');
    assert.match(
      await said(theirs),
      /UnusableSetting: The database in .* belongs to another user \(number 0\)/,
    );
  },
);

test('the temporary folder keeps no socket folder of these tests', () => {
  const own = (name: string) =>
    /^parley-[0-9a-f]{16}/.test(name) && existsSync(join(tmpdir(), name, '.s.PGSQL.5432.lock'));
  for (const name of readdirSync(tmpdir()).filter(own)) {
    const pid = Number(readFileSync(join(tmpdir(), name, '.s.PGSQL.5432.lock'), 'utf8').split('\n')[0]);
    assert.ok(existsSync(`/proc/${pid}`), `${name} is left behind`);
  }
});

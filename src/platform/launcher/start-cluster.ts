import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { totalmem } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import postgres from 'postgres';
import { UnusableSetting } from '#src/platform/settings.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { openDataFolder, unwritable } from './data-folder.ts';
import {
  clusterToken,
  findServer,
  isServerOf,
  processesOf,
  programReplaced,
  readPostmasterFile,
} from './postmaster.ts';
import { canReach, type ServerUser, serverUser } from './server-user.ts';
import { socketFolder } from './socket-folder.ts';

export interface ClusterOptions {
  /** Absolute path; the database lies in `postgres` below it. */
  dataDir: string;
  /** Folder of `postgres` and `initdb`; the embedded ones when absent. */
  binDir?: string;
  /** Made when absent; `parley` unless told. */
  database?: string;
  /** Told, in a sentence, what a person who waits would want to know. */
  say(line: string): void;
  /** Server settings beyond the launcher's own, as `-c name=value`. */
  settings?: Readonly<Record<string, string>>;
  /** Folder of the socket of an earlier start, kept so that pools find the next server by themselves. */
  socketDir?: string;
  /** Ends a start under way: what was started is stopped, and the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface Cluster {
  /** Folder of the Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: 'parley';
  readonly database: string;
  readonly pid: number;
  /** Resolves with the exit code (null when unknown) if the server ends although nobody asked; never otherwise. */
  readonly died: Promise<number | null>;
  /** Finishes what is under way in the server, stops it and waits for its end. May be called twice. */
  stop(): Promise<void>;
}

const user = 'parley';
const port = 5432;
/** How long a start is tried again while the processes of a killed server let go of its memory and its lock. */
const letGoMs = 30_000;
const stopMs = 60_000;
const logBytesMax = 1_000_000;

/**
 * Brings up the PostgreSQL of a data folder: makes it, starts it, or goes on with the one that a killed program left behind.
 * @throws UnusableSetting when the folder or the server cannot be used; any other error is a fault.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const folder = openDataFolder(options.dataDir);
  try {
    const pgData = join(folder.path, 'postgres');
    const runAs = serverUser(pgData);
    const binaries = findBinaries(folder.path, runAs, options.binDir);
    await ensureDatabaseFiles(folder.path, pgData, binaries, runAs, options.signal);
    const token = clusterToken(pgData);
    const host = options.socketDir ?? socketFolder(folder.path, token, runAs);
    const place: Place = { dataDir: folder.path, pgData, binaries, runAs, token, host, options };
    const server = (await adopt(place)) ?? (await start(place));
    try {
      const database = options.database ?? 'parley';
      await ensureDatabase(server, database);
      options.signal?.throwIfAborted();
      return {
        host: server.host,
        port: server.port,
        user,
        database,
        pid: server.pid,
        died: server.died,
        async stop() {
          await server.stop();
          removeIfEmpty(server.host);
          folder.release();
        },
      };
    } catch (error) {
      await server.stop();
      throw error;
    }
  } catch (error) {
    folder.release();
    throw error;
  }
}

interface Place {
  dataDir: string;
  pgData: string;
  binaries: Binaries;
  runAs: ServerUser | undefined;
  token: string;
  /** Folder of the socket of a server that we start; an adopted one names its own. */
  host: string;
  options: ClusterOptions;
}

interface Server {
  host: string;
  port: number;
  pid: number;
  died: Promise<number | null>;
  stop(): Promise<void>;
}

/** A first start that is killed leaves a draft, never half a database. */
async function ensureDatabaseFiles(
  dataDir: string,
  pgData: string,
  binaries: Binaries,
  runAs: ServerUser | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (existsSync(pgData)) {
    const major = majorOf(pgData);
    if (major === binaries.major) return;
    if (major === undefined) {
      throw new UnusableSetting(
        `The folder ${pgData} holds no database: restore it from a backup, or remove it to begin with an empty one.`,
      );
    }
    throw new UnusableSetting(
      `The data folder ${dataDir} holds a database of PostgreSQL ${major} and this Parley brings ${binaries.major}: start the Parley that made it, or choose another folder by PARLEY_DATA_DIR.`,
    );
  }
  for (const left of readdirSync(dataDir)) {
    if (left.startsWith('postgres.draft-')) await removeDraft(join(dataDir, left));
  }
  const draft = join(dataDir, `postgres.draft-${randomBytes(4).toString('hex')}`);
  try {
    mkdirSync(draft, { mode: 0o700 });
    if (runAs !== undefined) chownSync(draft, runAs.uid, runAs.gid);
    const locale =
      binaries.major >= 17 ? ['--locale-provider=builtin', '--locale=C.UTF-8'] : ['--locale=C.UTF-8'];
    // A start after a kill finds the one left behind by the draft's name in its arguments, also where no path names it. The server
    // is given its own name as it starts.
    const mark = binaries.major >= 16 ? ['-c', `cluster_name=${basename(draft)}`] : [];
    const made = await run(
      join(binaries.dir, 'initdb'),
      ['-D', seenBy(runAs, draft), '-U', user, '-A', 'trust', '-E', 'UTF8', '-k', ...locale, ...mark],
      { ...runAs, cwd: draft, env: serverEnvironment(), signal },
    );
    signal?.throwIfAborted();
    const nameless = /could not look up effective user ID (\d+)/.exec(made.output)?.[1];
    if (nameless !== undefined) {
      throw new UnusableSetting(
        `PostgreSQL does not work for a user without a name in /etc/passwd, as the one with number ${nameless}: give it one, or set PARLEY_DATABASE_URL to a PostgreSQL 15 to 18 of your own.`,
      );
    }
    if (made.code !== 0)
      throw new UnusableSetting(
        `The database in ${dataDir} could not be made: ${lastComplaint(made.output)}`,
      );
    renameSync(draft, pgData);
    syncFolder(dataDir);
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? unwritable(dataDir, error) : error;
  } finally {
    await removeDraft(draft);
  }
}

/** The program that was filling it outlives a kill of ours and would go on writing. */
async function removeDraft(draft: string): Promise<void> {
  const until = performance.now() + letGoMs;
  for (;;) {
    const filling = processesOf(basename(draft));
    // With the server processes that it runs, which share its group.
    for (const { pid } of filling) signalTo(-pid, 'SIGKILL');
    if (filling.length === 0 || performance.now() > until) break;
    await wait(20);
  }
  rmSync(draft, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

function majorOf(pgData: string): number | undefined {
  try {
    return Number(readFileSync(join(pgData, 'PG_VERSION'), 'utf8'));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw unwritable(pgData, error);
  }
}

/**
 * How the server's user names its data folder. Below a closed folder (a checkout of root's, in root's home) it cannot follow the
 * path, yet it may stand in the folder when we put it there: `/proc/self/cwd` is then a way that needs no search right above.
 * The server and all its children keep that working folder.
 */
function seenBy(runAs: ServerUser | undefined, folder: string): string {
  return canReach(runAs, folder) ? folder : '/proc/self/cwd';
}

/** Nothing of ours but the path: a PGPORT or a locale of the caller must not reach the server. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
}

/** Goes on with a server that outlived its program, if there is one worth it. */
async function adopt(place: Place): Promise<Server | undefined> {
  const { pgData, token, options } = place;
  const found = findServer(pgData, token);
  if (found.kind === 'foreign') {
    throw new UnusableSetting(
      `A PostgreSQL that Parley did not start (process ${found.pid}) serves ${pgData}: stop it, then start Parley again.`,
    );
  }
  if (found.kind === 'killed') {
    options.say('recovering: the database was not stopped properly; it is brought to its last commit.');
    await clearAway(place);
  }
  if (found.kind !== 'ours') return undefined;
  const { pid } = found.file;
  if (programReplaced(pid)) {
    options.say(
      'recovering: the database of the last run is of another installation; it is stopped and started anew.',
    );
    await stopServer(pid, token);
    return undefined;
  }
  options.say(`recovering: the database of the last run still serves (process ${pid}); going on with it.`);
  const ready = await readyFile(place, pid, () => !isServerOf(token, pid));
  options.signal?.throwIfAborted();
  if (ready === undefined) {
    await clearAway(place);
    return undefined;
  }
  return { ...watch(place, pid), host: ready.socketDir, port: ready.port, pid };
}

/**
 * Waits for the children of a killed server, then takes its lock files away if they would hinder the next: PostgreSQL itself
 * takes any living process of that number for the server, also one that only waits to be reaped or has got the number since.
 */
async function clearAway({ pgData, token, host }: Place): Promise<void> {
  const until = performance.now() + letGoMs;
  while (processesOf(token).length > 0 && performance.now() < until) await wait(50);
  if (processesOf(token).length > 0) return;
  rmSync(join(pgData, 'postmaster.pid'), { force: true });
  rmSync(join(host, `.s.PGSQL.${port}.lock`), { force: true });
}

async function start(place: Place): Promise<Server> {
  const until = performance.now() + letGoMs;
  for (;;) {
    place.options.signal?.throwIfAborted();
    const attempt = spawnServer(place);
    const ready = await readyFile(place, attempt.child.pid, () => hasEnded(attempt.child));
    if (ready !== undefined && attempt.child.pid !== undefined) {
      const pid = attempt.child.pid;
      return { ...watch(place, pid, attempt.child), host: place.host, port, pid };
    }
    place.options.signal?.throwIfAborted();
    const said = attempt.said();
    const passing = /lock file|shared memory block|could not bind|Address already in use/.test(said);
    if (!passing || performance.now() > until) {
      throw new UnusableSetting(`The database in ${place.dataDir} does not start: ${lastComplaint(said)}`);
    }
    await wait(250);
  }
}

function spawnServer(place: Place): { child: ChildProcess; said(): string } {
  const { dataDir, pgData, binaries, runAs, token, host, options } = place;
  const logFile = join(dataDir, 'postgres.log');
  const log = openSync(logFile, 'a');
  if (fstatSync(log).size > logBytesMax) ftruncateSync(log);
  const from = fstatSync(log).size;
  const settings = { ...serverSettings(token), ...options.settings };
  const child = spawn(
    join(binaries.dir, 'postgres'),
    [
      '-D',
      seenBy(runAs, pgData),
      '-k',
      host,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    // A group of its own: Ctrl-C must reach the program first, which finishes what is in flight while the database still serves.
    { ...runAs, cwd: pgData, env: serverEnvironment(), detached: true, stdio: ['ignore', log, log] },
  );
  child.on('error', () => {});
  child.unref();
  closeSync(log);
  return { child, said: () => readFileSync(logFile).subarray(from).toString() };
}

function serverSettings(token: string): Record<string, string> {
  const memoryMb = Math.floor(
    Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2 ** 20,
  );
  return {
    cluster_name: token,
    listen_addresses: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    shared_buffers: `${Math.min(1024, Math.max(128, Math.floor(memoryMb / 16)))}MB`,
    // Less to redo after a crash.
    max_wal_size: '512MB',
    // Syncing file by file took 3 of the 10 seconds that a recovery took; only Linux knows better.
    ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
    // What a statement did wrong is the program's to log; the server's file keeps what befalls the server, and stays small.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
  };
}

/**
 * Waits until the server with this number says that it is ready. Recovery takes as long as it takes: there is no limit while the
 * process lives.
 * @returns undefined when it ended; also when the start is given up, and the server stopped for it.
 */
async function readyFile({ pgData, options }: Place, pid: number | undefined, ended: () => boolean) {
  let toldAt = performance.now();
  let givenUp = false;
  for (;;) {
    const file = readPostmasterFile(pgData);
    if (pid === undefined || ended()) return undefined;
    if (options.signal?.aborted && !givenUp) {
      givenUp = true;
      signalTo(pid, 'SIGINT');
    }
    if (!givenUp && file?.pid === pid && file.status === 'ready') return file;
    if (performance.now() - toldAt > 5_000) {
      toldAt = performance.now();
      options.say('recovering: the database is not ready yet; waiting for it.');
    }
    await wait(20);
  }
}

/** Follows a server to its end, whether it is our child or was adopted. */
function watch({ token }: Place, pid: number, child?: ChildProcess): Pick<Server, 'died' | 'stop'> {
  let asked = false;
  let stopped: Promise<void> | undefined;
  const died = new Promise<number | null>((resolve) => {
    if (child !== undefined) {
      child.once('exit', (code) => asked || resolve(code));
      return;
    }
    const look = setInterval(() => {
      if (isServerOf(token, pid)) return;
      clearInterval(look);
      if (!asked) resolve(null);
    }, 500);
    look.unref();
  });
  return {
    died,
    stop() {
      asked = true;
      stopped ??= stopServer(pid, token, child);
      return stopped;
    },
  };
}

/** SIGINT rolls back what is open and writes everything down; harder means follow only if a minute was not enough. */
async function stopServer(pid: number, token: string, child?: ChildProcess): Promise<void> {
  const gone = () => (child === undefined ? !isServerOf(token, pid) : hasEnded(child));
  for (const [signal, patienceMs] of [
    ['SIGINT', stopMs],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    if (!gone()) signalTo(pid, signal);
    const until = performance.now() + patienceMs;
    while (!gone() && performance.now() < until) await wait(10);
    if (gone()) return;
  }
  throw new Error(`the database server, process ${pid}, does not end`);
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** A database cannot be made inside a transaction or "if not exists": whoever comes second is told that it is there. */
async function ensureDatabase({ host, port }: Server, name: string): Promise<void> {
  const sql = postgres({
    host,
    port,
    user,
    database: 'postgres',
    max: 1,
    onnotice() {},
    connection: { application_name: 'parley launcher' },
  });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${name}`;
    if (found === undefined) await sql`create database ${sql(name)}`;
  } catch (error) {
    if ((error as { code?: string }).code !== duplicateDatabase) throw error;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const duplicateDatabase = '42P04';

/** What PostgreSQL's own output gives as the reason, without its time and process number. */
function lastComplaint(output: string): string {
  const lines = output.trim().split('\n');
  const line = lines.findLast((candidate) => /FATAL|PANIC|error:/.test(candidate)) ?? lines.at(-1) ?? '';
  const reason = line.replace(/^.*?(FATAL|PANIC|error):\s*/, '').trim();
  return `${reason === '' ? 'it gives no reason' : reason.replace(/\.$/, '')}.`;
}

function run(
  program: string,
  args: readonly string[],
  options: { uid?: number; gid?: number; cwd: string; env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const gather = (part: Buffer) => {
      output += part.toString();
    };
    child.stdout.on('data', gather);
    child.stderr.on('data', gather);
    child.on('error', (error) => {
      output += error.message;
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is only tidier without: the next start uses it again.
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { temporaryFolder } from './cluster.ts';

export interface ProgramOptions {
  /** A folder of its own that goes with the test, unless told. */
  dataDir?: string;
  /** A database that is there already; else the embedded one is started in the data folder. */
  databaseUrl?: string;
  /** Added to the environment. What the test's own environment says about Parley does not reach the program. */
  env?: Readonly<Record<string, string>>;
  /** The user to run as, when the test is root. */
  uid?: number;
  gid?: number;
  /** What is started instead of the program itself, for example npm. */
  command?: readonly string[];
  /** Longest wait for the ready line. */
  readyMs?: number;
}

export interface Program {
  /** `http://localhost:PORT` */
  url: string;
  port: number;
  pid: number;
  dataDir: string;
  /** What it has said so far. */
  stdout: () => string;
  stderr: () => string;
  /** Asks it to stop and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ended>;
  /** Ends it without a chance to do anything; its database server lives on. */
  kill9(): Promise<Ended>;
  exited: Promise<Ended>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const main = join(import.meta.dirname, '../../src/app/main.ts');
const readyLine = /^Parley is ready: (http:\/\/\S+?:(\d+))\/?$/m;

/**
 * Starts the real program on a free port and waits until it says that it is ready. Whatever it leaves goes when the test process
 * ends, if `dataDir` was not given or is a `temporaryFolder()`.
 * @throws when it ends or stays silent instead, with what it said.
 */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const run = launchProgram(options);
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`the program ${what}\n${run.stdout()}${run.stderr()}`));
    const patience = setTimeout(() => {
      run.child.kill('SIGKILL');
      fail('did not become ready');
    }, options.readyMs ?? 60_000);
    const look = () => {
      const found = readyLine.exec(run.stdout());
      if (found === null) return;
      clearTimeout(patience);
      resolve(found);
    };
    run.child.stdout?.on('data', look);
    run.exited.then(({ code, signal }) => {
      clearTimeout(patience);
      fail(`ended with ${signal ?? code} before it was ready`);
    }, reject);
  });
  const { child, exited, dataDir } = run;
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    url: ready[1] ?? '',
    port: Number(ready[2]),
    pid: child.pid ?? 0,
    dataDir,
    stdout: run.stdout,
    stderr: run.stderr,
    stop: (signal = 'SIGTERM') => end(signal),
    kill9: () => end('SIGKILL'),
    exited,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) await end('SIGTERM');
    },
  };
}

/** A start that is expected to be refused: what it said and how it ended. */
export async function refusedStart(options: ProgramOptions = {}): Promise<Ended & { said: string }> {
  // The log has its own lines; what is looked at here is the sentence for the person who starts it.
  const run = launchProgram({ ...options, env: { PARLEY_LOG_LEVEL: 'silent', ...options.env } });
  const patience = setTimeout(() => run.child.kill('SIGKILL'), options.readyMs ?? 60_000);
  const ended = await run.exited;
  clearTimeout(patience);
  return { ...ended, said: `${run.stdout()}${run.stderr()}`.trim() };
}

interface Run {
  child: ChildProcess;
  dataDir: string;
  stdout: () => string;
  stderr: () => string;
  exited: Promise<Ended>;
}

function launchProgram(options: ProgramOptions): Run {
  const dataDir = options.dataDir ?? join(temporaryFolder(), 'data');
  const [command = process.execPath, ...args] = options.command ?? [process.execPath, main];
  // Where a scenario hears what the program called is the one thing about Parley that is passed on.
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      name === 'PARLEY_ACTS_CALLED' || (!name.startsWith('PARLEY_') && name !== 'NODE_TEST_CONTEXT'),
  );
  const child = spawn(command, args, {
    uid: options.uid,
    gid: options.gid,
    env: {
      ...Object.fromEntries(inherited),
      PARLEY_PORT: '0',
      PARLEY_DATA_DIR: dataDir,
      PARLEY_DATABASE_URL: options.databaseUrl ?? '',
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (part) => (said.stdout += part));
  child.stderr.on('data', (part) => (said.stderr += part));
  const exited = once(child, 'close').then(([code, signal]): Ended => ({ code, signal }));
  return { child, dataDir, stdout: () => said.stdout, stderr: () => said.stderr, exited };
}

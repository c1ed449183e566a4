// Runs the tests: those that need nothing, those with a real PostgreSQL (the newest and the oldest that Parley supports), and those
// in a browser. `node test/run.ts [--fast] [PATTERN …]` runs the files whose path contains one of the patterns.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Cluster } from '#src/platform/launcher/index.ts';
import { fastCluster, sharedClusterVariable } from './support/cluster.ts';
import { type Counts, countsVariable } from './support/reporter.ts';

interface Group {
  title: string;
  files: string[];
  /** One process for all files, which is many times as fast, or one for each, which keeps servers and signals apart. */
  together: boolean;
  /** How many files at a time, when not together. */
  concurrency: number;
  /** Longest time for a test, and for the whole group. */
  testMs: number;
  groupMs: number;
  /** Major version of the PostgreSQL that the tests share; 'embedded' is the one that Parley brings. */
  postgres?: 'embedded' | '15';
  needs?: Need[];
}

interface Need {
  program: string;
  debianPackage: string;
}

const root = resolve(import.meta.dirname, '..');
const oldestPostgres: Need = {
  program: '/usr/lib/postgresql/15/bin/postgres',
  debianPackage: 'postgresql-15',
};
const browser: Need = { program: '/usr/bin/chromium', debianPackage: 'chromium' };

function groupsOf(patterns: readonly string[], fastOnly: boolean): Group[] {
  const files = (...globs: string[]) =>
    globSync(globs, { cwd: root })
      .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)))
      .sort();
  const fast: Group = {
    title: 'rules and pure functions',
    files: files(
      'src/**/*.test.ts',
      'web/**/*.test.{ts,tsx}',
      'bench/**/*.test.ts',
      'test/*.test.ts',
      'test/support/**/*.test.ts',
    ),
    together: true,
    concurrency: 1,
    testMs: 30_000,
    groupMs: 120_000,
  };
  const withServer = files('test/*/**/*.test.ts').filter((file) => !/^test\/(browser|support)\//.test(file));
  const apart = { together: false, testMs: 180_000, groupMs: 900_000 };
  const slow: Group[] = [
    { ...apart, title: 'with PostgreSQL 18', files: withServer, concurrency: 2, postgres: 'embedded' },
    {
      ...apart,
      title: 'with PostgreSQL 15',
      files: withServer.filter((file) => /^test\/(spine|migrations|jobs|blobs)\//.test(file)),
      concurrency: 2,
      postgres: '15',
      needs: [oldestPostgres],
    },
    {
      ...apart,
      title: 'in a browser',
      files: files('test/browser/**/*.test.ts'),
      concurrency: 1,
      postgres: 'embedded',
      needs: [browser],
    },
  ];
  return (fastOnly ? [fast] : [fast, ...slow]).filter((group) => group.files.length > 0);
}

/** Installs what is missing where that is ours to do. @returns a sentence when it is not. */
function whyNotReady(needs: readonly Need[]): string | undefined {
  const missing = [...new Set(needs.filter(({ program }) => !existsSync(program)))];
  if (missing.length === 0) return undefined;
  const names = missing.map(({ debianPackage }) => debianPackage).join(' ');
  const sentence = `The tests need ${missing.map(({ program }) => program).join(' and ')}: install the Debian package ${names}, then run them again.`;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return sentence;
  console.log(`Installing ${names}.`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...names.split(' ')]]) {
    const done = spawnSync('apt-get', ['--quiet', '--quiet', ...args], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (done.status !== 0) console.log(done.stderr.trim());
  }
  return missing.every(({ program }) => existsSync(program)) ? undefined : sentence;
}

/** Ends whatever runs now; set while something does. */
let endCurrent: (signal: NodeJS.Signals) => void = () => {};
let interrupted: NodeJS.Signals | undefined;

async function runGroup(group: Group): Promise<Counts> {
  const started = performance.now();
  console.log(`\n${group.title}: ${group.files.length} ${group.files.length === 1 ? 'file' : 'files'}`);
  const folder = mkdtempSync(join(tmpdir(), 'parley-run-'));
  let cluster: Cluster | undefined;
  try {
    // The launcher is chosen by the same variable as the tests choose by, so that a file run alone gets the same server.
    if (group.postgres === '15') process.env.PARLEY_TEST_POSTGRES = '15';
    else delete process.env.PARLEY_TEST_POSTGRES;
    cluster = group.postgres === undefined ? undefined : await fastCluster();
    const countsFile = join(folder, 'counts.json');
    const env: NodeJS.ProcessEnv = { ...process.env, [countsVariable]: countsFile };
    if (cluster !== undefined) {
      const { host, port, pid } = cluster;
      env[sharedClusterVariable] = JSON.stringify({ host, port, pid });
    }
    const whole = await runNode(group, env);
    const counts = countsIn(countsFile);
    // A run that ends badly though no test did: it was cut short, or something failed outside the tests.
    if (!whole && counts.failed === 0) counts.failed = 1;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(
      `${group.title}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, ${seconds} s`,
    );
    return counts;
  } finally {
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns whether the run came to its end and found nothing wrong. */
function runNode(group: Group, env: NodeJS.ProcessEnv): Promise<boolean> {
  const args = [
    '--test',
    `--test-reporter=${join(root, 'test/support/reporter.ts')}`,
    '--test-reporter-destination=stdout',
    `--test-timeout=${group.testMs}`,
    ...(group.together ? ['--test-isolation=none'] : [`--test-concurrency=${group.concurrency}`]),
    ...group.files,
  ];
  return new Promise((done, fail) => {
    // In a process group of its own, so that the files' processes can be ended with it.
    const child = spawn(process.execPath, args, {
      cwd: root,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    endCurrent = (signal) => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
    };
    const patience = setTimeout(() => {
      console.log(`FAILED: the tests ${group.title} did not end within ${group.groupMs / 60_000} minutes`);
      endCurrent('SIGKILL');
    }, group.groupMs);
    child.once('error', fail);
    child.once('close', (code) => {
      clearTimeout(patience);
      endCurrent = () => {};
      done(code === 0);
    });
  });
}

function countsIn(file: string): Counts {
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Counts)
    : { passed: 0, failed: 0, skipped: 0 };
}

async function main(args: readonly string[]): Promise<number> {
  const groups = groupsOf(
    args.filter((arg) => !arg.startsWith('--')),
    args.includes('--fast'),
  );
  const refusal = whyNotReady(groups.flatMap(({ needs }) => needs ?? []));
  if (refusal !== undefined) {
    console.log(refusal);
    return 1;
  }
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const group of groups) {
    if (interrupted !== undefined) break;
    const counts = await runGroup(group);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 || total.passed === 0 || interrupted !== undefined ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted ??= signal;
    endCurrent('SIGTERM');
  });
}
process.exitCode = await main(process.argv.slice(2));

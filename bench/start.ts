import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder } from '#test/support/cluster.ts';
import { type BenchOptions, type BenchResult, median, rounded } from './harness/bench.ts';

export const summary = 'how long a start takes, from the command to the first page';

const root = resolve(import.meta.dirname, '..');
const rounds = 5;

/**
 * How long a start takes, from the command (`node bootstrap.mjs start`, which `npm start` executes) to the first page served over
 * HTTP, median of five. firstMs: packages installed and pages built, no data folder: the database is made and migrated. againMs: the
 * same folder after a proper stop. Limit nodeMs: a Node that starts and does nothing, in the same minute.
 */
export async function* run({
  seed,
  small,
  say,
}: Pick<BenchOptions, 'seed' | 'small' | 'say'>): AsyncGenerator<BenchResult> {
  const first: number[] = [];
  const again: number[] = [];
  const bare: number[] = [];
  const roundsHere = small ? 1 : rounds;
  for (let round = 0; round < roundsHere; round += 1) {
    const dataDir = join(temporaryFolder(), 'data');
    bare.push(await timeOfNode());
    first.push(await timeOfStart(dataDir));
    again.push(await timeOfStart(dataDir));
    rmSync(dataDir, { recursive: true, force: true });
    say(`start ${round + 1}/${roundsHere}: ${rounded(first.at(-1)!)} ms, again ${rounded(again.at(-1)!)} ms`);
  }
  const figures = { firstMs: rounded(median(first)), againMs: rounded(median(again)) };
  const limits = { nodeMs: rounded(median(bare)) };
  const ratios = {
    firstOfNode: rounded(figures.firstMs / limits.nodeMs),
    againOfNode: rounded(figures.againMs / limits.nodeMs),
  };
  yield { line: { bench: 'start', scenario: 'packages present', figures, limits, ratios, seed }, wrong: [] };
}

async function timeOfNode(): Promise<number> {
  const started = performance.now();
  await once(spawn(process.execPath, ['--eval', '0'], { stdio: 'ignore' }), 'close');
  return performance.now() - started;
}

/** Starts, waits for the first page, stops. */
async function timeOfStart(dataDir: string): Promise<number> {
  const started = performance.now();
  const program = spawn(process.execPath, [join(root, 'bootstrap.mjs'), 'start'], {
    env: {
      ...process.env,
      PARLEY_PORT: '0',
      PARLEY_DATA_DIR: dataDir,
      PARLEY_DATABASE_URL: '',
      PARLEY_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(program, 'close');
  try {
    let said = '';
    program.stderr.on('data', (part) => (said += part));
    const url = await new Promise<string>((found, fail) => {
      program.stdout.on('data', (part) => {
        said += part;
        const line = /^Parley is ready: (http:\S+)/m.exec(said);
        if (line?.[1] !== undefined) found(line[1]);
      });
      ended.then(() => fail(new Error(`the program did not start: ${said}`)), fail);
    });
    const page = await fetch(url);
    await page.arrayBuffer();
    if (!page.ok) throw new Error(`the first page answered ${page.status}`);
    return performance.now() - started;
  } finally {
    program.kill('SIGTERM');
    await ended;
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BenchLine } from '#bench/harness/bench.ts';
import { temporaryFolder } from '#test/support/cluster.ts';

const root = resolve(import.meta.dirname, '..');
const rounds = 5;

/**
 * How long a start takes, from the command (`node bootstrap.mjs start`, which `npm start` executes) to the first page served over
 * HTTP, median of five. firstMs: packages installed and pages built, no data folder: the database is made and migrated. againMs: the
 * same folder after a proper stop. Limit nodeMs: a Node that starts and does nothing, in the same minute.
 */
export async function run({ seed }: { seed: number }): Promise<BenchLine[]> {
  const first: number[] = [];
  const again: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const dataDir = join(temporaryFolder(), 'data');
    bare.push(await timeOfNode());
    first.push(await timeOfStart(dataDir));
    again.push(await timeOfStart(dataDir));
    rmSync(dataDir, { recursive: true, force: true });
  }
  const figures = { firstMs: median(first), againMs: median(again) };
  const limits = { nodeMs: median(bare) };
  return [
    {
      bench: 'start',
      scenario: 'packages present',
      figures,
      limits,
      ratios: {
        firstOfNode: rounded(figures.firstMs / limits.nodeMs),
        againOfNode: rounded(figures.againMs / limits.nodeMs),
      },
      seed,
    },
  ];
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

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

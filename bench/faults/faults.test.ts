import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { faults, faultsSmallSize } from '#bench/simulate.ts';
import { createRoutingOn } from '#src/modules/routing/shell.ts';
import type { Compared, Recorded } from './replay.ts';
import type { Sabotage } from './store.ts';
import { playRound, type RoundOptions } from './world.ts';

test('whatever fails, nobody is given too much, nothing is lost, doubled or passed over, and nothing stands still', async (t) => {
  const { line, wrong } = await faults(faultsSmallSize, { seed: 1, say: (text) => t.diagnostic(text) });
  assert.deepEqual(wrong, []);
  const { figures } = line;
  for (const name of [
    'overAssigned',
    'lost',
    'doubled',
    'inversions',
    'stuck',
    'stale',
    'notAllowed',
    'threw',
  ])
    assert.equal(figures[name], 0, name);
  assert.equal(figures.contacts, faultsSmallSize.contacts);
  // It was a storm: copies took over from one another, offers were let pass, and most of their order could be judged.
  assert.ok(figures.takeovers! > 50, `${figures.takeovers}`);
  assert.ok(figures.offers! > 1.1 * faultsSmallSize.contacts, `${figures.offers}`);
  assert.ok(figures.unjudged! < 0.75 * figures.offers!, `${figures.unjudged}`);
});

test('the same seed is the same history, another seed another', async () => {
  const history = async (seed: number) => (await playRound({ seed, contacts: 300 })).history;
  const once = await history(5);
  assert.equal(await history(5), once);
  assert.notEqual(await history(6), once);
});

// A judge that finds nothing must be one that would have found it.

async function caught(more: Partial<RoundOptions>, seeds: readonly number[]): Promise<string[]> {
  const sentences: string[] = [];
  for (const seed of seeds) {
    sentences.push(...(await playRound({ seed, contacts: 600, ...more })).sentences);
    if (sentences.length > 0) break;
  }
  return sentences;
}

const seeds = Array.from({ length: 60 }, (_, i) => i + 1);

for (const [name, sabotage, expected] of [
  ['takes offers from whoever owned the pool before', { noFence: true }, /^stale .* had been taken/],
  [
    'writes an offer though the interaction changed meanwhile',
    { noSeq: true },
    /^stale .* was offered as it was/,
  ],
  ['does not count slots', { noCapacity: true }, /^(?:overAssigned|inversions) /],
  ['forgets to free a slot', { forgetsSlots: true }, /^(?:stuck|lost) /],
  ['answers before it wrote', { answersFirst: true }, /^(?:stuck|lost) /],
] as [string, Sabotage, RegExp][])
  test(`a record that ${name} is found out`, async () => {
    const [first = 'nothing was found'] = await caught({ sabotage }, seeds);
    assert.match(first, expected);
  });

test('a shell that never compares with the record is found out', async () => {
  const createShell: typeof createRoutingOn = (record, ctx, options) => {
    const after = (ms: number, act: () => void) => (ms === 10_000 ? () => {} : ctx.clock.after(ms, act));
    return createRoutingOn(record, { ...ctx, clock: { ...ctx.clock, after } }, options);
  };
  const [first = 'nothing was found'] = await caught({ createShell }, seeds);
  assert.match(first, /^(?:stuck|lost) /);
});

test('an hour of faults, takeovers included, is decided again byte for byte from what the engines were told alone', async () => {
  const { store, takeovers } = await playRound({ seed: 3, contacts: 800, keepsJournal: true });
  assert.ok(takeovers > 5);
  const recorded: Recorded = {
    chunks: store.journal.map((chunk) => ({ ...chunk, body: Buffer.from(chunk.body).toString('base64') })),
    decisions: store.decisions,
  };
  const folder = mkdtempSync(join(tmpdir(), 'parley-replay-'));
  try {
    const file = join(folder, 'hour.json');
    writeFileSync(file, JSON.stringify(recorded));
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, 'replay.ts'), file],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
    const found = JSON.parse(stdout) as Compared;
    assert.deepEqual(found.differences, []);
    assert.equal(found.equal, found.written);
    assert.ok(found.runs > 5 && found.written > 800, stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { chance } from '#bench/harness/chance.ts';
import { manualClock } from '#src/platform/clock.ts';
import { agent, type as typeFact, waiting } from '#test/support/routing-facts.ts';
import { createEngine } from './engine.ts';
import { type Appended, createRun, flushMs, type JournalChunk, type Run, unpack } from './journal.ts';
import type { Input } from './journal-form.ts';
import { momentOf, quietMs } from './moment.ts';
import { canonicalJson, createReplay, JournalBroken, type Replayed, type ToldChunk } from './replay.ts';
import type { AgentSeen, Decision, InteractionSeen, TypeSeen } from './seam.ts';

// A journal in memory, and hours made up by chance: whatever an engine was told, the journal alone must give the same decisions.

function memory(answer: (chunk: JournalChunk) => Appended | Promise<Appended> = () => 'kept') {
  const chunks: JournalChunk[] = [];
  return {
    chunks,
    async append(chunk: JournalChunk): Promise<Appended> {
      const appended = await answer(chunk);
      if (appended === 'kept') chunks.push(chunk);
      return appended;
    },
  };
}

const told = (chunk: JournalChunk): ToldChunk => ({ ...chunk, inputs: unpack(chunk.body) });
const clockAt = () => manualClock('2026-03-02T08:00:00Z');
const quiet = { warn() {} };

function runOn(record: ReturnType<typeof memory>, clock = clockAt()): Run {
  return createRun(createEngine(), record, { epoch: '1', clock, log: quiet });
}

function replayFrom(chunks: readonly JournalChunk[]): Replayed[] {
  const replay = createReplay();
  return chunks.flatMap((chunk) => replay.take(told(chunk)));
}

const plainOf = (decisions: readonly Decision[]) => decisions.map((decision) => canonicalJson(decision));
const replayedOf = (replayed: readonly Replayed[]) => plainOf(replayed.map(({ decision }) => decision));

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An hour of a centre in which everything may happen to anybody. */
async function hour(
  run: Run,
  clock: ReturnType<typeof clockAt>,
  by: () => number,
  steps: number,
  /** Looks after each step; then the clock is not put back, as a moment would come twice. */
  watch?: (now: number, waiting: string[]) => void,
): Promise<Decision[]> {
  const pick = <One>(some: readonly One[]): One => some[Math.floor(by() * some.length)]!;
  const often = (share: number) => by() < share;
  const now = () => clock.now().getTime();
  let version = 0;
  const people = Array.from({ length: 12 }, (_, i) => `agent-${String(i).padStart(2, '0')}`);
  const skills = ['billing', 'orders', 'repairs'];
  const known = new Map<string, AgentSeen>();
  const rows = new Map<string, InteractionSeen>();
  const decided: Decision[] = [];
  let pending: Decision[] = [];

  const seeAgent = (agentId: string) => {
    const before = known.get(agentId);
    version += 1;
    const seen =
      before !== undefined && often(0.6)
        ? { ...structuredClone(before), version, ready: often(0.8), idleSince: now() }
        : agent(agentId, {
            version,
            ready: often(0.85),
            clients: often(0.9) ? ['acme', 'brume'] : ['acme'],
            capacity: { chat: 1 + Math.floor(by() * 3), email: often(0.5) ? 2 : 0 },
            competencies: skills
              .filter(() => often(0.8))
              .map((competencyId) => ({
                competencyId,
                level: 1 + Math.floor(by() * 5),
                validUntil: often(0.3) ? Number.POSITIVE_INFINITY : now() + by() * 600_000,
              })),
            languages: [{ language: 'fr', level: 3, validUntil: now() + 400_000 }],
            teams: [pick(['north', 'south'])],
            idleSince: now() - Math.floor(by() * 100_000),
            ...(often(0.1) && { barred: [{ typeId: 'repairs', reason: 'mandatory-information-unread' }] }),
          });
    known.set(agentId, seen);
    run.see(seen);
  };
  const seeType = (typeId: string) => {
    version += 1;
    const some: Partial<TypeSeen> = {
      typeId,
      version,
      clientId: pick(['acme', 'brume']),
      channel: typeId === 'mail' ? 'email' : 'chat',
      requires: often(0.8) ? [{ competencyId: pick(skills), level: 1 + Math.floor(by() * 2) }] : [],
      ...(often(0.3) && { bestLevelFirst: true }),
      ...(often(0.3) && { targetMs: 30_000 }),
      ...(often(0.3) && { ageing: { everyMs: 10_000, by: 1, atMost: 5 } }),
      ...(often(0.2) && { language: { level: 2 } }),
      ...(often(0.3) && {
        widening: { best: [{ competencyId: pick(skills), level: 5 }], steps: [{ afterMs: 8_000, lower: 2 }] },
      }),
      ...(often(0.3) && {
        teams: [
          { teamIds: ['north'], afterMs: 0 },
          { teamIds: ['south'], afterMs: 6_000 },
        ],
      }),
      ...(typeId === 'mail' && { deferred: { reserve: 1 } }),
      ...(often(0.1) && { paused: { why: 'paused-by-hand', until: now() + 5_000 } }),
    };
    run.see(typeFact(some));
  };
  const see = (row: InteractionSeen) => {
    if (row.state === 'closed') rows.delete(row.interactionId);
    else rows.set(row.interactionId, row);
    run.see(row);
  };
  const life = { offered: 'handling', handling: 'wrapping', wrapping: 'closed' } as const;
  const goOn = (row: InteractionSeen): InteractionSeen => {
    const { agentId, agentSince: _, ...rest } = row;
    const next = life[row.state as keyof typeof life];
    if (row.state === 'offered' && often(0.3))
      return {
        ...rest,
        seq: row.seq + 1,
        state: 'waiting',
        notTo: [...new Set([...(row.notTo ?? []), agentId!])],
        askAgainAt: now() + 15_000,
      };
    return next === 'closed'
      ? { ...rest, seq: row.seq + 1, state: next }
      : { ...row, seq: row.seq + 1, state: next ?? row.state };
  };

  version += 1;
  run.see({
    kind: 'rules',
    version,
    channels: { chat: { email: 'interrupts' }, email: { chat: 'excluded' } },
  });
  for (const typeId of ['orders', 'repairs', 'mail']) seeType(typeId);
  for (const agentId of people.slice(0, 9)) seeAgent(agentId);
  for (let step = 0; step < steps; step += 1) {
    if (often(0.5)) clock.pass(Math.floor(by() * 900));
    if (often(0.02) && watch === undefined) clock.jump(-400);
    const dice = by();
    if (dice < 0.3)
      see(
        waiting(`call-${String(step).padStart(6, '0')}`, now(), {
          typeId: pick(['orders', 'repairs', 'mail', 'unknown']),
          clientId: pick(['acme', 'brume']),
          channel: pick(['chat', 'chat', 'email']),
          priority: Math.floor(by() * 3),
          language: pick(['en', 'fr']),
          ...(often(0.15) && {
            preferred: { agentId: pick(people), until: now() + 9_000, why: 'last-agent' as const },
          }),
          ...(often(0.05) && { toAgent: { agentId: pick(people), until: now() + 20_000 } }),
          ...(often(0.05) && { toTeam: { teamId: 'south', until: now() + 20_000 } }),
        }),
      );
    else if (dice < 0.45) seeAgent(pick(people));
    else if (dice < 0.48) seeType(pick(['orders', 'repairs', 'mail']));
    else if (dice < 0.5) {
      version += 1;
      const agentId = pick(people);
      known.delete(agentId);
      run.forget({ kind: 'agent', agentId, version });
    } else if (dice < 0.65 && rows.size > 0) {
      const row = pick([...rows.values()]);
      if (row.state !== 'waiting') see(goOn(row));
      else run.see({ ...row }); // told twice
    } else if (dice < 0.72) run.whyWaiting('nobody', now());
    // What was decided is written, refused, or fails.
    for (const decision of pending.splice(0, Math.floor(by() * 3))) {
      const row = rows.get(decision.interactionId);
      if (row === undefined || row.seq !== decision.seq) continue;
      const how = by();
      if (how < 0.75)
        see({ ...row, seq: row.seq + 1, state: 'offered', agentId: decision.agentId, agentSince: now() });
      else if (how < 0.85) run.release(row.interactionId);
      else run.release(row.interactionId, now() + 1_000);
    }
    const decisions = run.decide(now(), Math.max(0, 16 - pending.length));
    pending.push(...decisions);
    decided.push(...decisions);
    if (decisions.length > 0) await run.written();
    watch?.(
      now(),
      [...rows.values()].flatMap(({ state, interactionId }) => (state === 'waiting' ? [interactionId] : [])),
    );
    if (step % 5 === 0) await turn();
  }
  return decided;
}

test('from the journal alone, an hour in which anything may happen is decided again word for word', async () => {
  for (let seed = 1; seed <= 8; seed += 1) {
    const clock = clockAt();
    const record = memory();
    const run = runOn(record, clock);
    const decided = await hour(run, clock, chance(seed).next, 250);
    await run.end();
    assert.ok(decided.length > 20, `hour ${seed} decides something`);
    const replayed = replayFrom(record.chunks);
    assert.deepEqual(replayedOf(replayed), plainOf(decided), `hour ${seed}`);
    assert.deepEqual(
      replayed.map(({ position }) => position),
      decided.map((_, index) => index + 1),
    );
  }
});

test('a replay that begins at a restart point decides like one that begins with the run', async () => {
  let restarts = 0;
  for (let seed = 1; seed <= 3; seed += 1) {
    const clock = clockAt();
    const record = memory();
    const run = createRun(createEngine(), record, {
      epoch: '1',
      clock,
      log: quiet,
      restartBytesMin: 1_000,
      restartRatio: 0.2,
      chunkInputsMax: 20,
      // By the clock that is handed in: how soon a thread has its turn would decide how many restart points there are.
      compress: (text) => new Promise((resolve) => clock.after(1_500, () => resolve(zstdCompressSync(text)))),
    });
    const decided = plainOf(await hour(run, clock, chance(100 + seed).next, 250));
    await run.end();
    const { chunks } = record;
    for (const { fromN, n, decided: before } of chunks.filter(({ kind }) => kind === 'restart')) {
      restarts += 1;
      assert.ok(n > fromN, 'it has several parts, with inputs in between');
      assert.deepEqual(
        replayedOf(replayFrom(chunks.slice(fromN))),
        decided.slice(before),
        `hour ${seed} from chunk ${fromN} on`,
      );
    }
    assert.deepEqual(replayedOf(replayFrom(chunks)), decided);
  }
  assert.ok(restarts > 8, `there were ${restarts} restart points`);
});

test('an input that was left out, or told out of turn, is noticed', async () => {
  const clock = clockAt();
  const record = memory();
  const run = runOn(record, clock);
  const decided = plainOf(await hour(run, clock, chance(5).next, 200));
  await run.end();
  const whole = record.chunks.map(told);
  const inputs = whole.flatMap((chunk) => chunk.inputs);
  const again = (changed: readonly Input[]): string[] | 'broken' => {
    const replay = createReplay();
    try {
      return replayedOf(replay.take({ ...whole[0]!, inputs: changed }));
    } catch (fault) {
      if (fault instanceof JournalBroken || fault instanceof TypeError) return 'broken';
      throw fault;
    }
  };
  assert.deepEqual(again(inputs), decided);
  const isArrival = ([kind, , seq]: Input) => kind === 'is' && seq === 1;
  const isDecided = (id: unknown) => decided.some((text) => text.includes(JSON.stringify(id)));
  const arrivals = inputs.flatMap((input, at) => (isArrival(input) && isDecided(input[1]) ? [at] : []));
  assert.ok(arrivals.length > 20);
  for (const at of arrivals) {
    assert.notDeepEqual(again(inputs.toSpliced(at, 1)), decided, 'without an arrival');
    const decides = inputs.findIndex((input, i) => i > at && input[0] === 'decide' && input[3] > 0);
    if (decides === -1) continue;
    // Where nothing was decided at once another order may come to the same; where it was, it cannot.
    const first =
      decided[inputs.slice(0, decides).reduce((sum, one) => sum + (one[0] === 'decide' ? one[3] : 0), 0)]!;
    if (!first.includes(JSON.stringify(inputs[at]![1]))) continue;
    const moved = inputs.toSpliced(at, 1).toSpliced(decides, 0, inputs[at]!);
    assert.notDeepEqual(again(moved), decided, 'told after it was decided upon');
  }
  assert.throws(() => replayFrom(record.chunks.toSpliced(1, 1)), JournalBroken, 'without a chunk');
  assert.throws(
    () => replayFrom(record.chunks.toSpliced(1, 2, record.chunks[2]!, record.chunks[1]!)),
    JournalBroken,
  );
});

test('what was decided waits until the journal has it, and rounds that wait share a chunk', async () => {
  const gates: PromiseWithResolvers<Appended>[] = [];
  const record = memory(() => {
    const gate = Promise.withResolvers<Appended>();
    gates.push(gate);
    return gate.promise;
  });
  const run = runOn(record);
  const safe: string[] = [];
  const round = (name: string) => {
    run.see(waiting(name, 1));
    run.decide(2);
    void run.written().then(() => safe.push(name));
  };
  round('one');
  await turn();
  round('two');
  round('three');
  await turn();
  assert.deepEqual([gates.length, safe], [1, []], 'one chunk is on its way, and nothing is safe');
  gates[0]!.resolve('kept');
  await turn();
  assert.deepEqual([gates.length, safe], [2, ['one']]);
  gates[1]!.resolve('kept');
  await turn();
  assert.deepEqual([gates.length, safe], [2, ['one', 'two', 'three']]);
});

test('a chunk that failed is tried again as it was, and what waited for it hears of the fault', async () => {
  let failures = 2;
  const tried: string[] = [];
  const clock = clockAt();
  const record = memory((chunk) => {
    tried.push(`${chunk.n}: ${JSON.stringify(unpack(chunk.body).map(([kind]) => kind))}`);
    if (failures-- > 0) throw new Error('away');
    return 'kept';
  });
  const run = runOn(record, clock);
  run.see(waiting('one', 1));
  run.decide(2);
  await assert.rejects(run.written(), /away/);
  run.see(waiting('two', 3));
  run.decide(4);
  await assert.rejects(run.written(), /away/);
  // Also without anybody asking, after a while.
  clock.pass(flushMs);
  await run.end();
  assert.deepEqual(tried, [...Array.from({ length: 3 }, () => '0: ["is","decide"]'), '1: ["is","decide"]']);
});

test('another owner ends a run, and a gap has another run begun', async () => {
  for (const [appended, givenUp] of [
    ['owner-changed', false],
    ['gap', true],
  ] as const) {
    const run = runOn(memory(() => appended));
    run.see(waiting('one', 1));
    run.decide(2);
    assert.equal(await run.written(), false);
    assert.equal(run.isGivenUp(), givenUp);
    run.decide(3);
    assert.equal(await run.written(), false);
  }
});

test('what is told without a decision is written within a second', async () => {
  const clock = clockAt();
  const record = memory();
  const run = runOn(record, clock);
  run.see(agent('ann'));
  run.see(agent('ann', { version: 2, ready: false, idleSince: 7 }));
  run.see(agent('ann', { version: 2, ready: true }));
  clock.pass(flushMs);
  await turn();
  assert.deepEqual(
    record.chunks.map((chunk) => unpack(chunk.body)),
    [
      [
        ['agent', agent('ann')],
        ['idle', 'ann', 2, false, 7],
      ],
    ],
    'what was no news is not in it',
  );
});

test('a moment that is over is explained as it was explained then, and each decision by what came just before it', async () => {
  for (const seed of [21, 22]) {
    const clock = clockAt();
    const record = memory();
    const run = createRun(createEngine(), record, {
      epoch: '1',
      clock,
      log: quiet,
      restartBytesMin: 2_000,
      restartRatio: 0.2,
      chunkInputsMax: 20,
    });
    const by = chance(seed).next;
    const then = new Map<number, { interactionId: string; explained: ReturnType<Run['explain']> }>();
    const watch = (now: number, ids: string[]) => {
      then.delete(now); // something was told at the same instant after it: what was last is meant
      if (ids.length === 0 || by() > 0.7) return;
      const interactionId = ids[Math.floor(by() * ids.length)]!;
      then.set(now, { interactionId, explained: run.explain(interactionId, now) });
    };
    const decided = await hour(run, clock, by, 300, watch);
    await run.end();
    const chunks = record.chunks.map(told);
    const restarts = chunks.filter(({ kind }) => kind === 'restart');
    const atOf = (n: number) => record.chunks[n]!.at.getTime();
    const beginning = (fits: (n: number) => boolean) =>
      by() < 0.3 ? 0 : (restarts.findLast(({ n }) => fits(n))?.fromN ?? 0);
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

    assert.ok(then.size > 30 && restarts.length > 0);
    for (const [at, { interactionId, explained }] of then) {
      const from = beginning((n) => atOf(n) <= at);
      const found = momentOf(chunks.slice(from), { interactionId, at });
      if (explained === undefined) assert.equal(found.kind, 'not-waiting', 'it was being offered');
      else assert.deepEqual(plain(found), plain({ kind: 'waiting', ...explained }), `hour ${seed} at ${at}`);
    }
    for (const [index, { interactionId, agentId, why }] of decided.entries()) {
      const position = index + 1;
      const from = beginning((n) => chunks[n]!.decided < position);
      const found = momentOf(chunks.slice(from), { interactionId, position });
      assert.ok(found.kind === 'decided');
      assert.deepEqual([found.agentId, plain(found.why)], [agentId, plain(why)], `decision ${position}`);
      const could = found.agents.filter(({ place }) => place !== undefined);
      assert.equal(could[0]?.agentId, agentId, 'the first of them was asked');
      assert.equal(could.length, why.eligibleCount);
      for (const { reason, count } of why.not)
        assert.equal(found.agents.filter((one) => one.reason === reason).length, count, reason);
    }
  }
});

test('where nobody routed, or it had not arrived or was over, that is what a moment answers', async () => {
  const clock = clockAt();
  const record = memory();
  const run = runOn(record, clock);
  const start = clock.now().getTime();
  const at = (ms: number, interactionId = 'one') =>
    momentOf(record.chunks.map(told), { interactionId, at: start + ms });
  run.decide(start);
  clock.pass(1_000);
  run.see(waiting('one', start));
  run.decide(start + 1_000);
  clock.pass(4_000);
  run.see(waiting('one', start, { seq: 2, state: 'handling', agentId: 'ann' }));
  run.decide(start + 5_000);
  clock.pass(2_000);
  run.see(waiting('one', start, { seq: 3, state: 'closed' }));
  run.decide(start + 7_000);
  await run.end();
  const kinds = [-1, 0, 1_000, 4_999, 5_000, 7_000, 7_000 + quietMs, 7_001 + quietMs].map(
    (ms) => at(ms).kind,
  );
  assert.deepEqual(
    kinds,
    [
      'nobody-routed',
      'not-there',
      'not-waiting',
      'not-waiting',
      'not-waiting',
      'not-there',
      'not-there',
      'nobody-routed',
    ].map((kind, index) => (index === 2 || index === 3 ? 'waiting' : kind)),
  );
});

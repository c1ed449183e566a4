import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type postgres from 'postgres';
import { temporaryFolder } from '#test/support/cluster.ts';
import type { Program } from '#test/support/program.ts';
import { type BenchOptions, type BenchResult, median, quantile, rounded } from './harness/bench.ts';
import { eachOf } from './harness/caller.ts';
import { type Centre, setUpCentre } from './harness/centre.ts';
import { type Chance, chance } from './harness/chance.ts';
import {
  type Differences,
  differences,
  readStored,
  type Stored,
  stuck,
  wrongSlots,
} from './harness/comparison.ts';
import { CrashCustomer } from './harness/crash-customer.ts';
import { CrashDesk } from './harness/crash-desk.ts';
import { Journal } from './harness/journal.ts';
import { MachineLimits } from './harness/limits.ts';
import { databaseOf, databasePid, freePort, startProduct } from './harness/product.ts';

export const summary =
  'kill -9 of the program and of the database under load and at every fault point: nothing lost, doubled or stuck';

/** The commits of an interaction's life, and a place to be killed at before and after each. */
const commits = ['arrive', 'offer', 'accept', 'line', 'end', 'complete'] as const;
export const faultPoints: readonly string[] = commits.flatMap((act) => [`before ${act}`, `after ${act}`]);

export interface CrashSize {
  /** Kills at moments drawn by chance. */
  kills: number;
  /** Places of the write path where the process kills itself. */
  points: readonly string[];
  /** A fault point is passed for the n-th time, n drawn up to this. */
  passingMax: number;
  customers: number;
  agents: number;
  /** How long the load runs before a kill, in milliseconds: between these. */
  loadMs: readonly [number, number];
  limitsMs: number;
  /** After each kill everybody looks at their page again, which makes it try at once instead of after its back-off: saves minutes. */
  hurry: boolean;
}

export const crashSize: CrashSize = {
  kills: 25,
  points: faultPoints,
  passingMax: 20,
  customers: 70,
  agents: 14,
  loadMs: [1_000, 3_000],
  limitsMs: 2_000,
  hurry: false,
};

export const crashSmallSize: CrashSize = {
  kills: 1,
  points: ['before arrive', 'after accept'],
  passingMax: 4,
  customers: 20,
  agents: 4,
  loadMs: [500, 1_000],
  limitsMs: 200,
  hurry: true,
};

export const crashScenarios = ['program', 'database'] as const;
export type CrashScenario = (typeof crashScenarios)[number];

const slots = 8;
/** Longer than a recovery takes, so that offers outlive it and are found again. */
const offerSeconds = 120;
const actsPerSecondMin = 50;
/** Above it something counts as stuck; a look at the record costs less than a second. */
const stuckMs = 5_000;
/** How long those who wait for the program may take to have everything confirmed; their back-off alone reaches 30 s. */
const settleMs = 90_000;
/**
 * The program starts a dead database again at once; after several deaths in a row it takes longer each time and then gives up, until
 * a minute has passed in peace. Here it is restarted in order instead of being left in peace.
 */
const deathsInARowMax = 2;

export async function* run(options: BenchOptions): AsyncGenerator<BenchResult> {
  for (const scenario of crashScenarios)
    yield await crash(scenario, options.small ? crashSmallSize : crashSize, options);
}

/** One scenario: load, kill, recover, let everything settle, hold the journal against the database; again. */
export async function crash(
  scenario: CrashScenario,
  size: CrashSize,
  { seed, say }: Pick<BenchOptions, 'seed' | 'say'>,
): Promise<BenchResult> {
  const drawn = chance(seed);
  await using limits = await MachineLimits.open();
  await limits.measureCommits(size.limitsMs);
  await using house = await CrashHouse.open(size, drawn);
  const rounds: { point?: string; passing: number }[] = [
    ...Array.from({ length: size.kills }, () => ({ passing: 0 })),
    ...size.points.map((point) => ({ point, passing: 1 + drawn.index(size.passingMax) })),
  ];
  let deathsInARow = 0;
  for (const [index, { point, passing }] of rounds.entries()) {
    if (point !== undefined)
      await house.restart(`${scenario === 'database' ? 'database ' : ''}${point}@${passing}`);
    else if (scenario === 'database' && deathsInARow >= deathsInARowMax) {
      await house.restart();
      deathsInARow = 0;
    }
    await house.kill(scenario, point, drawn.between(...size.loadMs));
    deathsInARow += 1;
    const found = await house.compare();
    const wrong = (Object.keys(found) as (keyof Found)[]).flatMap((name) =>
      found[name].map((text) => `${name}: ${text}`),
    );
    say(
      `${scenario} ${index + 1}/${rounds.length}${point === undefined ? '' : ` ${point}`}: recovered after ${Math.round(house.recoveryMs.at(-1) ?? 0)} ms, ${house.journal.acknowledged} acknowledged${wrong.length === 0 ? '' : `, ${wrong.length} WRONG`}`,
    );
    for (const sentence of wrong.slice(0, 10)) say(`  ${sentence}`);
  }
  await house.close();
  await limits.measureCommits(size.limitsMs);

  const { total } = house;
  const actsPerSecond = house.loadActs / (house.loadMs / 1000);
  const figures = {
    kills: rounds.length,
    acknowledged: house.journal.acknowledged,
    lost: total.lost,
    doubled: total.doubled,
    stuck: total.stuck,
    wrongSlots: total.wrongSlots,
    reordered: total.reordered,
    broken: total.broken,
    unseen: total.unseen,
    actsPerSecond: rounded(actsPerSecond),
    faultPoints: size.points.length,
    recoveryMsP50: rounded(median(house.recoveryMs)),
    recoveryMsMax: rounded(quantile(house.recoveryMs, 1)),
  };
  const wrong = (Object.keys(total) as (keyof typeof total)[]).flatMap((name) =>
    total[name] === 0 ? [] : [`${name} is ${total[name]} and must be 0.`],
  );
  // The small size shows that nothing is lost; that the load is heavy enough to count is asked of the whole one.
  if (size === crashSize && actsPerSecond < actsPerSecondMin)
    wrong.push(
      `Only ${rounded(actsPerSecond)} acts a second were acknowledged; below ${actsPerSecondMin} it does not count.`,
    );
  return {
    line: {
      bench: 'crash',
      scenario,
      figures,
      limits: limits.figures(),
      ratios: { actsOfCommits: rounded(actsPerSecond / limits.commitsPerSecond16) },
      seed,
    },
    wrong,
  };
}

type Found = Differences & { stuck: string[]; wrongSlots: string[]; unseen: string[] };

/** The program under load, with all who use it, from outside. */
class CrashHouse {
  readonly journal = new Journal();
  readonly recoveryMs: number[] = [];
  readonly total = { lost: 0, doubled: 0, stuck: 0, wrongSlots: 0, reordered: 0, broken: 0, unseen: 0 };
  /** Acts acknowledged while the load ran undisturbed, and for how long it did. */
  loadActs = 0;
  loadMs = 0;
  #program: Program;
  #sql: postgres.Sql;
  readonly #port: number;
  readonly #hurry: boolean;
  readonly #customers: CrashCustomer[];
  readonly #desks: CrashDesk[];
  #gate: { open: Promise<void>; let: () => void } | undefined;
  #over = false;
  #lives: Promise<unknown>[] = [];

  private constructor(program: Program, port: number, centre: Centre, size: CrashSize, drawn: Chance) {
    this.#program = program;
    this.#port = port;
    this.#hurry = size.hurry;
    this.#sql = databaseOf(program.dataDir);
    this.#customers = Array.from(
      { length: size.customers },
      (_, index) =>
        new CrashCustomer(
          program.url,
          centre.channelKey,
          `customer ${index + 1}`,
          this.journal,
          chance(drawn.next() * 2 ** 32),
        ),
    );
    this.#desks = centre.agents.map(
      (agent) => new CrashDesk(program.url, centre, agent, this.journal, chance(drawn.next() * 2 ** 32)),
    );
  }

  static async open(size: CrashSize, drawn: Chance): Promise<CrashHouse> {
    const port = await freePort();
    const program = await startProduct({
      dataDir: join(temporaryFolder(), 'data'),
      env: { PARLEY_PORT: String(port) },
    });
    try {
      const centre = await setUpCentre(program.url, { agents: size.agents, slots, offerSeconds });
      const house = new CrashHouse(program, port, centre, size, drawn);
      house.#pause();
      await eachOf([...house.#desks, ...house.#customers], 8, (one) => one.open());
      const mayAct = async () => {
        await house.#gate?.open;
        return !house.#over;
      };
      house.#lives = [...house.#desks, ...house.#customers].map((one) => one.live(mayAct));
      return house;
    } catch (error) {
      await program.kill9();
      throw error;
    }
  }

  /** An orderly stop and start under whoever is connected, with or without a place to be killed at. */
  async restart(faultPoint?: string): Promise<void> {
    await this.#program.stop();
    await this.#start(faultPoint);
  }

  /** Lets the load run, kills, waits until acts are acknowledged again, and lets everything settle. */
  async kill(scenario: CrashScenario, point: string | undefined, loadMs: number): Promise<void> {
    await this.#settled();
    this.#resume();
    await this.#underLoad();
    const startedAt = performance.now();
    const before = this.journal.acknowledged;
    await wait(loadMs);
    this.loadActs += this.journal.acknowledged - before;
    this.loadMs += performance.now() - startedAt;

    const killedAt =
      scenario === 'program' ? await this.#killProgram(point) : await this.#killDatabase(point);
    // Answers that were under way come in before; from here on it is the recovered one that speaks.
    const readyAt = performance.now();
    const first = await eventually(
      () => this.journal.firstAfter(readyAt),
      settleMs,
      'no act was acknowledged after a kill',
    );
    this.recoveryMs.push(first - killedAt);
    this.#pause();
    await this.#settled();
  }

  /** Holds the journal against the database, and what everybody saw against what happened. */
  async compare(): Promise<Found> {
    let stored = await readStored(this.#sql);
    const patient = performance.now() + stuckMs;
    // What follows a commit (an offer, a telling) takes its moment; what is not there after five seconds never comes.
    while ((stuck(stored).length > 0 || this.#unseen(stored).length > 0) && performance.now() < patient) {
      await wait(100);
      stored = await readStored(this.#sql);
    }
    const found: Found = {
      ...differences(this.journal, stored),
      stuck: stuck(stored),
      wrongSlots: wrongSlots(stored),
      unseen: this.#unseen(stored),
    };
    for (const customer of this.#customers)
      found.lost.push(...customer.failures.map((what) => `refused for good: ${what}`));
    // What is wrong stays wrong: the worst of the comparisons counts, not their sum.
    for (const name of Object.keys(this.total) as (keyof Found)[])
      this.total[name] = Math.max(this.total[name], found[name].length);
    return found;
  }

  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#gate?.let();
    await Promise.all(this.#lives);
    for (const one of [...this.#customers, ...this.#desks]) one.close();
    await this.#sql.end({ timeout: 5 });
    await this.#program.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #pause(): void {
    this.#gate ??= (({ promise, resolve }) => ({ open: promise, let: resolve }))(
      Promise.withResolvers<void>(),
    );
  }

  #resume(): void {
    this.#gate?.let();
    this.#gate = undefined;
  }

  /** Until every kind of act runs: the first second after a pause is only arrivals. */
  async #underLoad(): Promise<void> {
    const before = this.journal.acts.length;
    await eventually(
      () => (this.journal.acts.slice(before).some(({ act }) => act === 'accept') ? true : undefined),
      settleMs,
      'the load did not begin',
    );
  }

  /** Nothing is under way and everybody's line is up: whatever was done is acknowledged or never will be. */
  async #settled(): Promise<void> {
    if (this.#hurry) {
      for (const { chat } of this.#customers) chat.wake();
      for (const { line } of this.#desks) line.hurry();
    }
    await eventually(
      () => ([...this.#customers, ...this.#desks].every(({ settled }) => settled) ? true : undefined),
      settleMs,
      () => {
        const customers = this.#customers.filter(({ settled }) => !settled);
        const desks = this.#desks.filter(({ settled }) => !settled);
        return `not everything was confirmed: ${customers.length} customers (${customers[0]?.state}), ${desks.length} desks wait\n${this.#program.stderr().slice(-2_000)}`;
      },
    );
  }

  async #killProgram(point: string | undefined): Promise<number> {
    const killedAt = performance.now();
    if (point === undefined) await this.#program.kill9();
    else {
      process.kill(this.#program.pid, 'SIGUSR2');
      await withinTime(this.#program.exited, settleMs, `the program did not come to "${point}"`);
    }
    const endedAt = point === undefined ? killedAt : performance.now();
    await this.#start();
    return endedAt;
  }

  async #killDatabase(point: string | undefined): Promise<number> {
    const { dataDir } = this.#program;
    const pid = databasePid(dataDir);
    const back = () => this.#program.stdout().split('The database serves again').length;
    const before = back();
    const killedAt = performance.now();
    if (point === undefined) process.kill(pid, 'SIGKILL');
    else {
      process.kill(this.#program.pid, 'SIGUSR2');
      await eventually(
        () => (isThere(pid) ? undefined : true),
        settleMs,
        `the program did not come to "${point}"`,
      );
    }
    const endedAt = point === undefined ? killedAt : performance.now();
    await eventually(
      () => (back() > before ? true : undefined),
      settleMs,
      () =>
        `the database was not brought back\n${this.#program.stdout().slice(-1_000)}${this.#program.stderr().slice(-2_000)}`,
    );
    return endedAt;
  }

  async #start(faultPoint?: string): Promise<void> {
    this.#program = await startProduct({
      dataDir: this.#program.dataDir,
      env: {
        PARLEY_PORT: String(this.#port),
        ...(faultPoint === undefined ? {} : { PARLEY_FAULT_POINT: faultPoint }),
      },
    });
    // The server may be another one, with its socket elsewhere.
    await this.#sql.end({ timeout: 1 });
    this.#sql = databaseOf(this.#program.dataDir);
  }

  /** Events that did not reach the customer whose conversation they are of, or the agent who holds it. */
  #unseen({ interactions, events }: Stored): string[] {
    const seqsOf = Map.groupBy(events, ({ stream }) => stream);
    const customers = new Map(this.#customers.map((customer) => [customer.threadId, customer]));
    const desks = new Map(this.#desks.map((desk) => [desk.agent.id, desk]));
    return interactions.flatMap(({ id, threadId, state, agentId }) => {
      const seqs = (seqsOf.get(id) ?? []).map(({ seq }) => seq);
      const seen = customers.get(threadId)?.seen.get(id);
      const missing = seqs
        .filter((seq) => seen?.has(seq) !== true)
        .map((seq) => `${id} ${seq} by its customer`);
      if (state !== 'handling' && state !== 'wrapping') return missing;
      const held = new Set(desks.get(agentId ?? '')?.seqsOf(id));
      return [...missing, ...seqs.filter((seq) => !held.has(seq)).map((seq) => `${id} ${seq} by its agent`)];
    });
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function eventually<Answer>(
  look: () => Answer | undefined,
  ms: number,
  otherwise: string | (() => string),
): Promise<Answer> {
  const until = performance.now() + ms;
  for (;;) {
    const answer = look();
    if (answer !== undefined) return answer;
    if (performance.now() > until) throw new Error(typeof otherwise === 'string' ? otherwise : otherwise());
    await wait(20);
  }
}

async function withinTime<Answer>(answer: Promise<Answer>, ms: number, otherwise: string): Promise<Answer> {
  const late = new AbortController();
  try {
    return await Promise.race([
      answer,
      wait(ms, undefined, { signal: late.signal }).then(() => {
        throw new Error(otherwise);
      }),
    ]);
  } finally {
    late.abort();
  }
}

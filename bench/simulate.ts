import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  type Day,
  type Estimate,
  erlangA,
  erlangC,
  type Report,
  readScenario,
  reportOf,
  type Scenario,
  scenarioOf,
  simulateDay,
} from '#src/modules/forecast/index.ts';
import type { Found } from './faults/judge.ts';
import type { PlayedRound } from './faults/worker.ts';
import { playRound, type RoundOptions } from './faults/world.ts';
import { type BenchOptions, type BenchResult, rounded } from './harness/bench.ts';

export const summary = 'the simulator against what is known, and routing under faults in virtual time';

/** How much is simulated. */
export interface QueuesSize {
  /** Contacts of each line that has a formula, in proportion to its `weight`. */
  contacts: number;
  /** Independent days of each published example. */
  publishedDays: number;
}

const fullSize: QueuesSize = { contacts: 700_000, publishedDays: 400 };
export const queuesSmallSize: QueuesSize = { contacts: 6_000, publishedDays: 12 };

/** Each line's contacts are spread over so many independent days, from whose differences the intervals come. */
const daysOfLine = 40;

interface Line {
  agents: number;
  perMinute: number;
  handleSeconds: number;
  patienceSeconds?: number;
  /** The nearer to its limit a line is, the longer its ups and downs last, and the more of them are needed for the same certainty. */
  weight: number;
}

/**
 * Lines of the formulas' reference values. Those without patience stop at 77 % occupancy: at 96 %, an interval of 2 % takes
 * hundreds of millions of contacts.
 */
const lines: readonly Line[] = [
  { agents: 12, perMinute: 4.2, handleSeconds: 120, weight: 6 },
  { agents: 1, perMinute: 0.5, handleSeconds: 60, weight: 1 },
  { agents: 14, perMinute: 100 / 30, handleSeconds: 180, weight: 6 },
  { agents: 13, perMinute: 100 / 30, handleSeconds: 180, weight: 8 },
  { agents: 50, perMinute: 48, handleSeconds: 60, patienceSeconds: 120, weight: 6 },
  { agents: 12, perMinute: 4.2, handleSeconds: 120, patienceSeconds: 60, weight: 2 },
  { agents: 14, perMinute: 100 / 30, handleSeconds: 180, patienceSeconds: 120, weight: 2 },
  { agents: 11, perMinute: 100 / 30, handleSeconds: 180, patienceSeconds: 120, weight: 2 },
  { agents: 34, perMinute: 250 / 30, handleSeconds: 210, patienceSeconds: 180, weight: 6 },
  { agents: 1, perMinute: 0.5, handleSeconds: 60, patienceSeconds: 60, weight: 1 },
  { agents: 100, perMinute: 100, handleSeconds: 60, patienceSeconds: 60, weight: 12 },
];

const withinSeconds = 20;

interface Compared {
  what: string;
  found: Estimate;
  expected: number;
  /** Half the width of the published interval. */
  plusMinus?: number;
}

/** Means of a day and their intervals of 95 %, of an independent simulator with 1,000 days. */
const published: readonly { file: string; compare(report: Report): Omit<Compared, 'what'>[] }[] = [
  {
    file: 'one-group',
    compare: ({ all, occupancy }) => [
      { found: all.inTime, expected: 1816.2, plusMinus: 3.5 },
      // Printed with three digits and no interval: half of the last one.
      { found: occupancy, expected: 0.695, plusMinus: 0.0005 },
    ],
  },
  {
    file: 'one-group-patience',
    compare: ({ all }) => [
      { found: all.abandoned, expected: 58.61, plusMinus: 0.95 },
      { found: all.inTime, expected: 1906, plusMinus: 0.05 },
    ],
  },
  {
    file: 'one-group-queue-limit',
    compare: ({ all }) => [
      { found: all.blocked, expected: 18.66, plusMinus: 0.61 },
      { found: all.inTime, expected: 1854.3, plusMinus: 0.05 },
    ],
  },
  {
    file: 'two-groups',
    compare: ({ all }) => [
      { found: all.answered, expected: 4297.3, plusMinus: 27 },
      { found: all.abandoned, expected: 910.3, plusMinus: 34 },
      { found: all.inTime, expected: 2492.7, plusMinus: 0.05 },
      { found: all.serviceLevel.excludingShort, expected: 0.501, plusMinus: 0.0005 },
    ],
  },
  {
    file: 'two-groups-priority',
    compare: ({ all }) => [{ found: all.serviceLevel.excludingShort, expected: 0.59, plusMinus: 0.0005 }],
  },
];

/** Days in which something rare never happened do not differ, and yet say nothing below this share. */
const leastPlusMinus = 0.001;

/** Both intervals of 95 % taken together. */
function combined({ found, expected, plusMinus = 0 }: Compared): number {
  return Math.hypot(Math.max(found.plusMinus ?? 0, leastPlusMinus * expected), plusMinus);
}

const apart = ({ found, expected }: Compared) => Math.abs(found.value - expected);

/**
 * The simulator beside what is known. greatestDeviation: the greatest relative one from Erlang C and A, of who finds nobody free, mean waits,
 * abandons, occupancy and three service levels. published, publishedInside: results of an independent simulator, and how many of them lie within the two
 * simulators' intervals taken together. Wrong is what lies outside twice its interval: of a hundred figures that agree, once in a
 * hundred runs.
 */
export async function queues(
  size: QueuesSize,
  { seed, say }: Pick<BenchOptions, 'seed' | 'say'>,
): Promise<BenchResult> {
  const byFormula: Compared[] = [];
  let contacts = 0;
  const started = performance.now();
  for (const line of lines) {
    const report = await simulated(scenarioOfLine(line, size), daysOfLine, seed);
    contacts += report.contacts;
    const compared = comparedTo(line, report);
    byFormula.push(...compared);
    say(`simulate queues: ${nameOf(line)}, at most ${percent(greatest(compared))} from its formula`);
  }
  const byOthers: Compared[] = [];
  for (const { file, compare } of published) {
    const text = readFileSync(join(import.meta.dirname, 'scenarios', `${file}.json`), 'utf8');
    const report = await simulated(readScenario(text), size.publishedDays, seed);
    contacts += report.contacts;
    const compared = compare(report).map((one) => ({ ...one, what: file }));
    byOthers.push(...compared);
    for (const one of compared)
      say(`simulate queues: ${sentence(one)}: ${apart(one) <= combined(one) ? 'inside' : 'outside'}`);
  }
  const seconds = (performance.now() - started) / 1000;
  const outside = [...byFormula, ...byOthers].filter((one) => apart(one) > 2 * combined(one));
  return {
    line: {
      bench: 'simulate',
      scenario: 'queues',
      figures: {
        greatestDeviation: rounded(greatest(byFormula)),
        comparedToFormulas: byFormula.length,
        published: byOthers.length,
        publishedInside: byOthers.filter((one) => apart(one) <= combined(one)).length,
        contacts,
        contactsPerSecond: rounded(contacts / seconds),
      },
      limits: {},
      ratios: {},
      seed,
    },
    wrong: outside.map(sentence),
  };
}

/** Days of simulation, with a breath after each, so that a signal comes through. */
async function simulated(scenario: Scenario, count: number, seed: number): Promise<Report> {
  const days: Day[] = [];
  for (let number = 0; number < count; number += 1) {
    days.push(simulateDay(scenario, seed, number));
    await new Promise((next) => setImmediate(next));
  }
  return reportOf(scenario, seed, days);
}

function scenarioOfLine(line: Line, { contacts }: QueuesSize): Scenario {
  const { agents, perMinute, handleSeconds, patienceSeconds, weight } = line;
  // Ten times as long as a line needs to forget how it began.
  const warmUpMinutes = Math.ceil((10 * handleSeconds) / 60);
  return scenarioOf({
    day: { minutes: warmUpMinutes + (contacts * weight) / daysOfLine / perMinute, warmUpMinutes },
    types: [
      {
        name: 'calls',
        arrivalsPerMinute: perMinute,
        handle: { exponential: handleSeconds },
        ...(patienceSeconds !== undefined && { patience: { exponential: patienceSeconds } }),
        withinSeconds,
      },
    ],
    groups: [{ name: 'agents', agents, takes: ['calls'] }],
  });
}

function comparedTo(line: Line, { all, occupancy }: Report): Compared[] {
  const { agents, perMinute, handleSeconds, patienceSeconds } = line;
  const load = { agents, arrivalsPerSecond: perMinute / 60, handleSeconds };
  const named = (what: string, found: Estimate, expected: number): Compared => ({
    what: `${nameOf(line)}, ${what}`,
    found,
    expected,
  });
  if (patienceSeconds === undefined) {
    const formula = erlangC(load, withinSeconds);
    return [
      named('found nobody free', all.waits, formula.waits),
      named('mean wait', all.meanWaitSeconds, formula.meanWaitSeconds),
      named('in time', all.serviceLevel.ofOffered, formula.answeredWithin),
      named('occupancy', occupancy, formula.occupancy),
    ];
  }
  const formula = erlangA({ ...load, patienceSeconds }, withinSeconds);
  return [
    named('found nobody free', all.waits, formula.waits),
    named('abandoned', all.abandonedShare, formula.abandons),
    named('mean wait', all.meanWaitSeconds, formula.meanWaitSeconds),
    named('mean wait of those answered', all.meanWaitAnsweredSeconds, formula.meanWaitAnsweredSeconds),
    named('in time of all', all.serviceLevel.ofOffered, formula.answeredWithin.ofOffered),
    named('in time of those answered', all.serviceLevel.ofAnswered, formula.answeredWithin.ofAnswered),
    named('in time but short', all.serviceLevel.excludingShort, formula.answeredWithin.excludingShort),
    named('occupancy', occupancy, formula.occupancy),
  ];
}

function nameOf({ agents, perMinute, patienceSeconds }: Line): string {
  const patience = patienceSeconds === undefined ? 'nobody leaves' : `patience ${patienceSeconds} s`;
  return `${agents} agents, ${perMinute.toFixed(2)} a minute, ${patience}`;
}

const greatest = (compared: readonly Compared[]) =>
  Math.max(...compared.map((one) => apart(one) / one.expected));

const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function sentence(one: Compared): string {
  const { what, found, expected, plusMinus } = one;
  const told = plusMinus === undefined ? `${expected}` : `${expected} ± ${plusMinus}`;
  return `${what}: ${found.value.toPrecision(6)} ± ${(found.plusMinus ?? 0).toPrecision(2)} beside ${told}`;
}

export interface FaultsSize {
  contacts: number;
  /** Each round is another centre with another seed; the next of this one's. */
  contactsOfRound: number;
}

const faultsContacts = 200_000;
const contactsOfRound = 2_000;
export const faultsSmallSize: FaultsSize = { contacts: 6_000, contactsOfRound: 500 };

/**
 * Engine and shell of several copies under faults of record, clocks and bus, in virtual time. All that must not be is 0: overAssigned, lost,
 * doubled, inversions, stuck, stale, notAllowed, threw. unjudged: offers whose order could not be judged, since the copy's clock had
 * just been put elsewhere or a write of its journal had failed.
 */
export async function faults(
  { contacts, contactsOfRound: ofRound }: FaultsSize,
  {
    seed,
    say,
    ...round
  }: Pick<BenchOptions, 'seed' | 'say'> & Pick<RoundOptions, 'sabotage' | 'createShell'>,
): Promise<BenchResult> {
  const sums: Record<keyof Found, number> = {
    overAssigned: 0,
    lost: 0,
    doubled: 0,
    inversions: 0,
    stuck: 0,
    stale: 0,
    notAllowed: 0,
    threw: 0,
  };
  const sentences: { seed: number; sentence: string }[] = [];
  const done = { contacts: 0, offers: 0, unjudged: 0, takeovers: 0, virtualSeconds: 0 };
  const take = (result: PlayedRound) => {
    done.contacts += result.contacts;
    done.offers += result.offered;
    done.unjudged += result.unjudged;
    done.takeovers += result.takeovers;
    done.virtualSeconds += result.seconds;
    for (const [name, count] of Object.entries(result.found)) sums[name as keyof Found] += count;
    for (const sentence of result.sentences.slice(0, 3))
      sentences.push({
        seed: result.seed,
        sentence: `--seed ${result.seed} --contacts ${result.contacts}: ${sentence}`,
      });
    if (done.contacts % 100_000 < result.contacts)
      say(`simulate faults: ${done.contacts} contacts, ${sentences.length} sentences`);
  };
  const rounds = Array.from({ length: Math.ceil(contacts / ofRound) }, (_, number) => ({
    seed: seed + number,
    contacts: Math.min(ofRound, contacts - number * ofRound),
  }));
  const started = performance.now();
  // A few are played here and now; of many, every core plays some.
  if (rounds.length > 20) await playElsewhere(rounds, take);
  else for (const asked of rounds) take(await playRound({ ...asked, ...round }));
  const wrong = sentences
    .toSorted((a, b) => a.seed - b.seed)
    .slice(0, 20)
    .map(({ sentence }) => sentence);
  const seconds = (performance.now() - started) / 1000;
  return {
    line: {
      bench: 'simulate',
      scenario: 'faults',
      figures: {
        ...done,
        virtualSeconds: rounded(done.virtualSeconds),
        ...sums,
        contactsPerSecond: rounded(done.contacts / seconds),
      },
      limits: {},
      ratios: {},
      seed,
    },
    wrong,
  };
}

/** Each process is given a round when it has played the one before. */
async function playElsewhere(
  rounds: readonly { seed: number; contacts: number }[],
  take: (result: PlayedRound) => void,
): Promise<void> {
  const left = [...rounds];
  await Promise.all(
    Array.from({ length: Math.min(availableParallelism(), rounds.length) }, async () => {
      const worker = fork(join(import.meta.dirname, 'faults/worker.ts'));
      const ended = new AbortController();
      worker.once('exit', (code) =>
        ended.abort(new Error(`A process that plays rounds ended with ${code}.`)),
      );
      try {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          worker.send(next);
          const [result] = (await once(worker, 'message', { signal: ended.signal })) as [PlayedRound];
          take(result);
        }
      } finally {
        worker.disconnect();
      }
    }),
  );
}

export async function* run(options: BenchOptions): AsyncGenerator<BenchResult> {
  const { small, contacts } = options;
  // Asked for by its size, faults is what is meant.
  if (contacts === undefined) yield await queues(small ? queuesSmallSize : fullSize, options);
  yield await faults(
    small && contacts === undefined
      ? faultsSmallSize
      : { contacts: contacts ?? faultsContacts, contactsOfRound },
    options,
  );
}

import { createEngine } from '#src/modules/routing/engine.ts';
import type { AgentSeen, InteractionSeen, Millis, TypeSeen } from '#src/modules/routing/seam.ts';
import { type BenchOptions, type BenchResult, quantile, rounded } from './harness/bench.ts';
import { type Chance, chance } from './harness/chance.ts';

// How long the engine takes to decide, with much waiting and little, in virtual time and without a database: who can be busy is, and
// each turn one of them ends something, another of that type comes in, and the agent who became free is given what is most urgent of what they
// may take. What is timed is what the engine does of that: with the facts of the end, of the arrival and of the offer, and the decision
// with its why.

export interface EngineSize {
  agents: number;
  /** Turns before the clock starts, and turns timed. */
  warmUp: number;
  turns: number;
  /** How much waits: four lengths of the line, told as of 100, 1,000, 10,000 and 100,000. */
  lengths: readonly [number, number, number, number];
}

export const engineSize: EngineSize = {
  agents: 10_000,
  warmUp: 20_000,
  turns: 60_000,
  lengths: [100, 1000, 10_000, 100_000],
};
export const engineSmallSize: EngineSize = {
  agents: 100,
  warmUp: 50,
  turns: 200,
  lengths: [10, 20, 40, 80],
};

const competenciesCount = 60;
const competenciesEach = 5;
const typesCount = 120;
const clients = ['acme', 'globex', 'initech', 'umbrella'];

/** Draws 0 to below `count`, the first most often: in proportion to 1 ÷ its place. */
function zipf(count: number): (drawn: Chance) => number {
  const sums: number[] = [];
  let sum = 0;
  for (let place = 1; place <= count; place += 1) {
    sum += 1 / place;
    sums.push(sum);
  }
  return (drawn) => {
    const at = drawn.next() * sum;
    const index = sums.findIndex((upTo) => at < upTo);
    return index === -1 ? count - 1 : index;
  };
}

function several(count: number, draw: () => number): number[] {
  const some = new Set<number>();
  while (some.size < count) some.add(draw());
  return [...some];
}

/** A centre of 10,000 agents, each with 5 of 60 competencies, drawn with Zipf's weights, and types that ask for one or two. */
function centre(seed: number, agentsCount: number) {
  const drawn = chance(seed);
  const competency = zipf(competenciesCount);
  const types: TypeSeen[] = Array.from({ length: typesCount }, (_, i) => ({
    kind: 'type',
    typeId: `type-${i}`,
    clientId: clients[i % clients.length]!,
    channel: 'chat',
    requires: several(1 + drawn.index(2), () => competency(drawn)).map((n) => ({
      competencyId: `competency-${n}`,
      level: 1 + drawn.index(3),
    })),
    version: 1,
    targetMs: 20_000 + 10_000 * drawn.index(5),
    ageing: { everyMs: 60_000, by: 1, atMost: 3 },
  }));
  const agents: AgentSeen[] = Array.from({ length: agentsCount }, (_, i) => ({
    kind: 'agent',
    agentId: `agent-${String(i).padStart(5, '0')}`,
    version: 1,
    ready: i % 10 > 0,
    clients: several(2, () => drawn.index(clients.length)).map((n) => clients[n]!),
    capacity: { chat: 1, email: 2 },
    competencies: several(competenciesEach, () => competency(drawn)).map((n) => ({
      competencyId: `competency-${n}`,
      level: 1 + drawn.index(4),
      validUntil: 10 ** 15,
    })),
    idleSince: drawn.index(1000),
  }));
  return { drawn, types, agents };
}

interface Measured {
  usPerDecision: number;
  p99Us: number;
  perSecond: number;
  decisions: number;
}

/** Turns with so many waiting. */
function measure(
  seed: number,
  waiting: number,
  { agents: agentsCount, warmUp, turns }: EngineSize,
): Measured {
  const { drawn, types, agents } = centre(seed, agentsCount);
  const engine = createEngine();
  for (const type of types) engine.see(type);
  for (const agent of agents) engine.see(agent);

  const typeOf = new Map(types.map((type) => [type.typeId, type]));
  let now: Millis = 1_000_000;
  let arrived = 0;
  const open = new Map<string, InteractionSeen>();
  const busy: string[] = [];
  const arrival = (type: TypeSeen): InteractionSeen => {
    const one: InteractionSeen = {
      kind: 'interaction',
      interactionId: `interaction-${String(arrived).padStart(8, '0')}`,
      seq: 1,
      state: 'waiting',
      clientId: type.clientId,
      typeId: type.typeId,
      channel: 'chat',
      priority: drawn.index(3),
      arrivedAt: now,
    };
    arrived += 1;
    open.set(one.interactionId, one);
    return one;
  };
  /** One that somebody was busy with, closed. */
  const end = (): InteractionSeen => {
    const index = drawn.index(busy.length);
    const id = busy[index]!;
    busy[index] = busy.at(-1)!;
    busy.pop();
    const one = open.get(id)!;
    open.delete(id);
    return { ...one, seq: 3, state: 'closed' };
  };
  /** Decides, and tells the engine that the offers were written. */
  const decide = (): number => {
    const decisions = engine.decide(now);
    for (const { interactionId, agentId } of decisions) {
      const one = open.get(interactionId)!;
      const offered: InteractionSeen = { ...one, seq: 2, state: 'offered', agentId, agentSince: now };
      open.set(interactionId, offered);
      engine.see(offered);
      busy.push(interactionId);
    }
    return decisions.length;
  };

  // Until nobody who comes in finds an agent free any more; then those who wait leave, or more come, until so many wait.
  for (let inVain = 0; inVain < 2000; ) {
    now += 1;
    engine.see(arrival(types[drawn.index(typesCount)]!));
    inVain = decide() > 0 ? 0 : inVain + 1;
  }
  const isWaiting = ({ state }: InteractionSeen) => state === 'waiting';
  const left = [...open.values()].filter(isWaiting).toSorted((a, b) => a.arrivedAt - b.arrivedAt);
  for (const one of left.slice(0, Math.max(0, left.length - waiting))) {
    open.delete(one.interactionId);
    engine.see({ ...one, seq: 2, state: 'abandoned' });
  }
  for (let more = left.length; more < waiting; more += 1) {
    now += 1;
    engine.see(arrival(types[drawn.index(typesCount)]!));
  }
  decide();

  const times = new Float64Array(turns);
  let sum = 0;
  let decisions = 0;
  for (let turn = 0; turn < warmUp + turns; turn += 1) {
    now += 2;
    const ended = end();
    const next = arrival(typeOf.get(ended.typeId)!);
    const started = performance.now();
    engine.see(ended);
    engine.see(next);
    const decided = decide();
    const took = performance.now() - started;
    if (turn < warmUp) continue;
    times[turn - warmUp] = took;
    sum += took;
    decisions += decided;
  }
  return {
    usPerDecision: (sum * 1000) / decisions,
    p99Us: quantile([...times], 0.99) * 1000,
    perSecond: (decisions * 1000) / sum,
    decisions,
  };
}

/** What this machine does of the plainest work of that kind: looks an object up by its name among 10,000, and puts a new one there. */
function mapTurnsPerSecond(): number {
  const names = Array.from({ length: 10_000 }, (_, i) => `interaction-${i}`);
  const all = new Map(names.map((name, i) => [name, { i }]));
  const rounds = 1_000_000;
  const started = performance.now();
  for (let i = 0; i < rounds; i += 1) {
    const name = names[(i * 7919) % names.length]!;
    all.set(name, { i: (all.get(name)?.i ?? 0) + 1 });
  }
  return (rounds * 1000) / (performance.now() - started);
}

/**
 * The engine alone. usPerDecision…: with so many waiting, all facts of a turn included; p99UsPerDecision: of a turn, the worst of the four
 * lengths; decisionsPerSecond: with 10,000 waiting. Ratio growth: 100,000 waiting against 100.
 */
export async function engine(
  size: EngineSize,
  { seed, say }: Pick<BenchOptions, 'seed' | 'say'>,
): Promise<BenchResult> {
  const measured: Measured[] = [];
  for (const waiting of size.lengths) {
    const one = measure(seed, waiting, size);
    measured.push(one);
    say(`${waiting} waiting: ${rounded(one.usPerDecision)} µs a decision`);
    // Lets go of the memory of one length before the next is measured, and a signal through.
    await new Promise((next) => setImmediate(next));
  }
  const [of100, of1000, of10000, of100000] = measured as [Measured, Measured, Measured, Measured];
  return {
    line: {
      bench: 'routing',
      scenario: 'engine',
      figures: {
        agents: size.agents,
        competencies: competenciesCount,
        usPerDecision100: rounded(of100.usPerDecision),
        usPerDecision1000: rounded(of1000.usPerDecision),
        usPerDecision10000: rounded(of10000.usPerDecision),
        usPerDecision100000: rounded(of100000.usPerDecision),
        p99UsPerDecision: rounded(Math.max(...measured.map(({ p99Us }) => p99Us))),
        decisionsPerSecond: rounded(of10000.perSecond),
      },
      limits: { mapTurnsPerSecond: rounded(mapTurnsPerSecond()) },
      ratios: { growth: rounded(of100000.usPerDecision / of100.usPerDecision) },
      seed,
    },
    // Each turn somebody becomes free and something they may take comes in: whoever decides nothing is no faster for it.
    wrong: measured.every(({ decisions }) => decisions >= size.turns / 2)
      ? []
      : ['the engine left agents idle beside what waits.'],
  };
}

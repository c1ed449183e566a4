import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type postgres from 'postgres';
import { temporaryFolder } from '#test/support/cluster.ts';
import type { Program } from '#test/support/program.ts';
import { type BenchOptions, type BenchResult, quantile, rounded } from './harness/bench.ts';
import { eachOf } from './harness/caller.ts';
import { type Centre, setUpCentre } from './harness/centre.ts';
import { type Chance, chance } from './harness/chance.ts';
import { AgentSocket, CustomerSocket, type HeardLine } from './harness/chat-sockets.ts';
import { collectGarbage } from './harness/inspector.ts';
import { MachineLimits } from './harness/limits.ts';
import { openLoop } from './harness/open-loop.ts';
import { databaseOf, memoryOf, processorMsOf, startProduct } from './harness/product.ts';

export const summary =
  '500 conversations, a line each way per 15 s: how long a line takes, and how many lines there could be';

export interface ChatSize {
  chats: number;
  agents: number;
  /** A customer writes so often, and so does their agent. */
  everyMs: number;
  /** Blocks of load; the machine's limits are measured between them. */
  blocks: number;
  blockMs: number;
  limitsMs: number;
  /** Further visitors who only look, to weigh a connection with. */
  idleVisitors: number;
  /** The search for the highest rate; none in the small size. */
  search?: { chats: number; agents: number; stepMs: number; stepsMax: number };
}

export const chatSize: ChatSize = {
  chats: 500,
  agents: 125,
  everyMs: 15_000,
  blocks: 3,
  blockMs: 20_000,
  limitsMs: 2_000,
  idleVisitors: 1_000,
  search: { chats: 3_000, agents: 250, stepMs: 5_000, stepsMax: 24 },
};

export const chatSmallSize: ChatSize = {
  chats: 20,
  agents: 5,
  everyMs: 2_000,
  blocks: 1,
  blockMs: 5_000,
  limitsMs: 200,
  idleVisitors: 20,
};

const p99AimMs = 50;
/** A line that has not come by then is lost. */
const lostMs = 10_000;
/** One of so many deliveries is looked up in the database as it comes in: it must be there already. */
const lookedUpOneOf = 25;
/** The product takes one line a second of a conversation and ten of an agent; the search stays below both. */
const conversationEveryMsMin = 1_200;
const agentLinesPerSecondMax = 9;
/** The search begins at so many times the steady rate. */
const searchFrom = 4;
/** A rate does not hold when it failed so often, or could not be shown to hold in so many tries. */
const failuresMax = 2;
const triesMax = 4;
/** How close the search comes to the highest rate. */
const searchWithin = 1.15;

export async function* run({ seed, small, say, profileDir }: BenchOptions): AsyncGenerator<BenchResult> {
  yield await steady(small ? chatSmallSize : chatSize, { seed, say, profileDir });
}

export async function steady(
  size: ChatSize,
  { seed, say, profileDir }: Pick<BenchOptions, 'seed' | 'say' | 'profileDir'>,
): Promise<BenchResult> {
  const drawn = chance(seed);
  await using limits = await MachineLimits.open();
  await using floor = await ChatFloor.open(size, { profileDir, say });
  const perSecond = (2 * size.chats * 1000) / size.everyMs;
  const measureLimits = async () => {
    await limits.measureCommits(size.limitsMs);
    await limits.measureEcho({ sockets: size.chats + size.agents, perSecond, ms: size.limitsMs, drawn });
  };

  await floor.openChats(size.chats);
  say(`${size.chats} conversations are under way; a line each way per ${size.everyMs / 1000} s`);
  await measureLimits();
  for (let block = 1; block <= size.blocks; block += 1) {
    const measured = await floor.load({ everyMs: size.everyMs, ms: size.blockMs, drawn });
    say(`block ${block}/${size.blocks}: ${describe(measured)}`);
    await measureLimits();
  }
  const all = floor.measured;
  const bytesPerConnection = await floor.weigh(size.idleVisitors);

  let highest = 0;
  if (size.search !== undefined) {
    const found = await search(floor, size.search, { from: perSecond * searchFrom, drawn, say });
    highest = found.highest;
    await limits.measureCommits(size.limitsMs);
  }

  const latencies = all.latencies;
  const figures = {
    p50Ms: rounded(quantile(latencies, 0.5)),
    p99Ms: rounded(quantile(latencies, 0.99)),
    p999Ms: rounded(quantile(latencies, 0.999)),
    maxMs: rounded(quantile(latencies, 1)),
    chats: size.chats,
    sent: all.sent,
    lost: all.sent - latencies.length,
    doubled: all.doubled,
    reordered: all.reordered,
    refused: all.refused,
    lookedUp: all.lookedUp,
    uncommitted: all.uncommitted,
    generatorLateP99Ms: rounded(quantile(all.late, 0.99)),
    programBusyPercent: rounded(all.programBusyPercent),
    bytesPerConnection: Math.round(bytesPerConnection),
    ...(size.search === undefined
      ? {}
      : { highestPerSecond: rounded(highest), searchedTo: rounded(highestAllowed(size.search)) }),
  };
  const wrong = (['lost', 'doubled', 'reordered', 'refused', 'uncommitted'] as const).flatMap((name) =>
    figures[name] === 0 ? [] : [`${name} is ${figures[name]} and must be 0.`],
  );
  wrong.push(...floor.faults.slice(0, 3));
  return {
    line: {
      bench: 'chat',
      scenario: 'steady',
      figures,
      limits: limits.figures(),
      ratios:
        size.search === undefined ? {} : { messagesOfCommits: rounded(highest / limits.commitsPerSecond16) },
      seed,
    },
    wrong,
  };
}

/** The highest rate that the product's own limits of writers let this search try. */
function highestAllowed({ chats, agents }: { chats: number; agents: number }): number {
  return Math.min((2 * chats * 1000) / conversationEveryMsMin, 2 * agents * agentLinesPerSecondMax);
}

/**
 * The highest rate at which 99 of 100 lines are there within 50 ms and none is lost: doubled until it is too much, then halved between
 * the last that held and the first that did not. A rate that fails is tried again, more often where the measuring process had no time to
 * send although the program was half idle: then somebody else had the machine.
 */
async function search(
  floor: ChatFloor,
  { chats, agents, stepMs, stepsMax }: { chats: number; agents: number; stepMs: number; stepsMax: number },
  { from, drawn, say }: { from: number; drawn: Chance; say: (line: string) => void },
): Promise<{ highest: number }> {
  await floor.openDesks(agents);
  await floor.openChats(chats);
  const allowed = highestAllowed({ chats, agents });
  let holds = 0;
  let fails = Number.POSITIVE_INFINITY;
  let steps = 0;
  const tried = async (rate: number): Promise<boolean> => {
    let failures = 0;
    for (let tries = 0; failures < failuresMax && tries < triesMax && steps < stepsMax; tries += 1) {
      steps += 1;
      floor.forget();
      const step = await floor.load({ everyMs: (2 * chats * 1000) / rate, ms: stepMs, drawn });
      const held = step.sent === step.latencies.length && quantile(step.latencies, 0.99) < p99AimMs;
      const disturbed = step.programBusyPercent < 50 && quantile(step.late, 0.99) > p99AimMs / 4;
      const verdict = held ? 'hold' : disturbed ? 'cannot be judged' : 'do not hold';
      say(`${Math.round(rate)} lines a second ${verdict}: ${describe(step)}`);
      if (held) return true;
      if (!disturbed) failures += 1;
    }
    return false;
  };
  let rate = Math.min(from, allowed);
  while (fails / holds > searchWithin && holds < allowed) {
    if (await tried(rate)) holds = rate;
    else fails = rate;
    if (steps >= stepsMax) break;
    rate = fails === Number.POSITIVE_INFINITY ? Math.min(rate * 2, allowed) : (holds + fails) / 2;
  }
  return { highest: holds };
}

interface Measured {
  sent: number;
  /** Of each line that came, from its intended moment at one socket to the other socket, in milliseconds. */
  latencies: number[];
  /** How late this process itself was to send. Part of the latencies. */
  late: number[];
  doubled: number;
  reordered: number;
  refused: number;
  lookedUp: number;
  uncommitted: number;
  programBusyPercent: number;
}

const nothing = (): Measured => ({
  sent: 0,
  latencies: [],
  late: [],
  doubled: 0,
  reordered: 0,
  refused: 0,
  lookedUp: 0,
  uncommitted: 0,
  programBusyPercent: 0,
});

function describe({ sent, latencies, late, programBusyPercent }: Measured): string {
  const ms = (q: number) => `${rounded(quantile(latencies, q))} ms`;
  return `${sent} sent, ${sent - latencies.length} lost, p50 ${ms(0.5)}, p99 ${ms(0.99)}, max ${ms(1)}; sent late p99 ${rounded(quantile(late, 0.99))} ms; program ${Math.round(programBusyPercent)} % of a core`;
}

interface Talk {
  customer: CustomerSocket;
  agent: AgentSocket;
  /** Number of the last line heard, each way. */
  heard: { customer: number; agent: number };
  sent: { customer: number; agent: number };
}

/** The program, its customers and its agents, and what is measured between them. */
class ChatFloor {
  measured = nothing();
  readonly faults: string[] = [];
  readonly #program: Program;
  readonly #sql: postgres.Sql;
  readonly #centre: Centre;
  readonly #customers: CustomerSocket[] = [];
  readonly #desks: AgentSocket[] = [];
  readonly #talks = new Map<string, Talk>();
  readonly #underWay = new Map<string, number>();
  #lookUps: Promise<void>[] = [];
  #customersMade = 0;
  #closing = false;

  private constructor(program: Program, centre: Centre) {
    this.#program = program;
    this.#centre = centre;
    this.#sql = databaseOf(program.dataDir);
  }

  static async open(
    size: ChatSize,
    { profileDir, say }: { profileDir: string | undefined; say: (line: string) => void },
  ): Promise<ChatFloor> {
    const program = await startProduct({ dataDir: join(temporaryFolder(), 'data'), profileDir });
    try {
      const most = Math.max(size.chats, size.search?.chats ?? 0);
      const agents = Math.max(size.agents, size.search?.agents ?? 0);
      say(`signing ${agents} agents in`);
      const centre = await setUpCentre(program.url, {
        agents,
        slots: Math.ceil(Math.max(size.chats / size.agents, most / agents)) + 1,
        offerSeconds: 60,
      });
      const floor = new ChatFloor(program, centre);
      await floor.openDesks(size.agents);
      return floor;
    } catch (error) {
      await program.kill9();
      throw error;
    }
  }

  /** Brings the number of agents at their desks up to `count`. */
  async openDesks(count: number): Promise<void> {
    for (const agent of this.#centre.agents.slice(this.#desks.length, count))
      this.#desks.push(await AgentSocket.open(this.#program.url, agent, this.#agentEars));
  }

  /** Brings the number of conversations under way up to `count`: each has begun, is accepted and is followed by its agent. */
  async openChats(count: number): Promise<void> {
    const further = Array.from({ length: count - this.#talks.size }, () => this.#customersMade++);
    await eachOf(further, 8, async (nth) => {
      const customer = await CustomerSocket.open(this.#program.url, this.#centre, nth, this.#customerEars);
      this.#customers.push(customer);
      customer.say(randomUUID(), 'Good day, where is my parcel?');
    });
    const until = performance.now() + 60_000;
    for (;;) {
      const holders = new Map(
        this.#desks.flatMap((desk) => [...desk.held.keys()].map((id) => [id, desk] as const)),
      );
      const ready = this.#customers.filter((customer) => holders.has(customer.interactionId ?? ''));
      if (ready.length === this.#customers.length) {
        for (const customer of ready) {
          const id = customer.interactionId as string;
          if (!this.#talks.has(id)) {
            const agent = holders.get(id) as AgentSocket;
            this.#talks.set(id, {
              customer,
              agent,
              heard: { customer: 0, agent: 0 },
              sent: { customer: 0, agent: 0 },
            });
          }
        }
        return;
      }
      if (performance.now() > until || this.faults.length > 0)
        throw new Error(
          `only ${ready.length} of ${this.#customers.length} conversations began: ${this.faults[0] ?? 'no more offers'}`,
        );
      await wait(50);
    }
  }

  /** What was measured so far counts no more. */
  forget(): void {
    this.measured = nothing();
  }

  /** A block of open-loop load, and the wait for what is under way. @returns this block's figures; `measured` gathers all. */
  async load({ everyMs, ms, drawn }: { everyMs: number; ms: number; drawn: Chance }): Promise<Measured> {
    const before = this.measured;
    this.measured = nothing();
    const schedule = [...this.#talks.entries()]
      .flatMap(([interactionId, talk]) =>
        (['customer', 'agent'] as const).flatMap((author) => {
          const first = drawn.between(0, everyMs);
          const times = Math.max(0, Math.ceil((ms - first) / everyMs));
          return Array.from({ length: times }, (_, nth) => ({
            at: first + nth * everyMs,
            interactionId,
            talk,
            author,
            key: randomUUID(),
          }));
        }),
      )
      .sort((a, b) => a.at - b.at);
    const startedAt = performance.now();
    const busyBefore = processorMsOf(this.#program.pid);
    await openLoop(schedule, ({ interactionId, talk, author, key }, intendedAt) => {
      const text = `${author} ${(talk.sent[author] += 1)} of ${interactionId}: the parcel was to come on Tuesday`;
      this.measured.sent += 1;
      this.measured.late.push(performance.now() - intendedAt);
      this.#underWay.set(`${interactionId} ${author} ${talk.sent[author]}`, intendedAt);
      if (author === 'customer') talk.customer.say(key, text);
      else talk.agent.say(interactionId, key, text);
    });
    const left = ms - (performance.now() - startedAt);
    if (left > 0) await wait(left);
    this.measured.programBusyPercent =
      ((processorMsOf(this.#program.pid) - busyBefore) / (performance.now() - startedAt)) * 100;
    const until = performance.now() + lostMs;
    while (this.#underWay.size > 0 && performance.now() < until) await wait(20);
    this.#underWay.clear();
    await Promise.all(this.#lookUps);
    this.#lookUps = [];
    const block = this.measured;
    block.reordered += this.#gaps();
    this.measured = together(before, block);
    return block;
  }

  /** What a connected visitor adds to the program's resident memory, in bytes: so many more of them, and what that took, without waste. */
  async weigh(visitors: number): Promise<number> {
    const weight = async () => {
      await wait(1_000);
      await collectGarbage(this.#program);
      return memoryOf(this.#program.pid);
    };
    const before = await weight();
    const idle = await eachOf(
      Array.from({ length: visitors }, () => this.#customersMade++),
      8,
      (nth) => CustomerSocket.open(this.#program.url, this.#centre, nth, this.#customerEars),
    );
    const bytes = ((await weight()) - before) / visitors;
    for (const visitor of idle) visitor.close();
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    for (const one of [...this.#customers, ...this.#desks]) one.close();
    await this.#sql.end({ timeout: 5 });
    await this.#program.stop();
  }

  #gaps(): number {
    const parties = [...this.#customers, ...this.#desks];
    const gaps = parties.reduce((sum, party) => sum + party.gaps, 0);
    for (const party of parties) party.gaps = 0;
    return gaps;
  }

  readonly #fault = (why: string) => {
    if (!this.#closing) this.faults.push(why);
  };
  readonly #refused = (code: string) => {
    this.measured.refused += 1;
    this.faults.push(`the program refused: ${code}`);
  };
  readonly #customerEars = {
    line: (_: CustomerSocket, heard: HeardLine) => this.#came('agent', heard),
    refused: this.#refused,
    lost: this.#fault,
  };
  readonly #agentEars = {
    line: (_: AgentSocket, heard: HeardLine) => this.#came('customer', heard),
    refused: this.#refused,
    lost: this.#fault,
  };

  #came(author: 'customer' | 'agent', { interactionId, seq, text, at }: HeardLine): void {
    const talk = this.#talks.get(interactionId);
    const nth = Number(/^(?:customer|agent) (\d+) of /.exec(text)?.[1]);
    if (talk === undefined || Number.isNaN(nth)) return; // the line that a conversation began with
    const name = `${interactionId} ${author} ${nth}`;
    const intendedAt = this.#underWay.get(name);
    if (intendedAt === undefined) {
      this.measured.doubled += 1;
      return;
    }
    this.#underWay.delete(name);
    if (nth !== talk.heard[author] + 1) this.measured.reordered += 1;
    talk.heard[author] = nth;
    this.measured.latencies.push(at - intendedAt);
    if (this.measured.latencies.length % lookedUpOneOf === 0)
      this.#lookUps.push(this.#lookUp(interactionId, seq));
  }

  /** Committed before delivered: what has just come in stands in the database, asked by a connection of our own. */
  async #lookUp(interactionId: string, seq: number): Promise<void> {
    this.measured.lookedUp += 1;
    const found = await this.#sql`select from message where stream = ${interactionId} and seq = ${seq}`;
    if (found.length === 0) this.measured.uncommitted += 1;
  }
}

function together(one: Measured, other: Measured): Measured {
  const sent = one.sent + other.sent;
  return {
    sent,
    latencies: [...one.latencies, ...other.latencies],
    late: [...one.late, ...other.late],
    doubled: one.doubled + other.doubled,
    reordered: one.reordered + other.reordered,
    refused: one.refused + other.refused,
    lookedUp: one.lookedUp + other.lookedUp,
    uncommitted: one.uncommitted + other.uncommitted,
    programBusyPercent:
      sent === 0 ? 0 : (one.programBusyPercent * one.sent + other.programBusyPercent * other.sent) / sent,
  };
}

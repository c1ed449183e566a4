import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type postgres from 'postgres';
import { readPostmasterFile } from '#src/platform/launcher/postmaster.ts';
import { temporaryFolder } from '#test/support/cluster.ts';
import type { Program } from '#test/support/program.ts';
import { type BenchOptions, type BenchResult, quantile, rounded } from './harness/bench.ts';
import { eachOf } from './harness/caller.ts';
import { type Centre, setUpCentre } from './harness/centre.ts';
import { type Chance, chance } from './harness/chance.ts';
import { CustomerSocket } from './harness/chat-sockets.ts';
import { MachineLimits } from './harness/limits.ts';
import { moreAgents } from './harness/more-agents.ts';
import { followOffers, stepsOf } from './harness/offers.ts';
import { openLoop } from './harness/open-loop.ts';
import { databaseOf, processorMsOf, startProduct } from './harness/product.ts';
import { RoutingDesk } from './harness/routing-desk.ts';
import { Wall } from './harness/wall.ts';

// From a customer's line to the agent's socket, through the real doors: what an offer takes from the moment at which it could be made.

export interface PathSize {
  agents: number;
  /** Of all places, so many are taken while it is measured. */
  occupancy: number;
  arrivalsPerSecond: number;
  /** Blocks of load; the machine's limits are measured before, between and after them. */
  blocks: number;
  blockMs: number;
  limitsMs: number;
  /** The search for the highest rate; none in the small size. */
  search?: { stepMs: number; stepsMax: number };
}

export const pathSize: PathSize = {
  agents: 1_000,
  occupancy: 0.85,
  arrivalsPerSecond: 20,
  blocks: 3,
  blockMs: 100_000,
  limitsMs: 2_000,
  search: { stepMs: 8_000, stepsMax: 16 },
};

export const pathSmallSize: PathSize = {
  agents: 12,
  occupancy: 0.6,
  arrivalsPerSecond: 6,
  blocks: 1,
  blockMs: 4_000,
  limitsMs: 200,
};

const p99SearchMs = 100;
/** What could have been offered for so long and was not is lost. */
const lostMs = 10_000;
/** One of so many offers is looked up in the database as it comes in: it must be there already. */
const lookedUpOneOf = 25;
/** Places are filled at so many times the rate at which they are needed later. */
const fillTimes = 2;
const failuresMax = 2;
const triesMax = 3;
const searchWithin = 1.15;
const commitsOfALife = 5;

export async function path(
  size: PathSize,
  { seed, say, profileDir }: Pick<BenchOptions, 'seed' | 'say' | 'profileDir'>,
): Promise<BenchResult> {
  const drawn = chance(seed);
  await using limits = await MachineLimits.open();
  await using floor = await PathFloor.open(size, { drawn, say, profileDir });
  const rate = size.arrivalsPerSecond;
  const measureLimits = async () => {
    await limits.measureCommits(size.limitsMs);
    await limits.measureEcho({
      sockets: size.agents,
      perSecond: Math.max(20, rate),
      ms: size.limitsMs,
      drawn,
    });
  };
  floor.pace(rate);
  say(`filling ${Math.round(size.agents * size.occupancy)} places`);
  await floor.load(rate * fillTimes, (size.agents * size.occupancy * 1_000) / (rate * fillTimes));
  floor.redraw();
  const blocks: Measured[] = [];
  await measureLimits();
  for (let block = 1; block <= size.blocks; block += 1) {
    const measured = await floor.load(rate, size.blockMs);
    say(`block ${block}/${size.blocks}: ${describe(measured)}`);
    blocks.push(measured);
    await measureLimits();
  }
  const found = size.search === undefined ? undefined : await search(floor, size.search, { from: rate, say });
  if (found !== undefined) await limits.measureCommits(size.limitsMs);

  const all = <Of extends number>(pick: (block: Measured) => readonly Of[]) => blocks.flatMap(pick);
  const sum = (pick: (block: Measured) => number) => blocks.reduce((so, block) => so + pick(block), 0);
  const worst = (pick: (block: Measured) => number) =>
    Math.max(...[...blocks, ...(found?.tried ?? [])].map(pick));
  const p50 = quantile(
    all((block) => block.latencies),
    0.5,
  );
  const figures = {
    agents: size.agents,
    arrivalsPerSecond: rate,
    p50Ms: rounded(p50),
    p99Ms: rounded(
      quantile(
        all((block) => block.latencies),
        0.99,
      ),
    ),
    untilCommitP50Ms: rounded(
      quantile(
        all((block) => block.untilCommit),
        0.5,
      ),
    ),
    fromCommitP50Ms: rounded(
      quantile(
        all((block) => block.fromCommit),
        0.5,
      ),
    ),
    intendedP99Ms: rounded(
      quantile(
        all((block) => block.intended),
        0.99,
      ),
    ),
    offers: sum((block) => block.latencies.length),
    occupancyPercent: rounded((100 * sum((block) => block.occupancy)) / blocks.length),
    overAssigned: worst((block) => block.overAssigned),
    lost: sum((block) => block.lost) + (found?.lost ?? 0),
    doubled: worst((block) => block.doubled),
    lookedUp: sum((block) => block.lookedUp),
    uncommitted: worst((block) => block.uncommitted),
    generatorLateP99Ms: rounded(
      quantile(
        all((block) => block.late),
        0.99,
      ),
    ),
    programBusyPercent: rounded(sum((block) => block.busyPercent) / blocks.length),
    ...(found === undefined ? {} : { maxArrivalsPerSecond: rounded(found.highest) }),
  };
  const wrong = (['overAssigned', 'lost', 'doubled', 'uncommitted'] as const).flatMap((name) =>
    figures[name] === 0 ? [] : [`${name} is ${figures[name]} and must be 0.`],
  );
  wrong.push(...floor.faults.slice(0, 3));
  return {
    line: {
      bench: 'routing',
      scenario: 'path',
      figures,
      limits: limits.figures(),
      ratios: {
        p50OfLimit: rounded(p50 / (limits.commitMs + limits.hopMs)),
        ...(found === undefined
          ? {}
          : { lifecyclesOfCommits: rounded((commitsOfALife * found.highest) / limits.commitsPerSecond16) }),
      },
      seed,
    },
    wrong,
  };
}

/**
 * The highest rate of arrivals at which 99 of 100 offers come within 100 ms of the moment at which they could be made, and none is
 * lost: doubled until it is too much, then halved between. At each rate the agents handle as long as keeps as many of them busy.
 */
async function search(
  floor: PathFloor,
  { stepMs, stepsMax }: { stepMs: number; stepsMax: number },
  { from, say }: { from: number; say: (line: string) => void },
): Promise<{ highest: number; lost: number; tried: Measured[] }> {
  let holds = 0;
  let fails = Number.POSITIVE_INFINITY;
  let steps = 0;
  let lost = 0;
  const tried: Measured[] = [];
  const heldAt = async (rate: number): Promise<boolean> => {
    for (
      let tries = 0, failures = 0;
      failures < failuresMax && tries < triesMax && steps < stepsMax;
      tries += 1
    ) {
      steps += 1;
      floor.pace(rate);
      floor.redraw();
      // What was under way at the last pace comes to its end before it counts.
      await floor.load(rate, Math.min(stepMs / 2, 2 * floor.meanHandleMs));
      const step = await floor.load(rate, stepMs);
      tried.push(step);
      lost += step.lost;
      const held =
        step.lost === 0 && step.latencies.length > 0 && quantile(step.latencies, 0.99) < p99SearchMs;
      const disturbed = step.busyPercent < 50 && quantile(step.late, 0.99) > p99SearchMs / 4;
      say(
        `${Math.round(rate)} arrivals a second ${held ? 'hold' : disturbed ? 'cannot be judged' : 'do not hold'}: ${describe(step)}`,
      );
      if (held) return true;
      if (!disturbed) failures += 1;
    }
    return false;
  };
  let rate = from * 2;
  while (fails / holds > searchWithin) {
    if (await heldAt(rate)) holds = rate;
    else fails = rate;
    rate = fails === Number.POSITIVE_INFINITY ? rate * 2 : (holds + fails) / 2;
    if (rate < 1 || steps >= stepsMax) break;
  }
  return { highest: holds, lost, tried };
}

interface Measured {
  /** Of each offer, from the commit that made it possible until it came in at the agent's socket, in milliseconds. */
  latencies: number[];
  /** The part of it until the offer's own commit, and the part from there on. */
  untilCommit: number[];
  fromCommit: number[];
  /** Of each arrival, from its intended moment until its offer came in. */
  intended: number[];
  /** How late this process itself was to send. Part of `intended`, not of `latencies`. */
  late: number[];
  overAssigned: number;
  lost: number;
  doubled: number;
  lookedUp: number;
  uncommitted: number;
  occupancy: number;
  busyPercent: number;
}

function describe({ latencies, lost, occupancy, late, busyPercent }: Measured): string {
  const ms = (q: number) => `${rounded(quantile(latencies, q))} ms`;
  return `${latencies.length} offers, ${lost} lost, p50 ${ms(0.5)}, p99 ${ms(0.99)}, max ${ms(1)}; ${Math.round(100 * occupancy)} % of the places taken; sent late p99 ${rounded(quantile(late, 0.99))} ms; program ${Math.round(busyPercent)} % of a core`;
}

/** The program, its agents and its customers. */
class PathFloor {
  readonly faults: string[] = [];
  meanHandleMs = 1_000;
  readonly #size: PathSize;
  readonly #program: Program;
  readonly #sql: postgres.Sql;
  readonly #centre: Centre;
  readonly #drawn: Chance;
  readonly #wall = new Wall();
  readonly #desks: RoutingDesk[] = [];
  #customers = 0;
  /** Who may write for the first time, or again: nothing of theirs is under way. */
  readonly #idle: CustomerSocket[] = [];
  readonly #talking = new Set<CustomerSocket>();
  /** When each offer came in at its agent's socket, by the wall. */
  readonly #seen = new Map<string, number>();
  #lookUps: Promise<void>[] = [];
  #lookedUp = 0;
  #uncommitted = 0;
  #closing = false;

  private constructor(program: Program, centre: Centre, size: PathSize, drawn: Chance) {
    this.#program = program;
    this.#centre = centre;
    this.#size = size;
    this.#drawn = drawn;
    this.#sql = databaseOf(program.dataDir);
  }

  static async open(
    size: PathSize,
    { drawn, say, profileDir }: { drawn: Chance; say: (line: string) => void; profileDir?: string },
  ): Promise<PathFloor> {
    const dataDir = join(temporaryFolder(), 'data');
    const before = await startProduct({ dataDir });
    let centre: Centre;
    try {
      centre = await setUpCentre(before.url, { agents: 1, slots: 1, offerSeconds: 60 });
      const sql = databaseOf(dataDir);
      // The moments of commits are told by the database alone; it notes them from its next start on.
      await sql`alter system set track_commit_timestamp = on`;
      const { socketDir, port } = readPostmasterFile(join(dataDir, 'postgres'))!;
      const address = { host: socketDir, port, user: 'parley', database: 'parley' };
      centre.agents.push(...(await moreAgents(address, sql, centre.agents[0]!, size.agents - 1)));
      await sql.end({ timeout: 5 });
    } finally {
      await before.stop();
    }
    const program = await startProduct({ dataDir, profileDir });
    const floor = new PathFloor(program, centre, size, drawn);
    try {
      say(`${size.agents} agents come to their desks`);
      const ears = {
        offered: (agentId: string, interactionId: string) => floor.#offered(agentId, interactionId),
        completed: (interactionId: string) => floor.#completed(interactionId),
        fault: (why: string) => floor.#fault(why),
        handleMs: () => floor.meanHandleMs * drawn.between(0.5, 1.5),
        restMs: () => floor.meanHandleMs * drawn.between(0, 1),
      };
      floor.#desks.push(
        ...(await eachOf(centre.agents, 8, (agent, nth) =>
          RoutingDesk.open(program.url, { agent, nth, outcomeCode: centre.outcomeCode }, ears),
        )),
      );
      const visitors = Math.ceil(size.agents * size.occupancy * 1.2) + 20;
      say(`${visitors} visitors open the shop's page`);
      await eachOf(Array.from({ length: visitors }), 8, () => floor.#visitor());
      return floor;
    } catch (error) {
      await floor[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Agents handle so long from now on that so many arrivals a second keep the wanted share of them busy. */
  pace(arrivalsPerSecond: number): void {
    this.meanHandleMs = (1_000 * this.#size.agents * this.#size.occupancy) / arrivalsPerSecond;
  }

  redraw(): void {
    for (const desk of this.#desks) desk.redraw();
  }

  /** So many arrivals a second for so long, at moments drawn by chance and fixed beforehand, and the wait for what is under way. */
  async load(arrivalsPerSecond: number, ms: number): Promise<Measured> {
    const count = Math.max(1, Math.round((arrivalsPerSecond * ms) / 1_000));
    const schedule = Array.from({ length: count }, () => ({
      at: this.#drawn.between(0, ms),
      key: randomUUID(),
    })).sort((a, b) => a.at - b.at);
    const intendedAt = new Map<string, number>();
    const late: number[] = [];
    const from = this.#wall.now();
    const startedAt = performance.now();
    const busyBefore = processorMsOf(this.#program.pid);
    this.#lookedUp = 0;
    this.#uncommitted = 0;
    await openLoop(schedule, ({ key }, intended) => {
      const lateness = performance.now() - intended;
      late.push(lateness);
      intendedAt.set(key, this.#wall.now() - lateness);
      const customer = this.#idle.shift();
      if (customer === undefined) return void this.#beginLate(key);
      this.#talking.add(customer);
      customer.say(key, 'Good day, where is my parcel?');
    });
    const left = ms - (performance.now() - startedAt);
    if (left > 0) await wait(left);
    const busyPercent =
      ((processorMsOf(this.#program.pid) - busyBefore) / (performance.now() - startedAt)) * 100;
    const places = await this.#placesOf([...intendedAt.keys()]);
    await Promise.all(this.#lookUps);
    this.#lookUps = [];

    const slots = new Map(this.#centre.agents.map(({ id }) => [id, 1]));
    const followed = followOffers(await stepsOf(this.#sql, 'as committed'), slots, { from });
    const own = new Set(places.values());
    const seenOf = ({ stream, agentId }: { stream: string; agentId: string }) =>
      this.#seen.get(`${stream} ${agentId}`);
    const offers = followed.offers.filter(({ stream }) => own.has(stream));
    const latencies = offers.flatMap((offer) => {
      const seen = seenOf(offer);
      return seen === undefined || offer.eligibleAt === undefined ? [] : [seen - offer.eligibleAt];
    });
    const untilCommit = offers.flatMap(({ committedAt, eligibleAt }) =>
      eligibleAt === undefined ? [] : [committedAt - eligibleAt],
    );
    const fromCommit = offers.flatMap((offer) => {
      const seen = seenOf(offer);
      return seen === undefined ? [] : [seen - offer.committedAt];
    });
    const seenAt = new Map(offers.map((offer) => [offer.stream, seenOf(offer)]));
    const intended = [...intendedAt].flatMap(([key, at]) => {
      const seen = seenAt.get(places.get(key) ?? '');
      return seen === undefined ? [] : [seen - at];
    });
    const now = this.#wall.now();
    return {
      latencies,
      untilCommit,
      fromCommit,
      intended,
      late,
      overAssigned: followed.overAssigned,
      doubled: followed.doubled,
      // Not there at all, there and offered to nobody although it could be, or offered and never seen by its agent.
      lost:
        count -
        places.size +
        followed.unserved.filter(({ stream, eligibleAt }) => own.has(stream) && now - eligibleAt > lostMs)
          .length +
        offers.filter((offer) => seenOf(offer) === undefined).length,
      lookedUp: this.#lookedUp,
      uncommitted: this.#uncommitted,
      occupancy: followed.takenMs / Math.max(1, followed.lastedMs) / this.#size.agents,
      busyPercent,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    for (const one of [...this.#desks, ...this.#idle, ...this.#talking]) one.close();
    await this.#sql.end({ timeout: 5 });
    await this.#program.stop();
  }

  /** Which interaction each of these lines began, once all of them have and each was offered to somebody, or nothing is to be waited for. */
  async #placesOf(keys: string[]): Promise<Map<string, string>> {
    const until = performance.now() + lostMs;
    for (;;) {
      const rows = await this.#sql<{ key: string; stream: string; offered: boolean }[]>`
        select m.key, m.stream, exists (select from event e where e.stream = m.stream and e.kind = 'interaction.offered') as offered
          from message m where m.key = any (${keys}) and m.author = 'customer'`;
      if (
        (rows.length === keys.length && rows.every(({ offered }) => offered)) ||
        performance.now() > until
      ) {
        await wait(200); // an offer that was committed just now is on its way to its socket
        return new Map(rows.map(({ key, stream }) => [key, stream]));
      }
      await wait(100);
    }
  }

  async #visitor(): Promise<CustomerSocket> {
    const customer = await CustomerSocket.open(this.#program.url, this.#centre, this.#customers++, {
      line() {},
      refused: (code) => this.#fault(`a customer was refused: ${code}`),
      lost: (why) => this.#fault(why),
    });
    this.#idle.push(customer);
    return customer;
  }

  /** More customers at once than there were thought to be: one who opens the page only now. Their time runs since they were to write. */
  async #beginLate(key: string): Promise<void> {
    const customer = await this.#visitor();
    this.#idle.splice(this.#idle.indexOf(customer), 1);
    this.#talking.add(customer);
    customer.say(key, 'Good day, where is my parcel?');
  }

  #offered(agentId: string, interactionId: string): void {
    this.#seen.set(`${interactionId} ${agentId}`, this.#wall.now());
    if (this.#seen.size % lookedUpOneOf === 0) this.#lookUps.push(this.#lookUp(interactionId, agentId));
  }

  /** Committed before shown: the offer that has just come in stands in the database, asked by a connection of our own. */
  async #lookUp(interactionId: string, agentId: string): Promise<void> {
    this.#lookedUp += 1;
    const found = await this.#sql`
      select from event where stream = ${interactionId} and kind = 'interaction.offered' and body->>'agentId' = ${agentId}`;
    if (found.length === 0) this.#uncommitted += 1;
  }

  #completed(interactionId: string): void {
    for (const customer of this.#talking) {
      if (customer.interactionId !== interactionId) continue;
      this.#talking.delete(customer);
      this.#idle.push(customer);
      return;
    }
  }

  #fault(why: string): void {
    if (!this.#closing) this.faults.push(why);
  }
}

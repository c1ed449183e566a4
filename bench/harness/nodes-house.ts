import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '#src/platform/clock.ts';
import type { Cluster } from '#src/platform/launcher/index.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { type DatabaseUrl, databaseUrlOf } from '#test/support/database-url.ts';
import { eventually } from '#test/support/eventually.ts';
import type { Program } from '#test/support/program.ts';
import { contradictions } from '#test/support/spine.ts';
import { type Balancer, openBalancer } from './balancer.ts';
import { type Answer, type Call, call, eachOf } from './caller.ts';
import { type Centre, setUpCentre, shopOrigin } from './centre.ts';
import { type Chance, chance } from './chance.ts';
import { differences, readStored, stuck, wrongSlots } from './comparison.ts';
import { CrashCustomer } from './crash-customer.ts';
import { CrashDesk } from './crash-desk.ts';
import { Journal } from './journal.ts';
import { followOffers, stepsOf } from './offers.ts';
import { startProduct } from './product.ts';

const secret = 'a secret of the benches, of no worth elsewhere';
const slots = 6;
const settleMs = 90_000;
const stuckMs = 5_000;

/** One running copy of the program, a process of its own, with a way to the database of its own that can be cut. */
export interface Node {
  program: Program;
  database: DatabaseUrl;
}

/** What must not be, each a sentence. */
export interface NodesFound {
  overAssigned: string[];
  lost: string[];
  doubled: string[];
  stuck: string[];
}

/**
 * Several copies of the program on one PostgreSQL, with customers and agents who use the browsers' own code through one door in front.
 * They come back by themselves, to whichever copy takes them, and a journal outside notes what was acknowledged to whom.
 */
export class NodesHouse {
  readonly own: TestDatabase<typeof systemClock>;
  readonly journal = new Journal();
  readonly nodes: Node[] = [];
  centre!: Centre;
  readonly #cluster: Pick<Cluster, 'host' | 'port'>;
  readonly #balancer: Balancer;
  readonly #drawn: Chance;
  #customers: CrashCustomer[] = [];
  #desks: CrashDesk[] = [];
  #lives: Promise<unknown>[] = [];
  #gate: PromiseWithResolvers<void> | undefined = Promise.withResolvers<void>();
  #over = false;

  private constructor(
    own: TestDatabase<typeof systemClock>,
    cluster: Pick<Cluster, 'host' | 'port'>,
    balancer: Balancer,
    drawn: Chance,
  ) {
    this.own = own;
    this.#cluster = cluster;
    this.#balancer = balancer;
    this.#drawn = drawn;
  }

  /** @param options.faultPoint armed in the first node, which routes */
  static async open(
    cluster: Pick<Cluster, 'host' | 'port'>,
    {
      nodes,
      customers,
      agents,
      seed,
      offerSeconds = 20,
      faultPoint,
    }: {
      nodes: number;
      customers: number;
      agents: number;
      seed: number;
      offerSeconds?: number;
      faultPoint?: string;
    },
  ): Promise<NodesHouse> {
    const own = await testDatabase({ clock: systemClock, cluster });
    const house = new NodesHouse(own, cluster, await openBalancer(), chance(seed));
    try {
      // The first is there before the others: it routes.
      for (let nth = 0; nth < nodes; nth += 1)
        await house.start(nth === 0 && faultPoint !== undefined ? { PARLEY_FAULT_POINT: faultPoint } : {});
      const base = house.#balancer.url;
      const centre = (house.centre = await setUpCentre(base, { agents, slots, offerSeconds }));
      const another = () => chance(house.#drawn.next() * 2 ** 32);
      house.#desks = centre.agents.map(
        (agent) => new CrashDesk(base, centre, agent, house.journal, another()),
      );
      house.#customers = Array.from(
        { length: customers },
        (_, nth) =>
          new CrashCustomer(base, centre.channelKey, `customer ${nth + 1}`, house.journal, another()),
      );
      await eachOf([...house.#desks, ...house.#customers], 8, (one) => one.open());
      const mayAct = async () => {
        await house.#gate?.promise;
        return !house.#over;
      };
      house.#lives = [...house.#desks, ...house.#customers].map((one) => one.live(mayAct));
      return house;
    } catch (error) {
      await house[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A further copy; customers and agents reach it from now on. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<Node> {
    const database = await databaseUrlOf(this.#cluster, this.own.name);
    const program = await startProduct({ databaseUrl: database.url, env: { PARLEY_SECRET: secret, ...env } });
    const node = { program, database };
    this.nodes.push(node);
    this.#serve();
    return node;
  }

  /** New connections go elsewhere, as a load balancer is told before a copy is stopped. */
  retire(node: Node): void {
    this.nodes.splice(this.nodes.indexOf(node), 1);
    this.#serve();
  }

  /** A retired one that lives on. */
  restore(node: Node): void {
    this.nodes.push(node);
    this.#serve();
  }

  /** Which copy routes, if one of those that answer does. */
  async owner(): Promise<Node | undefined> {
    for (const node of this.nodes) if ((await figure(node, 'parley_routing_owner')) === 1) return node;
    return undefined;
  }

  /** How often routing has changed hands. */
  async epoch(): Promise<number> {
    const [row] = await this.own.db.owner<
      { epoch: number }[]
    >`select epoch::integer as epoch from pool_owner`;
    return row!.epoch;
  }

  /** Customers write and agents work from now on, until `pause`. */
  async run(): Promise<void> {
    const before = this.journal.acts.length;
    this.#gate?.resolve();
    this.#gate = undefined;
    await eventually(
      'the load runs',
      () => this.journal.acts.slice(before).some(({ act }) => act === 'accept'),
      settleMs,
    );
  }

  /**
   * Further visitors, so many a second, who write once and leave a second later: whatever becomes of the others' lines, there is always
   * something to offer. @returns what ends it
   */
  visitors(perSecond: number): () => Promise<void> {
    const over = new AbortController();
    const visits = new Set<Promise<void>>();
    const visiting = (async () => {
      while (!over.signal.aborted) {
        const visit = this.#visit().finally(() => visits.delete(visit));
        visits.add(visit);
        await wait(1_000 / perSecond);
      }
    })();
    return async () => {
      over.abort();
      await visiting;
      await Promise.all(visits);
    };
  }

  async #visit(): Promise<void> {
    const base = this.#balancer.url;
    const { body: session } = await repeated(base, 'POST /chat/sessions', {
      origin: shopOrigin,
      body: {
        channel: this.centre.channelKey,
        language: 'en',
        pageUrl: `${shopOrigin}/basket`,
        told: this.centre.told,
      },
    });
    const asking = { origin: shopOrigin, bearer: session.token as string };
    const text = 'Only a short question.';
    await repeated(base, 'POST /chat/messages', { ...asking, body: { key: randomUUID(), text } });
    await wait(1_000);
    await repeated(base, 'POST /chat/end', { ...asking, body: { key: randomUUID() } });
  }

  /** Nobody begins anything; resolves once all that was begun is confirmed and everybody's line is up. */
  async pause(): Promise<void> {
    this.#gate ??= Promise.withResolvers<void>();
    await this.settled();
  }

  async settled(): Promise<void> {
    await eventually(
      'all is confirmed',
      () => {
        for (const { chat } of this.#customers) chat.wake();
        for (const { line } of this.#desks) line.hurry();
        return [...this.#customers, ...this.#desks].every((one) => one.settled);
      },
      settleMs,
    );
  }

  /** Offers written since a moment, by the epoch that decided. */
  async offersSince(moment: Date): Promise<{ at: Date; epoch: number }[]> {
    return this.own.db.owner<{ at: Date; epoch: number }[]>`
      select e.at, d.epoch::integer as epoch from decision d join event e on e.stream = d.interaction_id and e.seq = d.seq
       where e.at > ${moment} order by e.at`;
  }

  /** Holds the journal, the log and the slots against one another; what takes its moment is given one. */
  async compare(): Promise<NodesFound> {
    const { owner } = this.own.db;
    const patient = performance.now() + stuckMs;
    let stored = await readStored(owner as never);
    while (stuck(stored).length > 0 && performance.now() < patient) {
      await wait(100);
      stored = await readStored(owner as never);
    }
    const { lost, doubled, reordered, broken } = differences(this.journal, stored);
    // A place is given again only after the commit that freed it was seen, so of each agent the log's own numbers are in order.
    const slotsOf = new Map(stored.agents.map(({ id, slots: size }) => [id, size]));
    const followed = followOffers(await stepsOf(owner, 'as numbered'), slotsOf);
    return {
      overAssigned: [
        ...wrongSlots(stored),
        ...(await contradictions(owner)),
        ...(followed.overAssigned > 0 ? [`${followed.overAssigned} offers to agents without a place`] : []),
      ],
      lost: [...lost, ...reordered],
      doubled: [
        ...doubled,
        ...broken,
        ...(followed.doubled > 0 ? [`${followed.doubled} offers of what was with somebody already`] : []),
      ],
      stuck: stuck(stored),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    this.#gate?.resolve();
    for (const one of [...this.#customers, ...this.#desks]) one.close();
    await this.#balancer[Symbol.asyncDispose]();
    await Promise.all(this.#lives);
    for (const { program, database } of this.nodes) {
      process.kill(program.pid, 'SIGCONT');
      await program[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    }
    await this.own[Symbol.asyncDispose]();
  }

  #serve(): void {
    this.#balancer.serve(this.nodes.map(({ program }) => program.port));
  }
}

/** As `call`, until there is an answer that is not the fault of a copy that is gone: what is asked here may be asked twice. */
async function repeated(base: string, signature: string, options: Call): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await call(base, signature, { ...options, timeoutMs: 3_000 });
      if (answer.status < 500 && answer.status !== 429) return answer;
    } catch (error) {
      if (tries >= 100) throw error;
    }
    await wait(100);
  }
}

/** A figure of a copy's own; undefined when it does not answer in time. */
export async function figure(node: Pick<Node, 'program'>, name: string): Promise<number | undefined> {
  try {
    const answer = await fetch(`${node.program.url}/metrics`, { signal: AbortSignal.timeout(2_000) });
    const found = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(await answer.text());
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}

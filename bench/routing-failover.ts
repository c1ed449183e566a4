import { setTimeout as wait } from 'node:timers/promises';
import { testCluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { type BenchOptions, type BenchResult, median, rounded } from './harness/bench.ts';
import { MachineLimits } from './harness/limits.ts';
import { figure, type Node, type NodesFound, NodesHouse } from './harness/nodes-house.ts';

// Two copies of the program on one database, with customers and agents who come back by themselves: how long nothing is offered when the
// one that decides is killed, sleeps, or is stopped in order, and what becomes of the work.

export interface FailoverSize {
  customers: number;
  agents: number;
  /** Times that each is done. */
  rounds: number;
  loadMs: number;
  limitsMs: number;
}

export const failoverSize: FailoverSize = {
  customers: 60,
  agents: 16,
  rounds: 5,
  loadMs: 2_000,
  limitsMs: 2_000,
};
export const failoverSmallSize: FailoverSize = {
  customers: 12,
  agents: 4,
  rounds: 1,
  loadMs: 300,
  limitsMs: 200,
};

const patienceMs = 60_000;
/** So often something new is there to be offered, whoever is cut off. */
const visitorsPerSecond = 10;
const ways = ['killed', 'asleep', 'stopped'] as const;
type Way = (typeof ways)[number];

export async function failover(
  size: FailoverSize,
  { seed, say }: Pick<BenchOptions, 'seed' | 'say'>,
): Promise<BenchResult> {
  await using limits = await MachineLimits.open();
  await limits.measureCommits(size.limitsMs);
  const cluster = await testCluster({ fsync: true });
  const took: Record<Way, number[]> = { killed: [], asleep: [], stopped: [] };
  const total = { overAssigned: 0, lost: 0, doubled: 0, stuck: 0 };
  let refused = 0;
  let offers = 0;
  try {
    await using house = await NodesHouse.open(cluster, { nodes: 2, seed, ...size });
    for (let round = 1; round <= size.rounds; round += 1) {
      for (const way of ways) {
        await house.run();
        const leave = house.visitors(visitorsPerSecond);
        await wait(size.loadMs);
        const owner = await eventually('one of them routes', () => house.owner(), patienceMs);
        const end = await endings[way](house, owner, took);
        await wait(size.loadMs);
        refused += await end();
        await leave();
        await house.pause();
        const found = await house.compare();
        for (const name of Object.keys(total) as (keyof NodesFound)[]) {
          total[name] = Math.max(total[name], found[name].length);
          for (const sentence of found[name].slice(0, 5)) say(`  ${name}: ${sentence}`);
        }
        say(`${way} ${round}/${size.rounds}: offers again after ${Math.round(took[way].at(-1)!)} ms`);
      }
    }
    offers = (await house.offersSince(new Date(0))).length;
  } finally {
    await cluster.stop();
  }
  await limits.measureCommits(size.limitsMs);
  const seconds = (ms: number) => rounded(ms / 1_000);
  const figures = {
    secondsWithoutOffers: seconds(Math.max(...took.killed, ...took.asleep)),
    secondsWithoutOffersKilledP50: seconds(median(took.killed)),
    secondsWithoutOffersAsleepP50: seconds(median(took.asleep)),
    secondsWithoutOffersStopped: seconds(Math.max(...took.stopped)),
    takeovers: ways.length * size.rounds,
    offers,
    refused,
    ...total,
  };
  return {
    line: {
      bench: 'routing',
      scenario: 'failover',
      figures,
      limits: limits.figures(),
      ratios: {},
      seed,
    },
    wrong: (Object.keys(total) as (keyof NodesFound)[]).flatMap((name) =>
      total[name] === 0 ? [] : [`${name} is ${total[name]} and must be 0.`],
    ),
  };
}

/**
 * Each ends the owner in its way, waits until another offers, and notes how long nothing was offered: from the last offer under the old
 * epoch to the first under a later one. @returns what brings two copies back, and how many decisions of the old one were refused.
 */
const endings: Record<
  Way,
  (house: NodesHouse, owner: Node, took: Record<Way, number[]>) => Promise<() => Promise<number>>
> = {
  async killed(house, owner, took) {
    await noted(house, took.killed, async () => {
      await owner.program.kill9();
      house.retire(owner);
    });
    return async () => {
      await owner.database[Symbol.asyncDispose]();
      await house.start();
      return 0;
    };
  },
  async asleep(house, owner, took) {
    const before = (await figure(owner, 'parley_offers_refused')) ?? 0;
    await noted(house, took.asleep, async () => {
      process.kill(owner.program.pid, 'SIGSTOP');
      house.retire(owner);
    });
    return async () => {
      process.kill(owner.program.pid, 'SIGCONT');
      await eventually(
        'the one that slept stands down',
        async () => (await figure(owner, 'parley_routing_owner')) === 0,
        patienceMs,
      );
      house.restore(owner);
      return ((await figure(owner, 'parley_offers_refused')) ?? before) - before;
    };
  },
  async stopped(house, owner, took) {
    await noted(house, took.stopped, async () => {
      house.retire(owner);
      await owner.program.stop();
    });
    return async () => {
      await owner.database[Symbol.asyncDispose]();
      await house.start();
      return 0;
    };
  },
};

async function noted(house: NodesHouse, into: number[], end: () => Promise<void>): Promise<void> {
  const since = new Date(Date.now() - 10_000);
  const epoch = await house.epoch();
  await end();
  const [last, first] = await eventually(
    'another offers',
    async () => {
      const offers = await house.offersSince(since);
      const next = offers.find((offer) => offer.epoch > epoch);
      return next !== undefined && [offers.findLast((offer) => offer.epoch <= epoch), next];
    },
    patienceMs,
  );
  if (last === undefined || first === undefined) throw new Error('nothing was offered before');
  into.push(first.at.getTime() - last.at.getTime());
}

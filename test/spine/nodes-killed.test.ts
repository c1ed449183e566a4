import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { must } from '#bench/harness/caller.ts';
import { administrator } from '#bench/harness/centre.ts';
import { figure, type Node, NodesHouse } from '#bench/harness/nodes-house.ts';
import { testCluster } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';

// Real programs, real sockets, real signals: what becomes of routing when the copy that decides dies, sleeps, is cut off or is
// replaced. What a takeover costs is measured by `npm run bench -- routing`; the bounds here only tell a takeover from none.

const none = { overAssigned: [], lost: [], doubled: [], stuck: [] };
const patienceMs = 60_000;

function owning(house: NodesHouse): Promise<Node> {
  return eventually('one of them routes', () => house.owner(), patienceMs);
}

/** The first offer that was decided under a later epoch. */
function firstOfNext(house: NodesHouse, since: Date, epoch: number): Promise<{ at: Date; epoch: number }> {
  return eventually(
    'the next owner offers',
    async () => (await house.offersSince(since)).find((offer) => offer.epoch > epoch),
    patienceMs,
  );
}

/** So many offers are written from now on. */
async function offers(house: NodesHouse, count: number): Promise<void> {
  const since = new Date();
  await eventually(
    `${count} offers`,
    async () => (await house.offersSince(since)).length >= count,
    patienceMs,
  );
}

async function offersInAll(house: NodesHouse): Promise<number> {
  const [row] = await house.own.db.owner<{ count: number }[]>`
    select count(*)::integer as count from event where kind = 'interaction.offered'`;
  return row!.count;
}

test('when the copy that decides is killed under load another goes on, and nothing is lost, doubled or given to somebody without a place', async (t) => {
  await using house = await NodesHouse.open(await testCluster(), {
    nodes: 2,
    customers: 14,
    agents: 4,
    seed: 1,
  });
  await house.run();
  await offers(house, 10);
  const owner = await owning(house);
  const epoch = await house.epoch();
  const killedAt = new Date();
  await owner.program.kill9();
  house.retire(owner);
  const first = await firstOfNext(house, killedAt, epoch);
  t.diagnostic(`offers again after ${first.at.getTime() - killedAt.getTime()} ms`);
  assert.ok(first.at.getTime() - killedAt.getTime() < 20_000);
  await offers(house, 10);
  await house.pause();
  assert.deepEqual(await house.compare(), none);
});

test('a copy that slept longer than its lease wakes with a decision in hand: it is refused, and the copy stands down', async (t) => {
  await using house = await NodesHouse.open(await testCluster(), {
    nodes: 2,
    customers: 14,
    agents: 4,
    seed: 2,
    faultPoint: 'stop before offer@5',
  });
  const [first, second] = house.nodes as [Node, Node];
  assert.equal(await owning(house), first);
  const { cookie } = await must(second.program.url, 'POST /api/session', { body: administrator });
  const [type] = await house.own.db.owner<{ id: string }[]>`select id from interaction_type`;
  const change = (act: 'pause' | 'resume') =>
    must(second.program.url, `POST /api/interaction-types/${type!.id}/${act}`, {
      cookie,
      body: { reason: 'A test of the night watch' },
    });
  await house.run();
  const epoch = await house.epoch();
  // It is stopped after it looked at its lease and before its statement went out, which no check of its own can close.
  process.kill(first.program.pid, 'SIGUSR2');
  await eventually('it sleeps', () => / T /.test(stateOf(first.program.pid)), patienceMs);
  house.retire(first);
  // Nothing may be offered now, so that nothing but its epoch stands against what it has in hand: no other offer, no place taken.
  await change('pause');
  await eventually('another owns the pool', async () => (await house.epoch()) > epoch, patienceMs);
  await eventually(
    'another routes',
    async () => (await figure(second, 'parley_routing_owner')) === 1,
    patienceMs,
  );
  const before = await offersInAll(house);
  const waiting = await house.own.db
    .owner`select id, seq from interaction where state = 'waiting' order by id`;
  assert.ok(waiting.length > 0);
  process.kill(first.program.pid, 'SIGCONT');
  const refused = await eventually(
    'its decisions are refused',
    async () => {
      const count = await figure(first, 'parley_offers_refused');
      return count !== undefined && count > 0 && count;
    },
    patienceMs,
  );
  t.diagnostic(`${refused} decisions were refused`);
  await eventually(
    'it stands down',
    async () => (await figure(first, 'parley_routing_owner')) === 0,
    patienceMs,
  );
  assert.equal(await offersInAll(house), before, 'nothing was offered behind the new owner’s back');
  const rows = await house.own.db
    .owner`select id, seq from interaction where id = any (${waiting.map((row) => row.id as string)}) and state = 'waiting' order by id`;
  assert.deepEqual([...rows], [...waiting]);
  house.restore(first);
  await change('resume');
  await offers(house, 10);
  await house.pause();
  assert.deepEqual(await house.compare(), none);
});

test('a copy whose way to the database goes silent is followed by another, and does no harm', async (t) => {
  await using house = await NodesHouse.open(await testCluster(), {
    nodes: 2,
    customers: 14,
    agents: 4,
    seed: 3,
  });
  await house.run();
  // Who talks by way of the silent copy is silent with it for a while: there must be others to offer.
  const leave = house.visitors(5);
  await offers(house, 5);
  // All its connections break: it comes back by itself, and goes on where it was or finds itself followed.
  (await owning(house)).database.cut();
  await offers(house, 10);
  const owner = await owning(house);
  const epoch = await house.epoch();
  // And now nothing passes, in either direction, and nobody is told.
  const silentAt = new Date();
  owner.database.stall();
  house.retire(owner); // as a load balancer does that asks /readyz
  const first = await firstOfNext(house, silentAt, epoch);
  t.diagnostic(`offers again after ${first.at.getTime() - silentAt.getTime()} ms`);
  const decided = () =>
    house.own.db.owner`select count(*)::integer as count from decision where epoch = ${epoch}`;
  const before = await decided();
  await offers(house, 10);
  assert.deepEqual([...(await decided())], [...before], 'the silent one has written nothing more');
  await owner.program.kill9();
  await offers(house, 5);
  await leave();
  await house.pause();
  assert.deepEqual(await house.compare(), none);
});

test('three copies are replaced one after the other while customers write, and nobody notices', async (t) => {
  await using house = await NodesHouse.open(await testCluster(), {
    nodes: 3,
    customers: 14,
    agents: 8,
    seed: 4,
  });
  await house.run();
  await offers(house, 10);
  const begun = new Date();
  for (const node of house.nodes.slice()) {
    house.retire(node);
    const ended = await node.program.stop();
    assert.equal(ended.code, 0);
    await node.database[Symbol.asyncDispose]();
    await house.start();
    await offers(house, 5);
  }
  await house.pause();
  assert.deepEqual(await house.compare(), none);
  // There are more places than customers: whoever waited, waited for routing.
  const [late] = await house.own.db.owner<{ ms: number; count: number }[]>`
    select max(extract(epoch from o.at - i.arrived_at))::float8 * 1000 as ms, count(*)::integer as count
      from interaction i join lateral (
        select at from event e where e.stream = i.id and e.kind = 'interaction.offered' order by seq limit 1) o on true
     where i.arrived_at > ${begun}`;
  t.diagnostic(`of ${late!.count}, the longest waited ${Math.round(late!.ms)} ms`);
  assert.ok(late!.count > 15);
  assert.ok(late!.ms < 5_000, `somebody waited ${Math.round(late!.ms)} ms`);
});

function stateOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8');
}

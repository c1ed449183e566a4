import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assessCompetency } from '#src/modules/competencies/index.ts';
import {
  acceptInteraction,
  advance,
  completeInteraction,
  createType,
  declineInteraction,
  endExchange,
  type InteractionRow,
  interactionById,
  setCapacity,
} from '#src/modules/interactions/index.ts';
import { changeType } from '#src/modules/interactions/types.ts';
import { changePerson, personById } from '#src/modules/people/index.ts';
import { choosePresence, createPresenceKeeper, signOffPresence } from '#src/modules/presence/index.ts';
import type { EngineSnapshot } from '#src/modules/routing/seam.ts';
import { createRouting, rebuiltEngine } from '#src/modules/routing/shell.ts';
import type { Context } from '#src/platform/context.ts';
import { type Centre, done, makeCentre } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { contradictions } from '#test/support/spine.ts';

/** Looks again and again while the test's own time goes on, twenty times as fast as ours. */
const inTime = <Found>(
  { clock }: TestDatabase,
  what: string,
  look: () => Promise<Found | false | undefined>,
) =>
  eventually(what, async () => {
    const found = await look();
    if (found === undefined || found === false) clock.pass(200);
    return found;
  });

const now = async (ctx: Context, { id }: { id: string }) => (await interactionById(ctx.db.system, id))!;

function offered(own: TestDatabase, row: { id: string }, agentId?: string): Promise<InteractionRow> {
  return eventually(`it is offered${agentId === undefined ? '' : ` to ${agentId}`}`, async () => {
    const it = await now(own.ctx, row);
    return it.state === 'offered' && (agentId === undefined || it.agent_id === agentId) && it;
  });
}

/** Waits until whatever is under way has come to rest, then says that it still waits. */
async function stillWaits(own: TestDatabase, routing: ReturnType<typeof createRouting>, row: { id: string }) {
  const before = routing.offered();
  for (let turn = 0; turn < 5; turn++) await own.db.system`select pg_sleep(0.01)`;
  assert.equal((await now(own.ctx, row)).state, 'waiting');
  assert.equal(routing.offered(), before);
  return (await routing.whyWaiting(row.id))!;
}

/**
 * Waits until whoever decides knows what the record says, and has decided upon all of it. What was refused meanwhile is decided
 * again a moment later, so the time goes on a little.
 */
async function atRest(
  { ctx, clock }: TestDatabase,
  routing: ReturnType<typeof createRouting>,
): Promise<void> {
  // Versions count what one engine was told; two engines count for themselves.
  const comparable = (snapshot: EngineSnapshot) => ({
    ...snapshot,
    types: snapshot.types.map((type) => ({ ...type, version: 0 })),
    agents: snapshot.agents.map((agent) => ({ ...agent, version: 0 })),
    ...(snapshot.rules === undefined ? {} : { rules: { ...snapshot.rules, version: 0 } }),
  });
  await eventually('it has come to rest and is the same', async () => {
    const rebuilt = (await rebuiltEngine(ctx)).snapshot(clock.now().getTime());
    const mine = routing.snapshot()!;
    if (mine.reserved.length > 0 || mine.released.length > 0) clock.pass(50);
    assert.deepEqual(comparable(mine), comparable(rebuilt));
    assert.deepEqual(mine.reserved, []);
    return true;
  });
}

const acting = (centre: Centre, row: { id: string }, agentId: string) => ({
  interactionId: row.id,
  agentId,
  clients: centre.clients,
});

test('what arrives is offered at once, to the agent idle longest, and the record says why', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 0, capacity: { chat: 2 } });
  const first = await centre.addAgent({ name: 'First' });
  clock.pass(60_000);
  const second = await centre.addAgent({ name: 'Second' });
  clock.pass(60_000);
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const one = await offered(own, await centre.arrive(), first.id);
  const two = await offered(own, await centre.arrive(), second.id);
  assert.equal(one.offer_until!.getTime() - clock.now().getTime(), 20_000);
  const [decision] = await ctx.db.owner<
    { agent_id: string; epoch: string; why: { eligible: { agentId: string }[] } }[]
  >`
    select agent_id, epoch::text, why from decision where interaction_id = ${one.id} and seq = ${one.seq}`;
  assert.deepEqual([decision?.agent_id, decision?.epoch], [first.id, '1']);
  assert.deepEqual(
    decision?.why.eligible.map(({ agentId }) => agentId),
    [first.id, second.id],
  );

  // Whoever had work last is asked last.
  for (const [row, agentId] of [
    [one, first.id],
    [two, second.id],
  ] as const) {
    clock.pass(1_000);
    done(await acceptInteraction(ctx, acting(centre, row, agentId)));
  }
  for (const [row, agentId] of [
    [two, second.id],
    [one, first.id],
  ] as const) {
    clock.pass(1_000);
    done(await endExchange(ctx, acting(centre, row, agentId)));
    done(await completeInteraction(ctx, { ...acting(centre, row, agentId), outcomeCode: 'solved' }));
  }
  await offered(own, await centre.arrive(), second.id);
  await offered(own, await centre.arrive(), first.id);
  await routing.stop();
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('what has priority goes first, then what came first, whatever was offered before', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 1, capacity: { chat: 1 } });
  const agentId = centre.agents[0]!.id;
  const draft = {
    clientId: centre.client.id,
    channel: 'chat' as const,
    nameEn: 'Urgent',
    nameFr: 'Urgent',
    offerSeconds: 20,
  };
  const urgent = done(
    await createType(ctx, {
      ...draft,
      priority: 10,
      requires: [{ competencyId: centre.competency.id, level: 2 }],
    }),
  );
  const rows: InteractionRow[] = [];
  for (const typeId of [centre.type.id, centre.type.id, urgent.id]) {
    clock.pass(1_000);
    rows.push(await centre.arrive({ typeId }));
  }
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const order: string[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const it = await eventually('one of them is offered', async () => {
      const all = await Promise.all(rows.map((row) => now(ctx, row)));
      return all.find(({ state }) => state === 'offered');
    });
    order.push(it.id);
    done(await acceptInteraction(ctx, acting(centre, it, agentId)));
    done(await endExchange(ctx, acting(centre, it, agentId)));
    done(await completeInteraction(ctx, { ...acting(centre, it, agentId), outcomeCode: 'solved' }));
  }
  assert.deepEqual(order, [rows[2]!.id, rows[0]!.id, rows[1]!.id]);
  await routing.stop();
});

test('an offer that is let pass returns to its old place and goes to another', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2, capacity: { chat: 1 } });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const row = await centre.arrive();
  const first = (await offered(own, row)).agent_id!;
  const other = centre.agents.find(({ id }) => id !== first)!.id;
  const again = await inTime(own, 'it goes to the other', async () => {
    const it = await now(ctx, row);
    return it.agent_id === other && it;
  });
  assert.deepEqual([again.arrived_at, again.not_to], [row.arrived_at, [first]]);
  assert.ok(clock.now().getTime() - row.arrived_at.getTime() >= 20_000);
  const kinds = await ctx.db.owner<
    { kind: string }[]
  >`select kind from event where stream = ${row.id} order by seq`;
  assert.deepEqual(
    kinds.map(({ kind }) => kind),
    ['arrived', 'line', 'offered', 'offer-expired', 'offered'].map((kind) => `interaction.${kind}`),
  );
  await routing.stop();
});

test('an offer ends also when its time came while the program could not move', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 1 });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const row = await offered(own, await centre.arrive());
  clock.pass(60_000); // in one stroke: its lease could not be renewed meanwhile, so at that moment it may not write
  await inTime(own, 'it is back in the line', async () => (await now(ctx, row)).not_to.length > 0);
  await routing.stop();
});

test('who declined is asked again only when nobody else is there, and not at once', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 1 });
  const agentId = centre.agents[0]!.id;
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const row = await offered(own, await centre.arrive());
  done(await declineInteraction(ctx, acting(centre, row, agentId)));
  const why = await stillWaits(own, routing, row);
  assert.deepEqual(why.not, [{ reason: 'declined-already', count: 1, agents: [agentId] }]);
  const declinedAt = clock.now().getTime();
  await inTime(own, 'they are asked again', async () => (await now(ctx, row)).state === 'offered');
  assert.ok(clock.now().getTime() - declinedAt >= 15_000);
  await routing.stop();
});

test('whatever makes an agent able to take what waits, they are asked at once', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 0, capacity: { chat: 1 } });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const finish = async (row: InteractionRow) => {
    done(await acceptInteraction(ctx, acting(centre, row, row.agent_id!)));
    done(await endExchange(ctx, acting(centre, row, row.agent_id!)));
    done(await completeInteraction(ctx, { ...acting(centre, row, row.agent_id!), outcomeCode: 'solved' }));
  };
  const waiting = async (reason: string) => {
    await atRest(own, routing);
    const row = await centre.arrive();
    const why = await stillWaits(own, routing, row);
    assert.deepEqual(
      why.not.map((one) => one.reason),
      [reason],
    );
    return row;
  };

  const agent = await centre.addAgent({ level: null, ready: false });
  let row = await waiting('competency-missing');
  await centre.assess(agent.id, 1);
  assert.deepEqual((await stillWaits(own, routing, row)).not[0]?.reason, 'competency-level-too-low');
  clock.pass(1_000); // the newest assessment counts, so there must be one
  await centre.assess(agent.id, 2);
  await eventually(
    'it is a matter of their presence',
    async () => (await routing.whyWaiting(row.id))?.not[0]?.reason === 'agent-not-ready',
  );
  await choosePresence(ctx, agent.id, 'ready', true);
  await finish(await offered(own, row, agent.id));

  await choosePresence(ctx, agent.id, 'break', true);
  row = await waiting('agent-not-ready');
  await choosePresence(ctx, agent.id, 'ready', true);
  await finish(await offered(own, row, agent.id));

  const change = async (chat: number) => {
    const person = (await personById(ctx.db.system, agent.id))!;
    const also = {
      act: (sql: Parameters<typeof setCapacity>[0]) => setCapacity(sql, agent.id, { chat }),
      changed: ['capacity'],
    };
    done(await changePerson(ctx, agent.id, { version: person.version }, agent.id, also));
  };
  await change(0);
  row = await waiting('channel-not-taken');
  await change(1);
  await finish(await offered(own, row, agent.id));

  let type = done(
    await changeType(
      ctx,
      centre.type.id,
      { version: centre.type.version, requires: [{ competencyId: centre.competency.id, level: 5 }] },
      centre.clients,
    ),
  );
  row = await waiting('competency-level-too-low');
  type = done(await changeType(ctx, type.id, { version: type.version, requires: [] }, centre.clients));
  const held = await offered(own, row, agent.id);
  row = await waiting('agent-at-capacity');
  await finish(held);
  await finish(await offered(own, row, agent.id));

  type = done(await changeType(ctx, type.id, { version: type.version, active: false }, centre.clients));
  await changeType(ctx, type.id, { version: type.version, active: true }, centre.clients);
  await atRest(own, routing);
  await offered(own, await centre.arrive(), agent.id);
  await routing.stop();
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('an agent whose browser is gone is offered nothing until it is back', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 0 });
  const agent = await centre.addAgent({ ready: false });
  const keeper = createPresenceKeeper(ctx);
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const leave = await keeper.connected(agent.id);
  await choosePresence(ctx, agent.id, 'ready', keeper.isConnected(agent.id));
  await offered(own, await centre.arrive(), agent.id);
  leave();
  await eventually(
    'their line is noted as gone',
    async () => (await ctx.db.owner`select from agent_presence where not connected`).length === 1,
  );
  await atRest(own, routing);
  const row = await centre.arrive();
  const why = await stillWaits(own, routing, row);
  assert.deepEqual(why.not, [{ reason: 'agent-not-ready', count: 1, agents: [agent.id] }]);
  await keeper.connected(agent.id);
  await offered(own, row, agent.id);

  await signOffPresence(ctx, agent.id);
  await atRest(own, routing);
  await stillWaits(own, routing, await centre.arrive());
  await routing.stop();
});

test('an agent is offered nothing from the moment their assessment lapses', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 0 });
  const agent = await centre.addAgent({ validUntil: '2026-03-03' });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  await offered(own, await centre.arrive(), agent.id);
  const midnight = new Date('2026-03-03T00:00:00Z');
  clock.pass(midnight.getTime() - clock.now().getTime());
  await inTime(own, 'it may decide again', async () => routing.owns());
  const row = await centre.arrive();
  const why = await stillWaits(own, routing, row);
  assert.deepEqual(why.not, [{ reason: 'competency-lapsed', count: 1, agents: [agent.id] }]);
  done(
    await assessCompetency(
      ctx,
      { agentId: agent.id, competencyId: centre.competency.id, level: 3, assessedOn: '2026-03-03' },
      centre.clients,
    ),
  );
  await offered(own, row, agent.id);
  await routing.stop();
});

test('an owner that was stopped writes nothing once another has taken over', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const second = own.anotherNode();
  const centre = await makeCentre(ctx, { agents: 2, capacity: { chat: 5 } });
  const stopped = createRouting(ctx);
  await stopped.start();
  await offered(own, await centre.arrive());
  // The test's clock stands still, so the first one believes that its lease lasts; on the database's clock it has lost it.
  const successor = createRouting(second, { alone: true });
  await successor.start();
  assert.deepEqual([stopped.owns(), successor.owns()], [true, true]);
  const row = await centre.arrive(); // told to the first one only
  await stillWaits(own, stopped, row);
  assert.equal((await ctx.db.owner`select from decision where interaction_id = ${row.id}`).length, 0);
  second.bus.gap();
  await offered(own, row);
  const [decision] = await ctx.db.owner<
    { epoch: string }[]
  >`select epoch::text from decision where interaction_id = ${row.id}`;
  assert.equal(decision?.epoch, '2');
  assert.equal(stopped.offered(), 1);
  await inTime(own, 'the first one learns of it', async () => !stopped.owns());
  await successor.stop();
  await stopped.stop();
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('whoever takes over goes on with what stands open, offers under way included', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const second = own.anotherNode();
  const centre = await makeCentre(ctx, { agents: 2, capacity: { chat: 1 } });
  const first = createRouting(ctx);
  await first.start();
  const successor = createRouting(second);
  await successor.start();
  assert.deepEqual([first.owns(), successor.owns()], [true, false]);
  const row = await offered(own, await centre.arrive());
  await first.stop();
  assert.equal(first.owns(), false);
  const waiting = await centre.arrive();
  await inTime(own, 'the second takes the pool', async () => successor.owns());
  const other = centre.agents.find(({ id }) => id !== row.agent_id)!.id;
  await offered(own, waiting, other);
  await inTime(
    own,
    'the first one’s offer ends in its time',
    async () => (await now(ctx, row)).not_to.length > 0,
  );
  await successor.stop();
});

test('the state of who decides is the state that the record gives, at any moment of rest', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 3, capacity: { chat: 2 } });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const rows: InteractionRow[] = [];
  for (let number = 0; number < 9; number++) {
    clock.pass(500);
    rows.push(await centre.arrive());
  }
  const open = () => Promise.all(rows.map((row) => now(ctx, row)));
  await eventually(
    'all hands are full',
    async () => (await open()).filter(({ state }) => state === 'offered').length === 6,
  );
  const asked = (await open()).filter(({ state }) => state === 'offered');
  done(await acceptInteraction(ctx, acting(centre, asked[0]!, asked[0]!.agent_id!)));
  done(await endExchange(ctx, acting(centre, asked[0]!, asked[0]!.agent_id!)));
  done(await acceptInteraction(ctx, acting(centre, asked[1]!, asked[1]!.agent_id!)));
  done(await advance(ctx, 'park', { ...acting(centre, asked[1]!, asked[1]!.agent_id!), at: clock.now() }));
  done(await declineInteraction(ctx, acting(centre, asked[2]!, asked[2]!.agent_id!)));
  await choosePresence(ctx, centre.agents[0]!.id, 'break', true);
  await atRest(own, routing);
  await routing.stop();
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('told several times at once to read everything again, it does, and goes on', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 2, capacity: { chat: 10 } });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  const rows: InteractionRow[] = [];
  for (let number = 0; number < 8; number++) {
    for (let again = 0; again < 3; again++) ctx.bus.gap();
    rows.push(await centre.arrive());
    ctx.bus.gap();
  }
  for (const row of rows) await offered(own, row);
  assert.equal(routing.owns(), true);
  assert.deepEqual(
    own.logged.filter(({ level }) => level === 'error' || level === 'warn'),
    [],
  );
  assert.deepEqual(own.faults, []);
  await routing.stop();
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

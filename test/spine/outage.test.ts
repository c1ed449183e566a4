import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advance,
  bringBackUnread,
  createLineWriter,
  interactionById,
} from '#src/modules/interactions/index.ts';
import { choosePresence, createPresenceKeeper, graceSeconds, heads } from '#src/modules/presence/index.ts';
import { createRouting } from '#src/modules/routing/index.ts';
import type { Context } from '#src/platform/context.ts';
import { done, makeCentre } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';

const stateOf = async (ctx: Context, agentId: string) => (await heads(ctx.db.system, [agentId]))[0]?.state;

test('when the database was away for longer than the grace, nobody is thrown out, and who is really gone is lost a grace later', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 0 });
  const [here, elsewhere, gone] = [
    await centre.addAgent({ ready: false }),
    await centre.addAgent({ ready: false }),
    await centre.addAgent({ ready: false }),
  ];
  const keeper = createPresenceKeeper(ctx);
  const other = createPresenceKeeper(own.anotherNode());
  await keeper.connected(here.id);
  await other.connected(elsewhere.id);
  for (const { id } of [here, elsewhere, gone]) await choosePresence(ctx, id, 'ready', true);

  clock.pass((graceSeconds + 5) * 1000); // in which no node could renew anything
  assert.equal(await keeper.loseLapsed(), 0);
  for (const { id } of [here, elsewhere, gone]) assert.equal(await stateOf(ctx, id), 'ready');

  for (let passed = 0; passed <= graceSeconds; passed += 10) {
    await Promise.all([keeper.renew(), other.renew()]);
    clock.pass(10_000);
  }
  assert.equal(await keeper.loseLapsed(), 1);
  assert.deepEqual(
    [await stateOf(ctx, here.id), await stateOf(ctx, elsewhere.id), await stateOf(ctx, gone.id)],
    ['ready', 'ready', 'offline'],
  );
});

test('a browser that came while the database was away does not count for ever', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const agent = await (await makeCentre(ctx, { agents: 0 })).addAgent({ ready: false });
  const away = { ...ctx, db: { ...ctx.db, system: (() => Promise.reject(new Error('away'))) as never } };
  const keeper = createPresenceKeeper(away);
  await assert.rejects(keeper.connected(agent.id), /away/);
  assert.equal(keeper.isConnected(agent.id), false);
});

test('a commit that nobody was told of is offered all the same', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 1 });
  const routing = createRouting(ctx, { alone: true });
  await routing.start();
  // The other node's bus reaches nobody: as if it had been killed between its commit and its telling.
  const untold = await centre.arrive({ by: own.anotherNode() });
  await eventually('it was offered', async () => {
    clock.pass(500);
    return (await interactionById(ctx.db.system, untold.id))?.state === 'offered';
  });
  await routing.stop();
});

test('an agent who lets an interaction pass again and again is remembered once', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 1 });
  const agent = centre.agents[0]!;
  const { id } = await centre.arrive();
  for (let time = 0; time < 3; time++) {
    const at = clock.now();
    done(await advance(ctx, 'offer', { interactionId: id, agentId: agent.id, at, offerUntil: at }));
    done(await advance(ctx, 'expire', { interactionId: id, agentId: agent.id, at }));
  }
  assert.deepEqual((await interactionById(ctx.db.system, id))?.not_to, [agent.id]);
});

test('what somebody parked who is away goes back to the line when its customer writes, and stays when nobody does', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 1 });
  const agent = centre.agents[0]!;
  const rows = [await centre.arrive(), await centre.arrive()];
  for (const { id } of rows) {
    const at = clock.now();
    done(await advance(ctx, 'offer', { interactionId: id, agentId: agent.id, at, offerUntil: at }));
    done(await advance(ctx, 'accept', { interactionId: id, agentId: agent.id, at }));
    const line = {
      interactionId: id,
      author: 'agent',
      agentId: agent.id,
      audience: 'all',
      text: 'One moment.',
    } as const;
    done(await createLineWriter(ctx).write({ ...line, key: `agent-${id}` }));
    done(await advance(ctx, 'park', { interactionId: id, agentId: agent.id, at }));
  }
  const [written, silent] = rows;
  const line = {
    interactionId: written!.id,
    author: 'customer',
    threadId: written!.thread_id,
    audience: 'all',
    text: 'Still there?',
  } as const;
  done(await createLineWriter(ctx).write({ ...line, key: 'still-there' }));
  assert.equal(await bringBackUnread(ctx, () => true), 0, 'who is there answers themselves');
  assert.equal(await bringBackUnread(ctx, () => false), 1);
  assert.equal((await interactionById(ctx.db.system, written!.id))?.state, 'waiting');
  assert.equal((await interactionById(ctx.db.system, silent!.id))?.state, 'parked');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  choosePresence,
  createPresenceKeeper,
  heads,
  lineChanged,
  signOffPresence,
} from '#src/modules/presence/index.ts';
import type { Context } from '#src/platform/context.ts';
import { makeCentre } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { openTransaction, waitingForLock } from '#test/support/spine.ts';

const connected = async (ctx: Context, agentId: string) =>
  (await heads(ctx.db.system, [agentId]))[0]?.connected;

test('an agent whose line comes while they say that they are ready is on the line, whichever is written first', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  await signOffPresence(ctx, agentId);
  const keeper = createPresenceKeeper(ctx);
  for (let round = 0; round < 10; round++) {
    const [, leave] = await Promise.all([keeper.choose(agentId, 'ready'), keeper.connected(agentId)]);
    assert.equal(await connected(ctx, agentId), true);
    await signOffPresence(ctx, agentId);
    leave();
  }
});

test('a line that another node did not know of is told to routing when its lease is renewed', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  await signOffPresence(ctx, agentId);
  const keeper = createPresenceKeeper(ctx);
  await keeper.connected(agentId);
  // Said on a node that has no line of this agent.
  await choosePresence(ctx, agentId, 'ready', false);
  assert.equal(await connected(ctx, agentId), false);
  const told: string[] = [];
  ctx.bus.listen((events) => {
    for (const { kind, body } of events)
      if (kind === lineChanged) told.push((body as { agentId: string }).agentId);
  });
  await keeper.renew();
  assert.equal(await connected(ctx, agentId), true);
  assert.deepEqual(told, [agentId]);
  await keeper.renew();
  assert.deepEqual(told, [agentId], 'once');
});

test('an agent who loads the page again is on the line, however late it is noted that the old page went', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  const keeper = createPresenceKeeper(ctx);
  const leave = await keeper.connected(agentId);
  const letGo = await openTransaction(
    ctx.db.owner,
    (tx) => tx`select from agent_presence where agent_id = ${agentId} for update`,
  );
  leave();
  await eventually('it waits to be noted', async () => (await waitingForLock(ctx.db.owner)) === 1);
  const back = keeper.connected(agentId);
  await letGo();
  await back;
  await keeper.noted();
  assert.equal(await connected(ctx, agentId), true);
  // Had both been sent at once, the old page's note could have been the last: they never stand in line together.
  const held = await openTransaction(
    ctx.db.owner,
    (tx) => tx`select from agent_presence where agent_id = ${agentId} for update`,
  );
  const comings = Array.from({ length: 5 }, () => keeper.connected(agentId));
  await eventually('the first waits', async () => (await waitingForLock(ctx.db.owner)) > 0);
  assert.equal(await waitingForLock(ctx.db.owner), 1);
  await held();
  for (const gone of await Promise.all(comings)) gone();
  (await back)();
  await keeper.noted();
  assert.equal(await connected(ctx, agentId), false);
});

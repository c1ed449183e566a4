import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { createModules } from '#src/app/modules.ts';
import { reactions } from '#src/app/reactions.ts';
import { absenceMinutes, endAbsent, returnStrayWork } from '#src/app/upkeep.ts';
import { openSession, sessionBehind } from '#src/channels/chat/conversation.ts';
import { tellBeforeContact } from '#src/channels/chat/index.ts';
import { advance, bringBackDue, interactionById } from '#src/modules/interactions/index.ts';
import {
  choosePresence,
  createPresenceKeeper,
  graceSeconds,
  heads,
  signOffPresence,
} from '#src/modules/presence/index.ts';
import { folderKeeper } from '#src/platform/blobs/folder-keeper.ts';
import type { Context } from '#src/platform/context.ts';
import { createDispatcher } from '#src/platform/events/dispatcher.ts';
import { armFaultPoints } from '#src/platform/fault-point.ts';
import { done, makeCentre } from '#test/support/centre.ts';
import { temporaryFolder } from '#test/support/cluster.ts';
import { testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { contradictions, interactionIn } from '#test/support/spine.ts';

const head = async (ctx: Context, agentId: string) => (await heads(ctx.db.system, [agentId]))[0]!;
const state = async (ctx: Context, { id }: { id: string }) =>
  (await interactionById(ctx.db.system, id))?.state;

test('what was promised for later comes back when it falls due, to its old place', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const row = await centre.arrive();
  const dueAt = new Date(clock.now().getTime() + 3_600_000);
  done(await advance(ctx, 'schedule', { interactionId: row.id, at: clock.now(), dueAt }));
  clock.pass(3_599_000);
  assert.equal(await bringBackDue(ctx, () => true), 0);
  clock.pass(1_000);
  assert.equal(await bringBackDue(ctx, () => true), 1);
  const after = (await interactionById(ctx.db.system, row.id))!;
  assert.deepEqual([after.state, after.arrived_at, after.due_at], ['waiting', row.arrived_at, null]);
  assert.equal(await bringBackDue(ctx, () => true), 0);
});

test('parked work that is due stays with an agent who is there, and returns from one who is not', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2 });
  const [there, away] = centre.agents.map(({ id }) => id) as [string, string];
  const park = async (agentId: string) => {
    const { id } = await interactionIn('handling', ctx, centre, agentId);
    return done(
      await advance(ctx, 'park', {
        interactionId: id,
        agentId,
        at: clock.now(),
        dueAt: new Date(clock.now().getTime() + 60_000),
      }),
    ).row;
  };
  const [kept, returned] = [await park(there), await park(away)];
  clock.pass(60_000);
  assert.equal(await bringBackDue(ctx, (agentId) => agentId === there), 1);
  assert.deepEqual([await state(ctx, kept), await state(ctx, returned)], ['parked', 'waiting']);
  assert.deepEqual((await interactionById(ctx.db.system, returned.id))?.arrived_at, returned.arrived_at);
});

test('a heap of parked work whose agents are there does not keep what was promised from coming back', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const model = await interactionIn('parked', ctx, centre);
  const promised = await centre.arrive();
  const dueAt = new Date(clock.now().getTime() + 60_000);
  done(await advance(ctx, 'schedule', { interactionId: promised.id, at: clock.now(), dueAt }));
  await ctx.db.owner`update interaction set due_at = ${clock.now()} where id = ${model.id}`;
  // More than are read at once, and all of them longer due than the promise.
  await ctx.db.owner`
    insert into interaction select (jsonb_populate_record(i, jsonb_build_object('id', gen_random_uuid(), 'thread_id', gen_random_uuid()))).*
      from interaction i, generate_series(1, 250) where i.id = ${model.id}`;
  clock.pass(60_000);
  assert.equal(await bringBackDue(ctx, () => true), 1);
  assert.equal(await state(ctx, promised), 'waiting');
});

test('a customer who waits and has been away for long is not waited for, one who was seen lately is', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const modules = createModules(ctx, {
    alone: true,
    publicUrl: undefined,
    blobKeeper: folderKeeper(join(temporaryFolder(), 'blobs')),
  });
  const tells = (await tellBeforeContact(ctx, centre.channel.key))!;
  const writes = async () => {
    const { token } = done(
      await openSession(ctx, {
        channel: centre.channel.key,
        language: 'en',
        told: { name: tells.name.en, answeredBy: tells.answeredBy, charges: tells.charges.en },
        origin: 'http://localhost',
        own: ['http://localhost'],
      }),
    );
    const session = done(await sessionBehind(ctx, token));
    const { interactionId } = done(
      await modules.receiver.receive(session, { key: randomUUID(), text: 'hello' }),
    );
    return { id: interactionId };
  };
  const [gone, answered] = [await writes(), await writes()];
  const agentId = centre.agents[0]!.id;
  const at = clock.now();
  done(
    await advance(ctx, 'offer', {
      interactionId: answered.id,
      agentId,
      at,
      offerUntil: new Date(at.getTime() + 20_000),
    }),
  );
  done(await advance(ctx, 'accept', { interactionId: answered.id, agentId, at }));
  clock.pass(absenceMinutes * 60_000 - 1_000);
  const late = await writes();
  assert.equal(await endAbsent(ctx, modules), 0);
  clock.pass(2_000);
  assert.equal(await endAbsent(ctx, modules), 1);
  assert.deepEqual(await Promise.all([gone, answered, late].map((row) => state(ctx, row))), [
    'abandoned',
    'handling',
    'waiting',
  ]);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('two first sign-ins of an agent at once are one session', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 0 });
  const agent = await centre.addAgent({ ready: false });
  const second = own.anotherNode();
  await Promise.all([ctx, second, ctx, second].map((node) => choosePresence(node, agent.id, 'ready', true)));
  const events = await ctx.db.owner<
    { stream: string; seq: number }[]
  >`select stream, seq from event where kind = 'presence.changed'`;
  assert.deepEqual([...events], [{ stream: (await head(ctx, agent.id)).session_id, seq: 1 }]);
});

test('what an agent does is one stream to a session, without a gap, and choosing the same again is no event', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 0 });
  const { id } = await centre.addAgent({ ready: false });
  const sessions: string[] = [];
  for (let day = 0; day < 2; day++) {
    for (const what of ['ready', 'ready', 'break', 'ready', 'training'] as const) {
      clock.pass(1_500);
      sessions.push((await choosePresence(ctx, id, what, true)).session_id);
    }
    clock.pass(1_500);
    await signOffPresence(ctx, id);
    await signOffPresence(ctx, id);
  }
  assert.equal(new Set(sessions).size, 2);
  for (const stream of new Set(sessions)) {
    const events = await ctx.db.owner<
      { seq: number; body: Record<string, unknown> }[]
    >`select seq, body from event where stream = ${stream} order by seq`;
    assert.deepEqual(
      events.map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
    );
    assert.deepEqual(
      events.map(({ body }) => body.state),
      ['ready', 'break', 'ready', 'training', 'offline'],
    );
    assert.deepEqual(
      events.map(({ body }) => body.from),
      ['offline', 'ready', 'break', 'ready', 'training'],
    );
    assert.deepEqual(
      events.slice(1).map(({ body }) => body.secondsInState),
      [3, 1.5, 1.5, 1.5],
    );
  }
});

test('an agent whose line is gone for longer than the grace is lost, and what they held goes back to the line', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 0 });
  const [lost, kept] = [await centre.addAgent({ ready: false }), await centre.addAgent({ ready: false })];
  const keeper = createPresenceKeeper(ctx);
  const dispatcher = createDispatcher(ctx, reactions);
  const leave = await keeper.connected(lost.id);
  await keeper.connected(kept.id);
  for (const { id } of [lost, kept]) await choosePresence(ctx, id, 'ready', true);
  const rows = [
    await interactionIn('handling', ctx, centre, lost.id),
    await interactionIn('handling', ctx, centre, kept.id),
  ];
  leave();
  await eventually('their line is noted as gone', async () => !(await head(ctx, lost.id)).connected);
  clock.pass(graceSeconds * 500);
  await keeper.renew();
  clock.pass(graceSeconds * 500);
  assert.equal(await keeper.loseLapsed(), 0, 'the grace is not over');
  clock.pass(1);
  assert.equal(await keeper.loseLapsed(), 1);
  assert.deepEqual(
    [await head(ctx, lost.id), await head(ctx, kept.id)].map(({ state, reason }) => [state, reason]),
    [
      ['offline', 'connection-lost'],
      ['ready', 'chosen'],
    ],
  );
  await eventually('the reaction has run', async () => {
    await dispatcher.runOnce();
    return (await state(ctx, rows[0]!)) === 'waiting';
  });
  assert.equal(await state(ctx, rows[1]!), 'handling');
  const [event] = await ctx.db.owner<
    { body: object }[]
  >`select body from event where stream = ${rows[0]!.id} order by seq desc limit 1`;
  assert.deepEqual(event?.body, { agentId: lost.id, reason: 'connection-lost' });
});

test('a line that comes back within the grace loses nothing', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 0 });
  const agent = await centre.addAgent({ ready: false });
  const keeper = createPresenceKeeper(ctx);
  const leave = await keeper.connected(agent.id);
  await choosePresence(ctx, agent.id, 'ready', true);
  leave();
  await eventually('their line is noted as gone', async () => !(await head(ctx, agent.id)).connected);
  clock.pass(graceSeconds * 1000 - 1);
  await keeper.connected(agent.id);
  clock.pass(graceSeconds * 1000 - 1);
  assert.equal(await keeper.loseLapsed(), 0);
  assert.deepEqual([(await head(ctx, agent.id)).state, (await head(ctx, agent.id)).seq], ['ready', 1]);
});

test('work of an agent who is away is found and returned, whatever was lost on the way', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2 });
  const [gone, there] = centre.agents.map(({ id }) => id) as [string, string];
  const rows = [
    await interactionIn('handling', ctx, centre, gone),
    await interactionIn('handling', ctx, centre, there),
  ];
  clock.pass(1_000);
  await signOffPresence(ctx, gone); // and nobody reacts to it
  clock.pass(1_000);
  assert.equal(await returnStrayWork(ctx), 1);
  assert.deepEqual(await Promise.all(rows.map((row) => state(ctx, row))), ['waiting', 'handling']);
  assert.equal(await returnStrayWork(ctx), 0);
});

test('whoever is back while the work of others is returned keeps what came to them since', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2, capacity: { chat: 2 } });
  const left: { id: string }[] = [];
  for (const { id } of centre.agents) left.push(await interactionIn('handling', ctx, centre, id));
  clock.pass(1_000);
  for (const { id } of centre.agents) await signOffPresence(ctx, id); // and nobody reacts to it
  clock.pass(1_000);
  let fresh: { id: string } | undefined;
  armFaultPoints(async (point) => {
    if (point !== 'after loseAgent' || fresh !== undefined) return;
    clock.pass(1_000);
    const [{ agent_id: back } = { agent_id: '' }] = await ctx.db.owner<{ agent_id: string }[]>`
      select agent_id from interaction where agent_id is not null`;
    await choosePresence(ctx, back, 'ready', true);
    fresh = await interactionIn('handling', ctx, centre, back);
  });
  try {
    assert.equal(await returnStrayWork(ctx), 2);
  } finally {
    armFaultPoints(() => {});
  }
  assert.deepEqual(await Promise.all(left.map((row) => state(ctx, row))), ['waiting', 'waiting']);
  assert.equal(await state(ctx, fresh!), 'handling');
  assert.equal(await returnStrayWork(ctx), 0);
});

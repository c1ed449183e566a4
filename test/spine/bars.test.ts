import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advance,
  barByHand,
  barredByHand,
  barsOf,
  byHand,
  pushInteraction,
  setBars,
  takeInteraction,
  transferInteraction,
  whoMayTake,
} from '#src/modules/interactions/index.ts';
import { newId } from '#src/platform/ids.ts';
import { done, makeCentre, refusalOf } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { fieldsOf, interactionIn } from '#test/support/spine.ts';

const changes = (own: TestDatabase, agentId: string) => own.db.owner<{ body: Record<string, unknown> }[]>`
  select body from event where stream = ${agentId} and kind = 'person.bars-changed' order by seq`;

test('a source says from which types an agent is barred, once and for as long as it says so, and no other source changes that', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 1 });
  const agentId = centre.agents[0]!.id;
  const mail = await centre.addType('email');
  const unread = (typeId: string) => ({ typeId, reason: 'mandatory-information-unread' });
  const source = 'knowledge:one';
  const both = [unread(centre.type.id), unread(mail.id)];
  assert.deepEqual(done(await setBars(ctx, { agentId, source, bars: both })), { barred: 2, lifted: 0 });
  const since = clock.now();
  clock.pass(1_000);
  assert.deepEqual(done(await setBars(ctx, { agentId, source, bars: both })), { barred: 0, lifted: 0 });
  assert.equal((await changes(own, agentId)).length, 1, 'the second time nothing is said');
  assert.deepEqual(
    new Set((await barsOf(ctx.db.system, [agentId])).map((row) => row.since.getTime())).size,
    1,
  );
  assert.deepEqual((await barsOf(ctx.db.system, [agentId]))[0]?.since, since);

  // Another source bars from one of the two as well: the agent is barred until both have lifted theirs.
  await setBars(ctx, { agentId, source: 'knowledge:two', bars: [unread(mail.id)] });
  assert.deepEqual(done(await setBars(ctx, { agentId, source, bars: [] })), { barred: 0, lifted: 2 });
  const left = await barsOf(ctx.db.system, [agentId]);
  assert.deepEqual(
    left.map((row) => [row.type_id, row.source]),
    [[mail.id, 'knowledge:two']],
  );
  assert.deepEqual((await changes(own, agentId)).at(-1)?.body, {
    source,
    barred: [],
    lifted: [centre.type.id, mail.id].sort(),
  });
});

test('two who set the same bars at once set them once', async () => {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 1 });
  const agentId = centre.agents[0]!.id;
  const bars = [{ typeId: centre.type.id, reason: 'mandatory-information-unread' }];
  const set = (ctx = own.ctx) => setBars(ctx, { agentId, source: 'knowledge', bars });
  const answers = await Promise.all([set(), set(own.anotherNode()), set()]);
  assert.deepEqual(answers.map((answer) => done(answer).barred).sort(), [0, 0, 1]);
  assert.equal((await changes(own, agentId)).length, 1);
});

test('an agent who is barred is given the type by nobody, not even by hand: agent-barred', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 2 });
  const [agent, other] = [centre.agents[0]!, centre.agents[1]!];
  const supervisor = await centre.addAgent({ name: 'Lead', roles: ['agent', 'supervisor'] });
  const bars = [{ typeId: centre.type.id, reason: 'mandatory-information-unread' }];
  for (const { id } of [agent, supervisor])
    done(await setBars(ctx, { agentId: id, source: 'knowledge', bars }));
  const asked = { type: centre.type, language: 'en' as const, now: ctx.clock.now() };
  const may = await whoMayTake(ctx.db.system, asked);
  assert.deepEqual(
    [agent, other, supervisor].map(({ id }) => may.get(id)),
    ['agent-barred', undefined, 'agent-barred'],
  );
  const waits = await centre.arrive();
  const moving = { interactionId: waits.id, by: supervisor.id, clients: centre.clients, reason: 'r' };
  assert.equal(refusalOf(await takeInteraction(ctx, moving)), 'agent-barred');
  assert.equal(
    refusalOf(await pushInteraction(ctx, { ...moving, to: { agentId: agent.id } })),
    'agent-barred',
  );
  const held = await interactionIn('handling', ctx, centre, other.id);
  const by = { interactionId: held.id, agentId: other.id, clients: centre.clients, reason: 'r' };
  assert.equal(
    refusalOf(await transferInteraction(ctx, { ...by, to: { agentId: agent.id } })),
    'agent-barred',
  );
  // What they handle already stays theirs: a bar is about what is given, not about what is with them.
  const at = ctx.clock.now();
  done(await advance(ctx, 'end', { interactionId: held.id, ...fieldsOf('end', { agentId: other.id, at }) }));
});

test('a person bars an agent by hand with a reason on the record, lifts that and nothing else, and each no has its name', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 1 });
  const elsewhere = await makeCentre(ctx, { name: 'Elsewhere', agents: 0 });
  const agentId = centre.agents[0]!.id;
  const by = await centre.addAgent({ roles: ['administrator'], level: null, ready: false });
  const bar = { agentId, typeId: centre.type.id, clients: centre.clients, by: by.id };
  done(await barByHand(ctx, { ...bar, barred: true, reason: 'is being coached' }));
  const unread = [{ typeId: centre.type.id, reason: 'mandatory-information-unread' }];
  done(await setBars(ctx, { agentId, source: 'knowledge', bars: unread }));
  const [own1] = await barsOf(ctx.db.system, [agentId]);
  assert.deepEqual(
    [own1?.source, own1?.reason, own1?.note, own1?.set_by],
    [byHand, barredByHand, 'is being coached', by.id],
  );
  assert.deepEqual((await changes(own, agentId))[0]?.body, {
    source: byHand,
    barred: [{ typeId: centre.type.id, reason: barredByHand }],
    lifted: [],
    by: by.id,
    note: 'is being coached',
  });
  assert.deepEqual(done(await barByHand(ctx, { ...bar, barred: false, reason: 'done' })), {
    barred: 0,
    lifted: 1,
  });
  assert.deepEqual(
    (await barsOf(ctx.db.system, [agentId])).map((row) => row.source),
    ['knowledge'],
  );
  const refused = async (more: Partial<typeof bar>) =>
    refusalOf(await barByHand(ctx, { ...bar, ...more, barred: true, reason: 'r' }));
  assert.equal(await refused({ typeId: elsewhere.type.id }), 'type-unknown');
  assert.equal(await refused({ typeId: newId(ctx.clock.now()) }), 'type-unknown');
  assert.equal(await refused({ agentId: by.id }), 'agent-unknown', 'who is no agent');
  assert.equal(await refused({ agentId: newId(ctx.clock.now()) }), 'agent-unknown');
  const nobody = newId(ctx.clock.now());
  const missing = async (change: { agentId?: string; typeId?: string }) =>
    refusalOf(
      await setBars(ctx, {
        agentId: change.agentId ?? agentId,
        source: 'knowledge',
        bars: [{ typeId: change.typeId ?? centre.type.id, reason: 'mandatory-information-unread' }],
      }),
    );
  assert.equal(await missing({ agentId: nobody }), 'agent-unknown');
  assert.equal(await missing({ typeId: nobody }), 'type-unknown');
});

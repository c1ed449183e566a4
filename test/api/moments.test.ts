import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptInteraction } from '#src/modules/interactions/index.ts';
import { choosePresence } from '#src/modules/presence/index.ts';
import type { WhyView } from '#src/modules/routing/contract.ts';
import { replayCheck } from '#src/modules/routing/index.ts';
import { done, makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { openTransaction } from '#test/support/spine.ts';
import { startParley } from './parley.ts';

test('a supervisor sees who could have taken it then, in which order, and why each other could not; of strangers only how many', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const here = await makeCentre(ctx, { name: 'Here', agents: 0, capacity: { chat: 1 } });
  const there = await makeCentre(ctx, { name: 'There', agents: 0 });
  const stranger = await there.addAgent({ name: 'Somebody Else' });
  const ann = await here.addAgent({ name: 'Ann', ready: false });
  await here.addAgent({ name: 'Bob', ready: false, level: 1 });
  const cy = await here.addAgent({ name: 'Cy', ready: false });
  const supervisor = await parley.signedIn(
    await here.addAgent({ name: 'Sue', roles: ['supervisor'], ready: false, level: null, capacity: {} }),
  );
  const ask = async (path: string) => {
    const { status, body } = await supervisor.ask(`GET /api/interactions/${path}`);
    return { status, body: body as WhyView & { code?: string } };
  };

  // It waits, since nobody is ready; then two are, and one of them is asked.
  const { id } = await here.arrive();
  await eventually('it is known to wait', async () => (await ask(`${id}/why`)).body.why !== null);
  const early = new Date(ctx.clock.now().getTime());
  const whole = (await ask(`${id}/why?agents=all`)).body;
  assert.deepEqual([whole.what, whole.next], ['waiting', null]);
  const reasons = (view: WhyView) =>
    Object.fromEntries(
      view.agents!.map(({ agentId, reason, place }) => [view.names[agentId], reason ?? place]),
    );
  assert.deepEqual(reasons(whole), {
    Ann: 'agent-not-ready',
    Bob: 'competency-level-too-low',
    Cy: 'agent-not-ready',
  });
  assert.deepEqual(whole.others, { couldTake: 0, not: [{ reason: 'agent-not-of-client', count: 1 }] });
  await eventually('a moment goes by', () => ctx.clock.now() > early);
  await choosePresence(ctx, ann.id, 'ready', true);
  const asked = await eventually('it is offered', async () => {
    const [row] = await ctx.db.owner<
      { seq: number; agent_id: string }[]
    >`select seq, agent_id from decision where interaction_id = ${id}`;
    return row;
  });
  done(await acceptInteraction(ctx, { interactionId: id, agentId: asked.agent_id, clients: here.clients }));
  await choosePresence(ctx, cy.id, 'ready', true);

  const decided = (await ask(`${id}/why?decision=${asked.seq}&agents=all`)).body;
  assert.equal(decided.what, 'decided');
  assert.deepEqual(decided.decision, { seq: asked.seq, agentId: ann.id });
  assert.deepEqual(reasons(decided), { Ann: 1, Bob: 'competency-level-too-low', Cy: 'agent-not-ready' });
  assert.equal(decided.why!.rule, 'only-one');
  const alone = (await ask(`${id}/why?decision=${asked.seq}&agentId=${cy.id}`)).body;
  assert.deepEqual(reasons(alone), { Cy: 'agent-not-ready' }, 'why not this agent');

  // What is told without a decision is in the journal a second later.
  const at = (moment: Date) => `${id}/why?agents=all&at=${moment.toISOString()}`;
  const before = await eventually('the journal has it', async () => {
    const { body } = await ask(at(early));
    return body.what === 'waiting' && body;
  });
  assert.deepEqual(reasons(before), reasons(whole));
  assert.equal(before.at, early.toISOString());
  const later = (await ask(at(new Date()))).body;
  assert.deepEqual([later.what, later.decision], ['decided', { seq: asked.seq, agentId: ann.id }]);
  assert.deepEqual(reasons(later), reasons(decided));

  for (const view of [whole, decided, before, later])
    for (const never of [stranger.id, stranger.name])
      assert.ok(!JSON.stringify(view).includes(never), `a supervisor hears of ${never}`);

  assert.equal((await ask(at(new Date('2026-01-05T08:00:00Z')))).body.what, 'not-there');
  const toCome = await ask(at(new Date(Date.now() + 600_000)));
  assert.deepEqual([toCome.status, toCome.body.code], [422, 'moment-to-come']);
  assert.equal((await ask(`${id}/why?decision=1`)).status, 404);
  const other = (await there.arrive()).id;
  assert.equal((await ask(`${other}/why?at=${early.toISOString()}`)).body.code, 'interaction-unknown');
  assert.equal((await ask(`${other}/why?agents=all`)).body.code, 'interaction-unknown');

  // Asking is told to the engine too, and what it decides is replayed all the same.
  await here.arrive();
  await eventually('it is decided', async () => (await replayCheck(ctx.db.system)).equal >= 2);
  assert.deepEqual((await replayCheck(ctx.db.system)).differences, []);
});

test('of a moment that the journal does not have it says so', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1 });
  const admin = await parley.signedIn(
    await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const { id, arrived_at: arrived } = await centre.arrive();
  const [row] = await eventually('it is offered', async () => {
    const rows = await ctx.db.owner<{ seq: number }[]>`select seq from decision where interaction_id = ${id}`;
    return rows.length > 0 && rows;
  });
  await ctx.db.owner`delete from routing_journal`;
  for (const which of [`decision=${row!.seq}`, `at=${new Date(arrived.getTime() + 1).toISOString()}`]) {
    const { body } = await admin.ask(`GET /api/interactions/${id}/why?agents=all&${which}`);
    assert.deepEqual([body.what, body.why], ['before-the-journal', null]);
  }
});

test('of many who look back at once a few are answered, and for the others nothing is read', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1 });
  const admin = await parley.signedIn(
    await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const { id } = await centre.arrive();
  const [row] = await eventually('it is offered', async () => {
    const rows = await ctx.db.owner<{ seq: number }[]>`select seq from decision where interaction_id = ${id}`;
    return rows.length > 0 && rows;
  });
  const letGo = await openTransaction(
    ctx.db.owner,
    (tx) => tx`lock table routing_journal in access exclusive mode`,
  );
  const codes: (string | undefined)[] = [];
  const asked = Array.from({ length: 12 }, async () => {
    const { body } = await admin.ask(`GET /api/interactions/${id}/why?decision=${row!.seq}`);
    codes.push((body as { code?: string }).code);
  });
  try {
    await eventually('those who are too many are told', () => codes.length === 7);
  } finally {
    await letGo();
    await Promise.all(asked);
  }
  assert.deepEqual(codes, [
    ...Array.from({ length: 7 }, () => 'explanation-busy'),
    ...Array.from({ length: 5 }, () => undefined),
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveLimits } from '#src/app/live.ts';
import { acceptInteraction } from '#src/modules/interactions/index.ts';
import { changePerson, createActors, openSession } from '#src/modules/people/index.ts';
import type { Queryable } from '#src/platform/db/sql.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { done, makeCentre } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { openTransaction } from '#test/support/spine.ts';
import { startParley } from './parley.ts';

/** Waits until a statement that looks like this waits for a lock. */
function waits(db: Queryable, pattern: string): Promise<unknown> {
  return eventually(`${pattern} waits`, async () => {
    const rows = await db`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ~ ${pattern}`;
    return rows.length > 0;
  });
}

test('a right that is taken while somebody is being looked up is not remembered as theirs', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 0 });
  await centre.addAgent({ roles: ['administrator'], ready: false, level: null });
  const admin = await centre.addAgent({ roles: ['administrator'], ready: false, level: null });
  const { token } = await openSession(ctx, admin.id);
  const actors = createActors(ctx);
  // The look-up has read the person and waits for the list of clients when the role is taken away.
  const letGo = await openTransaction(ctx.db.owner, (tx) => tx`lock table client in access exclusive mode`);
  const looking = actors.of(token);
  await waits(ctx.db.owner, 'select id from client');
  done(await changePerson(ctx, admin.id, { roles: ['agent'], version: admin.version }, admin.id));
  await letGo();
  assert.deepEqual((await looking)?.roles, ['agent']);
  assert.deepEqual((await actors.of(token))?.roles, ['agent']);
});

test('a topic that was asked for just before a right was taken is not followed after it', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1 });
  const row = await centre.arrive();
  const agent = await centre.addAgent({ ready: false });
  const asker = await parley.signedIn(agent);
  const desk = await parley.live(asker);
  await desk.settled();
  const letGo = await openTransaction(
    parley.own.db.owner,
    (tx) => tx`lock table interaction in access exclusive mode`,
  );
  const topic = `interaction:${row.id}`;
  desk.send({ do: 'subscribe', topic });
  await waits(parley.own.db.owner, 'from interaction where id = [$]1 and');
  done(await changePerson(ctx, agent.id, { clients: [], version: agent.version }, agent.id));
  await eventually('the right is gone', async () => {
    const now = await parley.program.modules.actors.of(asker.token);
    return now?.clients.length === 0;
  });
  await desk.settled();
  await letGo();
  const answer = await desk.next('an answer', (m) => m.ended === topic || m.topic === topic);
  assert.deepEqual(answer, { ended: topic, code: 'interaction-unknown' });
});

test('a line that comes while an agent’s work is being read is not lost under what was read', async () => {
  await using parley = await startParley();
  const { ctx, modules } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1 });
  const agent = centre.agents[0]!;
  const row = await centre.arrive();
  await eventually('it is offered and accepted', async () => {
    const by = { interactionId: row.id, agentId: agent.id, clients: centre.clients };
    return !isRefusal(await acceptInteraction(ctx, by));
  });
  const desk = await parley.live(await parley.signedIn(agent));
  desk.send({ do: 'subscribe', topic: 'work' });
  await desk.next('the work', (m) => m.topic === 'work' && m.snapshot.interactions.length === 1);
  const letGo = await openTransaction(
    parley.own.db.owner,
    (tx) => tx`lock table capacity_slot in access exclusive mode`,
  );
  desk.send({ do: 'subscribe', topic: 'work' }); // the work is read again, and waits half-way
  await waits(parley.own.db.owner, 'from capacity_slot s left join');
  const text = 'written while it was read';
  done(
    await modules.lines.write({
      interactionId: row.id,
      author: 'customer',
      threadId: row.thread_id,
      audience: 'all',
      text,
      key: 'key-of-the-line',
    }),
  );
  await letGo();
  await desk.next('the line in the work', (m) =>
    [m.snapshot, m.change].some((told) => told?.interactions[0]?.lastLine?.text === text),
  );
});

test('a desk that asks for topics without end is told to stop', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 1 });
  const desk = await parley.live(await parley.signedIn(centre.agents[0]!));
  const topic = 'interaction:019a0000-0000-7000-8000-000000000000';
  const asked = liveLimits.subscribes.burst + 100;
  for (let round = 1; round <= asked; round++) desk.send({ do: 'subscribe', topic });
  const answers = () => desk.messages.filter((m) => m.topic === topic || m.ended === topic);
  await eventually('an answer to each', () => answers().length === asked);
  const codes = answers().map((m) => m.code);
  assert.ok(codes.includes('too-many-requests'));
  assert.ok(codes.filter((code) => code === 'interaction-unknown').length >= liveLimits.subscribes.burst);
});

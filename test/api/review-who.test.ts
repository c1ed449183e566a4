import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptInteraction } from '#src/modules/interactions/index.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { startParley } from './parley.ts';

test('a why never tells an agent of one client who works for another, by name or by id, but how many', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const here = await makeCentre(ctx, { name: 'Here', agents: 2, capacity: { chat: 1 } });
  const there = await makeCentre(ctx, { name: 'There', agents: 0 });
  const stranger = await there.addAgent({ name: 'Somebody Else' });
  const agent = here.agents[0]!;
  const me = await parley.signedIn(agent);
  const admin = await parley.signedIn(
    await here.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  // Both agents of this client are given one each; the third conversation waits.
  const taken: string[] = [];
  for (const one of here.agents) {
    const { id } = await here.arrive();
    taken.push(id);
    await eventually('it is taken', async () => {
      for (const by of here.agents) {
        const answer = await acceptInteraction(ctx, {
          interactionId: id,
          agentId: by.id,
          clients: here.clients,
        });
        if (!isRefusal(answer)) return true;
      }
      return false;
    });
    assert.ok(one.id);
  }
  const waiting = await here.arrive();
  const desk = await parley.live(me);
  desk.send({ do: 'subscribe', topic: 'work' });
  const work = await desk.next('the work', (m) => m.topic === 'work');
  const told = [
    work,
    (await me.ask('GET /api/work')).body,
    (await me.ask(`GET /api/interactions/${waiting.id}/why`)).body,
    ...(await Promise.all(
      taken.map(async (id) => (await me.ask(`GET /api/interactions/${id}/decisions`)).body),
    )),
  ];
  for (const answer of told)
    for (const never of [stranger.id, stranger.name, stranger.email])
      assert.ok(
        !JSON.stringify(answer).includes(never),
        `an agent hears ${never}: ${JSON.stringify(answer)}`,
      );
  const why = told[2].why;
  const others = (said: { not: { reason: string; count: number; agents: string[] }[] }) =>
    said.not.find(({ reason }) => reason === 'agent-not-of-client');
  assert.deepEqual({ count: others(why)?.count, agents: others(why)?.agents }, { count: 1, agents: [] });
  assert.ok(JSON.stringify(why).includes(here.agents[1]!.id), 'of a colleague it says who');
  assert.ok(Object.values(told[2].names).includes(here.agents[1]!.name));
  const whole = (await admin.ask(`GET /api/interactions/${waiting.id}/why`)).body;
  assert.deepEqual(others(whole.why)?.agents, [stranger.id], 'an administrator knows everybody');
});

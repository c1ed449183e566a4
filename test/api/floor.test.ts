import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Floor } from '#src/app/contract.ts';
import { makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Asker, startParley } from './parley.ts';

async function asked(asker: Asker, signature: string, body?: unknown) {
  const answer = await asker.ask(signature, body === undefined ? {} : { body });
  assert.ok([200, 201, 204].includes(answer.status), `${signature}: ${answer.text}`);
  return answer.body;
}

test('the floor shows what waits, who holds what against their places, and what is paused or closed, by whom and why', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1, capacity: { chat: 1 } });
  const other = await makeCentre(ctx, { name: 'Another client', agents: 1 });
  await other.arrive();
  const quiet = { ready: false, level: null };
  const lead = await centre.addAgent({ ...quiet, name: 'Ruth', roles: ['supervisor'] });
  const administrator = await parley.signedIn(await centre.addAgent({ ...quiet, roles: ['administrator'] }));
  const supervisor = await parley.signedIn(lead);
  const busy = centre.agents[0]!;
  const floor = async (query = ''): Promise<Floor> => asked(supervisor, `GET /api/floor${query}`);
  await asked(administrator, `PATCH /api/interaction-types/${centre.type.id}`, {
    routing: { targetSeconds: 60 },
    version: centre.type.version,
  });

  const first = await centre.arrive();
  await eventually('the offer', async () => {
    const [row] = (await floor()).interactions;
    return row?.id === first.id && row.state === 'offered';
  });
  const second = await centre.arrive();
  const third = await centre.arrive();
  const now = await floor();
  assert.deepEqual(
    now.interactions.map(({ id, state }) => [id, state]),
    [
      [second.id, 'waiting'],
      [third.id, 'waiting'],
      [first.id, 'offered'],
    ],
    'only of the client that the supervisor serves, what waits first',
  );
  assert.deepEqual(now.counts, { waiting: 2, offered: 1 });
  const [waiting] = now.interactions;
  assert.equal(Date.parse(waiting!.breachAt!) - Date.parse(waiting!.arrivedAt), 60_000);
  assert.deepEqual(
    now.agents.map(({ id, name, state, capacity }) => ({ id, name, state, capacity })),
    [{ id: busy.id, name: busy.name, state: 'ready', capacity: { chat: { used: 1, of: 1 } } }],
  );
  assert.deepEqual([now.paused, now.closed, now.more, now.moreAgents], [[], [], false, false]);

  await asked(supervisor, `POST /api/interactions/${third.id}/reorder`, { priority: 5, reason: 'hurt' });
  const byPriority = (await floor('?sort=priority')).interactions.map(({ id }) => id);
  assert.deepEqual(byPriority, [third.id, second.id, first.id]);
  const offered = await floor('?state=offered');
  assert.deepEqual([offered.interactions.map(({ id }) => id), offered.counts.waiting], [[first.id], 2]);
  assert.deepEqual((await floor('?channel=email')).interactions, []);
  assert.deepEqual((await floor(`?clientId=${other.client.id}`)).agents, []);

  const site = await asked(administrator, 'POST /api/sites', { name: 'Quay', timeZone: 'Europe/Paris' });
  const team = await asked(administrator, 'POST /api/teams', {
    siteId: site.id,
    nameEn: 'Quay team',
    nameFr: 'Équipe du quai',
    members: [busy.id],
  });
  await asked(supervisor, `POST /api/interactions/${second.id}/push`, {
    to: { teamId: team.id },
    reason: 'theirs',
  });
  const ofTeam = await floor(`?teamId=${team.id}`);
  assert.deepEqual(
    ofTeam.interactions.map(({ id, toName }) => [id, toName]),
    [
      [second.id, 'Quay team'],
      [first.id, null],
    ],
  );

  await asked(supervisor, `POST /api/interaction-types/${centre.type.id}/pause`, { reason: 'shop is down' });
  const hours = await asked(administrator, 'POST /api/opening-hours', {
    clientId: centre.client.id,
    name: 'Week',
    timeZone: 'Europe/Paris',
    weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' })),
    messageEn: 'Closed.',
    messageFr: 'Fermé.',
  });
  await asked(administrator, `PATCH /api/interaction-types/${centre.type.id}`, {
    hoursId: hours.id,
    version: (await asked(supervisor, 'GET /api/interaction-types')).items[0].version,
  });
  await asked(supervisor, `PUT /api/opening-hours/${hours.id}/early-closing`, {
    closed: true,
    reason: 'storm',
  });
  const held = await floor();
  assert.deepEqual(
    held.paused.map(({ typeId, byName, reason, until }) => [typeId, byName, reason, until]),
    [[centre.type.id, 'Ruth', 'shop is down', null]],
  );
  assert.deepEqual(
    held.closed.map(({ name, typeIds, early }) => [name, typeIds, early?.byName, early?.reason]),
    [['Week', [centre.type.id], 'Ruth', 'storm']],
  );
});

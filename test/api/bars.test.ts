import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCentre } from '#test/support/centre.ts';
import { startParley } from './parley.ts';

test('an administrator bars an agent from a type with a reason and lifts it; whoever leads reads it, of their own clients', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1 });
  const elsewhere = await makeCentre(ctx, { name: 'Elsewhere', agents: 0 });
  const agent = centre.agents[0]!;
  const person = (name: string, roles: ('administrator' | 'supervisor')[], of = centre) =>
    of.addAgent({ name, roles, ready: false, level: null });
  const office = await parley.signedIn(await person('Office', ['administrator']));
  const lead = await parley.signedIn(await person('Lead', ['supervisor']));
  const foreign = await parley.signedIn(await person('Other lead', ['supervisor'], elsewhere));
  const path = `/api/people/${agent.id}/bars`;
  const bar = (barred: boolean, reason: string) =>
    office.ask(`PUT ${path}/${centre.type.id}`, { body: { barred, reason } });

  assert.deepEqual((await lead.ask(`GET ${path}`)).body, { items: [] });
  const set = await bar(true, 'is being coached');
  assert.equal(set.status, 200, set.text);
  const [item] = (await lead.ask(`GET ${path}`)).body.items;
  assert.deepEqual(set.body.items, [item]);
  assert.deepEqual(
    [item.typeId, item.typeNameFr, item.source, item.reason, item.note],
    [centre.type.id, 'Commandes', 'by-hand', 'barred-by-hand', 'is being coached'],
  );
  const { id } = await centre.arrive();
  const why = (await office.ask(`GET /api/interactions/${id}/why`)).body;
  assert.deepEqual(why.why.not, [
    { reason: 'agent-barred', count: 1, agents: [agent.id], bars: ['barred-by-hand'] },
  ]);
  const targets = (await lead.ask(`GET /api/interactions/${id}/targets`)).body;
  assert.deepEqual(targets.agents, []);
  const refused = await lead.ask(`POST /api/interactions/${id}/push`, {
    body: { to: { agentId: agent.id }, reason: 'urgent' },
  });
  assert.deepEqual([refused.status, refused.body.code], [422, 'agent-barred']);

  assert.equal((await bar(false, 'has been coached')).body.items.length, 0);
  assert.equal((await bar(true, '')).status, 422, 'not without a reason');
  assert.equal((await foreign.ask(`GET ${path}`)).body.code, 'not-found');
  const other = await office.ask(`PUT /api/people/${agent.id}/bars/${agent.id}`, {
    body: { barred: true, reason: 'r' },
  });
  assert.deepEqual([other.status, other.body.code], [422, 'type-unknown']);
});

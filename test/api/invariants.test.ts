import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choosePresence } from '#src/modules/presence/index.ts';
import type { InvariantsView } from '#src/modules/routing/contract.ts';
import { invariantNames } from '#src/modules/routing/index.ts';
import { makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { startParley } from './parley.ts';

const name = 'parley_routing_invariant_violations_total';

test('every minute the invariants are checked: each has a figure that stays 0, and the office is told when', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1, capacity: { chat: 1 } });
  const administrator = await parley.signedIn(
    await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const supervisor = await parley.signedIn(
    await centre.addAgent({ roles: ['supervisor'], ready: false, level: null }),
  );
  const asked = async (): Promise<InvariantsView> =>
    (await administrator.ask('GET /api/invariants')).body as InvariantsView;
  assert.equal((await asked()).checkedAt, null);
  assert.equal((await supervisor.ask('GET /api/invariants')).status, 403);

  const view = await eventually('it was checked', async () => {
    parley.clock.pass(500); // whoever routes must be able to keep the right to meanwhile
    const found = await asked();
    return found.checkedAt !== null && found;
  });
  assert.deepEqual(
    view.invariants,
    invariantNames.map((invariant) => ({ invariant, found: 0, violations: [] })),
  );
  assert.equal(view.whole, true);
  const figures = (await parley.anyone.ask('GET /metrics')).text;
  for (const invariant of invariantNames)
    assert.match(figures, new RegExp(`^${name}\\{invariant="${invariant}"\\} 0$`, 'm'));

  // Behind everybody's back: a place is taken by what nobody has.
  const agentId = centre.agents[0]!.id;
  await choosePresence(ctx, agentId, 'break', true);
  const row = await centre.arrive();
  await ctx.db.owner`
    insert into assignment (agent_id, channel, slot, interaction_id, since)
    values (${agentId}, 'chat', 1, ${row.id}, ${ctx.clock.now()})`;
  const broken = await eventually('it was found', async () => {
    parley.clock.pass(500);
    const found = (await asked()).invariants.find(({ invariant }) => invariant === 'not-in-one-place');
    return found !== undefined && found.found > 0 && found;
  });
  assert.deepEqual(broken.violations[0]?.ids, [row.id, agentId]);
  // Said as a fault, once, with ids and nothing else; the test caused it.
  assert.deepEqual(
    parley.faults().map(({ msg, invariant, ids }) => [msg, invariant, ids]),
    [['An invariant of routing does not hold.', 'not-in-one-place', [row.id, agentId]]],
  );
  parley.own.logged.length = 0;
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  acceptInteraction,
  arriveInteraction,
  changeType,
  declineInteraction,
  type InteractionRow,
  interactionById,
  type PreferredWhy,
  preferInteraction,
  preferredSeconds,
  pushInteraction,
  setBars,
  transferInteraction,
} from '#src/modules/interactions/index.ts';
import { choosePresence } from '#src/modules/presence/index.ts';
import { createRouting, type Routing } from '#src/modules/routing/shell.ts';
import { newId } from '#src/platform/ids.ts';
import { type Centre, done, makeCentre, refusalOf } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';

interface House {
  own: TestDatabase;
  centre: Centre;
  routing: Routing;
  /** Idle longer than the other, so that without a preference it is they who are asked. */
  first: string;
  other: string;
}

/** A centre with two agents who have one place each, and routing. */
async function twoAgents(body: (house: House) => Promise<void>): Promise<void> {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 0, capacity: { chat: 1 } });
  const first = await centre.addAgent({ name: 'First' });
  own.clock.pass(60_000);
  const other = await centre.addAgent({ name: 'Other' });
  const routing = createRouting(own.ctx, { alone: true });
  await routing.start();
  try {
    await body({ own, centre, routing, first: first.id, other: other.id });
  } finally {
    await routing.stop();
  }
}

const now = async ({ own }: House, { id }: { id: string }) => (await interactionById(own.ctx.db.system, id))!;

function offeredTo(house: House, row: { id: string }, agentId: string): Promise<InteractionRow> {
  return eventually('it is offered', async () => {
    const it = await now(house, row);
    return it.state === 'offered' && it.agent_id === agentId && it;
  });
}

async function busy({ own, centre, ...house }: House, agentId: string): Promise<void> {
  const row = await centre.arrive({ preferred: { agentId, why: 'named', holdSeconds: 60 } });
  await offeredTo({ own, centre, ...house }, row, agentId);
  done(await acceptInteraction(own.ctx, { interactionId: row.id, agentId, clients: centre.clients }));
}

/** The time goes on until it is offered: whoever routes may have to take the right to it again after so long a while. */
function offeredInTime(house: House, row: { id: string }, agentId: string) {
  return eventually('it is offered after a while', async () => {
    const it = await now(house, row);
    if (it.state === 'waiting') house.own.clock.pass(200);
    return it.state === 'offered' && it.agent_id === agentId;
  });
}

/** It is kept for the agent, who is there and has no place. */
async function keptFor({ routing }: House, row: { id: string }, agentId: string, why: PreferredWhy) {
  await eventually('it waits for one agent', async () => {
    const it = await routing.whyWaiting(row.id);
    assert.deepEqual(
      [it?.waitsFor, it?.preferred?.agentId, it?.preferred?.why, it?.preferred?.kept],
      ['one-agent', agentId, why, true],
    );
    return true;
  });
}

for (const why of ['case-owner', 'named'] as const)
  test(`what arrives for its agent (${why}) is offered to them before who is idle longer, kept while they are busy, and then for anybody`, () =>
    twoAgents(async (house) => {
      const { own, centre, first, other } = house;
      const preferred = { agentId: other, why, holdSeconds: 60 };
      const row = await offeredTo(house, await centre.arrive({ preferred }), other);
      assert.equal(row.preferred_why, why);
      const [decision] = await own.db.owner<{ rule: string }[]>`
        select why->>'rule' as rule from decision where interaction_id = ${row.id}`;
      assert.equal(decision?.rule, 'preferred-agent');
      done(
        await acceptInteraction(own.ctx, {
          interactionId: row.id,
          agentId: other,
          clients: centre.clients,
        }),
      );

      const kept = await centre.arrive({ preferred });
      await keptFor(house, kept, other, why);
      own.clock.pass(59_000);
      await keptFor(house, kept, other, why);
      own.clock.pass(1_500);
      await offeredInTime(house, kept, first);
    }));

test('what is kept for an agent who goes is offered to anybody at once, and so is what they decline or are barred from', () =>
  twoAgents(async (house) => {
    const { own, centre, first, other } = house;
    const preferred = { agentId: other, why: 'case-owner', holdSeconds: 600 } as const;
    const declined = await offeredTo(house, await centre.arrive({ preferred }), other);
    const by = { agentId: other, clients: centre.clients };
    done(await declineInteraction(own.ctx, { interactionId: declined.id, ...by }));
    await offeredTo(house, declined, first);
    done(
      await acceptInteraction(own.ctx, {
        interactionId: declined.id,
        agentId: first,
        clients: centre.clients,
      }),
    );

    // Both have no place any more: what comes next waits for the one, until they go; then for whoever is there.
    await busy(house, other);
    const left = await centre.arrive({ preferred });
    await keptFor(house, left, other, 'case-owner');
    await choosePresence(own.ctx, other, 'break', true);
    await eventually('it waits for anybody', async () => {
      return (await house.routing.whyWaiting(left.id))?.waitsFor === 'agent';
    });
    await choosePresence(own.ctx, other, 'ready', true);
    await keptFor(house, left, other, 'case-owner');
    const bars = [{ typeId: centre.type.id, reason: 'mandatory-information-unread' }];
    done(await setBars(own.ctx, { agentId: other, source: 'knowledge', bars }));
    await eventually('it waits for anybody', async () => {
      return (await house.routing.whyWaiting(left.id))?.waitsFor === 'agent';
    });
  }));

test('a type names the agent who is asked first, before a customer’s last one, and what an arrival says is stronger', () =>
  twoAgents(async (house) => {
    const { own, centre, first, other } = house;
    const named = { preferred: { lastAgent: true, agentId: other, holdSeconds: 60 } };
    const change = (agentId: string) =>
      changeType(
        own.ctx,
        centre.type.id,
        { routing: { preferred: { ...named.preferred, agentId } }, version: centre.type.version },
        centre.clients,
      );
    const stranger = await makeCentre(own.ctx, { name: 'Elsewhere', agents: 1 });
    assert.equal(refusalOf(await change(stranger.agents[0]!.id)), 'agent-unknown');
    assert.equal(refusalOf(await change(newId(own.clock.now()))), 'agent-unknown');
    done(await change(other));
    const row = await offeredTo(house, await centre.arrive(), other);
    assert.deepEqual([row.preferred_agent_id, row.preferred_why], [other, 'named']);
    const owned = await centre.arrive({
      preferred: { agentId: first, why: 'case-owner', holdSeconds: 10 },
    });
    assert.deepEqual(
      [owned.preferred_agent_id, owned.preferred_why, owned.preferred_until],
      [first, 'case-owner', new Date(owned.arrived_at.getTime() + 10_000)],
    );
    const nobody = { agentId: newId(own.clock.now()), why: 'named', holdSeconds: 10 } as const;
    assert.equal(
      refusalOf(
        await arriveInteraction(own.ctx, {
          threadId: newId(own.clock.now()),
          clientId: centre.client.id,
          typeId: centre.type.id,
          customerId: row.customer_id,
          channel: 'chat',
          language: 'en',
          text: 'Hello',
          key: newId(own.clock.now()),
          preferred: nobody,
        }),
      ),
      'agent-unknown',
    );
  }));

test('a supervisor keeps what waits for an agent first, with a reason: it is theirs to take, then anybody’s', () =>
  twoAgents(async (house) => {
    const { own, centre, first, other } = house;
    const supervisor = await centre.addAgent({
      name: 'Lead',
      roles: ['supervisor'],
      level: null,
      ready: false,
    });
    const unable = await centre.addAgent({ name: 'Novice', level: 1 });
    await busy(house, other);
    const row = await offeredTo(house, await centre.arrive(), first);
    const moving = {
      interactionId: row.id,
      by: supervisor.id,
      clients: centre.clients,
      reason: 'knows the customer',
    };
    assert.equal(
      refusalOf(await preferInteraction(own.ctx, { ...moving, agentId: unable.id })),
      'agent-not-competent',
    );
    assert.equal(
      (await now(house, row)).state,
      'offered',
      'an offer is not taken back for what would be refused',
    );
    // Pushed to somebody before, it is not theirs alone any more.
    done(await pushInteraction(own.ctx, { ...moving, to: { agentId: first } }));
    const preferred = done(await preferInteraction(own.ctx, { ...moving, agentId: other })).row;
    const at = own.clock.now();
    assert.deepEqual(
      [preferred.to_agent_id, preferred.preferred_agent_id, preferred.preferred_until],
      [null, other, new Date(at.getTime() + preferredSeconds * 1000)],
    );
    assert.deepEqual(preferred.arrived_at, row.arrived_at);
    const [event] = await own.db.owner<{ kind: string; body: object }[]>`
      select kind, body from event where stream = ${row.id} order by seq desc limit 1`;
    assert.deepEqual(event, {
      kind: 'interaction.preferred',
      body: {
        by: supervisor.id,
        reason: 'knows the customer',
        toAgentId: other,
        until: preferred.preferred_until?.toISOString(),
        thenAnybody: true,
      },
    });
    await keptFor(house, row, other, 'named');
    own.clock.pass(preferredSeconds * 1000 + 500);
    await offeredInTime(house, row, first);
    done(
      await acceptInteraction(own.ctx, {
        interactionId: row.id,
        agentId: first,
        clients: centre.clients,
      }),
    );
    assert.equal(
      refusalOf(await preferInteraction(own.ctx, { ...moving, agentId: other })),
      'act-not-possible-now',
    );
  }));

test('an agent passes on what they handle to another first and then to anybody; a type or a team cannot be first', () =>
  twoAgents(async (house) => {
    const { own, centre, first, other } = house;
    await busy(house, other);
    const row = await offeredTo(house, await centre.arrive(), first);
    const by = { interactionId: row.id, agentId: first, clients: centre.clients, reason: 'their case' };
    done(await acceptInteraction(own.ctx, by));
    const mail = await centre.addType('chat', { nameEn: 'Returns', nameFr: 'Retours' });
    assert.equal(
      refusalOf(await transferInteraction(own.ctx, { ...by, to: { typeId: mail.id }, thenAnybody: true })),
      'then-anybody-needs-agent',
    );
    const until = new Date(own.clock.now().getTime() + 30_000);
    const passed = done(
      await transferInteraction(own.ctx, { ...by, to: { agentId: other }, until, thenAnybody: true }),
    ).row;
    assert.deepEqual(
      [passed.to_agent_id, passed.preferred_agent_id, passed.preferred_why, passed.preferred_until],
      [null, other, 'named', until],
    );
    await keptFor(house, row, other, 'named');
    own.clock.pass(30_500);
    await offeredInTime(house, row, first);
  }));

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reactions } from '#src/app/reactions.ts';
import { assessCompetency, createCompetency } from '#src/modules/competencies/index.ts';
import { insertCustomer } from '#src/modules/customers/index.ts';
import {
  acceptInteraction,
  advance,
  arriveInteraction,
  changeRoutingRules,
  changeType,
  createType,
  declineInteraction,
  interactionById,
  keptMs,
  missesSince,
  pauseType,
  pullInteraction,
  pushInteraction,
  reorderInteraction,
  resumeType,
  routingRulesNow,
  type State,
  states,
  takeInteraction,
  transferInteraction,
  typeById,
} from '#src/modules/interactions/index.ts';
import { changeTeam, createSite, createTeam } from '#src/modules/organisation/index.ts';
import { choosePresence, heads } from '#src/modules/presence/index.ts';
import type { Context } from '#src/platform/context.ts';
import { newId } from '#src/platform/ids.ts';
import { type Centre, done, makeCentre, refusalOf } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { contradictions, interactionIn, standing } from '#test/support/spine.ts';

type Person = Centre['agents'][number];

async function lastEvent(ctx: Context, stream: string) {
  const [row] = await ctx.db.owner<{ kind: string; body: Record<string, unknown> }[]>`
    select kind, body from event where stream = ${stream} order by seq desc limit 1`;
  return row!;
}

const again = (ctx: Context, id: string) => interactionById(ctx.db.system, id);

async function anotherType(
  ctx: Context,
  centre: Centre,
  more: Partial<Parameters<typeof createType>[1]> = {},
) {
  return done(
    await createType(ctx, {
      clientId: centre.client.id,
      channel: 'chat',
      nameEn: 'Returns',
      nameFr: 'Retours',
      priority: 7,
      offerSeconds: 20,
      requires: [],
      ...more,
    }),
  );
}

async function teamOf(ctx: Context, members: readonly string[]) {
  const site = done(await createSite(ctx, { name: 'Rennes', timeZone: 'Europe/Paris' }));
  return done(await createTeam(ctx, { siteId: site.id, nameEn: 'Evenings', nameFr: 'Le soir', members }));
}

test('an agent passes what they handle on to another type: it keeps its place, and their slot is free', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const [agent] = centre.agents as [Person];
  const type = await anotherType(ctx, centre);
  const before = await interactionIn('handling', ctx, centre);
  clock.pass(60_000);
  const { row, freedAgentId } = done(
    await transferInteraction(ctx, {
      interactionId: before.id,
      agentId: agent.id,
      clients: centre.clients,
      to: { typeId: type.id },
      reason: 'wants to send it back',
    }),
  );
  assert.equal(row.state, 'waiting');
  assert.equal(row.type_id, type.id);
  assert.equal(row.priority, 7, 'the priority of its new type');
  assert.deepEqual(row.arrived_at, before.arrived_at);
  assert.equal(freedAgentId, agent.id);
  assert.deepEqual(await lastEvent(ctx, row.id), {
    kind: 'interaction.transferred',
    body: { agentId: agent.id, reason: 'wants to send it back', typeId: type.id },
  });
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('a priority that a supervisor set goes along to the other type', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const [agent] = centre.agents as [Person];
  const type = await anotherType(ctx, centre);
  const { id } = await centre.arrive();
  const supervisor = await centre.addAgent({ roles: ['supervisor'] });
  done(
    await reorderInteraction(ctx, {
      interactionId: id,
      by: supervisor.id,
      clients: centre.clients,
      priority: 50,
      reason: 'an urgent one',
    }),
  );
  done(
    await advance(ctx, 'offer', {
      interactionId: id,
      agentId: agent.id,
      at: ctx.clock.now(),
      offerUntil: new Date(ctx.clock.now().getTime() + 20_000),
    }),
  );
  done(await acceptInteraction(ctx, { interactionId: id, agentId: agent.id, clients: centre.clients }));
  const { row } = done(
    await transferInteraction(ctx, {
      interactionId: id,
      agentId: agent.id,
      clients: centre.clients,
      to: { typeId: type.id },
      reason: 'r',
    }),
  );
  assert.equal(row.priority, 50);
});

test('what is transferred to an agent or a team is theirs alone for a while, until somebody accepts it', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2 });
  const [one, other] = centre.agents as [Person, Person];
  const team = await teamOf(ctx, [other.id]);
  const { id } = await interactionIn('handling', ctx, centre, one.id);
  const by = { interactionId: id, agentId: one.id, clients: centre.clients, reason: 'knows them' };
  const kept = new Date(clock.now().getTime() + keptMs);
  const toAgent = done(await transferInteraction(ctx, { ...by, to: { agentId: other.id } })).row;
  assert.deepEqual([toAgent.to_agent_id, toAgent.to_team_id, toAgent.to_until], [other.id, null, kept]);
  assert.deepEqual(await lastEvent(ctx, id), {
    kind: 'interaction.transferred',
    body: { agentId: one.id, reason: 'knows them', toAgentId: other.id, until: kept.toISOString() },
  });
  const offer = (agentId: string) =>
    advance(ctx, 'offer', {
      interactionId: id,
      agentId,
      at: clock.now(),
      offerUntil: new Date(clock.now().getTime() + 20_000),
    });
  assert.equal(done(await offer(other.id)).row.to_agent_id, other.id, 'still, while it is offered');
  const accepted = done(
    await acceptInteraction(ctx, { interactionId: id, agentId: other.id, clients: centre.clients }),
  ).row;
  assert.deepEqual([accepted.to_agent_id, accepted.to_until], [null, null]);

  const until = new Date(clock.now().getTime() + 3_600_000);
  const toTeam = done(
    await transferInteraction(ctx, { ...by, agentId: other.id, to: { teamId: team.id }, until }),
  ).row;
  assert.deepEqual([toTeam.to_team_id, toTeam.to_agent_id, toTeam.to_until], [team.id, null, until]);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('nothing is transferred to where it cannot be served, and each no has its name', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2 });
  const elsewhere = await makeCentre(ctx, { name: 'Another client', agents: 1 });
  const [agent, competent] = centre.agents as [Person, Person];
  const { id } = await interactionIn('handling', ctx, centre, agent.id);
  const by = { interactionId: id, agentId: agent.id, clients: centre.clients, reason: 'r' };
  const refused = async (to: Parameters<typeof transferInteraction>[1]['to'], more = {}) =>
    refusalOf(await transferInteraction(ctx, { ...by, to, ...more }));
  const person = async (options: Parameters<Centre['addAgent']>[0]) =>
    (await centre.addAgent({ ready: false, ...options })).id;

  const low = await person({ level: 1 });
  const lapsed = await person({ assessedOn: '2025-03-01', validUntil: '2026-03-01' });
  assert.equal(await refused({ agentId: low }), 'agent-not-competent');
  assert.equal(await refused({ agentId: lapsed }), 'agent-not-competent');
  assert.equal(await refused({ agentId: await person({ level: null }) }), 'agent-not-competent');
  assert.equal(await refused({ agentId: await person({ capacity: { email: 2 } }) }), 'agent-not-on-channel');
  assert.equal(await refused({ agentId: await person({ roles: ['supervisor'] }) }), 'agent-unknown');
  assert.equal(await refused({ agentId: elsewhere.agents[0]!.id }), 'agent-unknown');
  assert.equal(await refused({ agentId: newId(clock.now()) }), 'agent-unknown');
  assert.equal(await refused({ agentId: agent.id }), 'transfer-goes-nowhere');

  assert.equal(await refused({ teamId: newId(clock.now()) }), 'team-unknown');
  assert.equal(
    await refused({ teamId: (await teamOf(ctx, [low, lapsed])).id }),
    'team-without-competent-agent',
  );
  const foreign = await teamOf(ctx, [elsewhere.agents[0]!.id]);
  assert.equal(await refused({ teamId: foreign.id }), 'team-unknown');
  const gone = await teamOf(ctx, [competent.id]);
  done(await changeTeam(ctx, gone.id, { active: false, version: gone.version }));
  assert.equal(await refused({ teamId: gone.id }), 'team-unknown');

  assert.equal(await refused({ typeId: centre.type.id }), 'transfer-goes-nowhere');
  assert.equal(await refused({ typeId: elsewhere.type.id }), 'type-unknown');
  assert.equal(await refused({ typeId: newId(clock.now()) }), 'type-unknown');
  const mail = await anotherType(ctx, centre, { channel: 'email' });
  assert.equal(await refused({ typeId: mail.id }), 'type-unknown');
  const off = await anotherType(ctx, centre);
  done(await changeType(ctx, off.id, { active: false, version: off.version }, centre.clients));
  assert.equal(await refused({ typeId: off.id }), 'type-unknown');

  const to = { agentId: competent.id };
  assert.equal(await refused(to, { until: clock.now() }), 'until-not-in-range');
  assert.equal(await refused(to, { until: new Date('2026-05-01T00:00:00Z') }), 'until-not-in-range');
  assert.equal(await refused(to, { agentId: competent.id }), 'not-your-interaction');
  assert.equal(await refused(to, { clients: elsewhere.clients }), 'interaction-unknown');
  assert.equal((await again(ctx, id))?.state, 'handling', 'nothing moved');
});

test('what is written in a language goes only to who masters it', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 3 });
  const [agent, fluent, none] = centre.agents as [Person, Person, Person];
  const english = done(
    await createCompetency(ctx, {
      clientId: null,
      kind: 'communication',
      nameEn: 'English',
      nameFr: 'Anglais',
      language: 'en',
    }),
  );
  const french = done(
    await createCompetency(ctx, {
      clientId: null,
      kind: 'communication',
      nameEn: 'French',
      nameFr: 'Français',
      language: 'fr',
    }),
  );
  const assess = async (agentId: string, competencyId: string, level: number) =>
    done(await assessCompetency(ctx, { agentId, competencyId, level, assessedOn: '2026-03-01' }, []));
  await assess(fluent.id, english.id, 4);
  await assess(none.id, french.id, 5);
  const { routing, version } = done(
    await changeType(
      ctx,
      centre.type.id,
      { routing: { languageLevel: 4 }, version: centre.type.version },
      centre.clients,
    ),
  );
  assert.deepEqual([routing, version], [{ languageLevel: 4 }, 2]);
  const { id } = await interactionIn('handling', ctx, centre, agent.id);
  const by = { interactionId: id, agentId: agent.id, clients: centre.clients, reason: 'r' };
  assert.equal(
    refusalOf(await transferInteraction(ctx, { ...by, to: { agentId: none.id } })),
    'agent-not-competent',
  );
  done(await transferInteraction(ctx, { ...by, to: { agentId: fluent.id } }));
});

/** Everything a supervisor can do to one interaction, as the names of what it answers. */
async function everyMove(own: TestDatabase, centre: Centre, supervisor: Person, interactionId: string) {
  const { ctx } = own;
  const by = { interactionId, by: supervisor.id, clients: centre.clients, reason: 'r' };
  return {
    pull: () => pullInteraction(ctx, by),
    take: () => takeInteraction(ctx, by),
    push: () => pushInteraction(ctx, { ...by, to: { agentId: centre.agents[0]!.id } }),
    reorder: () => reorderInteraction(ctx, { ...by, priority: 3 }),
    transfer: () =>
      transferInteraction(ctx, {
        interactionId,
        agentId: centre.agents[0]!.id,
        clients: centre.clients,
        to: { agentId: centre.agents[1]!.id },
        reason: 'r',
      }),
  };
}

test('what is moved by hand moves from the states that its life allows, and is refused by name from all others', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 2, capacity: { chat: 50 } });
  const supervisor = await centre.addAgent({ roles: ['supervisor', 'agent'], capacity: { chat: 50 } });
  const allowed: Record<string, readonly State[]> = {
    pull: ['offered'],
    take: ['waiting', 'offered'],
    push: ['waiting', 'offered'],
    reorder: ['waiting'],
    transfer: ['handling'],
  };
  for (const state of states) {
    for (const name of Object.keys(allowed) as (keyof Awaited<ReturnType<typeof everyMove>>)[]) {
      const { id } = await interactionIn(state, ctx, centre);
      const before = await standing(ctx.db.system, id);
      const answer = await (await everyMove(own, centre, supervisor, id))[name]();
      const what = `${name} from ${state}`;
      if (allowed[name]!.includes(state)) {
        done(answer);
        continue;
      }
      const over = state === 'closed' || state === 'abandoned';
      const held = ['offered', 'parked', 'wrapping'].includes(state);
      assert.equal(
        refusalOf(answer),
        over
          ? 'interaction-already-over'
          : name === 'transfer' && !held
            ? 'not-your-interaction'
            : 'act-not-possible-now',
        what,
      );
      assert.deepEqual(await standing(ctx.db.system, id), before, what);
    }
  }
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('a supervisor takes an offer back: it returns to its place, and that agent is asked last', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const supervisor = await centre.addAgent({ roles: ['supervisor'] });
  const before = await interactionIn('offered', ctx, centre);
  clock.pass(5_000);
  const { row, freedAgentId } = done(
    await pullInteraction(ctx, {
      interactionId: before.id,
      by: supervisor.id,
      clients: centre.clients,
      reason: 'away from the desk',
    }),
  );
  assert.deepEqual(
    [row.state, row.agent_id, row.not_to, row.arrived_at],
    ['waiting', null, [centre.agents[0]!.id], before.arrived_at],
  );
  assert.equal(freedAgentId, centre.agents[0]!.id);
  assert.deepEqual(await lastEvent(ctx, row.id), {
    kind: 'interaction.pulled',
    body: { agentId: centre.agents[0]!.id, by: supervisor.id, reason: 'away from the desk' },
  });
});

test('a supervisor takes what waits or is offered and handles it, when they master it and have room', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const clients = centre.clients;
  const able = await centre.addAgent({ roles: ['supervisor', 'agent'], capacity: { chat: 1 }, ready: false });
  const low = await centre.addAgent({ roles: ['supervisor', 'agent'], level: 1 });
  const noAgent = await centre.addAgent({ roles: ['supervisor'] });
  const offered = await interactionIn('offered', ctx, centre);
  const take = (by: Person, interactionId: string) =>
    takeInteraction(ctx, { interactionId, by: by.id, clients, reason: 'a friend of the house' });
  assert.equal(refusalOf(await take(low, offered.id)), 'agent-not-competent');
  assert.equal(refusalOf(await take(noAgent, offered.id)), 'agent-unknown');
  assert.equal(
    (await again(ctx, offered.id))?.state,
    'offered',
    'it was not taken from its agent for nothing',
  );
  const { row } = done(await take(able, offered.id));
  assert.deepEqual([row.state, row.agent_id, row.handled_by], ['handling', able.id, able.id]);
  assert.deepEqual(await lastEvent(ctx, row.id), {
    kind: 'interaction.taken',
    body: { agentId: able.id, reason: 'a friend of the house' },
  });
  const next = await interactionIn('offered', ctx, centre);
  assert.equal(refusalOf(await take(able, next.id)), 'agent-at-capacity');
  assert.equal((await again(ctx, next.id))?.state, 'offered');
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('a supervisor pushes what waits to one agent or team: it has waited since it began to, and others declined afresh', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx, { agents: 2 });
  const [one, other] = centre.agents as [Person, Person];
  const supervisor = await centre.addAgent({ roles: ['supervisor'] });
  const { id } = await interactionIn('offered', ctx, centre, one.id);
  done(await declineInteraction(ctx, { interactionId: id, agentId: one.id, clients: centre.clients }));
  const before = (await again(ctx, id))!;
  clock.pass(9_000);
  const by = { interactionId: id, by: supervisor.id, clients: centre.clients, reason: 'knows the matter' };
  const { row } = done(await pushInteraction(ctx, { ...by, to: { agentId: one.id } }));
  const until = new Date(clock.now().getTime() + keptMs);
  assert.deepEqual(
    [row.state, row.to_agent_id, row.to_until, row.not_to, row.state_since],
    ['waiting', one.id, until, [], before.state_since],
  );
  assert.deepEqual(await lastEvent(ctx, id), {
    kind: 'interaction.pushed',
    body: { by: supervisor.id, reason: 'knows the matter', toAgentId: one.id, until: until.toISOString() },
  });
  const team = await teamOf(ctx, [other.id]);
  const toTeam = done(await pushInteraction(ctx, { ...by, to: { teamId: team.id } })).row;
  assert.deepEqual([toTeam.to_agent_id, toTeam.to_team_id], [null, team.id]);
  const offered = await interactionIn('offered', ctx, centre, one.id);
  const fromOffer = done(
    await pushInteraction(ctx, { ...by, interactionId: offered.id, to: { agentId: other.id } }),
  ).row;
  assert.deepEqual([fromOffer.state, fromOffer.to_agent_id], ['waiting', other.id]);
});

test('a push to an agent who lacks the competency is refused: agent-not-competent', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const elsewhere = await makeCentre(ctx, { name: 'Another client' });
  const low = await centre.addAgent({ level: 1 });
  const { id } = await centre.arrive();
  const by = { interactionId: id, by: centre.agents[0]!.id, clients: centre.clients, reason: 'r' };
  const push = async (agentId: string, more = {}) =>
    refusalOf(await pushInteraction(ctx, { ...by, to: { agentId }, ...more }));
  assert.equal(await push(low.id), 'agent-not-competent');
  assert.equal(await push(elsewhere.agents[0]!.id), 'agent-unknown');
  assert.equal(await push(centre.agents[0]!.id, { clients: elsewhere.clients }), 'interaction-unknown');
  assert.equal((await again(ctx, id))?.seq, 2);
});

test('a supervisor moves what waits forward in its line: the change of priority is on the record', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { priority: 5 });
  const supervisor = await centre.addAgent({ roles: ['supervisor'] });
  const before = await centre.arrive();
  const { row } = done(
    await reorderInteraction(ctx, {
      interactionId: before.id,
      by: supervisor.id,
      clients: centre.clients,
      priority: 40,
      reason: 'third call today',
    }),
  );
  assert.deepEqual(
    [row.priority, row.arrived_at, row.state_since],
    [40, before.arrived_at, before.state_since],
  );
  assert.deepEqual(await lastEvent(ctx, row.id), {
    kind: 'interaction.reordered',
    body: { by: supervisor.id, reason: 'third call today', priority: 40, from: 5 },
  });
});

test('a type is paused and resumed with a reason, once each', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const supervisor = await centre.addAgent({ roles: ['supervisor'] });
  const by = {
    typeId: centre.type.id,
    reason: 'the shop system is down',
    clients: centre.clients,
    by: supervisor.id,
  };
  assert.equal(refusalOf(await resumeType(ctx, by)), 'type-not-paused');
  const until = new Date(clock.now().getTime() + 3_600_000);
  const paused = done(await pauseType(ctx, { ...by, until }));
  assert.deepEqual(
    [paused.paused_until, paused.paused_reason, paused.version],
    [until, by.reason, centre.type.version + 1],
  );
  assert.deepEqual(await lastEvent(ctx, centre.type.id), {
    kind: 'interaction-type.changed',
    body: { by: supervisor.id, changed: { paused: { until: until.toISOString() } }, reason: by.reason },
  });
  assert.equal(refusalOf(await pauseType(ctx, by)), 'type-already-paused');
  const resumed = done(await resumeType(ctx, { ...by, reason: 'it works' }));
  assert.equal(resumed.paused_at, null);
  done(await pauseType(ctx, { ...by, until }));
  clock.pass(3_600_000);
  assert.equal(refusalOf(await resumeType(ctx, by)), 'type-not-paused', 'it ended by itself');
  done(await pauseType(ctx, by));
  assert.equal(refusalOf(await pauseType(ctx, { ...by, until: clock.now() })), 'until-not-in-range');
  assert.equal(refusalOf(await pauseType(ctx, { ...by, clients: [] })), 'not-found');
  assert.equal((await typeById(ctx.db.system, centre.type.id))?.paused_until, null);
});

test('a customer who returns is kept for their last agent, where the type says so', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const [agent] = centre.agents as [Person];
  const customerId = newId(clock.now());
  await insertCustomer(ctx.db.system, {
    id: customerId,
    clientId: centre.client.id,
    language: 'en',
    at: clock.now(),
  });
  const arrive = async () => {
    clock.pass(1);
    const { interactionId } = done(
      await arriveInteraction(ctx, {
        threadId: newId(clock.now()),
        clientId: centre.client.id,
        typeId: centre.type.id,
        customerId,
        channel: 'chat',
        language: 'en',
        text: 'Hello',
        key: newId(clock.now()),
      }),
    );
    return (await again(ctx, interactionId))!;
  };
  const first = await arrive();
  const at = clock.now();
  done(
    await advance(ctx, 'offer', {
      interactionId: first.id,
      agentId: agent.id,
      at,
      offerUntil: new Date(at.getTime() + 20_000),
    }),
  );
  done(await acceptInteraction(ctx, { interactionId: first.id, agentId: agent.id, clients: centre.clients }));
  assert.equal((await arrive()).preferred_agent_id, null, 'the type did not say so');
  done(
    await changeType(
      ctx,
      centre.type.id,
      { routing: { preferred: { lastAgent: true, holdSeconds: 30 } }, version: centre.type.version },
      centre.clients,
    ),
  );
  const kept = await arrive();
  assert.deepEqual(
    [kept.preferred_agent_id, kept.preferred_why, kept.preferred_until],
    [agent.id, 'last-agent', new Date(kept.arrived_at.getTime() + 30_000)],
  );
  const stranger = await centre.arrive();
  assert.deepEqual([stranger.preferred_agent_id, stranger.preferred_why], [null, null]);
});

test('an agent who lets three offers pass in a row is not responding, until they say that they are ready', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const [agent] = centre.agents as [Person];
  const agentId = agent.id;
  const reaction = reactions.find(({ name }) => name === 'mark-who-does-not-respond')!;
  const state = async () => (await heads(ctx.db.system, [agentId]))[0]!.state;
  const told: { stream: string; seq: number; body: Record<string, unknown>; at: Date }[] = [];
  ctx.bus.listen((events) => {
    for (const event of events) if (event.kind === reaction.kind) told.push(event);
  });
  const offer = async () => (await interactionIn('offered', ctx, centre)).id;
  const miss = async () => {
    const interactionId = await offer();
    clock.pass(21_000);
    done(await advance(ctx, 'expire', { interactionId, agentId, at: clock.now() }));
    // It may run twice for the same event.
    for (let run = 1; run <= 2; run++)
      await reaction.react(ctx, { ...told.at(-1)!, kind: reaction.kind, clientId: centre.client.id });
  };
  await miss();
  await miss();
  const answered = await offer();
  done(await declineInteraction(ctx, { interactionId: answered, agentId, clients: centre.clients }));
  await miss();
  await miss();
  assert.equal(await state(), 'ready', 'two in a row, and an answer before them');
  await miss();
  assert.equal(await state(), 'not-responding');
  assert.equal((await heads(ctx.db.system, [agentId]))[0]!.reason, 'offers-missed');
  clock.pass(1_000);
  await choosePresence(ctx, agentId, 'ready', true);
  await miss();
  await miss();
  assert.equal(await state(), 'ready', 'the count began anew');
  const accepted = await offer();
  done(await acceptInteraction(ctx, { interactionId: accepted, agentId, clients: centre.clients }));
  assert.equal(await missesSince(ctx.db.system, agentId, new Date(0)), 0);

  const rules = await routingRulesNow(ctx.db.system);
  assert.equal(rules.version, 0);
  done(await changeRoutingRules(ctx, { ...rules, missesMax: 1 }, agentId));
  await choosePresence(ctx, agentId, 'break', true);
  const late = told.at(-1)!;
  await reaction.react(ctx, { ...late, kind: reaction.kind, clientId: centre.client.id });
  assert.equal(await state(), 'break', 'who chose something else is left alone');
  await choosePresence(ctx, agentId, 'ready', true);
  await miss();
  assert.equal(await state(), 'not-responding', 'one is enough now');
});

test('channel rules that two change at once, or that interrupt each other, are refused', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const by = centre.agents[0]!.id;
  const rules = await routingRulesNow(ctx.db.system);
  const change = (more: Partial<typeof rules>) => changeRoutingRules(ctx, { ...rules, ...more }, by);
  const both = { voice: { email: 'interrupts' }, email: { voice: 'interrupts' } } as const;
  assert.equal(refusalOf(await change({ channels: both })), 'channels-interrupt-each-other');
  const answers = await Promise.all([change({ missesMax: 2 }), change({ missesMax: 4 })]);
  assert.deepEqual(answers.map(refusalOf).filter(Boolean), ['changed-meanwhile']);
  assert.equal(refusalOf(await change({ version: 0 })), 'changed-meanwhile');
  const second = done(await change({ channels: {}, version: 1 }));
  assert.deepEqual(second, { channels: {}, missesMax: 3, version: 2 });
  assert.deepEqual(await routingRulesNow(ctx.db.system), second);
});

test('a type whose settings contradict themselves or name what is not there is refused', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const elsewhere = newId(clock.now());
  const keep = async (routing: NonNullable<Parameters<typeof changeType>[2]['routing']>) =>
    refusalOf(await changeType(ctx, centre.type.id, { routing, version: 1 }, centre.clients));
  const steps = [{ afterSeconds: 30, lower: 1 }];
  const best = (level: number, competencyId = centre.competency.id) => [{ competencyId, level }];
  assert.equal(await keep({ widening: { best: best(1), steps } }), 'widening-without-requirement');
  assert.equal(await keep({ widening: { best: best(5, elsewhere), steps } }), 'widening-without-requirement');
  assert.equal(
    await keep({ widening: { best: best(5), steps: [...steps, { afterSeconds: 30, lower: 2 }] } }),
    'steps-not-in-order',
  );
  assert.equal(await keep({ teams: [{ teamIds: [elsewhere], afterSeconds: 0 }] }), 'team-unknown');
  assert.equal(await keep({ teams: [{ teamIds: [elsewhere], afterSeconds: 5 }] }), 'no-team-at-first');
  assert.equal(
    refusalOf(await changeType(ctx, centre.type.id, { hoursId: elsewhere, version: 1 }, centre.clients)),
    'hours-unknown',
  );
  const team = await teamOf(ctx, [centre.agents[0]!.id]);
  assert.equal(
    await keep({ teams: [{ teamIds: [team.id], afterSeconds: 0 }], widening: { best: best(4), steps } }),
    undefined,
  );
  assert.equal(
    refusalOf(await changeTeam(ctx, team.id, { active: false, version: team.version })),
    'team-in-use',
  );
});

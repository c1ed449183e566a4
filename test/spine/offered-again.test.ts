import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assessCompetency, changeCompetency, createCompetency } from '#src/modules/competencies/index.ts';
import {
  acceptInteraction,
  advance,
  barByHand,
  changeRoutingRules,
  changeType,
  interactionById,
  pauseType,
  resumeType,
  setBars,
  setCapacity,
} from '#src/modules/interactions/index.ts';
import {
  changeHours,
  changeTeam,
  createHours,
  createSite,
  createTeam,
} from '#src/modules/organisation/index.ts';
import { changePerson, personById } from '#src/modules/people/index.ts';
import type { EngineSnapshot } from '#src/modules/routing/seam.ts';
import { createRouting, type Routing, rebuiltEngine } from '#src/modules/routing/shell.ts';
import { type AgentOptions, type Centre, done, makeCentre } from '#test/support/centre.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { fieldsOf } from '#test/support/spine.ts';

// Whatever stood against an offer and stands against it no more, it is made at once. The clock of these tests stands still, so that
// nothing that is done now and then (comparing with the record, sweeps) can have found it.

interface House {
  own: TestDatabase;
  centre: Centre;
  agentId: string;
  routing: Routing;
}

/** A centre with one agent, and routing that has come to rest. */
async function withRouting(options: AgentOptions, body: (house: House) => Promise<void>): Promise<void> {
  await using own = await testDatabase();
  const centre = await makeCentre(own.ctx, { agents: 0, capacity: { chat: 1, voice: 1 } });
  const agent = await centre.addAgent(options);
  const routing = createRouting(own.ctx, { alone: true });
  await routing.start();
  try {
    await body({ own, centre, agentId: agent.id, routing });
  } finally {
    await routing.stop();
  }
}

/** What an engine was told of types, agents and rules; each engine counts versions for itself. */
function told({ types, agents, rules }: EngineSnapshot) {
  return [...types, ...agents, rules].map((fact) => ({ ...fact, version: 0 }));
}

/** A chat waits for a reason that somebody can name; a change, and it is offered to the agent at the same moment. */
async function waitsUntil(
  { own, centre, agentId, routing }: House,
  because: string,
  change: () => Promise<unknown>,
): Promise<void> {
  await eventually('what was set up is known', async () => {
    const recorded = (await rebuiltEngine(own.ctx)).snapshot();
    assert.deepEqual(told(routing.snapshot()!), told(recorded));
    return true;
  });
  const { id } = await centre.arrive();
  await eventually(`it waits because of ${because}`, async () => {
    const why = await routing.whyWaiting(id);
    const reasons = [...(why?.not.map(({ reason }) => reason) ?? []), why?.held?.why];
    return (await interactionById(own.ctx.db.system, id))?.state === 'waiting' && reasons.includes(because);
  });
  const before = own.clock.now();
  done((await change()) as never);
  await eventually('it is offered at once', async () => {
    const row = await interactionById(own.ctx.db.system, id);
    return row?.state === 'offered' && row.agent_id === agentId;
  });
  assert.deepEqual(own.clock.now(), before, 'no time has passed');
}

test('an agent who may hold more is offered what waits at once', () =>
  withRouting({ capacity: { chat: 0 } }, async (house) => {
    const { own, agentId } = house;
    await waitsUntil(house, 'channel-not-taken', async () => {
      const person = (await personById(own.ctx.db.system, agentId))!;
      const act = (sql: Parameters<typeof setCapacity>[0]) => setCapacity(sql, agentId, { chat: 1 });
      const also = { act, changed: ['capacity'] };
      return changePerson(own.ctx, agentId, { version: person.version }, agentId, also);
    });
  }));

test('an agent who is assessed to master a competency is offered what waits at once', () =>
  withRouting({ level: null }, (house) =>
    waitsUntil(house, 'competency-missing', () => house.centre.assess(house.agentId, 2)),
  ));

test('an agent who is assessed to master the customer’s language is offered what waits at once, and so is one whose competency is said to be that language', () =>
  withRouting({}, async (house) => {
    const { own, centre, agentId } = house;
    const english = done(
      await createCompetency(own.ctx, {
        clientId: null,
        kind: 'communication',
        nameEn: 'English',
        nameFr: 'Anglais',
      }),
    );
    const { type } = centre;
    const asks = { routing: { languageLevel: 3 }, version: type.version };
    done(await changeType(own.ctx, type.id, asks, centre.clients));
    await waitsUntil(house, 'language-missing', async () => {
      const assessedOn = own.clock.now().toISOString().slice(0, 10);
      done(
        await assessCompetency(
          own.ctx,
          { agentId, competencyId: english.id, level: 4, assessedOn },
          centre.clients,
        ),
      );
      return changeCompetency(own.ctx, english.id, { language: 'en' }, centre.clients, agentId);
    });
  }));

test('what waits for the opening is offered at once when the hours are changed', () =>
  withRouting({}, async (house) => {
    const { own, centre } = house;
    const hours = done(
      await createHours(own.ctx, {
        clientId: centre.client.id,
        name: 'Never open',
        timeZone: 'Europe/Paris',
        weekly: [],
        holidayRegion: null,
        holidaysWorked: [],
        messageEn: 'Closed.',
        messageFr: 'Fermé.',
      }),
    );
    const { type } = centre;
    const follows = { hoursId: hours.row.id, version: type.version };
    done(await changeType(own.ctx, type.id, follows, centre.clients));
    const weekly = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' }));
    await waitsUntil(house, 'opening-hours', () =>
      changeHours(own.ctx, hours.row.id, { weekly, version: hours.row.version }, centre.clients),
    );
  }));

test('what a rule of the channels kept away is offered at once when the rule is changed', () =>
  withRouting({}, async (house) => {
    const { own, centre, agentId } = house;
    const call = await centre.addType('voice');
    const { id } = await centre.arrive({ typeId: call.id, channel: 'voice' });
    await eventually('the call rings', async () => {
      return (await interactionById(own.ctx.db.system, id))?.state === 'offered';
    });
    done(await acceptInteraction(own.ctx, { interactionId: id, agentId, clients: centre.clients }));
    await waitsUntil(house, 'channel-excluded', () =>
      changeRoutingRules(own.ctx, { channels: {}, missesMax: 3, version: 0 }, agentId),
    );
  }));

test('an agent who joins a team that is asked is offered what waits at once', () =>
  withRouting({}, async (house) => {
    const { own, centre, agentId } = house;
    const site = done(await createSite(own.ctx, { name: 'Rennes', timeZone: 'Europe/Paris' }));
    const team = done(
      await createTeam(own.ctx, { siteId: site.id, nameEn: 'Quay', nameFr: 'Quai', members: [] }),
    );
    const { type } = centre;
    const routing = { teams: [{ teamIds: [team.id], afterSeconds: 0 }] };
    done(await changeType(own.ctx, type.id, { routing, version: type.version }, centre.clients));
    await waitsUntil(house, 'team-not-asked', () =>
      changeTeam(own.ctx, team.id, { members: [agentId], version: team.version }),
    );
  }));

test('what a pause held back is offered at once when the type is resumed', () =>
  withRouting({}, async (house) => {
    const { own, centre, agentId } = house;
    const pause = { typeId: centre.type.id, reason: 'fire drill', clients: centre.clients, by: agentId };
    done(await pauseType(own.ctx, pause));
    await waitsUntil(house, 'paused-by-hand', () => resumeType(own.ctx, pause));
  }));

test('an agent who has read what they had to is offered what waits at once', () =>
  withRouting({}, async (house) => {
    const { own, centre, agentId, routing } = house;
    const source = 'knowledge:returns-policy';
    const bars = [{ typeId: centre.type.id, reason: 'mandatory-information-unread' }];
    assert.deepEqual(done(await setBars(own.ctx, { agentId, source, bars })), { barred: 1, lifted: 0 });
    await waitsUntil(house, 'agent-barred', async () => {
      const [row] = await own.ctx.db.owner<{ id: string }[]>`select id from interaction`;
      const why = await routing.whyWaiting(row!.id);
      assert.deepEqual(why?.not, [
        { reason: 'agent-barred', count: 1, agents: [agentId], bars: ['mandatory-information-unread'] },
      ]);
      return setBars(own.ctx, { agentId, source, bars: [] });
    });
  }));

test('an agent whom a person no longer bars is offered what waits at once', () =>
  withRouting({}, async (house) => {
    const { own, centre, agentId } = house;
    const bar = { agentId, typeId: centre.type.id, clients: centre.clients, by: agentId };
    done(await barByHand(own.ctx, { ...bar, barred: true, reason: 'is being coached' }));
    await waitsUntil(house, 'agent-barred', () =>
      barByHand(own.ctx, { ...bar, barred: false, reason: 'has been coached' }),
    );
  }));

test('an agent who is free again is offered what waits at once, also when what they gave back was interrupted', () =>
  withRouting({ capacity: { chat: 1, voice: 1 } }, async (house) => {
    const { own, centre, agentId } = house;
    const channels = { voice: { chat: 'interrupts' } } as const;
    done(await changeRoutingRules(own.ctx, { channels, missesMax: 3, version: 0 }, agentId));
    const call = await centre.addType('voice');
    const chat = await centre.arrive();
    const rows = [chat, await centre.arrive({ typeId: call.id, channel: 'voice' })];
    for (const { id } of rows) {
      await eventually('it is offered', async () => {
        const row = await interactionById(own.ctx.db.system, id);
        return row?.state === 'offered';
      });
      done(await acceptInteraction(own.ctx, { interactionId: id, agentId, clients: centre.clients }));
    }
    await waitsUntil(house, 'agent-at-capacity', async () => {
      const fields = fieldsOf('end', { agentId, at: own.clock.now() });
      done(await advance(own.ctx, 'end', { interactionId: chat.id, ...fields }));
      const over = { interactionId: chat.id, ...fieldsOf('complete', { agentId, at: own.clock.now() }) };
      return advance(own.ctx, 'complete', over);
    });
  }));

import assert from 'node:assert/strict';
import { scenario } from '#src/standard/scenario.ts';
import { type Message, type Parley, startParley } from '#test/api/parley.ts';
import { type AgentOptions, type Centre, makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';

/** An agent who sits at the desk and says that they are ready. */
async function atTheDesk(parley: Parley, centre: Centre, options: AgentOptions) {
  const person = await centre.addAgent({ ...options, ready: false });
  const sit = async () => {
    const asker = await parley.signedIn(person);
    const line = await parley.live(asker);
    assert.equal((await asker.ask('PUT /api/presence', { body: { state: 'ready' } })).status, 200);
    return {
      async leave() {
        assert.equal((await asker.ask('PUT /api/presence', { body: { state: 'offline' } })).status, 200);
        line.ws.terminate();
        await eventually('the desk is empty', () => !parley.program.modules.keeper.isConnected(person.id));
      },
    };
  };
  return { ...person, sit, desk: await sit() };
}

async function admin(parley: Parley, centre: Centre) {
  return parley.signedIn(await centre.addAgent({ roles: ['administrator'], ready: false, level: null }));
}

scenario(
  '6.3.1-a',
  'an agent who does not master a type is never offered it, and the decision says who could not take it and why',
  async () => {
    await using parley = await startParley();
    const centre = await makeCentre(parley.program.ctx, { agents: 0 });
    const office = await admin(parley, centre);
    const novice = await atTheDesk(parley, centre, { name: 'Never assessed', level: null });
    const learner = await atTheDesk(parley, centre, { name: 'Level one, two are asked', level: 1 });
    const failed = await atTheDesk(parley, centre, { name: 'Assessed, not mastered', level: 0 });
    const { id } = await centre.arrive();
    const waiting = await eventually('the reason why it waits', async () => {
      const { body } = await office.ask(`GET /api/interactions/${id}/why`);
      return body.why?.not?.length > 0 && body;
    });
    const without = waiting.why.not.flatMap((row: Message) => row.agents);
    assert.deepEqual(without.sort(), [novice.id, learner.id, failed.id].sort());
    assert.deepEqual(waiting.why.eligible, []);
    assert.equal(waiting.names[learner.id], 'Level one, two are asked');
    parley.clock.pass(60_000);
    assert.equal(
      (await office.ask(`GET /api/interactions/${id}`)).body.state,
      'waiting',
      'nobody is offered it',
    );

    const master = await atTheDesk(parley, centre, { name: 'Masters it', level: 2 });
    await eventually('the offer', async () => {
      const { body } = await office.ask(`GET /api/interactions/${id}`);
      return body.state === 'offered' && body.agentId === master.id;
    });
    const [decision, ...more] = (await office.ask(`GET /api/interactions/${id}/decisions`)).body;
    assert.deepEqual([decision.agentId, more], [master.id, []]);
    assert.deepEqual(
      decision.why.eligible.map((row: Message) => row.agentId),
      [master.id],
    );
    const reasons = Object.fromEntries(
      decision.why.not.flatMap((row: Message) => row.agents.map((agent: string) => [agent, row.reason])),
    );
    assert.deepEqual(Object.keys(reasons).sort(), [novice.id, learner.id, failed.id].sort());
    for (const reason of Object.values(reasons)) assert.match(String(reason), /competency/);
  },
);

scenario(
  '6.4-a',
  'an assessment counts for a year at most, and from the day it lapses its agent is offered nothing that needs it until assessed again',
  async () => {
    await using parley = await startParley();
    const centre = await makeCentre(parley.program.ctx, { agents: 0 });
    const office = await admin(parley, centre);
    const day = (days: number) =>
      new Date(parley.clock.now().getTime() + days * 86_400_000).toISOString().slice(0, 10);
    const agent = await atTheDesk(parley, centre, { level: 5, validUntil: day(1) });
    const assess = (body: object) =>
      office.ask(`POST /api/people/${agent.id}/assessments`, {
        body: { competencyId: centre.competency.id, level: 5, ...body },
      });
    const first = await centre.arrive();
    const offered = (id: string) =>
      eventually(
        'the offer',
        async () => (await office.ask(`GET /api/interactions/${id}`)).body.state === 'offered',
      );
    await offered(first.id);

    const long = await assess({ assessedOn: day(0), validUntil: day(367) });
    assert.deepEqual([long.status, long.body.code], [422, 'assessment-lasts-too-long']);
    assert.equal((await assess({ assessedOn: day(3) })).body.code, 'assessment-in-future');
    await assert.rejects(
      async () => parley.own.db.system`
        insert into assessment (id, agent_id, competency_id, level, assessed_on, valid_until, recorded_at)
        values (gen_random_uuid(), ${agent.id}, ${centre.competency.id}, 5, '2026-01-01', '2027-01-02', now())`,
      /check constraint/,
      'the database refuses it as well',
    );

    await agent.desk.leave();
    const untilMidnight = new Date(`${day(1)}T00:00:01Z`).getTime() - parley.clock.now().getTime();
    parley.clock.pass(untilMidnight);
    const tomorrow = await admin(parley, centre);
    await agent.sit();
    const second = await centre.arrive();
    const why = await eventually('the reason why it waits', async () => {
      const { body } = await tomorrow.ask(`GET /api/interactions/${second.id}/why`);
      return body.why?.not?.some((row: Message) => row.agents.includes(agent.id)) && body.why;
    });
    assert.match(why.not.find((row: Message) => row.agents.includes(agent.id)).reason, /competency/);
    assert.equal((await tomorrow.ask(`GET /api/interactions/${second.id}`)).body.state, 'waiting');

    const again = await tomorrow.ask(`POST /api/people/${agent.id}/assessments`, {
      body: { competencyId: centre.competency.id, level: 5, assessedOn: day(0) },
    });
    assert.equal(again.status, 201, again.text);
    const year = new Date(again.body.validUntil).getTime() - new Date(again.body.assessedOn).getTime();
    assert.ok(year <= 366 * 86_400_000, 'a year, unless a shorter time is said');
    await eventually('the offer, at once', async () => {
      const { body } = await tomorrow.ask(`GET /api/interactions/${second.id}`);
      return body.state === 'offered' && body.agentId === agent.id;
    });
    const { items } = (await tomorrow.ask(`GET /api/people/${agent.id}/assessments`)).body;
    assert.equal(items.length, 2, 'the older one stays as evidence');
  },
);

scenario(
  '6.3.4-d',
  'what a customer writes is offered only to who masters their language at the level required, and nobody can give it to another by hand',
  async () => {
    await using parley = await startParley();
    const centre = await makeCentre(parley.program.ctx, { agents: 0 });
    const office = await admin(parley, centre);
    const lead = await parley.signedIn(
      await centre.addAgent({ roles: ['supervisor'], ready: false, level: null }),
    );
    const ask = async (path: string, body: object) => {
      const answer = await office.ask(path, { body });
      assert.ok(answer.status < 300, answer.text);
      return answer.body;
    };
    const english = await ask('POST /api/competencies', {
      clientId: null,
      kind: 'communication',
      nameEn: 'English',
      nameFr: 'Anglais',
      language: 'en',
    });
    await ask(`PATCH /api/interaction-types/${centre.type.id}`, {
      routing: { languageLevel: 4 },
      version: centre.type.version,
    });
    const today = parley.clock.now().toISOString().slice(0, 10);
    const assess = (agentId: string, level: number) =>
      ask(`POST /api/people/${agentId}/assessments`, {
        competencyId: english.id,
        level,
        assessedOn: today,
      });
    const below = await atTheDesk(parley, centre, { name: 'Below the level' });
    await assess(below.id, 3);
    const without = await atTheDesk(parley, centre, { name: 'Never assessed in English' });

    const { id } = await centre.arrive({ text: 'Where is my order?' });
    const why = await eventually('the reasons why it waits', async () => {
      const { body } = await office.ask(`GET /api/interactions/${id}/why`);
      return body.why?.not?.length === 2 && body.why;
    });
    assert.deepEqual(why.language, { language: 'en', level: 4 });
    assert.deepEqual(
      why.not.map((row: Message) => [row.reason, row.agents]),
      [
        ['language-missing', [without.id]],
        ['language-level-too-low', [below.id]],
      ],
    );
    for (const agentId of [below.id, without.id])
      for (const [act, body] of [
        ['push', { to: { agentId } }],
        ['prefer', { agentId }],
      ] as const) {
        const refused = await lead.ask(`POST /api/interactions/${id}/${act}`, {
          body: { ...body, reason: 'nobody else is there' },
        });
        assert.deepEqual([refused.status, refused.body.code], [422, 'agent-not-competent'], act);
      }
    assert.equal((await office.ask(`GET /api/interactions/${id}`)).body.state, 'waiting');

    const fluent = await atTheDesk(parley, centre, { name: 'Masters it' });
    await assess(fluent.id, 4);
    await eventually('the offer', async () => {
      const { body } = await office.ask(`GET /api/interactions/${id}`);
      return body.state === 'offered' && body.agentId === fluent.id;
    });
  },
);

import assert from 'node:assert/strict';
import { scenario } from '#src/standard/scenario.ts';
import { type Asker, type Message, type Parley, startParley } from '#test/api/parley.ts';
import { type Centre, makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';

/** A customer writes, the agent takes it, answers and ends the exchange: what is left is the record. */
async function exchange(parley: Parley, centre: Centre, agent: Asker): Promise<string> {
  const visitor = await parley.visitor(centre.channel.key);
  const { body } = await visitor.ask('POST /chat/messages', {
    body: { key: 'the-first-line', text: 'Where is it?' },
  });
  const path = `/api/interactions/${body.interactionId}`;
  await eventually('the agent takes it', async () => (await agent.ask(`POST ${path}/accept`)).status === 200);
  const said = await agent.ask(`POST ${path}/messages`, { body: { key: 'the-answer', text: 'On its way.' } });
  assert.equal(said.status, 201, said.text);
  assert.equal((await agent.ask(`POST ${path}/end`)).body.state, 'wrapping');
  return path;
}

async function open(parley: Parley) {
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  const person = await centre.addAgent({ ready: false });
  const agent = await parley.signedIn(person);
  const line = await parley.live(agent);
  await agent.ask('PUT /api/presence', { body: { state: 'ready' } });
  return { centre, person, agent, line };
}

scenario(
  '7.2-b',
  'every contact can be traced from its arrival to its outcome, step by step and without a gap',
  async () => {
    await using parley = await startParley();
    const { centre, person, agent } = await open(parley);
    const path = await exchange(parley, centre, agent);
    const closed = await agent.ask(`POST ${path}/complete`, {
      body: { outcomeCode: 'solved', note: 'Told where it is.' },
    });
    assert.deepEqual(
      [closed.body.state, closed.body.outcomeCode, closed.body.handledBy],
      ['closed', 'solved', person.id],
    );
    assert.ok(closed.body.closedAt >= closed.body.arrivedAt);
    const { events, head } = (await agent.ask(`GET ${path}/events`)).body;
    assert.deepEqual(
      events.map(({ seq, kind }: Message) => `${seq} ${kind}`),
      [
        '1 interaction.arrived',
        '2 interaction.line',
        '3 interaction.offered',
        '4 interaction.accepted',
        '5 interaction.line',
        '6 interaction.ended',
        '7 interaction.completed',
      ],
    );
    assert.equal(head, 7);
    assert.deepEqual(events[6].body, {
      agentId: person.id,
      outcomeCode: 'solved',
      note: 'Told where it is.',
    });
    const times = events.map(({ at }: Message) => at);
    assert.deepEqual(times, [...times].sort());
    await assert.rejects(
      async () => parley.own.db.system`update event set body = '{}' where kind = 'interaction.completed'`,
      /permission denied/,
      'what happened is not rewritten',
    );
  },
);

scenario(
  '7.2-b',
  'a contact is not closed without an outcome, by nobody; one whose agent is lost in wrap-up says that nothing was recorded',
  async () => {
    await using parley = await startParley();
    const { centre, agent, line } = await open(parley);
    const path = await exchange(parley, centre, agent);
    for (const [body, code] of [
      [{}, 'input-invalid'],
      [{ outcomeCode: '' }, 'input-invalid'],
      [{ outcomeCode: 'no-such-outcome' }, 'outcome-unknown'],
      [{ outcomeCode: 'not-recorded' }, 'outcome-unknown'],
    ] as const)
      assert.equal((await agent.ask(`POST ${path}/complete`, { body })).body.code, code);
    assert.equal((await agent.ask(`GET ${path}`)).body.state, 'wrapping');
    await assert.rejects(
      async () => parley.own.db.system`
        update interaction set state = 'closed', agent_id = null, closed_at = now() where id = ${path.split('/').at(-1)!}`,
      /closed_with_outcome/,
      'the database refuses it as well',
    );

    line.ws.terminate();
    await eventually(
      'the line is known to be gone',
      () => parley.program.modules.staffLive.connections() === 0,
    );
    await eventually('the agent counts as lost', async () => {
      parley.clock.pass(10_000);
      const { state, outcomeCode } = (await agent.ask(`GET ${path}`)).body;
      return state === 'closed' && outcomeCode === 'not-recorded';
    });
    const { events } = (await agent.ask(`GET ${path}/events`)).body;
    assert.deepEqual(
      [events.at(-1).kind, events.at(-1).body.outcomeCode, events.at(-1).body.reason],
      ['interaction.settled', 'not-recorded', 'connection-lost'],
    );
  },
);

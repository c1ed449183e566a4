import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkItem, WorkSnapshot } from '#src/modules/interactions/contract.ts';
import { makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { startParley } from './parley.ts';

test('an agent’s desk says what an offer will interrupt, what was interrupted by what, and shows it back where it was', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 0, capacity: { voice: 1, email: 1 } });
  const [mail, call] = [await centre.addType('email'), await centre.addType('voice')];
  const ann = await centre.addAgent({ name: 'Ann', ready: false });
  const agent = await parley.signedIn(ann);
  const line = await parley.live(agent);
  line.send({ do: 'subscribe', topic: 'work' });
  assert.equal((await agent.ask('PUT /api/presence', { body: { state: 'ready' } })).status, 200);
  const act = async (id: string, name: string, body: object = {}) => {
    const answer = await agent.ask(`POST /api/interactions/${id}/${name}`, { body });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const work = async () => (await agent.ask('GET /api/work')).body as WorkSnapshot;
  const item = async (id: string) => (await work()).interactions.find((one) => one.id === id);
  const offered = (id: string) =>
    eventually('the offer', async () => {
      const found = await item(id);
      return found?.state === 'offered' && found;
    });

  const letter = await centre.arrive({ typeId: mail.id, channel: 'email' });
  assert.deepEqual((await offered(letter.id)).interrupts, []);
  await act(letter.id, 'accept');
  const ringing = await centre.arrive({ typeId: call.id, channel: 'voice' });
  assert.deepEqual((await offered(ringing.id)).interrupts, [letter.id]);
  await act(ringing.id, 'accept');
  assert.deepEqual(
    [(await item(letter.id))?.state, (await item(letter.id))?.interruptedBy],
    ['parked', ringing.id],
  );
  assert.deepEqual((await work()).capacity, { voice: { used: 1, of: 1 }, email: { used: 1, of: 1 } });
  await line.next('the line tells it by itself', (message) =>
    message.snapshot?.interactions?.some((one: WorkItem) => one.interruptedBy === ringing.id),
  );
  await act(ringing.id, 'end');
  await act(ringing.id, 'complete', { outcomeCode: 'solved' });
  assert.deepEqual(
    [(await item(letter.id))?.state, (await item(letter.id))?.interruptedBy],
    ['handling', null],
  );
  const { events } = (await agent.ask(`GET /api/interactions/${letter.id}/events`)).body;
  assert.deepEqual(
    events.slice(-2).map((event: { kind: string; body: object }) => [event.kind, event.body]),
    [
      ['interaction.interrupted', { agentId: ann.id, by: ringing.id }],
      ['interaction.resumed', { agentId: ann.id, why: 'interruption-over', after: ringing.id }],
    ],
  );
});

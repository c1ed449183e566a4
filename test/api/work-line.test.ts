import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptInteraction } from '#src/modules/interactions/index.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { done, makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { startParley } from './parley.ts';

test('a line comes to an agent’s work as a change of that conversation alone, and a desk that asks again has the whole', async () => {
  await using parley = await startParley();
  const { ctx, modules } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1 });
  const agent = centre.agents[0]!;
  const rows = [await centre.arrive(), await centre.arrive()];
  for (const row of rows) {
    const by = { interactionId: row.id, agentId: agent.id, clients: centre.clients };
    await eventually('it is offered and accepted', async () => !isRefusal(await acceptInteraction(ctx, by)));
  }
  const desk = await parley.live(await parley.signedIn(agent));
  desk.send({ do: 'subscribe', topic: 'work' });
  await desk.next('the work', (m) => m.topic === 'work' && m.snapshot.interactions.length === 2);
  const [row] = rows;
  const text = 'Is there any news?';
  const { seq } = done(
    await modules.lines.write({
      interactionId: row!.id,
      author: 'customer',
      threadId: row!.thread_id,
      audience: 'all',
      text,
      key: 'key-of-the-line',
    }),
  );
  const { change } = await desk.next('what changed', (m) => m.topic === 'work' && m.change?.interactions[0]);
  assert.deepEqual(change.interactions, [
    {
      id: row!.id,
      seq,
      unread: true,
      lastLine: { author: 'customer', text, at: change.interactions[0].lastLine.at },
    },
  ]);
  desk.send({ do: 'subscribe', topic: 'work' });
  const { snapshot } = await desk.next('the whole', (m) => m.snapshot !== undefined);
  const item = snapshot.interactions.find(({ id }: { id: string }) => id === row!.id);
  assert.deepEqual([item.seq, item.unread, item.lastLine.text], [seq, true, text]);
});

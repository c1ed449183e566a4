import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptInteraction, completeInteraction, endExchange } from '#src/modules/interactions/index.ts';
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
  const write = (nth: number) =>
    modules.lines.write({
      interactionId: row!.id,
      author: 'customer',
      threadId: row!.thread_id,
      audience: 'all',
      text: `Is there any news? ${nth}`,
      key: `key-of-the-line-${nth}`,
    });
  // While the whole is being read for another reason (the desk's line has only just come), a line comes with it.
  for (let nth = 1; ; nth++) {
    assert.ok(nth <= 20, 'no line came by itself');
    const { seq } = done(await write(nth));
    const text = `Is there any news? ${nth}`;
    const told = await desk.next('the line', (m) =>
      [m.snapshot, m.change].some((work) =>
        work?.interactions.some(({ lastLine }: { lastLine: { text: string } }) => lastLine?.text === text),
      ),
    );
    if (told.change === undefined) continue;
    const { at } = told.change.interactions[0].lastLine;
    assert.deepEqual(told.change.interactions, [
      { id: row!.id, seq, unread: true, lastLine: { author: 'customer', text, at } },
    ]);
    desk.send({ do: 'subscribe', topic: 'work' });
    const isIt = (item: { id: string; seq: number }) => item.id === row!.id && item.seq === seq;
    const { snapshot } = await desk.next('the whole', (m) => m.snapshot?.interactions.some(isIt));
    const item = snapshot.interactions.find(isIt);
    assert.deepEqual([item.unread, item.lastLine.text], [true, text]);
    return;
  }
});

test('what an agent does is told as it would be read: each act leaves the work that a desk which asks anew is given', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1 });
  const agent = centre.agents[0]!;
  const desk = await parley.live(await parley.signedIn(agent));
  desk.send({ do: 'subscribe', topic: 'work' });
  await desk.next('the work', (m) => m.snapshot !== undefined);
  const rows = [await centre.arrive(), await centre.arrive()];
  const [first] = rows;
  type Told = { interactions: { id: string; state: string }[] };
  const stateIn = ({ interactions }: Told) => interactions.find(({ id }) => id === first!.id)?.state;
  /** The work in which the first has come to a state is as it is read when it is asked for. */
  const told = async (state: string | undefined) => {
    const fits = (m: { snapshot?: Told }) =>
      m.snapshot?.interactions.length === 2 && stateIn(m.snapshot) === state;
    const one = await desk.next(`${state} is told`, (m) =>
      state === undefined
        ? m.snapshot !== undefined &&
          stateIn(m.snapshot) === undefined &&
          m.snapshot.interactions.length === 1
        : fits(m),
    );
    await desk.settled();
    desk.send({ do: 'subscribe', topic: 'work' });
    await desk.settled();
    const whole = await eventually('it is read anew', () => {
      const last = desk.messages.filter((m) => m.snapshot !== undefined).at(-1);
      return last !== one && last;
    });
    const { serverTime: _, waiting: __, ...mended } = one.snapshot;
    const { serverTime: ___, waiting: ____, ...read } = whole.snapshot;
    assert.deepEqual(mended, read);
  };
  const by = { interactionId: first!.id, agentId: agent.id, clients: centre.clients };
  await told('offered');
  done(await acceptInteraction(ctx, by));
  await told('handling');
  done(await endExchange(ctx, by));
  await told('wrapping');
  done(await completeInteraction(ctx, { ...by, outcomeCode: centre.outcome.code }));
  await told(undefined);
});

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createReceiver } from '#src/channels/chat/index.ts';
import { insertSession, type SessionRow } from '#src/channels/chat/queries.ts';
import { createLineWriter, type InteractionRow, interactionById } from '#src/modules/interactions/index.ts';
import type { Context } from '#src/platform/context.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { type Centre, makeCentre, refusalOf } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { contradictions, holdRow, interactionIn, standing } from '#test/support/spine.ts';

/** The session of the visitor whose conversation an interaction belongs to. */
async function visitorOf(ctx: Context, centre: Centre, row: InteractionRow): Promise<SessionRow> {
  const session = {
    id: row.thread_id,
    client_id: row.client_id,
    channel_id: centre.channel.id,
    customer_id: row.customer_id,
    language: 'en' as const,
    page_url: null,
    told: {},
  };
  await insertSession(ctx.db.system, { ...session, at: ctx.clock.now() });
  return session;
}

test('one conversation may have fifty lines waiting for their turn, and one more is told to wait outside', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const row = await interactionIn('handling', ctx, centre);
  const visitor = await visitorOf(ctx, centre, row);
  const receiver = createReceiver(ctx, createLineWriter(ctx));
  const letGo = await holdRow(ctx, row.id);
  const asked = Array.from({ length: 60 }, (_, n) =>
    receiver.receive(visitor, { key: randomUUID(), text: `${n}` }),
  );
  const over = await Promise.all(asked.slice(50));
  assert.deepEqual(
    over.map(refusalOf),
    Array.from({ length: 10 }, () => 'too-many-requests'),
  );
  assert.deepEqual(refusalOf(await receiver.end(visitor)), 'too-many-requests');
  await letGo();
  const stand = await Promise.all(asked.slice(0, 50));
  assert.ok(stand.every((answer) => !isRefusal(answer)));
  const texts = await ctx.db.owner<{ text: string }[]>`
    select text from message where stream = ${row.id} and text ~ '^[0-9]+$' order by seq`;
  assert.deepEqual(
    texts.map(({ text }) => text),
    Array.from({ length: 50 }, (_, n) => `${n}`),
  );
  assert.equal(refusalOf(await receiver.receive(visitor, { key: randomUUID(), text: 'again' })), undefined);
});

test('a customer may end what is parked though its agent has no place free: it is marked, and ends when it is resumed', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { capacity: { chat: 1 } });
  const parked = await interactionIn('parked', ctx, centre);
  const visitor = await visitorOf(ctx, centre, parked);
  await interactionIn('handling', ctx, centre);
  const receiver = createReceiver(ctx, createLineWriter(ctx));
  const told: string[] = [];
  ctx.bus.listen((events) => told.push(...events.map(({ kind }) => kind)));
  for (let times = 1; times <= 2; times++)
    assert.deepEqual(await receiver.end(visitor), { interactionId: parked.id });
  const { row, kinds, slots } = await standing(ctx.db.owner, parked.id);
  assert.deepEqual([row.state, row.unread, slots.length], ['parked', true, 0]);
  assert.deepEqual(kinds.slice(-2), ['interaction.parked', 'interaction.customer-left']);
  assert.deepEqual(told, ['interaction.customer-left'], 'whoever looks on is told, once');
  assert.deepEqual(await contradictions(ctx.db.owner), []);
  // They change their mind: what they write goes on where it stood.
  const written = await receiver.receive(visitor, { key: randomUUID(), text: 'One more thing' });
  assert.equal(isRefusal(written) ? written.refused : written.interactionId, parked.id);
  await receiver.end(visitor);
  assert.equal((await interactionById(ctx.db.system, parked.id))?.unread, true);
});

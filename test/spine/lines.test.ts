import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { openSession, sessionBehind } from '#src/channels/chat/conversation.ts';
import { createReceiver, tellBeforeContact } from '#src/channels/chat/index.ts';
import {
  advance,
  arriveInteraction,
  createLineWriter,
  interactionById,
  type Line,
  lineKey,
} from '#src/modules/interactions/index.ts';
import type { Context } from '#src/platform/context.ts';
import type { Committed } from '#src/platform/events/bus.ts';
import { isRefusal } from '#src/platform/refusal.ts';
import { type Centre, done, makeCentre, refusalOf } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { contradictions, holdRow, interactionIn, waitingForLock } from '#test/support/spine.ts';

const fromCustomer = (
  row: { id: string; thread_id: string },
  text: string,
  key: string = randomUUID(),
): Line => ({
  interactionId: row.id,
  author: 'customer',
  threadId: row.thread_id,
  audience: 'all',
  text,
  key,
});
const fromAgent = (
  row: { id: string; agent_id: string | null },
  text: string,
  {
    agentId = row.agent_id!,
    key = randomUUID(),
    audience = 'all' as const,
    clients,
  }: Partial<Line> & { audience?: 'all' | 'staff' } = {},
): Line => ({
  interactionId: row.id,
  author: 'agent',
  agentId,
  audience,
  text,
  key,
  ...(clients === undefined ? {} : { clients }),
});

async function textsOf(ctx: Context, stream: string): Promise<string[]> {
  const rows = await ctx.db.owner<
    { text: string }[]
  >`select text from message where stream = ${stream} order by seq`;
  return rows.map(({ text }) => text);
}

/** A visitor on the client's page, told what the channel tells. */
async function visitor(ctx: Context, centre: Centre) {
  const tells = (await tellBeforeContact(ctx, centre.channel.key))!;
  const { token } = done(
    await openSession(ctx, {
      channel: centre.channel.key,
      language: 'en',
      told: { name: tells.name.en, answeredBy: tells.answeredBy, charges: tells.charges.en },
      origin: 'http://localhost',
      own: ['http://localhost'],
    }),
  );
  return done(await sessionBehind(ctx, token));
}

test('a line written twice stands once, whichever node it came to', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const row = await interactionIn('handling', ctx, centre);
  const writers = [createLineWriter(ctx), createLineWriter(ctx), createLineWriter(own.anotherNode())];
  for (let round = 0; round < 5; round++) {
    const line = fromCustomer(row, `line ${round}`);
    const answers = await Promise.all(writers.flatMap(({ write }) => [write(line), write(line)]));
    const seqs = new Set(answers.map((answer) => done(answer).seq));
    assert.equal(seqs.size, 1);
    assert.equal(answers.filter((answer) => done(answer).before === undefined).length, 1);
  }
  assert.deepEqual(
    (await textsOf(ctx, row.id)).slice(1),
    [0, 1, 2, 3, 4].map((round) => `line ${round}`),
  );
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('the key of a line is its writer’s: another may use the same', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const row = await interactionIn('handling', ctx, centre);
  const other = await interactionIn('handling', ctx, centre);
  const { write } = createLineWriter(ctx);
  const key = randomUUID();
  for (const line of [
    fromCustomer(row, 'mine', key),
    fromCustomer(other, 'another’s', key),
    fromAgent(row, 'ours', { key }),
  ])
    assert.equal(done(await write(line)).before, undefined);
  assert.deepEqual((await textsOf(ctx, row.id)).slice(1), ['mine', 'ours']);
});

test('lines of one conversation keep the order in which each wrote them, however many write at once', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const rows = [await interactionIn('handling', ctx, centre), await interactionIn('handling', ctx, centre)];
  const here = createLineWriter(ctx);
  const there = createLineWriter(own.anotherNode());
  const numbers = Array.from({ length: 60 }, (_, number) => number);
  await Promise.all(
    rows.flatMap((row) =>
      numbers.flatMap((number) => [
        here.write(fromCustomer(row, `customer ${number}`)),
        there.write(fromAgent(row, `agent ${number}`)),
      ]),
    ),
  );
  for (const row of rows) {
    const texts = (await textsOf(ctx, row.id)).slice(1);
    for (const who of ['customer', 'agent'])
      assert.deepEqual(
        texts.filter((text) => text.startsWith(who)),
        numbers.map((number) => `${who} ${number}`),
      );
  }
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('what is told of a commit comes in the order of the log, once, and only after it', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const row = await interactionIn('handling', ctx, centre);
  const told: Committed[] = [];
  ctx.bus.listen((events) => told.push(...events));
  const { write } = createLineWriter(ctx);
  const letGo = await holdRow(ctx, row.id);
  const answers = Array.from({ length: 20 }, (_, number) => write(fromCustomer(row, `${number}`)));
  await eventually('a commit waits for the row', async () => (await waitingForLock(ctx.db.owner)) > 0);
  assert.deepEqual(told, []);
  await letGo();
  await Promise.all(answers);
  assert.deepEqual(
    told.map(({ seq }) => seq),
    Array.from({ length: 20 }, (_, number) => row.seq + 1 + number),
  );
});

test('one bad line among many that share a commit takes none of the others with it', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { agents: 2 });
  const row = await interactionIn('handling', ctx, centre);
  const other = await interactionIn('handling', ctx, centre);
  const over = await interactionIn('closed', ctx, centre);
  const { write } = createLineWriter(ctx);
  done(await write(fromCustomer(other, 'there already', 'the very same key')));
  const letGo = await holdRow(ctx, row.id);
  const first = write(fromCustomer(row, 'first'));
  const second = write(fromCustomer(other, 'second'));
  // While those wait for the row that is held, these gather for one commit.
  const same = fromCustomer(row, 'twice');
  const answers = Promise.allSettled([
    write(fromCustomer(row, 'good 1')),
    write(fromAgent(row, 'not theirs', { agentId: centre.agents[1]!.id })),
    write(fromCustomer(row, 'a \0 that no database keeps')),
    write(fromCustomer(over, 'too late')),
    write(same),
    write(same),
    write(fromCustomer(other, 'sent again', 'the very same key')),
    write({ ...fromCustomer(row, 'of nothing'), interactionId: randomUUID() }),
    write(fromCustomer(row, 'x'.repeat(200_001))),
    write(fromCustomer(row, 'good 2')),
    write(fromCustomer(other, 'good 3')),
  ]);
  await letGo();
  done(await first);
  done(await second);
  const outcome = (await answers).map((one) =>
    one.status === 'rejected'
      ? 'fault'
      : (refusalOf(one.value) ?? (done(one.value).before ? 'before' : 'written')),
  );
  assert.deepEqual(outcome, [
    'written',
    'not-your-interaction',
    'fault',
    'interaction-already-over',
    'written',
    'before',
    'before',
    'interaction-unknown',
    'fault',
    'written',
    'written',
  ]);
  assert.deepEqual((await textsOf(ctx, row.id)).slice(1), ['first', 'good 1', 'twice', 'good 2']);
  assert.deepEqual((await textsOf(ctx, other.id)).slice(1), ['there already', 'second', 'good 3']);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('when the customer writes while the agent completes the record, the exchange is open again', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const row = await interactionIn('wrapping', ctx, centre);
  const writers = [createLineWriter(ctx), createLineWriter(own.anotherNode())];
  const lines = [fromCustomer(row, 'one more thing'), fromCustomer(row, 'and another')];
  const answers = await Promise.all(writers.flatMap(({ write }) => lines.map((line) => write(line))));
  for (const answer of answers) done(answer);
  const after = (await interactionById(ctx.db.system, row.id))!;
  assert.deepEqual([after.state, after.agent_id, after.unread], ['handling', row.agent_id, true]);
  assert.deepEqual((await textsOf(ctx, row.id)).slice(1).toSorted(), ['and another', 'one more thing']);
  const kinds = await ctx.db.owner<
    { kind: string }[]
  >`select kind from event where stream = ${row.id} and seq > ${row.seq} order by seq`;
  assert.deepEqual(
    kinds.map(({ kind }) => kind),
    ['interaction.reopened', 'interaction.line', 'interaction.line'],
  );
  // Sent again after that, it stands where it stood.
  for (const line of lines) assert.equal(done(await writers[0]!.write(line)).before, true);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('an agent writes to the customer only while they handle the conversation, and notes while it is theirs', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx, { capacity: { chat: 5 } });
  const { write } = createLineWriter(ctx);
  const agentId = centre.agents[0]!.id;
  const expected = {
    waiting: ['not-your-interaction', 'not-your-interaction'],
    offered: ['accept-first', 'accept-first'],
    handling: [undefined, undefined],
    parked: ['not-in-conversation', undefined],
    wrapping: ['not-in-conversation', undefined],
    closed: ['interaction-already-over', 'interaction-already-over'],
    abandoned: ['interaction-already-over', 'interaction-already-over'],
  } as const;
  for (const [state, [toCustomer, note]] of Object.entries(expected)) {
    const row = await interactionIn(state as keyof typeof expected, ctx, centre);
    assert.equal(refusalOf(await write(fromAgent(row, 'hello', { agentId }))), toCustomer, state);
    assert.equal(refusalOf(await write(fromAgent(row, 'note', { agentId, audience: 'staff' }))), note, state);
  }
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('an agent who may not see the client writes nothing to its customers', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const other = await makeCentre(ctx, { name: 'Another client', agents: 0 });
  const row = await interactionIn('handling', ctx, centre);
  const { write } = createLineWriter(ctx);
  assert.equal(
    refusalOf(await write(fromAgent(row, 'hello', { clients: other.clients }))),
    'interaction-unknown',
  );
  assert.equal(refusalOf(await write(fromAgent(row, 'hello', { clients: [] }))), 'interaction-unknown');
  done(await write(fromAgent(row, 'hello', { clients: [...other.clients, ...centre.clients] })));
  assert.deepEqual((await textsOf(ctx, row.id)).slice(1), ['hello']);
});

test('a customer’s line is unread until their agent answers; a note among colleagues is no answer', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const row = await interactionIn('handling', ctx, centre);
  const { write } = createLineWriter(ctx);
  const unread = async () => (await interactionById(ctx.db.system, row.id))?.unread;
  assert.equal(row.unread, true);
  await write(fromAgent(row, 'a note', { audience: 'staff' }));
  assert.equal(await unread(), true);
  await write(fromAgent(row, 'an answer'));
  assert.equal(await unread(), false);
  await write(fromCustomer(row, 'a question'));
  assert.equal(await unread(), true);
  await Promise.all([
    write(fromCustomer(row, 'and one more')),
    write(fromAgent(row, 'both answered')),
    write(fromAgent(row, 'a note', { audience: 'staff' })),
  ]);
  assert.equal(await unread(), false);
});

test('two first lines at once open one interaction, with both in it', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const nodes = [ctx, own.anotherNode()];
  const receivers = nodes.map((node) => createReceiver(node, createLineWriter(node)));
  for (let round = 0; round < 5; round++) {
    const session = await visitor(ctx, centre);
    const lines = ['hello', 'is anybody there?'].map((text) => ({ text, key: randomUUID() }));
    const answers = await Promise.all(
      receivers.flatMap(({ receive }) => lines.map((line) => receive(session, line))),
    );
    const opened = new Set(answers.map((answer) => done(answer).interactionId));
    assert.equal(opened.size, 1);
    const [interactionId] = opened;
    assert.deepEqual((await textsOf(ctx, interactionId!)).toSorted(), ['hello', 'is anybody there?']);
    assert.equal((await ctx.db.owner`select from interaction where thread_id = ${session.id}`).length, 1);
  }
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('a conversation cannot have two open interactions, whoever tries', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const row = await centre.arrive();
  const again = await arriveInteraction(ctx, {
    threadId: row.thread_id,
    clientId: row.client_id,
    typeId: row.type_id,
    customerId: row.customer_id,
    channel: 'chat',
    language: 'en',
    text: 'hello again',
    key: randomUUID(),
  });
  assert.equal(refusalOf(again), 'thread-open');
  assert.equal((await ctx.db.owner`select from inbound_key`).length, 1, 'its key is not taken');
});

test('after the conversation is over a new line opens another interaction, and an old one sent again opens none', async () => {
  await using own = await testDatabase();
  const { ctx, clock } = own;
  const centre = await makeCentre(ctx);
  const agentId = centre.agents[0]!.id;
  const session = await visitor(ctx, centre);
  const { receive } = createReceiver(ctx, createLineWriter(ctx));
  const lines = ['first', 'second'].map((text) => ({ text, key: randomUUID() }));
  const answers = [];
  for (const line of lines) answers.push(done(await receive(session, line)));
  const { interactionId } = answers[0]!;
  const act = (what: 'offer' | 'accept' | 'end' | 'complete') =>
    advance(ctx, what, {
      interactionId,
      agentId,
      at: clock.now(),
      offerUntil: new Date(clock.now().getTime() + 20_000),
      ...(what === 'complete' ? { outcomeCode: 'solved' } : {}),
    });
  for (const what of ['offer', 'accept', 'end', 'complete'] as const) done(await act(what));

  clock.pass(60_000);
  const fresh = createReceiver(ctx, createLineWriter(ctx));
  for (const [index, line] of lines.entries())
    assert.deepEqual(done(await fresh.receive(session, line)), { ...answers[index]!, before: true });
  const next = done(await fresh.receive(session, { text: 'third', key: randomUUID() }));
  assert.notEqual(next.interactionId, interactionId);
  assert.equal((await interactionById(ctx.db.system, next.interactionId))?.thread_id, session.id);
  assert.deepEqual(await textsOf(ctx, next.interactionId), ['third']);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

test('keys of one writer and of another never meet', () => {
  assert.notDeepEqual(lineKey('thread a', 'b'), lineKey('thread', 'a b'));
  assert.notDeepEqual(lineKey('agent a', 'b'), lineKey('thread a', 'b'));
  assert.deepEqual(lineKey('agent a', 'b'), lineKey('agent a', 'b'));
});

test('an arrival is nothing at all or whole: interaction, line, key and log', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const centre = await makeCentre(ctx);
  const row = await centre.arrive({ text: 'hello', key: 'the first key' });
  const arrival = {
    threadId: row.thread_id,
    clientId: row.client_id,
    typeId: row.type_id,
    customerId: row.customer_id,
    channel: 'chat' as const,
    language: 'en' as const,
    text: 'hello',
    key: 'the first key',
  };
  const before = (await ctx.db.owner`select from event`).length;
  assert.ok(isRefusal(await arriveInteraction(ctx, arrival)));
  assert.equal(
    refusalOf(await arriveInteraction(ctx, { ...arrival, threadId: randomUUID(), typeId: randomUUID() })),
    'type-unknown',
  );
  assert.equal((await ctx.db.owner`select from event`).length, before);
  assert.deepEqual(await contradictions(ctx.db.owner), []);
});

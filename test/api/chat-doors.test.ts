import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { chatLimits } from '#src/channels/chat/index.ts';
import { sessionToken } from '#src/channels/chat/rules.ts';
import { acceptInteraction, lineLengthMax } from '#src/modules/interactions/index.ts';
import type { PersonRow } from '#src/modules/people/index.ts';
import { newId } from '#src/platform/ids.ts';
import { type Centre, makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Message, type Parley, type Socket, startParley, type Visitor } from './parley.ts';

const shop = 'https://shop.example';

interface Shop {
  centre: Centre;
  key: string;
  agent: PersonRow;
}

/** A client whose own page may show its chat. */
async function openShop(parley: Parley, { agents = 1, name = 'Atelier Brume' } = {}): Promise<Shop> {
  const centre = await makeCentre(parley.program.ctx, { name, agents });
  await parley.own.db.owner`
    update chat_channel set allowed_origins = ${[shop]} where id = ${centre.channel.id}`;
  return { centre, key: centre.channel.key, agent: centre.agents[0]! };
}

/** The agent takes the visitor's conversation. */
async function taken(parley: Parley, { centre, agent }: Shop, visitor: Visitor): Promise<string> {
  const { body } = await visitor.ask('POST /chat/messages', {
    body: { key: randomUUID(), text: 'Good morning' },
  });
  const interactionId: string = body.interactionId;
  await eventually('an offer', async () => {
    const by = { interactionId, agentId: agent.id, clients: centre.clients };
    return !('refused' in (await acceptInteraction(parley.program.ctx, by)));
  });
  return interactionId;
}

test('a page of an allowed origin may show the channel and read what it says; any other learns only why not', async () => {
  await using parley = await startParley();
  const { key } = await openShop(parley);
  const channel = await parley.anyone.ask(`GET /chat/channels/${key}`, { headers: { origin: shop } });
  assert.deepEqual(
    [channel.status, channel.headers.get('access-control-allow-origin'), channel.headers.get('vary')],
    [200, shop, 'Origin'],
  );
  assert.equal(channel.headers.get('access-control-allow-credentials'), null, 'no cookie is ever involved');
  const visitor = await parley.visitor(key, { origin: shop });
  for (const origin of [
    'https://evil.example',
    'null',
    'http://shop.example',
    `${shop}:8443`,
    `${shop}.evil.example`,
  ]) {
    const answers = [
      await parley.anyone.ask(`GET /chat/channels/${key}`, { headers: { origin } }),
      await parley.anyone.ask('POST /chat/sessions', {
        headers: { origin },
        body: { channel: key, language: 'en', told: { name: '', answeredBy: '', charges: '' } },
      }),
      await visitor.ask('GET /chat/steps', { headers: { origin } }),
      await visitor.ask('POST /chat/messages', {
        headers: { origin },
        body: { key: randomUUID(), text: 'x' },
      }),
      await visitor.ask('POST /chat/end', { headers: { origin }, body: { key: randomUUID() } }),
    ];
    for (const answer of answers)
      assert.deepEqual(
        [answer.status, answer.body.code],
        [403, 'origin-not-allowed'],
        `${origin}: ${answer.text}`,
      );
    const line = await parley.socket('/chat/live', { origin });
    line.send({ do: 'open', token: visitor.token });
    assert.equal((await line.next('a refusal', (m) => 'refused' in m)).code, 'origin-not-allowed');
    assert.deepEqual(await line.closed(), { code: 4003, reason: 'origin-not-allowed' });
  }
  const nowhere = await parley.socket('/chat/live');
  nowhere.send({ do: 'open', token: visitor.token });
  assert.equal((await nowhere.closed()).code, 4003, 'a socket without an origin is no page');
  const preflight = await parley.anyone.ask('OPTIONS /chat/messages', {
    headers: {
      origin: shop,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  });
  assert.equal(preflight.status, 204);
  assert.match(preflight.headers.get('access-control-allow-headers') ?? '', /Authorization/i);
  const tooMuch = await visitor.ask('POST /chat/messages', { body: { key: randomUUID(), text: '' } });
  assert.deepEqual(
    [tooMuch.status, tooMuch.headers.get('access-control-allow-origin')],
    [422, shop],
    'a page can read what was wrong',
  );
  assert.equal(
    (await parley.anyone.ask('GET /w.js')).headers.get('cross-origin-resource-policy'),
    'cross-origin',
  );
});

test('only a token that Parley signed speaks for a conversation, and only for its own', async () => {
  await using parley = await startParley();
  const open = await openShop(parley);
  const visitor = await parley.visitor(open.key);
  const another = await parley.visitor(open.key);
  const [id, signature] = visitor.token.split('.') as [string, string];
  const forged = [
    '',
    '.',
    id,
    `${id}.`,
    `${another.token.split('.')[0]}.${signature}`,
    sessionToken('another secret', id),
    sessionToken(parley.own.ctx.secret, newId(new Date())),
    visitor.token.slice(0, -1),
    `${visitor.token}x`,
    `${'-'.repeat(36)}.${signature}`,
    '\0',
  ];
  for (const token of forged) {
    const line = await parley.socket('/chat/live', { origin: parley.url });
    line.send({ do: 'open', token });
    assert.equal(
      (await line.next('a refusal', (m) => 'refused' in m)).code,
      'session-unknown',
      JSON.stringify(token),
    );
    assert.equal((await line.closed()).code, 4005);
    if (/[^\x21-\x7e]/.test(token)) continue;
    const steps = await parley.anyone.ask('GET /chat/steps', {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.deepEqual([steps.status, steps.body.code], [401, 'session-unknown']);
  }
  const line = await parley.socket('/chat/live', { origin: parley.url });
  line.send({ do: 'say', key: randomUUID(), text: 'Before it was opened' });
  assert.equal((await line.closed()).code, 4005);
  assert.equal((await parley.own.db.owner`select from interaction`).length, 0);
});

test('a conversation begins only in the words that the channel says now', async () => {
  await using parley = await startParley();
  const { key, centre } = await openShop(parley);
  const channel = (await parley.anyone.ask(`GET /chat/channels/${key}`)).body;
  const told = { name: channel.name.fr, answeredBy: channel.answeredBy, charges: channel.charges.fr };
  const begin = (words: object) =>
    parley.anyone.ask('POST /chat/sessions', { body: { channel: key, language: 'fr', told: words } });
  assert.equal((await begin(told)).status, 201);
  for (const words of [
    { ...told, charges: 'Free' },
    { ...told, name: 'Somebody' },
    { ...told, answeredBy: '' },
  ]) {
    const refused = await begin(words);
    assert.deepEqual([refused.status, refused.body.code], [409, 'not-told-before']);
  }
  await parley.own.db
    .owner`update chat_channel set charges_fr = '15 centimes' where id = ${centre.channel.id}`;
  assert.equal((await begin(told)).body.code, 'not-told-before', 'what changed meanwhile is told again');
  const none = await parley.anyone.ask('POST /chat/sessions', {
    body: { channel: 'no-such-channel', language: 'fr', told },
  });
  assert.deepEqual([none.status, none.body.code], [404, 'channel-unknown']);
});

test('a channel opens only when it says in both languages what it costs, and a closed one takes nothing', async () => {
  await using parley = await startParley();
  const { key, centre } = await openShop(parley);
  const admin = await parley.signedIn(
    await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const draft = {
    clientId: centre.client.id,
    typeId: centre.type.id,
    key: 'second',
    nameEn: 'E',
    nameFr: 'F',
  };
  for (const charges of [{}, { chargesEn: 'Free' }, { chargesEn: 'Free', chargesFr: '  ' }]) {
    const refused = await admin.ask('POST /api/chat-channels', {
      body: { ...draft, ...charges, open: true },
    });
    assert.deepEqual([refused.status, refused.body.code], [422, 'channel-without-charges']);
  }
  const shut = (await admin.ask('POST /api/chat-channels', { body: draft })).body;
  const opened = await admin.ask(`PATCH /api/chat-channels/${shut.id}`, {
    body: { open: true, version: shut.version },
  });
  assert.equal(opened.body.code, 'channel-without-charges');
  for (const origin of [
    'shop.example',
    'https://shop.example/',
    'https://shop.example/basket',
    'file://',
    '*',
  ]) {
    const body = { allowedOrigins: [origin], version: shut.version };
    assert.equal(
      (await admin.ask(`PATCH /api/chat-channels/${shut.id}`, { body })).body.code,
      'origin-malformed',
      origin,
    );
  }

  const visitor = await parley.visitor(key);
  const line = await visitor.connect();
  line.send({ do: 'say', key: 'before-closing', text: 'Good morning' });
  await line.next('it stands', (m) => m.said === 'before-closing');
  const { version } = (await admin.ask('GET /api/chat-channels')).body.items.find(
    (c: Message) => c.key === key,
  );
  const closing = await admin.ask(`PATCH /api/chat-channels/${centre.channel.id}`, {
    body: { open: false, version },
  });
  assert.equal(closing.status, 200, closing.text);
  await line.next('word that it closed', (m) => m.opened === true && m.open === false);
  assert.equal((await visitor.ask('GET /chat/steps')).body.open, false, 'whoever polls learns it as well');
  line.send({ do: 'say', key: 'still-going-on', text: 'And another thing' });
  await line.next('what is open goes on', (m) => m.said === 'still-going-on');
  line.send({ do: 'end', key: 'the-very-end' });
  await line.next('the end', (m) => m.ended === 'the-very-end');
  line.send({ do: 'say', key: 'after-closing', text: 'Anybody there?' });
  assert.equal((await line.next('a refusal', (m) => m.refused === 'after-closing')).code, 'channel-closed');
  const channel = (await parley.anyone.ask(`GET /chat/channels/${key}`)).body;
  assert.equal(channel.open, false);
  const begun = await parley.anyone.ask('POST /chat/sessions', {
    body: {
      channel: key,
      language: 'en',
      told: { name: channel.name.en, answeredBy: channel.answeredBy, charges: channel.charges.en },
    },
  });
  assert.deepEqual([begun.status, begun.body.code], [409, 'channel-closed']);
});

test('a line stands once, in full, or is refused with what to do', async () => {
  await using parley = await startParley();
  const { key } = await openShop(parley);
  const visitor = await parley.visitor(key, { language: 'fr' });
  const line = await visitor.connect();
  const refusals: [Message, string][] = [
    [{ do: 'say', key: 'key-of-a-long-one', text: 'x'.repeat(lineLengthMax + 1) }, 'message-too-long'],
    [{ do: 'say', key: 'key-of-an-empty-one', text: '  \n ' }, 'message-unreadable'],
    [{ do: 'say', key: 'key-of-a-nul', text: 'a\0b' }, 'message-unreadable'],
    [{ do: 'say', key: 'key-without-text' }, 'message-unreadable'],
    [{ do: 'say', key: 'key-of-a-number', text: 17 }, 'message-unreadable'],
    [{ do: 'end', key: 'nothing-is-open' }, 'nothing-to-end'],
  ];
  for (const [message, code] of refusals) {
    line.send(message);
    const refused = await line.next(code, (m) => m.refused === message.key);
    assert.equal(refused.code, code);
    assert.ok(refused.title.length > 10);
  }
  for (const message of [
    {},
    { do: 'destroy' },
    { do: 'say', key: 'short', text: 'x' },
    { do: 'fetch', after: { interactionId: 'x', seq: 1 } },
    { do: 'fetch', after: { interactionId: randomUUID(), seq: 2 ** 40 } },
    [],
  ]) {
    line.send(message);
    await line.next(JSON.stringify(message), (m) => m.code === 'message-unreadable');
  }
  assert.equal((await parley.own.db.owner`select from interaction`).length, 0, 'nothing of it arrived');
  const text = `${'é'.repeat(lineLengthMax - 2)}🙂`;
  line.send({ do: 'say', key: 'key-of-a-full-one', text });
  const said = await line.next('it stands', (m) => m.said === 'key-of-a-full-one');
  line.send({ do: 'say', key: 'key-of-a-full-one', text });
  const again = await line.next('it stands again', (m) => m.said === 'key-of-a-full-one');
  assert.deepEqual([again.interactionId, again.seq], [said.interactionId, said.seq]);
  const http = await visitor.ask('POST /chat/messages', { body: { key: 'key-of-a-full-one', text } });
  assert.deepEqual([http.status, http.body.seq], [201, said.seq], 'by the other door as well');
  line.send({ do: 'say', key: 'half-an-emoji', text: 'cut \ud83d' });
  await line.next('half an emoji is no reason to refuse', (m) => m.said === 'half-an-emoji');
  const { steps } = (await visitor.ask('GET /chat/steps')).body;
  const texts = steps.filter((s: Message) => s.kind === 'line').map((s: Message) => s.text);
  assert.deepEqual(texts, [text, 'cut \ufffd']);
});

test('whoever sends too much is slowed down and told for how long', async () => {
  await using parley = await startParley();
  const { key } = await openShop(parley, { agents: 1 });
  const visitor = await parley.visitor(key);
  const line = await visitor.connect();
  for (let number = 1; number <= 12; number++)
    line.send({ do: 'say', key: `line-number-${number}`, text: `${number}` });
  for (let number = 1; number <= 10; number++)
    await line.next(`line ${number}`, (m) => m.said === `line-number-${number}`);
  const refused = await line.next('a refusal', (m) => m.refused === 'line-number-12');
  assert.deepEqual([refused.code, refused.retryAfterSeconds], ['too-many-requests', 1]);
  const http = await visitor.ask('POST /chat/messages', { body: { key: 'by-the-other-door', text: 'x' } });
  assert.equal(http.status, 429, 'the other door counts the same');
  parley.clock.pass(1_000);
  line.send({ do: 'say', key: 'line-number-12', text: '12' });
  await line.next('room again', (m) => m.said === 'line-number-12');
  for (let round = 0; round <= chatLimits.fetches.burst; round++) line.send({ do: 'fetch' });
  assert.equal((await line.next('a refusal', (m) => m.refused === null)).code, 'too-many-requests');
  const steps = await visitor.ask('GET /chat/steps');
  assert.deepEqual(
    [steps.status, steps.body.code],
    [429, 'too-many-requests'],
    'reading by requests counts too',
  );
  const ends: number[] = [];
  for (let round = 0; round <= chatLimits.ends.burst; round++)
    ends.push((await visitor.ask('POST /chat/end', { body: { key: `end-number-${round}` } })).status);
  assert.deepEqual([ends[0], ends.at(-1)], [200, 429]);
  assert.equal((await line.closed()).code, 4001);
  const told = (await parley.anyone.ask(`GET /chat/channels/${key}`)).body;
  const body = {
    channel: key,
    language: 'en',
    told: { name: told.name.en, answeredBy: told.answeredBy, charges: told.charges.en },
  };
  const begin = async () => (await parley.anyone.ask('POST /chat/sessions', { body })).status;
  const begun: number[] = [];
  while (begun.length < chatLimits.sessions.burst + 400 && !begun.includes(429))
    begun.push(...(await Promise.all(Array.from({ length: 50 }, begin))));
  assert.ok(begun.includes(429), 'beginnings from one address are limited');
});

test('a live line takes JSON objects of bounded size, opens within ten seconds and shows signs of life', async () => {
  await using parley = await startParley();
  const { key } = await openShop(parley);
  const visitor = await parley.visitor(key);
  const staff = await parley.signedIn((await openShop(parley, { name: 'Staff' })).agent);
  const opens: (() => Promise<Socket>)[] = [
    () => parley.socket('/chat/live', { origin: parley.url }),
    () => visitor.connect(),
    () => parley.live(staff),
  ];
  for (const open of opens) {
    for (const sent of ['{"do":', 'null', '17', '"text"', 'true', Buffer.from('{"do":"ping"}')]) {
      const line = await open();
      line.ws.send(sent);
      assert.equal((await line.closed()).code, 4004, String(sent));
    }
    const large = await open();
    large.ws.send(JSON.stringify({ do: 'ping', padding: 'x'.repeat(64 * 1024) }));
    assert.equal((await large.closed()).code, 1009);
    const quiet = await open();
    await quiet.settled();
    parley.clock.pass(60_000);
    assert.equal((await quiet.closed()).code, 4006);
  }
  const unopened = await parley.socket('/chat/live', { origin: parley.url });
  await unopened.settled();
  parley.clock.pass(9_000);
  await unopened.settled();
  parley.clock.pass(1_500);
  assert.deepEqual(await unopened.closed(), { code: 4006, reason: 'nothing was opened' });
});

test('a visitor whose browser does not read is dropped, and finds everything when it comes back', async () => {
  await using parley = await startParley();
  const open = await openShop(parley);
  const visitor = await parley.visitor(open.key);
  const interactionId = await taken(parley, open, visitor);
  const line = await visitor.connect();
  const desk = await parley.live(await parley.signedIn(open.agent));
  line.ws.pause();
  const text = '🙂'.repeat(2_000);
  let lines = 0;
  while (line.ws.readyState === line.ws.OPEN && lines < 2_000) {
    for (let number = 0; number < 40; number++)
      desk.send({ do: 'say', id: `${lines}`, interactionId, key: `key-of-line-${lines++}`, text });
    await desk.next('the last of them', (m) => m.said === `${lines - 1}`);
    parley.clock.pass(5_000);
    // It does speak, so silence is not what ends it.
    line.send({ do: 'ping' });
    desk.send({ do: 'ping' });
    const there = (await parley.anyone.ask('GET /metrics')).text;
    if (/parley_live_lines\{kind="customer"\} 0/.test(there)) break;
  }
  assert.ok(lines < 2_000, 'the line was kept however much waited');
  line.ws.resume();
  const back = await visitor.connect();
  const seen: number[] = [];
  for (;;) {
    const { steps, more } = await back.next('steps', (m) => Array.isArray(m.steps));
    seen.push(...steps.map((step: Message) => step.seq));
    if (!more) break;
    back.send({ do: 'fetch', after: { interactionId, seq: seen.at(-1) } });
  }
  assert.deepEqual(
    seen,
    seen.map((_, index) => index + 1),
    'every step once, in order',
  );
  assert.ok(seen.length >= lines);
});

test('the long poll answers as soon as something happens, and empty when nothing does', async () => {
  await using parley = await startParley();
  const open = await openShop(parley);
  const visitor = await parley.visitor(open.key);
  const interactionId = await taken(parley, open, visitor);
  const desk = await parley.live(await parley.signedIn(open.agent));
  const first = (await visitor.ask('GET /chat/steps')).body;
  const last = first.steps.at(-1);
  const after = `${last.interactionId}:${last.seq}`;
  const started = performance.now();
  const waiting = visitor.ask(`GET /chat/steps?after=${after}&wait=25`);
  await eventually('the poll waits', () => parley.program.modules.chatLive.isThere(visitor.sessionId));
  desk.send({ do: 'say', id: 'one', interactionId, key: 'key-of-an-answer', text: 'Good morning to you' });
  const { steps } = (await waiting).body;
  assert.deepEqual(
    steps.map((step: Message) => step.text),
    ['Good morning to you'],
  );
  assert.ok(performance.now() - started < 20_000);
  const next = `${interactionId}:${steps[0].seq}`;
  const empty = visitor.ask(`GET /chat/steps?after=${next}&wait=25`);
  await eventually('the poll waits', () => parley.program.modules.chatLive.isThere(visitor.sessionId));
  parley.clock.pass(25_000);
  assert.deepEqual((await empty).body, { steps: [], more: false, open: true });
  for (const bad of ['x', `${'-'.repeat(36)}:1`, `${interactionId}:-1`, `${interactionId}:9999999999`])
    assert.equal((await visitor.ask(`GET /chat/steps?after=${bad}`)).status, 422, bad);
  assert.equal((await visitor.ask('GET /chat/steps?wait=26')).status, 422);
});

test('a page that comes back gets exactly what it has not seen, over several conversations', async () => {
  await using parley = await startParley();
  const open = await openShop(parley);
  const visitor = await parley.visitor(open.key);
  const line = await visitor.connect();
  for (const round of [1, 2]) {
    for (const number of [1, 2, 3]) {
      line.send({ do: 'say', key: `round-${round}-line-${number}`, text: `${round}.${number}` });
      await line.next('it stands', (m) => m.said === `round-${round}-line-${number}`);
    }
    line.send({ do: 'end', key: `end-of-round-${round}` });
    await line.next('the end', (m) => m.ended === `end-of-round-${round}`);
    parley.clock.pass(5_000);
  }
  const all = (await visitor.ask('GET /chat/steps')).body.steps;
  assert.equal(new Set(all.map((step: Message) => step.interactionId)).size, 2);
  for (let held = 0; held < all.length; held++) {
    const { interactionId, seq } = all[held];
    const back = await visitor.connect({ interactionId, seq });
    const { steps } = await back.next('the rest', (m) => Array.isArray(m.steps));
    assert.deepEqual(steps, all.slice(held + 1));
    back.ws.close();
    const polled = (await visitor.ask(`GET /chat/steps?after=${interactionId}:${seq}`)).body.steps;
    assert.deepEqual(polled, all.slice(held + 1));
  }
});

test('a note among staff and another’s conversation never reach a customer, by whichever door', async () => {
  await using parley = await startParley();
  const open = await openShop(parley);
  const visitor = await parley.visitor(open.key);
  const other = await parley.visitor(open.key);
  const line = await visitor.connect();
  const interactionId = await taken(parley, open, visitor);
  const theirs = await taken(parley, open, other);
  const agent = await parley.signedIn(open.agent);
  const desk = await parley.live(agent);
  const secret = 'he shouted at us last week';
  desk.send({ do: 'say', id: 'note', interactionId, key: 'key-of-a-note', text: secret, audience: 'staff' });
  const noted = await desk.next('the note stands', (m) => m.said === 'note');
  const polling = visitor.ask(`GET /chat/steps?after=${interactionId}:${noted.seq}&wait=20`);
  await eventually('the poll waits', () => parley.program.modules.chatLive.isThere(visitor.sessionId));
  const more = await agent.ask(`POST /api/interactions/${interactionId}/messages`, {
    body: { key: 'key-of-another-note', text: `${secret} again`, audience: 'staff' },
  });
  assert.equal(more.status, 201, more.text);
  const polled = await polling;
  await agent.ask(`POST /api/interactions/${theirs}/messages`, {
    body: { key: 'key-to-the-other', text: 'meant for somebody else' },
  });
  await agent.ask(`POST /api/interactions/${interactionId}/messages`, {
    body: { key: 'key-to-this-one', text: 'meant for you' },
  });
  await line.next('the line meant for them', (m) =>
    m.steps?.some((step: Message) => step.text === 'meant for you'),
  );
  const back = await visitor.connect();
  const { steps } = await back.next('the whole conversation', (m) => Array.isArray(m.steps));
  const heard = JSON.stringify([
    line.messages,
    back.messages,
    polled.body,
    (await visitor.ask('GET /chat/steps')).body,
  ]);
  for (const never of [
    secret,
    'meant for somebody else',
    theirs,
    'key-of-a-note',
    'key-of-another-note',
    'key-to-this-one',
    open.agent.id,
    open.agent.email,
  ])
    assert.ok(!heard.includes(never), `a customer hears: ${never}`);
  assert.deepEqual(
    steps.map((step: Message) => step.seq),
    steps.map((_: Message, index: number) => index + 1),
    'and yet no gap tells that something is kept back',
  );
  const noteSteps = steps.filter((step: Message) => [noted.seq, more.body.seq].includes(step.seq));
  for (const step of noteSteps)
    assert.deepEqual(step, { interactionId, seq: step.seq, at: step.at, kind: 'other' });
  const detail = (await agent.ask(`GET /api/interactions/${interactionId}`)).body;
  assert.equal(detail.unread, false);
});

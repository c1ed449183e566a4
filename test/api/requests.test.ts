import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { permissions } from '#src/app/permissions.ts';
import type { PersonRow } from '#src/modules/people/index.ts';
import { isKeepable } from '#src/platform/keepable.ts';
import { type Centre, makeCentre } from '#test/support/centre.ts';
import { type Asker, type Parley, startParley, UpgradeRefused } from './parley.ts';

interface Office {
  centre: Centre;
  person: PersonRow;
  admin: Asker;
}

/** One who may do everything: administrator, supervisor and agent. */
async function openOffice(parley: Parley): Promise<Office> {
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  const person = await centre.addAgent({
    roles: ['administrator', 'supervisor', 'agent'],
    ready: false,
    level: null,
  });
  return { centre, person, admin: await parley.signedIn(person) };
}

test('whatever changes anything must come from Parley’s own pages', async () => {
  await using parley = await startParley();
  const { admin, person } = await openOffice(parley);
  const foreign = [
    'https://evil.example',
    'null',
    parley.url.replace('http:', 'https:') + '1',
    `${parley.url}.evil.example`,
  ];
  for (const origin of foreign) {
    // A session may ask so many at once: each of these pages has one of its own.
    const asking = await parley.signedIn(person);
    for (const [signature, may] of Object.entries(permissions)) {
      if (!/^(POST|PUT|PATCH|DELETE) \/api\//.test(signature) || may === 'visitor') continue;
      const answer = await asking.ask(signature.replaceAll(/:\w+/g, '019a0000-0000-7000-8000-000000000000'), {
        headers: { origin },
      });
      assert.deepEqual(
        [answer.status, answer.body.code],
        [403, 'other-origin'],
        `${signature} from ${origin}`,
      );
    }
  }
  const own = await admin.ask('PUT /api/centre', {
    body: { name: 'Soleil' },
    headers: { origin: parley.url },
  });
  assert.equal(own.status, 200, own.text);
  for (const origin of foreign)
    await assert.rejects(
      parley.live(admin, { origin }),
      (error) => error instanceof UpgradeRefused && error.status === 403,
    );
  await assert.rejects(
    parley.socket('/api/live', { cookie: `parley_session=${admin.token}` }),
    (error) => error instanceof UpgradeRefused && error.status === 403,
    'a line without an origin is no browser’s of ours',
  );
  for (const cookie of [
    '',
    'parley_session=',
    'parley_session=forged',
    `parley_session=${'x'.repeat(5_000)}`,
  ])
    await assert.rejects(
      parley.live(admin, { cookie }),
      (error) => error instanceof UpgradeRefused && error.status === 401,
    );
  await assert.rejects(
    parley.socket('/nothing'),
    (error) => error instanceof UpgradeRefused && error.status === 404,
  );
  for (const header of ['access-control-allow-origin', 'access-control-allow-credentials'])
    assert.equal(
      (await admin.ask('GET /api/clients', { headers: { origin: 'https://evil.example' } })).headers.get(
        header,
      ),
      null,
    );
});

test('the same creation under the same key creates once, after one another and at once', async () => {
  await using parley = await startParley();
  const { admin, centre, person } = await openOffice(parley);
  const clientId = centre.client.id;
  const creations: [string, Record<string, unknown>, string][] = [
    ['POST /api/clients', { name: 'Atelier Lune' }, 'client'],
    ['POST /api/competencies', { clientId, kind: 'technical', nameEn: 'E', nameFr: 'F' }, 'competency'],
    [
      'POST /api/interaction-types',
      { clientId, channel: 'chat', nameEn: 'E', nameFr: 'F' },
      'interaction_type',
    ],
    ['POST /api/outcomes', { clientId, code: 'told', nameEn: 'E', nameFr: 'F' }, 'outcome'],
    [
      'POST /api/chat-channels',
      { clientId, typeId: centre.type.id, key: 'lune', nameEn: 'E', nameFr: 'F' },
      'chat_channel',
    ],
    [
      'POST /api/people',
      { email: 'new@centre.example', name: 'New', roles: ['agent'], password: 'long enough by far' },
      'person',
    ],
    [
      `POST /api/people/${person.id}/assessments`,
      { competencyId: centre.competency.id, level: 3, assessedOn: '2026-01-05' },
      'assessment',
    ],
  ];
  const count = async (table: string) => (await parley.own.db.owner.unsafe(`select from ${table}`)).length;
  for (const [signature, body, table] of creations) {
    const before = await count(table);
    const headers = { 'idempotency-key': `key of ${table}` };
    const both = await Promise.all([1, 2, 3].map(async () => admin.ask(signature, { body, headers })));
    for (const answer of both) {
      assert.equal(answer.status, 201, `${signature}: ${answer.text}`);
      assert.deepEqual(answer.body, both[0]!.body, signature);
    }
    const later = await admin.ask(signature, { body, headers });
    assert.deepEqual([later.status, later.body], [201, both[0]!.body], signature);
    assert.equal(await count(table), before + 1, signature);
    const other = await admin.ask(signature, { body: { ...body, nameEn: 'Other', name: 'Other' }, headers });
    assert.ok([409, 422].includes(other.status), `${signature}: ${other.status}`);
  }
  const used = await admin.ask('POST /api/clients', {
    body: { name: 'Something else' },
    headers: { 'idempotency-key': 'key of client' },
  });
  assert.deepEqual([used.status, used.body.code], [409, 'key-used-otherwise']);
  const elsewhere = await admin.ask('POST /api/competencies', {
    body: { clientId, kind: 'technical', nameEn: 'E', nameFr: 'F' },
    headers: { 'idempotency-key': 'key of client' },
  });
  assert.equal(elsewhere.body.code, 'key-used-otherwise');
  for (const key of ['', 'x'.repeat(201)]) {
    const answer = await admin.ask('POST /api/clients', {
      body: { name: 'Never' },
      headers: { 'idempotency-key': key },
    });
    assert.equal(answer.status, 422, `a key of ${key.length} characters`);
  }
  const somebody = await parley.signedIn(
    await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const theirs = await somebody.ask('POST /api/clients', {
    body: { name: 'Of another person' },
    headers: { 'idempotency-key': 'key of client' },
  });
  assert.equal(theirs.body.name, 'Of another person', 'a key is its person’s own');
  const refused = { 'idempotency-key': 'refused at first' };
  assert.equal(
    (await admin.ask('POST /api/clients', { body: { name: 'X', slug: 'atelier-lune' }, headers: refused }))
      .status,
    409,
  );
  assert.equal(
    (await admin.ask('POST /api/clients', { body: { name: 'X', slug: 'free' }, headers: refused })).status,
    201,
    'a refusal keeps no key',
  );
});

test('what does not fit is refused with the fields that do not, in the reader’s language', async () => {
  await using parley = await startParley();
  const { admin, centre } = await openOffice(parley);
  const bad: [string, unknown, string[]][] = [
    ['POST /api/clients', { name: 'A', nmae: 'B' }, ['nmae']],
    ['POST /api/clients', { name: 17 }, ['name']],
    ['POST /api/clients', {}, ['name']],
    ['POST /api/clients', { name: '   ' }, ['name']],
    ['POST /api/clients', { name: 'x'.repeat(100_000) }, ['name']],
    ['POST /api/clients', { name: 'A\0B' }, ['name']],
    ['POST /api/clients', { name: '\ud800' }, ['name']],
    ['POST /api/clients', { name: 'A', slug: 'Not A Slug' }, ['slug']],
    [
      'POST /api/people',
      { email: 'x', name: 'A', roles: ['king'], password: 'short' },
      ['email', 'password', 'roles.0'],
    ],
    [
      'POST /api/interaction-types',
      {
        clientId: centre.client.id,
        channel: 'fax',
        nameEn: 'A',
        nameFr: 'B',
        requires: [{ competencyId: 'x', level: 9 }],
      },
      ['channel', 'requires.0.competencyId', 'requires.0.level'],
    ],
    [`PATCH /api/interaction-types/${centre.type.id}`, { version: 2 ** 40 }, ['version']],
    [`PATCH /api/interaction-types/${centre.type.id}`, { version: 1.5 }, ['version']],
    [`PATCH /api/interaction-types/not-a-uuid`, { version: 1 }, ['id']],
    ['GET /api/people?limit=0', undefined, ['limit']],
    ['GET /api/people?limit=many', undefined, ['limit']],
    ['GET /api/people?cursor=next', undefined, ['cursor']],
    ['GET /api/interactions?state=lost', undefined, ['state']],
    [`GET /api/interactions/${centre.client.id}/events?after=99999999999`, undefined, ['after']],
    [`POST /api/interactions/${centre.client.id}/park`, { dueAt: '0000-01-01T00:00:00Z' }, ['dueAt']],
    [`POST /api/interactions/${centre.client.id}/park`, { dueAt: null }, ['dueAt']],
    [`POST /api/interactions/${centre.client.id}/messages`, { key: 'key-12345678', text: 'a\0b' }, ['text']],
    [
      `POST /api/people/${centre.client.id}/assessments`,
      { competencyId: centre.client.id, level: 1, assessedOn: '0000-01-01' },
      ['assessedOn'],
    ],
    [
      `POST /api/people/${centre.client.id}/assessments`,
      { competencyId: centre.client.id, level: 1, assessedOn: '2026-02-30' },
      ['assessedOn'],
    ],
    ['POST /api/session', { email: 'a\0', password: 'x' }, ['email']],
    ['POST /api/reactions/a%00b/streams/019a0000-0000-7000-8000-000000000000/retry', undefined, ['reaction']],
    ['PUT /api/presence', { state: 'asleep' }, ['state']],
    ['POST /api/clients', [], ['(body)']],
    ['POST /api/clients', null, ['(body)']],
    ['POST /api/clients', 'name', ['(body)']],
  ];
  for (const [signature, body, fields] of bad) {
    const answer = await admin.ask(signature, body === undefined ? {} : { body });
    const told = `${signature} ${JSON.stringify(body)?.slice(0, 100)}: ${answer.status} ${answer.text.slice(0, 300)}`;
    assert.deepEqual([answer.status, answer.body?.code], [422, 'input-invalid'], told);
    assert.deepEqual(Object.keys(answer.body.fields ?? {}).sort(), fields, told);
    assert.match(answer.headers.get('content-type')!, /^application\/problem\+json/);
    assert.ok(answer.text.length < 2_000, 'what was sent is not sent back');
  }
  const broken: [string, number, string][] = [
    ['{"name": ', 400, 'body-unreadable'],
    ['', 400, 'body-unreadable'],
    ['{"name":"A","__proto__":{"administrator":true}}', 400, 'body-unreadable'],
    ['{"name":"A","constructor":{"prototype":{"administrator":true}}}', 400, 'body-unreadable'],
    [JSON.stringify({ name: 'x'.repeat(1_000_001) }), 413, 'body-too-large'],
  ];
  for (const [raw, status, code] of broken) {
    const answer = await admin.ask('POST /api/clients', { raw });
    assert.deepEqual([answer.status, answer.body?.code], [status, code], raw.slice(0, 60));
  }
  const form = await admin.ask('POST /api/clients', {
    raw: 'name=A',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  assert.equal(form.status, 400);
  for (const path of [
    '/api/people/%E0%A4%A',
    '/api/people/%',
    '/%c0%af',
    '/api/nothing',
    '/chat/nothing',
    `/api/people/${'x'.repeat(3_000)}`,
  ]) {
    const answer = await admin.ask(`GET ${path}`);
    assert.ok([400, 404, 414, 422].includes(answer.status), `${path.slice(0, 40)}: ${answer.status}`);
    assert.match(answer.headers.get('content-type')!, /^application\/problem\+json/, path.slice(0, 40));
  }

  const inFrench = await parley.anyone.ask('GET /api/work', {
    headers: { 'accept-language': 'de, fr;q=0.8, en;q=0.5' },
  });
  assert.deepEqual(inFrench.body, {
    type: '/problems/sign-in-needed',
    code: 'sign-in-needed',
    title: 'Connectez-vous d’abord.',
    status: 401,
  });
  assert.equal((await admin.ask('PATCH /api/me', { body: { language: 'fr' } })).status, 200);
  const own = await admin.ask('GET /api/nothing', { headers: { 'accept-language': 'en' } });
  assert.equal(own.body.status, 404);
  const mine = await admin.ask(`GET /api/clients/${centre.type.id}`, {
    headers: { 'accept-language': 'en' },
  });
  assert.equal(
    mine.body.title,
    'Il n’y a rien ici, ou cela ne vous est pas visible.',
    'a person’s own language wins',
  );
  const meaning = await parley.anyone.ask('GET /problems/sign-in-needed');
  assert.deepEqual([meaning.body.code, meaning.body.status], ['sign-in-needed', 401]);
});

test('no request whatsoever makes Parley answer that the fault is its own', async () => {
  await using parley = await startParley();
  const { admin, centre, person } = await openOffice(parley);
  const { id: interaction } = await centre.arrive();
  const ids = [
    interaction,
    centre.client.id,
    centre.type.id,
    centre.channel.id,
    centre.competency.id,
    person.id,
  ];
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '\0',
      '\ud800',
      '',
      ' ',
      'null',
      '-1',
      '1e400',
      '9'.repeat(40),
      '🙂'.repeat(3_000),
      "'; drop table person; --",
      '%00',
      '../../etc/passwd',
    ),
    fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), [], {}, [[]], [null]),
    fc.constantFrom(
      ...ids,
      '019a0000-0000-7000-8000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '-'.repeat(36),
    ),
    fc.constantFrom(
      '2026-01-01',
      '9999-12-31',
      '0000-01-01',
      '2026-01-01T00:00:00Z',
      '-271821-04-20T00:00:00Z',
      'chat',
      'agent',
      'ready',
      'solved',
      'en',
    ),
  );
  const names = [
    'name',
    'email',
    'roles',
    'language',
    'password',
    'clients',
    'capacity',
    'version',
    'active',
    'kind',
    'clientId',
    'nameEn',
    'nameFr',
    'code',
    'channel',
    'typeId',
    'key',
    'text',
    'audience',
    'dueAt',
    'reason',
    'outcomeCode',
    'note',
    'state',
    'level',
    'competencyId',
    'assessedOn',
    'validUntil',
    'requires',
    'priority',
    'offerSeconds',
    'allowedOrigins',
    'accent',
    'open',
    'slug',
    'told',
    'pageUrl',
    'current',
    'next',
    '__proto__',
    'toString',
  ];
  const routes = Object.keys(permissions).filter(
    (signature) =>
      /^(GET|POST|PUT|PATCH) \//.test(signature) &&
      // These end or change what the test itself stands on.
      !/session|\/me|ready-client|first-account|GET \/\*/.test(signature),
  );
  const asking = fc.record({
    signature: fc.constantFrom(...routes),
    params: fc.array(fc.oneof(fc.constantFrom(...ids), nasty.map(String)), { minLength: 3, maxLength: 3 }),
    body: fc.oneof(fc.dictionary(fc.constantFrom(...names), nasty, { maxKeys: 8 }), nasty),
    query: fc.dictionary(
      fc.constantFrom(
        'limit',
        'cursor',
        'after',
        'state',
        'clientId',
        'agentId',
        'customerId',
        'wait',
        'lang',
      ),
      nasty.map(String),
      { maxKeys: 3 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(asking, async ({ signature, params, body, query }) => {
      let at = 0;
      const [method, path] = signature.split(' ') as [string, string];
      const filled = path.replace(/:\w+/g, () => encodeURIComponent(params[at++]!.toWellFormed()) || '-');
      const search = new URLSearchParams({ ...query, wait: '0' }).toString();
      const answer = await admin.ask(`${method} ${filled}?${search}`, method === 'GET' ? {} : { body });
      assert.notEqual(answer.status, 500, answer.text);
      assert.ok(isKeepable(answer.text));
    }),
    { numRuns: 400, seed: 7 },
  );
});

test('whoever changes what somebody else changed meanwhile is told, and nothing is overwritten', async () => {
  await using parley = await startParley();
  const { admin, centre, person } = await openOffice(parley);
  for (const [path, change, field] of [
    [`/api/people/${person.id}`, { name: 'Renamed' }, 'name'],
    [`/api/interaction-types/${centre.type.id}`, { nameEn: 'Renamed' }, 'nameEn'],
    [`/api/chat-channels/${centre.channel.id}`, { nameEn: 'Renamed' }, 'nameEn'],
  ] as const) {
    const version = 1;
    const first = await admin.ask(`PATCH ${path}`, { body: { ...change, version } });
    assert.deepEqual([first.status, first.body.version], [200, 2], first.text);
    const second = await admin.ask(`PATCH ${path}`, { body: { [field]: 'Overwritten', version } });
    assert.deepEqual([second.status, second.body.code], [409, 'changed-meanwhile']);
    const both = await Promise.all(
      ['One', 'Two'].map(async (name) => admin.ask(`PATCH ${path}`, { body: { [field]: name, version: 2 } })),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
  }
});

test('a list is walked whole by its cursors, with no gap and nothing twice, while rows are added', async () => {
  await using parley = await startParley();
  const { admin, centre } = await openOffice(parley);
  const expected: Record<string, Set<string>> = {
    '/api/clients': new Set(),
    '/api/interactions': new Set(),
    '/api/outcomes': new Set(),
  };
  for (let number = 1; number <= 23; number++) {
    expected['/api/clients']!.add(
      (await admin.ask('POST /api/clients', { body: { name: `Client ${number}` } })).body.id,
    );
    expected['/api/interactions']!.add((await centre.arrive()).id);
    const outcome = { clientId: centre.client.id, code: `code-${number}`, nameEn: 'E', nameFr: 'F' };
    expected['/api/outcomes']!.add((await admin.ask('POST /api/outcomes', { body: outcome })).body.id);
  }
  for (const [path, ids] of Object.entries(expected)) {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await admin.ask(`GET ${path}?limit=5${cursor === null ? '' : `&cursor=${cursor}`}`);
      assert.ok(body.items.length <= 5);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.next;
      if (path === '/api/clients')
        await admin.ask('POST /api/clients', { body: { name: `Late ${seen.length}` } });
      if (path === '/api/interactions') await centre.arrive();
      if (seen.length > 200) break;
    } while (cursor !== null && seen.length < 60);
    assert.equal(new Set(seen).size, seen.length, `${path} shows one twice`);
    for (const id of ids) assert.ok(seen.includes(id), `${path} leaves one out`);
  }
});

test('the API describes itself: every route with its fields and answers, none missing', async () => {
  await using parley = await startParley();
  const { body } = await parley.anyone.ask('GET /api/openapi.json');
  assert.match(body.openapi, /^3\.1/);
  const hidden = ['GET /api/openapi.json', 'GET /problems/:code', 'GET /w.js', 'GET /*', 'OPTIONS /chat/*'];
  const described = Object.entries<Record<string, unknown>>(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );
  const routes = Object.keys(permissions).filter(
    (name) => !name.startsWith('topic ') && !hidden.includes(name),
  );
  assert.deepEqual(described.sort(), routes.sort());
  for (const route of parley.program.modules.routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const described = body.paths[path][route.method.toLowerCase()];
    assert.equal(described.summary, route.summary);
    assert.equal(described.requestBody !== undefined, route.body !== undefined, route.signature);
    const wanted = [
      ...Object.keys(route.params?.shape ?? {}),
      ...Object.keys(route.query?.shape ?? {}),
    ].sort();
    const parameters = (described.parameters ?? []).filter((p: { in: string }) => p.in !== 'header');
    assert.deepEqual(parameters.map(({ name }: { name: string }) => name).sort(), wanted, route.signature);
    const answer = described.responses[String(route.status)];
    assert.ok(answer !== undefined, `${route.signature} says what it answers`);
    if (route.answer !== undefined)
      assert.ok(Object.keys(answer.content['application/json'].schema).length > 0);
    assert.ok(described.responses.default !== undefined, `${route.signature} says how it refuses`);
    const may = permissions[route.signature];
    assert.equal(described.security === undefined, may === 'anyone', route.signature);
  }
  const refs = new Set(
    [...JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!),
  );
  for (const name of refs)
    assert.ok(name in body.components.schemas, `${name} is referred to and not described`);
  for (const name of ['Problem', 'Interaction', 'Person', 'Client']) assert.ok(refs.has(name), name);
});

test('every answer forbids what a page of Parley does not need, and probes say whether it can serve', async () => {
  await using parley = await startParley();
  const { admin } = await openOffice(parley);
  for (const path of ['/api/session', '/api/nothing', '/healthz', '/', '/chat/channels/nothing']) {
    const { headers } = await admin.ask(`GET ${path}`);
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'self'",
      "script-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "form-action 'self'",
    ])
      assert.ok(policy.includes(part), `${path}: ${part} in ${policy}`);
    assert.ok(!policy.includes('unsafe'), policy);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('referrer-policy') ?? '', /no-referrer|same-origin/);
    assert.equal(headers.get('x-powered-by'), null);
    assert.equal(headers.get('server'), null);
  }
  assert.equal((await admin.ask('GET /api/session')).headers.get('cache-control'), 'no-store');
  assert.deepEqual((await parley.anyone.ask('GET /healthz')).body, { status: 'ok' });
  assert.deepEqual((await parley.anyone.ask('GET /readyz')).body, { status: 'ready', missing: [] });
  const metrics = await parley.anyone.ask('GET /metrics');
  assert.match(metrics.headers.get('content-type')!, /text\/plain/);
  for (const name of [
    'parley_interactions_waiting',
    'parley_reaction_lag_seconds',
    'parley_live_lines',
    'parley_routing_owner',
    'process_cpu_seconds_total',
  ])
    assert.ok(metrics.text.includes(`# HELP ${name} `), name);
  assert.ok(!/@|Atelier/.test(metrics.text), 'figures name nobody');
});

test('a request that stops half-way or is not HTTP costs nobody else anything', async () => {
  await using parley = await startParley();
  for (const sent of [
    '\x16\x03\x01garbage\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Type: application/json\r\n\r\n{',
    'GET /chat/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  ]) {
    const socket = connect(parley.program.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.end(sent);
    socket.resume();
    socket.setTimeout(2_000, () => socket.destroy());
    await once(socket, 'close');
  }
  assert.equal((await parley.anyone.ask('GET /healthz')).status, 200);
});

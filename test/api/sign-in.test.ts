import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCentre, password } from '#test/support/centre.ts';
import { type Parley, startParley } from './parley.ts';

const first = {
  centreName: 'Centre Soleil',
  name: 'Ada',
  email: 'Ada@Centre.example',
  password: 'correct horse battery',
  language: 'en',
};

async function signIn(parley: Parley, email: string, secret: string) {
  return parley.anyone.ask('POST /api/session', { body: { email, password: secret } });
}

const tokenIn = (cookie: string | null) => /^parley_session=([^;]+)/.exec(cookie ?? '')?.[1];

test('an empty Parley makes one first account, signed in, and no second, not even of two at once', async () => {
  await using parley = await startParley();
  const before = await parley.anyone.ask('GET /api/session');
  assert.deepEqual(before.body, {
    needsFirstAccount: true,
    needsFirstClient: false,
    centreName: null,
    person: null,
  });
  const short = await parley.anyone.ask('POST /api/setup/first-account', {
    body: { ...first, password: 'elevenchars' },
  });
  assert.equal(short.status, 422);
  assert.ok('password' in short.body.fields);
  const both = await Promise.all([
    parley.anyone.ask('POST /api/setup/first-account', { body: first }),
    parley.anyone.ask('POST /api/setup/first-account', { body: { ...first, email: 'eve@centre.example' } }),
  ]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409]);
  const refused = both.find(({ status }) => status === 409)!;
  assert.equal(refused.body.code, 'first-account-exists');
  const made = both.find(({ status }) => status === 201)!;
  assert.deepEqual(made.body.person.roles, ['administrator']);
  assert.equal(made.body.needsFirstClient, true);
  const me = parley.holding(tokenIn(made.headers.get('set-cookie'))!);
  assert.equal((await me.ask('GET /api/session')).body.person.id, made.body.person.id);
  const again = await parley.anyone.ask('POST /api/setup/first-account', { body: first });
  assert.deepEqual([again.status, again.body.code], [409, 'first-account-exists']);
  assert.equal((await parley.own.db.owner`select from person`).length, 1);
});

test('a ready client can be tried at once, and a second click makes a second one beside it', async () => {
  await using parley = await startParley();
  const made = await parley.anyone.ask('POST /api/setup/first-account', { body: first });
  const me = parley.holding(tokenIn(made.headers.get('set-cookie'))!);
  const one = await me.ask('POST /api/setup/ready-client', { body: {} });
  assert.equal(one.status, 201, one.text);
  const two = await me.ask('POST /api/setup/ready-client', { body: {} });
  assert.equal(two.status, 201, two.text);
  assert.notEqual(one.body.channelKey, two.body.channelKey);
  for (const { tryUrl, channelKey } of [one.body, two.body]) {
    const page = await parley.anyone.ask(`GET ${tryUrl}`);
    assert.equal(page.status, 200);
    assert.match(page.text, new RegExp(`data-channel="${channelKey}"`));
    assert.equal((await parley.anyone.ask(`GET /chat/channels/${channelKey}`)).body.open, true);
  }
  const session = (await me.ask('GET /api/session')).body;
  assert.deepEqual([session.needsFirstClient, session.person.roles.includes('agent')], [false, true]);
  // Two clicks at once: two clients or one and a clear refusal, and never half of one.
  const both = await Promise.all(
    [1, 2].map(async () => me.ask('POST /api/setup/ready-client', { body: {} })),
  );
  for (const answer of both) assert.ok([201, 409].includes(answer.status), answer.text);
  const channels = (await me.ask('GET /api/chat-channels')).body.items.length;
  const clients = (await me.ask('GET /api/clients')).body.items.length;
  assert.equal(channels, clients, 'each ready client has its channel');
});

test('the session’s cookie is out of reach of scripts and of other sites, and secure behind https', async () => {
  await using parley = await startParley({
    publicUrl: 'https://parley.example',
    adminEmail: 'admin@centre.example',
    adminPassword: password,
  });
  const opened = await signIn(parley, 'ADMIN@centre.example', password);
  assert.equal(opened.status, 201, opened.text);
  const cookie = opened.headers.get('set-cookie')!;
  for (const flag of ['HttpOnly', 'SameSite=Strict', 'Secure', 'Path=/', 'Expires='])
    assert.ok(cookie.includes(flag), flag);
  assert.ok(!cookie.includes('Domain='));
  const token = tokenIn(cookie)!;
  assert.ok(Buffer.from(token, 'base64url').length >= 32);
  const kept = await parley.own.db.owner`select encode(token_hash, 'escape') as kept from session`;
  assert.ok(!JSON.stringify(kept).includes(token), 'only a hash of the token is kept');
  const closed = await parley.holding(token).ask('DELETE /api/session');
  assert.equal(closed.status, 204);
  assert.match(closed.headers.get('set-cookie')!, /parley_session=;/);
  assert.equal((await parley.holding(token).ask('GET /api/session')).body.person, null);
  assert.match(opened.headers.get('strict-transport-security') ?? '', /max-age=\d{6,}/);
});

test('an unknown address, a wrong password and a closed account are told in the same words', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  await centre.addAgent({ email: 'open@centre.example', ready: false, level: null });
  const closed = await centre.addAgent({ email: 'closed@centre.example', ready: false, level: null });
  await parley.own.db.owner`update person set active = false where id = ${closed.id}`;
  const answers = [
    await signIn(parley, 'nobody@centre.example', password),
    await signIn(parley, 'open@centre.example', 'not the right one'),
    await signIn(parley, 'closed@centre.example', password),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 401);
    assert.deepEqual(answer.body, answers[0]!.body);
    assert.equal(answer.headers.get('set-cookie'), null);
  }
});

test('ten wrong passwords close an account’s door for a quarter of an hour, for the right one as well', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  await centre.addAgent({ email: 'ann@centre.example', ready: false, level: null });
  await centre.addAgent({ email: 'bob@centre.example', ready: false, level: null });
  for (let attempt = 1; attempt <= 9; attempt++)
    assert.equal((await signIn(parley, 'ann@centre.example', 'guess')).status, 401);
  assert.equal((await signIn(parley, 'ann@centre.example', password)).status, 201, 'nine are forgiven');
  for (let attempt = 1; attempt <= 10; attempt++)
    assert.equal((await signIn(parley, 'Ann@centre.example', 'guess')).status, 401);
  const shut = await signIn(parley, 'ann@centre.example', password);
  assert.deepEqual([shut.status, shut.body.code], [429, 'too-many-attempts']);
  assert.ok(shut.body.retryAfterSeconds > 800 && shut.body.retryAfterSeconds <= 900);
  assert.equal(shut.headers.get('retry-after'), String(shut.body.retryAfterSeconds));
  assert.equal((await signIn(parley, 'bob@centre.example', password)).status, 201, 'others come in');
  parley.clock.pass(15 * 60_000);
  assert.equal((await signIn(parley, 'ann@centre.example', password)).status, 201);
});

test('whoever guesses at an account from elsewhere does not shut its owner out, until they come from very many places', async () => {
  await using parley = await startParley({ publicUrl: 'https://parley.example' });
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  await centre.addAgent({ email: 'ann@centre.example', ready: false, level: null });
  const from = (address: string, secret: string) =>
    parley.anyone.ask('POST /api/session', {
      body: { email: 'ann@centre.example', password: secret },
      headers: { 'x-forwarded-for': address },
    });
  for (let attempt = 1; attempt <= 10; attempt++)
    assert.equal((await from('203.0.113.1', 'guess')).status, 401);
  assert.equal((await from('203.0.113.1', password)).status, 429, 'that door is shut');
  assert.equal((await from('198.51.100.7', password)).status, 201, 'the owner comes in by theirs');
  assert.equal((await from('203.0.113.1', password)).status, 429, 'which opens nothing for who guessed');
  for (let place = 2; place <= 10; place++)
    for (let attempt = 1; attempt <= 10; attempt++) await from(`203.0.113.${place}`, 'guess');
  assert.equal((await from('198.51.100.7', password)).status, 429, 'a hundred guesses shut it for all');
  parley.clock.pass(15 * 60_000);
  assert.equal((await from('198.51.100.7', password)).status, 201);
});

test('fifty wrong passwords from one address close the door for that address, whichever accounts it tries', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  await centre.addAgent({ email: 'ann@centre.example', ready: false, level: null });
  await parley.own.db.owner`
    insert into sign_in_throttle (key, failures, first_at)
    select 'address ' || a, 48, ${parley.clock.now()} from unnest(array['127.0.0.1', '::ffff:127.0.0.1']) a`;
  for (const name of ['x1', 'x2'])
    assert.equal((await signIn(parley, `${name}@centre.example`, 'guess')).status, 401);
  assert.equal((await signIn(parley, 'ann@centre.example', password)).status, 429);
  parley.clock.pass(15 * 60_000 + 1_000);
  assert.equal((await signIn(parley, 'ann@centre.example', password)).status, 201);
});

test('thirty guesses at once are ten guesses', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  await centre.addAgent({ email: 'ann@centre.example', ready: false, level: null });
  const answers = await Promise.all(
    Array.from({ length: 30 }, async () => signIn(parley, 'ann@centre.example', 'guess')),
  );
  assert.equal(answers.filter(({ status }) => status === 401).length, 10);
  assert.equal(answers.filter(({ status }) => status === 429).length, 20);
  parley.clock.pass(15 * 60_000);
  const right = await Promise.all(
    Array.from({ length: 12 }, async () => signIn(parley, 'ann@centre.example', password)),
  );
  assert.ok(right.filter(({ status }) => status === 201).length >= 10, 'right ones at once are let in');
  assert.equal((await signIn(parley, 'ann@centre.example', password)).status, 201);
  const [row] = await parley.own.db
    .owner`select coalesce(max(failures), 0) as failures from sign_in_throttle where key like 'account%'`;
  assert.equal(row!.failures, 0, 'nothing is left counted against whoever was right');
});

test('a session lasts twelve hours and not longer, used or not', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  const me = await parley.signedIn(await centre.addAgent({ ready: false, level: null }));
  parley.clock.pass(12 * 3_600_000 - 10_000);
  assert.equal((await me.ask('GET /api/work')).status, 200);
  parley.clock.pass(15_000);
  assert.equal((await me.ask('GET /api/work')).status, 401);
});

test('a new password signs out everywhere else, and a closed account everywhere', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  const ann = await centre.addAgent({ email: 'ann@centre.example', ready: false, level: null });
  const admin = await parley.signedIn(
    await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const [here, there] = [await parley.signedIn(ann), await parley.signedIn(ann)];
  const wrong = await here.ask('POST /api/me/password', {
    body: { current: 'no', next: 'a new password it is' },
  });
  assert.deepEqual(
    [wrong.status, wrong.body.code, wrong.body.fields],
    [422, 'password-wrong', { current: 'password-wrong' }],
  );
  assert.equal((await there.ask('GET /api/work')).status, 200);
  const changed = await here.ask('POST /api/me/password', {
    body: { current: password, next: 'a new password it is' },
  });
  assert.equal(changed.status, 204, changed.text);
  assert.equal((await here.ask('GET /api/work')).status, 200);
  assert.equal((await there.ask('GET /api/work')).status, 401);
  assert.equal((await signIn(parley, 'ann@centre.example', password)).status, 401);
  assert.equal((await signIn(parley, 'ann@centre.example', 'a new password it is')).status, 201);
  const { version } = (await admin.ask(`GET /api/people/${ann.id}`)).body;
  const close = await admin.ask(`PATCH /api/people/${ann.id}`, { body: { active: false, version } });
  assert.equal(close.status, 200, close.text);
  assert.equal((await here.ask('GET /api/work')).status, 401);
  assert.equal((await signIn(parley, 'ann@centre.example', 'a new password it is')).status, 401);
  for (let attempt = 1; attempt <= 10; attempt++)
    await admin.ask('POST /api/me/password', { body: { current: 'no', next: 'a new password it is' } });
  const shut = await admin.ask('POST /api/me/password', {
    body: { current: password, next: 'a new password it is' },
  });
  assert.equal(shut.status, 429, 'whoever sits at an open browser guesses no more than anybody else');
});

test('the last administrator cannot be lost, by nobody and not by two who step down at once', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  const add = () => centre.addAgent({ roles: ['administrator'], ready: false, level: null });
  const people = [await add(), await add()];
  const askers = [await parley.signedIn(people[0]!), await parley.signedIn(people[1]!)];
  const answers = await Promise.all(
    people.map(async ({ id, version }, index) =>
      askers[index]!.ask(`PATCH /api/people/${id}`, { body: { roles: ['agent'], version } }),
    ),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
  assert.equal(answers.find(({ status }) => status === 409)!.body.code, 'last-administrator');
  const left = answers.findIndex(({ status }) => status === 409);
  const { id, version } = people[left]!;
  const close = await askers[left]!.ask(`PATCH /api/people/${id}`, { body: { active: false, version } });
  assert.deepEqual([close.status, close.body.code], [409, 'last-administrator']);
});

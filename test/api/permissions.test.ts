import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topics } from '#src/app/live.ts';
import { permissions } from '#src/app/permissions.ts';
import { insertCustomer } from '#src/modules/customers/index.ts';
import { acceptInteraction, createOutcome } from '#src/modules/interactions/index.ts';
import { createHours, createSite, createTeam } from '#src/modules/organisation/index.ts';
import type { PersonRow } from '#src/modules/people/index.ts';
import type { Role } from '#src/platform/identity/contract.ts';
import { newId } from '#src/platform/ids.ts';
import { type Centre, done, makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Asker, type Parley, startParley } from './parley.ts';

const roles: readonly Role[] = ['agent', 'supervisor', 'administrator'];
const nobodys = '019a0000-0000-7000-8000-000000000000';

/** A request for a route that asks for nothing that exists. */
function example(signature: string): string {
  return signature
    .replace(/:(id|stream)\b/g, nobodys)
    .replace(':day', '2030-01-01')
    .replace(/:\w+/g, 'unknown')
    .replace('*', 'nothing.txt');
}

async function allRoles(parley: Parley, name: string): Promise<Record<Role, PersonRow>> {
  const centre = await makeCentre(parley.program.ctx, { name, agents: 0 });
  const of = (role: Role) => centre.addAgent({ roles: [role], ready: false, level: null });
  return {
    agent: await of('agent'),
    supervisor: await of('supervisor'),
    administrator: await of('administrator'),
  };
}

test('every route and every topic has its row in the permission table, and every row its route or topic', async () => {
  await using parley = await startParley();
  const { signatures } = parley.program.server;
  const there = [...new Set(signatures), ...Object.keys(topics).map((name) => `topic ${name}`)].sort();
  assert.ok(there.length > 60, 'the routes were not read');
  assert.deepEqual(there, Object.keys(permissions).sort());
});

test('each route answers each role as the permission table says, before it looks at what was sent', async () => {
  await using parley = await startParley();
  const people = await allRoles(parley, 'Walked');
  const ready = await allRoles(parley, 'Made ready');
  for (const [signature, may] of Object.entries(permissions)) {
    if (signature.startsWith('topic ')) continue;
    const asks = example(signature);
    const body = /^(POST|PUT|PATCH)/.test(signature) ? { body: { nothing: 'of the kind' } } : {};
    const outsider = await parley.anyone.ask(asks, body);
    if (may === 'anyone') assert.ok(![401, 403].includes(outsider.status), `${signature} for anyone`);
    else if (may === 'visitor') {
      const plain = /messages/.test(signature)
        ? { body: { key: 'key-12345678', text: 'x' } }
        : /end/.test(signature)
          ? { body: { key: 'key-12345678' } }
          : {};
      for (const authorization of ['', 'Bearer ', `Bearer ${nobodys}.forged`, `Basic ${nobodys}`]) {
        const answer = await parley.anyone.ask(asks, { ...plain, headers: { authorization } });
        assert.deepEqual([answer.status, answer.body.code], [401, 'session-unknown'], signature);
      }
    } else assert.deepEqual([outsider.status, outsider.body.code], [401, 'sign-in-needed'], signature);
    for (const role of roles) {
      // A new session each: signing out and deactivation are among the routes.
      // Whoever makes a ready client becomes its agent, so that is another administrator.
      const who = signature === 'POST /api/setup/ready-client' ? ready[role] : people[role];
      const answer = await (await parley.signedIn(who)).ask(asks, body);
      const told = `${signature} for the ${role}: ${answer.status} ${answer.text.slice(0, 200)}`;
      assert.ok(answer.status < 500, told);
      if (typeof may === 'string') assert.ok(may === 'visitor' || ![401, 403].includes(answer.status), told);
      else if (may.includes(role)) assert.ok(![401, 403].includes(answer.status), told);
      else assert.deepEqual([answer.status, answer.body.code], [403, 'not-permitted'], told);
    }
  }
});

test('each topic answers each role as the permission table says', async () => {
  await using parley = await startParley();
  const people = await allRoles(parley, 'Everybody');
  const centre = await makeCentre(parley.program.ctx, { name: 'Topics', agents: 0 });
  const { id } = await centre.arrive();
  const examples: Record<keyof typeof topics, string> = { work: 'work', interaction: `interaction:${id}` };
  assert.deepEqual(Object.keys(examples).sort(), Object.keys(topics).sort());
  for (const [name, topic] of Object.entries(examples)) {
    const may = permissions[`topic ${name}`];
    assert.ok(Array.isArray(may));
    for (const role of roles) {
      const line = await parley.live(await parley.signedIn(people[role]));
      line.send({ do: 'subscribe', topic });
      const answer = await line.next(`an answer to ${topic}`, (m) => m.topic === topic || m.ended === topic);
      if (!may.includes(role)) assert.deepEqual(answer, { ended: topic, code: 'not-permitted' });
      else if (role === 'administrator' || name === 'work') assert.equal(answer.topic, topic, role);
      else
        assert.deepEqual(answer, { ended: topic, code: 'interaction-unknown' }, `${role}, another client’s`);
      line.ws.close();
    }
  }
  const line = await parley.live(await parley.signedIn(people.administrator));
  for (const topic of ['floor', 'interaction:', `interaction:${nobodys}x`, '__proto__', `topic work`]) {
    line.send({ do: 'subscribe', topic });
    assert.equal((await line.next(topic, (m) => m.ended === topic)).code, 'not-found');
  }
  line.send({ do: 'subscribe', topic: `interaction:${nobodys}` });
  assert.equal((await line.next('an end', (m) => 'ended' in m)).code, 'interaction-unknown');
});

/** A client with everything a client can have, and one interaction in an agent's hands. */
async function fullCentre(
  parley: Parley,
  name: string,
): Promise<
  Centre & {
    held: string;
    waits: string;
    outcomeOwn: string;
    supervisor: PersonRow;
    teamId: string;
    hoursId: string;
  }
> {
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { name, agents: 1, capacity: { chat: 1 } });
  const agentId = centre.agents[0]!.id;
  const supervisor = await centre.addAgent({
    name: `${name} lead`,
    roles: ['supervisor'],
    ready: false,
    level: null,
  });
  const outcome = done(
    await createOutcome(ctx, {
      clientId: centre.client.id,
      code: `only-${centre.client.slug}`,
      nameEn: 'Own',
      nameFr: 'Propre',
    }),
  );
  const site = done(await createSite(ctx, { name: 'Rennes', timeZone: 'Europe/Paris' }));
  const team = done(
    await createTeam(ctx, {
      siteId: site.id,
      nameEn: `Team of ${name}`,
      nameFr: `Équipe de ${name}`,
      members: [agentId],
    }),
  );
  const hours = done(
    await createHours(ctx, {
      clientId: centre.client.id,
      name: `Hours of ${name}`,
      timeZone: 'Europe/Paris',
      weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' })),
      holidayRegion: null,
      holidaysWorked: [],
      messageEn: 'Closed.',
      messageFr: 'Fermé.',
    }),
  );
  const first = await centre.arrive({ text: `A secret of ${name}` });
  const held = await eventually('an offer', async () => {
    const { body } = await (await parley.signedIn({ id: agentId })).ask(`GET /api/interactions/${first.id}`);
    return body.state === 'offered' && first.id;
  });
  done(await acceptInteraction(ctx, { interactionId: held, agentId, clients: centre.clients }));
  const waits = (await centre.arrive({ text: `Another secret of ${name}` })).id;
  return {
    ...centre,
    held,
    waits,
    outcomeOwn: outcome.code,
    supervisor,
    teamId: team.id,
    hoursId: hours.row.id,
  };
}

test('whoever works for one client meets nothing of another: every route by its ids answers as if there were none', async () => {
  await using parley = await startParley();
  const mine = await fullCentre(parley, 'Mine');
  const theirs = await fullCentre(parley, 'Theirs');
  const { ctx } = parley.program;
  const customer = newId(ctx.clock.now());
  await insertCustomer(ctx.db.system, {
    id: customer,
    clientId: theirs.client.id,
    language: 'en',
    at: ctx.clock.now(),
  });
  const people: Record<'agent' | 'supervisor', Asker> = {
    agent: await parley.signedIn(mine.agents[0]!),
    supervisor: await parley.signedIn(mine.supervisor),
  };
  const own: Record<string, { id: string; body?: unknown; code?: string }> = {
    'GET /api/clients/:id': { id: theirs.client.id },
    'GET /api/people/:id': { id: theirs.agents[0]!.id },
    'GET /api/people/:id/assessments': { id: theirs.agents[0]!.id },
    'GET /api/people/:id/bars': { id: theirs.agents[0]!.id },
    'GET /api/interactions/:id': { id: theirs.held, code: 'interaction-unknown' },
    'GET /api/interactions/:id/events': { id: theirs.held, code: 'interaction-unknown' },
    'GET /api/interactions/:id/decisions': { id: theirs.held, code: 'interaction-unknown' },
    'GET /api/interactions/:id/why': { id: theirs.waits, code: 'interaction-unknown' },
    'POST /api/interactions/:id/accept': { id: theirs.waits, code: 'interaction-unknown' },
    'POST /api/interactions/:id/decline': { id: theirs.waits, body: {}, code: 'interaction-unknown' },
    'POST /api/interactions/:id/messages': {
      id: theirs.held,
      body: { key: 'key-of-an-intruder', text: 'hello' },
      code: 'interaction-unknown',
    },
    'POST /api/interactions/:id/end': { id: theirs.held, code: 'interaction-unknown' },
    'POST /api/interactions/:id/reopen': { id: theirs.held, code: 'interaction-unknown' },
    'POST /api/interactions/:id/complete': {
      id: theirs.held,
      body: { outcomeCode: 'solved' },
      code: 'interaction-unknown',
    },
    'POST /api/interactions/:id/park': { id: theirs.held, body: {}, code: 'interaction-unknown' },
    'POST /api/interactions/:id/resume': { id: theirs.held, code: 'interaction-unknown' },
    'POST /api/interactions/:id/release': { id: theirs.held, body: {}, code: 'interaction-unknown' },
    'POST /api/interactions/:id/dismiss': {
      id: theirs.waits,
      body: { outcomeCode: 'solved' },
      code: 'interaction-unknown',
    },
    'GET /api/interactions/:id/targets': { id: theirs.held, code: 'interaction-unknown' },
    'POST /api/interactions/:id/transfer': {
      id: theirs.held,
      body: { to: { typeId: mine.type.id }, reason: 'r' },
      code: 'interaction-unknown',
    },
    'POST /api/interactions/:id/pull': {
      id: theirs.waits,
      body: { reason: 'r' },
      code: 'interaction-unknown',
    },
    'POST /api/interactions/:id/take': {
      id: theirs.waits,
      body: { reason: 'r' },
      code: 'interaction-unknown',
    },
    'POST /api/interactions/:id/push': {
      id: theirs.waits,
      body: { to: { agentId: mine.agents[0]!.id }, reason: 'r' },
      code: 'interaction-unknown',
    },
    'POST /api/interactions/:id/prefer': {
      id: theirs.waits,
      body: { agentId: mine.agents[0]!.id, reason: 'r' },
      code: 'interaction-unknown',
    },
    'POST /api/interactions/:id/reorder': {
      id: theirs.waits,
      body: { priority: 1, reason: 'r' },
      code: 'interaction-unknown',
    },
    'POST /api/interaction-types/:id/pause': { id: theirs.type.id, body: { reason: 'r' } },
    'POST /api/interaction-types/:id/resume': { id: theirs.type.id, body: { reason: 'r' } },
    'GET /api/teams/:id': { id: theirs.teamId },
    'GET /api/opening-hours/:id': { id: theirs.hoursId },
    'PUT /api/opening-hours/:id/early-closing': {
      id: theirs.hoursId,
      body: { closed: true, reason: 'r' },
    },
    'PATCH /api/customers/:id': { id: customer, body: { name: 'Somebody' } },
  };
  const byId = Object.entries(permissions).filter(
    ([signature, may]) =>
      signature.includes(':id') && Array.isArray(may) && may.some((role) => role !== 'administrator'),
  );
  assert.deepEqual(
    Object.keys(own).sort(),
    byId.map(([signature]) => signature).sort(),
    'a route has no example',
  );
  const before = await parley.own.db
    .owner`select (select count(*) from event) as events, (select max(seq) from interaction) as seq`;
  for (const [signature, may] of byId) {
    const { id, body, code = 'not-found' } = own[signature]!;
    for (const role of ['agent', 'supervisor'] as const) {
      if (!(may as readonly Role[]).includes(role)) continue;
      const answer = await people[role].ask(signature.replace(':id', id), body === undefined ? {} : { body });
      assert.deepEqual(
        [answer.status, answer.body.code],
        [404, code],
        `${signature} for the ${role}: ${answer.text}`,
      );
      const nothing = await people[role].ask(
        signature.replace(':id', nobodys),
        body === undefined ? {} : { body },
      );
      assert.deepEqual(
        nothing.body,
        answer.body,
        `${signature}: what exists elsewhere is told from what does not exist`,
      );
    }
  }
  const after = await parley.own.db
    .owner`select (select count(*) from event) as events, (select max(seq) from interaction) as seq`;
  assert.deepEqual(after, before, 'something of the other client moved');

  const lists: Record<string, string[]> = {
    'GET /api/clients': [''],
    'GET /api/people': ['', '?name=agent', `?id=${theirs.agents[0]!.id}&id=${nobodys}`],
    'GET /api/competencies': [''],
    'GET /api/interaction-types': ['', `?clientId=${theirs.client.id}`],
    'GET /api/outcomes': ['', `?clientId=${theirs.client.id}`],
    'GET /api/chat-channels': [''],
    'GET /api/interactions': [
      '',
      `?clientId=${theirs.client.id}`,
      `?agentId=${theirs.agents[0]!.id}`,
      `?state=handling&state=waiting&cursor=ffffffff-ffff-7fff-bfff-ffffffffffff`,
    ],
    'GET /api/presence': [''],
    'GET /api/work': [''],
    'GET /api/floor': [
      '',
      `?clientId=${theirs.client.id}`,
      `?typeId=${theirs.type.id}`,
      `?teamId=${theirs.teamId}&state=handling`,
    ],
    'GET /api/session': [''],
    'GET /api/centre': [''],
    'GET /api/register': [''],
    'GET /api/sites': [''],
    'GET /api/teams': [''],
    'GET /api/opening-hours': [''],
    'GET /api/holiday-regions': [''],
    'GET /api/holidays': ['?region=FR&year=2027'],
    'GET /api/routing-rules': [''],
  };
  const listed = Object.entries(permissions).filter(
    ([signature, may]) =>
      /^GET \/api\/[^:]*$/.test(signature) &&
      signature !== 'GET /api/openapi.json' &&
      (may === 'anyone' || (Array.isArray(may) && may.some((role) => role !== 'administrator'))),
  );
  assert.deepEqual(
    Object.keys(lists).sort(),
    listed.map(([signature]) => signature).sort(),
    'a list has no example',
  );
  const never = [
    theirs.client.id,
    theirs.client.name,
    theirs.competency.id,
    theirs.type.id,
    theirs.channel.id,
    theirs.outcomeOwn,
    theirs.held,
    theirs.waits,
    theirs.agents[0]!.id,
    theirs.agents[0]!.email,
    theirs.supervisor.id,
    theirs.teamId,
    theirs.hoursId,
  ];
  for (const [signature, may] of listed) {
    for (const role of ['agent', 'supervisor'] as const) {
      if (may !== 'anyone' && !(may as readonly Role[]).includes(role)) continue;
      for (const query of lists[signature]!) {
        const answer = await people[role].ask(signature + query);
        assert.equal(answer.status, 200, answer.text);
        for (const secret of never)
          assert.ok(!answer.text.includes(secret), `${signature}${query} shows the ${role} ${secret}`);
      }
    }
  }

  const line = await parley.live(people.agent);
  for (const id of [theirs.held, theirs.waits]) {
    line.send({ do: 'subscribe', topic: `interaction:${id}` });
    assert.equal(
      (await line.next('an end', (m) => m.ended === `interaction:${id}`)).code,
      'interaction-unknown',
    );
  }
  line.send({ do: 'say', id: 'say', interactionId: theirs.held, key: 'key-of-an-intruder', text: 'hello' });
  assert.equal(
    (await line.next('a refusal', (m) => m.refused === 'say')).problem.code,
    'interaction-unknown',
  );
});

test('what belongs to one client cannot be tied to another, not even by an administrator', async () => {
  await using parley = await startParley();
  const mine = await fullCentre(parley, 'Mine');
  const theirs = await fullCentre(parley, 'Theirs');
  const administrator = await parley.signedIn(
    await mine.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const agent = await parley.signedIn(mine.agents[0]!);
  const supervisor = await parley.signedIn(mine.supervisor);
  const refused = async (asker: Asker, signature: string, body: unknown, code: string) => {
    const answer = await asker.ask(signature, { body });
    assert.deepEqual([answer.status, answer.body.code], [422, code], `${signature}: ${answer.text}`);
  };
  const type = { clientId: mine.client.id, channel: 'chat', nameEn: 'T', nameFr: 'T' };
  const requires = [{ competencyId: theirs.competency.id, level: 1 }];
  await refused(administrator, 'POST /api/interaction-types', { ...type, requires }, 'competency-unknown');
  await refused(
    administrator,
    `PATCH /api/interaction-types/${mine.type.id}`,
    { requires, version: mine.type.version },
    'competency-unknown',
  );
  await refused(
    administrator,
    `PATCH /api/interaction-types/${mine.type.id}`,
    { hoursId: theirs.hoursId, version: mine.type.version },
    'hours-unknown',
  );
  await refused(
    administrator,
    'POST /api/interaction-types',
    { ...type, hoursId: theirs.hoursId },
    'hours-unknown',
  );
  await refused(
    supervisor,
    `POST /api/interactions/${mine.waits}/push`,
    { to: { agentId: theirs.agents[0]!.id }, reason: 'r' },
    'agent-unknown',
  );
  await refused(
    supervisor,
    `POST /api/interactions/${mine.waits}/push`,
    { to: { teamId: theirs.teamId }, reason: 'r' },
    'team-unknown',
  );
  await refused(
    agent,
    `POST /api/interactions/${mine.held}/transfer`,
    { to: { typeId: theirs.type.id }, reason: 'r' },
    'type-unknown',
  );
  const channel = {
    clientId: mine.client.id,
    typeId: theirs.type.id,
    key: 'crossed',
    nameEn: 'C',
    nameFr: 'C',
  };
  await refused(administrator, 'POST /api/chat-channels', channel, 'type-unknown');
  await refused(
    administrator,
    `PATCH /api/chat-channels/${mine.channel.id}`,
    { typeId: theirs.type.id, version: mine.channel.version },
    'type-unknown',
  );
  await refused(agent, `POST /api/interactions/${mine.held}/end`, undefined, '').catch(() => {});
  await refused(
    agent,
    `POST /api/interactions/${mine.held}/complete`,
    { outcomeCode: theirs.outcomeOwn },
    'outcome-unknown',
  );
  await refused(
    supervisor,
    `POST /api/interactions/${mine.waits}/dismiss`,
    { outcomeCode: theirs.outcomeOwn },
    'outcome-unknown',
  );
  for (const [signature, body] of [
    ['POST /api/interaction-types', { ...type, clientId: nobodys }],
    ['POST /api/outcomes', { clientId: nobodys, code: 'x', nameEn: 'X', nameFr: 'X' }],
    ['POST /api/competencies', { clientId: nobodys, kind: 'technical', nameEn: 'X', nameFr: 'X' }],
    ['POST /api/chat-channels', { ...channel, clientId: nobodys, typeId: mine.type.id }],
    [
      'POST /api/people',
      {
        email: 'a@b.example',
        name: 'A',
        roles: ['agent'],
        password: 'long enough by far',
        clients: [nobodys],
      },
    ],
  ] as const)
    await refused(administrator, signature, body, 'client-unknown');
  await refused(
    administrator,
    `POST /api/people/${mine.agents[0]!.id}/assessments`,
    { competencyId: nobodys, level: 1, assessedOn: '2020-01-01' },
    'assessment-unknown-pair',
  );
});

test('losing a client, a role, the session or the account ends live lines at once', async () => {
  await using parley = await startParley();
  const centre = await fullCentre(parley, 'Rights');
  const other = await makeCentre(parley.program.ctx, { name: 'Elsewhere', agents: 0 });
  const administrator = await parley.signedIn(
    await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const change = async (id: string, body: Record<string, unknown>) => {
    const { version } = (await administrator.ask(`GET /api/people/${id}`)).body;
    const answer = await administrator.ask(`PATCH /api/people/${id}`, { body: { ...body, version } });
    assert.equal(answer.status, 200, answer.text);
  };
  const topic = `interaction:${centre.waits}`;
  const following = async (person: Pick<PersonRow, 'id'>, ...also: string[]) => {
    const asker = await parley.signedIn(person);
    const line = await parley.live(asker);
    for (const name of [topic, ...also]) {
      line.send({ do: 'subscribe', topic: name });
      await line.next(name, (m) => m.topic === name);
    }
    return { asker, line };
  };

  const noClient = await centre.addAgent({ name: 'Without a client', ready: false });
  const one = await following(noClient, 'work');
  await change(noClient.id, { clients: [other.client.id] });
  assert.equal((await one.line.next('the end', (m) => m.ended === topic)).code, 'interaction-unknown');

  const noRole = await centre.addAgent({
    name: 'Without a role',
    roles: ['agent', 'supervisor'],
    ready: false,
  });
  const two = await following(noRole, 'work');
  await change(noRole.id, { roles: ['supervisor'] });
  assert.equal((await two.line.next('the end', (m) => m.ended === 'work')).code, 'not-permitted');
  assert.equal((await two.asker.ask('GET /api/work')).status, 403);
  two.line.send({ do: 'say', id: 'say', interactionId: centre.held, key: 'key-12345678', text: 'x' });
  assert.equal((await two.line.next('a refusal', (m) => m.refused === 'say')).problem.code, 'not-permitted');

  const noSession = await centre.addAgent({ name: 'Signed out', ready: false });
  const three = await following(noSession);
  const elsewhere = await following(noSession);
  assert.equal((await three.asker.ask('DELETE /api/session')).status, 204);
  assert.deepEqual(await three.line.closed(), { code: 4005, reason: 'sign-in-needed' });
  assert.equal((await three.asker.ask('GET /api/work')).status, 401);
  assert.equal((await elsewhere.asker.ask('GET /api/work')).status, 200, 'the other browser stays signed in');
  assert.ok(elsewhere.line.ws.readyState === elsewhere.line.ws.OPEN);

  const noAccount = await centre.addAgent({ name: 'Closed account', ready: false });
  const four = await following(noAccount);
  await change(noAccount.id, { active: false });
  assert.equal((await four.line.closed()).code, 4005);
  assert.equal((await four.asker.ask('GET /api/session')).body.person, null);

  const newPassword = await centre.addAgent({ name: 'New password', ready: false });
  const five = await following(newPassword);
  await change(newPassword.id, { password: 'given by an administrator' });
  assert.equal((await five.line.closed()).code, 4005);

  const late = await centre.addAgent({ name: 'Late', ready: false });
  const { asker } = await following(late);
  parley.clock.pass(12 * 3_600_000 - 30_000);
  const six = await parley.live(asker);
  parley.clock.pass(45_000);
  // Rights are asked again once a minute: the line may have ended by now, or does so in the next round.
  if (six.ws.readyState === six.ws.OPEN) await six.settled().catch(() => {});
  parley.clock.pass(45_000);
  assert.equal((await six.closed()).code, 4005, 'a session that is over keeps no line open');
});

test('work of a client that an agent no longer serves is neither shown to them nor left in their hands', async () => {
  await using parley = await startParley();
  const centre = await fullCentre(parley, 'Left');
  const other = await makeCentre(parley.program.ctx, { name: 'Kept', agents: 0 });
  const [agent] = centre.agents;
  const administrator = await parley.signedIn(
    await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const asker = await parley.signedIn(agent!);
  const line = await parley.live(asker);
  line.send({ do: 'subscribe', topic: 'work' });
  await line.next('the work', (m) => m.topic === 'work' && m.snapshot.interactions.length > 0);
  const answer = await administrator.ask(`PATCH /api/people/${agent!.id}`, {
    body: { clients: [other.client.id], version: agent!.version },
  });
  assert.equal(answer.status, 200, answer.text);
  assert.ok(!(await asker.ask('GET /api/work')).text.includes(centre.held));
  await line.next('work without it', (m) => m.topic === 'work' && m.snapshot.interactions.length === 0);
  await eventually('it waits again for those who serve the client', async () => {
    const { body } = await administrator.ask(`GET /api/interactions/${centre.held}`);
    return body.state === 'waiting' && body.agentId === null;
  });
});

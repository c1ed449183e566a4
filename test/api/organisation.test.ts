import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Holiday, OpeningHours, Team } from '#src/modules/organisation/contract.ts';
import type { Person } from '#src/modules/people/contract.ts';
import { makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Asker, type Parley, startParley } from './parley.ts';

const message = { messageEn: 'We are closed.', messageFr: 'Nous sommes fermés.' };
const always = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' }));

async function office(parley: Parley, agents = 1) {
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { agents });
  const other = await makeCentre(ctx, { name: 'Another client', agents: 1 });
  const quiet = { ready: false, level: null };
  const people = {
    administrator: await centre.addAgent({ ...quiet, roles: ['administrator'] }),
    supervisor: await centre.addAgent({ ...quiet, roles: ['supervisor'] }),
  };
  return {
    centre,
    other,
    people,
    administrator: await parley.signedIn(people.administrator),
    supervisor: await parley.signedIn(people.supervisor),
    agent: await parley.signedIn(centre.agents[0]!),
  };
}

async function asked(asker: Asker, signature: string, body?: unknown, headers = {}) {
  const answer = await asker.ask(signature, { ...(body === undefined ? {} : { body }), headers });
  assert.ok([200, 201, 204].includes(answer.status), `${signature}: ${answer.text}`);
  return answer.body;
}

async function refused(asker: Asker, signature: string, body: unknown, code: string) {
  const answer = await asker.ask(signature, body === undefined ? {} : { body });
  assert.equal(answer.body?.code, code, `${signature}: ${answer.text}`);
}

test('sites and teams are made once, changed by whoever saw them last, and every change is in the log', async () => {
  await using parley = await startParley();
  const { administrator, centre, people } = await office(parley);
  const once = { 'idempotency-key': 'rennes' };
  const draft = { name: 'Rennes', timeZone: 'Europe/Paris' };
  const site = await asked(administrator, 'POST /api/sites', draft, once);
  assert.deepEqual(await asked(administrator, 'POST /api/sites', draft, once), site);
  assert.deepEqual((await asked(administrator, 'GET /api/sites')).items, [site]);
  await refused(
    administrator,
    'POST /api/sites',
    { ...draft, timeZone: 'Europe/Rennes' },
    'time-zone-unknown',
  );

  const members = [centre.agents[0]!.id];
  const team = await asked(administrator, 'POST /api/teams', {
    siteId: site.id,
    nameEn: 'Evenings',
    nameFr: 'Le soir',
    members,
  });
  assert.deepEqual([team.members, team.version, team.active], [members, 1, true]);
  const changed = await asked(administrator, `PATCH /api/teams/${team.id}`, {
    members: [people.supervisor.id],
    version: 1,
  });
  assert.deepEqual([changed.members, changed.version], [[people.supervisor.id], 2]);
  await refused(
    administrator,
    `PATCH /api/teams/${team.id}`,
    { nameEn: 'Late', version: 1 },
    'changed-meanwhile',
  );
  await refused(
    administrator,
    `PATCH /api/teams/${team.id}`,
    { members: [site.id], version: 2 },
    'person-unknown',
  );
  await refused(
    administrator,
    `PATCH /api/teams/${team.id}`,
    { siteId: team.id, version: 2 },
    'site-unknown',
  );
  await refused(administrator, `PATCH /api/sites/${site.id}`, { active: false, version: 1 }, 'site-in-use');
  await asked(administrator, `PATCH /api/teams/${team.id}`, { active: false, version: 2 });
  await asked(administrator, `PATCH /api/sites/${site.id}`, { active: false, version: 1 });
  await refused(
    administrator,
    'POST /api/teams',
    { siteId: site.id, nameEn: 'X', nameFr: 'X' },
    'site-unknown',
  );
  const log = await parley.own.db.owner<{ kind: string; body: Record<string, unknown> }[]>`
    select kind, body from event where stream = ${team.id} order by seq`;
  assert.deepEqual(
    log.map(({ body }) => [body.by, body.joined, body.left]),
    [
      [people.administrator.id, members, []],
      [people.administrator.id, [people.supervisor.id], members],
      [people.administrator.id, [], []],
    ],
  );
});

test('an agent knows of the teams of those with whom they share a client, and of their members only those', async () => {
  await using parley = await startParley();
  const { administrator, agent, centre, other } = await office(parley);
  const site = await asked(administrator, 'POST /api/sites', { name: 'Rennes', timeZone: 'Europe/Paris' });
  const make = (nameEn: string, members: string[]): Promise<Team> =>
    asked(administrator, 'POST /api/teams', { siteId: site.id, nameEn, nameFr: nameEn, members });
  const [mine, theirs] = [centre.agents[0]!.id, other.agents[0]!.id];
  const mixed = await make('Mixed', [mine, theirs]);
  const foreign = await make('Foreign', [theirs]);
  const empty = await make('Empty', []);
  const seen = (await asked(agent, 'GET /api/teams')).items as Team[];
  assert.deepEqual(
    seen.map(({ id, members }) => [id, members]),
    [[mixed.id, [mine]]],
  );
  assert.deepEqual((await asked(agent, `GET /api/teams/${mixed.id}`)).members, [mine]);
  for (const { id } of [foreign, empty]) await refused(agent, `GET /api/teams/${id}`, undefined, 'not-found');
  const all = (await asked(administrator, 'GET /api/teams')).items as Team[];
  assert.deepEqual(
    all.map(({ id }) => id),
    [mixed.id, foreign.id, empty.id],
  );
});

test('whoever makes up a team finds people by a part of their name, and reads the names of those in it', async () => {
  await using parley = await startParley();
  const { administrator, supervisor, centre, other } = await office(parley, 2);
  const add = (name: string, at: typeof centre) => at.addAgent({ name, ready: false, level: null });
  const [lena, helene, foreign] = [
    await add('Léna Morvan', centre),
    await add('Hélène Le Goff', centre),
    await add('Malena Ortiz', other),
  ];
  const names = async (asker: Asker, query: string) =>
    ((await asked(asker, `GET /api/people?${query}`)).items as Person[]).map(({ name }) => name);
  assert.deepEqual(await names(administrator, 'name=LÉNA'), ['Léna Morvan']);
  assert.deepEqual(await names(administrator, 'name=LE'), ['Hélène Le Goff', 'Malena Ortiz']);
  assert.deepEqual(
    await names(supervisor, 'name=LE'),
    ['Hélène Le Goff'],
    'of other clients nobody is found',
  );
  assert.deepEqual(await names(administrator, 'name=%25'), [], 'a sign of SQL is a sign like others');
  assert.deepEqual(await names(supervisor, `id=${foreign.id}&id=${lena.id}`), ['Léna Morvan']);
  assert.deepEqual(await names(administrator, `id=${helene.id}`), ['Hélène Le Goff']);
});

test('opening hours know the holidays of their region, and each can be worked', async () => {
  await using parley = await startParley();
  const { administrator } = await office(parley);
  const holidays = (await asked(administrator, 'GET /api/holidays?region=FR&year=2027')).items as Holiday[];
  assert.deepEqual(
    holidays.map(({ day, nameFr }) => `${day} ${nameFr}`),
    [
      '2027-01-01 Nouvel An',
      '2027-03-29 Lundi de Pâques',
      '2027-05-01 Fête du travail',
      '2027-05-06 Ascension',
      '2027-05-08 Fête de la Victoire 1945',
      '2027-05-17 Lundi de Pentecôte',
      '2027-07-14 Fête Nationale de la France',
      '2027-08-15 Assomption',
      '2027-11-01 Toussaint',
      '2027-11-11 Armistice 1918',
      '2027-12-25 Noël',
    ],
  );
  const geneva = (await asked(administrator, 'GET /api/holidays?region=CH-GE&year=2026')).items as Holiday[];
  assert.ok(
    geneva.some(
      ({ day, nameEn, nameFr }) => day === '2026-09-10' && nameEn !== '' && /Genevois/.test(nameFr),
    ),
  );
  await refused(administrator, 'GET /api/holidays?region=XX&year=2026', undefined, 'holiday-region-unknown');
  await refused(
    administrator,
    'GET /api/holidays?region=FR-ZZ&year=2026',
    undefined,
    'holiday-region-unknown',
  );
  const regions = (await asked(administrator, 'GET /api/holiday-regions')).items as {
    code: string;
    nameFr: string;
  }[];
  assert.ok(regions.length > 500);
  assert.ok(regions.some(({ code, nameFr }) => code === 'CH-GE' && /Genève/.test(nameFr)));

  const draft = { clientId: null, name: 'France', timeZone: 'Europe/Paris', weekly: always, ...message };
  await refused(
    administrator,
    'POST /api/opening-hours',
    { ...draft, holidayRegion: 'XX' },
    'holiday-region-unknown',
  );
  const made: OpeningHours = await asked(administrator, 'POST /api/opening-hours', {
    ...draft,
    holidayRegion: 'FR',
  });
  // The next holiday of the running clock is the next change of a calendar that never closes else.
  const now = parley.clock.now();
  const days: string[] = [];
  for (const year of [now.getUTCFullYear(), now.getUTCFullYear() + 1]) {
    const items = (await asked(administrator, `GET /api/holidays?region=FR&year=${year}`)).items as Holiday[];
    days.push(...items.map(({ day }) => day));
  }
  const today = new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Paris' }).format(now);
  assert.equal(made.open, !days.includes(today));
  if (!made.open) return; // a holiday in France: what follows looks forward to one
  const next = days.find((day) => day > today)!;
  const within = Date.parse(next) < now.getTime() + 99 * 86_400_000;
  if (within) {
    const closes = new Date(made.changesAt!);
    assert.equal(new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Paris' }).format(closes), next);
  }
  const keys = new Set(holidays.map(({ key }) => key));
  const worked: OpeningHours = await asked(administrator, `PATCH /api/opening-hours/${made.id}`, {
    holidaysWorked: [...keys],
    version: 1,
  });
  assert.deepEqual([worked.open, worked.changesAt, worked.version], [true, null, 2]);
});

test('opening hours are changed by version, their days by exception, and removed only when nothing follows them', async () => {
  await using parley = await startParley();
  const { administrator, supervisor, agent, centre, other } = await office(parley);
  const draft = {
    clientId: centre.client.id,
    name: 'Shop',
    timeZone: 'Europe/Paris',
    weekly: always,
    ...message,
  };
  const hours: OpeningHours = await asked(administrator, 'POST /api/opening-hours', draft);
  assert.deepEqual([hours.open, hours.changesAt, hours.closedEarly], [true, null, null]);
  const path = `/api/opening-hours/${hours.id}`;
  assert.deepEqual(await asked(agent, `GET ${path}`), hours, 'agents see the hours of their clients');
  const foreign = await asked(administrator, 'POST /api/opening-hours', {
    ...draft,
    clientId: other.client.id,
  });
  await refused(agent, `GET /api/opening-hours/${foreign.id}`, undefined, 'not-found');
  for (const [weekly, code] of [
    [
      [
        { day: 1, from: '08:00', to: '12:00' },
        { day: 1, from: '11:00', to: '18:00' },
      ],
      'hours-overlap',
    ],
    [[{ day: 1, from: '08:00', to: '08:00' }], 'hours-empty'],
    [[{ day: 8, from: '08:00', to: '18:00' }], 'input-invalid'],
    [[{ day: 1, from: '8:00', to: '25:00' }], 'input-invalid'],
  ] as const)
    await refused(administrator, `PATCH ${path}`, { weekly, version: 1 }, code);
  await asked(administrator, `PATCH ${path}`, { name: 'The shop', version: 1 });
  await refused(administrator, `PATCH ${path}`, { name: 'Shop', version: 1 }, 'changed-meanwhile');

  const today = new Intl.DateTimeFormat('sv', { timeZone: 'Europe/Paris' }).format(parley.clock.now());
  const shut: OpeningHours = await asked(administrator, `PUT ${path}/exceptions/${today}`, {
    intervals: [],
    messageEn: 'We count our stock.',
    messageFr: 'Jour d’inventaire.',
    version: 2,
  });
  assert.deepEqual([shut.open, shut.exceptions.length, shut.version], [false, 1, 3]);
  await refused(
    administrator,
    `PUT ${path}/exceptions/2020-01-01`,
    { intervals: [], version: 3 },
    'day-is-past',
  );
  await refused(
    supervisor,
    `PUT ${path}/early-closing`,
    { closed: true, reason: 'a storm' },
    'closed-already',
  );
  await refused(
    administrator,
    `DELETE ${path}/exceptions/${today}?version=2`,
    undefined,
    'changed-meanwhile',
  );
  const open: OpeningHours = await asked(administrator, `DELETE ${path}/exceptions/${today}?version=3`);
  assert.deepEqual([open.open, open.exceptions], [true, []]);
  await refused(administrator, `DELETE ${path}/exceptions/${today}?version=4`, undefined, 'not-found');

  await asked(administrator, `PATCH /api/interaction-types/${centre.type.id}`, {
    hoursId: hours.id,
    version: 1,
  });
  await refused(administrator, `DELETE ${path}?version=4`, undefined, 'hours-in-use');
  await asked(administrator, `PATCH /api/interaction-types/${centre.type.id}`, { hoursId: null, version: 2 });
  await refused(administrator, `DELETE ${path}?version=3`, undefined, 'changed-meanwhile');
  await asked(administrator, `DELETE ${path}?version=4`);
  await refused(administrator, `GET ${path}`, undefined, 'not-found');
});

test('a supervisor closes early with a reason and a message: new chats are refused with it, what waits is kept, and the same act undoes it', async () => {
  await using parley = await startParley();
  const { administrator, supervisor, people, centre } = await office(parley, 1);
  const hours: OpeningHours = await asked(administrator, 'POST /api/opening-hours', {
    clientId: centre.client.id,
    name: 'Shop',
    timeZone: 'Europe/Paris',
    weekly: always,
    ...message,
  });
  await asked(administrator, `PATCH /api/interaction-types/${centre.type.id}`, {
    hoursId: hours.id,
    version: 1,
  });
  const key = centre.channel.key;
  const shown = async () => (await parley.anyone.ask(`GET /chat/channels/${key}`)).body;
  assert.deepEqual([(await shown()).open, (await shown()).closedMessage], [true, undefined]);
  const early = await parley.visitor(key, { language: 'fr' });
  const line = await early.connect();
  const late = await parley.visitor(key);
  const first = await early.ask('POST /chat/messages', { body: { key: 'first-line', text: 'Bonjour' } });
  assert.equal(first.status, 201, first.text);

  const path = `PUT /api/opening-hours/${hours.id}/early-closing`;
  await refused(supervisor, path, { closed: false, reason: 'nothing' }, 'not-closed-early');
  await refused(supervisor, path, { closed: true, reason: ' ' }, 'input-invalid');
  const closed: OpeningHours = await asked(supervisor, path, {
    closed: true,
    reason: 'a storm',
    messageEn: 'A storm keeps us away.',
  });
  assert.equal(closed.open, false);
  assert.deepEqual(closed.closedEarly, {
    at: closed.closedEarly?.at,
    by: people.supervisor.id,
    reason: 'a storm',
    messageEn: 'A storm keeps us away.',
    messageFr: '',
  });
  assert.deepEqual((await shown()).closedMessage, {
    en: 'A storm keeps us away.',
    fr: 'Nous sommes fermés.',
  });
  assert.equal((await shown()).open, false);
  await line.next('that it closed', (m) => m.opened === true && m.open === false);

  const refusedLine = await late.ask('POST /chat/messages', { body: { key: 'late-line', text: 'Hello' } });
  assert.deepEqual(
    [refusedLine.status, refusedLine.body.code, refusedLine.body.detail],
    [409, 'channel-closed', 'A storm keeps us away.'],
  );
  const told = await shown();
  const begun = await parley.anyone.ask('POST /chat/sessions', {
    body: {
      channel: key,
      language: 'fr',
      told: { name: told.name.fr, answeredBy: told.answeredBy, charges: told.charges.fr },
    },
    headers: { origin: parley.url },
  });
  assert.deepEqual([begun.body.code, begun.body.detail], ['channel-closed', 'Nous sommes fermés.']);
  const more = await early.ask('POST /chat/messages', { body: { key: 'second-line', text: 'Encore' } });
  assert.equal(more.status, 201, 'who is in conversation goes on');

  const open: OpeningHours = await asked(supervisor, path, { closed: false, reason: 'the storm has passed' });
  assert.deepEqual([open.open, open.closedEarly], [true, null]);
  await line.next('that it opened', (m) => m.opened === true && m.open === true);
  const again = await late.ask('POST /chat/messages', { body: { key: 'late-line', text: 'Hello' } });
  assert.equal(again.status, 201, again.text);
  const log = await parley.own.db.owner<{ body: { by: string; reason?: string } }[]>`
    select body from event where stream = ${hours.id} order by seq`;
  assert.deepEqual(
    log.map(({ body }) => body.reason),
    [undefined, 'a storm', 'the storm has passed'],
  );
});

test('what is common to all clients is closed early by an administrator alone', async () => {
  await using parley = await startParley();
  const { administrator, supervisor } = await office(parley);
  const hours: OpeningHours = await asked(administrator, 'POST /api/opening-hours', {
    clientId: null,
    name: 'All',
    timeZone: 'UTC',
    weekly: always,
    ...message,
  });
  const path = `PUT /api/opening-hours/${hours.id}/early-closing`;
  await refused(supervisor, path, { closed: true, reason: 'r' }, 'hours-are-common');
  await asked(administrator, path, { closed: true, reason: 'r' });
});

test('an interaction type says how it is routed, and what it may not say is named', async () => {
  await using parley = await startParley();
  const { administrator, agent, centre } = await office(parley);
  const path = `/api/interaction-types/${centre.type.id}`;
  const routing = {
    targetSeconds: 30,
    ageing: { everySeconds: 60, by: 1, atMost: 10 },
    bestLevelFirst: true,
    widening: {
      best: [{ competencyId: centre.competency.id, level: 5 }],
      steps: [
        { afterSeconds: 20, lower: 1 },
        { afterSeconds: 40, lower: 3 },
      ],
    },
    deferred: { reserve: 1 },
    preferred: { lastAgent: true, holdSeconds: 20 },
    autoAccept: true,
  };
  const changed = await asked(administrator, `PATCH ${path}`, { routing, version: 1 });
  assert.deepEqual(changed.routing, routing);
  assert.deepEqual([changed.hoursId, changed.paused], [null, null]);
  const [listed] = (await asked(agent, 'GET /api/interaction-types')).items;
  assert.deepEqual(listed.routing, routing);
  const renamed = await asked(administrator, `PATCH ${path}`, { nameEn: 'Orders and more', version: 2 });
  assert.deepEqual(renamed.routing, routing, 'what is not named stays');
  await refused(administrator, `PATCH ${path}`, { requires: [], version: 3 }, 'widening-without-requirement');
  for (const wrong of [{ targetSeconds: 0 }, { unknown: 1 }, { ageing: { by: 1 } }, { languageLevel: 6 }])
    await refused(administrator, `PATCH ${path}`, { routing: wrong, version: 3 }, 'input-invalid');
});

test('a supervisor pauses a type with a reason and resumes it; who may take something is told by name', async () => {
  await using parley = await startParley();
  const { supervisor, agent, centre, other } = await office(parley, 2);
  const path = `/api/interaction-types/${centre.type.id}`;
  const paused = await asked(supervisor, `POST ${path}/pause`, { reason: 'the shop system is down' });
  assert.deepEqual([paused.paused.reason, paused.paused.until], ['the shop system is down', null]);
  await refused(supervisor, `POST ${path}/pause`, { reason: 'again' }, 'type-already-paused');
  assert.equal((await asked(supervisor, `POST ${path}/resume`, { reason: 'it works' })).paused, null);
  await refused(supervisor, `POST ${path}/resume`, { reason: 'again' }, 'type-not-paused');

  const { id } = await centre.arrive();
  const offered = await eventually('an offer', async () => {
    const body = await asked(supervisor, `GET /api/interactions/${id}`);
    return body.state === 'offered' && body;
  });
  const targets = await asked(agent, `GET /api/interactions/${id}/targets`);
  const idle = centre.agents.find((person) => person.id !== offered.agentId)!;
  assert.deepEqual(targets.agents, [{ id: idle.id, name: idle.name }]);
  assert.deepEqual(targets.cannot, { teams: [], agents: [] });
  assert.ok(!JSON.stringify(targets).includes(other.agents[0]!.id));
  await centre.assess(idle.id, 1);
  const then = await asked(supervisor, `GET /api/interactions/${id}/targets`);
  assert.ok(then.agents.every((person: { id: string }) => person.id !== idle.id));
  assert.deepEqual(then.cannot.agents, [{ id: idle.id, name: idle.name, why: 'agent-not-competent' }]);
  await centre.assess(idle.id, 5);
  const pushed = await asked(supervisor, `POST /api/interactions/${id}/push`, {
    to: { agentId: idle.id },
    reason: 'knows the matter',
  });
  assert.deepEqual([pushed.toAgentId, pushed.toTeamId], [idle.id, null]);
});

test('the rules of the centre are those of the program until somebody changes them', async () => {
  await using parley = await startParley();
  const { administrator, agent } = await office(parley);
  const rules = await asked(agent, 'GET /api/routing-rules');
  assert.deepEqual([rules.version, rules.missesMax, rules.channels.voice.email], [0, 3, 'interrupts']);
  const changed = await asked(administrator, 'PUT /api/routing-rules', { ...rules, missesMax: 5 });
  assert.deepEqual(changed, { ...rules, missesMax: 5, version: 1 });
  await refused(administrator, 'PUT /api/routing-rules', rules, 'changed-meanwhile');
  await refused(
    administrator,
    'PUT /api/routing-rules',
    { ...rules, channels: { chat: { chat: 'excluded' } } },
    'input-invalid',
  );
});

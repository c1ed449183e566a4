import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { InteractionType, RoutingRules } from '#src/modules/interactions/contract.ts';
import type { OpeningHours, Site, Team } from '#src/modules/organisation/contract.ts';
import type { Person } from '#src/modules/people/contract.ts';
import { administrator, DeskStage, type Staff } from './desk-stage.ts';
import { eventually } from './widget-stage.ts';

// How a centre is set out: where people work and with whom, when customers are answered, and how work is shared out.

let stage: DeskStage;
let ines: Person;
let office: Staff;

before(async () => {
  stage = await DeskStage.open();
  ines = await stage.person('Inès Calloway');
  await stage.person('Bo Lindqvist');
  await stage.person('Tomas Okafor', ['supervisor']);
  office = await stage.staff({ email: administrator.email, path: '/office/sites' });
});
after(async () => {
  await office?.leave();
  await stage?.close();
});

const items = async <Item>(path: string) => ((await stage.api('GET', path)) as { items: Item[] }).items;
const theType = async () => (await items<InteractionType>('/api/interaction-types'))[0]!;
const label = (name: string) => office.page.getByLabel(name, { exact: true });
const press = (name: string) => office.page.getByRole('button', { name, exact: true }).click();

/** Presses Save or Create and waits until it is said to be saved. */
async function saved(name = 'Save'): Promise<void> {
  await press(name);
  await office.page.getByText('Saved', { exact: true }).waitFor();
}

/** The focus stands in the field that was marked, and its sentence is shown. */
async function markedAndFocused(name: string, sentence: RegExp): Promise<void> {
  const field = office.page.getByLabel(name, { exact: true });
  await eventually(`${name} marked`, async () =>
    (await field.getAttribute('aria-invalid')) === 'true' ? true : undefined,
  );
  await eventually(`${name} focused`, async () =>
    (await field.evaluate((node) => node === document.activeElement)) ? true : undefined,
  );
  await office.sees(sentence);
}

test('a site and a team are made from the keyboard, and neither is retired while it is in use', async () => {
  const { page } = office;
  await office.goto('/office/sites');
  await office.sees('No site yet');
  await page.getByRole('link', { name: 'New site' }).click();
  await label('Name').fill('Montréal');
  await label('Time zone').focus();
  await page.keyboard.type('toronto');
  await page.getByRole('option', { name: /^America\/Toronto/ }).waitFor();
  await page.keyboard.press('Enter');
  assert.equal(await label('Time zone').inputValue(), 'America/Toronto');
  await office.sees(/^UTC-0[45]:00, where it is \d\d:\d\d now\.$/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.type('nowhere');
  await office.sees('Nothing found');
  await page.keyboard.press('Escape');
  assert.equal(await label('Time zone').inputValue(), 'America/Toronto', 'what was chosen stays');
  await saved('Create');
  const [site] = await items<Site>('/api/sites');
  assert.deepEqual([site?.name, site?.timeZone], ['Montréal', 'America/Toronto']);

  await office.goto('/office/teams/new');
  await label('Name in English').fill('Evenings');
  await label('Name in French').fill('Le soir');
  await label('Add somebody').focus();
  await page.keyboard.type('calloway');
  await page.getByRole('option', { name: /^Inès Calloway/ }).waitFor();
  const choices = page.getByRole('listbox', { name: 'Add somebody' }).getByRole('option');
  await eventually('the others gone', async () => ((await choices.count()) === 1 ? true : undefined));
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Remove Inès Calloway' }).waitFor();
  await saved('Create');
  const [team] = await items<Team>('/api/teams');
  assert.deepEqual(team?.members, [ines.id]);

  const type = await theType();
  await stage.api('PATCH', `/api/interaction-types/${type.id}`, {
    routing: { teams: [{ teamIds: [team.id], afterSeconds: 0 }] },
    version: type.version,
  });
  await office.goto(`/office/teams/${team.id}`);
  await page.getByRole('link', { name: 'Orders' }).waitFor();
  const active = page.getByRole('checkbox', { name: /^Active/ });
  await active.uncheck();
  await press('Save');
  await office.sees('An interaction type asks this team; change that type first.');
  assert.equal(await active.getAttribute('aria-invalid'), 'true');
  assert.equal((await items<Team>('/api/teams'))[0]?.active, true);
  await office.goto(`/office/sites/${site!.id}`);
  await active.uncheck();
  await press('Save');
  await office.sees('Teams in use work there; move them or take them out of use first.');
});

test('opening hours are typed as people write them, and what does not fit together is marked where it is', async () => {
  const { page } = office;
  await office.goto('/office/hours/new');
  await label('Name').fill('Shop hours');
  await label('Client').selectOption('Atelier Brume');
  await label('Message while it is closed, in English').fill('We are closed.');
  await label('Message while it is closed, in French').fill('Nous sommes fermés.');
  await label('Monday, from').fill('8h30');
  await label('Monday, to').fill('12');
  await press('Monday: add an opening');
  await label('Monday, opening 2, from').fill('11');
  await label('Monday, opening 2, to').fill('1800');
  assert.equal(
    await label('Monday, opening 1, from').inputValue(),
    '08:30',
    'it is put in shape when it is left',
  );
  await press('Create');
  await markedAndFocused('Monday, opening 2, from', /It overlaps another opening of this day/);
  await label('Monday, opening 2, from').fill('14.00');
  await press('Copy Monday to Tuesday–Friday');
  await press('Saturday: add an opening');
  await label('Saturday, from').fill('22');
  await label('Saturday, to').fill('2');
  await office.sees('A night shift: it goes on into Sunday.');
  await label('Public holidays of').click();
  await page.keyboard.type('geneva');
  await page.getByRole('option', { name: /Switzerland.*Geneva/ }).click();
  const year = new Date().getFullYear();
  await page.getByRole('columnheader', { name: String(year + 1) }).waitFor();
  await page.getByRole('checkbox', { name: /^Christmas Day: we work on this day/ }).check();
  await saved('Create');
  await page.getByRole('heading', { name: 'Shop hours' }).waitFor();
  const [hours] = await items<OpeningHours>('/api/opening-hours');
  assert.ok(hours);
  assert.deepEqual(
    hours.weekly.filter(({ day }) => [1, 5, 6].includes(day)),
    [
      { day: 1, from: '08:30', to: '12:00' },
      { day: 1, from: '14:00', to: '18:00' },
      { day: 5, from: '08:30', to: '12:00' },
      { day: 5, from: '14:00', to: '18:00' },
      { day: 6, from: '22:00', to: '02:00' },
    ],
  );
  assert.deepEqual([hours.holidayRegion, hours.holidaysWorked.length], ['CH-GE', 1]);

  await press('Add a day');
  const dialog = page.getByRole('dialog', { name: 'A day unlike its week' });
  await dialog.getByLabel('Day', { exact: true }).fill(`${year + 1}-12-24`);
  await dialog.getByRole('button', { name: /add an opening$/ }).click();
  await dialog.getByLabel(/, to$/).fill('noon');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByText('Not a time of day; write it such as 8:30.').waitFor();
  await dialog.getByLabel(/, to$/).fill('12');
  await dialog.getByLabel('Message while it is closed, in English').fill('A quiet evening to all.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  const row = page.getByRole('row', { name: /24 Dec/ });
  await row.getByText('09:00–12:00').waitFor();
  await row.getByRole('button', { name: /^Remove/ }).click();
  await office.sees('None to come.');
  await press('Undo');
  await row.getByText('A quiet evening to all.').waitFor();
});

test('a plan that somebody else changed is not overwritten, and a day of one’s own is no such change', async () => {
  const { page } = office;
  const [before] = await items<OpeningHours>('/api/opening-hours');
  assert.ok(before);
  const path = `/api/opening-hours/${before.id}`;
  const addDay = async (day: string) => {
    await press('Add a day');
    const dialog = page.getByRole('dialog', { name: 'A day unlike its week' });
    await dialog.getByLabel('Day', { exact: true }).fill(day);
    await dialog.getByRole('button', { name: 'Save' }).click();
    return dialog;
  };
  const year = new Date().getFullYear() + 1;
  await office.goto(`/office/hours/${before.id}`);
  await label('Name').fill('Hours of the shop');
  await (await addDay(`${year}-05-02`)).waitFor({ state: 'detached' });
  await press('Save');
  await page.getByRole('heading', { name: 'Hours of the shop' }).waitFor();

  await label('Name').fill('Shop hours');
  const { version } = (await stage.api('GET', path)) as OpeningHours;
  await stage.api('PATCH', path, { weekly: [{ day: 7, from: '10:00', to: '12:00' }], version });
  const dialog = await addDay(`${year}-05-03`);
  await dialog.getByText(/Somebody changed this meanwhile/).waitFor();
  await page.keyboard.press('Escape');
  await press('Save');
  await office.sees(/Somebody changed this meanwhile/);
  const kept = (await stage.api('GET', path)) as OpeningHours;
  assert.deepEqual([kept.name, kept.weekly.length], ['Hours of the shop', 1]);
  await press('Load the newest');
  await eventually('the newest', async () =>
    (await label('Sunday, from').inputValue()) === '10:00' ? true : undefined,
  );
  await label('Name').fill('Shop hours');
  await press('Save');
  await page.getByRole('heading', { name: 'Shop hours' }).waitFor();
});

test('a supervisor closes early with a reason and opens again, and changes nothing of the plan', async () => {
  // Open all day, so that there is something to close at whatever hour this runs.
  const [shop] = await items<OpeningHours>('/api/opening-hours');
  const always = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' }));
  const plan = { weekly: always, timeZone: 'UTC', holidayRegion: null, holidaysWorked: [] };
  await stage.api('PATCH', `/api/opening-hours/${shop!.id}`, { ...plan, version: shop!.version });
  const common = (await stage.api('POST', '/api/opening-hours', {
    clientId: null,
    name: 'Round the clock',
    timeZone: 'UTC',
    weekly: [],
    messageEn: 'Closed.',
    messageFr: 'Fermé.',
  })) as OpeningHours;

  const supervisor = await stage.staff({ email: 'tomas@meridian.example', path: '/office/hours' });
  const { page } = supervisor;
  await page.getByRole('link', { name: 'Shop hours' }).click();
  await page.getByRole('button', { name: 'Close for today' }).click();
  const dialog = page.getByRole('dialog', { name: 'Close Shop hours for today' });
  await dialog.getByLabel('Reason').fill('water in the server room');
  await dialog.getByLabel('Message to customers, in English').fill('We are back tomorrow.');
  await dialog.getByRole('button', { name: 'Close for today' }).click();
  await supervisor.sees('closed early');
  await supervisor.sees('water in the server room');
  await supervisor.sees('We are back tomorrow.');
  assert.equal(await page.getByRole('button', { name: 'Save' }).count(), 0);
  assert.equal(await page.getByRole('button', { name: 'Add a day' }).count(), 0);
  assert.equal(await page.getByLabel('Monday, from').isDisabled(), true);
  await page.getByRole('button', { name: 'Open again' }).click();
  const again = page.getByRole('dialog', { name: 'Open Shop hours again' });
  await again.getByLabel('Reason').fill('it is dry');
  await again.getByRole('button', { name: 'Open again' }).click();
  await page.getByRole('button', { name: 'Close for today' }).waitFor();

  await supervisor.goto(`/office/hours/${common.id}`);
  await supervisor.sees('These hours are common to all clients: an administrator closes them early.');
  assert.equal(await page.getByRole('button', { name: 'Close for today' }).count(), 0);
  for (const [path, made] of [
    ['sites', 'New site'],
    ['teams', 'New team'],
    ['hours', 'New opening hours'],
  ] as const) {
    await supervisor.goto(`/office/${path}`);
    await page.locator('main h1').waitFor();
    await page.getByRole('columnheader', { name: 'Name' }).waitFor();
    assert.equal(await page.getByRole('link', { name: made }).count(), 0, made);
  }
  await supervisor.goto('/office/channel-rules');
  await supervisor.sees('You can read this; an administrator can change it.');
  assert.equal(await page.getByLabel('Voice offered, E-mail held').isDisabled(), true);
  await supervisor.leave();

  await office.goto(`/office/hours/${common.id}`);
  await press('Close for today');
  const refused = office.page.getByRole('dialog');
  await refused.getByLabel('Reason').fill('for nothing');
  await refused.getByRole('button', { name: 'Close for today' }).click();
  await refused.getByText('It does not open any more today; there is nothing to close.').waitFor();
  await refused.getByRole('button', { name: 'Cancel' }).click();
  await press('Remove these hours');
  await press('Remove Round the clock');
  await office.sees('Shop hours');
  assert.equal((await items<OpeningHours>('/api/opening-hours')).length, 1);
});

test('how a type is routed is set in plain words, and a step that is out of order is marked', async () => {
  const { page } = office;
  const type = await theType();
  const [hours] = await items<OpeningHours>('/api/opening-hours');
  const [team] = await items<Team>('/api/teams');
  await office.goto(`/office/types/${type.id}`);
  await label('Opening hours').selectOption('Shop hours');
  await label('Answer within').fill('1 min 30 s');
  await label('Each time it waited').fill('60');
  await page.getByRole('checkbox', { name: /^The most competent first/ }).check();
  await page.getByRole('checkbox', { name: /^A returning customer’s last agent first/ }).check();
  await label('Kept for them for').fill('45');
  await page.getByRole('checkbox', { name: 'Begin with the best' }).check();
  await press('Add a step');
  await label('Step 2: after').fill('20 s');
  await label('At this level at least').selectOption('3');
  await page.getByRole('checkbox', { name: /^It can wait for a quiet moment/ }).check();
  await page.getByRole('checkbox', { name: /^Accepted by itself/ }).check();
  await press('Save');
  await markedAndFocused('the priority rises by', /Fill in all three, or none\./);
  await office.sees('Each step comes later than the one before.');
  await label('the priority rises by').fill('2');
  await label('in all by at most').fill('20');
  await label('Step 2: after').fill('1:30');
  await saved();
  const set = await theType();
  assert.equal(set.hoursId, hours!.id);
  assert.deepEqual(set.routing, {
    targetSeconds: 90,
    ageing: { everySeconds: 60, by: 2, atMost: 20 },
    bestLevelFirst: true,
    widening: {
      best: [{ competencyId: type.requires[0]!.competencyId, level: 5 }],
      steps: [
        { afterSeconds: 30, lower: 1 },
        { afterSeconds: 90, lower: 2 },
      ],
    },
    languageLevel: 3,
    deferred: { reserve: 1 },
    teams: [{ teamIds: [team!.id], afterSeconds: 0 }],
    preferred: { lastAgent: true, holdSeconds: 45 },
    autoAccept: true,
  });
  await office.goto(`/office/hours/${hours!.id}`);
  await page.getByRole('link', { name: 'Orders' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Remove these hours' }).count(), 0, 'they are in use');

  await stage.api('POST', `/api/interaction-types/${type.id}/pause`, { reason: 'the shop system is down' });
  await office.goto(`/office/types/${type.id}`);
  await office.sees(/^Paused by Ruth Calder since/);
  await office.sees(/the shop system is down/);
});

test('the channel table says in words what it means, and who was slower is told', async () => {
  const { page } = office;
  await office.goto('/office/channel-rules');
  await office.sees(
    'A call is not offered to an agent who handles a chat or a message, and may interrupt an e-mail.',
  );
  await label('E-mail offered, Voice held').selectOption('interrupts');
  await press('Save');
  await markedAndFocused('Voice offered, E-mail held', /Of two channels only one may interrupt the other\./);
  await label('E-mail offered, Voice held').selectOption('together');
  await label('Chat offered, E-mail held').selectOption('excluded');
  await office.sees('A chat is not offered to an agent who handles a call or an e-mail.');
  await label('Misses until an agent is not responding').fill('2');
  await office.sees(/^An agent who lets 2 offers in a row pass counts as not responding/);
  await saved();
  const rules = (await stage.api('GET', '/api/routing-rules')) as RoutingRules;
  assert.deepEqual(rules, {
    channels: {
      voice: { chat: 'excluded', messaging: 'excluded', email: 'interrupts' },
      chat: { voice: 'excluded', email: 'excluded' },
      messaging: { voice: 'excluded' },
      email: {},
    },
    missesMax: 2,
    version: 1,
  });
  await label('Misses until an agent is not responding').fill('4');
  await stage.api('PUT', '/api/routing-rules', { ...rules, missesMax: 9 });
  await press('Save');
  await office.sees(/Somebody changed this meanwhile/);
  await page.getByRole('button', { name: 'Load the newest' }).click();
  await eventually('the newest', async () =>
    (await label('Misses until an agent is not responding').inputValue()) === '9' ? true : undefined,
  );
});

test('a type names an agent who is asked first, and no one who does not work for its client', async () => {
  const { page } = office;
  await stage.api('POST', '/api/people', {
    name: 'Stranger Stone',
    email: 'stranger@meridian.example',
    roles: ['agent'],
    password: 'correct horse battery',
    clients: [],
    capacity: { chat: 1 },
  });
  await office.goto(`/office/types/${(await theType()).id}`);
  await label('One agent first').fill('stranger');
  await page.getByRole('option', { name: /^Stranger Stone/ }).click();
  await press('Save');
  await markedAndFocused('One agent first', /agent/i);
  await label('One agent first').fill('cal');
  await page.getByRole('option', { name: /^Inès Calloway/ }).click();
  await label('Kept for them for').fill('40 s');
  await saved();
  const { preferred } = (await theType()).routing;
  assert.deepEqual([preferred?.agentId, preferred?.holdSeconds], [ines.id, 40]);
});

test('an agent is barred from a type for a reason, and allowed again', async () => {
  const { page } = office;
  await office.goto(`/office/people/${ines.id}`);
  await office.sees('Nothing stands against any type.');
  await press('Bar from a type');
  const barring = page.getByRole('dialog', { name: 'Bar Inès Calloway from a type' });
  assert.ok(
    await barring.getByRole('button', { name: 'Bar', exact: true }).isDisabled(),
    'a reason is required',
  );
  await barring.getByLabel('Why').fill('has not read the new terms');
  await barring.getByRole('button', { name: 'Bar', exact: true }).click();
  await page.getByRole('cell', { name: 'has not read the new terms' }).waitFor();
  await page.getByRole('cell', { name: /, by Ruth Calder$/ }).waitFor();
  const bars = async () => items<{ typeId: string }>(`/api/people/${ines.id}/bars`);
  assert.deepEqual(
    (await bars()).map(({ typeId }) => typeId),
    [(await theType()).id],
  );
  await page.getByRole('button', { name: /^Allow again: / }).click();
  const lifting = page.getByRole('dialog', { name: /^Allow .* to Inès Calloway again$/ });
  await lifting.getByLabel('Why').fill('has read them');
  await lifting.getByRole('button', { name: 'Allow again', exact: true }).click();
  await office.sees('Nothing stands against any type.');
  assert.deepEqual(await bars(), []);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Interaction, InteractionType } from '#src/modules/interactions/contract.ts';
import { administrator, DeskStage, type Staff } from './desk-stage.ts';
import type { Customer } from './widget-stage.ts';

// Every screen in both themes and both languages, and at the widths at which the layout changes.

let stage: DeskStage;
let staff: Staff;
let customer: Customer;
let records: Record<string, string>;

const widths = [1440, 1024, 390, 320];

before(async () => {
  stage = await DeskStage.open();
  staff = await stage.staff({ email: administrator.email, ready: true });
  customer = await stage.customer();
  await customer.write(
    'Two glasses came broken. What do I do with https://shop.example/orders/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?',
  );
  await staff.accept();
  await staff.reply('I am sorry. I send new ones today.');
  const first = async (path: string) =>
    ((await stage.api('GET', path)) as { items: { id: string }[] }).items[0]?.id ?? '';
  records = {
    interactions: await first('/api/interactions'),
    clients: await first('/api/clients'),
    people: await first('/api/people'),
    competencies: await first('/api/competencies'),
    types: await first('/api/interaction-types'),
    outcomes: await first('/api/outcomes'),
    channels: await first('/api/chat-channels'),
    ...(await setOut()),
  };
});

/** A site, a team and opening hours, and a type that asks for all there is. */
async function setOut(): Promise<Record<string, string>> {
  const make = async (path: string, body: unknown) =>
    ((await stage.api('POST', path, body)) as { id: string }).id;
  const site = await make('/api/sites', { name: 'Rennes', timeZone: 'Europe/Paris' });
  const { id: ines } = await stage.person('Inès Calloway');
  const team = await make('/api/teams', {
    siteId: site,
    nameEn: 'Evenings',
    nameFr: 'Le soir',
    members: [ines],
  });
  const hours = await make('/api/opening-hours', {
    clientId: null,
    name: 'Shop hours',
    timeZone: 'America/Argentina/Buenos_Aires',
    weekly: [1, 2, 3, 4, 5, 6].flatMap((day) => [
      { day, from: '00:00', to: '12:00' },
      { day, from: '22:00', to: '02:00' },
    ]),
    holidayRegion: 'FR',
    messageEn: 'We are closed.',
    messageFr: 'Nous sommes fermés.',
  });
  const soon = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);
  const words = { messageEn: 'Closed for once.', messageFr: 'Fermé pour une fois.' };
  await stage.api('PUT', `/api/opening-hours/${hours}/exceptions/${soon}`, {
    intervals: [],
    ...words,
    version: 1,
  });
  const [orders] = ((await stage.api('GET', '/api/interaction-types')) as { items: InteractionType[] }).items;
  const type = await make('/api/interaction-types', {
    clientId: stage.clientId,
    channel: 'chat',
    nameEn: 'Returns',
    nameFr: 'Retours',
    requires: orders!.requires,
    hoursId: hours,
    routing: {
      targetSeconds: 90,
      ageing: { everySeconds: 60, by: 1, atMost: 20 },
      widening: {
        best: [{ competencyId: orders!.requires[0]!.competencyId, level: 5 }],
        steps: [{ afterSeconds: 30, lower: 1 }],
      },
      deferred: { reserve: 0 },
      teams: [
        { teamIds: [team], afterSeconds: 0 },
        { teamIds: [team], afterSeconds: 60 },
      ],
      preferred: { lastAgent: true, agentId: ines, holdSeconds: 45 },
    },
  });
  await stage.api('PUT', `/api/people/${ines}/bars/${type}`, {
    barred: true,
    reason: 'has not read the new terms of returns yet',
  });
  await stage.api('POST', `/api/interaction-types/${type}/pause`, { reason: 'the shop system is down' });
  return { sites: site, teams: team, hours, types: type, people: ines };
}
after(async () => {
  await customer?.leave();
  await stage?.close();
});

/** Both themes and both languages at the full width, then the other widths; nothing scrolls sideways but what has its own region. */
async function holdsEverywhere(what: string, open: () => Promise<void>): Promise<void> {
  const wrong: string[] = [];
  const { page } = staff;
  const look = async (how: string) => {
    for (const complaint of await staff.complaints()) wrong.push(`${what}, ${how}: ${complaint}`);
  };
  for (const language of ['en', 'fr'] as const) {
    await stage.api('PATCH', '/api/me', { language });
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await open();
    await page.locator(`html[lang=${language}]`).waitFor();
    await look(`dark, ${language}`);
    await page.emulateMedia({ colorScheme: 'light' });
    await look(`light, ${language}`);
    for (const width of widths) {
      await page.setViewportSize({ width, height: 844 });
      if (width !== 1440 && language === 'en') await look(`${width} px`);
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (wider > 0) wrong.push(`${what}, ${language}: ${wider} px wider than ${width}`);
    }
  }
  await stage.api('PATCH', '/api/me', { language: 'en' });
  assert.deepEqual(wrong, []);
}

async function shown(path: string): Promise<void> {
  await staff.goto(path);
  await staff.page.locator('main h1').first().waitFor();
  await staff.page.locator('.skeleton').first().waitFor({ state: 'detached' });
}

for (const list of [
  'interactions',
  'clients',
  'people',
  'sites',
  'teams',
  'competencies',
  'types',
  'hours',
  'outcomes',
  'channels',
]) {
  test(`axe finds nothing on the list of ${list}`, () =>
    holdsEverywhere(list, () => shown(`/office/${list}`)));
  test(`axe finds nothing on a record of ${list}`, () =>
    holdsEverywhere(`a record of ${list}`, () => shown(`/office/${list}/${records[list]}`)));
  if (list !== 'interactions') {
    test(`axe finds nothing on a new record of ${list}`, async () => {
      for (const width of [1440, 320]) {
        await staff.page.setViewportSize({ width, height: 844 });
        await shown(`/office/${list}/new`);
        assert.deepEqual(await staff.complaints(), [], `${width} px`);
      }
    });
  }
}
for (const page of [
  'presence',
  'conformity',
  'reactions',
  'jobs',
  'routing-checks',
  'centre',
  'channel-rules',
]) {
  test(`axe finds nothing on ${page}`, () => holdsEverywhere(page, () => shown(`/office/${page}`)));
}
test('axe finds nothing on an open choice, a week that does not fit together, a day unlike its week and an early closing', async () => {
  const { page } = staff;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1440, 320]) {
      await page.setViewportSize({ width, height: 844 });
      await shown(`/office/hours/${records.hours}`);
      const clean = async (what: string) =>
        assert.deepEqual(await staff.complaints(), [], `${what}, ${colorScheme}, ${width} px`);
      await page.getByLabel('Time zone').click();
      await page.keyboard.type('buenos');
      await page.getByRole('listbox', { name: 'Time zone' }).getByRole('option').first().waitFor();
      await clean('the choice');
      await page.keyboard.press('Escape');
      await page.getByLabel('Monday, opening 1, to').fill('23:00');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('alert').waitFor();
      await clean('the week');
      await page.getByRole('button', { name: 'Discard the changes' }).click();
      await page.getByRole('button', { name: 'Add a day' }).click();
      await page
        .getByRole('button', { name: /add an opening$/ })
        .last()
        .click();
      await clean('the day');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Close for today' }).click();
      await page.getByRole('dialog').waitFor();
      await clean('the closing');
      await page.keyboard.press('Escape');
    }
  }
});
test('axe finds nothing on the floor, on an opened row, its menu and a question', async () => {
  const { page } = staff;
  const open = async () => {
    await staff.goto(`/floor?open=${records.interactions}`);
    await page.locator('main h1').first().waitFor();
    await page.getByRole('button', { expanded: true }).first().waitFor();
  };
  await holdsEverywhere('floor', open);
  await open();
  for (const width of [1440, 320]) {
    await page.setViewportSize({ width, height: 844 });
    await page
      .getByRole('button', { name: /^Acts on/ })
      .first()
      .click();
    assert.deepEqual(await staff.complaints(), [], `the menu, ${width} px`);
    await page.getByRole('menuitem', { name: /^Pause/ }).click();
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(await staff.complaints(), [], `the question, ${width} px`);
    await page.keyboard.press('Escape');
  }
});
test('axe finds nothing where a ready client is made', () => holdsEverywhere('setup', () => shown('/setup')));

test('axe finds nothing on the desk with a conversation, in each of its panes', async () => {
  const open = async () => {
    await staff.goto(`/desk?open=${records.interactions}`);
    await staff.conversation.getByText('I am sorry.').waitFor();
  };
  await staff.page.setViewportSize({ width: 1440, height: 900 });
  await holdsEverywhere('desk', open);
  await open();
  await staff.page.setViewportSize({ width: 390, height: 844 });
  for (const pane of ['My work', 'Customer', 'Conversation']) {
    await staff.page.getByRole('button', { name: pane, exact: true }).click();
    assert.deepEqual(await staff.complaints(), [], pane);
  }
});

test('axe finds nothing on an offer, a decline, the keys, the preferences, a parking and a wrap-up', async () => {
  const { page } = staff;
  for (const theme of ['light', 'dark']) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.evaluate(
      (chosen) => localStorage.setItem('parley.preferences', JSON.stringify({ theme: chosen })),
      theme,
    );
    await staff.goto(`/desk?open=${records.interactions}`);
    const other = await stage.customer();
    await other.write('And another question.');
    await staff.offer.waitFor();
    assert.deepEqual(await staff.complaints(), [], 'the offer');
    await page.setViewportSize({ width: 320, height: 800 });
    assert.deepEqual(await staff.complaints(), [], 'the offer on a phone');
    await page.setViewportSize({ width: 1440, height: 900 });
    await staff.offer.getByRole('button', { name: /Decline/ }).click();
    assert.deepEqual(await staff.complaints(), [], 'the decline');
    await staff.offer.getByRole('button', { name: 'Back' }).click();
    await staff.accept();
    await page.getByRole('button', { name: /^Presence:/ }).click();
    assert.deepEqual(await staff.complaints(), [], 'the menu');
    await page.keyboard.press('Escape');
    await staff.conversation.focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    assert.deepEqual(await staff.complaints(), [], 'the keys');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /preferences, sign out/ }).click();
    await page.getByRole('menuitem', { name: 'Preferences' }).click();
    await page.getByRole('button', { name: 'Change the password' }).click();
    assert.deepEqual(await staff.complaints(), [], 'the preferences');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Park', exact: true }).click();
    assert.deepEqual(await staff.complaints(), [], 'the parking');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Wrap up/ }).click();
    await page.getByRole('radio').first().check();
    assert.deepEqual(await staff.complaints(), [], 'the wrap-up');
    await page.setViewportSize({ width: 320, height: 800 });
    assert.deepEqual(await staff.complaints(), [], 'the wrap-up on a phone');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('button', { name: /^Complete/ }).click();
    await page.getByRole('heading', { name: 'No conversation is open' }).waitFor();
    assert.deepEqual(await staff.complaints(), [], 'no conversation open');
    await other.leave();
  }
  const { items } = (await stage.api('GET', '/api/interactions?state=handling')) as { items: Interaction[] };
  assert.equal(items.length, 1);
});

test('axe finds nothing on signing in and on the first account', async () => {
  const empty = await DeskStage.openEmpty();
  try {
    for (const { url, heading } of [
      { url: stage.url, heading: /^(Sign in|Se connecter)$/ },
      { url: empty.url, heading: /^(Welcome to Parley|Bienvenue dans Parley)$/ },
    ]) {
      for (const locale of ['en-GB', 'fr-FR']) {
        for (const colorScheme of ['light', 'dark'] as const) {
          const newcomer = await stage.staff({ locale, colorScheme });
          await newcomer.page.goto(url);
          await newcomer.page.getByRole('heading', { name: heading }).waitFor();
          for (const width of locale === 'en-GB' && colorScheme === 'light' ? widths : [1440]) {
            await newcomer.page.setViewportSize({ width, height: 844 });
            assert.deepEqual(await newcomer.complaints(), [], `${heading} ${locale} ${colorScheme} ${width}`);
          }
          await newcomer.leave();
        }
      }
    }
  } finally {
    await empty.close();
  }
});

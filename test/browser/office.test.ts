import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ChatChannel } from '#src/channels/chat/contract.ts';
import type { InteractionType } from '#src/modules/interactions/contract.ts';
import { administrator, DeskStage, password } from './desk-stage.ts';
import { eventually } from './widget-stage.ts';

let stage: DeskStage;
before(async () => {
  stage = await DeskStage.open();
  await stage.person('Inès Calloway');
  await stage.person('Tomas Okafor', ['supervisor']);
});
after(() => stage?.close());

test('an administrator sets up a client, its competency, type, outcome, channel and agent, and the agent is offered its first chat', async () => {
  const office = await stage.staff({ email: administrator.email, path: '/office/clients' });
  const { page } = office;
  const make = async (path: string, fields: Record<string, string>) => {
    await office.goto(path);
    for (const [label, value] of Object.entries(fields))
      await page.getByLabel(label, { exact: true }).fill(value);
  };
  const save = async () => {
    await page.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL((url) => !url.pathname.endsWith('/new'));
  };
  await make('/office/clients/new', { Name: 'Norvik Energy' });
  await save();
  await make('/office/competencies/new', {
    'Name in English': 'Moving home',
    'Name in French': 'Déménagement',
  });
  await page.getByLabel('Client', { exact: true }).selectOption('Norvik Energy');
  await save();
  await make('/office/types/new', { 'Name in English': 'Moving', 'Name in French': 'Déménager' });
  await page.getByLabel('Client', { exact: true }).selectOption('Norvik Energy');
  await page.getByRole('button', { name: 'Ask for a competency' }).click();
  await page.getByLabel('Competency', { exact: true }).selectOption('Moving home');
  await page.getByLabel('Level at least', { exact: true }).selectOption('4');
  await save();
  await make('/office/outcomes/new', {
    'Name in English': 'Moved',
    'Name in French': 'Déménagé',
    Code: 'moved',
  });
  await save();

  await make('/office/channels/new', {
    Key: 'norvik',
    'Name shown to customers, in English': 'Norvik Energy, customer service',
    'Name shown to customers, in French': 'Norvik Energy, service client',
  });
  await page.getByLabel('Client', { exact: true }).selectOption('Norvik Energy');
  const open = page.getByRole('checkbox', { name: /^Open/ });
  assert.equal(await open.isDisabled(), true, 'a channel that does not say what it costs cannot be opened');
  await page.getByLabel('What contacting costs, in English').fill('Free.');
  await page.getByLabel('What contacting costs, in French').fill('Gratuit.');
  await open.check();
  await save();
  await office.sees('data-channel="norvik"');

  await make('/office/people/new', {
    Name: 'Elin Sørby',
    'E-mail': 'elin@meridian.example',
    'First password': password,
    'Chats at once': '2',
  });
  await page.getByRole('checkbox', { name: 'Norvik Energy' }).check();
  await save();
  await office.sees('Not assessed yet');
  await page.getByLabel('Competency', { exact: true }).selectOption('Moving home');
  await page.getByLabel('Level', { exact: true }).selectOption('4 of 5');
  await page.getByRole('button', { name: 'Record the assessment' }).click();
  await office.sees('valid');

  const agent = await stage.staff({ email: 'elin@meridian.example', ready: true });
  stage.channelKey = 'norvik';
  const customer = await stage.customer();
  await customer.write('I move out on Friday.');
  await agent.offer.getByText('it asks for Moving home at 4 or more, which you hold').waitFor();
  await agent.accept();
  await agent.page.getByRole('button', { name: /^Wrap up/ }).click();
  await agent.page.getByRole('radio', { name: 'Moved' }).check();
  await agent.page.getByRole('button', { name: /^Complete/ }).click();
  await agent.sees('Nothing is with you');

  await office.goto('/office/interactions');
  await page.getByLabel('Client').selectOption('Norvik Energy');
  await eventually('the filter in the address', async () =>
    page.url().includes('client=') ? true : undefined,
  );
  await page.reload();
  await page
    .getByRole('row', { name: /Norvik Energy/ })
    .getByRole('link')
    .click();
  await office.sees(
    'it asks for Moving home at 4 or more, which Elin Sørby holds; Elin Sørby was the only one free who could take it.',
  );
  await office.sees('Told what it costs');
  await office.sees('completed by Elin Sørby: Moved');
  await customer.leave();
  await agent.leave();
  await office.leave();
});

test('a field that is wrong says so where it is, and what was typed survives a reload', async () => {
  const office = await stage.staff({ email: administrator.email, path: '/office/people/new' });
  const { page } = office;
  await page.getByLabel('Name', { exact: true }).fill('Kofi Brandt');
  await page.getByLabel('E-mail').fill('kofi@meridian.example');
  await page.getByLabel('First password').fill('short');
  await page.getByRole('button', { name: 'Create' }).click();
  await eventually('the field marked', async () =>
    (await page.getByLabel('First password').getAttribute('aria-invalid')) === 'true' ? true : undefined,
  );
  await page.reload();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Kofi Brandt');
  await office.sees('What you typed here before was kept and is not saved yet.');
  await page.getByRole('button', { name: 'Empty the form' }).click();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), '');
  await office.leave();
});

test('two administrators change one type: the second is told, and can load the newest', async () => {
  const { items } = (await stage.api('GET', '/api/interaction-types')) as { items: InteractionType[] };
  const type = items.find(({ nameEn }) => nameEn === 'Orders');
  assert.ok(type);
  const office = await stage.staff({ email: administrator.email, path: `/office/types/${type.id}` });
  const { page } = office;
  await page.getByLabel('Priority', { exact: true }).fill('7');
  await stage.api('PATCH', `/api/interaction-types/${type.id}`, {
    nameEn: 'Orders and returns',
    version: type.version,
  });
  await page.getByRole('button', { name: 'Save' }).click();
  await office.sees(/Somebody changed this meanwhile/);
  assert.equal(
    await page.getByLabel('Priority', { exact: true }).inputValue(),
    '7',
    'what was typed is still there',
  );
  await page.getByRole('button', { name: 'Load the newest' }).click();
  await eventually('the newest', async () =>
    (await page.getByLabel('Name in English').inputValue()) === 'Orders and returns' ? true : undefined,
  );
  await office.leave();
});

test('a supervisor reads the office and changes nothing in it', async () => {
  const { items } = (await stage.api('GET', '/api/chat-channels')) as { items: ChatChannel[] };
  const supervisor = await stage.staff({ email: 'tomas@meridian.example', path: '/office/channels' });
  const { page } = supervisor;
  await page.getByRole('link', { name: 'Atelier Brume, customer service' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'New channel' }).count(), 0);
  await supervisor.goto(`/office/channels/${items.find(({ key }) => key !== 'norvik')?.id}`);
  await supervisor.sees('You can read this; an administrator can change it.');
  assert.equal(await page.getByLabel('What contacting costs, in English').isDisabled(), true);
  assert.equal(await page.getByRole('button', { name: 'Save' }).count(), 0);
  await supervisor.leave();
});

test('an agent has no office, and is told where their work is', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', path: '/office/people' });
  await agent.sees('The office is for administrators and supervisors');
  assert.equal(await agent.page.getByRole('link', { name: 'Office', exact: true }).count(), 0);
  await agent.leave();
});

test('the register shows gaps as gaps and marks what is inferred', async () => {
  const office = await stage.staff({ email: administrator.email, path: '/office/conformity' });
  const { page } = office;
  await page.getByRole('navigation', { name: 'Clauses' }).getByRole('link', { name: /^7\.2/ }).click();
  await office.sees('inferred');
  await page.getByRole('link', { name: /^7\.2-b/ }).click();
  await page.getByRole('article').getByText('7.2-b', { exact: true }).waitFor();
  assert.match(page.url(), /clause=7\.2&open=7\.2-b/);
  await office.leave();
});

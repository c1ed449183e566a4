import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Interaction, InteractionEvent } from '#src/modules/interactions/contract.ts';
import { administrator, DeskStage, password } from './desk-stage.ts';
import { Customer, eventually } from './widget-stage.ts';

let stage: DeskStage;
before(async () => {
  stage = await DeskStage.open();
  await stage.person('Inès Calloway');
});
after(() => stage?.close());

async function eventsOf(id: string): Promise<InteractionEvent[]> {
  return ((await stage.api('GET', `/api/interactions/${id}/events`)) as { events: InteractionEvent[] })
    .events;
}

async function newest(): Promise<Interaction> {
  const { items } = (await stage.api('GET', '/api/interactions?limit=1')) as { items: Interaction[] };
  assert.ok(items[0]);
  return items[0];
}

test('a newcomer makes the first account and a ready client, and chats with themselves in two tabs', async () => {
  const empty = await DeskStage.openEmpty();
  try {
    const newcomer = await empty.staff();
    const { page } = newcomer;
    await page.getByLabel('Name of the contact centre').fill('Meridian Contact');
    await page.getByLabel('Your name').fill(administrator.name);
    await page.getByLabel('E-mail').fill(administrator.email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Make the account' }).click();
    await page.getByRole('button', { name: 'Make a ready client' }).click();
    const [tab] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Open the try page' }).click(),
    ]);
    const customer = new Customer(tab);
    await customer.open();
    await customer.write('Has my order left?');
    await customer.sees('received');
    await page.bringToFront();
    await page.getByRole('link', { name: 'Go to the desk' }).click();
    await newcomer.accept();
    await newcomer.reply('It left this morning.');
    await tab.bringToFront();
    await customer.sees('It left this morning.');
    assert.deepEqual(newcomer.faults, []);
  } finally {
    await empty.close();
  }
});

test('an agent accepts, answers, ends and completes without the mouse', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
  const customer = await stage.customer();
  await customer.write('Two glasses came broken.');
  await agent.offer.waitFor();
  await agent.sees('Why me:');
  const { page } = agent;
  await page.keyboard.press('a');
  await agent.writing.waitFor();
  await eventually('the focus in the reply', async () =>
    (await agent.writing.evaluate((field) => field === document.activeElement)) ? true : undefined,
  );
  await page.keyboard.type('I am sorry.');
  await page.keyboard.press('Enter');
  await page.keyboard.type('I send new ones.');
  await page.keyboard.press('Control+Enter');
  await customer.sees('I send new ones.');
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.keyboard.type('Parcel 7.');
  await page.keyboard.press('Control+Enter');
  await agent.sees('the customer does not see it');
  await page.keyboard.press('Escape');
  await page.keyboard.press('w');
  await page.getByRole('radio', { name: 'Solved', exact: true }).waitFor();
  await eventually('the focus in the outcomes', async () =>
    (await page.evaluate(() => document.activeElement?.getAttribute('type'))) === 'radio' ? true : undefined,
  );
  await page.keyboard.press('Space');
  await page.keyboard.press('Control+Enter');
  await agent.sees('Nothing is with you');
  const one = await newest();
  assert.equal(one.state, 'closed');
  assert.equal(one.outcomeCode, 'solved');
  const lines = (await eventsOf(one.id)).flatMap(({ message }) => (message === undefined ? [] : [message]));
  assert.deepEqual(
    lines.filter(({ author }) => author === 'agent').map(({ text, audience }) => [text, audience]),
    [
      ['I am sorry.\nI send new ones.', 'all'],
      ['Parcel 7.', 'staff'],
    ],
  );
  assert.equal((await customer.log.allTextContents()).join().includes('Parcel 7.'), false);
  await customer.leave();
  await agent.leave();
});

test('an offer counts down once a second, and rings wherever the agent is', async () => {
  const agent = await stage.staff({ email: administrator.email, ready: true });
  await agent.goto('/office/clients');
  const customer = await stage.customer();
  await customer.write('Good morning.');
  const timer = agent.offer.getByRole('timer');
  const first = Number(await timer.textContent());
  await eventually('the countdown', async () =>
    Number(await timer.textContent()) === first - 2 ? true : undefined,
  );
  await agent.accept();
  assert.match(agent.page.url(), /\/desk\?open=/);
  await agent.conversation.getByText('Good morning.').waitFor();
  await finish(agent.page);
  await customer.leave();
  await agent.leave();
});

test('a declined offer goes back with the reason, and the record names it', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
  const customer = await stage.customer();
  await customer.write('Is it you again?');
  await agent.offer.waitFor();
  await agent.page.keyboard.press('d');
  await agent.page.getByLabel('Why you decline').selectOption('knows the customer personally');
  await agent.offer.getByRole('button', { name: 'Decline' }).click();
  await agent.offer.waitFor({ state: 'hidden' });
  const one = await newest();
  assert.equal(one.state, 'waiting');
  const declined = (await eventsOf(one.id)).find(({ kind }) => kind === 'interaction.declined');
  assert.equal(declined?.body.reason, 'knows-the-customer');
  await stage.api('POST', `/api/interactions/${one.id}/dismiss`, { outcomeCode: 'spam' }).catch(async () => {
    const { items } = (await stage.api('GET', '/api/outcomes')) as { items: { code: string }[] };
    await stage.api('POST', `/api/interactions/${one.id}/dismiss`, { outcomeCode: items[0]?.code });
  });
  await customer.leave();
  await agent.leave();
});

test('a draft survives a reload, and what was parked comes back with it', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
  const customer = await stage.customer();
  await customer.write('When will they come?');
  await agent.accept();
  await agent.writing.fill('On Friday, I think; I');
  await agent.sees(/Draft kept/);
  await agent.page.reload();
  assert.equal(await agent.writing.inputValue(), 'On Friday, I think; I');
  await agent.page.getByRole('button', { name: 'Park' }).click();
  await agent.page.getByLabel('What it waits for').fill('the carrier');
  await agent.page.getByRole('dialog').getByRole('button', { name: 'Park' }).click();
  await agent.sees('Parked 1');
  await agent.sees(/parked by you: the carrier/);
  await agent.page.getByRole('button', { name: 'Resume' }).click();
  await agent.sees('Handling 1');
  assert.equal(await agent.writing.inputValue(), 'On Friday, I think; I');
  await agent.reply('On Friday.');
  await finish(agent.page);
  await customer.leave();
  await agent.leave();
});

test('who reads further up is not moved: what is new is counted, and one press goes there', async () => {
  const agent = await stage.staff({
    email: 'ines@meridian.example',
    ready: true,
    viewport: { width: 1440, height: 600 },
  });
  const customer = await stage.customer();
  await customer.write('A long story.');
  await agent.accept();
  for (let line = 1; line <= 8; line++) await agent.reply(`Part ${line} of the answer`);
  await agent.conversation.evaluate((log) => {
    log.scrollTop = 0;
  });
  await customer.write('I see.');
  await customer.write('And then?');
  const fresh = agent.page.getByRole('button', { name: '2 new' });
  await fresh.waitFor();
  assert.equal(await agent.conversation.evaluate((log) => log.scrollTop), 0);
  await fresh.click();
  await fresh.waitFor({ state: 'hidden' });
  assert.ok(
    await agent.conversation.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 48),
  );
  await finish(agent.page);
  await customer.leave();
  await agent.leave();
});

test('when the server is gone the desk says so and how old it is, and what was written meanwhile arrives once', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
  const customer = await stage.customer();
  await customer.write('Still there?');
  await agent.accept();
  await agent.reply('Yes.');
  const { id } = await newest();
  await stage.program.kill9();
  await agent.sees(/Line lost 0:\d\d ago/);
  await agent.sees(/Showing \d\d:\d\d:\d\d/);
  await agent.writing.fill('I look it up.');
  await agent.writing.press('Control+Enter');
  await agent.sees('sending');
  await stage.start(stage.program.dataDir);
  await agent.page.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });
  const lines = () =>
    eventsOf(id).then((events) =>
      events.flatMap(({ message }) => (message?.author === 'agent' ? [message.text] : [])),
    );
  await eventually('the line on record', async () => ((await lines()).length === 2 ? true : undefined));
  assert.deepEqual(await lines(), ['Yes.', 'I look it up.']);
  assert.equal(await agent.conversation.getByText('I look it up.').count(), 1);
  await finish(agent.page);
  await customer.leave();
  await agent.leave();
});

test('a reply written without a network is sent when it is back, and the customer no longer counts as waiting', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
  const customer = await stage.customer();
  await customer.write('Is it open on Sunday?');
  await agent.accept();
  const work = agent.page.getByRole('region', { name: 'My work' });
  await work.getByText(/has waited .* for your answer/).waitFor();
  await agent.page.context().setOffline(true);
  await agent.sees(/Line lost 0:0\d ago/);
  await agent.writing.fill('Until noon.');
  await agent.writing.press('Control+Enter');
  await agent.page.context().setOffline(false);
  await agent.page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 });
  await customer.sees('Until noon.');
  await work.getByText('You: Until noon.').waitFor();
  assert.equal(await work.getByText(/not answered/).count(), 0);
  assert.equal(await work.getByText(/for your answer/).count(), 0);
  await finish(agent.page);
  await customer.leave();
  await agent.leave();
});

test('when the session ends in mid-work the agent signs in again and goes on with what was typed', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
  const customer = await stage.customer();
  await customer.write('A question.');
  await agent.accept();
  await agent.writing.fill('Half an ans');
  await agent.page.context().clearCookies();
  await agent.page.getByRole('button', { name: 'Park' }).click();
  await agent.page.getByRole('dialog').getByRole('button', { name: 'Park' }).click();
  const again = agent.page.getByRole('dialog', { name: 'Sign in again' });
  await again.waitFor();
  assert.equal(await again.getByLabel('E-mail').inputValue(), 'ines@meridian.example');
  await again.getByLabel('Password').fill(password);
  await again.getByRole('button', { name: 'Sign in' }).click();
  await again.waitFor({ state: 'hidden' });
  await agent.page.getByRole('dialog').getByRole('button', { name: 'Keep handling' }).click();
  assert.equal(await agent.writing.inputValue(), 'Half an ans');
  await agent.reply('Half an answer.');
  await finish(agent.page);
  await customer.leave();
  await agent.leave();
});

test('signing out while holding work asks by naming it', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
  const customer = await stage.customer();
  await customer.write('Please wait.');
  await agent.accept();
  await agent.page.getByRole('button', { name: 'Note the name' }).click();
  await agent.page.getByLabel('Name, as the customer says it').fill('Helen Aldous');
  await agent.page.keyboard.press('Enter');
  await agent.page.getByRole('heading', { name: 'Helen Aldous', exact: true }).waitFor();
  await agent.page.getByRole('button', { name: /preferences, sign out/ }).click();
  await agent.page.getByRole('menuitem', { name: 'Sign out' }).click();
  const asking = agent.page.getByRole('dialog', { name: 'Sign out and leave what you hold?' });
  await asking.getByText('Helen Aldous').waitFor();
  await asking.getByRole('button', { name: 'Sign out and leave 1' }).click();
  await agent.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const one = await newest();
  assert.equal(one.state, 'waiting');
  const { items } = (await stage.api('GET', '/api/outcomes')) as { items: { code: string }[] };
  await stage.api('POST', `/api/interactions/${one.id}/dismiss`, { outcomeCode: items[0]?.code });
  await customer.leave();
  await agent.leave();
});

test('an agent who prefers French reads French at once, and the next time', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', path: '/desk' });
  await agent.page.getByRole('button', { name: /preferences, sign out/ }).click();
  await agent.page.getByRole('menuitem', { name: 'Preferences' }).click();
  await agent.page.getByLabel('Language').selectOption('fr');
  await agent.page.getByRole('heading', { name: 'Préférences' }).waitFor();
  assert.equal(await agent.page.locator('html').getAttribute('lang'), 'fr');
  await agent.page.reload();
  await agent.sees('Rien n’est chez vous');
  await agent.page.getByRole('button', { name: /préférences, déconnexion/ }).click();
  await agent.page.getByRole('menuitem', { name: 'Préférences' }).click();
  await agent.page.getByLabel('Langue').selectOption('en');
  await agent.page.getByRole('heading', { name: 'Preferences' }).waitFor();
  await agent.leave();
});

/** Ends the open conversation and completes it. */
async function finish(page: import('playwright-core').Page): Promise<void> {
  await page.getByRole('button', { name: /^Wrap up/ }).click();
  await page.getByRole('radio').first().check();
  await page.getByRole('button', { name: /^Complete/ }).click();
  await page.getByText('Nothing is with you').waitFor();
}

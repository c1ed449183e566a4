import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Floor } from '#src/app/contract.ts';
import type { InteractionEvent, InteractionType } from '#src/modules/interactions/contract.ts';
import type { Person } from '#src/modules/people/contract.ts';
import { DeskStage, type Staff } from './desk-stage.ts';
import { type Customer, eventually } from './widget-stage.ts';

// A supervisor who is an agent too moves work by hand, without the mouse where it matters.

let stage: DeskStage;
let lead: Staff;
let ines: Person;
let customer: Customer;
let id: string;
before(async () => {
  stage = await DeskStage.open();
  ines = await stage.person('Inès Calloway');
  await stage.person('Ada Morel', ['supervisor', 'agent']);
  customer = await stage.customer();
  await customer.write('Two glasses came broken.');
  id = await eventually('what waits', async () => (await floor()).interactions[0]?.id);
  lead = await stage.staff({ email: 'ada@meridian.example', path: '/floor' });
  // Who is an agent begins at the desk.
  await lead.goto('/floor');
  await lead.page.getByRole('table').waitFor();
});
after(async () => {
  await customer?.leave();
  await stage?.close();
});

const floor = async () => (await stage.api('GET', '/api/floor')) as Floor;
const events = async () =>
  ((await stage.api('GET', `/api/interactions/${id}/events`)) as { events: InteractionEvent[] }).events;
const last = async () => (await events()).at(-1);
const row = () => lead.page.getByRole('button', { name: /^chat Customer without a name/ });

async function choose(act: string): Promise<void> {
  await lead.page
    .getByRole('button', { name: /^Acts on/ })
    .first()
    .click();
  await lead.page.getByRole('menuitem', { name: act }).click();
}

test('by keyboard a supervisor opens a row, reads why it still waits, and gives it to an agent for a reason', async () => {
  const { page } = lead;
  await row().focus();
  await page.keyboard.press('Enter');
  await lead.sees('Why still waiting:');
  await lead.sees(/No competent agent is free\..*not ready \(.*Inès Calloway.*\)/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Give to a team or an agent' }).waitFor();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: /^Give Customer without a name/ });
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: ines.name });
  const give = dialog.getByRole('button', { name: 'Give', exact: true });
  assert.ok(await give.isDisabled(), 'a reason is required');
  await dialog.getByLabel('Why').fill('knows the glasses');
  await page.keyboard.press('Enter');
  await lead.sees(/given to Inès Calloway/);
  await lead.page.getByRole('cell', { name: /^kept for Inès Calloway until/ }).waitFor();
  await lead.sees(/It was given to Inès Calloway by name and waits for them/);
  const pushed = await last();
  assert.equal(pushed?.kind, 'interaction.pushed');
  assert.equal(pushed?.body.reason, 'knows the glasses');
});

test('a supervisor moves something in its line, and what the line says is what the record says', async () => {
  await choose('Move in the line');
  const dialog = lead.page.getByRole('dialog');
  await dialog.getByLabel('Priority').fill('20');
  await dialog.getByLabel('Why').fill('she is hurt');
  await dialog.getByRole('button', { name: 'Move', exact: true }).click();
  await lead.page.getByRole('cell', { name: '20', exact: true }).waitFor();
  await lead.goto(`/office/interactions/${id}`);
  await lead.sees('priority changed from 0 to 20 by you: she is hurt');
  await lead.sees(/given by you to Inès Calloway, and to nobody else before .*: knows the glasses/);
  await lead.goto('/floor');
});

test('a supervisor has an agent asked first, and everybody else if they are not there', async () => {
  await choose('Give to a team or an agent');
  const dialog = lead.page.getByRole('dialog', { name: /^Give Customer without a name/ });
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: ines.name });
  await dialog.getByLabel('Kept for them until').selectOption('tomorrow');
  await dialog.getByLabel('Who else is asked').selectOption('first');
  await dialog.getByText(/They are asked first, if they are there/).waitFor();
  assert.equal(await dialog.getByLabel('Kept for them until').inputValue(), 'hour', 'an hour at most');
  await dialog.getByLabel('Why').fill('knows the glasses best');
  await dialog.getByRole('button', { name: 'Give', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  const preferred = await last();
  assert.deepEqual(
    [preferred?.kind, preferred?.body.toAgentId, preferred?.body.thenAnybody, preferred?.body.reason],
    ['interaction.preferred', ines.id, true, 'knows the glasses best'],
  );
});

test('a paused type is said at the top with who and why, holds what waits, and goes on when resumed', async () => {
  await lead.page.getByRole('button', { name: 'Pause a type' }).click();
  const dialog = lead.page.getByRole('dialog', { name: 'Pause a type' });
  await dialog.getByLabel('Why').fill('the shop system is down');
  await dialog.getByRole('button', { name: 'Pause', exact: true }).click();
  const held = lead.page.getByRole('list', { name: 'Paused and closed' });
  await held.getByText(/is paused/).waitFor();
  await held.getByText(/by Ada Morel since .*: the shop system is down/).waitFor();
  await row().click();
  await lead.sees('Its type is paused until somebody resumes it.');
  await held.getByRole('button', { name: /^Resume/ }).click();
  const resuming = lead.page.getByRole('dialog', { name: /^Resume/ });
  await resuming.getByLabel('Why').fill('it works again');
  await resuming.getByRole('button', { name: 'Resume', exact: true }).click();
  await held.waitFor({ state: 'detached' });
  const { items } = (await stage.api('GET', '/api/interaction-types')) as { items: InteractionType[] };
  assert.equal(items[0]?.paused, null);
});

test('an offer is taken back, and when the agent was faster the refusal says so and what was typed stays', async () => {
  const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
  await agent.offer.waitFor();
  await lead.page.getByRole('list').getByText('Inès Calloway').waitFor();
  await lead.page.getByRole('cell', { name: /^offered/ }).waitFor();
  await choose('Take the offer back');
  const dialog = lead.page.getByRole('dialog', { name: /^Take the offer/ });
  await dialog.getByLabel('Why').fill('somebody else knows her');
  await agent.accept();
  await dialog.getByRole('button', { name: 'Take back' }).click();
  await dialog
    .getByRole('alert')
    .getByText(/look again/)
    .waitFor();
  assert.equal(await dialog.getByLabel('Why').inputValue(), 'somebody else knows her');
  await lead.page.keyboard.press('Escape');
  await lead.page.getByRole('cell', { name: /in conversation/ }).waitFor();
  await lead.page
    .getByRole('button', { name: /^Acts on/ })
    .first()
    .click();
  await lead.page.getByRole('menuitem').first().waitFor();
  assert.equal(await lead.page.getByRole('menuitem', { name: 'Take the offer back' }).count(), 0);
  await lead.page.keyboard.press('Escape');
  await agent.leave();
});

test('a supervisor takes what waits, and it is on their desk', async () => {
  const other = await stage.customer();
  await other.write('Is anybody there?');
  await lead.page.getByRole('cell', { name: /^waiting/ }).waitFor();
  await lead.page.getByLabel('State').selectOption('waiting');
  await lead.page.waitForURL(/state=waiting/);
  await choose('Take it yourself');
  const dialog = lead.page.getByRole('dialog', { name: /^Take Customer/ });
  await dialog.getByLabel('Why').fill('all are busy');
  await dialog.getByRole('button', { name: 'Take', exact: true }).click();
  await lead.page.getByRole('button', { name: 'Go there' }).click();
  await lead.conversation.getByText('Is anybody there?').waitFor();
  await lead.conversation.getByText(/taken out of the line by you: all are busy/).waitFor();
  await lead.reply('Yes, I am.');
  await other.sees('Yes, I am.');
  await other.leave();
  await lead.leave();
});

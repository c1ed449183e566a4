import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Person } from '#src/modules/people/contract.ts';
import { DeskStage } from './desk-stage.ts';

// An agent passes on what they handle: nothing is lost, and whoever takes it reads why.

let stage: DeskStage;
let tomas: Person;
before(async () => {
  stage = await DeskStage.open();
  await stage.person('Inès Calloway');
  tomas = await stage.person('Tomas Reuter');
  await stage.api('POST', '/api/people', {
    name: 'Newcomer Nash',
    email: 'newcomer@meridian.example',
    roles: ['agent'],
    password: 'correct horse battery',
    clients: [stage.clientId],
    capacity: { chat: 3 },
  });
});
after(() => stage?.close());

test('an agent transfers by key to a colleague, with a note; the colleague reads why it is theirs', async () => {
  const ines = await stage.staff({ email: 'ines@meridian.example', ready: true });
  const customer = await stage.customer();
  await customer.write('My invoice counts one glass twice.');
  await ines.accept();
  await ines.reply('I look into it.');
  const colleague = await stage.staff({ email: 'tomas@meridian.example', ready: true });
  const { page } = ines;
  await ines.writing.fill('One moment, I');
  await ines.conversation.focus();
  await page.keyboard.press('t');
  const dialog = page.getByRole('dialog', { name: /^Transfer / });
  const target = dialog.getByLabel('To', { exact: true });
  await dialog
    .getByRole('option', { name: 'Newcomer Nash: does not master what it requires today' })
    .waitFor({
      state: 'attached',
    });
  await target.selectOption({ label: tomas.name });
  assert.ok(await dialog.getByRole('button', { name: 'Transfer' }).isDisabled(), 'a reason is required');
  await dialog.getByLabel(/^Note for whoever takes it/).fill('She has paid already.');
  await dialog.getByLabel('Why').fill('knows the invoices');
  assert.deepEqual(await ines.complaints(), []);
  await dialog.getByText('Your place is free at once').waitFor();
  await dialog.getByText('has not been sent').waitFor();
  await dialog.getByLabel('Why').press('Enter');
  await ines.sees(/transferred to Tomas Reuter/);
  await page.getByRole('heading', { name: 'No conversation is open' }).waitFor();
  await ines.sees('Nothing is with you');

  await colleague.offer.getByText('it was given to you by name, and to nobody else before').waitFor();
  await colleague.accept();
  await colleague.conversation.getByText('She has paid already.').waitFor();
  await colleague.conversation
    .getByText(/transferred by Inès Calloway to you, .*: knows the invoices/)
    .waitFor();
  await colleague.reply('Good morning, Tomas here.');
  await customer.sees('Good morning, Tomas here.');
  assert.equal(await customer.page.getByText('She has paid already.').count(), 0, 'a note is for colleagues');
  for (const one of [ines, colleague]) await one.leave();
  await customer.leave();
});

test('a transfer that is refused keeps what was written, and its note stands once', async () => {
  const ines = await stage.staff({ email: 'ines@meridian.example', ready: true });
  const customer = await stage.customer();
  await customer.write('Where is my parcel?');
  await ines.accept();
  const { page } = ines;
  await page.getByRole('button', { name: 'Transfer', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: /^Transfer / });
  await dialog.getByLabel('To', { exact: true }).selectOption({ label: tomas.name });
  await dialog.getByLabel('Why').fill('knows the parcels');
  await dialog.getByLabel(/^Note for whoever takes it/).fill('Parcel 7.');
  // Meanwhile he is no agent of the client any more.
  const now = (await stage.api('GET', `/api/people/${tomas.id}`)) as Person;
  await stage.api('PATCH', `/api/people/${tomas.id}`, { clients: [], version: now.version });
  await dialog.getByRole('button', { name: 'Transfer' }).click();
  await dialog.getByRole('alert').getByText('This agent does not exist').waitFor();
  assert.equal(await dialog.getByLabel('Why').inputValue(), 'knows the parcels');
  await stage.api('PATCH', `/api/people/${tomas.id}`, {
    clients: [stage.clientId],
    version: now.version + 1,
  });
  await dialog.getByRole('button', { name: 'Transfer' }).click();
  await page.getByRole('heading', { name: 'No conversation is open' }).waitFor();
  const { items } = (await stage.api('GET', '/api/interactions?limit=1')) as {
    items: { id: string; toAgentId: string }[];
  };
  assert.equal(items[0]?.toAgentId, tomas.id);
  const { events } = (await stage.api('GET', `/api/interactions/${items[0]?.id}/events`)) as {
    events: { message?: { text: string } }[];
  };
  assert.equal(events.filter(({ message }) => message?.text === 'Parcel 7.').length, 1);
  await ines.leave();
  await customer.leave();
});

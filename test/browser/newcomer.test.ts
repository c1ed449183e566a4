import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InteractionEvent } from '#src/modules/interactions/contract.ts';
import { eventually } from '#test/support/eventually.ts';
import { DeskStage, password } from './desk-stage.ts';
import { Customer } from './widget-stage.ts';

test('a newcomer who reads French goes from an empty Parley to a conversation with herself in two tabs', async () => {
  const stage = await DeskStage.openEmpty();
  try {
    const newcomer = await stage.staff({ locale: 'fr-FR', colorScheme: 'dark' });
    const { page } = newcomer;
    await page.getByRole('button', { name: 'Français' }).click();
    await page.getByLabel('Nom du centre de contact').fill('Centre Soleil');
    await page.getByLabel('Votre nom').fill('Maëlle Ferrand');
    await page.getByLabel('E-mail').fill('maelle@soleil.example');
    await page.getByLabel('Mot de passe').fill('court');
    assert.equal(await page.getByRole('button', { name: /Créer le compte/ }).isDisabled(), true);
    await page.getByLabel('Mot de passe').fill(password);
    await page.getByRole('button', { name: /Créer le compte/ }).click();
    await page.getByRole('button', { name: 'Créer un donneur d’ordre prêt' }).click();
    const [tab] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: /page d’essai/ }).click(),
    ]);
    const customer = new Customer(tab);
    await customer.open();
    await customer.sees('Gratuit, hors coût de votre connexion.');
    await customer.write('Où est ma commande ?');
    await customer.sees('reçu');
    await page.bringToFront();
    await page.getByRole('link', { name: 'Aller au poste' }).click();
    await page.getByRole('button', { name: /Accepter/ }).click();
    const writing = page.getByRole('textbox', { name: /^Réponse à/ });
    await writing.fill('Elle part ce matin.');
    await writing.press('Control+Enter');
    await customer.sees('Elle part ce matin.');
    assert.deepEqual(await newcomer.complaints(), []);
    await page.getByRole('button', { name: /^Terminer/ }).click();
    await page.getByRole('radio', { name: 'Résolu', exact: true }).check();
    await page.getByRole('button', { name: /^Clôturer/ }).click();
    // The click is answered once the record is committed: the API may be asked before that.
    const items = await eventually('the record is complete', async () => {
      const answer = await page.request.get(`${stage.url}/api/interactions`);
      const list = (await answer.json()) as { items: { id: string; state: string; language: string }[] };
      return list.items.every(({ state }) => state === 'closed') && list.items;
    });
    assert.deepEqual(
      items.map(({ state, language }) => [state, language]),
      [['closed', 'fr']],
    );
    const record = await page.request.get(`${stage.url}/api/interactions/${items[0]!.id}/events`);
    const { events } = (await record.json()) as { events: InteractionEvent[] };
    assert.equal(events.at(-1)?.kind, 'interaction.completed');
    assert.deepEqual(newcomer.faults, []);
    assert.deepEqual(customer.faults, []);
  } finally {
    await stage.close();
  }
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { InteractionType, RoutingRules } from '#src/modules/interactions/contract.ts';
import { DeskStage } from './desk-stage.ts';

let stage: DeskStage;
before(async () => {
  stage = await DeskStage.open();
  await stage.person('Inès Calloway');
});
after(() => stage?.close());

test('a ready agent reads why nothing comes; one who let an offer pass reads what happened, and is ready again by one key', async () => {
  const { items } = (await stage.api('GET', '/api/interaction-types')) as { items: InteractionType[] };
  const type = items[0]!;
  const path = `/api/interaction-types/${type.id}`;
  await stage.api('PATCH', path, { offerSeconds: 5, version: type.version });
  const rules = (await stage.api('GET', '/api/routing-rules')) as RoutingRules;
  await stage.api('PUT', '/api/routing-rules', { ...rules, missesMax: 1 });
  const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
  await agent.sees('You are ready, and nobody waits.');
  const customer = await stage.customer();
  await customer.write('Is anybody there?');
  await agent.offer.waitFor();
  const banner = agent.page.getByRole('alert');
  await banner.getByText('You count as not responding').waitFor();
  assert.deepEqual(await agent.complaints(), []);
  await agent.page.emulateMedia({ colorScheme: 'dark' });
  await agent.page.setViewportSize({ width: 320, height: 800 });
  assert.deepEqual(await agent.complaints(), [], 'dark, 320 px');
  await agent.page.setViewportSize({ width: 1440, height: 900 });
  await agent.page.locator('body').press('b');
  await banner.waitFor({ state: 'detached' });
  await agent.page.getByRole('button', { name: /^Presence: Ready/ }).waitFor();
  await stage.api('POST', `${path}/pause`, { reason: 'the shop system is down' });
  await agent.goto('/desk');
  await agent.sees('all that you could be offered is paused or closed now');
  await agent.leave();
  await customer.leave();
});

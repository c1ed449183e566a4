import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChatChannel } from '#src/channels/chat/contract.ts';
import type { DecisionView, Interaction, InteractionEvent } from '#src/modules/interactions/contract.ts';
import { scenario } from '#src/standard/scenario.ts';
import { administrator, DeskStage } from './desk-stage.ts';
import { Customer } from './widget-stage.ts';

/** The client's own site, which Parley does not serve: another origin, with the one script tag on it. */
async function openShop(stage: DeskStage): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><html lang="en"><head><title>Atelier Brume</title>
      <meta name="viewport" content="width=device-width, initial-scale=1"></head>
      <body><main><h1>Atelier Brume</h1><p>Glasses, blown by hand.</p></main>
      <script src="${stage.url}/w.js" data-channel="${stage.channelKey}" async></script></body></html>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

scenario(
  ['4.1-c', '4.5-a', '4.5-c', '6.3.1-a', '7.2-b'],
  'a customer writes on a client’s page, a competent agent answers and completes it, and the record proves each step',
  async () => {
    const stage = await DeskStage.open();
    try {
      const ines = await stage.person('Inès Calloway');
      const told = { en: 'Free, apart from your connection.' };
      await using shop = await openShop(stage);

      const stranger = new Customer(await (await stage.browser.newContext()).newPage());
      await stranger.page.goto(shop.url);
      await stranger.page.waitForLoadState('networkidle');
      assert.equal(await stranger.launcher.count(), 0, 'a page the client did not name shows no chat');
      await stranger.page.context().close();
      const { items } = (await stage.api('GET', '/api/chat-channels')) as { items: ChatChannel[] };
      const channel = items.find(({ key }) => key === stage.channelKey)!;
      await stage.api('PATCH', `/api/chat-channels/${channel.id}`, {
        allowedOrigins: [shop.url],
        version: channel.version,
      });

      const agent = await stage.staff({ email: 'ines@meridian.example', ready: true });
      const context = await stage.browser.newContext({
        viewport: { width: 1200, height: 800 },
        reducedMotion: 'reduce',
      });
      const customer = new Customer(await context.newPage());
      await customer.page.goto(shop.url);
      await customer.open();
      await customer.sees('for Atelier Brume');
      await customer.sees(told.en);
      assert.equal(((await stage.api('GET', '/api/interactions')) as { items: [] }).items.length, 0);
      await customer.write('Two glasses came broken.');
      await customer.sees('received');

      await agent.offer.waitFor();
      await agent.offer.getByText(/it asks for Atelier Brume: orders at 1 or more, which you hold/).waitFor();
      await agent.accept();
      await customer.sees('Inès Calloway is with you');
      await agent.reply('I am sorry. Which ones?');
      await customer.sees('I am sorry. Which ones?');
      await customer.write('The two small blue ones.');
      await agent.conversation.getByText('The two small blue ones.').waitFor();
      await agent.reply('I send new ones today.');
      await customer.sees('I send new ones today.');
      await customer.write('Thank you!');
      await agent.conversation.getByText('Thank you!').waitFor();

      const { page } = agent;
      await page.getByRole('button', { name: /^Wrap up/ }).click();
      await customer.sees('The conversation has ended');
      assert.equal(
        await page.getByRole('button', { name: /^Complete/ }).isDisabled(),
        true,
        'not without an outcome',
      );
      await page.getByRole('radio', { name: 'Solved', exact: true }).check();
      await page.getByLabel('Note, for colleagues').fill('Two small blue ones sent again.');
      await page.getByRole('button', { name: /^Complete/ }).click();
      await agent.sees('Nothing is with you');

      const [one] = ((await stage.api('GET', '/api/interactions')) as { items: Interaction[] }).items;
      assert.ok(one);
      assert.deepEqual([one.state, one.outcomeCode, one.handledBy], ['closed', 'solved', ines.id]);
      const log = (await stage.api('GET', `/api/interactions/${one.id}/events`)) as {
        events: InteractionEvent[];
        head: number;
      };
      assert.deepEqual(
        log.events.map(({ seq, kind }) => `${seq} ${kind}`),
        [
          '1 interaction.arrived',
          '2 interaction.line',
          '3 interaction.offered',
          '4 interaction.accepted',
          '5 interaction.line',
          '6 interaction.line',
          '7 interaction.line',
          '8 interaction.line',
          '9 interaction.ended',
          '10 interaction.completed',
        ],
      );
      assert.equal(log.head, 10);
      assert.deepEqual(log.events[0]?.body.told, {
        name: channel.nameEn,
        answeredBy: 'Meridian Contact',
        charges: told.en,
      });
      assert.equal(log.events[0]?.body.pageUrl, `${shop.url}/`);
      assert.deepEqual(
        log.events.flatMap(({ message }) =>
          message === undefined ? [] : [`${message.author}: ${message.text}`],
        ),
        [
          'customer: Two glasses came broken.',
          'agent: I am sorry. Which ones?',
          'customer: The two small blue ones.',
          'agent: I send new ones today.',
          'customer: Thank you!',
        ],
      );
      const decisions = (await stage.api('GET', `/api/interactions/${one.id}/decisions`)) as DecisionView[];
      assert.deepEqual(
        decisions.map(({ agentId, seq }) => [agentId, seq]),
        [[ines.id, 3]],
      );
      const { rule, eligible } = decisions[0]!.why as { rule: string; eligible: { agentId: string }[] };
      assert.deepEqual([rule, eligible.map(({ agentId }) => agentId)], ['only-one', [ines.id]]);

      const office = await stage.staff({ email: administrator.email, path: '/office/interactions' });
      await office.page
        .getByRole('row', { name: /Atelier Brume/ })
        .getByRole('link')
        .click();
      await office.sees(/it asks for Atelier Brume: orders at 1 or more, which Inès Calloway holds/);
      await office.sees('completed by Inès Calloway: Solved');
      // Who could have taken it is worked out again, for the decision and for any moment since it arrived.
      await office.page.getByText('Who could have taken it then').click();
      const could = office.page.getByRole('list', { name: /^Could take it at/ });
      await could.getByText(/Inès Calloway free since/).waitFor();
      await office.page.getByRole('button', { name: 'Look' }).click();
      await could
        .nth(1)
        .getByText(/Inès Calloway free since/)
        .waitFor();
      assert.deepEqual(await office.complaints(), []);
      await office.goto('/office/conformity');
      await office.sees('Conformity');
      const register = (await stage.api('GET', '/api/register')) as { id: string; fulfilledBy?: unknown }[];
      assert.ok(register.some(({ id }) => id === '7.2-b'));
      for (const each of [customer, agent, office]) assert.deepEqual(await each.complaints(), []);
      await customer.leave();
      await agent.leave();
      await office.leave();
    } finally {
      await stage.close();
    }
  },
  { timeout: 150_000 },
);

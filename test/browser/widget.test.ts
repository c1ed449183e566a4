import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, Stage } from './widget-stage.ts';

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

test('a customer on a shop’s page writes, an agent answers, and both see it end', async () => {
  const customer = await stage.customer();
  await customer.open();
  await customer.write('Two glasses came broken.');
  await customer.sees('received');
  const { id } = await stage.agentTakes('Two glasses came broken.');
  await customer.sees('Camille is with you');
  await stage.agentSays(id, 'I am sorry. I send new ones; see https://shop.example/terms.');
  await customer.sees('I am sorry.');
  const link = customer.log.getByRole('link', { name: 'https://shop.example/terms' });
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow');
  await customer.write('Thank you!');
  await eventually('the thanks at the desk', async () =>
    (await stage.linesOf(id)).includes('Thank you!') ? true : undefined,
  );
  await stage.agentEnds(id);
  await customer.sees('The conversation has ended');
  await customer.write('One more thing');
  const next = await stage.agentTakes('One more thing');
  assert.notEqual(next.id, id, 'writing again begins a new conversation');
  await stage.agentEnds(next.id);
  await customer.leave();
});

test('who answers for whom and what it costs stand there before anything can be written, and the record keeps the words', async () => {
  const customer = await stage.customer({ language: 'fr' });
  await customer.open();
  await customer.sees('Des conseillers de Meridian Contact vous répondent, pour Atelier Brume.');
  await customer.sees('Gratuit, hors coût de votre connexion.');
  await customer.write('Bonjour, dites-moi tout.');
  await customer.sees('reçu');
  const { id } = await stage.interactionWith('Bonjour, dites-moi tout.');
  const { events } = (await stage.api('GET', `/api/interactions/${id}/events`)) as {
    events: { kind: string; body: { told?: unknown } }[];
  };
  assert.deepEqual(events[0]?.body.told, {
    name: 'Atelier Brume, service client',
    answeredBy: 'Meridian Contact',
    charges: 'Gratuit, hors coût de votre connexion.',
  });
  await stage.agentTakes('Bonjour, dites-moi tout.');
  await stage.agentEnds(id);
  await customer.leave();
});

test('a reload and a lost network lose, double and reorder nothing', async () => {
  const customer = await stage.customer();
  const context = customer.page.context();
  await customer.open();
  await customer.write('network 1');
  await customer.sees('received');
  await context.setOffline(true);
  await customer.write('network 2');
  await customer.write('network 3');
  await customer.sees('No connection.');
  await context.setOffline(false);
  const lines = ['network 1', 'network 2', 'network 3'];
  assert.deepEqual(await customer.linesWhenReceived(), lines);
  await customer.field.fill('half a sentence');
  await customer.page.reload();
  await customer.panel.waitFor();
  await customer.sees('network 3');
  assert.equal(await customer.field.inputValue(), 'half a sentence', 'what was being typed is still there');
  assert.deepEqual(await customer.linesWhenReceived(), lines);
  const { id } = await stage.interactionWith('network 1');
  assert.deepEqual(await stage.linesOf(id), lines);
  await customer.leave();
});

test('a chat that was open comes back after a reload, by polling where sockets do not get through', async () => {
  const customer = await stage.customer();
  const context = customer.page.context();
  await customer.open();
  await customer.write('polling 1');
  await customer.sees('received');
  await context.routeWebSocket('**/chat/live', (socket) => socket.close());
  await customer.page.reload();
  await customer.panel.waitFor();
  await customer.write('polling 2');
  await customer.sees('received');
  assert.deepEqual(await customer.linesWhenReceived(), ['polling 1', 'polling 2']);
  const { id } = await stage.agentTakes('polling 1');
  await stage.agentSays(id, 'I read you all the same.');
  await customer.sees('I read you all the same.');
  await stage.agentEnds(id);
  await customer.leave();
});

test('the server is killed and starts again: nothing lost, nothing twice, nothing out of order', async () => {
  const customer = await stage.customer();
  await customer.open();
  await customer.write('restart 1');
  await customer.sees('received');
  await stage.restart(async () => {
    await customer.write('restart 2');
    await customer.write('restart 3');
    await customer.sees('No connection.');
  });
  const lines = ['restart 1', 'restart 2', 'restart 3'];
  assert.deepEqual(await customer.linesWhenReceived(), lines);
  const { id } = await stage.interactionWith('restart 1');
  assert.deepEqual(await stage.linesOf(id), lines);
  await customer.leave();
});

test('a page that is left while the server is away sends what was written when both are back', async () => {
  const customer = await stage.customer();
  await customer.open();
  await customer.write('left 1');
  await customer.sees('received');
  await stage.restart(async () => {
    await customer.write('left 2');
    await customer.write('left 3');
    await customer.sees('No connection.');
    await customer.page.goto('about:blank');
  });
  await customer.page.goto(stage.shopUrl);
  await customer.panel.waitFor();
  const lines = ['left 1', 'left 2', 'left 3'];
  await customer.sees('left 3');
  assert.deepEqual(await customer.linesWhenReceived(), lines);
  const { id } = await stage.interactionWith('left 1');
  assert.deepEqual(await stage.linesOf(id), lines);
  await customer.leave();
});

test('two tabs of one page share the conversation', async () => {
  const customer = await stage.customer();
  await customer.open();
  const second = await customer.page.context().newPage();
  await second.goto(customer.page.url());
  await second.getByRole('button', { name: 'Write to us' }).click();
  const field = second.getByRole('dialog').getByRole('textbox');
  for (const number of [1, 2, 3]) {
    await customer.write(`first tab ${number}`);
    await field.fill(`second tab ${number}`);
    await field.press('Enter');
  }
  const lines = await eventually('six lines', async () => {
    const now = await customer.linesWhenReceived();
    return now.length === 6 ? now : undefined;
  });
  assert.deepEqual([...lines].sort(), [...new Set(lines)].sort(), 'none twice');
  for (const tab of ['first', 'second'])
    assert.deepEqual(
      lines.filter((line) => line.startsWith(tab)),
      [1, 2, 3].map((number) => `${tab} tab ${number}`),
      'each tab’s in its order',
    );
  await second.getByRole('log').getByText('first tab 3').waitFor();
  assert.deepEqual((await second.getByRole('log').locator('.said p').allTextContents()).slice(1), lines);
  const { id } = await stage.interactionWith('first tab 1');
  assert.deepEqual(await stage.linesOf(id), lines);
  await customer.leave();
});

test('all of it works by keyboard alone, and the focus comes back where it was', async () => {
  const customer = await stage.customer();
  const { page } = customer;
  await customer.launcher.waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.type('By keyboard');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('on two lines');
  await page.keyboard.press('Enter');
  await customer.sees(/By keyboard\non two lines/);
  await customer.sees('received');
  await page.keyboard.press('Escape');
  assert.equal(await customer.panel.isVisible(), false);
  assert.equal(await customer.launcher.evaluate((button) => button.matches(':focus')), true);
  const { id } = await stage.agentTakes('By keyboard\non two lines');
  await stage.agentSays(id, 'I see it.');
  await page.getByRole('button', { name: 'Write to us 1 new message' }).waitFor();
  await page.keyboard.press('Enter');
  await customer.sees('I see it.');
  // Not a trap: Tab leads through the panel and out of it again.
  const places = new Set<string>();
  for (let step = 0; step < 12; step++) {
    await page.keyboard.press('Tab');
    places.add(await page.evaluate(() => document.activeElement?.tagName ?? ''));
  }
  assert.ok(places.has('A') || places.has('BODY'), [...places].join());
  await customer.panel.getByRole('button', { name: /Options/ }).press('Enter');
  await customer.panel.getByRole('button', { name: 'End the conversation' }).press('Enter');
  await customer.sees('The conversation has ended');
  await customer.panel.getByRole('button', { name: /Options/ }).press('Enter');
  await customer.panel
    .getByRole('button', { name: 'Remove this conversation from this browser' })
    .press('Enter');
  await customer.log.getByText('I see it.').waitFor({ state: 'detached' });
  await customer.leave();
});

for (const colorScheme of ['light', 'dark'] as const)
  for (const language of ['en', 'fr'] as const)
    test(`axe finds nothing on the widget and the try page, ${colorScheme}, ${language}, wide and at 320 px`, async () => {
      for (const width of [1440, 320]) {
        const customer = await stage.customer({ colorScheme, language, viewport: { width, height: 720 } });
        await customer.page.goto(`${stage.program.url}/try/${stage.channelKey}?lang=${language}`);
        await customer.launcher.waitFor();
        assert.deepEqual(await customer.complaints(), [], 'closed');
        await customer.open();
        await customer.write('Hello https://shop.example/');
        await customer.sees(/received|reçu/);
        assert.deepEqual(await customer.complaints(), [], 'open');
        await customer.panel.getByRole('button', { name: /Options/ }).click();
        assert.deepEqual(await customer.complaints(), [], 'options');
        await customer.panel.getByRole('button', { name: /Larger|Très grande/ }).click();
        assert.ok(
          await customer.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
          'no scrolling sideways',
        );
        await customer.leave();
      }
    });

test('on a phone every button is large enough for a finger', async () => {
  const customer = await stage.customer({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await customer.open();
  await customer.panel.getByRole('button', { name: /Options/ }).click();
  for (const button of await customer.panel.getByRole('button').all()) {
    const box = await button.boundingBox();
    assert.ok((box?.height ?? 0) >= 44 && (box?.width ?? 0) >= 44, await button.innerText());
  }
  await customer.leave();
});

test('on a phone the newest line stays in sight when the keyboard takes its room', async () => {
  const customer = await stage.customer({
    viewport: { width: 320, height: 600 },
    isMobile: true,
    hasTouch: true,
  });
  await customer.open();
  const lines = Array.from({ length: 8 }, (_, index) => `keyboard line ${index + 1}`);
  for (const line of lines) {
    await customer.field.fill(line);
    await customer.panel.getByRole('button', { name: 'Send' }).click();
    await customer.sees(line);
  }
  const newest = customer.log.getByText('keyboard line 8');
  const oldest = customer.log.getByText('keyboard line 1');
  const talk = customer.panel.getByRole('group', { name: 'Messages' });
  const inSight = async (line: typeof newest) => {
    const [box, frame] = [await line.boundingBox(), await talk.boundingBox()];
    assert.ok(box !== null && frame !== null);
    return (box.y >= frame.y && box.y + box.height <= frame.y + frame.height) || undefined;
  };
  // The keyboard slides in over several frames.
  for (const height of [560, 500, 440, 380]) await customer.page.setViewportSize({ width: 320, height });
  await eventually('the newest line in sight', () => inSight(newest));
  await oldest.scrollIntoViewIfNeeded();
  await eventually('the oldest line in sight', () => inSight(oldest));
  await customer.page.setViewportSize({ width: 320, height: 360 });
  await customer.page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  assert.equal(await inSight(newest), undefined, 'who reads what came before is not moved');
  await customer.leave();
});

test('outside the opening hours the customer reads why, who is in conversation goes on, and it opens again', async () => {
  type Types = { items: { id: string; clientId: string; version: number }[] };
  const [type] = ((await stage.api('GET', '/api/interaction-types')) as Types).items;
  assert.ok(type);
  const hours = (await stage.api('POST', '/api/opening-hours', {
    clientId: type.clientId,
    name: 'Week',
    timeZone: 'Europe/Paris',
    weekly: [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '24:00' })),
    messageEn: 'We are closed.',
    messageFr: 'Nous sommes fermés.',
  })) as { id: string };
  await stage.api('PATCH', `/api/interaction-types/${type.id}`, { hoursId: hours.id, version: type.version });
  const early = (closed: boolean) =>
    stage.api('PUT', `/api/opening-hours/${hours.id}/early-closing`, {
      closed,
      reason: 'a storm',
      ...(closed
        ? { messageEn: 'A storm keeps us away today.', messageFr: 'Une tempête nous retient.' }
        : {}),
    });
  const there = await stage.customer();
  await there.open();
  await there.write('Is my parcel on its way?');
  await there.sees('received');
  await early(true);
  await there.write('It is number 7.');
  await eventually('the second line on record', async () => {
    const { items } = (await stage.api('GET', '/api/interactions?limit=1')) as { items: { id: string }[] };
    const { events } = (await stage.api('GET', `/api/interactions/${items[0]?.id}/events`)) as {
      events: { message?: { text: string } }[];
    };
    return events.some(({ message }) => message?.text === 'It is number 7.') || undefined;
  });
  const late = await stage.customer();
  await late.open();
  await late.sees('A storm keeps us away today.');
  assert.equal(await late.field.isVisible(), false);
  assert.deepEqual(await late.complaints(), []);
  const french = await stage.customer({ language: 'fr' });
  await french.open();
  await french.sees('Une tempête nous retient.');
  await french.leave();
  await early(false);
  const again = await stage.customer();
  await again.open();
  await again.field.waitFor();
  for (const one of [late, there, again]) await one.leave();
});

test('a closed channel says so, and a page that is not allowed shows no button and says why in the console', async () => {
  await stage.changeChannel({ open: false });
  const closed = await stage.customer();
  await closed.open();
  await closed.sees('The chat is closed at the moment.');
  assert.equal(await closed.field.isVisible(), false);
  await closed.leave();
  const [origin] = [new URL(stage.shopUrl).origin];
  await stage.changeChannel({ open: true, allowedOrigins: [] });
  const foreign = await stage.customer();
  await eventually('the warning', async () =>
    foreign.warnings.some((text) => text.startsWith('Parley does not allow pages of this origin'))
      ? true
      : undefined,
  );
  assert.equal(await foreign.launcher.isVisible(), false);
  await foreign.leave();
  await stage.changeChannel({ allowedOrigins: [origin] });
});

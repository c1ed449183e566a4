import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { askAgainMs, channelFreshMs, confirmDeadlineMs } from './chat.ts';
import { socketAgainMs } from './line.ts';
import { channel, settled, TestBrowser, TestServer, TestTab } from './test-world.ts';

test('nothing can be written before the customer was told who answers and what it costs', async () => {
  const server = new TestServer();
  const tab = new TestTab(server);
  void tab.chat.start();
  await settled();
  assert.equal(tab.chat.write('Hello'), false);
  tab.chat.openPanel();
  assert.equal(tab.chat.write('Hello'), true);
  await tab.flow();
  assert.deepEqual(server.lines(), ['Hello']);
});

test('the words that were told are sent with the session', async () => {
  const server = new TestServer();
  const tab = new TestTab(server, undefined, 'a', { language: 'fr' });
  await tab.openChat();
  tab.chat.write('Bonjour');
  await tab.flow();
  assert.deepEqual([...server.sessions.values()][0]?.told, {
    name: 'Boutique, service client',
    answeredBy: 'Meridian Contact',
    charges: 'Gratuit.',
  });
});

test('a page that nobody writes on makes no session and no line', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  assert.equal(server.sessionsAsked, 0);
  assert.equal(tab.sockets.length, 0);
});

test('a line is shown at once as being sent, then as received, and stays one line', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  assert.deepEqual(tab.marks(), ['sending']);
  await tab.flow();
  assert.deepEqual(tab.screen(), ['One']);
  assert.deepEqual(tab.marks(), ['received']);
});

test('lines written while the line is down are kept and go out in their order', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  server.away = true;
  tab.line?.cut();
  for (const text of ['Two', 'Three', 'Four']) tab.chat.write(text);
  await settled();
  assert.deepEqual(tab.marks(), ['received', 'kept', 'kept', 'kept']);
  assert.equal(tab.chat.view().line, 'down');
  server.away = false;
  await tab.pass(60_000);
  await tab.flow();
  assert.deepEqual(server.lines(), ['One', 'Two', 'Three', 'Four']);
  assert.deepEqual(tab.screen(), ['One', 'Two', 'Three', 'Four']);
});

test('a line whose confirmation was lost is sent again and still taken once', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  tab.chat.write('Two');
  await settled();
  const socket = tab.line;
  if (socket !== undefined) server.hear(socket);
  assert.deepEqual(server.lines(), ['One', 'Two']);
  socket?.cut();
  await tab.pass(1000);
  await tab.flow();
  assert.deepEqual(server.lines(), ['One', 'Two']);
  assert.deepEqual(tab.screen(), ['One', 'Two']);
});

test('a half-open line that swallows a message is noticed and the message goes out on a new one', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  tab.line?.cut(true);
  tab.chat.write('Two');
  await tab.pass(confirmDeadlineMs);
  await tab.flow();
  assert.deepEqual(server.lines(), ['One', 'Two']);
});

test('a reload finds the session, the conversation and what was not sent', async () => {
  const server = new TestServer();
  const browser = new TestBrowser();
  const first = await new TestTab(server, browser, 'a').openChat();
  first.chat.write('One');
  await first.flow();
  server.away = true;
  first.line?.cut();
  first.chat.write('Two');
  await settled();
  first.close();
  server.away = false;
  const second = new TestTab(server, browser, 'b');
  void second.chat.start();
  await second.flow();
  assert.deepEqual(server.lines(), ['One', 'Two']);
  assert.deepEqual(second.screen(), ['One', 'Two']);
  assert.equal(server.sessionsAsked, 1);
});

test('a refused line says why, lets the next ones pass, and can be tried again or dropped', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  server.refuseNext = { code: 'message-refused', title: 'This cannot be taken.' };
  tab.chat.write('Two');
  tab.chat.write('Three');
  await tab.flow();
  assert.deepEqual(server.lines(), ['One', 'Three']);
  const failed = tab.chat.view().shown.find((shown) => shown.kind === 'line' && shown.mark === 'failed');
  assert.equal(failed?.kind === 'line' && failed.failed?.title, 'This cannot be taken.');
  tab.chat.retry(failed?.id ?? '');
  await tab.flow();
  assert.deepEqual(server.lines(), ['One', 'Three', 'Two']);
});

test('a customer who writes too fast waits as long as the server asks, and loses nothing', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  server.refuseNext = { code: 'too-many-messages', title: 'Slow down.', retryAfterSeconds: 7 };
  tab.chat.write('Two');
  tab.chat.write('Three');
  await tab.flow();
  assert.deepEqual(server.lines(), ['One']);
  assert.ok(tab.chat.view().pausedUntil > tab.time);
  await tab.pass(7000);
  await tab.flow();
  assert.deepEqual(server.lines(), ['One', 'Two', 'Three']);
  assert.equal(tab.chat.view().pausedUntil, 0);
});

test('a pause ends with its timer, also where the clock then shows a moment before its end', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  server.refuseNext = { code: 'database-unavailable', title: 'Try again.', retryAfterSeconds: 2 };
  tab.chat.write('One');
  await tab.flow();
  tab.now = () => tab.time - 1; // timers and clock are not the same in a browser
  await tab.pass(2000);
  await tab.flow();
  assert.deepEqual(server.lines(), ['One']);
});

test('a session that the server no longer knows is replaced, the unsent lines go with the new one', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  server.away = true;
  tab.line?.cut();
  tab.chat.write('Two');
  server.away = false;
  server.sessions.clear();
  await tab.pass(1000);
  await tab.flow();
  assert.equal(server.sessionsAsked, 2);
  assert.deepEqual(server.lines('token-2'), ['Two']);
  assert.deepEqual(tab.screen(), ['One', 'Two'], 'what was said before stays on the screen');
});

test('writing after the end starts anew in the same session', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  tab.chat.end();
  await tab.flow();
  assert.equal(tab.chat.view().conversation.state, 'ended');
  tab.chat.write('Two');
  await tab.flow();
  assert.deepEqual(tab.screen(), ['One', 'ended', 'Two']);
  assert.equal(tab.chat.view().conversation.state, 'waiting');
  assert.equal(server.sessionsAsked, 1);
});

test('an ended conversation can be removed from a browser that others use too', async () => {
  const server = new TestServer();
  const browser = new TestBrowser();
  const tab = await new TestTab(server, browser).openChat();
  tab.chat.write('One');
  await tab.flow();
  tab.chat.forget();
  assert.deepEqual(tab.screen(), ['One'], 'not while it goes on');
  tab.chat.end();
  await tab.flow();
  tab.chat.forget();
  assert.deepEqual(tab.screen(), []);
  assert.deepEqual([...browser.kept.keys()], []);
  tab.chat.write('Two');
  await tab.flow();
  assert.equal(server.sessionsAsked, 2);
  assert.deepEqual(server.lines(), ['Two']);
});

test('when the charges have changed, the next conversation begins with a session that was told the new ones', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  server.channel = { ...channel, charges: { en: '0.10 a message.', fr: '0,10 le message.' } };
  tab.chat.closePanel();
  await tab.live(120_000);
  tab.chat.openPanel();
  await tab.flow();
  tab.chat.write('Two');
  await tab.flow();
  assert.equal(server.sessionsAsked, 1, 'a conversation under way keeps what was told');
  tab.chat.end();
  await tab.flow();
  tab.chat.write('Three');
  await tab.flow();
  assert.equal(server.sessionsAsked, 2);
  assert.deepEqual([...server.sessions.values()][1]?.told, {
    name: 'Shop, customer service',
    answeredBy: 'Meridian Contact',
    charges: '0.10 a message.',
  });
});

test('when the words changed while they were being read, nothing is sent before the customer has seen the new ones', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  server.channel = { ...channel, charges: { en: '0.10 a message.', fr: '0,10 le message.' } };
  tab.chat.write('One');
  await tab.flow();
  assert.equal(server.sessions.size, 0);
  assert.equal(tab.chat.tell()?.charges, '0.10 a message.');
  assert.deepEqual(tab.marks(), ['failed']);
  tab.chat.retry(tab.chat.view().shown[0]?.id ?? '');
  await tab.flow();
  assert.deepEqual(server.lines(), ['One']);
});

test('a closed channel takes nothing new, and a conversation under way goes on', async () => {
  const server = new TestServer();
  server.channel = { ...channel, open: false };
  const closed = await new TestTab(server).openChat();
  assert.equal(closed.chat.write('Hello'), false);
  server.channel = channel;
  const open = await new TestTab(server).openChat();
  open.chat.write('Hello');
  await open.flow();
  server.channel = { ...channel, open: false };
  open.line?.cut();
  await open.pass(1000);
  await open.flow();
  assert.equal(open.chat.write('Are you there?'), true);
});

test('whoever is there when it closes reads why, also the second time, and may write again as soon as it is told that it opened', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  server.add('token-1', { kind: 'state', state: 'ended', name: null });
  await tab.flow();
  for (const message of ['A storm keeps us away.', 'Closed until Monday.']) {
    server.channel = { ...channel, open: false, closedMessage: { en: message, fr: 'Fermé.' } };
    for (const socket of server.sockets) socket.hears({ opened: true, open: false });
    await settled();
    assert.equal(tab.chat.view().channel?.closedMessage?.en, message);
    assert.equal(tab.chat.write('Hello'), false);
    server.channel = channel;
    for (const socket of server.sockets) socket.hears({ opened: true, open: true });
    assert.equal(tab.chat.mayWrite(), true, 'without asking anything');
  }
});

test('who has the chat open and has not written yet learns within a minute that it closed, and that it opened', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  server.channel = { ...channel, open: false, closedMessage: { en: 'A storm.', fr: 'Une tempête.' } };
  await tab.pass(channelFreshMs);
  assert.equal(tab.chat.view().channel?.closedMessage?.en, 'A storm.');
  server.channel = channel;
  await tab.pass(channelFreshMs);
  assert.equal(tab.chat.mayWrite(), true);
});

test('a page without the right channel says so in the console and shows nothing', async () => {
  const server = new TestServer();
  server.channel = undefined;
  const tab = new TestTab(server);
  void tab.chat.start();
  await settled();
  assert.equal(tab.chat.view().available, 'not-here');
  assert.equal(tab.warnings.length, 1);
});

test('a page that the channel does not allow is told apart from a lost network, and asks again only now and then', async () => {
  const server = new TestServer();
  server.away = true;
  const tab = new TestTab(server);
  void tab.chat.start();
  await tab.pass(10_000);
  assert.equal(tab.chat.view().available, 'unknown');
  server.foreign = true;
  server.away = false;
  await tab.pass(60_000);
  assert.equal(tab.chat.view().available, 'not-here');
  server.foreign = false;
  await tab.pass(askAgainMs);
  assert.equal(tab.chat.view().available, 'here');
  assert.equal(tab.warnings.length, 1);
});

test('a message that is empty or too long is not taken', async () => {
  const tab = await new TestTab(new TestServer()).openChat();
  assert.equal(tab.chat.write('  \n'), false);
  assert.equal(tab.chat.write('x'.repeat(101)), false);
  assert.equal(tab.chat.write('x'.repeat(100)), true);
});

test('answers that came while the chat was closed are counted until they were seen', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  tab.chat.attend(true);
  tab.chat.closePanel();
  server.add('token-1', { kind: 'state', state: 'with-agent', name: 'Camille' });
  server.add('token-1', { kind: 'line', author: 'agent', name: 'Camille', text: 'Hello', key: 'k1' });
  server.add('token-1', { kind: 'line', author: 'agent', name: 'Camille', text: 'I look', key: 'k2' });
  await tab.flow();
  assert.equal(tab.chat.view().unread, 2);
  assert.equal(tab.arrivals, 2);
  tab.chat.openPanel();
  tab.chat.attend(true);
  assert.equal(tab.chat.view().unread, 0);
});

test('a step that comes ahead of a missing one is held until the missing one was fetched', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  server.add('token-1', { kind: 'line', author: 'agent', name: 'Camille', text: 'first', key: 'k1' });
  server.add('token-1', { kind: 'line', author: 'agent', name: 'Camille', text: 'second', key: 'k2' });
  const socket = tab.line;
  socket?.down.shift(); // Lost on the way.
  const ahead = socket?.down.shift();
  if (ahead !== undefined) socket?.hears(ahead);
  assert.deepEqual(tab.screen(), ['One']);
  await tab.flow();
  assert.deepEqual(tab.screen(), ['One', 'first', 'second']);
});

test('where WebSockets do not get through the chat goes on by polling, and returns when they do', async () => {
  const server = new TestServer();
  server.socketsBlocked = true;
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  for (let round = 0; round < 6; round++) {
    await tab.flow();
    await tab.pass(2000);
  }
  assert.equal(tab.chat.view().line, 'live');
  assert.deepEqual(server.lines(), ['One']);
  server.add('token-1', { kind: 'line', author: 'agent', name: 'Camille', text: 'Hello', key: 'k1' });
  await tab.pass(26_000);
  assert.deepEqual(tab.screen(), ['One', 'Hello']);
  server.channel = { ...server.channel!, open: false };
  await tab.pass(52_000);
  assert.equal(tab.chat.view().channel?.open, false, 'a poll tells that the channel closed');
  server.channel = { ...server.channel, open: true };
  await tab.pass(52_000);
  assert.equal(tab.chat.view().channel?.open, true, 'and that it opened');
  assert.equal(server.sockets.size, 0);
  server.socketsBlocked = false;
  await tab.live(socketAgainMs);
  assert.equal(server.sockets.size, 1);
  tab.chat.write('Two');
  await tab.flow();
  assert.deepEqual(server.lines(), ['One', 'Hello', 'Two']);
});

test('a server that was away for long is found again by the socket, not left to polling', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  server.away = true;
  tab.line?.cut();
  await tab.live(300_000);
  tab.chat.write('Two');
  server.away = false;
  await tab.live(60_000);
  assert.deepEqual(server.lines(), ['One', 'Two']);
  assert.equal(server.sockets.size, 1);
});

test('a page that wakes up does not wait for the usual moment to find its line again', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  server.away = true;
  tab.line?.cut();
  await tab.pass(200_000);
  server.away = false;
  tab.chat.wake();
  await tab.flow();
  assert.equal(tab.chat.view().line, 'live');
});

test('whatever happens to the line, the page or the second tab: every line arrives once, in order, and is shown once', async () => {
  const happening = fc.constantFrom(
    ...([
      'write',
      'write',
      'up',
      'up',
      'down',
      'down',
      'cut',
      'halfOpen',
      'reload',
      'pass',
      'agent',
      'away',
      'back',
      'tab',
      'wake',
    ] as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 60 }), fc.boolean(), async (happenings, locks) => {
      const server = new TestServer();
      const browser = new TestBrowser();
      let names = 0;
      const fresh = () => new TestTab(server, browser, `t${++names}`).openChat();
      const tabs = [await fresh(), await fresh()];
      const written = ['line 0'];
      tabs[0]?.chat.write('line 0');
      await tabs[0]?.flow();
      browser.locks = locks;
      let at = 0;
      for (const what of happenings) {
        const tab = tabs[at] as TestTab;
        const socket = tab.line;
        if (what === 'write') {
          const text = `line ${written.length}`;
          if (tab.chat.write(text)) written.push(text);
        } else if (what === 'up') {
          tab.connect();
          if (socket !== undefined) server.hear(socket);
        } else if (what === 'down') {
          const frame = socket?.down.shift();
          if (frame !== undefined) socket?.hears(frame);
        } else if (what === 'cut') socket?.cut();
        else if (what === 'halfOpen') socket?.cut(true);
        else if (what === 'reload') {
          tab.close();
          tabs[at] = await fresh();
        } else if (what === 'pass') await tab.pass(5000);
        else if (what === 'agent') {
          for (const token of server.sessions.keys())
            if (server.lines(token).length > 0)
              server.add(token, { kind: 'line', author: 'agent', name: 'Camille', text: 'answer', key: 'k' });
        } else if (what === 'away') server.away = true;
        else if (what === 'back') server.away = false;
        else if (what === 'tab') at = 1 - at;
        else tab.chat.wake();
        await settled();
      }
      server.away = false;
      for (let round = 0; round < 60; round++) for (const tab of tabs) await tab.live(1000);
      const own = (lines: string[]) => lines.filter((text) => text.startsWith('line'));
      assert.deepEqual(own(server.lines('token-1')), written);
      assert.ok(server.sessionsAsked <= 1, 'two tabs share one session');
      for (const tab of tabs) assert.deepEqual(tab.screen(), server.lines('token-1'));
      const kept = [...browser.kept.keys()].filter((name) => name.startsWith('out.'));
      assert.deepEqual(kept, [], 'nothing is left unsent');
    }),
    { numRuns: 200 },
  );
});

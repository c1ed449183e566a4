import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beatMs, openDeadlineMs, pongDeadlineMs, wakePongDeadlineMs } from './line.ts';
import { settled, TestServer, TestTab } from './test-world.ts';

async function talking() {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await tab.flow();
  return { server, tab };
}

test('a quiet line is tested, and kept while the other end answers', async () => {
  const { tab } = await talking();
  await tab.live(beatMs * 3);
  assert.equal(tab.sockets.length, 1);
  assert.equal(tab.chat.view().line, 'live');
});

test('a customer who only reads is not taken for gone: the line is tested however much comes in', async () => {
  const { server, tab } = await talking();
  const pings: number[] = [];
  for (let second = 0; second < 60; second++) {
    server.add('token-1', { kind: 'line', author: 'agent', name: 'Camille', text: `${second}`, key: '' });
    await tab.pass(1000);
    if (tab.line?.up.some((frame) => frame.do === 'ping')) pings.push(second);
    await tab.flow();
  }
  assert.ok(pings.length >= 2, pings.join());
});

test('a line that is dead without having said so is found out and replaced', async () => {
  const { tab } = await talking();
  tab.line?.cut(true);
  await tab.pass(beatMs + pongDeadlineMs);
  assert.equal(tab.chat.view().line, 'down');
  await tab.live(2000);
  assert.equal(tab.chat.view().line, 'live');
});

test('after a machine slept, the dead line is found out within seconds', async () => {
  const { tab } = await talking();
  tab.line?.cut(true);
  tab.chat.wake();
  await tab.pass(wakePongDeadlineMs);
  assert.equal(tab.chat.view().line, 'down');
});

test('a socket that opens and then stays silent is given up', async () => {
  const server = new TestServer();
  const tab = await new TestTab(server).openChat();
  tab.chat.write('One');
  await settled();
  tab.connect();
  tab.line?.up.splice(0);
  await tab.pass(openDeadlineMs);
  assert.equal(tab.chat.view().line, 'down');
});

test('words that are no frame are passed over and do no harm', async () => {
  const { tab } = await talking();
  const { line } = tab;
  for (const data of ['', '{', 'null', '[]', '"x"', '{"unknown":1}', new Uint8Array(3)])
    line?.ears.heard(data);
  assert.equal(tab.chat.view().line, 'live');
  assert.deepEqual(tab.screen(), ['One']);
});

test('a page in the browser’s drawer lets go of its socket and takes it up again', async () => {
  const { server, tab } = await talking();
  tab.chat.sleep();
  assert.equal(server.sockets.size, 0);
  server.add('token-1', { kind: 'line', author: 'agent', name: 'Camille', text: 'Hello', key: 'k1' });
  tab.chat.wake();
  await tab.flow();
  assert.deepEqual(tab.screen(), ['One', 'Hello']);
});

test('when nothing goes on any more, a closed chat holds no line', async () => {
  const { server, tab } = await talking();
  tab.chat.closePanel();
  assert.equal(server.sockets.size, 1, 'the customer waits for an answer');
  server.add('token-1', { kind: 'state', state: 'ended', name: null });
  await tab.flow();
  tab.chat.openPanel();
  tab.chat.closePanel();
  assert.equal(server.sockets.size, 0);
});

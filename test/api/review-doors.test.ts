import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProgram } from '#src/app/program.ts';
import { doorLimits, requestsAtOnceMax } from '#src/app/server.ts';
import { makeCentre } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { openTransaction, waitingForLock } from '#test/support/spine.ts';
import { startParley, UpgradeRefused } from './parley.ts';

test('every door that anybody may knock at has a limit, and only the sign of life has none', async () => {
  // The clock stands still, so that nothing comes back meanwhile.
  await using own = await testDatabase();
  const { address, ctx } = own;
  const settings = { port: 0, publicUrl: undefined, adminEmail: undefined, adminPassword: undefined };
  const program = await startProgram({
    address,
    settings,
    secret: ctx.secret,
    clock: own.clock,
    log: ctx.log,
    alone: true,
  });
  const ask = async (door: string) => {
    const [method, path] = door.split(' ');
    const answer = await fetch(`http://127.0.0.1:${program.port}${path}`, { method });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  try {
    const doors = [
      'GET /metrics',
      'GET /readyz',
      'GET /try/nowhere',
      'GET /w.js',
      'GET /problems/not-found',
      'OPTIONS /chat/messages',
      'GET /assets/nothing.js',
      'GET /api/nothing',
      'GET /api/openapi.json',
      'GET /api/session',
    ];
    for (const door of doors) assert.notEqual((await ask(door)).status, 429, door);
    for (let sent = doors.length; sent < doorLimits.address.burst; sent += 50)
      await Promise.all(Array.from({ length: 50 }, () => ask('GET /problems/not-found')));
    for (const door of doors) {
      const { status, headers, text } = await ask(door);
      assert.equal(status, 429, door);
      assert.equal((JSON.parse(text) as { code: string }).code, 'too-many-requests');
      assert.ok(Number(headers.get('retry-after')) >= 1);
    }
    assert.equal((await ask('GET /healthz')).status, 200);
    own.clock.pass(1_000);
    assert.notEqual((await ask('GET /readyz')).status, 429, 'a second later there is room again');
  } finally {
    await program.stop();
  }
});

test('when the database does not move, only so many wait for it, the others are told, and all goes on afterwards', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 1 });
  const asker = await parley.signedIn(centre.agents[0]!);
  const visitor = await parley.visitor(centre.channel.key);
  const polling = visitor.ask('GET /chat/steps?wait=25');
  await eventually('a poll waits', () => parley.program.modules.chatLive.isThere(visitor.sessionId));
  const letGo = await openTransaction(
    parley.own.db.owner,
    (tx) => tx`lock table chat_channel in access exclusive mode`,
  );
  const ask = () => parley.anyone.ask(`GET /chat/channels/${centre.channel.key}`);
  const asked = Array.from({ length: requestsAtOnceMax }, ask);
  await eventually('requests wait', async () => (await waitingForLock(parley.own.db.owner)) > 5);
  const over = await eventually('one more is told', async () => {
    const answer = await parley.anyone.ask('GET /problems/not-found');
    return answer.status === 503 && answer;
  });
  assert.deepEqual([over.body.code, over.headers.get('retry-after')], ['too-busy', '2']);
  assert.equal((await asker.ask('GET /api/session')).body.code, 'too-busy');
  assert.equal((await parley.anyone.ask('GET /healthz')).status, 200, 'it lives');
  await letGo();
  for (const answer of await Promise.all(asked)) assert.equal(answer.status, 200);
  await eventually('room again', async () => (await asker.ask('GET /api/session')).status === 200);
  parley.clock.pass(25_000);
  assert.equal((await polling).status, 200, 'who only waited had no place to lose');
});

test('figures are counted once a second, however often they are asked for', async () => {
  await using parley = await startParley();
  const figures = async () => (await parley.anyone.ask('GET /metrics')).text;
  const [first, second] = await Promise.all([figures(), figures()]);
  assert.equal(second, first);
  const before = await figures();
  await makeCentre(parley.program.ctx, { agents: 0 }).then((centre) => centre.arrive());
  parley.clock.pass(1_000);
  const after = await figures();
  assert.match(before, /^parley_interactions_waiting 0$/m);
  assert.match(after, /^parley_interactions_waiting 1$/m);
});

test('a live line is counted for who asks behind the proxy, as requests are', async () => {
  await using parley = await startParley({ publicUrl: 'https://parley.example' });
  const open = (address: string) =>
    parley.socket('/chat/nothing', { 'x-forwarded-for': address }).then(
      () => 0,
      (fault) => (fault as UpgradeRefused).status,
    );
  const statuses: number[] = [];
  // Some come back while it is being asked: as many more are sent as it takes.
  for (let sent = 0; sent < 8_000 && !statuses.includes(429); sent += 50)
    statuses.push(...(await Promise.all(Array.from({ length: 50 }, async () => open('203.0.113.9')))));
  assert.ok(statuses.includes(429));
  assert.equal(await open('203.0.113.10'), 404, 'somebody else is not counted with them');
});

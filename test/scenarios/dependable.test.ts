import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { CustomerStep } from '#src/channels/chat/contract.ts';
import { scenario } from '#src/standard/scenario.ts';
import { temporaryFolder } from '#test/support/cluster.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Program, startProgram } from '#test/support/program.ts';

/** Asks the running program as one browser does: with the cookie it was given. */
function browserOf(program: () => Program) {
  let cookie = '';
  return {
    cookie: () => cookie,
    async ask<Body>(method: string, path: string, body?: unknown, bearer?: string): Promise<Body> {
      const answer = await fetch(program().url + path, {
        method,
        headers: {
          cookie,
          origin: program().url,
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie;
      const text = await answer.text();
      assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as Body;
    },
  };
}

scenario(
  '4.1-c',
  'what a customer was told has arrived is answered, though the program is killed before anybody could',
  async () => {
    const dataDir = temporaryFolder();
    let program = await startProgram({ dataDir });
    await using _ = { [Symbol.asyncDispose]: async () => void (await program.stop()) };
    const staff = browserOf(() => program);
    const customer = browserOf(() => program);
    await staff.ask('POST', '/api/setup/first-account', {
      centreName: 'Centre Soleil',
      name: 'Ada',
      email: 'ada@centre.example',
      password: 'correct horse battery',
      language: 'en',
    });
    const { channelKey } = await staff.ask<{ channelKey: string }>('POST', '/api/setup/ready-client', {});
    const told = await customer.ask<{ name: { en: string }; answeredBy: string; charges: { en: string } }>(
      'GET',
      `/chat/channels/${channelKey}`,
    );
    const { token } = await customer.ask<{ token: string }>('POST', '/chat/sessions', {
      channel: channelKey,
      language: 'en',
      told: { name: told.name.en, answeredBy: told.answeredBy, charges: told.charges.en },
    });
    const say = (key: string, text: string) =>
      customer.ask<{ interactionId: string; seq: number }>('POST', '/chat/messages', { key, text }, token);
    const conversation = async () =>
      (await customer.ask<{ steps: CustomerStep[] }>('GET', '/chat/steps', undefined, token)).steps;
    const lines = async () =>
      (await conversation()).flatMap((step) =>
        step.kind === 'line' ? [`${step.author}: ${step.text}`] : [],
      );

    const first = await say('the-first-line', 'My parcel came open.');
    await program.kill9();
    program = await startProgram({ dataDir });

    const again = await say('the-first-line', 'My parcel came open.');
    assert.deepEqual(again, { ...again, ...first }, 'sent again, it is the line that stands already');
    await say('the-second-line', 'Two cups are missing.');
    await program.kill9();
    program = await startProgram({ dataDir });
    assert.deepEqual(await lines(), ['customer: My parcel came open.', 'customer: Two cups are missing.']);

    const desk = new WebSocket(`${program.url.replace('http', 'ws')}/api/live`, {
      headers: { cookie: staff.cookie(), origin: program.url },
    });
    await once(desk, 'open');
    await staff.ask('PUT', '/api/presence', { state: 'ready' });
    const path = `/api/interactions/${first.interactionId}`;
    await eventually('the offer', async () => {
      const { state } = await staff.ask<{ state: string }>('GET', path);
      return state === 'offered';
    });
    await staff.ask('POST', `${path}/accept`);
    await staff.ask('POST', `${path}/messages`, { key: 'the-answer', text: 'I send them today.' });
    assert.deepEqual(await lines(), [
      'customer: My parcel came open.',
      'customer: Two cups are missing.',
      'agent: I send them today.',
    ]);
    await program.kill9();
    program = await startProgram({ dataDir });
    const { events, head } = await staff.ask<{ events: { seq: number; kind: string }[]; head: number }>(
      'GET',
      `${path}/events`,
    );
    assert.deepEqual(
      events.map(({ seq }) => seq),
      Array.from({ length: head }, (_, index) => index + 1),
    );
    assert.equal(events.filter(({ kind }) => kind === 'interaction.accepted').length, 1);
    desk.terminate();
  },
  { timeout: 120_000 },
);

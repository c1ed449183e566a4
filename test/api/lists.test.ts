import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCentre } from '#test/support/centre.ts';
import { eventually } from '#test/support/eventually.ts';
import { startParley } from './parley.ts';

test('of one client, the office lists its own competencies with the common ones, and its own chat channels', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const brume = await makeCentre(ctx, { agents: 0 });
  const other = await makeCentre(ctx, { name: 'Another client', agents: 0 });
  const admin = await parley.signedIn(
    await brume.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const french = {
    clientId: null,
    kind: 'communication',
    nameEn: 'French',
    nameFr: 'Français',
    language: 'fr',
  };
  const common = (await admin.ask('POST /api/competencies', { body: french })).body as { id: string };
  const listed = async (path: string, clientId?: string) =>
    (
      (await admin.ask(`GET /api/${path}${clientId === undefined ? '' : `?clientId=${clientId}`}`)).body as {
        items: { id: string }[];
      }
    ).items
      .map(({ id }) => id)
      .toSorted();
  const ids = (...all: { id: string }[]) => all.map(({ id }) => id).toSorted();
  assert.deepEqual(await listed('competencies'), ids(brume.competency, other.competency, common));
  assert.deepEqual(await listed('competencies', brume.client.id), ids(brume.competency, common));
  assert.deepEqual(await listed('chat-channels'), ids(brume.channel, other.channel));
  assert.deepEqual(await listed('chat-channels', other.client.id), ids(other.channel));
});

test('a client-specific competency belongs to a client', async () => {
  await using parley = await startParley();
  const centre = await makeCentre(parley.program.ctx, { agents: 0 });
  const admin = await parley.signedIn(
    await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
  );
  const draft = { clientId: null, kind: 'client-specific', nameEn: 'Orders', nameFr: 'Commandes' };
  const answer = await admin.ask('POST /api/competencies', { body: draft });
  assert.deepEqual([answer.status, answer.body.code], [422, 'competency-of-no-client']);
  const made = await admin.ask('POST /api/competencies', { body: { ...draft, clientId: centre.client.id } });
  assert.equal(made.status, 201);
});

test('a decision is read with the names of the competencies that it asked for', async () => {
  await using parley = await startParley();
  const { ctx } = parley.program;
  const centre = await makeCentre(ctx, { agents: 1, capacity: { chat: 1 } });
  const agent = await parley.signedIn(centre.agents[0]!);
  const row = await centre.arrive();
  const decisions = await eventually('it is offered', async () => {
    const { body } = await agent.ask(`GET /api/interactions/${row.id}/decisions`);
    return body.length > 0 && (body as { names: Record<string, string> }[]);
  });
  assert.equal(decisions[0]?.names[centre.competency.id], 'Orders');
});

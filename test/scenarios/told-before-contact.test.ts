import assert from 'node:assert/strict';
import { scenario } from '#src/standard/scenario.ts';
import { startParley } from '#test/api/parley.ts';
import { makeCentre } from '#test/support/centre.ts';

scenario(
  ['4.5-a', '4.5-c'],
  'before a customer can write they are told for whom we answer, who answers and what it costs, in their language, and the record keeps the words',
  async () => {
    await using parley = await startParley();
    const centre = await makeCentre(parley.program.ctx, { agents: 0 });
    const admin = await parley.signedIn(
      await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
    );
    await admin.ask('PUT /api/centre', { body: { name: 'Centre Soleil' } });
    const channel = (await parley.anyone.ask(`GET /chat/channels/${centre.channel.key}`)).body;
    assert.deepEqual(
      [channel.clientName, channel.name, channel.answeredBy, channel.charges],
      [
        'Atelier Brume',
        { en: 'Atelier Brume, customer service', fr: 'Atelier Brume, service client' },
        'Centre Soleil',
        { en: 'Free, apart from your connection.', fr: 'Gratuit, hors coût de votre connexion.' },
      ],
    );
    const visitor = await parley.visitor(centre.channel.key, { language: 'fr' });
    const { body } = await visitor.ask('POST /chat/messages', {
      body: { key: 'the-first', text: 'Bonjour' },
    });
    const { events } = (await admin.ask(`GET /api/interactions/${body.interactionId}/events`)).body;
    assert.equal(events[0].kind, 'interaction.arrived');
    assert.deepEqual(events[0].body.told, {
      name: 'Atelier Brume, service client',
      answeredBy: 'Centre Soleil',
      charges: 'Gratuit, hors coût de votre connexion.',
    });
  },
);

scenario(
  ['4.5-a', '4.5-c'],
  'a channel that does not say whom it speaks for or what it costs does not open, and nobody begins on words that are out of date',
  async () => {
    await using parley = await startParley();
    const centre = await makeCentre(parley.program.ctx, { agents: 0 });
    const admin = await parley.signedIn(
      await centre.addAgent({ roles: ['administrator'], ready: false, level: null }),
    );
    const path = `/api/chat-channels/${centre.channel.id}`;
    let version = 1;
    const change = async (body: object) => {
      const answer = await admin.ask(`PATCH ${path}`, { body: { ...body, version } });
      if (answer.status === 200) version = answer.body.version;
      return answer;
    };
    for (const body of [{ chargesEn: '' }, { chargesFr: ' ' }, { open: true, chargesEn: '', chargesFr: '' }])
      assert.equal((await change(body)).body.code, 'channel-without-charges');
    assert.equal((await change({ nameFr: '  ' })).status, 422);
    await assert.rejects(
      async () =>
        parley.own.db.system`update chat_channel set charges_fr = '' where id = ${centre.channel.id}`,
      /check constraint/,
      'the database refuses it as well',
    );

    const read = (await parley.anyone.ask(`GET /chat/channels/${centre.channel.key}`)).body;
    const told = { name: read.name.en, answeredBy: read.answeredBy, charges: read.charges.en };
    assert.equal((await change({ chargesEn: '50 cents a message' })).status, 200);
    const stale = await parley.anyone.ask('POST /chat/sessions', {
      body: { channel: centre.channel.key, language: 'en', told },
    });
    assert.deepEqual([stale.status, stale.body.code], [409, 'not-told-before']);
    const fresh = await parley.anyone.ask('POST /chat/sessions', {
      body: { channel: centre.channel.key, language: 'en', told: { ...told, charges: '50 cents a message' } },
    });
    assert.equal(fresh.status, 201);
  },
);

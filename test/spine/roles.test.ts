import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProgram } from '#src/app/program.ts';
import { createLineWriter, interactionById } from '#src/modules/interactions/index.ts';
import { createHours } from '#src/modules/organisation/index.ts';
import type { Context } from '#src/platform/context.ts';
import { partitionedTables } from '#src/platform/db/partitions.ts';
import { seeing } from '#src/platform/db/sql.ts';
import { done, makeCentre } from '#test/support/centre.ts';
import { testDatabase } from '#test/support/database.ts';
import { eventually } from '#test/support/eventually.ts';
import { interactionIn } from '#test/support/spine.ts';

/** Tables whose rows belong to clients, from the catalogue: a new one is looked at as well. */
async function guardedTables(ctx: Context): Promise<{ name: string; client: string; mayRead: boolean }[]> {
  return ctx.db.owner<{ name: string; client: string; mayRead: boolean }[]>`
    select c.relname as name, case when c.relname = 'client' then 'id' else 'client_id' end as client,
           has_any_column_privilege('parley_request', c.oid, 'select') as "mayRead"
      from pg_class c where c.relrowsecurity and c.relnamespace = 'public'::regnamespace
       and (c.relname = 'client' or exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'client_id')) order by 1`;
}

async function twoCentres(ctx: Context) {
  const here = await makeCentre(ctx, { name: 'Here' });
  const there = await makeCentre(ctx, { name: 'There' });
  for (const centre of [here, there]) {
    const hours = { timeZone: 'Europe/Paris', weekly: [], holidayRegion: null, holidaysWorked: [] };
    const messages = { messageEn: 'Closed.', messageFr: 'Fermé.' };
    done(await createHours(ctx, { clientId: centre.client.id, name: 'Office', ...hours, ...messages }));
    await interactionIn('closed', ctx, centre);
    await interactionIn('offered', ctx, centre);
    await ctx.db.owner`
      insert into decision (interaction_id, seq, client_id, agent_id, epoch, why, at)
      select id, seq, client_id, ${centre.agents[0]!.id}, 1, '{}', now() from interaction where client_id = ${centre.client.id} and state = 'offered'`;
    await ctx.db.owner`
      insert into blob (client_id, hash, object, key, size, content_type, stored_at)
      values (${centre.client.id}, ${Buffer.alloc(32)}, gen_random_uuid(), ${Buffer.alloc(32)}, 0, 'text/plain', now())`;
    await ctx.db.owner.unsafe(`
      with box as (
        insert into mailbox (id, client_id, type_id, address, name_en, name_fr, created_at)
        select gen_random_uuid(), client_id, id, client_id || '@brume.example', 'Brume', 'Brume', now() from interaction_type
         where client_id = '${centre.client.id}' returning *),
      item as (
        insert into mail_in (id, client_id, mailbox_id, source, key, raw_hash, size, envelope, received_at, next_at)
        select gen_random_uuid(), client_id, id, 'smtp', sha256(id::text::bytea), decode(repeat('00', 32), 'hex'), 0, '{}', now(), now() from box
        returning *),
      folder as (insert into imap_folder (mailbox_id, folder) select id, 'INBOX' from box),
      thread as (
        insert into mail_thread (id, client_id, mailbox_id, customer_id, subject, created_at)
        select gen_random_uuid(), box.client_id, box.id, c.id, '', now()
          from box cross join lateral (select id from customer where client_id = box.client_id limit 1) c returning *),
      written as (
        insert into mail (id, client_id, mailbox_id, direction, thread_id, from_address, at, kind)
        select gen_random_uuid(), client_id, mailbox_id, 'out', id, '', now(), 'human' from thread returning *),
      file as (
        insert into attachment (id, client_id, mail_id, position, name, type, size, hash)
        select gen_random_uuid(), client_id, id, 0, 'a', 'text/plain', 0, decode(repeat('00', 32), 'hex') from written),
      sent as (
        insert into outbox (mail_id, client_id, mailbox_id, state, raw_hash, envelope_from, recipients, not_before)
        select id, client_id, mailbox_id, 'waiting', decode(repeat('00', 32), 'hex'), '', '[]', now() from written)
      insert into mail_draft (interaction_id, agent_id, client_id, draft, updated_at)
      select id, '${centre.agents[0]!.id}', client_id, '{}', now() from interaction where client_id = '${centre.client.id}'`);
    await ctx.db.owner`
      insert into chat_session (id, client_id, channel_id, customer_id, language, told, created_at, seen_at)
      select thread_id, client_id, ${centre.channel.id}, customer_id, 'en', '{}', now(), now() from interaction where client_id = ${centre.client.id}`;
  }
  return { here, there };
}

test('a request sees nothing until it says whose it may see, and then theirs alone, in every table that has clients', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { here, there } = await twoCentres(ctx);
  const tables = await guardedTables(ctx);
  const known = [
    'chat_channel',
    'chat_session',
    'client',
    'competency',
    'customer',
    'decision',
    'event',
    'inbound_key',
    'interaction',
    'interaction_type',
    'message',
    'outcome',
  ];
  assert.deepEqual(
    tables.map(({ name }) => name).filter((name) => known.includes(name)),
    known,
  );
  const withClients = await ctx.db.owner<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'client_id'
     where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace and not c.relrowsecurity`;
  // Who works for whom: no request reads it at all.
  assert.deepEqual(
    withClients.map(({ name }) => name),
    ['person_client'],
  );
  const unguarded = await ctx.db.owner<{ name: string }[]>`
    select c.relname as name from pg_class c where c.relkind in ('r', 'p') and not c.relrowsecurity and c.relnamespace = 'public'::regnamespace
       and (has_any_column_privilege('parley_request', c.oid, 'select') or has_table_privilege('parley_request', c.oid, 'insert'))`;
  assert.deepEqual(
    unguarded.map(({ name }) => name),
    [],
    'a request reads no table without row security',
  );
  // What belongs to a client through something else is seen with that.
  for (const [name, parent] of [
    ['assessment', 'competency_id in (select id from competency'],
    ['type_competency', 'type_id in (select id from interaction_type'],
  ] as const) {
    const count = async (clients: string[], where = 'true') =>
      (await seeing(ctx.db, clients, (tx) => tx.unsafe(`select from ${name} where ${where}`))).length;
    const all = (await ctx.db.owner.unsafe(`select from ${name}`)).length;
    assert.equal((await ctx.db.request.unsafe(`select from ${name}`)).length, 0, `${name} without a setting`);
    assert.equal(await count([here.client.id, there.client.id]), all);
    assert.ok((await count([here.client.id])) < all);
    assert.equal(
      await count([here.client.id], `${parent} where client_id = '${there.client.id}')`),
      0,
      `${name} of another client`,
    );
  }

  for (const { name, client, mayRead } of tables) {
    const all = await ctx.db.owner.unsafe(`select distinct ${client} as client from ${name}`);
    for (const { client: one } of [here, there])
      assert.ok(
        all.some((row) => row.client === one.id),
        `${name} has rows of both`,
      );
    if (!mayRead) {
      await assert.rejects(ctx.db.request.unsafe(`select from ${name}`), /permission denied/, name);
      continue;
    }
    const seen = (clients: string[]) =>
      seeing(ctx.db, clients, (tx) => tx.unsafe(`select ${client} as client from ${name}`));
    assert.equal((await ctx.db.request.unsafe(`select from ${name}`)).length, 0, `${name} without a setting`);
    assert.equal((await seen([])).filter((row) => row.client !== null).length, 0, `${name} with no client`);
    for (const { client: one } of [here, there]) {
      const rows = await seen([one.id]);
      assert.ok(rows.length > 0, name);
      for (const row of rows) assert.ok(row.client === one.id || row.client === null, name);
    }
    assert.ok(
      (await seen([here.client.id, there.client.id])).length > (await seen([here.client.id])).length,
      name,
    );
  }
});

test('what one request may see is forgotten before the next one uses its connection', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const { here } = await twoCentres(ctx);
  const connections = await Promise.all(
    Array.from({ length: 20 }, () => seeing(ctx.db, [here.client.id], (tx) => tx`select from interaction`)),
  );
  assert.ok(connections.every((rows) => rows.length > 0));
  for (let again = 0; again < 20; again++)
    assert.equal((await ctx.db.request`select from interaction`).length, 0);
});

test('the record cannot be changed or deleted by those who serve, and its partitions cannot be reached at all', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  await twoCentres(ctx);
  const roles = { request: ctx.db.request, system: ctx.db.system };
  for (const [role, db] of Object.entries(roles)) {
    for (const table of partitionedTables) {
      for (const statement of [
        `update ${table} set client_id = client_id`,
        `delete from ${table}`,
        `truncate ${table}`,
      ])
        await assert.rejects(db.unsafe(statement), /permission denied/, `${role}: ${statement}`);
      const partition = `${table}_2026_03`;
      for (const statement of [
        `select from ${partition}`,
        `delete from ${partition}`,
        `insert into ${partition} select * from ${partition}`,
      ])
        await assert.rejects(db.unsafe(statement), /permission denied/, `${role}: ${statement}`);
    }
    await assert.rejects(db.unsafe('create table mine ()'), /permission denied/);
    await assert.rejects(db.unsafe('drop table event'), /must be owner/);
  }
  for (const table of [
    'event',
    'interaction',
    'message',
    'decision',
    'assignment',
    'inbound_key',
    'client',
    'person',
  ])
    await assert.rejects(
      ctx.db.request.unsafe(`insert into ${table} select * from ${table}`),
      /permission denied/,
      table,
    );
  for (const table of [
    'centre',
    'person',
    'person_client',
    'agent_presence',
    'capacity_slot',
    'assignment',
    'session',
    'sign_in_throttle',
    'idempotency_key',
    'reaction_cursor',
    'reaction_stream',
    'pool_owner',
    'node',
  ])
    await assert.rejects(ctx.db.request.unsafe(`select from ${table}`), /permission denied/, table);
});

test('no statement that serves is run as the owner', async () => {
  await using own = await testDatabase();
  const { ctx } = own;
  const program = await startProgram({
    address: own.address,
    settings: { port: 0 },
    secret: ctx.secret,
    clock: ctx.clock,
    log: ctx.log,
    alone: true,
  });
  try {
    // As if the owner's way in had been taken away after the start.
    await program.ctx.db.owner.end({ timeout: 5 });
    const { ctx: running } = program;
    for (const [role, db] of Object.entries({
      parley_request: running.db.request,
      parley_system: running.db.system,
    })) {
      const [who] = await db<
        { role: string; session: string }[]
      >`select current_user::text as role, current_setting('is_superuser') as session`;
      assert.deepEqual({ ...who }, { role, session: 'off' });
    }
    const centre = await makeCentre(running);
    const row = await centre.arrive();
    const offered = await eventually('it is offered', async () => {
      const now = await interactionById(running.db.system, row.id);
      return now?.state === 'offered' && now;
    });
    assert.equal(offered.agent_id, centre.agents[0]!.id);
    const line = {
      interactionId: row.id,
      author: 'customer',
      threadId: row.thread_id,
      audience: 'all',
      text: 'hello',
      key: 'k',
    } as const;
    done(await createLineWriter(running).write(line));
    const answer = await fetch(`http://127.0.0.1:${program.port}/readyz`);
    assert.equal(answer.status, 200);
    assert.deepEqual(
      own.logged.filter(({ level }) => level === 'error'),
      [],
    );
  } finally {
    await program.stop();
  }
});

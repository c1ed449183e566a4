import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { startProgram } from '#src/app/program.ts';
import { systemClock } from '#src/platform/clock.ts';
import { migrate, migrationFiles } from '#src/platform/db/migrate.ts';
import { ensureRoles } from '#src/platform/db/roles.ts';
import { type Address, databaseRoles, openPool, type Sql } from '#src/platform/db/sql.ts';
import { logTo } from '#src/platform/log.ts';
import { UnusableSetting } from '#src/platform/settings.ts';
import { testCluster } from '#test/support/cluster.ts';
import { addressOf, emptyDatabase, onServer, testStart } from '#test/support/database.ts';
import { ownCluster } from '#test/support/own-cluster.ts';

after(async () => (await ownCluster()).stop());

async function withPool<Answer>(address: Address, act: (sql: Sql) => Promise<Answer>): Promise<Answer> {
  const sql = openPool(address, 'owner', { max: 2 });
  try {
    return await act(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Everything the migrations make, as text that can be compared. */
async function schemaOf(sql: Sql): Promise<string[]> {
  const rows = await sql<{ what: string }[]>`
    select format('%s.%s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) as what
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    union all select pg_get_constraintdef(oid) || ' on ' || conrelid::regclass from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select format('%s %s %s', tablename, policyname, coalesce(qual, with_check)) from pg_policies
    union all select format('%s %s', relname, relacl) from pg_class where relnamespace = 'public'::regnamespace and relacl is not null
    order by 1`;
  return rows.map(({ what }) => what);
}

const start = (address: Address) =>
  startProgram({
    address,
    settings: { port: 0 },
    secret: 'a secret of the tests, of no worth elsewhere',
    clock: systemClock,
    log: logTo('silent', { write() {} }),
    alone: false,
  });

/** One sentence for the person at the start: no trace, no line break, a full stop at its end. */
const oneSentence = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UnusableSetting, String(error));
  assert.match(error.message, pattern);
  assert.doesNotMatch(error.message, /\n|\bat .*:\d+:\d+/);
  return true;
};

/** A user of the server with no more than is said, who goes with the test. */
async function limitedUser(server: { host: string; port: number }, rights: string) {
  const name = `u_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await onServer(server, (sql) => sql.unsafe(`create role ${name} login ${rights}`));
  return {
    name,
    async [Symbol.asyncDispose]() {
      await onServer(server, async (sql) => {
        await sql.unsafe(`drop owned by ${name} cascade`);
        await sql.unsafe(`drop role ${name}`);
      });
    },
  };
}

test('an empty database is brought to the newest schema, and a second time nothing happens', async () => {
  await using own = await emptyDatabase();
  await withPool(own.address, async (sql) => {
    await ensureRoles(sql);
    assert.equal(await migrate(sql, testStart), migrationFiles().length);
    const before = await schemaOf(sql);
    assert.ok(before.length > 100);
    assert.equal(await migrate(sql, testStart), 0);
    assert.deepEqual(await schemaOf(sql), before);
    assert.equal((await sql`select from schema_migration`).length, migrationFiles().length);
  });
});

test('a database of each earlier schema comes to the same newest one', async () => {
  const files = migrationFiles();
  await using whole = await emptyDatabase();
  const expected = await withPool(whole.address, async (sql) => {
    await ensureRoles(sql);
    await migrate(sql, testStart);
    return schemaOf(sql);
  });
  for (let known = 1; known < files.length; known++) {
    await using own = await emptyDatabase();
    await withPool(own.address, async (sql) => {
      assert.equal(await migrate(sql, testStart, files.slice(0, known)), known);
      assert.equal(await migrate(sql, testStart, files), files.length - known);
      assert.deepEqual(await schemaOf(sql), expected);
    });
  }
});

test('a migration that was applied with other contents is refused', async () => {
  await using own = await emptyDatabase();
  await withPool(own.address, async (sql) => {
    await ensureRoles(sql);
    await migrate(sql, testStart);
    const files = migrationFiles().map((file) => (file.number === 2 ? { ...file, hash: 'another' } : file));
    await assert.rejects(
      migrate(sql, testStart, files),
      oneSentence(/^Migration 0002_event_log was applied to this database with other contents; .*\.$/),
    );
  });
});

test('a database of a newer Parley is refused', async () => {
  await using own = await emptyDatabase();
  await withPool(own.address, async (sql) => {
    await ensureRoles(sql);
    await migrate(sql, testStart);
    await sql`insert into schema_migration values (${migrationFiles().length + 1}, 'from the future', 'x', now())`;
    await assert.rejects(
      migrate(sql, testStart),
      oneSentence(/^This database was migrated by a newer Parley \(schema \d+, .*\.$/),
    );
  });
});

test('a migration that fails leaves nothing of itself, and the next start goes on from there', async () => {
  await using own = await emptyDatabase();
  await withPool(own.address, async (sql) => {
    await ensureRoles(sql);
    const files = migrationFiles();
    const broken = files.map((file) =>
      file.number === 3 ? { ...file, text: `${file.text}\nselect 1 / 0;` } : file,
    );
    await assert.rejects(migrate(sql, testStart, broken), /division by zero/);
    assert.equal((await sql`select from pg_class where relname = 'competency'`).length, 0);
    assert.equal(await migrate(sql, testStart, files), files.length - 2);
  });
});

test('several programs that start at once on an empty database all come up, and each migration is applied once', async () => {
  const cluster = await ownCluster();
  await using own = await emptyDatabase({ cluster });
  // On a server that has seen no Parley: the roles are made at the same moment, too.
  for (const role of Object.values(databaseRoles))
    assert.equal(
      (await onServer(cluster, (sql) => sql`select from pg_roles where rolname = ${role}`)).length,
      0,
    );
  const programs = await Promise.all([start(own.address), start(own.address), start(own.address)]);
  try {
    for (const { port } of programs)
      assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
    const [applied] = await programs[0].ctx.db.owner<
      { count: number }[]
    >`select count(*)::integer as count from schema_migration`;
    assert.equal(applied?.count, migrationFiles().length);
  } finally {
    for (const program of programs) await program.stop();
  }
});

test('a user who may not make roles is told in one sentence what to run, and after that it starts', async () => {
  const cluster = await ownCluster();
  await using user = await limitedUser(cluster, '');
  await using own = await emptyDatabase({ cluster, owner: user.name });
  const address = addressOf(cluster, own.name, user.name);
  let statements = '';
  await assert.rejects(start(address), (error) => {
    oneSentence(
      /^PARLEY_DATABASE_URL: the user "u_\w+" may not make the roles Parley needs; run these once as a superuser: .*;$/,
    )(error);
    statements = /superuser: (.*)$/.exec((error as Error).message)![1]!;
    return true;
  });
  assert.match(statements, new RegExp(`grant parley_request to "${user.name}"`));
  await onServer(cluster, (sql) => sql.unsafe(statements));
  const program = await start(address);
  await program.stop();
});

test('a user who may make roles needs no superuser, and the roles that are there serve the next database too', async () => {
  const cluster = await ownCluster();
  await onServer(cluster, (sql) => sql.unsafe('drop role if exists parley_request, parley_system'));
  await using user = await limitedUser(cluster, 'createrole');
  await using first = await emptyDatabase({ cluster, owner: user.name });
  await using second = await emptyDatabase({ cluster, owner: user.name });
  await using third = await emptyDatabase({ cluster });
  const addresses = [first, second].map(({ name }) => addressOf(cluster, name, user.name));
  for (const address of [...addresses, third.address]) {
    const program = await start(address);
    try {
      const [who] = await program.ctx.db.system<{ role: string }[]>`select current_user::text as role`;
      assert.equal(who?.role, 'parley_system');
      assert.equal((await fetch(`http://127.0.0.1:${program.port}/readyz`)).status, 200);
    } finally {
      await program.stop();
    }
  }
});

test('a user who may not create tables is told so in one sentence', async () => {
  const cluster = await testCluster();
  await using user = await limitedUser(cluster, '');
  await using own = await emptyDatabase();
  await onServer(cluster, async (sql) => {
    for (const role of Object.values(databaseRoles)) {
      await sql.unsafe(
        `do $$ begin create role ${role} nologin noinherit; exception when duplicate_object or unique_violation then null; end $$`,
      );
      await sql.unsafe(`grant ${role} to ${user.name}`);
    }
  });
  await assert.rejects(
    start(addressOf(cluster, own.name, user.name)),
    oneSentence(/^PARLEY_DATABASE_URL: its user may not create tables in schema public; .*\.$/),
  );
});

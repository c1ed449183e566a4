import { createHash, randomUUID } from 'node:crypto';
import { type Clock, type ManualClock, manualClock } from '#src/platform/clock.ts';
import type { Context } from '#src/platform/context.ts';
import { migrate, migrationFiles } from '#src/platform/db/migrate.ts';
import { ensurePartitions } from '#src/platform/db/partitions.ts';
import { ensureRoles } from '#src/platform/db/roles.ts';
import { type Address, type Database, openDatabase, openPool, type Sql } from '#src/platform/db/sql.ts';
import { createBus } from '#src/platform/events/bus.ts';
import type { Cluster } from '#src/platform/launcher/index.ts';
import { logTo } from '#src/platform/log.ts';
import { testCluster } from './cluster.ts';
import { databaseUrlOf } from './database-url.ts';

/** When a test's own clock begins, unless it says otherwise: a Monday morning. */
export const testStart = new Date('2026-03-02T08:00:00Z');

/** What the program wrote to its log. */
export interface LogEntry {
  level: string;
  msg: string;
  [field: string]: unknown;
}

export interface TestDatabaseOptions<C extends Clock> {
  /** One that moves only when told to, from `testStart` on, unless given. */
  clock?: C;
  /** A server of the test's own, for one that disturbs or is disturbed by others (an open writer holds the log back everywhere). */
  cluster?: Pick<Cluster, 'host' | 'port'>;
}

export interface TestDatabase<C extends Clock = ManualClock> extends AsyncDisposable {
  db: Database;
  /** The first running copy of the program. */
  ctx: Context;
  clock: C;
  /** What all its copies logged. */
  logged: LogEntry[];
  /** What listeners of the bus met; a test that expects none should look. */
  faults: unknown[];
  name: string;
  address: Extract<Address, { host: string }>;
  /** The address as one would write it into PARLEY_DATABASE_URL. */
  url(user?: string): Promise<string>;
  /** Another running copy on the same database, with connections and a bus of its own. */
  anotherNode(): Context;
}

/**
 * A database of the test's own on a real server: migrated, empty, with the partitions of the clock's time. It goes when the test
 * ends (`await using`).
 */
export async function testDatabase(
  options?: TestDatabaseOptions<ManualClock>,
): Promise<TestDatabase<ManualClock>>;
export async function testDatabase<C extends Clock>(
  options: TestDatabaseOptions<C> & { clock: C },
): Promise<TestDatabase<C>>;
export async function testDatabase<C extends Clock>({
  clock = manualClock(testStart) as unknown as C,
  cluster,
}: TestDatabaseOptions<C> = {}): Promise<TestDatabase<C>> {
  const server = cluster ?? (await testCluster());
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, async (sql) => {
    await sql.unsafe(`create database ${name} template ${await templateOn(server, sql)}`);
  });
  const address = addressOf(server, name);
  const logged: LogEntry[] = [];
  const faults: unknown[] = [];
  const opened: Database[] = [];
  const disposals: (() => Promise<unknown>)[] = [];
  const node = (): Context => {
    const db = openDatabase(address);
    opened.push(db);
    return {
      db,
      clock,
      bus: createBus((fault) => faults.push(fault)),
      log: logTo('debug', { write: (line: string) => logged.push(JSON.parse(line) as LogEntry) }),
      node: randomUUID(),
      secret: 'a secret of the tests, of no worth elsewhere',
      publicUrl: () => 'http://localhost',
    };
  };
  const ctx = node();
  await ensurePartitions(ctx.db.owner, clock.now());
  return {
    db: ctx.db,
    ctx,
    clock,
    logged,
    faults,
    name,
    address,
    async url(user) {
      const address = await databaseUrlOf(server, name, user);
      disposals.push(() => address[Symbol.asyncDispose]());
      return address.url;
    },
    anotherNode: node,
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((db) => db.close()));
      for (const dispose of disposals) await dispose();
      await onServer(server, (sql) => sql.unsafe(`drop database if exists ${name} with (force)`));
    },
  };
}

/** A database without anything in it, for what migrates and for what is not ours. */
export async function emptyDatabase({
  owner = 'parley',
  cluster,
}: {
  owner?: string;
  cluster?: Pick<Cluster, 'host' | 'port'>;
} = {}): Promise<
  AsyncDisposable & {
    name: string;
    address: Extract<Address, { host: string }>;
    url(user?: string): Promise<string>;
  }
> {
  const server = cluster ?? (await testCluster());
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, (sql) => sql.unsafe(`create database ${name} owner ${owner} template template0`));
  const disposals: (() => Promise<unknown>)[] = [];
  return {
    name,
    address: addressOf(server, name),
    async url(user) {
      const address = await databaseUrlOf(server, name, user);
      disposals.push(() => address[Symbol.asyncDispose]());
      return address.url;
    },
    async [Symbol.asyncDispose]() {
      for (const dispose of disposals) await dispose();
      await onServer(server, (sql) => sql.unsafe(`drop database if exists ${name} with (force)`));
    },
  };
}

/** Runs something as the server's superuser, in its maintenance database. */
export async function onServer<Answer>(
  server: Pick<Cluster, 'host' | 'port'>,
  act: (sql: Sql) => PromiseLike<Answer>,
): Promise<Answer> {
  const sql = openPool(addressOf(server, 'parley'), 'owner', { max: 1, name: 'tests' });
  try {
    return await act(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

export function addressOf(
  { host, port }: Pick<Cluster, 'host' | 'port'>,
  database: string,
  user = 'parley',
): Extract<Address, { host: string }> {
  return { host, port, user, database };
}

const makingTemplate = 7_265_600;
const templates = new Map<string, Promise<string>>();

/** The migrated database that the others are copied from: made once on each server, whichever test file comes first. */
function templateOn(server: Pick<Cluster, 'host' | 'port'>, sql: Sql): Promise<string> {
  const known = templates.get(server.host) ?? makeTemplate(server, sql);
  templates.set(server.host, known);
  return known;
}

async function makeTemplate(server: Pick<Cluster, 'host' | 'port'>, sql: Sql): Promise<string> {
  const files = migrationFiles();
  const contents = createHash('sha256')
    .update(files.map(({ hash }) => hash).join())
    .digest('hex');
  const name = `template_${contents.slice(0, 16)}`;
  // The lock belongs to the one connection of this pool, so that a file that dies in the middle lets go of it.
  await sql`select pg_advisory_lock(${makingTemplate})`;
  try {
    if ((await sql`select from pg_database where datname = ${name}`).length > 0) return name;
    const draft = `${name}_draft`;
    await sql.unsafe(`drop database if exists ${draft} with (force)`);
    await sql.unsafe(`create database ${draft}`);
    const owner = openPool(addressOf(server, draft), 'owner', { max: 1 });
    try {
      await ensureRoles(owner);
      await migrate(owner, testStart, files);
      await ensurePartitions(owner, testStart);
    } finally {
      await owner.end({ timeout: 5 });
    }
    await sql.unsafe(`alter database ${draft} rename to ${name}`);
    return name;
  } finally {
    await sql`select pg_advisory_unlock(${makingTemplate})`;
  }
}

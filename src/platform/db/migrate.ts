import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { UnusableSetting } from '#src/platform/settings.ts';
import type { Instant } from '../clock.ts';
import { type Sql, sqlState } from './sql.ts';

const folder = new URL('../../../migrations/', import.meta.url);

export interface Migration {
  number: number;
  name: string;
  text: string;
  hash: string;
}

export function migrationFiles(from: URL = folder): Migration[] {
  return readdirSync(from)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file, index) => {
      const number = Number(file.slice(0, 4));
      if (number !== index + 1)
        throw new Error(`Migration ${file} should have the number ${index + 1}: forward only, no gap.`);
      const text = readFileSync(new URL(file, from), 'utf8');
      return {
        number,
        name: file.replace(/\.sql$/, ''),
        text,
        hash: createHash('sha256').update(text).digest('hex'),
      };
    });
}

// One number for "somebody is migrating this database". A session lock would outlive a pooled connection; a transaction's does not.
const migrating = 7_265_539;

/**
 * Brings the database to this program's schema: every migration in one transaction of its own, in order, once, whichever of
 * several starting programs gets there first.
 *
 * @throws UnusableSetting when the database is older than PostgreSQL 15, newer than this program's schema, or the rights are missing.
 */
export async function migrate(owner: Sql, now: Instant, files = migrationFiles()): Promise<number> {
  const [server] = await owner<
    { version: number }[]
  >`select current_setting('server_version_num')::int as version`;
  if (server!.version < 150000) {
    throw new UnusableSetting(
      `PARLEY_DATABASE_URL points to PostgreSQL ${Math.floor(server!.version / 10000)}; Parley needs 15 or newer, so point it to a newer server.`,
    );
  }
  try {
    // Of two starts at once the second waits: "if not exists" alone looks before it makes, and both would make it.
    await owner.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${migrating})`;
      await tx`create table if not exists schema_migration (number integer primary key, name text not null, hash text not null, applied_at timestamptz not null)`;
    });
  } catch (error) {
    if (sqlState(error) === '42501') {
      throw new UnusableSetting(
        'PARLEY_DATABASE_URL: its user may not create tables in schema public; run as a superuser: grant create on schema public to that user, or make it the owner of the database.',
      );
    }
    throw error;
  }
  let applied = 0;
  for (const file of files) {
    await owner.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${migrating})`;
      const [done] = await tx<
        { hash: string }[]
      >`select hash from schema_migration where number = ${file.number}`;
      if (done !== undefined) {
        if (done.hash !== file.hash) {
          throw new UnusableSetting(
            `Migration ${file.name} was applied to this database with other contents; use the program that applied it, or restore a backup.`,
          );
        }
        return;
      }
      await tx.unsafe(file.text);
      await tx`insert into schema_migration values (${file.number}, ${file.name}, ${file.hash}, ${now})`;
      applied++;
    });
  }
  const [newest] = await owner<{ number: number }[]>`select max(number) as number from schema_migration`;
  if (newest!.number > files.length) {
    throw new UnusableSetting(
      `This database was migrated by a newer Parley (schema ${newest!.number}, this program knows ${files.length}); start that version instead.`,
    );
  }
  return applied;
}

import type { Instant } from '../clock.ts';
import type { Queryable } from '../db/sql.ts';

export interface BlobRow {
  object: string;
  key: Buffer;
  size: number;
  content_type: string;
}

/** Which of all objects of a keeper are this database's. */
export async function storeId(db: Queryable): Promise<string> {
  const [row] = await db<{ id: string }[]>`select id from blob_store`;
  return row!.id;
}

export async function blobRow(db: Queryable, clientId: string, hash: Buffer): Promise<BlobRow | undefined> {
  const [row] = await db<
    BlobRow[]
  >`select object, key, size::float8 as size, content_type from blob where client_id = ${clientId} and hash = ${hash}`;
  return row;
}

/** Puts off the end of a blob that is there; false when it is not. */
export async function holdBlob(
  db: Queryable,
  clientId: string,
  hash: Buffer,
  until: Instant,
): Promise<boolean> {
  const rows = await db`
    update blob set expires_at = case when expires_at is null then null else greatest(expires_at, ${until}) end
     where client_id = ${clientId} and hash = ${hash} returning hash`;
  return rows.length > 0;
}

/** The row of what was written, or of the same content that somebody else wrote first: its object is the answer. */
export async function insertBlob(
  db: Queryable,
  row: BlobRow & { clientId: string; hash: Buffer; storedAt: Instant; expiresAt: Instant },
): Promise<string> {
  const [kept] = await db<{ object: string }[]>`
    insert into blob (client_id, hash, object, key, size, content_type, stored_at, expires_at)
    values (${row.clientId}, ${row.hash}, ${row.object}, ${row.key}, ${row.size}, ${row.content_type}, ${row.storedAt}, ${row.expiresAt})
    on conflict (client_id, hash) do update
       set expires_at = case when blob.expires_at is null then null else greatest(blob.expires_at, excluded.expires_at) end
    returning object`;
  return kept!.object;
}

export async function setExpiry(
  db: Queryable,
  clientId: string,
  hash: Buffer,
  expiresAt: Instant | null,
): Promise<boolean> {
  const rows = await db`
    update blob set expires_at = ${expiresAt} where client_id = ${clientId} and hash = ${hash} returning hash`;
  return rows.length > 0;
}

export async function deleteBlob(db: Queryable, clientId: string, hash: Buffer): Promise<string | undefined> {
  const [row] = await db<
    { object: string }[]
  >`delete from blob where client_id = ${clientId} and hash = ${hash} returning object`;
  return row?.object;
}

export async function expiredBlobs(
  db: Queryable,
  now: Instant,
  limit: number,
): Promise<{ client_id: string; hash: Buffer }[]> {
  return db`select client_id, hash from blob where expires_at < ${now} order by expires_at limit ${limit}`;
}

/** Deletes it if it is over still; what somebody keeps meanwhile stays. */
export async function deleteExpired(
  db: Queryable,
  clientId: string,
  hash: Buffer,
  now: Instant,
): Promise<string | undefined> {
  const [row] = await db<{ object: string }[]>`
    delete from blob where client_id = ${clientId} and hash = ${hash} and expires_at < ${now} returning object`;
  return row?.object;
}

/** Those of these objects that a row names. */
export async function objectsKnown(db: Queryable, objects: readonly string[]): Promise<Set<string>> {
  const rows = await db<
    { object: string }[]
  >`select object from blob where object = any(${objects as string[]}::uuid[])`;
  return new Set(rows.map(({ object }) => object));
}

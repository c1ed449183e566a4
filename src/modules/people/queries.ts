import type { Queryable } from '#src/platform/db/sql.ts';
import type { Role } from '#src/platform/identity/contract.ts';

export interface PersonRow {
  id: string;
  email: string;
  name: string;
  roles: Role[];
  language: 'en' | 'fr';
  active: boolean;
  version: number;
  created_at: Date;
  clients: string[];
}

const personColumns = (db: Queryable) => db`
  p.id, p.email, p.name, p.roles, p.language, p.active, p.version, p.created_at,
  coalesce((select array_agg(client_id order by client_id) from person_client where person_id = p.id), '{}') as clients`;

export async function anyPerson(db: Queryable): Promise<boolean> {
  return (await db`select from person limit 1`).length > 0;
}

/** Holds until the transaction ends: of two who make the first account at once, one waits and then finds it made. */
export async function oneFirstAccountAtOnce(db: Queryable): Promise<void> {
  await db`select pg_advisory_xact_lock(7265541)`;
}

export async function personById(db: Queryable, id: string): Promise<PersonRow | undefined> {
  const [row] = await db<PersonRow[]>`select ${personColumns(db)} from person p where p.id = ${id}`;
  return row;
}

/** Whom somebody may see: all, or only those who share a client with them. */
export type Sharing = readonly string[] | 'all';

const shared = (db: Queryable, sharing: Sharing) =>
  sharing === 'all'
    ? db`true`
    : db`exists (select from person_client c where c.person_id = p.id and c.client_id = any (${sharing as string[]}::uuid[]))`;

/** `name` is any part of a name, however it is written large or small; `ids` names those who are wanted. */
export async function personPage(
  db: Queryable,
  sharing: Sharing,
  page: { after?: string; limit: number; name?: string; ids?: readonly string[] },
): Promise<PersonRow[]> {
  return db<PersonRow[]>`
    select ${personColumns(db)} from person p
     where ${shared(db, sharing)} ${page.after === undefined ? db`` : db`and p.id > ${page.after}`}
           ${page.name === undefined ? db`` : db`and position(lower(${page.name}) in lower(p.name)) > 0`}
           ${page.ids === undefined ? db`` : db`and p.id = any (${page.ids as string[]}::uuid[])`}
     order by p.id limit ${page.limit}`;
}

/** Of these people, those one may see. */
export async function peopleSeen(
  db: Queryable,
  sharing: Sharing,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await db<{ id: string }[]>`
    select id from person p where id = any (${ids as string[]}::uuid[]) and ${shared(db, sharing)}`;
  return new Set(rows.map((row) => row.id));
}

/** All agents at work here, for the engine. */
export async function agents(db: Queryable, only?: readonly string[]): Promise<PersonRow[]> {
  return db<PersonRow[]>`
    select ${personColumns(db)} from person p
     where p.active and 'agent' = any (p.roles) and (${only === undefined} or p.id = any (${(only ?? []) as string[]}::uuid[]))`;
}

/** Everybody's name by id, for what screens show. */
export async function personNames(db: Queryable): Promise<{ id: string; name: string }[]> {
  return db<{ id: string; name: string }[]>`select id, name from person`;
}

export async function passwordOf(
  db: Queryable,
  email: string,
): Promise<{ id: string; password_hash: string; active: boolean } | undefined> {
  const [row] = await db<
    { id: string; password_hash: string; active: boolean }[]
  >`select id, password_hash, active from person where email = ${email}`;
  return row;
}

export async function insertPerson(
  db: Queryable,
  p: {
    id: string;
    email: string;
    name: string;
    passwordHash: string;
    roles: readonly Role[];
    language: 'en' | 'fr';
    clients: readonly string[];
    at: Date;
  },
): Promise<void> {
  await db`
    insert into person (id, email, name, password_hash, roles, language, created_at)
    values (${p.id}, ${p.email}, ${p.name}, ${p.passwordHash}, ${p.roles as string[]}, ${p.language}, ${p.at})`;
  await setClients(db, p.id, p.clients);
}

export async function updatePerson(
  db: Queryable,
  id: string,
  version: number,
  change: {
    name?: string;
    roles?: readonly Role[];
    language?: 'en' | 'fr';
    active?: boolean;
    passwordHash?: string;
  },
): Promise<boolean> {
  const rows = await db`
    update person set version = version + 1, name = coalesce(${change.name ?? null}, name), roles = coalesce(${(change.roles as string[]) ?? null}::text[], roles),
           language = coalesce(${change.language ?? null}, language), active = coalesce(${change.active ?? null}, active),
           password_hash = coalesce(${change.passwordHash ?? null}, password_hash)
     where id = ${id} and version = ${version} returning id`;
  return rows.length > 0;
}

export async function setClients(db: Queryable, personId: string, clients: readonly string[]): Promise<void> {
  await db`delete from person_client where person_id = ${personId} and client_id <> all (${clients as string[]}::uuid[])`;
  await db`
    insert into person_client (person_id, client_id) select ${personId}, unnest(${clients as string[]}::uuid[]) on conflict do nothing`;
}

/** Holds until the transaction ends: of two administrators who step down at once, one is the last and learns it. */
export async function oneLeavesOfficeAtOnce(db: Queryable): Promise<void> {
  await db`select pg_advisory_xact_lock(7265542)`;
}

/** Another administrator who could still get in: the last one cannot lock everybody out. */
export async function otherAdministrator(db: Queryable, than: string): Promise<boolean> {
  return (
    (await db`select from person where active and 'administrator' = any (roles) and id <> ${than} limit 1`)
      .length > 0
  );
}

export interface SessionRow {
  id: string;
  person_id: string;
  expires_at: Date;
}

export async function insertSession(
  db: Queryable,
  s: { id: string; personId: string; tokenHash: Buffer; at: Date; expiresAt: Date },
): Promise<void> {
  await db`
    insert into session (id, person_id, token_hash, created_at, seen_at, expires_at)
    values (${s.id}, ${s.personId}, ${s.tokenHash}, ${s.at}, ${s.at}, ${s.expiresAt})`;
}

/** The open session of a token, if its person is still active. */
export async function sessionByToken(
  db: Queryable,
  tokenHash: Buffer,
  now: Date,
): Promise<SessionRow | undefined> {
  const [row] = await db<SessionRow[]>`
    select s.id, s.person_id, s.expires_at from session s join person p on p.id = s.person_id
     where s.token_hash = ${tokenHash} and s.ended_at is null and s.expires_at > ${now} and p.active`;
  return row;
}

export async function endSession(db: Queryable, id: string, now: Date): Promise<void> {
  await db`update session set ended_at = ${now} where id = ${id} and ended_at is null`;
}

export async function endSessionsOf(
  db: Queryable,
  personId: string,
  now: Date,
  except?: string,
): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    update session set ended_at = ${now} where person_id = ${personId} and ended_at is null and id is distinct from ${except ?? null}::uuid returning id`;
  return rows.map((row) => row.id);
}

export async function dropOldSessions(db: Queryable, before: Date): Promise<void> {
  await db`delete from session where expires_at < ${before} or ended_at < ${before}`;
  await db`delete from sign_in_throttle where first_at < ${before}`;
  await db`delete from idempotency_key where at < ${before}`;
}

export interface Throttle {
  key: string;
  failures: number;
  first_at: Date;
  blocked_until: Date | null;
}

export async function throttles(db: Queryable, keys: readonly string[]): Promise<Throttle[]> {
  return db<Throttle[]>`select * from sign_in_throttle where key = any (${keys as string[]})`;
}

/** Counts a failure; a window that is over starts anew. */
export async function countFailure(
  db: Queryable,
  key: string,
  now: Date,
  windowStart: Date,
): Promise<Throttle> {
  const [row] = await db<Throttle[]>`
    insert into sign_in_throttle (key, failures, first_at) values (${key}, 1, ${now})
    on conflict (key) do update set
      failures = case when sign_in_throttle.first_at < ${windowStart} then 1 else sign_in_throttle.failures + 1 end,
      first_at = case when sign_in_throttle.first_at < ${windowStart} then excluded.first_at else sign_in_throttle.first_at end,
      blocked_until = case when sign_in_throttle.first_at < ${windowStart} then null else sign_in_throttle.blocked_until end
    returning *`;
  return row!;
}

/** An attempt that was counted as failed before it was made turned out not to be one. */
export async function takeBackFailure(db: Queryable, key: string): Promise<void> {
  await db`update sign_in_throttle set failures = greatest(failures - 1, 0) where key = ${key}`;
}

export async function block(db: Queryable, key: string, until: Date): Promise<void> {
  await db`update sign_in_throttle set blocked_until = ${until} where key = ${key}`;
}

export async function forgive(db: Queryable, key: string): Promise<void> {
  await db`delete from sign_in_throttle where key = ${key}`;
}

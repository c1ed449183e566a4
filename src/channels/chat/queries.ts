import type { Queryable, Tx } from '#src/platform/db/sql.ts';

export interface ChannelRow {
  id: string;
  client_id: string;
  type_id: string;
  key: string;
  name_en: string;
  name_fr: string;
  charges_en: string;
  charges_fr: string;
  greeting_en: string;
  greeting_fr: string;
  allowed_origins: string[];
  accent: string;
  open: boolean;
  version: number;
}

/** A channel with the opening hours that its type follows, if it follows any. */
export type ChannelWithHours = ChannelRow & { hours_id: string | null };

export interface SessionRow {
  id: string;
  client_id: string;
  channel_id: string;
  customer_id: string;
  language: 'en' | 'fr';
  page_url: string | null;
  told: Record<string, string>;
}

export interface ChannelDraft {
  clientId: string;
  typeId: string;
  key: string;
  nameEn: string;
  nameFr: string;
  chargesEn: string;
  chargesFr: string;
  greetingEn: string;
  greetingFr: string;
  allowedOrigins: readonly string[];
  accent: string;
  open: boolean;
}

export async function insertChannel(
  db: Queryable,
  id: string,
  c: ChannelDraft,
  at: Date,
): Promise<ChannelRow> {
  const [row] = await db<ChannelRow[]>`
    insert into chat_channel (id, client_id, type_id, key, name_en, name_fr, charges_en, charges_fr, greeting_en, greeting_fr, allowed_origins, accent, open, created_at)
    values (${id}, ${c.clientId}, ${c.typeId}, ${c.key}, ${c.nameEn}, ${c.nameFr}, ${c.chargesEn}, ${c.chargesFr}, ${c.greetingEn}, ${c.greetingFr},
            ${c.allowedOrigins as string[]}, ${c.accent}, ${c.open}, ${at})
    returning *`;
  return row!;
}

export async function updateChannel(
  db: Queryable,
  id: string,
  version: number,
  c: ChannelDraft,
): Promise<ChannelRow | undefined> {
  const [row] = await db<ChannelRow[]>`
    update chat_channel set version = version + 1, type_id = ${c.typeId}, name_en = ${c.nameEn}, name_fr = ${c.nameFr}, charges_en = ${c.chargesEn},
           charges_fr = ${c.chargesFr}, greeting_en = ${c.greetingEn}, greeting_fr = ${c.greetingFr}, allowed_origins = ${c.allowedOrigins as string[]},
           accent = ${c.accent}, open = ${c.open}
     where id = ${id} and version = ${version} returning *`;
  return row;
}

export async function channelById(db: Queryable, id: string): Promise<ChannelWithHours | undefined> {
  const [row] = await db<ChannelWithHours[]>`
    select c.*, t.hours_id from chat_channel c join interaction_type t on t.id = c.type_id where c.id = ${id}`;
  return row;
}

export async function channelByKey(db: Queryable, key: string): Promise<ChannelWithHours | undefined> {
  const [row] = await db<ChannelWithHours[]>`
    select c.*, t.hours_id from chat_channel c join interaction_type t on t.id = c.type_id where c.key = ${key}`;
  return row;
}

export async function channelsByIds(db: Queryable, ids: readonly string[]): Promise<ChannelWithHours[]> {
  return db<ChannelWithHours[]>`
    select c.*, t.hours_id from chat_channel c join interaction_type t on t.id = c.type_id where c.id = any (${ids as string[]}::uuid[])`;
}

export async function channelPage(
  tx: Tx,
  clients: readonly string[],
  page: { clientId?: string; after?: string; limit: number },
): Promise<ChannelRow[]> {
  return tx<ChannelRow[]>`
    select * from chat_channel where client_id = any (${clients as string[]}::uuid[])
       ${page.clientId === undefined ? tx`` : tx`and client_id = ${page.clientId}`}
       ${page.after === undefined ? tx`` : tx`and id > ${page.after}`} order by id limit ${page.limit}`;
}

export async function insertSession(
  db: Queryable,
  s: Omit<SessionRow, 'page_url'> & { page_url: string | null; at: Date },
): Promise<void> {
  await db`
    insert into chat_session (id, client_id, channel_id, customer_id, language, page_url, told, created_at, seen_at)
    values (${s.id}, ${s.client_id}, ${s.channel_id}, ${s.customer_id}, ${s.language}, ${s.page_url}, ${db.json(s.told)}, ${s.at}, ${s.at})`;
}

export async function sessionById(db: Queryable, id: string): Promise<SessionRow | undefined> {
  const [row] = await db<
    SessionRow[]
  >`select id, client_id, channel_id, customer_id, language, page_url, told from chat_session where id = ${id}`;
  return row;
}

/** Notes that these visitors are there, in one batch. */
export async function seenSessions(db: Queryable, ids: readonly string[], at: Date): Promise<void> {
  await db`update chat_session set seen_at = ${at} where id = any (${ids as string[]}::uuid[])`;
}

/** Of these conversations, those whose visitor has been away since `before`. */
export async function awaySince(db: Queryable, threads: readonly string[], before: Date): Promise<string[]> {
  const rows = await db<
    { id: string }[]
  >`select id from chat_session where id = any (${threads as string[]}::uuid[]) and seen_at < ${before}`;
  return rows.map((row) => row.id);
}

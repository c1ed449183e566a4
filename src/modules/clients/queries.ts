import type { Queryable, Tx } from '#src/platform/db/sql.ts';

export interface ClientRow {
  id: string;
  name: string;
  slug: string;
  active: boolean;
  created_at: Date;
}

export async function insertClient(
  db: Queryable,
  { id, name, slug, at }: { id: string; name: string; slug: string; at: Date },
): Promise<ClientRow> {
  const [row] = await db<
    ClientRow[]
  >`insert into client (id, name, slug, created_at) values (${id}, ${name}, ${slug}, ${at}) returning *`;
  return row!;
}

export async function updateClient(
  db: Queryable,
  id: string,
  change: { name?: string; active?: boolean },
): Promise<ClientRow | undefined> {
  const [row] = await db<ClientRow[]>`
    update client set name = coalesce(${change.name ?? null}, name), active = coalesce(${change.active ?? null}, active)
     where id = ${id} returning *`;
  return row;
}

export async function clientById(db: Queryable, id: string): Promise<ClientRow | undefined> {
  const [row] = await db<ClientRow[]>`select * from client where id = ${id}`;
  return row;
}

export async function allClientIds(db: Queryable): Promise<string[]> {
  return (await db<{ id: string }[]>`select id from client order by id`).map((row) => row.id);
}

export async function clientPage(
  tx: Tx,
  clients: readonly string[],
  page: { after?: string; limit: number },
): Promise<ClientRow[]> {
  return tx<ClientRow[]>`
    select * from client where id = any (${clients as string[]}::uuid[])
       ${page.after === undefined ? tx`` : tx`and id > ${page.after}`} order by id limit ${page.limit}`;
}

export async function centreName(db: Queryable): Promise<string | null> {
  const [row] = await db<{ name: string }[]>`select name from centre`;
  return row?.name ?? null;
}

export async function writeCentre(db: Queryable, name: string, at: Date): Promise<void> {
  await db`insert into centre (name, updated_at) values (${name}, ${at}) on conflict (only_row) do update set name = excluded.name, updated_at = excluded.updated_at`;
}

export async function anyClient(db: Queryable): Promise<boolean> {
  return (await db`select from client limit 1`).length > 0;
}

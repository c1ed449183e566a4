import type { Queryable } from '#src/platform/db/sql.ts';

export interface CustomerRow {
  id: string;
  client_id: string;
  name: string | null;
  language: string;
  created_at: Date;
}

/** Someone who got in touch with a client; of a visitor nothing is known but the language. */
export async function insertCustomer(
  db: Queryable,
  c: { id: string; clientId: string; language: string; at: Date },
): Promise<void> {
  await db`insert into customer (id, client_id, language, created_at) values (${c.id}, ${c.clientId}, ${c.language}, ${c.at})`;
}

export async function customerById(db: Queryable, id: string): Promise<CustomerRow | undefined> {
  const [row] = await db<CustomerRow[]>`select * from customer where id = ${id}`;
  return row;
}

/** What an agent learns in the conversation. */
export async function nameCustomer(
  db: Queryable,
  id: string,
  name: string,
  clients: readonly string[],
): Promise<boolean> {
  return (
    (
      await db`update customer set name = ${name} where id = ${id} and client_id = any (${clients as string[]}::uuid[]) returning id`
    ).length > 0
  );
}

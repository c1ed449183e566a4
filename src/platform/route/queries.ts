import type { Queryable } from '#src/platform/db/sql.ts';
import { refuse } from '#src/platform/refusal.ts';

/** What the same creation answered before; a refusal when its key was used for a different request. */
export async function keptAnswer(
  db: Queryable,
  { personId, key, requestHash }: { personId: string; key: string; requestHash: Buffer },
): Promise<unknown> {
  const [row] = await db<{ request_hash: Buffer; answer: unknown }[]>`
    select request_hash, answer from idempotency_key where person_id = ${personId} and key = ${key}`;
  if (row === undefined) return undefined;
  return row.request_hash.equals(requestHash) ? row.answer : refuse('key-used-otherwise');
}

/** Keeps what a creation answered, so that its key answers the same again. The first to keep it is the one that counts. */
export async function keepAnswer(
  db: Queryable,
  creation: { personId: string; key: string; route: string; requestHash: Buffer },
  answer: unknown,
  at: Date,
): Promise<void> {
  await db`
    insert into idempotency_key (person_id, key, route, request_hash, answer, at)
    values (${creation.personId}, ${creation.key}, ${creation.route}, ${creation.requestHash}, ${db.json(answer as never)}, ${at})
    on conflict (person_id, key) do nothing`;
}

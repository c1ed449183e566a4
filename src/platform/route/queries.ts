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

import { isRefusal } from '#src/platform/refusal.ts';
import { creationUnderWay } from '#src/platform/route/creation.ts';
import type { Instant } from '../clock.ts';
import type { Context } from '../context.ts';
import type { Tx } from '../db/sql.ts';
import type { Committed } from './bus.ts';
import type { EventKind } from './event.ts';

/** A transaction of the system role that remembers what it published, so that it is told after the commit and never before. */
export interface Writing {
  sql: Tx;
  published: Committed[];
}

/**
 * Runs `act` in one transaction of the system role (after the permission check; statements name the client themselves) and
 * tells the bus what was published once it is committed. A refusal returned by `act` undoes what it wrote.
 */
export async function transaction<Answer>(
  ctx: Context,
  act: (tx: Writing) => Promise<Answer>,
): Promise<Answer> {
  const undone = Symbol('undone');
  let answer: Answer | undefined;
  const published: Committed[] = [];
  try {
    await ctx.db.system.begin(async (sql) => {
      answer = await act({ sql: sql as Tx, published });
      if (isRefusal(answer)) throw undone;
      await keepAnswer(sql as Tx, answer, ctx.clock.now());
    });
  } catch (error) {
    if (error === undone) return answer as Answer;
    throw error;
  }
  ctx.bus.tell(published);
  return answer as Answer;
}

/** The answer to a creation under an Idempotency-Key commits with what it created, so that the key never lies. */
async function keepAnswer(sql: Tx, answer: unknown, at: Date): Promise<void> {
  const creation = creationUnderWay();
  if (creation === undefined || creation.stored) return;
  creation.stored = true;
  await sql`
    insert into idempotency_key (person_id, key, route, request_hash, answer, at)
    values (${creation.personId}, ${creation.key}, ${creation.route}, ${creation.requestHash}, ${sql.json(creation.view(answer) as never)}, ${at})`;
}

/**
 * Appends an event to a stream in the transaction of the act that caused it. For streams that are not interactions (those
 * take their seq in `advance`): the seq is the stream's next, one writer at a time.
 *
 * @param stream a uuid v7; its time decides the partition
 */
export async function publish<Body extends Record<string, unknown>>(
  tx: Writing,
  kind: EventKind<Body>,
  { stream, clientId, at, body }: { stream: string; clientId: string | null; at: Instant; body: Body },
): Promise<void> {
  const { sql } = tx;
  await sql`select pg_advisory_xact_lock(hashtextextended(${stream}, 0))`;
  const [row] = await sql<{ seq: number }[]>`
    insert into event (stream, seq, kind, client_id, at, body)
    select ${stream}, coalesce(max(seq), 0) + 1, ${kind.kind}, ${clientId}::uuid, ${at}, ${sql.json(body as never)}
      from event where stream = ${stream}
    returning seq`;
  tx.published.push({ stream, seq: row!.seq, kind: kind.kind, clientId, at, body });
}

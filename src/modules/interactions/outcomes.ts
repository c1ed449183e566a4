import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint, type Queryable, type Tx } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import type { Outcome } from './contract.ts';
import { notRecorded } from './return-work.ts';

export const outcomeChanged = event(
  'outcome.changed',
  z.object({ by: z.uuid().optional(), changed: z.record(z.string(), z.unknown()) }),
);

export interface OutcomeRow {
  id: string;
  client_id: string | null;
  code: string;
  name_en: string;
  name_fr: string;
  active: boolean;
}

export function outcomeView(row: OutcomeRow): Outcome {
  return {
    id: row.id,
    clientId: row.client_id,
    code: row.code,
    nameEn: row.name_en,
    nameFr: row.name_fr,
    active: row.active,
  };
}

/** Whether an agent may say this of an interaction of that client. */
export async function outcomeAllowed(db: Queryable, code: string, clientId: string): Promise<boolean> {
  if (code === notRecorded) return false;
  const [row] = await db`
    select from outcome where code = ${code} and active and (client_id is null or client_id = ${clientId})`;
  return row !== undefined;
}

/** The outcomes that may be chosen for a client: common ones and its own. */
export async function outcomePage(
  tx: Tx,
  clients: readonly string[],
  page: { clientId?: string; after?: string; limit: number },
): Promise<OutcomeRow[]> {
  return tx<OutcomeRow[]>`
    select * from outcome
     where (client_id is null or client_id = any (${clients as string[]}::uuid[]))
       ${page.clientId === undefined ? tx`` : tx`and (client_id is null or client_id = ${page.clientId})`}
       ${page.after === undefined ? tx`` : tx`and id > ${page.after}`}
     order by id limit ${page.limit}`;
}

export async function createOutcome(
  ctx: Context,
  draft: { clientId: string | null; code: string; nameEn: string; nameFr: string },
  by?: string,
): Promise<Refused<OutcomeRow>> {
  const at = ctx.clock.now();
  const id = newId(at);
  return transaction<Refused<OutcomeRow>>(ctx, async (tx) => {
    const [row] = await tx.sql<OutcomeRow[]>`
      insert into outcome (id, client_id, code, name_en, name_fr, created_at)
      values (${id}, ${draft.clientId}, ${draft.code}, ${draft.nameEn}, ${draft.nameFr}, ${at}) returning *`;
    await publish(tx, outcomeChanged, {
      stream: id,
      clientId: draft.clientId,
      at,
      body: { ...(by === undefined ? {} : { by }), changed: { ...draft } },
    });
    return row!;
  }).catch((error) => {
    if (brokenConstraint(error) === 'outcome_code') return refuse('outcome-code-taken');
    if (brokenConstraint(error)?.endsWith('fkey')) return refuse('client-unknown');
    throw error;
  });
}

export async function changeOutcome(
  ctx: Context,
  id: string,
  change: { nameEn?: string; nameFr?: string; active?: boolean },
  clients: readonly string[],
  by?: string,
): Promise<Refused<OutcomeRow>> {
  return transaction<Refused<OutcomeRow>>(ctx, async (tx) => {
    const [row] = await tx.sql<OutcomeRow[]>`
      update outcome set name_en = coalesce(${change.nameEn ?? null}, name_en), name_fr = coalesce(${change.nameFr ?? null}, name_fr),
             active = coalesce(${change.active ?? null}, active)
       where id = ${id} and (client_id is null or client_id = any (${clients as string[]}::uuid[])) returning *`;
    if (row === undefined) return refuse('not-found');
    await publish(tx, outcomeChanged, {
      stream: id,
      clientId: row.client_id,
      at: ctx.clock.now(),
      body: { ...(by === undefined ? {} : { by }), changed: change },
    });
    return row;
  });
}

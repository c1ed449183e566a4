import { z } from 'zod';
import { activeTeams, hoursSeen } from '#src/modules/organisation/index.ts';
import { agents } from '#src/modules/people/index.ts';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint, type Queryable, type Tx } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import type { Channel, InteractionType, TypeRouting } from './contract.ts';
import { whyNotRoute } from './rules.ts';

export const typeChanged = event(
  'interaction-type.changed',
  z.object({
    by: z.uuid().optional(),
    changed: z.record(z.string(), z.unknown()),
    reason: z.string().optional(),
  }),
);

export interface TypeRow {
  id: string;
  client_id: string;
  channel: Channel;
  name_en: string;
  name_fr: string;
  priority: number;
  offer_seconds: number;
  active: boolean;
  version: number;
  requires: { competencyId: string; level: number }[];
  routing: TypeRouting;
  hours_id: string | null;
  paused_at: Date | null;
  paused_until: Date | null;
  paused_by: string | null;
  paused_reason: string | null;
}

const typeColumns = (db: Queryable) => db`
  t.*, coalesce((select jsonb_agg(jsonb_build_object('competencyId', competency_id, 'level', level) order by competency_id)
                   from type_competency where type_id = t.id), '[]') as requires`;

export async function allTypes(db: Queryable): Promise<TypeRow[]> {
  return db<TypeRow[]>`select ${typeColumns(db)} from interaction_type t`;
}

export async function typeById(db: Queryable, id: string): Promise<TypeRow | undefined> {
  const [row] = await db<TypeRow[]>`select ${typeColumns(db)} from interaction_type t where t.id = ${id}`;
  return row;
}

export async function typePage(
  tx: Queryable,
  clients: readonly string[],
  page: { clientId?: string; after?: string; limit: number },
): Promise<TypeRow[]> {
  return tx<TypeRow[]>`
    select ${typeColumns(tx)} from interaction_type t
     where t.client_id = any (${clients as string[]}::uuid[])
       ${page.clientId === undefined ? tx`` : tx`and t.client_id = ${page.clientId}`}
       ${page.after === undefined ? tx`` : tx`and t.id > ${page.after}`}
     order by t.id limit ${page.limit}`;
}

export function typeView(row: TypeRow): InteractionType {
  return {
    id: row.id,
    clientId: row.client_id,
    channel: row.channel,
    nameEn: row.name_en,
    nameFr: row.name_fr,
    priority: row.priority,
    offerSeconds: row.offer_seconds,
    requires: row.requires,
    routing: row.routing,
    hoursId: row.hours_id,
    paused:
      row.paused_at === null
        ? null
        : {
            at: row.paused_at.toISOString(),
            until: row.paused_until?.toISOString() ?? null,
            by: row.paused_by,
            reason: row.paused_reason ?? '',
          },
    active: row.active,
    version: row.version,
  };
}

export interface TypeDraft {
  clientId: string;
  channel: Channel;
  nameEn: string;
  nameFr: string;
  priority: number;
  offerSeconds: number;
  requires: { competencyId: string; level: number }[];
  routing?: TypeRouting;
  hoursId?: string | null;
}

/** A new type of interaction: what customers want of one client on one channel, and what an agent must master for it. */
export async function createType(ctx: Context, draft: TypeDraft, by?: string): Promise<Refused<TypeRow>> {
  const id = newId(ctx.clock.now());
  const { routing = {}, hoursId = null } = draft;
  return transaction<Refused<TypeRow>>(ctx, async (tx) => {
    const reason = await whyNotKeep(tx.sql, { ...draft, routing, hoursId }, ctx.clock.now());
    if (reason !== undefined) return refuse(reason);
    await tx.sql`
      insert into interaction_type (id, client_id, channel, name_en, name_fr, priority, offer_seconds, routing, hours_id, created_at)
      values (${id}, ${draft.clientId}, ${draft.channel}, ${draft.nameEn}, ${draft.nameFr}, ${draft.priority}, ${draft.offerSeconds},
              ${tx.sql.json(routing as never)}, ${hoursId}, ${ctx.clock.now()})`;
    if (!(await requireCompetencies(tx.sql, id, draft.clientId, draft.requires)))
      return refuse('competency-unknown');
    await publish(tx, typeChanged, {
      stream: id,
      clientId: draft.clientId,
      at: ctx.clock.now(),
      body: { ...(by === undefined ? {} : { by }), changed: { ...draft } },
    });
    return (await typeById(tx.sql, id))!;
  }).catch((error) => {
    if (brokenConstraint(error)?.endsWith('fkey')) return refuse('client-unknown');
    throw error;
  });
}

export async function changeType(
  ctx: Context,
  id: string,
  change: Partial<Omit<TypeDraft, 'clientId' | 'channel'>> & { active?: boolean; version: number },
  clients: readonly string[],
  by?: string,
): Promise<Refused<TypeRow>> {
  return transaction<Refused<TypeRow>>(ctx, async (tx) => {
    const row = await typeById(tx.sql, id);
    if (row === undefined || !clients.includes(row.client_id)) return refuse('not-found');
    const { version, requires, ...changed } = change;
    const draft = {
      clientId: row.client_id,
      requires: requires ?? row.requires,
      routing: changed.routing ?? row.routing,
      hoursId: changed.hoursId === undefined ? row.hours_id : changed.hoursId,
    };
    const reason = await whyNotKeep(tx.sql, draft, ctx.clock.now());
    if (reason !== undefined) return refuse(reason);
    const [moved] = await tx.sql`
      update interaction_type set version = version + 1, name_en = ${changed.nameEn ?? row.name_en}, name_fr = ${changed.nameFr ?? row.name_fr},
             priority = ${changed.priority ?? row.priority}, offer_seconds = ${changed.offerSeconds ?? row.offer_seconds}, active = ${changed.active ?? row.active},
             routing = ${tx.sql.json(draft.routing as never)}, hours_id = ${draft.hoursId}
       where id = ${id} and version = ${version} returning id`;
    if (moved === undefined) return refuse('changed-meanwhile');
    if (requires !== undefined && !(await requireCompetencies(tx.sql, id, row.client_id, requires)))
      return refuse('competency-unknown');
    const body = {
      ...(by === undefined ? {} : { by }),
      changed: { ...changed, ...(requires === undefined ? {} : { requires }) },
    };
    await publish(tx, typeChanged, { stream: id, clientId: row.client_id, at: ctx.clock.now(), body });
    return (await typeById(tx.sql, id))!;
  });
}

/** Why a type's settings cannot be kept: they contradict one another, or name what is not there for its client. */
async function whyNotKeep(
  sql: Tx,
  draft: Pick<TypeDraft, 'clientId' | 'requires'> & { routing: TypeRouting; hoursId: string | null },
  now: Date,
): Promise<string | undefined> {
  const reason = whyNotRoute(draft.routing, draft.requires);
  if (reason !== undefined) return reason;
  const teams = draft.routing.teams?.flatMap(({ teamIds }) => teamIds) ?? [];
  if (teams.length > 0) {
    const known = await activeTeams(sql, teams);
    if (!teams.every((id) => known.has(id))) return 'team-unknown';
  }
  const preferredId = draft.routing.preferred?.agentId;
  if (preferredId !== undefined) {
    const [agent] = await agents(sql, [preferredId]);
    if (agent?.clients.includes(draft.clientId) !== true) return 'agent-unknown';
  }
  if (draft.hoursId === null) return undefined;
  const hours = await hoursSeen(sql, draft.hoursId, [draft.clientId], now);
  return hours === undefined ? 'hours-unknown' : undefined;
}

/** Only competencies that are common or of the same client. */
async function requireCompetencies(
  sql: Tx,
  typeId: string,
  clientId: string,
  requires: TypeDraft['requires'],
): Promise<boolean> {
  await sql`delete from type_competency where type_id = ${typeId}`;
  for (const { competencyId, level } of requires) {
    const made = await sql`
      insert into type_competency (type_id, competency_id, level)
      select ${typeId}, id, ${level} from competency where id = ${competencyId} and (client_id is null or client_id = ${clientId})
      on conflict (type_id, competency_id) do nothing returning type_id`;
    if (made.length === 0) return false;
  }
  return true;
}

/** Holds the type back, or lets it go on; nothing when somebody changed it meanwhile. */
export async function writePause(
  sql: Tx,
  { id, version }: Pick<TypeRow, 'id' | 'version'>,
  pause: { at: Date; until: Date | null; by: string; reason: string } | null,
): Promise<boolean> {
  const rows = await sql`
    update interaction_type set version = version + 1, paused_at = ${pause?.at ?? null}, paused_until = ${pause?.until ?? null},
           paused_by = ${pause?.by ?? null}, paused_reason = ${pause?.reason ?? null}
     where id = ${id} and version = ${version} returning id`;
  return rows.length > 0;
}

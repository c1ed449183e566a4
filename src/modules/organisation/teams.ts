import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refusal, type Refused, refuse } from '#src/platform/refusal.ts';
import type { Team } from './contract.ts';
import {
  insertTeam,
  setMembers,
  siteById,
  type TeamRow,
  teamById,
  teamIsAsked,
  updateTeam,
} from './queries.ts';

/** Routing looks again at who joined and who left, and at all members when the team goes in or out of use. */
export const teamChanged = event(
  'team.changed',
  z.object({
    by: z.uuid().optional(),
    changed: z.record(z.string(), z.unknown()),
    joined: z.array(z.uuid()),
    left: z.array(z.uuid()),
  }),
);

export const membersMax = 500;

export function teamView(row: TeamRow): Team {
  return {
    id: row.id,
    siteId: row.site_id,
    nameEn: row.name_en,
    nameFr: row.name_fr,
    members: row.members,
    active: row.active,
    version: row.version,
  };
}

export interface TeamDraft {
  siteId: string;
  nameEn: string;
  nameFr: string;
  members: readonly string[];
}

function refusalOf(error: unknown): Refusal {
  const broken = brokenConstraint(error);
  if (broken === 'team_site_id_fkey') return refuse('site-unknown');
  if (broken?.startsWith('team_member')) return refuse('person-unknown');
  throw error;
}

/** People who work together at a site. */
export async function createTeam(ctx: Context, draft: TeamDraft, by?: string): Promise<Refused<TeamRow>> {
  const at = ctx.clock.now();
  const id = newId(at);
  const { members, ...changed } = draft;
  return transaction<Refused<TeamRow>>(ctx, async (tx) => {
    if ((await siteById(tx.sql, draft.siteId))?.active !== true) return refuse('site-unknown');
    await insertTeam(tx.sql, { id, ...draft, at });
    const moved = await setMembers(tx.sql, id, members);
    await publish(tx, teamChanged, {
      stream: id,
      clientId: null,
      at,
      body: { ...(by === undefined ? {} : { by }), changed, ...moved },
    });
    return (await teamById(tx.sql, id))!;
  }).catch(refusalOf);
}

/** Changes a team or who is in it; out of use only when no type in use asks it. */
export async function changeTeam(
  ctx: Context,
  id: string,
  { version, members, ...changed }: Partial<TeamDraft> & { active?: boolean; version: number },
  by?: string,
): Promise<Refused<TeamRow>> {
  return transaction<Refused<TeamRow>>(ctx, async (tx) => {
    if ((await teamById(tx.sql, id)) === undefined) return refuse('not-found');
    if (changed.siteId !== undefined && (await siteById(tx.sql, changed.siteId))?.active !== true)
      return refuse('site-unknown');
    if (!(await updateTeam(tx.sql, id, version, changed))) return refuse('changed-meanwhile');
    if (changed.active === false && (await teamIsAsked(tx.sql, id))) return refuse('team-in-use');
    const moved = members === undefined ? { joined: [], left: [] } : await setMembers(tx.sql, id, members);
    await publish(tx, teamChanged, {
      stream: id,
      clientId: null,
      at: ctx.clock.now(),
      body: { ...(by === undefined ? {} : { by }), changed, ...moved },
    });
    return (await teamById(tx.sql, id))!;
  }).catch(refusalOf);
}

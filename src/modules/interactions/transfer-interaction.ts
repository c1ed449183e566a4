import { type TeamRow, teamById, teamPage } from '#src/modules/organisation/index.ts';
import type { Context } from '#src/platform/context.ts';
import type { Queryable } from '#src/platform/db/sql.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import { fulfils } from '#src/standard/fulfils.ts';
import { type Advanced, advance } from './advance.ts';
import type { TransferTargets } from './contract.ts';
import type { Acting } from './handle-interaction.ts';
import { whoMayTake } from './may-take.ts';
import { interactionById } from './queries.ts';
import type { InteractionRow } from './row.ts';
import { whyNotAdvance, whyNotUntil } from './rules.ts';
import { type TypeRow, typeById, typePage } from './types.ts';

/** Where an interaction goes: to another type of its client, to a team, or to one agent. */
export type Target = { typeId: string } | { teamId: string } | { agentId: string };

/** How long it is kept for a team or an agent when nobody says until when; then everybody is asked. */
export const keptMs = 15 * 60_000;

/**
 * Why an interaction cannot be given to a team or an agent: neither may be asked for what they do not master (6.3.1).
 *
 * @returns `team-unknown`, `team-without-competent-agent`, `agent-unknown`, `agent-not-on-channel`, `agent-not-competent`
 */
export async function whyNotGive(
  db: Queryable,
  row: Pick<InteractionRow, 'type_id' | 'language'>,
  to: { teamId: string } | { agentId: string },
  now: Date,
): Promise<string | undefined> {
  const type = await typeById(db, row.type_id);
  if (type === undefined) return 'type-unknown';
  const asked = { type, language: row.language, now };
  if ('agentId' in to) {
    const found = await whoMayTake(db, asked, [to.agentId]);
    return found.has(to.agentId) ? found.get(to.agentId) : 'agent-unknown';
  }
  const team = await teamById(db, to.teamId, [type.client_id]);
  // A team without anybody who serves the client is not theirs to know of.
  if (team?.active !== true || team.members.length === 0) return 'team-unknown';
  const members = [...(await whoMayTake(db, asked, team.members)).values()];
  return members.includes(undefined) ? undefined : 'team-without-competent-agent';
}

export interface Transfer extends Acting {
  to: Target;
  reason: string;
  /** Until when only the team or the agent is asked. */
  until?: Date;
  /** For an agent: they are asked first, if they are there, and anybody after them or after `until`. */
  thenAnybody?: boolean;
}

fulfils(['6.3.1-a', '6.3.4-d'], transferInteraction);

/**
 * The agent passes what they handle on, with a reason: it waits in its old place for the other type, or for the team or agent alone
 * for a while, or for the agent first and then for anybody. Their slot is free at once.
 *
 * @returns the refusals of the act, of `whyNotGive`, `then-anybody-needs-agent`, `type-unknown`, `transfer-goes-nowhere`, `until-not-in-range`
 */
export async function transferInteraction(
  ctx: Context,
  { to, reason, until, thenAnybody = false, ...by }: Transfer,
): Promise<Refused<Advanced>> {
  const at = ctx.clock.now();
  const db = ctx.db.system;
  const row = await interactionById(db, by.interactionId, by.clients);
  const why = whyNotAdvance(row, 'transfer', { at, agentId: by.agentId }) ?? whyNotUntil(until, at);
  if (why !== undefined || row === undefined) return refuse(why ?? 'interaction-unknown');
  if (thenAnybody && !('agentId' in to)) return refuse('then-anybody-needs-agent');

  if ('typeId' in to) {
    const [before, type] = await Promise.all([typeById(db, row.type_id), typeById(db, to.typeId)]);
    if (type === undefined || !isTypeFor(row, type)) return refuse('type-unknown');
    if (type.id === row.type_id) return refuse('transfer-goes-nowhere');
    return advance(ctx, 'transfer', {
      ...by,
      at,
      typeId: type.id,
      // A priority that somebody set by hand goes with it; else it has that of its type.
      priority: row.priority === before?.priority ? type.priority : row.priority,
      body: { reason, typeId: type.id },
    });
  }
  if ('agentId' in to && to.agentId === by.agentId) return refuse('transfer-goes-nowhere');
  const whyNot = await whyNotGive(db, row, to, at);
  if (whyNot !== undefined) return refuse(whyNot);
  const end = until ?? new Date(at.getTime() + keptMs);
  if (thenAnybody && 'agentId' in to) {
    return advance(ctx, 'transfer', {
      ...by,
      at,
      preferred: { agentId: to.agentId, until: end, why: 'named' },
      body: { reason, ...namedIn(to), until: end.toISOString(), thenAnybody },
    });
  }
  return advance(ctx, 'transfer', {
    ...by,
    at,
    to: { ...to, until: end },
    body: { reason, ...namedIn(to), until: end.toISOString() },
  });
}

/** How the log names a team or an agent to whom something goes. */
export function namedIn(to: { teamId: string } | { agentId: string }): {
  toTeamId?: string;
  toAgentId?: string;
} {
  return 'teamId' in to ? { toTeamId: to.teamId } : { toAgentId: to.agentId };
}

function isTypeFor(row: InteractionRow, type: TypeRow): boolean {
  return type.active && type.client_id === row.client_id && type.channel === row.channel;
}

/** Targets of each kind that are named at most. */
export const targetsMax = 200;

/**
 * Where an interaction may go: the other types of its client and channel, and the teams and agents who may take it today; with those
 * who may not, and why.
 *
 * @param search a part of an agent's name
 */
export async function transferTargets(
  ctx: Context,
  {
    row,
    names,
    search = '',
  }: { row: InteractionRow; names: Readonly<Record<string, string>>; search?: string },
): Promise<TransferTargets> {
  const db = ctx.db.system;
  const now = ctx.clock.now();
  const clients = [row.client_id];
  const type = await typeById(db, row.type_id);
  const [types, teams, may] = await Promise.all([
    typePage(db, clients, { clientId: row.client_id, limit: targetsMax }),
    teamPage(db, clients, { limit: targetsMax }),
    type === undefined ? undefined : whoMayTake(db, { type, language: row.language, now }),
  ]);
  const whyNot = may ?? new Map<string, string | undefined>();
  const isAble = (id: string) => whyNot.has(id) && whyNot.get(id) === undefined;
  const wanted = search.trim().toLocaleLowerCase();
  const people = [...whyNot]
    .filter(([id]) => id !== row.agent_id)
    .map(([id, why]) => ({ id, name: names[id] ?? '', why }))
    .filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
    .sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  const agents = people.filter(({ why }) => why === undefined);
  const named = (team: TeamRow) => ({ id: team.id, nameEn: team.name_en, nameFr: team.name_fr });
  // A team without anybody who serves the client is not theirs to know of.
  const asked = teams.filter((team) => team.active && team.members.some((id) => whyNot.has(id)));
  return {
    types: types
      .filter((one) => isTypeFor(row, one) && one.id !== row.type_id)
      .map((one) => ({ id: one.id, nameEn: one.name_en, nameFr: one.name_fr })),
    teams: asked.filter((team) => team.members.some(isAble)).map(named),
    agents: agents.slice(0, targetsMax).map(({ id, name }) => ({ id, name })),
    more: agents.length > targetsMax,
    cannot: {
      teams: asked
        .filter((team) => !team.members.some(isAble))
        .map((team) => ({ ...named(team), why: 'team-without-competent-agent' })),
      agents: people
        .flatMap(({ id, name, why }) => (why === undefined ? [] : [{ id, name, why }]))
        .slice(0, targetsMax),
    },
  };
}

import { lapsesAt, newestAssessments } from '#src/modules/competencies/index.ts';
import {
  allTypes,
  barsOf,
  type InteractionRow,
  isPaused,
  openInteractions,
  routingRulesNow,
  slotsOf,
  type TypeRow,
} from '#src/modules/interactions/index.ts';
import { type HoursNow, hoursNow, teamsOf } from '#src/modules/organisation/index.ts';
import { agents } from '#src/modules/people/index.ts';
import { heads } from '#src/modules/presence/index.ts';
import type { Queryable } from '#src/platform/db/sql.ts';
import type { AgentSeen, Channel, InteractionSeen, RulesSeen, TypeSeen } from './seam.ts';

// What the engine is told, read from the tables of those who own it.

/** How long those who declined an interaction are left out while it waits, before they may be asked again, in ms. */
export const askAgainAfterMs = 15_000;

export function interactionSeen(row: InteractionRow): InteractionSeen {
  const { to_until: toUntil, preferred_agent_id: preferredId, preferred_until: preferredUntil } = row;
  return {
    kind: 'interaction',
    interactionId: row.id,
    seq: row.seq,
    state: row.state,
    clientId: row.client_id,
    typeId: row.type_id,
    channel: row.channel,
    priority: row.priority,
    arrivedAt: row.arrived_at.getTime(),
    language: row.language,
    ...(row.agent_id === null ? {} : { agentId: row.agent_id, agentSince: row.state_since.getTime() }),
    ...(row.not_to.length === 0
      ? {}
      : { notTo: row.not_to, askAgainAt: row.state_since.getTime() + askAgainAfterMs }),
    ...(row.interrupted_by === null ? {} : { comesBack: true }),
    ...(row.to_team_id === null || toUntil === null
      ? {}
      : { toTeam: { teamId: row.to_team_id, until: toUntil.getTime() } }),
    ...(row.to_agent_id === null || toUntil === null
      ? {}
      : { toAgent: { agentId: row.to_agent_id, until: toUntil.getTime() } }),
    ...(preferredId === null || preferredUntil === null
      ? {}
      : {
          preferred: {
            agentId: preferredId,
            until: preferredUntil.getTime(),
            why: row.preferred_why ?? 'named',
          },
        }),
  };
}

type TypeFacts = Omit<TypeSeen, 'version'>;

/** Hours that never change again are asked anew after this long, in ms. */
const hoursAskedAgainMs = 86_400_000;

/** A type as the engine takes it, with the hours it follows as they are at this moment. */
export function typeSeen(row: TypeRow, hours: HoursNow | undefined, now: Date): TypeFacts {
  const { routing } = row;
  const paused = isPaused(row, now);
  return {
    kind: 'type',
    typeId: row.id,
    clientId: row.client_id,
    channel: row.channel,
    requires: row.requires,
    ...(routing.targetSeconds === undefined ? {} : { targetMs: routing.targetSeconds * 1000 }),
    ...(routing.ageing === undefined
      ? {}
      : {
          ageing: {
            everyMs: routing.ageing.everySeconds * 1000,
            by: routing.ageing.by,
            atMost: routing.ageing.atMost,
          },
        }),
    ...(routing.bestLevelFirst === undefined ? {} : { bestLevelFirst: routing.bestLevelFirst }),
    ...(routing.widening === undefined
      ? {}
      : {
          widening: {
            best: routing.widening.best,
            steps: routing.widening.steps.map((step) => ({
              afterMs: step.afterSeconds * 1000,
              lower: step.lower,
            })),
          },
        }),
    ...(routing.languageLevel === undefined ? {} : { language: { level: routing.languageLevel } }),
    ...(routing.deferred === undefined ? {} : { deferred: routing.deferred }),
    ...(routing.teams === undefined
      ? {}
      : {
          teams: routing.teams.map((set) => ({ teamIds: set.teamIds, afterMs: set.afterSeconds * 1000 })),
        }),
    ...(paused
      ? {
          paused: {
            why: 'paused-by-hand',
            ...(row.paused_until === null ? {} : { until: row.paused_until.getTime() }),
          },
        }
      : {}),
    ...(hours === undefined || hours.open
      ? {}
      : { closedUntil: hours.changesAt?.getTime() ?? now.getTime() + hoursAskedAgainMs }),
  };
}

/** The types in use with their hours, and when an hour next opens or closes. */
export async function typeFacts(
  db: Queryable,
  now: Date,
): Promise<{ types: { row: TypeRow; facts: TypeFacts }[]; changesAt: Date | undefined }> {
  const rows = (await allTypes(db)).filter((row) => row.active);
  const wanted = [...new Set(rows.flatMap(({ hours_id: id }) => (id === null ? [] : [id])))];
  const hours = wanted.length === 0 ? new Map<string, HoursNow>() : await hoursNow(db, now, wanted);
  const changes = [...hours.values()].flatMap(({ changesAt }) =>
    changesAt === undefined ? [] : [changesAt],
  );
  return {
    types: rows.map((row) => ({
      row,
      facts: typeSeen(row, row.hours_id === null ? undefined : hours.get(row.hours_id), now),
    })),
    changesAt: changes.toSorted((a, b) => a.getTime() - b.getTime())[0],
  };
}

type AgentFacts = Omit<AgentSeen, 'kind' | 'version'>;

/** The facts of these agents (none named: of all). One who is asked for and missing in the answer is no agent any more. */
export async function agentFacts(db: Queryable, only?: readonly string[]): Promise<AgentFacts[]> {
  const [people, slots, assessments, presences, teams, bars] = await Promise.all([
    agents(db, only),
    slotsOf(db, only),
    newestAssessments(db, only),
    heads(db, only),
    teamsOf(db, only),
    barsOf(db, only),
  ]);
  const byAgent = <Row extends { agent_id: string }>(rows: Row[]) => Map.groupBy(rows, (row) => row.agent_id);
  const slotsBy = byAgent(slots);
  const assessmentsBy = byAgent(assessments);
  const teamsBy = Map.groupBy(teams, (row) => row.person_id);
  const barsBy = byAgent(bars);
  const presenceBy = new Map(presences.map((row) => [row.agent_id, row]));
  return people.map((person) => {
    const presence = presenceBy.get(person.id);
    const own = slotsBy.get(person.id) ?? [];
    const freed = Math.max(...own.map((row) => row.freed_at?.getTime() ?? 0), 0);
    const capacity: Partial<Record<Channel, number>> = {};
    for (const row of own) if (row.size > 0) capacity[row.channel] = row.size;
    return {
      agentId: person.id,
      // Without a browser on the line an offer would ring in an empty room.
      ready: presence?.state === 'ready' && presence.connected,
      clients: person.clients,
      capacity,
      competencies: (assessmentsBy.get(person.id) ?? []).map((row) => ({
        competencyId: row.competency_id,
        level: row.level,
        validUntil: lapsesAt(row.valid_until).getTime(),
      })),
      languages: (assessmentsBy.get(person.id) ?? []).flatMap((row) =>
        row.language === null
          ? []
          : [{ language: row.language, level: row.level, validUntil: lapsesAt(row.valid_until).getTime() }],
      ),
      teams: (teamsBy.get(person.id) ?? []).map((row) => row.team_id),
      ...(barsBy.has(person.id) && {
        barred: barsBy.get(person.id)!.map((row) => ({ typeId: row.type_id, reason: row.reason })),
      }),
      idleSince: Math.max(freed, presence?.since.getTime() ?? 0),
    };
  });
}

export async function allFacts(db: Queryable, now: Date) {
  const [types, agentsNow, interactions, rules] = await Promise.all([
    typeFacts(db, now),
    agentFacts(db),
    openInteractions(db),
    rulesFacts(db),
  ]);
  return { ...types, agents: agentsNow, interactions, rules };
}

/** Which channels go beside each other. */
export async function rulesFacts(db: Queryable): Promise<Omit<RulesSeen, 'version'>> {
  return { kind: 'rules', channels: (await routingRulesNow(db)).channels };
}

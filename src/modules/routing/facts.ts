import { lapsesAt, newestAssessments } from '#src/modules/competencies/index.ts';
import {
  allTypes,
  type InteractionRow,
  openInteractions,
  slotsOf,
  type TypeRow,
} from '#src/modules/interactions/index.ts';
import { agents } from '#src/modules/people/index.ts';
import { heads } from '#src/modules/presence/index.ts';
import type { Queryable } from '#src/platform/db/sql.ts';
import type { AgentSeen, Channel, InteractionSeen, TypeSeen } from './seam.ts';

// What the engine is told, read from the tables of those who own it.

/** How long those who declined an interaction are left out while it waits, before they may be asked again, in ms. */
export const askAgainAfterMs = 15_000;

export function interactionSeen(row: InteractionRow): InteractionSeen {
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
    ...(row.agent_id === null ? {} : { agentId: row.agent_id, agentSince: row.state_since.getTime() }),
    ...(row.not_to.length === 0
      ? {}
      : { notTo: row.not_to, askAgainAt: row.state_since.getTime() + askAgainAfterMs }),
  };
}

export function typeSeen(row: TypeRow): TypeSeen {
  return {
    kind: 'type',
    typeId: row.id,
    clientId: row.client_id,
    channel: row.channel,
    requires: row.requires,
    version: row.version,
  };
}

type AgentFacts = Omit<AgentSeen, 'kind' | 'version'>;

/** The facts of these agents (none named: of all). One who is asked for and missing in the answer is no agent any more. */
export async function agentFacts(db: Queryable, only?: readonly string[]): Promise<AgentFacts[]> {
  const [people, slots, assessments, presences] = await Promise.all([
    agents(db, only),
    slotsOf(db, only),
    newestAssessments(db, only),
    heads(db, only),
  ]);
  const byAgent = <Row extends { agent_id: string }>(rows: Row[]) => Map.groupBy(rows, (row) => row.agent_id);
  const slotsBy = byAgent(slots);
  const assessmentsBy = byAgent(assessments);
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
      idleSince: Math.max(freed, presence?.since.getTime() ?? 0),
    };
  });
}

export async function allFacts(db: Queryable) {
  const [types, agentsNow, interactions] = await Promise.all([
    allTypes(db),
    agentFacts(db),
    openInteractions(db),
  ]);
  return { types: types.filter((type) => type.active), agents: agentsNow, interactions };
}

import type { DecisionView, Interaction, InteractionEvent, WorkItem } from './contract.ts';
import type { State } from './lifecycle.ts';
import type { DecisionRow, EventRow, InteractionDetail, workOf } from './queries.ts';
import type { InteractionRow } from './row.ts';

/** Names of people by id, for what a browser shows. */
export type Names = Readonly<Record<string, string>>;

const iso = (at: Date | null) => at?.toISOString() ?? null;

export function interactionView(row: InteractionDetail, names: Names): Interaction {
  return {
    id: row.id,
    clientId: row.client_id,
    clientName: row.client_name,
    typeId: row.type_id,
    typeNameEn: row.type_name_en,
    typeNameFr: row.type_name_fr,
    channel: row.channel,
    customerId: row.customer_id,
    customerName: row.customer_name,
    threadId: row.thread_id,
    language: row.language,
    state: row.state,
    agentId: row.agent_id,
    agentName: row.agent_id === null ? null : (names[row.agent_id] ?? null),
    handledBy: row.handled_by,
    seq: row.seq,
    priority: row.priority,
    arrivedAt: row.arrived_at.toISOString(),
    stateSince: row.state_since.toISOString(),
    dueAt: iso(row.due_at),
    offerUntil: iso(row.offer_until),
    outcomeCode: row.outcome_code,
    unread: row.unread,
    toTeamId: row.to_team_id,
    toAgentId: row.to_agent_id,
    toUntil: iso(row.to_until),
    preferredAgentId: row.preferred_agent_id,
    preferredUntil: iso(row.preferred_until),
    preferredWhy: row.preferred_why,
    interruptedBy: row.interrupted_by,
    closedAt: iso(row.closed_at),
  };
}

export function eventView(row: EventRow, names: Names): InteractionEvent {
  const isLine = row.author !== null && row.text !== null;
  const named = isLine ? {} : namesIn(row.body, names);
  return {
    seq: row.seq,
    kind: row.kind,
    at: row.at.toISOString(),
    body: row.body,
    ...(Object.keys(named).length === 0 ? {} : { names: named }),
    ...(row.author === null || row.text === null
      ? {}
      : {
          message: {
            author: row.author,
            agentId: row.agent_id,
            agentName: row.agent_id === null ? null : (names[row.agent_id] ?? null),
            audience: row.audience ?? 'all',
            text: row.text,
            key: row.key ?? '',
          },
        }),
  };
}

export function decisionView(
  { why: whole, ...row }: DecisionRow,
  names: Names,
  seen: ReadonlySet<string>,
): DecisionView {
  const why = whySeen(whole, seen);
  return {
    interactionId: row.interaction_id,
    seq: row.seq,
    agentId: row.agent_id,
    at: row.at.toISOString(),
    epoch: Number(row.epoch),
    why,
    names: namesIn({ ...row, why }, names),
  };
}

export function workItemView(
  row: Awaited<ReturnType<typeof workOf>>[number],
  names: Names,
  seen: ReadonlySet<string>,
): WorkItem {
  const why = whySeen(row.why, seen);
  return {
    ...interactionView(row, names),
    interrupts: row.interrupts ?? [],
    why,
    whyNames: namesIn(why, names),
    lastLine:
      row.last_author === null || row.last_text === null || row.last_at === null
        ? null
        : { author: row.last_author, text: row.last_text, at: row.last_at.toISOString() },
  };
}

/** An item of somebody's work after an act that left its people and its why as they were. */
export function workItemAfter(item: WorkItem, row: InteractionRow, names: Names): WorkItem {
  const { clientName, typeNameEn, typeNameFr, customerName } = item;
  const detail: InteractionDetail = {
    ...row,
    client_name: clientName,
    type_name_en: typeNameEn,
    type_name_fr: typeNameFr,
    customer_name: customerName,
  };
  return { ...item, ...interactionView(detail, names), interrupts: [] };
}

const workOrder: readonly State[] = ['offered', 'handling', 'wrapping', 'parked'];

/** In the order in which a desk's work is told: offers first, then by arrival. */
export function inWorkOrder(items: readonly WorkItem[]): WorkItem[] {
  const place = ({ state, arrivedAt, id }: WorkItem) => `${workOrder.indexOf(state)} ${arrivedAt} ${id}`;
  return items.toSorted((one, other) => (place(one) < place(other) ? -1 : 1));
}

/** The part of a why that is about agents, as the engine writes it. */
interface AgentsInWhy {
  eligible?: { agentId: string }[];
  not?: { agents: string[] }[];
}

/** Everybody whom a why names. */
export function peopleInWhy(why: Record<string, unknown> | null): string[] {
  const { eligible = [], not = [] } = (why ?? {}) as AgentsInWhy;
  return [...eligible.map(({ agentId }) => agentId), ...not.flatMap(({ agents }) => agents)];
}

/** A why for somebody who may know of these people alone: of others it keeps how many they are, and nothing that says who. */
export function whySeen<Why extends Record<string, unknown> | null>(
  why: Why,
  seen: ReadonlySet<string>,
): Why {
  if (why === null) return why;
  const { eligible, not } = why as AgentsInWhy;
  return {
    ...why,
    ...(eligible === undefined ? {} : { eligible: eligible.filter(({ agentId }) => seen.has(agentId)) }),
    ...(not === undefined
      ? {}
      : { not: not.map((some) => ({ ...some, agents: some.agents.filter((id) => seen.has(id)) })) }),
  };
}

/** The names of all ids that stand anywhere in a value: what a browser needs to turn a why into a sentence. */
export function namesIn(value: unknown, names: Names): Record<string, string> {
  const found: Record<string, string> = {};
  const look = (part: unknown): void => {
    if (typeof part === 'string') {
      const name = names[part];
      if (name !== undefined) found[part] = name;
    } else if (Array.isArray(part)) part.forEach(look);
    else if (typeof part === 'object' && part !== null) Object.values(part).forEach(look);
  };
  look(value);
  return found;
}

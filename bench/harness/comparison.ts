import type postgres from 'postgres';
import {
  type Act,
  kindOf,
  type State,
  stateAfter,
  statesWithSlot,
} from '#src/modules/interactions/lifecycle.ts';
import type { Journal } from './journal.ts';

/** What stands in the database, read from outside the program. */
export interface Stored {
  interactions: {
    id: string;
    threadId: string;
    state: State;
    agentId: string | null;
    seq: number;
    outcomeCode: string | null;
    /** Parked by another, with its slot kept for it. */
    interrupted: boolean;
  }[];
  events: { stream: string; seq: number; kind: string; agentId: string | null; outcomeCode: string | null }[];
  messages: { stream: string; seq: number; agentId: string | null; key: string; text: string }[];
  assignments: { interactionId: string; agentId: string }[];
  agents: { id: string; state: string; connected: boolean; slots: number }[];
}

export interface Differences {
  /** Acknowledged and not there. */
  lost: string[];
  /** There more often than it was done. */
  doubled: string[];
  /** Lines of one writer that stand in another order than they were written in. */
  reordered: string[];
  /** Streams with a gap, an act that the life does not know there, or another end than the row's. */
  broken: string[];
}

/** One moment of the database: all tables in one snapshot. */
export async function readStored(sql: postgres.Sql): Promise<Stored> {
  return sql.begin('isolation level repeatable read read only', async (tx) => ({
    interactions: await tx<Stored['interactions']>`
      select id, thread_id as "threadId", state, agent_id as "agentId", seq, outcome_code as "outcomeCode",
             interrupted_by is not null as interrupted from interaction order by id`,
    events: await tx<Stored['events']>`
      select stream, seq, kind, body->>'agentId' as "agentId", body->>'outcomeCode' as "outcomeCode"
        from event where kind like 'interaction.%' order by stream, seq`,
    messages: await tx<Stored['messages']>`
      select stream, seq, agent_id as "agentId", key, text from message order by stream, seq`,
    assignments: await tx<
      Stored['assignments']
    >`select interaction_id as "interactionId", agent_id as "agentId" from assignment`,
    agents: await tx<Stored['agents']>`
      select p.agent_id as id, p.state, p.connected, count(s.slot)::integer as slots
        from agent_presence p left join capacity_slot s on s.agent_id = p.agent_id and s.channel = 'chat' and not s.retired
       group by p.agent_id, p.state, p.connected`,
  })) as Promise<Stored>;
}

/** Holds what the database says against what was acknowledged. */
export function differences(journal: Pick<Journal, 'lines' | 'acts'>, stored: Stored): Differences {
  const found: Differences = { lost: [], doubled: [], reordered: [], broken: [] };
  compareLines(journal, stored, found);
  compareActs(journal, stored, found);
  const streams = Map.groupBy(stored.events, ({ stream }) => stream);
  for (const interaction of stored.interactions) {
    const why = whyBroken(interaction, streams.get(interaction.id) ?? []);
    if (why !== undefined) found.broken.push(`${interaction.id}: ${why}`);
  }
  return found;
}

function compareLines({ lines }: Pick<Journal, 'lines'>, stored: Stored, found: Differences): void {
  const placesOf = Map.groupBy(stored.messages, ({ key }) => key);
  for (const { key, text, acknowledged } of lines.values()) {
    const places = placesOf.get(key) ?? [];
    if (places.length > 1) found.doubled.push(`the line "${text}" stands ${places.length} times`);
    if (acknowledged === undefined) continue;
    const { interactionId, seq } = acknowledged;
    const fits = places.some(
      (place) => place.stream === interactionId && place.seq === seq && place.text === text,
    );
    if (!fits) found.lost.push(`the line "${text}", acknowledged at ${interactionId} ${seq}`);
  }
  // Ids of interactions are in order of time, so stream and seq are the order of a conversation.
  const placeOf = new Map(stored.messages.map(({ key }, place) => [key, place]));
  for (const [writer, own] of Map.groupBy(lines.values(), ({ writer }) => writer)) {
    // An agent writes in several conversations at once: each has an order of its own.
    const streams = Map.groupBy(own, ({ author, key }) =>
      author === 'customer' ? '' : (placesOf.get(key)?.[0]?.stream ?? ''),
    );
    for (const inOrder of streams.values()) {
      const places = inOrder.flatMap(({ key }) => placeOf.get(key) ?? []);
      const turned = places.findIndex((place, index) => place < (places[index - 1] ?? -1));
      if (turned >= 0) found.reordered.push(`lines of ${writer}, from "${inOrder[turned]?.text}" on`);
    }
  }
}

const kindOfAct = {
  offer: kindOf.offer,
  accept: kindOf.accept,
  end: kindOf.end,
  complete: kindOf.complete,
} as const;

function compareActs({ acts }: Pick<Journal, 'acts'>, stored: Stored, found: Differences): void {
  const label = (kind: string, interactionId: string, agentId: string | null) =>
    `${kind} ${interactionId} ${agentId}`;
  const happened = new Map<string, number>();
  for (const { kind, stream, agentId } of stored.events) {
    const name = label(kind, stream, agentId);
    happened.set(name, (happened.get(name) ?? 0) + 1);
  }
  const heard = new Map<string, number>();
  for (const { act, interactionId, agentId } of acts) {
    const name = label(kindOfAct[act], interactionId, agentId);
    heard.set(name, (heard.get(name) ?? 0) + 1);
  }
  for (const [name, times] of heard) {
    const there = happened.get(name) ?? 0;
    // An end that was repeated may have been the customer's: the same event with the same agent, heard of twice.
    if (there === 0 || (there < times && !name.startsWith(kindOf.end)))
      found.lost.push(`${name}, ${times - there} of ${times}`);
  }
  const outcomes = new Map(stored.interactions.map(({ id, outcomeCode }) => [id, outcomeCode]));
  for (const { act, interactionId, outcomeCode } of acts) {
    if (act === 'complete' && outcomes.get(interactionId) !== outcomeCode)
      found.lost.push(`the outcome ${outcomeCode} of ${interactionId}`);
  }
  const closings = stored.events.filter(({ kind }) => kind === kindOf.complete);
  for (const [stream, times] of Map.groupBy(closings, (event) => event.stream))
    if (times.length > 1) found.doubled.push(`${stream} was completed ${times.length} times`);
}

const actOf = new Map(Object.entries(kindOf).map(([act, kind]) => [kind as string, act as Act]));

/** Walks a stream by the table of the life. Two accepts in a row, a step after the end or a hole are seen here. */
function whyBroken(
  interaction: Stored['interactions'][number],
  events: Stored['events'],
): string | undefined {
  let state: State | undefined;
  for (const [index, { seq, kind }] of events.entries()) {
    if (seq !== index + 1) return `seq ${index + 1} is missing`;
    if (kind === 'interaction.arrived') {
      if (index !== 0) return `it arrived again at seq ${seq}`;
      state = 'waiting';
    } else if (kind !== 'interaction.line') {
      const act = actOf.get(kind);
      const next = state === undefined || act === undefined ? undefined : stateAfter(state, act);
      if (next === undefined) return `${kind} at seq ${seq} in state ${state}`;
      state = next;
    }
  }
  if (state !== interaction.state) return `its events end in ${state}, its row says ${interaction.state}`;
  return interaction.seq === events.length
    ? undefined
    : `its row is at seq ${interaction.seq} of ${events.length}`;
}

/** Slots held by nothing that needs one, and work without the slot it must hold. */
export function wrongSlots({ interactions, assignments }: Stored): string[] {
  const holding = new Map(
    interactions
      .filter(({ state, interrupted }) => statesWithSlot.includes(state) || interrupted)
      .map(({ id, agentId }) => [id, agentId]),
  );
  const held = new Map(assignments.map(({ interactionId, agentId }) => [interactionId, agentId]));
  return [
    ...[...holding]
      .filter(([id, agentId]) => held.get(id) !== agentId)
      .map(([id]) => `${id} holds no slot of its agent`),
    ...[...held]
      .filter(([id]) => !holding.has(id))
      .map(([id, agentId]) => `a slot of ${agentId} is held for ${id}`),
  ];
}

/** Whatever nobody will ever move: work of somebody who is gone, and what waits while a competent agent with a free slot is ready. */
export function stuck({ interactions, assignments, agents }: Stored): string[] {
  const away = new Set(agents.filter(({ state }) => state === 'offline').map(({ id }) => id));
  const used = Map.groupBy(assignments, ({ agentId }) => agentId);
  const free = agents.filter(
    ({ id, state, connected, slots }) =>
      state === 'ready' && connected && (used.get(id)?.length ?? 0) < slots,
  );
  return interactions.flatMap(({ id, state, agentId, interrupted }) => {
    if ((statesWithSlot.includes(state) || interrupted) && (agentId === null || away.has(agentId)))
      return [`${id} is ${state} with an agent who is gone`];
    return state === 'waiting' && free.length > 0 ? [`${id} waits while ${free.length} agents are free`] : [];
  });
}

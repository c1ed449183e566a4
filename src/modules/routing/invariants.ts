import type {
  AgentSeen,
  Channel,
  Decision,
  EngineSnapshot,
  Gone,
  InteractionSeen,
  InteractionState,
  Millis,
  Requirement,
  Seen,
  TypeSeen,
} from './seam.ts';

// The published invariants of routing, judged from outside: this file keeps its own plain account of the facts and shares no code with
// the engine. The property tests use it on random histories, and a running checker can use it on the real one.

/** In the order in which they are published; a violation begins with the number and the name. */
export const invariants = {
  1: 'never more than an agent’s capacity',
  2: 'never an agent who may not take it: not ready, of another client, or without the competency assessed and in date',
  3: 'no competent ready agent idle while a matching interaction waits, unless a named rule holds it back until an instant',
  4: 'within equal priority and requirements, first come first served',
  5: 'every interaction in exactly one place',
  6: 'the rebuilt state equals the state before',
  7: 'nothing lost, nothing twice',
} as const;
export type Invariant = keyof typeof invariants;

/** What happened to an engine, in order. */
export type Step =
  | { did: 'see'; seen: Seen }
  | { did: 'forget'; gone: Gone }
  | { did: 'decide'; at: Millis; max?: number; decisions: readonly Decision[] }
  | { did: 'release'; interactionId: string; notBefore?: Millis };

/** The steps that bring an empty account to a snapshot's facts: a history that is checked from somewhere on begins with them. */
export function stepsTo({ types, agents, interactions }: EngineSnapshot): Step[] {
  return [...types, ...agents, ...interactions].map((seen) => ({ did: 'see', seen }));
}

/**
 * All that is against an invariant in a history from the first fact on and, when given, in the engine's state after it.
 * None: it kept them all. Takes time in waiting interactions × agents for each decision: it is a judge, not an engine.
 */
export function violations(history: readonly Step[], after?: EngineSnapshot): string[] {
  const account = new Account();
  const found = history.flatMap((step) => account.take(step));
  return after === undefined ? found : [...found, ...stateViolations(account, after)];
}

/** Invariant 6, of two engines that were brought to the same instant and have no reservation or release of their own. */
export function rebuildViolations(before: EngineSnapshot, rebuilt: EngineSnapshot): string[] {
  return JSON.stringify(before) === JSON.stringify(rebuilt)
    ? []
    : [says(6, `${JSON.stringify(rebuilt)} instead of ${JSON.stringify(before)}`)];
}

const withSlot: readonly InteractionState[] = ['offered', 'handling', 'wrapping'];
const ended: readonly InteractionState[] = ['closed', 'abandoned'];

/** The facts as they are after a history: the newest of each, whatever order they came in. */
export class Account {
  readonly types = new Map<string, TypeSeen>();
  readonly agents = new Map<string, AgentSeen>();
  readonly interactions = new Map<string, InteractionSeen>();
  readonly reserved = new Map<string, { agentId: string; since: Millis }>();
  readonly released = new Map<string, Millis>();
  readonly #gone = new Map<string, number>();

  /** Takes one step and answers what in it is against an invariant. */
  take(step: Step): string[] {
    if (step.did === 'see') this.#see(step.seen);
    else if (step.did === 'forget') this.#forget(step.gone);
    else if (step.did === 'release') {
      if (this.reserved.delete(step.interactionId) && step.notBefore !== undefined)
        this.released.set(step.interactionId, step.notBefore);
    } else return this.#decided(step.decisions, step.at, step.max);
    return [];
  }

  /** What may be offered now: it waits, its type is known, nothing is decided about it and nothing holds it back. */
  inLine(now: Millis): InteractionSeen[] {
    return [...this.interactions.values()].filter(
      (one) =>
        one.state === 'waiting' &&
        this.types.has(one.typeId) &&
        !this.reserved.has(one.interactionId) &&
        !((one.heldUntil ?? now) > now) &&
        !((this.released.get(one.interactionId) ?? now) > now),
    );
  }

  requires({ typeId }: InteractionSeen): readonly Requirement[] {
    return this.types.get(typeId)?.requires ?? [];
  }

  slotsTaken(agentId: string, channel: Channel): number {
    let taken = 0;
    for (const one of this.interactions.values()) {
      if (one.channel !== channel) continue;
      if (withSlot.includes(one.state) && one.agentId === agentId) taken += 1;
      if (this.reserved.get(one.interactionId)?.agentId === agentId) taken += 1;
    }
    return taken;
  }

  hasSlot(agent: AgentSeen, channel: Channel): boolean {
    return this.slotsTaken(agent.agentId, channel) < (agent.capacity[channel] ?? 0);
  }

  mayServe(agent: AgentSeen, one: InteractionSeen, now: Millis): boolean {
    return (
      agent.ready &&
      agent.clients.includes(one.clientId) &&
      this.requires(one).every(({ competencyId, level }) =>
        agent.competencies.some(
          (held) => held.competencyId === competencyId && held.level >= level && now < held.validUntil,
        ),
      )
    );
  }

  mayBeAsked(agentId: string, { notTo, askAgainAt }: InteractionSeen, now: Millis): boolean {
    return notTo?.includes(agentId) !== true || askAgainAt === undefined || now >= askAgainAt;
  }

  mayTake(agent: AgentSeen, one: InteractionSeen, now: Millis): boolean {
    return (
      this.mayBeAsked(agent.agentId, one, now) &&
      this.mayServe(agent, one, now) &&
      this.hasSlot(agent, one.channel)
    );
  }

  #see(seen: Seen): void {
    if (seen.kind === 'interaction') {
      if (seen.seq <= (this.interactions.get(seen.interactionId)?.seq ?? 0)) return;
      this.interactions.set(seen.interactionId, seen);
      this.reserved.delete(seen.interactionId);
      this.released.delete(seen.interactionId);
    } else if (seen.kind === 'agent') {
      if (this.#isNewer(`agent ${seen.agentId}`, seen.version, this.agents.get(seen.agentId)?.version))
        this.agents.set(seen.agentId, seen);
    } else if (this.#isNewer(`type ${seen.typeId}`, seen.version, this.types.get(seen.typeId)?.version))
      this.types.set(seen.typeId, seen);
  }

  #isNewer(name: string, version: number, known: number | undefined): boolean {
    return (
      version > Math.max(known ?? Number.NEGATIVE_INFINITY, this.#gone.get(name) ?? Number.NEGATIVE_INFINITY)
    );
  }

  #forget(gone: Gone): void {
    const [id, all] = gone.kind === 'agent' ? [gone.agentId, this.agents] : [gone.typeId, this.types];
    const known = all.get(id)?.version;
    const upTo = gone.version ?? known;
    if (upTo === undefined || (known !== undefined && known > upTo)) return;
    all.delete(id);
    const name = `${gone.kind} ${id}`;
    this.#gone.set(name, Math.max(upTo, this.#gone.get(name) ?? upTo));
  }

  #decided(decisions: readonly Decision[], now: Millis, max = Number.POSITIVE_INFINITY): string[] {
    const found: string[] = [];
    for (const decision of decisions) {
      found.push(...this.#whyNotDecide(decision, now));
      this.reserved.set(decision.interactionId, { agentId: decision.agentId, since: now });
    }
    if (decisions.length >= max) return found;
    for (const one of this.inLine(now))
      for (const agent of this.agents.values())
        if (this.mayTake(agent, one, now))
          found.push(says(3, `${one.interactionId} waits though ${agent.agentId} could take it at ${now}`));
    return found;
  }

  #whyNotDecide({ interactionId, seq, agentId, channel }: Decision, now: Millis): string[] {
    const found: string[] = [];
    const one = this.interactions.get(interactionId);
    if (one === undefined || one.state !== 'waiting' || one.seq !== seq || one.channel !== channel)
      return [
        says(7, `${interactionId} was decided at seq ${seq} on ${channel} but is ${JSON.stringify(one)}`),
      ];
    if (this.reserved.has(interactionId))
      return [says(7, `${interactionId} was decided twice at seq ${seq}`)];

    const waiting = this.inLine(now);
    const agent = this.agents.get(agentId);
    if (!waiting.includes(one))
      found.push(says(3, `${interactionId} is held back but was given to ${agentId}`));
    if (agent === undefined)
      return [...found, says(2, `${interactionId} was given to ${agentId}, who is not known`)];
    if (!this.hasSlot(agent, channel))
      found.push(says(1, `${agentId} has no slot on ${channel} for ${interactionId}`));
    if (!this.mayServe(agent, one, now))
      found.push(says(2, `${agentId} may not take ${interactionId} at ${now}`));
    if (!this.mayBeAsked(agentId, one, now))
      found.push(says(3, `${agentId} is asked again before the instant for ${interactionId}`));

    for (const other of waiting)
      if (
        other !== one &&
        this.#isAlike(other, one) &&
        comesBefore(other, one) &&
        this.mayTake(agent, other, now)
      )
        found.push(says(4, `${interactionId} overtook ${other.interactionId} to ${agentId}`));
    return found;
  }

  #isAlike(a: InteractionSeen, b: InteractionSeen): boolean {
    const asked = (one: InteractionSeen) =>
      JSON.stringify([
        one.clientId,
        one.channel,
        this.requires(one)
          .map((each) => `${each.competencyId} ${each.level}`)
          .sort(),
      ]);
    return asked(a) === asked(b);
  }
}

/** A higher priority comes first; within it, who came first. */
function comesBefore(a: InteractionSeen, b: InteractionSeen): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  return a.arrivedAt !== b.arrivedAt ? a.arrivedAt < b.arrivedAt : a.interactionId < b.interactionId;
}

/** Invariants 5 and 7 of the engine's state against the facts: each open interaction is in one place, the one its state says. */
function stateViolations(account: Account, { places, interactions }: EngineSnapshot): string[] {
  const found: string[] = [];
  const standing = new Map<string, string[]>();
  const put = (place: string, ids: readonly string[]) => {
    for (const id of ids) standing.set(id, [...(standing.get(id) ?? []), place]);
  };
  for (const line of places.lines) put('waiting', line.interactionIds);
  put('waiting', places.held);
  put('waiting', places.withoutType);
  put('reserved', places.reserved);
  for (const { agentId, channel, interactionIds } of places.slots)
    put(`slot of ${agentId} on ${channel}`, interactionIds);
  put('aside', places.aside);

  for (const [id, where] of standing)
    if (where.length > 1) found.push(says(5, `${id} is in ${where.join(' and ')}`));
  for (const one of account.interactions.values()) {
    const where = standing.get(one.interactionId);
    standing.delete(one.interactionId);
    const should = placeOf(one, account.reserved.has(one.interactionId));
    if (where?.length === 1 && where[0] !== should)
      found.push(says(5, `${one.interactionId} is in ${where[0]} instead of ${should ?? 'none'}`));
    if (where === undefined && should !== undefined)
      found.push(says(7, `${one.interactionId} is lost: ${one.state}`));
  }
  for (const id of standing.keys()) found.push(says(7, `${id} is in the engine but in no fact`));

  const known = new Map(interactions.map((one) => [one.interactionId, one.seq]));
  for (const { interactionId, seq, state } of account.interactions.values())
    if (!ended.includes(state) && known.get(interactionId) !== seq)
      found.push(says(7, `${interactionId} is known at seq ${known.get(interactionId)} instead of ${seq}`));
  return found;
}

function placeOf({ state, agentId, channel }: InteractionSeen, reserved: boolean): string | undefined {
  if (ended.includes(state)) return undefined;
  if (withSlot.includes(state)) return `slot of ${agentId} on ${channel}`;
  if (state === 'waiting') return reserved ? 'reserved' : 'waiting';
  return 'aside';
}

function says(invariant: Invariant, what: string): string {
  return `${invariant} ${invariants[invariant]}: ${what}`;
}

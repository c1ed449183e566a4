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
  RulesSeen,
  Seen,
  TypeSeen,
} from './seam.ts';

// The published invariants of routing, judged from outside: this file keeps its own plain account of the facts and shares no code with
// the engine. The property tests use it on random histories, and a running checker can use it on the real one.

/** In the order in which they are published; a violation begins with the number and the name. */
export const invariants = {
  1: 'never more than an agent’s capacity, nor beside what excludes it',
  2: 'never an agent who may not take it: not ready, of another client, barred, or without the competency or language assessed and in date',
  3: 'no competent ready agent idle while a matching interaction waits, and nothing given away, but by a named rule',
  4: 'within equal priority the nearest breach, then first come first served, and deferred work after live work',
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
export function stepsTo({ rules, types, agents, interactions }: EngineSnapshot): Step[] {
  const facts: Seen[] = [...(rules === undefined ? [] : [rules]), ...types, ...agents, ...interactions];
  return facts.map((seen) => ({ did: 'see', seen }));
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

/** Whom an interaction asks for at an instant, beyond who is competent. */
export interface Whom {
  /** That agent alone: it was pushed to them, or is kept for them. */
  only?: string;
  how?: 'pushed' | 'kept';
  /** Agents of these teams. */
  teamIds?: readonly string[];
  sets?: number;
  /** Agents at these levels. */
  step?: number;
  levels: readonly Requirement[];
}

/** The facts as they are after a history: the newest of each, whatever order they came in. */
export class Account {
  readonly types = new Map<string, TypeSeen>();
  readonly agents = new Map<string, AgentSeen>();
  readonly interactions = new Map<string, InteractionSeen>();
  readonly reserved = new Map<string, { agentId: string; since: Millis }>();
  readonly released = new Map<string, Millis>();
  rules: RulesSeen | undefined;
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

  /** What stands in line: it waits, its type is known, nothing is decided about it and nothing holds it back by itself. */
  standing(now: Millis): InteractionSeen[] {
    return [...this.interactions.values()].filter(
      (one) =>
        one.state === 'waiting' &&
        this.types.has(one.typeId) &&
        !this.reserved.has(one.interactionId) &&
        !((one.heldUntil ?? now) > now) &&
        !((this.released.get(one.interactionId) ?? now) > now),
    );
  }

  /** What may be offered now: it stands in line, and its type is neither paused nor closed. */
  inLine(now: Millis): InteractionSeen[] {
    return this.standing(now).filter((one) => !this.isClosed(this.types.get(one.typeId), now));
  }

  isClosed(type: TypeSeen | undefined, now: Millis): boolean {
    if (type === undefined) return true;
    if (type.paused !== undefined && (type.paused.until === undefined || type.paused.until > now))
      return true;
    return type.closedUntil !== undefined && type.closedUntil > now;
  }

  requires({ typeId }: InteractionSeen): readonly Requirement[] {
    return this.types.get(typeId)?.requires ?? [];
  }

  /** What may be with the agent or reserved for them: all there is, unless whoever keeps the account knows better. */
  concerning(_agentId: string): Iterable<InteractionSeen> {
    return this.interactions.values();
  }

  /** Slots that are taken, or kept for what comes back. */
  slotsTaken(agentId: string, channel: Channel): number {
    let taken = 0;
    for (const one of this.concerning(agentId)) {
      if (one.channel !== channel) continue;
      const holds = withSlot.includes(one.state) || (one.state === 'parked' && one.comesBack === true);
      if (holds && one.agentId === agentId) taken += 1;
      if (this.reserved.get(one.interactionId)?.agentId === agentId) taken += 1;
    }
    return taken;
  }

  hasSlot(agent: AgentSeen, channel: Channel): boolean {
    return this.slotsTaken(agent.agentId, channel) < (agent.capacity[channel] ?? 0);
  }

  /** What something new on the channel would interrupt; undefined when something the agent holds excludes it. */
  interrupted(agentId: string, channel: Channel): string[] | undefined {
    const ids: string[] = [];
    for (const one of this.concerning(agentId)) {
      const isReserved = this.reserved.get(one.interactionId)?.agentId === agentId;
      if (!isReserved && !(withSlot.includes(one.state) && one.agentId === agentId)) continue;
      if (one.channel === channel) continue;
      const beside = this.rules?.channels[channel]?.[one.channel] ?? 'together';
      if (beside === 'excluded') return undefined;
      if (beside === 'interrupts' && (isReserved || one.state !== 'handling')) return undefined;
      if (beside === 'interrupts') ids.push(one.interactionId);
    }
    return ids.sort();
  }

  isCompetent(agent: AgentSeen, one: InteractionSeen, now: Millis): boolean {
    const { language } = this.types.get(one.typeId) ?? {};
    return (
      agent.clients.includes(one.clientId) &&
      this.hasLevels(agent, this.requires(one), now) &&
      (language === undefined ||
        one.language === undefined ||
        (agent.languages ?? []).some(
          (held) => held.language === one.language && held.level >= language.level && now < held.validUntil,
        )) &&
      (agent.barred ?? []).every(({ typeId }) => typeId !== one.typeId)
    );
  }

  hasLevels(agent: AgentSeen, levels: readonly Requirement[], now: Millis): boolean {
    return levels.every(({ competencyId, level }) =>
      agent.competencies.some(
        (held) => held.competencyId === competencyId && held.level >= level && now < held.validUntil,
      ),
    );
  }

  mayServe(agent: AgentSeen, one: InteractionSeen, now: Millis): boolean {
    return agent.ready && this.isCompetent(agent, one, now);
  }

  mayBeAsked(agentId: string, { notTo, askAgainAt }: InteractionSeen, now: Millis): boolean {
    return notTo?.includes(agentId) !== true || askAgainAt === undefined || now >= askAgainAt;
  }

  whom(one: InteractionSeen, now: Millis): Whom {
    const requires = this.requires(one);
    if (one.toAgent !== undefined && now < one.toAgent.until)
      return { only: one.toAgent.agentId, how: 'pushed', levels: requires };
    const { preferred } = one;
    if (preferred !== undefined && now < preferred.until && one.notTo?.includes(preferred.agentId) !== true) {
      const agent = this.agents.get(preferred.agentId);
      if (agent !== undefined && (agent.capacity[one.channel] ?? 0) > 0 && this.mayServe(agent, one, now))
        return { only: preferred.agentId, how: 'kept', levels: requires };
    }
    return { ...this.#levels(one, now), ...this.#teams(one, now) };
  }

  isAsked(agent: AgentSeen, one: InteractionSeen, now: Millis): boolean {
    const { only, teamIds, step, levels } = this.whom(one, now);
    if (only !== undefined) return agent.agentId === only;
    return (
      (step === undefined || this.hasLevels(agent, levels, now)) &&
      (teamIds === undefined || teamIds.some((id) => agent.teams?.includes(id)))
    );
  }

  isDeferred(one: InteractionSeen, now: Millis): boolean {
    return this.types.get(one.typeId)?.deferred !== undefined && !((one.toAgent?.until ?? now) > now);
  }

  /** Whether enough others could take something of the live work that the agent serves; who serves none takes none away. */
  keepsReserve(agent: AgentSeen, one: InteractionSeen, now: Millis): boolean {
    if (!this.isDeferred(one, now)) return true;
    const reserve = this.types.get(one.typeId)?.deferred?.reserve ?? 0;
    const serves = (some: AgentSeen, { typeId, clientId, channel }: TypeSeen) =>
      (some.capacity[channel] ?? 0) > 0 &&
      this.isCompetent(some, { ...one, typeId, clientId, channel, language: undefined }, now);
    const live = [...this.types.values()].filter(
      (type) => type.deferred === undefined && !this.isClosed(type, now) && serves(agent, type),
    );
    if (live.length === 0) return true;
    let others = 0;
    for (const other of this.agents.values()) {
      if (other === agent || !other.ready) continue;
      const isLeft = (type: TypeSeen) =>
        serves(other, type) &&
        this.hasSlot(other, type.channel) &&
        this.interrupted(other.agentId, type.channel) !== undefined;
      if (live.some(isLeft)) others += 1;
    }
    return others >= reserve;
  }

  mayTake(agent: AgentSeen, one: InteractionSeen, now: Millis): boolean {
    return (
      this.mayBeAsked(agent.agentId, one, now) &&
      this.mayServe(agent, one, now) &&
      this.isAsked(agent, one, now) &&
      this.hasSlot(agent, one.channel) &&
      this.interrupted(agent.agentId, one.channel) !== undefined &&
      this.keepsReserve(agent, one, now)
    );
  }

  agedPriority(one: InteractionSeen, now: Millis): number {
    const { ageing } = this.types.get(one.typeId) ?? {};
    if (ageing === undefined) return one.priority;
    let risen = 0;
    for (let at = one.arrivedAt + ageing.everyMs; at <= now && risen < ageing.atMost; at += ageing.everyMs)
      risen += ageing.by;
    return one.priority + Math.min(risen, ageing.atMost);
  }

  /** The order in which interactions are offered: below 0 when a comes first. */
  inOrder(a: InteractionSeen, b: InteractionSeen, now: Millis): number {
    if (this.isDeferred(a, now) !== this.isDeferred(b, now)) return this.isDeferred(a, now) ? 1 : -1;
    const priority = this.agedPriority(b, now) - this.agedPriority(a, now);
    if (priority !== 0) return priority;
    const breach = (one: InteractionSeen) => {
      const { targetMs } = this.types.get(one.typeId) ?? {};
      return targetMs === undefined ? Number.MAX_VALUE : one.arrivedAt + targetMs;
    };
    if (breach(a) !== breach(b)) return breach(a) - breach(b);
    if (a.arrivedAt !== b.arrivedAt) return a.arrivedAt - b.arrivedAt;
    return a.interactionId < b.interactionId ? -1 : a.interactionId > b.interactionId ? 1 : 0;
  }

  #levels(one: InteractionSeen, now: Millis): Pick<Whom, 'levels' | 'step'> {
    const requires = this.requires(one);
    const { widening } = this.types.get(one.typeId) ?? {};
    if (widening === undefined) return { levels: requires };
    const come = widening.steps.filter(({ afterMs }) => afterMs <= Math.max(0, now - one.arrivedAt));
    const step = come.length;
    if (step === widening.steps.length) return { levels: requires, step };
    const lowered = come.reduce((sum, { lower }) => sum + lower, 0);
    const levels = new Map<string, number>();
    for (const { competencyId, level } of widening.best)
      levels.set(competencyId, Math.max(level - lowered, levels.get(competencyId) ?? level - lowered));
    for (const { competencyId, level } of requires)
      levels.set(competencyId, Math.max(level, levels.get(competencyId) ?? level));
    return {
      step,
      levels: [...levels]
        .map(([competencyId, level]) => ({ competencyId, level }))
        .sort((a, b) => (a.competencyId < b.competencyId ? -1 : 1)),
    };
  }

  #teams(one: InteractionSeen, now: Millis): Pick<Whom, 'teamIds' | 'sets'> {
    if (one.toTeam !== undefined && now < one.toTeam.until) return { teamIds: [one.toTeam.teamId] };
    const { teams } = this.types.get(one.typeId) ?? {};
    if (teams === undefined || teams.length === 0) return {};
    const sorted = [...teams].sort((a, b) => a.afterMs - b.afterMs);
    const asked = sorted.filter(({ afterMs }, i) => i === 0 || afterMs <= Math.max(0, now - one.arrivedAt));
    return { teamIds: asked.flatMap(({ teamIds }) => teamIds), sets: asked.length };
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
    } else if (seen.kind === 'rules') {
      if (seen.version > (this.rules?.version ?? Number.NEGATIVE_INFINITY)) this.rules = seen;
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

  #whyNotDecide({ interactionId, seq, agentId, channel, interrupts = [] }: Decision, now: Millis): string[] {
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
    const interrupted = this.interrupted(agentId, channel);
    if (interrupted?.join() !== interrupts.join())
      found.push(says(1, `${interactionId} interrupts ${interrupts.join()} of ${interrupted?.join()}`));
    if (!this.mayServe(agent, one, now))
      found.push(says(2, `${agentId} may not take ${interactionId} at ${now}`));
    if (!this.mayBeAsked(agentId, one, now))
      found.push(says(3, `${agentId} is asked again before the instant for ${interactionId}`));
    if (!this.isAsked(agent, one, now))
      found.push(says(3, `${agentId} is not among those who are asked for ${interactionId} at ${now}`));
    if (!this.keepsReserve(agent, one, now))
      found.push(says(3, `${agentId} is kept free for live work but was given ${interactionId}`));

    for (const other of waiting)
      if (other !== one && this.inOrder(other, one, now) < 0 && this.mayTake(agent, other, now))
        found.push(says(4, `${interactionId} overtook ${other.interactionId} to ${agentId}`));
    return found;
  }
}

/** Invariants 5 and 7 of the engine's state against the facts: each open interaction is in one place, the one its state says. */
export function stateViolations(account: Account, { places, interactions }: EngineSnapshot): string[] {
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

function placeOf(
  { state, agentId, channel, comesBack }: InteractionSeen,
  reserved: boolean,
): string | undefined {
  if (ended.includes(state)) return undefined;
  if (withSlot.includes(state) || (state === 'parked' && comesBack === true))
    return `slot of ${agentId} on ${channel}`;
  if (state === 'waiting') return reserved ? 'reserved' : 'waiting';
  return 'aside';
}

function says(invariant: Invariant, what: string): string {
  return `${invariant} ${invariants[invariant]}: ${what}`;
}

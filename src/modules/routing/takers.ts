import { Bits, countInBoth, countOf, has, lowestInBoth } from './bits.ts';
import { IdleOrder } from './idle-order.ts';
import { besideOf } from './rules.ts';
import type { AgentSeen, Channel, Millis, NotReason, Requirement, RulesSeen, Why } from './seam.ts';
import { namesMax } from './seam.ts';
import type { Timer, Timers } from './timers.ts';

// Who could take what. Each thing that agents may have (a client, a channel, a competency at a level, a team …) is a trait, kept as a
// set of bits over the agents; what an interaction asks is a signature, a ladder of traits, and who may take it is worked out word by
// word when a trait it asks for has changed. Who is free at the moment is kept in bits too. So a decision looks at those who are free,
// or at a few hundred words, and never at each agent.

export const channels: readonly Channel[] = ['voice', 'email', 'chat', 'messaging'];
const numberOf: Record<Channel, number> = { voice: 0, email: 1, chat: 2, messaging: 3 };

/** When no more than so many can take something they are put in order one by one. */
const fewMax = 32;

/** What takes a slot of an agent. */
export interface Slot {
  interactionId: string;
  channel: Channel;
  since: Millis;
  /** `kept` for what comes back: it is not worked on, and stands in the way of nothing on other channels. */
  how: 'reserved' | 'offered' | 'handling' | 'wrapping' | 'kept';
}

/** What an agent can do on a channel now. From `free` on they can take something. */
const states = ['out', 'full', 'excluded', 'free', 'interrupted'] as const;
type State = (typeof states)[number];
const canTake = (state: State) => state === 'free' || state === 'interrupted';

export interface Agent {
  id: string;
  /** Their number among the bits; none while they are only known by what they hold. */
  index: number;
  /** None: only known by what they hold. */
  seen?: AgentSeen;
  /** A handful, in no particular order. */
  slots: Slot[];
  /** As in the fact, or later when something came to the agent since. */
  idleSince: Millis;
  /** By number of channel. */
  states: State[];
  traits: ReadonlyMap<string, Mastered>;
  /** When what they have last changed, in the count of changes. */
  changedAt: number;
  lapse?: Timer;
  /** The signatures they may take, of the first so many in a generation of signatures, worked out at a change of theirs. */
  takes: Signature[];
  takesOf: { generation: number; count: number; changedAt: number };
}

/** The best level by what counts now, and by all, lapsed assessments too. */
interface Mastered {
  now: number;
  ever: number;
}

interface Trait {
  key: string;
  level: number;
  by: 'now' | 'ever';
  bits: Bits;
}

/** Who fails the traits of a rung may not take it for that reason: all, any or none of them are asked for. */
interface Rung {
  reason: NotReason;
  asks: 'all' | 'any' | 'none';
  traits: readonly Trait[];
}

/** What decides who may ever take it. */
export interface Asked {
  typeId: string;
  clientId: string;
  channel: Channel;
  requires: readonly Requirement[];
  language?: { language: string; level: number };
  /** Levels that are asked for now beyond what is required. */
  levels?: readonly Requirement[];
  teamIds?: readonly string[];
  /** Whether those above what is required are ranked by how far. */
  ranked: boolean;
}

export type Not = Why['not'][number];

export interface Signature extends Asked {
  rungs: readonly Rung[];
  able: Int32Array;
  ableCount: number;
  /** Who may not take it whatever they do at the moment. */
  not: readonly Not[];
  /** The able by how far they are above what is required, most first; one entry when that is not asked. */
  ranks: { above: number; able: Int32Array }[];
  above: Float64Array;
  /** The count of changes it was last brought to; `stamp` is the sum of its traits' revisions then. */
  at: number;
  stamp: number;
  notReady: { revision: number; count: number; agents: readonly string[] };
  /** How many of the able can take it now: counted when who is able is worked out, then kept with each who comes and goes. */
  available: number;
}

export const byId = (a: Agent, b: Agent): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
export const byIdle = (a: Agent, b: Agent): number => a.idleSince - b.idleSince || byId(a, b);

function perChannel<T>(make: () => T): Record<Channel, T> {
  return { voice: make(), email: make(), chat: make(), messaging: make() };
}

interface Heard {
  /** Somebody can take something on the channel that they could not take before. */
  gained(agent: Agent, channel: Channel): void;
  /** An agent's fact or what they master changed, or they are gone. */
  changed(agentId: string): void;
}

export class Takers {
  readonly #heard: Heard;
  readonly #timers: Timers;
  readonly #agents = new Map<string, Agent>();
  #rules: RulesSeen | undefined;

  /** By number. Names are given by id, so the numbers must be in that order when names are read from bits. */
  #numbered: (Agent | undefined)[] = [];
  #inOrder = true;
  #blanks = 0;
  #words = 4;
  /** Rises with each change of what somebody has. */
  #changes = 0;
  readonly #known = new Bits(this.#words);
  readonly #traits = new Map<string, Trait[]>();
  #signatures: Signature[] = [];
  /** Rises when signatures go: lists of them by agent are then worked out again. */
  #generation = 0;

  readonly #notReady = new Bits(this.#words);
  readonly #in: Record<Channel, Record<Exclude<State, 'out'>, Bits>> = perChannel(() => ({
    full: new Bits(this.#words),
    excluded: new Bits(this.#words),
    free: new Bits(this.#words),
    interrupted: new Bits(this.#words),
  }));
  /** Of the agent who is placed, by number of channel: slots taken, those of them being worked on, and those in handling. */
  readonly #load = { taken: new Int32Array(4), busy: new Int32Array(4), handling: new Int32Array(4) };
  readonly #byIdle = perChannel(() => new IdleOrder(this.#words));

  constructor(timers: Timers, heard: Heard) {
    this.#timers = timers;
    this.#heard = heard;
  }

  agents(): Iterable<Agent> {
    return this.#agents.values();
  }

  agent(id: string): Agent | undefined {
    return this.#agents.get(id);
  }

  see(seen: AgentSeen, now: Millis): void {
    const agent = this.#agentOf(seen.agentId);
    const before = agent.seen;
    agent.seen = seen;
    this.#number(agent);
    if (before === undefined || !hasTheSame(before, seen)) return this.#bringUp(agent, now);
    // Each end of a conversation brings such a fact: only readiness or idleness is new.
    this.#place(agent);
    this.#heard.changed(agent.id);
  }

  forget(agentId: string): void {
    const agent = this.#agents.get(agentId);
    if (agent === undefined) return;
    agent.seen = undefined;
    this.#timers.cancel(agent.lapse);
    agent.lapse = undefined;
    this.#have(agent, nothing);
    this.#place(agent);
    this.#dropIfBlank(agent);
    this.#heard.changed(agentId);
  }

  seeRules(rules: RulesSeen): void {
    this.#rules = rules;
    for (const agent of this.#agents.values()) this.#place(agent);
  }

  /** Takes a slot, or changes what it is, and answers whose. */
  take(agentId: string, slot: Slot): Agent {
    const agent = this.#agentOf(agentId);
    const at = slotAt(agent, slot.interactionId);
    if (at === -1) agent.slots.push(slot);
    else agent.slots[at] = slot;
    this.#place(agent);
    return agent;
  }

  give(agent: Agent, interactionId: string): void {
    const at = slotAt(agent, interactionId);
    if (at !== -1) agent.slots.splice(at, 1);
    this.#place(agent);
    this.#dropIfBlank(agent);
  }

  /** The clock went back: what lapsed may count again. */
  countAgain(now: Millis): void {
    for (const agent of this.#agents.values()) if (agent.seen !== undefined) this.#bringUp(agent, now);
  }

  /** Whether the agent can take something on the channel now. */
  isAvailable(agent: Agent, channel: Channel): boolean {
    return canTake(agent.states[numberOf[channel]]!);
  }

  stateOf(agent: Agent, channel: Channel): State {
    return agent.states[numberOf[channel]]!;
  }

  /** What the agent is handling that something new on the channel would interrupt, sorted. */
  interruptedBy(agent: Agent, channel: Channel): string[] {
    const ids: string[] = [];
    for (const slot of agent.slots)
      if (slot.how === 'handling' && besideOf(this.#rules, channel, slot.channel) === 'interrupts')
        ids.push(slot.interactionId);
    return ids.sort();
  }

  signature(asked: Asked): Signature {
    const { clientId, channel, requires, language, typeId, levels = [], teamIds } = asked;
    const at = (key: string, list: readonly Requirement[], by: 'now' | 'ever') =>
      list.map(({ competencyId, level }) => this.#trait(`${key}${competencyId}`, level, by));
    const spoken = language === undefined ? [] : [{ competencyId: language.language, level: language.level }];
    const ladder = (
      key: string,
      list: readonly Requirement[],
      reasons: readonly [NotReason, NotReason, NotReason],
    ) => {
      const any = list.map((one) => ({ ...one, level: Number.NEGATIVE_INFINITY }));
      return [
        { reason: reasons[0], asks: 'all', traits: at(key, any, 'ever') },
        { reason: reasons[1], asks: 'all', traits: at(key, list, 'ever') },
        { reason: reasons[2], asks: 'all', traits: at(key, list, 'now') },
      ] as const;
    };
    const any = Number.NEGATIVE_INFINITY;
    const rungs: Rung[] = [
      {
        reason: 'agent-not-of-client',
        asks: 'all',
        traits: [this.#trait(`client ${clientId}`, any, 'ever')],
      },
      { reason: 'channel-not-taken', asks: 'all', traits: [this.#trait(`channel ${channel}`, any, 'ever')] },
      ...ladder('competency ', requires, [
        'competency-missing',
        'competency-level-too-low',
        'competency-lapsed',
      ]),
      ...ladder('language ', spoken, ['language-missing', 'language-level-too-low', 'language-lapsed']),
      { reason: 'agent-barred', asks: 'none', traits: [this.#trait(`barred ${typeId}`, any, 'ever')] },
      { reason: 'below-best-level', asks: 'all', traits: at('competency ', levels, 'now') },
    ];
    if (teamIds !== undefined)
      rungs.push({
        reason: 'team-not-asked',
        asks: 'any',
        traits: teamIds.map((id) => this.#trait(`team ${id}`, any, 'ever')),
      });
    const signature: Signature = {
      ...asked,
      rungs: rungs.filter(({ asks, traits }) => asks === 'any' || traits.length > 0),
      able: new Int32Array(0),
      ableCount: 0,
      not: [],
      ranks: [],
      above: new Float64Array(0),
      at: -1,
      stamp: -1,
      notReady: { revision: -1, count: 0, agents: [] },
      available: 0,
    };
    this.#signatures.push(signature);
    return signature;
  }

  drop(signatures: Iterable<Signature>): void {
    const gone = new Set(signatures);
    if (gone.size === 0) return;
    this.#signatures = this.#signatures.filter((one) => !gone.has(one));
    this.#generation += 1;
  }

  /** Whether the agent may take it but for what they do at the moment. */
  isAble(agent: Agent, { rungs }: Signature): boolean {
    const { index } = agent;
    if (index < 0 || !this.#known.has(index)) return false;
    for (const { asks, traits } of rungs) {
      let met = 0;
      for (const { bits } of traits) if (bits.has(index)) met += 1;
      if (asks === 'all' ? met < traits.length : asks === 'any' ? met === 0 : met > 0) return false;
    }
    return true;
  }

  /** Why the agent may not take it whatever they do at the moment: the first rung that they fail. */
  whyNotAble({ index }: Agent, { rungs }: Signature): NotReason | undefined {
    for (const { reason, asks, traits } of rungs) {
      let met = 0;
      for (const { bits } of traits) if (bits.has(index)) met += 1;
      if (asks === 'all' ? met < traits.length : asks === 'any' ? met === 0 : met > 0) return reason;
    }
    return undefined;
  }

  /** The signatures that the agent may take. */
  takesOf(agent: Agent): readonly Signature[] {
    const { takesOf } = agent;
    if (takesOf.generation !== this.#generation || takesOf.changedAt !== agent.changedAt) {
      agent.takes = [];
      takesOf.generation = this.#generation;
      takesOf.changedAt = agent.changedAt;
      takesOf.count = 0;
    }
    for (; takesOf.count < this.#signatures.length; takesOf.count += 1) {
      const signature = this.#signatures[takesOf.count]!;
      if (this.isAble(agent, signature)) agent.takes.push(signature);
    }
    return agent.takes;
  }

  /** Brings a signature up to date; to be called before its bits are read, and not to be interleaved with facts. */
  upToDate(signature: Signature): Signature {
    if (!this.#inOrder) this.#renumber();
    if (signature.at === this.#changes) return signature;
    let stamp = this.#known.revision;
    for (const { traits } of signature.rungs) for (const { bits } of traits) stamp += bits.revision;
    const before = signature.at;
    signature.at = this.#changes;
    const isSame = signature.stamp === stamp && signature.able.length === this.#words;
    if (!isSame) {
      signature.stamp = stamp;
      this.#workOut(signature);
      signature.available = this.#countAvailable(signature);
    }
    if (signature.ranked) this.#rank(signature, before);
    else if (!isSame) signature.ranks = [{ above: 0, able: signature.able }];
    return signature;
  }

  /** All of the able who can take it now, when they are few; undefined when they are many. */
  fewAvailable({ able, channel, available }: Signature): Agent[] | undefined {
    if (available > fewMax) return undefined;
    const found: Agent[] = [];
    const free = this.#in[channel].free.words;
    const interrupted = this.#in[channel].interrupted.words;
    for (let w = 0; w < able.length && found.length < available; w += 1)
      for (let left = able[w]! & (free[w]! | interrupted[w]!); left !== 0; left &= left - 1)
        found.push(this.#numbered[(w << 5) + 31 - Math.clz32(left & -left)]!);
    return found;
  }

  /** The idle longest of these bits in this state on the channel who are not skipped, at most `max`. */
  idleLongest(
    able: Int32Array,
    channel: Channel,
    state: 'free' | 'interrupted',
    max: number,
    skip?: (agent: Agent) => boolean,
  ): Agent[] {
    const inState = this.#in[channel][state];
    if (inState.size === 0) return [];
    const skipNumber = skip && ((index: number) => skip(this.#numbered[index]!));
    return this.#byIdle[channel]
      .longest(able, inState.words, max, skipNumber)
      .map((index) => this.#numbered[index]!);
  }

  /** Who may not take it whatever they do at the moment, in the order of the ladder; of those who are barred also by what. */
  notEverOf({ not, typeId }: Signature): Not[] {
    if (!not.some(({ reason }) => reason === 'agent-barred')) return not.slice();
    return not.map((each) => {
      if (each.reason !== 'agent-barred') return each;
      const bars = each.agents.flatMap((id) => this.#agents.get(id)?.seen?.barred ?? []);
      const names = bars.filter((bar) => bar.typeId === typeId).map(({ reason }) => reason);
      return { ...each, bars: [...new Set(names)].sort().slice(0, namesMax) };
    });
  }

  /** What bars an agent from the type. */
  barsOf({ seen }: Agent, { typeId }: Signature): string[] {
    const bars = (seen?.barred ?? []).filter((bar) => bar.typeId === typeId);
    return [...new Set(bars.map(({ reason }) => reason))].sort();
  }

  /** The able who are not ready: how many, and the first by id. */
  notReadyOf(signature: Signature) {
    const { revision, words, size } = this.#notReady;
    if (signature.notReady.revision !== revision) {
      const count = size === 0 ? 0 : countInBoth(signature.able, words);
      signature.notReady = { revision, count, agents: count === 0 ? [] : this.#names(signature.able, words) };
    }
    const { count, agents } = signature.notReady;
    return { count, agents };
  }

  excludedOf({ able, channel }: Signature) {
    const { words, size } = this.#in[channel].excluded;
    const count = size === 0 ? 0 : countInBoth(able, words);
    return { count, agents: count === 0 ? [] : this.#names(able, words) };
  }

  /** The first by id of the able at capacity. */
  fullNames({ able, channel }: Signature): string[] {
    return this.#names(able, this.#in[channel].full.words);
  }

  /** The first by id of the able, without one. */
  ableNames({ able }: Signature, without: string): string[] {
    return lowestInBoth(able, able, namesMax + 1)
      .map((index) => this.#numbered[index]!.id)
      .filter((id) => id !== without)
      .slice(0, namesMax);
  }

  /**
   * Of the able who could take it now, those who are kept free for live work: less than so many others could take something of the live
   * signatures that the agent serves, each other counted once. Who serves nothing live takes nothing away from it.
   */
  keptFree(signature: Signature, others: number, live: readonly Signature[]): Int32Array {
    const { able, channel } = this.upToDate(signature);
    const kept = new Int32Array(this.#words);
    if (others <= 0) return kept;
    // An agent who serves something that enough can take keeps the reserve; one whose work nobody can take does not; the rest are counted.
    const serves = new Int32Array(this.#words);
    const enough = new Int32Array(this.#words);
    const some: Signature[] = [];
    for (const one of live) {
      this.upToDate(one);
      const count = one.available;
      for (let w = 0; w < serves.length; w += 1) serves[w]! |= one.able[w]!;
      if (count > others) for (let w = 0; w < enough.length; w += 1) enough[w]! |= one.able[w]!;
      else if (count > 0) some.push(one);
    }
    const { free, interrupted } = this.#in[channel];
    for (let w = 0; w < kept.length; w += 1) {
      const available = free.words[w]! | interrupted.words[w]!;
      for (let left = able[w]! & available & serves[w]! & ~enough[w]!; left !== 0; left &= left - 1) {
        const bit = left & -left;
        if (!this.#isReserveKept((w << 5) + 31 - Math.clz32(bit), others, some)) kept[w]! |= bit;
      }
    }
    return kept;
  }

  #isReserveKept(index: number, others: number, live: readonly Signature[]): boolean {
    const served = live.filter(({ able }) => has(able, index));
    let count = 0;
    for (let w = 0; served.length > 0 && w < this.#words; w += 1) {
      let some = 0;
      for (const { able, channel } of served)
        some |= able[w]! & (this.#in[channel].free.words[w]! | this.#in[channel].interrupted.words[w]!);
      if (index >> 5 === w) some &= ~(1 << (index & 31));
      if (some !== 0) count += countOf(some);
      if (count >= others) return true;
    }
    return false;
  }

  /** How many are in a set of bits, and the first by id. */
  namesIn(bits: Int32Array) {
    return { count: countInBoth(bits, bits), agents: this.#names(bits, bits) };
  }

  /** The agent's levels above what is required, summed. */
  aboveOf({ traits }: Agent, { requires, language }: Asked): number {
    let above = 0;
    for (const { competencyId, level } of requires)
      above += (traits.get(`competency ${competencyId}`)?.now ?? level) - level;
    if (language !== undefined)
      above += (traits.get(`language ${language.language}`)?.now ?? language.level) - language.level;
    return above;
  }

  #agentOf(id: string): Agent {
    let agent = this.#agents.get(id);
    if (agent === undefined) {
      agent = {
        id,
        index: -1,
        seen: undefined,
        lapse: undefined,
        slots: [],
        idleSince: 0,
        states: ['out', 'out', 'out', 'out'],
        traits: nothing,
        changedAt: -1,
        takes: [],
        takesOf: { generation: -1, count: 0, changedAt: -1 },
      };
      this.#agents.set(id, agent);
    }
    return agent;
  }

  #dropIfBlank(agent: Agent): void {
    if (agent.seen !== undefined || agent.slots.length > 0) return;
    this.#agents.delete(agent.id);
    if (agent.index < 0) return;
    this.#numbered[agent.index] = undefined;
    this.#blanks += 1;
    if (this.#blanks > 64 && this.#blanks * 2 > this.#numbered.length) this.#inOrder = false;
  }

  #number(agent: Agent): void {
    if (agent.index >= 0) return;
    const last = this.#numbered.at(-1);
    if (this.#numbered.length > 0 && (last === undefined || last.id > agent.id)) this.#inOrder = false;
    agent.index = this.#numbered.length;
    this.#numbered.push(agent);
    if (agent.index >> 5 >= this.#words) this.#grow(this.#words * 2);
  }

  #grow(words: number): void {
    this.#words = words;
    this.#changes += 1;
    for (const bits of this.#allBits()) bits.grow(words);
    for (const order of Object.values(this.#byIdle)) order.grow(words);
  }

  *#allBits(): Generator<Bits> {
    yield this.#known;
    yield this.#notReady;
    for (const state of Object.values(this.#in)) yield* Object.values(state);
    for (const traits of this.#traits.values()) for (const { bits } of traits) yield bits;
  }

  /** Numbers the agents by id. Costs a look at each of them, and is due only when one came whose id is not the last. */
  #renumber(): void {
    const agents = [...this.#agents.values()].filter(({ index }) => index >= 0).sort(byId);
    this.#numbered = agents;
    this.#blanks = 0;
    this.#inOrder = true;
    this.#changes += 1;
    for (const bits of this.#allBits()) bits.clear(this.#words);
    for (const order of Object.values(this.#byIdle)) order.clear();
    for (const [index, agent] of agents.entries()) {
      agent.index = index;
      if (agent.seen !== undefined) this.#known.put(index, true);
      this.#notReady.put(index, agent.seen?.ready === false);
      for (const channel of channels) {
        const state = this.stateOf(agent, channel);
        if (state !== 'out') this.#in[channel][state].put(index, true);
        if (canTake(state)) this.#byIdle[channel].add(index, agent.idleSince);
      }
    }
    for (const [key, traits] of this.#traits)
      for (const trait of traits)
        for (const agent of agents) trait.bits.put(agent.index, isMet(trait, agent.traits.get(key)));
    for (const signature of this.#signatures) {
      signature.stamp = -1;
      signature.at = -1;
      signature.above = new Float64Array(0);
    }
  }

  #trait(key: string, level: number, by: 'now' | 'ever'): Trait {
    let traits = this.#traits.get(key);
    if (traits === undefined) {
      traits = [];
      this.#traits.set(key, traits);
    }
    let trait = traits.find((one) => one.level === level && one.by === by);
    if (trait === undefined) {
      trait = { key, level, by, bits: new Bits(this.#words) };
      traits.push(trait);
      for (const agent of this.#agents.values())
        if (agent.index >= 0) trait.bits.put(agent.index, isMet(trait, agent.traits.get(key)));
    }
    return trait;
  }

  /** Works out from the fact what the agent has now, and when the next of it lapses. */
  #bringUp(agent: Agent, now: Millis): void {
    const { seen } = agent;
    if (seen === undefined) return;
    this.#timers.cancel(agent.lapse);
    agent.lapse = undefined;
    let lapsesAt = Number.POSITIVE_INFINITY;
    for (const { validUntil } of [...seen.competencies, ...(seen.languages ?? [])])
      if (validUntil > now && validUntil < lapsesAt) lapsesAt = validUntil;
    if (lapsesAt !== Number.POSITIVE_INFINITY)
      agent.lapse = this.#timers.set(lapsesAt, () => this.#bringUp(agent, lapsesAt));
    const changed = this.#have(agent, traitsOf(seen, now));
    this.#place(agent);
    if (changed)
      for (const channel of channels)
        if (this.isAvailable(agent, channel)) this.#heard.gained(agent, channel);
    this.#heard.changed(agent.id);
  }

  /** Whether anything changed. */
  #have(agent: Agent, traits: ReadonlyMap<string, Mastered>): boolean {
    const before = agent.traits;
    if (agent.index < 0) return false;
    const isKnown = agent.seen !== undefined;
    let changed = this.#known.put(agent.index, isKnown);
    agent.traits = traits;
    for (const [key, mastered] of before)
      if (!traits.has(key)) changed = this.#mark(key, agent, undefined, mastered) || changed;
    for (const [key, mastered] of traits)
      changed = this.#mark(key, agent, mastered, before.get(key)) || changed;
    if (!changed && agent.changedAt >= 0) return false;
    this.#changes += 1;
    agent.changedAt = this.#changes;
    return true;
  }

  #mark(key: string, agent: Agent, now: Mastered | undefined, before: Mastered | undefined): boolean {
    if (now?.now === before?.now && now?.ever === before?.ever) return false;
    for (const trait of this.#traits.get(key) ?? []) trait.bits.put(agent.index, isMet(trait, now));
    return true;
  }

  /** Puts the agent where their fact and their slots say. */
  #place(agent: Agent): void {
    const { seen, slots, index } = agent;
    if (index < 0) return;
    const { taken, busy, handling } = this.#load;
    taken.fill(0);
    busy.fill(0);
    handling.fill(0);
    const idleBefore = agent.idleSince;
    agent.idleSince = seen?.idleSince ?? 0;
    for (const { channel, since, how } of slots) {
      const c = numberOf[channel];
      taken[c]! += 1;
      if (how === 'kept') continue;
      busy[c]! += 1;
      if (how === 'handling') handling[c]! += 1;
      if (since > agent.idleSince) agent.idleSince = since;
    }
    this.#notReady.put(index, seen?.ready === false);
    for (let c = 0; c < channels.length; c += 1) {
      const before = agent.states[c]!;
      const state = this.#stateOn(c, seen);
      if (state === 'out' && before === 'out') continue;
      const channel = channels[c]!;
      if (canTake(before) && (!canTake(state) || agent.idleSince !== idleBefore))
        this.#byIdle[channel].delete(index);
      if (canTake(state) && (!canTake(before) || agent.idleSince !== idleBefore))
        this.#byIdle[channel].add(index, agent.idleSince);
      if (state === before) continue;
      agent.states[c] = state;
      if (before !== 'out') this.#in[channel][before].put(index, false);
      if (state !== 'out') this.#in[channel][state].put(index, true);
      if (canTake(before) === canTake(state)) continue;
      const isGained = canTake(state);
      for (const signature of this.takesOf(agent))
        if (signature.channel === channel) signature.available += isGained ? 1 : -1;
      if (isGained) this.#heard.gained(agent, channel);
    }
  }

  #stateOn(c: number, seen: AgentSeen | undefined): State {
    const { taken, busy, handling } = this.#load;
    const channel = channels[c]!;
    const capacity = seen?.capacity[channel] ?? 0;
    if (seen === undefined || !seen.ready || !(capacity > 0)) return 'out';
    if (taken[c]! >= capacity) return 'full';
    let state: State = 'free';
    if (this.#rules === undefined) return state;
    for (let h = 0; h < channels.length; h += 1) {
      if (busy[h] === 0) continue;
      const beside = besideOf(this.#rules, channel, channels[h]!);
      if (beside === 'together') continue;
      if (beside === 'excluded' || handling[h]! < busy[h]!) return 'excluded';
      state = 'interrupted';
    }
    return state;
  }

  /** Climbs the ladder with all agents at once: who fails a rung stays on it, who is left may take it. */
  #workOut(signature: Signature): void {
    const left = this.#known.words.slice();
    const failed = new Int32Array(left.length);
    const not: Not[] = [];
    for (const { reason, asks, traits } of signature.rungs) {
      let count = 0;
      for (let w = 0; w < left.length; w += 1) {
        const all = left[w]!;
        failed[w] = 0;
        if (all === 0) continue;
        let met = asks === 'all' ? -1 : 0;
        for (const { bits } of traits) met = asks === 'all' ? met & bits.words[w]! : met | bits.words[w]!;
        if (asks === 'none') met = ~met;
        left[w] = all & met;
        failed[w] = all & ~met;
        if (failed[w] !== 0) count += countOf(failed[w]!);
      }
      if (count === 0) continue;
      not.push({ reason, count, agents: this.#names(failed, failed) });
    }
    signature.able = left;
    signature.ableCount = countInBoth(left, left);
    signature.not = not;
    signature.notReady = { revision: -1, count: 0, agents: [] };
  }

  #countAvailable({ able, channel }: Signature): number {
    const { free, interrupted } = this.#in[channel];
    return (
      countInBoth(able, free.words) + (interrupted.size === 0 ? 0 : countInBoth(able, interrupted.words))
    );
  }

  /** Sorts the able by level; what an agent is worth is worked out again only after a change of theirs. */
  #rank(signature: Signature, before: number): void {
    const { able, above } = signature;
    const isNew = above.length !== this.#words * 32;
    if (isNew) signature.above = new Float64Array(this.#words * 32);
    const ranks = new Map<number, Int32Array>();
    for (let w = 0; w < able.length; w += 1)
      for (let left = able[w]!; left !== 0; left &= left - 1) {
        const index = (w << 5) + 31 - Math.clz32(left & -left);
        const agent = this.#numbered[index]!;
        if (isNew || agent.changedAt > before) signature.above[index] = this.aboveOf(agent, signature);
        const value = signature.above[index]!;
        let rank = ranks.get(value);
        if (rank === undefined) {
          rank = new Int32Array(able.length);
          ranks.set(value, rank);
        }
        rank[w]! |= left & -left;
      }
    signature.ranks = [...ranks]
      .map(([value, bits]) => ({ above: value, able: bits }))
      .sort((a, b) => b.above - a.above);
  }

  #names(a: Int32Array, b: Int32Array): string[] {
    return lowestInBoth(a, b, namesMax).map((index) => this.#numbered[index]!.id);
  }
}

function slotAt({ slots }: Agent, interactionId: string): number {
  for (let at = 0; at < slots.length; at += 1) if (slots[at]!.interactionId === interactionId) return at;
  return -1;
}

/** Whether the parts of the two facts that say what an agent has are the very same. */
function hasTheSame(a: AgentSeen, b: AgentSeen): boolean {
  return (
    a.clients === b.clients &&
    a.capacity === b.capacity &&
    a.competencies === b.competencies &&
    a.languages === b.languages &&
    a.teams === b.teams &&
    a.barred === b.barred
  );
}

const nothing: ReadonlyMap<string, Mastered> = new Map();

function isMet({ level, by }: Trait, mastered: Mastered | undefined): boolean {
  return mastered !== undefined && mastered[by] >= level;
}

/** What an agent has, by name of the trait. */
function traitsOf(seen: AgentSeen, now: Millis): Map<string, Mastered> {
  const traits = new Map<string, Mastered>();
  const has = (key: string) => traits.set(key, { now: 0, ever: 0 });
  const masters = (key: string, level: number, validUntil: Millis) => {
    const best = traits.get(key) ?? { now: Number.NEGATIVE_INFINITY, ever: Number.NEGATIVE_INFINITY };
    if (validUntil > now) best.now = Math.max(best.now, level);
    best.ever = Math.max(best.ever, level);
    traits.set(key, best);
  };
  for (const client of seen.clients) has(`client ${client}`);
  for (const channel of channels) if ((seen.capacity[channel] ?? 0) > 0) has(`channel ${channel}`);
  for (const { competencyId, level, validUntil } of seen.competencies)
    masters(`competency ${competencyId}`, level, validUntil);
  for (const { language, level, validUntil } of seen.languages ?? [])
    masters(`language ${language}`, level, validUntil);
  for (const team of seen.teams ?? []) has(`team ${team}`);
  for (const { typeId } of seen.barred ?? []) has(`barred ${typeId}`);
  return traits;
}

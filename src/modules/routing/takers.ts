import { Ordered } from './ordered.ts';
import type { AgentSeen, Channel, Millis, NotReason, Requirement, Why } from './seam.ts';

// Who could take what. Agents with the same clients, channels and competencies share a profile; interactions with the same client,
// channel and required competencies share a signature. Which profile may take which signature is worked out once for the pair, and a
// decision looks at the heads of the profiles that may, however many agents there are.

export const channels: readonly Channel[] = ['voice', 'email', 'chat', 'messaging'];

/** What takes a slot: an interaction the agent has, or one reserved for them by a decision whose outcome is not known yet. */
export interface Slot {
  since: Millis;
  reserved: boolean;
}

export interface Agent {
  id: string;
  /** None: only known by what they hold. */
  seen?: AgentSeen;
  slots: Record<Channel, Map<string, Slot>>;
  profile?: Profile;
  /** As in the fact, or later when something came to the agent since. */
  idleSince: Millis;
  /** The channels on which they stand among the free ones of their profile. */
  freeOn: readonly Channel[];
  /** When the next of their assessments lapses. */
  lapsesAt: Millis;
}

export interface Profile {
  key: string;
  clients: ReadonlySet<string>;
  channels: ReadonlySet<Channel>;
  /** Best level by competency: of the assessments that count now, and of all, lapsed ones too. */
  masters: ReadonlyMap<string, { now: number; ever: number }>;
  members: Ordered<Agent>;
  notReady: Ordered<Agent>;
  /** Ready with a free slot; idle longest first. */
  free: Record<Channel, Ordered<Agent>>;
  /** Ready without a free slot. */
  full: Record<Channel, Ordered<Agent>>;
  takes: Set<Signature>;
}

export interface Signature {
  key: string;
  clientId: string;
  channel: Channel;
  requires: readonly Requirement[];
  takers: Set<Profile>;
  refusers: Map<NotReason, Set<Profile>>;
  /** The agents of the refusers by reason, as counted at a revision. */
  refused?: { revision: number; not: Why['not'] };
}

export const byId = (a: Agent, b: Agent): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
export const byIdle = (a: Agent, b: Agent): number => a.idleSince - b.idleSince || byId(a, b);
const byLapse = (a: Agent, b: Agent): number => a.lapsesAt - b.lapsesAt || byId(a, b);

function perChannel<T>(make: () => T): Record<Channel, T> {
  return { voice: make(), email: make(), chat: make(), messaging: make() };
}

/** Why agents of this profile may not take what this signature asks, whatever they do at the moment. */
export function whyNotEver(
  { clients, channels, masters }: Pick<Profile, 'clients' | 'channels' | 'masters'>,
  { clientId, channel, requires }: { clientId: string; channel: Channel; requires: readonly Requirement[] },
): NotReason | undefined {
  if (!clients.has(clientId)) return 'agent-not-of-client';
  if (!channels.has(channel)) return 'channel-not-taken';
  const best = requires.map(({ competencyId, level }) => ({ level, mastered: masters.get(competencyId) }));
  if (best.some(({ mastered }) => mastered === undefined)) return 'competency-missing';
  if (best.some(({ mastered, level }) => mastered !== undefined && mastered.ever < level))
    return 'competency-level-too-low';
  if (best.some(({ mastered, level }) => mastered !== undefined && mastered.now < level))
    return 'competency-lapsed';
  return undefined;
}

export class Takers {
  /** Rises whenever an agent joins, leaves or changes profile: what was counted over profiles holds until then. */
  revision = 0;
  readonly #agents = new Map<string, Agent>();
  readonly #profiles = new Map<string, Profile>();
  readonly #signatures = new Map<string, Signature>();
  readonly #lapses = new Ordered<Agent>(byLapse);
  /** The profiles in which somebody is free: when all are busy these are few, however many profiles there are. */
  readonly #withFree = perChannel(() => new Set<Profile>());
  readonly #gained: (profile: Profile, channel: Channel) => void;

  /** `gained` hears when somebody of a profile becomes free on a channel. */
  constructor(gained: (profile: Profile, channel: Channel) => void) {
    this.#gained = gained;
  }

  agents(): Iterable<Agent> {
    return this.#agents.values();
  }

  agent(id: string): Agent | undefined {
    return this.#agents.get(id);
  }

  see(seen: AgentSeen, now: Millis): void {
    const agent = this.#agentOf(seen.agentId);
    agent.seen = seen;
    this.#join(agent, now);
  }

  forget(agentId: string): void {
    const agent = this.#agents.get(agentId);
    if (agent === undefined) return;
    delete agent.seen;
    this.#lapses.delete(agent);
    agent.lapsesAt = Number.POSITIVE_INFINITY;
    this.#move(agent, undefined);
    this.#dropIfBlank(agent);
  }

  take(agentId: string, channel: Channel, interactionId: string, slot: Slot): void {
    const agent = this.#agentOf(agentId);
    agent.slots[channel].set(interactionId, slot);
    this.#move(agent, agent.profile);
  }

  give(agentId: string, channel: Channel, interactionId: string): void {
    const agent = this.#agents.get(agentId);
    if (agent === undefined) return;
    agent.slots[channel].delete(interactionId);
    this.#move(agent, agent.profile);
    this.#dropIfBlank(agent);
  }

  /** Brings every agent whose assessment has lapsed by now to the profile that is left. */
  lapse(now: Millis): void {
    for (
      let agent = this.#lapses.first();
      agent !== undefined && agent.lapsesAt <= now;
      agent = this.#lapses.first()
    )
      this.#join(agent, now);
  }

  /** The clock went back: what lapsed may count again. */
  rejoin(now: Millis): void {
    for (const agent of this.#agents.values()) if (agent.seen !== undefined) this.#join(agent, now);
  }

  signature(clientId: string, channel: Channel, requires: readonly Requirement[]): Signature {
    const key = JSON.stringify([
      clientId,
      channel,
      requires.map(({ competencyId, level }) => [competencyId, level]),
    ]);
    let signature = this.#signatures.get(key);
    if (signature === undefined) {
      signature = { key, clientId, channel, requires, takers: new Set(), refusers: new Map() };
      this.#signatures.set(key, signature);
      for (const profile of this.#profiles.values()) pair(signature, profile);
    }
    return signature;
  }

  /** The profiles that may take it and in which somebody is free. */
  freeFor({ takers, channel }: Signature): Profile[] {
    const withFree = this.#withFree[channel];
    const [fewer, more] = withFree.size < takers.size ? [withFree, takers] : [takers, withFree];
    return [...fewer].filter((profile) => more.has(profile));
  }

  dropSignature(signature: Signature): void {
    this.#signatures.delete(signature.key);
    for (const profile of signature.takers) profile.takes.delete(signature);
  }

  #agentOf(id: string): Agent {
    let agent = this.#agents.get(id);
    if (agent === undefined) {
      agent = {
        id,
        slots: perChannel(() => new Map()),
        idleSince: 0,
        freeOn: [],
        lapsesAt: Number.POSITIVE_INFINITY,
      };
      this.#agents.set(id, agent);
    }
    return agent;
  }

  #dropIfBlank(agent: Agent): void {
    if (agent.seen === undefined && channels.every((channel) => agent.slots[channel].size === 0))
      this.#agents.delete(agent.id);
  }

  #join(agent: Agent, now: Millis): void {
    const { seen } = agent;
    if (seen === undefined) return;
    this.#lapses.delete(agent);
    agent.lapsesAt = Number.POSITIVE_INFINITY;
    for (const { validUntil } of seen.competencies)
      if (validUntil > now && validUntil < agent.lapsesAt) agent.lapsesAt = validUntil;
    if (agent.lapsesAt !== Number.POSITIVE_INFINITY) this.#lapses.add(agent);
    this.#move(agent, this.#profileOf(seen, now));
  }

  #profileOf(seen: AgentSeen, now: Millis): Profile {
    const masters = new Map<string, { now: number; ever: number }>();
    for (const { competencyId, level, validUntil } of seen.competencies) {
      const best = masters.get(competencyId) ?? {
        now: Number.NEGATIVE_INFINITY,
        ever: Number.NEGATIVE_INFINITY,
      };
      if (validUntil > now) best.now = Math.max(best.now, level);
      best.ever = Math.max(best.ever, level);
      masters.set(competencyId, best);
    }
    const clients = [...new Set(seen.clients)].sort();
    const taken = channels.filter((channel) => (seen.capacity[channel] ?? 0) > 0);
    const mastered = [...masters].map(([id, best]) => [id, best.now, best.ever] as const);
    const key = JSON.stringify([clients, taken, mastered.sort((a, b) => (a[0] < b[0] ? -1 : 1))]);
    let profile = this.#profiles.get(key);
    if (profile === undefined) {
      profile = {
        key,
        clients: new Set(clients),
        channels: new Set(taken),
        masters,
        members: new Ordered(byId),
        notReady: new Ordered(byId),
        free: perChannel(() => new Ordered(byIdle)),
        full: perChannel(() => new Ordered(byId)),
        takes: new Set(),
      };
      this.#profiles.set(key, profile);
      for (const signature of this.#signatures.values()) pair(signature, profile);
    }
    return profile;
  }

  /** Puts the agent where their fact and their slots say, in this profile. */
  #move(agent: Agent, profile: Profile | undefined): void {
    const { profile: before, freeOn: freeBefore, seen } = agent;
    if (before !== undefined) {
      before.notReady.delete(agent);
      for (const channel of before.channels)
        if (!before.free[channel].delete(agent)) before.full[channel].delete(agent);
    }
    if (before !== profile) {
      this.revision += 1;
      before?.members.delete(agent);
      profile?.members.add(agent);
      if (before !== undefined && before.members.size === 0) this.#dropProfile(before);
    }
    agent.profile = profile;
    const freeOn: Channel[] = [];
    if (profile !== undefined && seen !== undefined) {
      agent.idleSince = seen.idleSince;
      for (const channel of channels)
        for (const { since } of agent.slots[channel].values())
          agent.idleSince = Math.max(agent.idleSince, since);
      if (!seen.ready) profile.notReady.add(agent);
      else
        for (const channel of profile.channels) {
          const isFree = agent.slots[channel].size < (seen.capacity[channel] ?? 0);
          profile[isFree ? 'free' : 'full'][channel].add(agent);
          if (isFree) freeOn.push(channel);
        }
    }
    agent.freeOn = freeOn;
    if (before !== undefined) this.#noteFree(before);
    if (profile !== undefined && profile !== before) this.#noteFree(profile);
    if (profile !== undefined)
      for (const channel of freeOn)
        if (profile !== before || !freeBefore.includes(channel)) this.#gained(profile, channel);
  }

  #noteFree(profile: Profile): void {
    for (const channel of profile.channels)
      if (profile.free[channel].size > 0) this.#withFree[channel].add(profile);
      else this.#withFree[channel].delete(profile);
  }

  #dropProfile(profile: Profile): void {
    this.#profiles.delete(profile.key);
    for (const signature of this.#signatures.values()) {
      signature.takers.delete(profile);
      for (const refusers of signature.refusers.values()) refusers.delete(profile);
    }
  }
}

function pair(signature: Signature, profile: Profile): void {
  const reason = whyNotEver(profile, signature);
  if (reason === undefined) {
    signature.takers.add(profile);
    profile.takes.add(signature);
    return;
  }
  const refusers = signature.refusers.get(reason);
  if (refusers === undefined) signature.refusers.set(reason, new Set([profile]));
  else refusers.add(profile);
}

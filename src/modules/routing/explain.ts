import type { Ordered } from './ordered.ts';
import { type Millis, type NotReason, namesMax, notReasons, type Why } from './seam.ts';
import { type Agent, byIdle, type Profile, type Signature, type Takers } from './takers.ts';

/** Who is asked: those who declined or let it pass are left out until an instant, and come last after it. */
export interface Asking {
  declined: readonly string[];
  /** Whether those who declined may be asked again, when nobody else is free. */
  again: boolean;
}

/** The agent idle longest who may be asked now: of those who did not decline, else, once that is allowed, of those who did. */
export function whoIsAsked(takers: Takers, signature: Signature, asking: Asking): Agent | undefined {
  const free = takers.freeFor(signature).map((profile) => profile.free[signature.channel]);
  const anybody = () => idleLongest(free.map((agents) => agents.first()));
  if (asking.declined.length === 0) return anybody();
  const others = free.map((agents) => take(agents, 1, ({ id }) => !asking.declined.includes(id))[0]);
  return idleLongest(others) ?? (asking.again ? anybody() : undefined);
}

function idleLongest(agents: readonly (Agent | undefined)[]): Agent | undefined {
  let longest: Agent | undefined;
  for (const agent of agents)
    if (agent !== undefined && (longest === undefined || byIdle(agent, longest) < 0)) longest = agent;
  return longest;
}

/** The part of a why that is about agents: who could take it now, and who could not for which reason. */
export function agentsOf(
  takers: Takers,
  signature: Signature,
  asking: Asking,
): Pick<Why, 'eligible' | 'eligibleCount' | 'not'> {
  const { channel } = signature;
  const mayStill =
    asking.declined.length === 0 ? undefined : ({ id }: Agent) => !asking.declined.includes(id);
  const declined = asking.declined
    .map((id) => takers.agent(id))
    .filter((agent) => agent !== undefined)
    .filter(({ profile, freeOn }) => profile && signature.takers.has(profile) && freeOn.includes(channel))
    .sort(byIdle);

  const free = takers.freeFor(signature).map((profile) => profile.free[channel]);
  const freeCount = sizes(free);
  const others = free.flatMap((agents) => take(agents, namesMax, mayStill)).sort(byIdle);
  const eligible = asking.again ? [...others.slice(0, namesMax), ...declined] : others;

  const not: Why['not'] = [...refused(takers, signature)];
  const add = (reason: NotReason, of: (profile: Profile) => Ordered<Agent>) => {
    const agents = [...signature.takers].map(of).filter(({ size }) => size > 0);
    if (agents.length > 0)
      not.push({
        reason,
        count: sizes(agents),
        agents: names(agents.flatMap((some) => take(some, namesMax))),
      });
  };
  add('agent-not-ready', ({ notReady }) => notReady);
  add('agent-at-capacity', ({ full }) => full[channel]);
  if (!asking.again && declined.length > 0)
    not.push({ reason: 'declined-already', count: declined.length, agents: names(declined) });

  return {
    eligible: eligible.slice(0, namesMax).map(({ id, idleSince }) => ({ agentId: id, idleSince })),
    eligibleCount: asking.again ? freeCount : freeCount - declined.length,
    not,
  };
}

/** Those who may never take it. Counted over all profiles, so kept until an agent changes profile. */
function refused(takers: Takers, signature: Signature): Why['not'] {
  if (signature.refused?.revision === takers.revision) return signature.refused.not;
  const not: Why['not'] = [];
  for (const reason of notReasons) {
    const members = [...(signature.refusers.get(reason) ?? [])].map((profile) => profile.members);
    const count = sizes(members);
    if (count > 0)
      not.push({ reason, count, agents: names(members.flatMap((some) => take(some, namesMax))) });
  }
  signature.refused = { revision: takers.revision, not };
  return not;
}

function sizes(sets: readonly Ordered<Agent>[]): number {
  return sets.reduce((sum, set) => sum + set.size, 0);
}

function take(agents: Ordered<Agent>, count: number, may?: (agent: Agent) => boolean): Agent[] {
  const taken: Agent[] = [];
  if (agents.size === 0) return taken;
  for (const agent of agents) {
    if (may !== undefined && !may(agent)) continue;
    taken.push(agent);
    if (taken.length === count) break;
  }
  return taken;
}

function names(agents: readonly Agent[]): string[] {
  return agents
    .map(({ id }) => id)
    .sort()
    .slice(0, namesMax);
}

/** What an interaction is held back by at this instant: the longest of its holds. */
export function holdOf(
  seen: { heldUntil?: Millis; heldWhy?: string },
  notBefore: Millis | undefined,
  now: Millis,
): Why['held'] {
  const until = Math.max(seen.heldUntil ?? now, notBefore ?? now);
  if (until <= now) return undefined;
  return until === seen.heldUntil ? { until, why: seen.heldWhy ?? 'held' } : { until, why: 'write-failed' };
}

import type { Ordered } from './ordered.ts';
import { type Millis, type NotReason, namesMax, notReasons, type Why } from './seam.ts';
import { type Agent, byIdle, type Signature, type Takers } from './takers.ts';

/** Who is asked: those who declined or let it pass are left out until an instant, and come last after it. */
export interface Asking {
  declined: readonly string[];
  /** Whether those who declined may be asked again, when nobody else is free. */
  again: boolean;
}

/** The agent idle longest who may be asked now: of those who did not decline, else, once that is allowed, of those who did. */
export function whoIsAsked(signature: Signature, asking: Asking): Agent | undefined {
  return (
    longestIdle(signature, (agent) => !asking.declined.includes(agent.id), asking.declined.length === 0) ??
    (asking.again ? longestIdle(signature, () => true, true) : undefined)
  );
}

function longestIdle(
  signature: Signature,
  may: (agent: Agent) => boolean,
  allMay: boolean,
): Agent | undefined {
  let best: Agent | undefined;
  for (const profile of signature.takers) {
    const head = allMay
      ? profile.free[signature.channel].first()
      : first(profile.free[signature.channel], may);
    if (head !== undefined && (best === undefined || byIdle(head, best) < 0)) best = head;
  }
  return best;
}

function first(agents: Ordered<Agent>, may: (agent: Agent) => boolean): Agent | undefined {
  for (const agent of agents) if (may(agent)) return agent;
  return undefined;
}

/** The part of a why that is about agents: who could take it now, and who could not for which reason. */
export function agentsOf(
  takers: Takers,
  signature: Signature,
  asking: Asking,
): Pick<Why, 'eligible' | 'eligibleCount' | 'not'> {
  const { channel } = signature;
  const profiles = [...signature.takers];
  const declined = asking.declined
    .map((id) => takers.agent(id))
    .filter(
      (agent) =>
        agent?.profile !== undefined && signature.takers.has(agent.profile) && agent.freeOn.includes(channel),
    )
    .filter((agent) => agent !== undefined);

  const free = profiles.map((profile) => profile.free[channel]);
  const freeCount = sizes(free);
  const others = free
    .flatMap((agents) => take(agents, namesMax, (agent) => !asking.declined.includes(agent.id)))
    .sort(byIdle);
  const eligible = asking.again ? [...others.slice(0, namesMax), ...declined.sort(byIdle)] : others;

  const not: Why['not'] = [...refused(takers, signature)];
  const add = (reason: NotReason, agents: Ordered<Agent>[]) => {
    const count = sizes(agents);
    if (count > 0) not.push({ reason, count, agents: names(agents.flatMap((some) => take(some, namesMax))) });
  };
  add(
    'agent-not-ready',
    profiles.map((profile) => profile.notReady),
  );
  add(
    'agent-at-capacity',
    profiles.map((profile) => profile.full[channel]),
  );
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

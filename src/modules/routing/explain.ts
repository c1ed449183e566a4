import { has } from './bits.ts';
import { type Candidate, type NotReason, namesMax, notReasons, type Rule, type Standing } from './seam.ts';
import { type Agent, byId, byIdle, type Not, type Signature, type Takers } from './takers.ts';

/** Who is asked, beyond what the signature says. */
export interface Asking {
  signature: Signature;
  /** Kept for that agent, or pushed to them. */
  only?: string;
  /** Who declined it or let it pass, each once. */
  declined: readonly string[];
  /** Whether those may be asked again, when nobody else is free. */
  again: boolean;
  /** First among equals. */
  preferredId?: string;
  /** Deferred work: how many others must keep a free slot for the live work that the agent serves. */
  reserve?: { others: number; live: () => readonly Signature[] };
}

/** Those who can take it now. */
export interface Eligible {
  /** Best first, at most `namesMax`. */
  best: readonly Agent[];
  count: number;
  /** Who could but declined it, while they are not asked again. */
  declined: readonly Agent[];
  /** Who could but is kept free for live work. */
  kept: { count: number; agents: readonly string[] };
}

const noAgents: readonly Agent[] = [];
const none = { count: 0, agents: [] };
const nobody: Eligible = { best: [], count: 0, declined: [], kept: none };

/**
 * Who can take it now: of those who did not decline it the best match of level where that is asked, then who is not interrupted, then
 * the preferred, then who is idle longest, then by id; and after them, once they may be asked again, those who did.
 */
export function eligibleOf(takers: Takers, asking: Asking): Eligible {
  const signature = takers.upToDate(asking.signature);
  const { channel, available } = signature;
  if (available === 0) return nobody;
  const isFree = (agent: Agent | undefined): agent is Agent =>
    agent !== undefined &&
    agent.index >= 0 &&
    has(signature.able, agent.index) &&
    takers.isAvailable(agent, channel);
  if (asking.only !== undefined && !isFree(takers.agent(asking.only))) return nobody;

  const { reserve } = asking;
  const keptFree = reserve && takers.keptFree(signature, reserve.others, reserve.live());
  const isKept = ({ index }: Agent) => keptFree !== undefined && has(keptFree, index);
  const declined =
    asking.declined.length === 0 ? noAgents : asking.declined.map((id) => takers.agent(id)).filter(isFree);
  const isLeft = (agent: Agent) => !isKept(agent) && !declined.includes(agent);

  if (asking.only !== undefined) {
    const agent = takers.agent(asking.only)!;
    if (!asking.again && declined.includes(agent)) return { ...nobody, declined: [agent] };
    if (isKept(agent)) return { ...nobody, kept: { count: 1, agents: [agent.id] } };
    return { ...nobody, best: [agent], count: 1 };
  }

  const few = takers.fewAvailable(signature);
  if (few !== undefined) return eligibleOfFew(takers, asking, few, declined, keptFree);

  const best: Agent[] = [];
  const preferred = asking.preferredId === undefined ? undefined : takers.agent(asking.preferredId);
  const skip = declined.length === 0 && keptFree === undefined ? undefined : (agent: Agent) => !isLeft(agent);
  for (const { able } of signature.ranks)
    for (const state of ['free', 'interrupted'] as const) {
      if (best.length >= namesMax) break;
      const group = takers.idleLongest(able, channel, state, namesMax, skip);
      const isFirst =
        isFree(preferred) &&
        isLeft(preferred) &&
        has(able, preferred.index) &&
        takers.stateOf(preferred, channel) === state;
      if (isFirst) best.push(preferred);
      for (const agent of group) if (!isFirst || agent !== preferred) best.push(agent);
    }

  if (!asking.again) {
    for (const { index } of declined)
      if (keptFree !== undefined && has(keptFree, index)) keptFree[index >> 5]! &= ~(1 << (index & 31));
    const kept = keptFree === undefined ? none : takers.namesIn(keptFree);
    const count = available - kept.count - declined.length;
    return { best: best.slice(0, namesMax), count, declined, kept };
  }
  const kept = keptFree === undefined ? none : takers.namesIn(keptFree);
  for (const agent of declined.filter((one) => !isKept(one)).sort(byRank(takers, asking))) best.push(agent);
  return { best: best.slice(0, namesMax), count: available - kept.count, declined: [], kept };
}

/** The same when they are few: all of them are put in order. */
function eligibleOfFew(
  takers: Takers,
  asking: Asking,
  few: Agent[],
  declined: readonly Agent[],
  keptFree: Int32Array | undefined,
): Eligible {
  let left = few;
  let kept: Eligible['kept'] = none;
  if (declined.length > 0 && !asking.again) left = left.filter((agent) => !declined.includes(agent));
  if (keptFree !== undefined) {
    const isKept = ({ index }: Agent) => has(keptFree, index);
    kept = namesOf(left.filter(isKept));
    left = left.filter((agent) => !isKept(agent));
  }
  if (left.length > 1) left.sort(byRank(takers, asking));
  return {
    best: left.length > namesMax ? left.slice(0, namesMax) : left,
    count: left.length,
    declined: asking.again ? [] : declined,
    kept,
  };
}

function namesOf(agents: readonly Agent[]) {
  return {
    count: agents.length,
    agents: agents
      .map(({ id }) => id)
      .sort()
      .slice(0, namesMax),
  };
}

/** The order in which they are asked. */
function byRank(takers: Takers, { signature, preferredId, declined }: Asking) {
  const { channel, ranked } = signature;
  const last = ({ id }: Agent) => Number(declined.includes(id));
  const above = (agent: Agent) => (ranked ? takers.aboveOf(agent, signature) : 0);
  const interrupted = (agent: Agent) => Number(takers.stateOf(agent, channel) === 'interrupted');
  const other = ({ id }: Agent) => Number(id !== preferredId);
  return (a: Agent, b: Agent) =>
    last(a) - last(b) ||
    above(b) - above(a) ||
    interrupted(a) - interrupted(b) ||
    other(a) - other(b) ||
    byIdle(a, b);
}

/** What decided between the first and the next. */
export function ruleOf(
  takers: Takers,
  asking: Asking,
  { best, count }: Eligible,
  how: { pushed: boolean; kept: boolean },
): Rule {
  const [first, next] = best;
  if (first === undefined) return 'nobody';
  if (how.pushed) return 'pushed';
  if (how.kept) return 'preferred-agent';
  if (count === 1 || next === undefined) return 'only-one';
  if (!asking.declined.includes(first.id) && asking.declined.includes(next.id)) return 'not-declined';
  const { signature } = asking;
  if (signature.ranked && takers.aboveOf(first, signature) !== takers.aboveOf(next, signature))
    return 'best-level';
  const isInterrupted = (agent: Agent) => takers.stateOf(agent, signature.channel) === 'interrupted';
  if (!isInterrupted(first) && isInterrupted(next)) return 'not-interrupted';
  // The preferred agent is first among those who match equally well, however long the others are idle.
  return first.id === asking.preferredId ? 'preferred-agent' : 'longest-idle';
}

export function candidateOf(takers: Takers, agent: Agent, signature: Signature): Candidate {
  const candidate: Candidate = { agentId: agent.id, idleSince: agent.idleSince };
  if (signature.ranked) candidate.above = takers.aboveOf(agent, signature);
  if (takers.stateOf(agent, signature.channel) === 'interrupted') candidate.interrupted = true;
  return candidate;
}

/** Who could not take it for which reason, in the order of `notReasons`. */
export function notOf(takers: Takers, asking: Asking, { count, declined, kept }: Eligible): Not[] {
  const signature = takers.upToDate(asking.signature);
  const not = takers.notEverOf(signature);
  const add = (reason: NotReason, some: { count: number; agents: readonly string[] }) => {
    if (some.count > 0) not.push({ reason, ...some });
  };

  if (asking.only !== undefined) {
    const agent = takers.agent(asking.only);
    const isAble = agent !== undefined && agent.index >= 0 && has(signature.able, agent.index);
    const others = signature.ableCount - Number(isAble);
    add('kept-for-another', { count: others, agents: takers.ableNames(signature, asking.only) });
    if (agent === undefined || !isAble) return not;
    const alone = namesOf([agent]);
    const state = takers.stateOf(agent, signature.channel);
    if (agent.seen?.ready === false) add('agent-not-ready', alone);
    else if (state === 'full') add('agent-at-capacity', alone);
    else if (state === 'excluded') add('channel-excluded', alone);
  } else {
    const notReady = takers.notReadyOf(signature);
    const excluded = takers.excludedOf(signature);
    const available = count + declined.length + kept.count;
    const full = signature.ableCount - notReady.count - excluded.count - available;
    add('agent-not-ready', notReady);
    if (full > 0) add('agent-at-capacity', { count: full, agents: takers.fullNames(signature) });
    add('channel-excluded', excluded);
  }
  add('declined-already', namesOf(declined));
  add('kept-for-live-work', kept);
  return not;
}

/** Where each agent stands: who could take it in the order in which they are asked, then the others by reason and id. */
export function standingsOf(takers: Takers, asking: Asking): Standing[] {
  const signature = takers.upToDate(asking.signature);
  const { reserve } = asking;
  const keptFree = reserve && takers.keptFree(signature, reserve.others, reserve.live());
  const whyNot = (agent: Agent): NotReason | undefined => {
    const never = takers.whyNotAble(agent, signature);
    if (never !== undefined) return never;
    if (asking.only !== undefined && asking.only !== agent.id) return 'kept-for-another';
    if (agent.seen?.ready !== true) return 'agent-not-ready';
    const state = takers.stateOf(agent, signature.channel);
    if (state === 'full') return 'agent-at-capacity';
    if (state === 'excluded') return 'channel-excluded';
    if (!asking.again && asking.declined.includes(agent.id)) return 'declined-already';
    return keptFree !== undefined && has(keptFree, agent.index) ? 'kept-for-live-work' : undefined;
  };
  const could: Agent[] = [];
  const others: { agent: Agent; reason: NotReason }[] = [];
  for (const agent of takers.agents()) {
    if (agent.seen === undefined) continue; // known by what they hold alone
    const reason = whyNot(agent);
    if (reason === undefined) could.push(agent);
    else others.push({ agent, reason });
  }
  could.sort(byRank(takers, asking));
  others.sort(
    (a, b) => notReasons.indexOf(a.reason) - notReasons.indexOf(b.reason) || byId(a.agent, b.agent),
  );
  return [
    ...could.map((agent, at) => ({ ...candidateOf(takers, agent, signature), place: at + 1 })),
    ...others.map(({ agent, reason }) => ({
      agentId: agent.id,
      idleSince: agent.idleSince,
      reason,
      ...(reason === 'agent-barred' && { bars: takers.barsOf(agent, signature) }),
    })),
  ];
}

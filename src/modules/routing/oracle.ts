import type { Account } from './invariants.ts';
import {
  type AgentSeen,
  type Decision,
  type InteractionSeen,
  type Millis,
  type NotReason,
  namesMax,
  notReasons,
  type Requirement,
  type Rule,
  type Standing,
  type Why,
} from './seam.ts';

// What the engine should decide, found by looking at everything, one interaction after the other: no structures, no memory, nothing
// shared with the engine. Slow, and right by being plain; tests and the simulator hold the engine against it, byte for byte.

/** All decisions at an instant, at most `max`; the account is left as it was. */
export function plainDecisions(account: Account, now: Millis, max = Number.POSITIVE_INFINITY): Decision[] {
  const reserved = new Map(account.reserved);
  const decisions: Decision[] = [];
  for (const one of account.inLine(now).sort((a, b) => account.inOrder(a, b, now))) {
    if (decisions.length >= max) break;
    const free = eligible(account, one, now);
    const [asked] = free;
    if (asked === undefined) continue;
    const why = plainWhy(account, one, now, free);
    if (asked.hasDeclined) why.askedAgain = true;
    const interrupts = account.interrupted(asked.agentId, one.channel) ?? [];
    decisions.push({
      interactionId: one.interactionId,
      seq: one.seq,
      agentId: asked.agentId,
      channel: one.channel,
      ...(interrupts.length > 0 && { interrupts }),
      why,
    });
    account.reserved.set(one.interactionId, { agentId: asked.agentId, since: now });
  }
  account.reserved.clear();
  for (const [id, reservation] of reserved) account.reserved.set(id, reservation);
  return decisions;
}

/** Why one that waits, and is not decided, does. */
export function plainWhyWaiting(account: Account, one: InteractionSeen, now: Millis): Why {
  const held = plainHold(account, one, now);
  const free = account.types.has(one.typeId) ? eligible(account, one, now) : [];
  const why = plainWhy(account, one, now, free);
  const isKeptForLive = why.not.some(({ reason }) => reason === 'kept-for-live-work');
  const waitsFor =
    held !== undefined
      ? 'hold'
      : !account.types.has(one.typeId)
        ? 'type'
        : free.length > 0
          ? 'decision'
          : isKeptForLive
            ? 'live-work'
            : account.whom(one, now).only !== undefined
              ? 'one-agent'
              : 'agent';
  return { ...why, ...(held && { held }), waitsFor };
}

/** Where each agent stands towards one that waits: who could take it in their order, then the others by reason and id. */
export function plainStandings(account: Account, one: InteractionSeen, now: Millis): Standing[] {
  if (!account.types.has(one.typeId)) return [];
  const isRanked = account.types.get(one.typeId)?.bestLevelFirst === true;
  const could = eligible(account, one, now).map(
    ({ agentId, idleSince: since, above, isInterrupted }, at) => ({
      agentId,
      idleSince: since,
      ...(isRanked && { above }),
      ...(isInterrupted && { interrupted: true as const }),
      place: at + 1,
    }),
  );
  const others = notReasons.flatMap((reason) =>
    [...account.agents.values()]
      .filter((agent) => whyNot(account, agent, one, now) === reason)
      .sort((a, b) => (a.agentId < b.agentId ? -1 : 1))
      .map((agent) => {
        const bars = (agent.barred ?? []).filter(({ typeId }) => typeId === one.typeId);
        return {
          agentId: agent.agentId,
          idleSince: idleSince(account, agent),
          reason,
          ...(reason === 'agent-barred' && { bars: [...new Set(bars.map((bar) => bar.reason))].sort() }),
        };
      }),
  );
  return [...could, ...others];
}

interface Ranked {
  agentId: string;
  idleSince: Millis;
  above: number;
  isInterrupted: boolean;
  isPreferred: boolean;
  hasDeclined: boolean;
}

function eligible(account: Account, one: InteractionSeen, now: Millis): Ranked[] {
  const isRanked = account.types.get(one.typeId)?.bestLevelFirst === true;
  return [...account.agents.values()]
    .filter((agent) => whyNot(account, agent, one, now) === undefined)
    .map((agent) => ({
      agentId: agent.agentId,
      idleSince: idleSince(account, agent),
      above: isRanked ? above(account, agent, one, now) : 0,
      isInterrupted: (account.interrupted(agent.agentId, one.channel) ?? []).length > 0,
      isPreferred: one.preferred?.agentId === agent.agentId,
      hasDeclined: one.notTo?.includes(agent.agentId) === true,
    }))
    .sort(
      (a, b) =>
        Number(a.hasDeclined) - Number(b.hasDeclined) ||
        b.above - a.above ||
        Number(a.isInterrupted) - Number(b.isInterrupted) ||
        Number(b.isPreferred) - Number(a.isPreferred) ||
        a.idleSince - b.idleSince ||
        (a.agentId < b.agentId ? -1 : 1),
    );
}

/** The sum of the levels that count now above what is required. */
function above(account: Account, agent: AgentSeen, one: InteractionSeen, now: Millis): number {
  const best = (levels: readonly { level: number; validUntil: Millis }[]) =>
    Math.max(...levels.filter(({ validUntil }) => validUntil > now).map(({ level }) => level));
  const { language } = account.types.get(one.typeId) ?? {};
  let sum = 0;
  for (const { competencyId, level } of sorted(account.requires(one)))
    sum += best(agent.competencies.filter((held) => held.competencyId === competencyId)) - level;
  if (language !== undefined && one.language !== undefined)
    sum += best((agent.languages ?? []).filter((held) => held.language === one.language)) - language.level;
  return sum;
}

function ruleOf(account: Account, one: InteractionSeen, now: Millis, [first, next]: readonly Ranked[]): Rule {
  const { how } = account.whom(one, now);
  if (first === undefined) return 'nobody';
  if (how === 'pushed') return 'pushed';
  if (how === 'kept') return 'preferred-agent';
  if (next === undefined) return 'only-one';
  if (first.hasDeclined !== next.hasDeclined) return 'not-declined';
  if (first.above !== next.above) return 'best-level';
  if (first.isInterrupted !== next.isInterrupted) return 'not-interrupted';
  return first.isPreferred ? 'preferred-agent' : 'longest-idle';
}

function plainWhy(account: Account, one: InteractionSeen, now: Millis, free: readonly Ranked[]): Why {
  const { priority, arrivedAt, typeId, clientId, channel, askAgainAt, notTo } = one;
  const type = account.types.get(typeId);
  const aged = account.agedPriority(one, now);
  const order = {
    priority,
    ...(aged !== priority && { aged }),
    arrivedAt,
    ...(type?.targetMs !== undefined && { breachAt: arrivedAt + type.targetMs }),
    ahead: type === undefined ? 0 : ahead(account, one, now),
  };
  const parts = { decidedAt: now, order, typeId, clientId, channel };
  if (type === undefined)
    return { rule: 'nobody', ...parts, requires: [], eligible: [], eligibleCount: 0, not: [] };

  const { step, sets, levels, how } = account.whom(one, now);
  const next = (times: readonly { afterMs: number }[], passed: number) => {
    const after = times.map(({ afterMs }) => afterMs).sort((a, b) => a - b)[passed];
    return after === undefined ? {} : { nextAt: arrivedAt + after };
  };
  return {
    rule: ruleOf(account, one, now, free),
    ...parts,
    typeVersion: type.version,
    requires: sorted(type.requires),
    ...(type.language !== undefined &&
      one.language !== undefined && { language: { language: one.language, level: type.language.level } }),
    ...(type.widening !== undefined &&
      step !== undefined && {
        widening: {
          step,
          of: type.widening.steps.length,
          asks: sorted(levels),
          ...next(type.widening.steps, step),
        },
      }),
    ...(type.teams !== undefined &&
      sets !== undefined && { teams: { sets, of: type.teams.length, ...next(type.teams, sets) } }),
    ...(how === undefined && one.toTeam !== undefined && one.toTeam.until > now && { toTeam: one.toTeam }),
    ...(how === 'pushed' && { toAgent: one.toAgent }),
    ...(one.preferred !== undefined && { preferred: { ...one.preferred, kept: how === 'kept' } }),
    ...(account.isDeferred(one, now) && { deferred: { reserve: type.deferred?.reserve ?? 0 } }),
    eligible: free.slice(0, namesMax).map(({ agentId, idleSince, above, isInterrupted }) => ({
      agentId,
      idleSince,
      ...(type.bestLevelFirst === true && { above }),
      ...(isInterrupted && { interrupted: true }),
    })),
    eligibleCount: free.length,
    not: plainNot(account, one, now),
    ...((notTo ?? []).length > 0 && askAgainAt !== undefined && askAgainAt > now && { askAgainAt }),
  };
}

function plainNot(account: Account, one: InteractionSeen, now: Millis): Why['not'] {
  const reasons = [...account.agents.values()].map((agent) => ({
    agent,
    reason: whyNot(account, agent, one, now),
  }));
  return notReasons.flatMap((reason) => {
    const agents = reasons.filter((each) => each.reason === reason).map(({ agent }) => agent);
    if (agents.length === 0) return [];
    const named = agents.sort((a, b) => (a.agentId < b.agentId ? -1 : 1)).slice(0, namesMax);
    const bars = named
      .flatMap(({ barred = [] }) => barred.filter(({ typeId }) => typeId === one.typeId))
      .map((bar) => bar.reason);
    return [
      {
        reason,
        count: agents.length,
        agents: named.map(({ agentId }) => agentId),
        ...(reason === 'agent-barred' && { bars: [...new Set(bars)].sort().slice(0, namesMax) }),
      },
    ];
  });
}

function whyNot(
  account: Account,
  agent: AgentSeen,
  one: InteractionSeen,
  now: Millis,
): NotReason | undefined {
  if (!agent.clients.includes(one.clientId)) return 'agent-not-of-client';
  if (!((agent.capacity[one.channel] ?? 0) > 0)) return 'channel-not-taken';
  for (const reason of levelReasons(
    'competency',
    account.requires(one).map(({ competencyId, level }) => ({
      level,
      held: agent.competencies.filter((held) => held.competencyId === competencyId),
    })),
    now,
  ))
    return reason;
  const { language } = account.types.get(one.typeId) ?? {};
  if (language !== undefined && one.language !== undefined) {
    const held = (agent.languages ?? []).filter((each) => each.language === one.language);
    for (const reason of levelReasons('language', [{ level: language.level, held }], now)) return reason;
  }
  if (agent.barred?.some(({ typeId }) => typeId === one.typeId)) return 'agent-barred';
  const { only, teamIds, step, levels } = account.whom(one, now);
  if (step !== undefined && !account.hasLevels(agent, levels, now)) return 'below-best-level';
  if (teamIds !== undefined && !teamIds.some((id) => agent.teams?.includes(id))) return 'team-not-asked';
  if (only !== undefined && only !== agent.agentId) return 'kept-for-another';
  if (!agent.ready) return 'agent-not-ready';
  if (!account.hasSlot(agent, one.channel)) return 'agent-at-capacity';
  if (account.interrupted(agent.agentId, one.channel) === undefined) return 'channel-excluded';
  if (!account.mayBeAsked(agent.agentId, one, now)) return 'declined-already';
  return account.keepsReserve(agent, one, now) ? undefined : 'kept-for-live-work';
}

function levelReasons(
  of: 'competency' | 'language',
  asked: readonly { level: number; held: readonly { level: number; validUntil: Millis }[] }[],
  now: Millis,
): NotReason[] {
  if (asked.some(({ held }) => held.length === 0)) return [`${of}-missing`];
  if (asked.some(({ held, level }) => held.every((one) => one.level < level))) return [`${of}-level-too-low`];
  return asked.some(({ held, level }) => !held.some((one) => one.level >= level && one.validUntil > now))
    ? [`${of}-lapsed`]
    : [];
}

/** What holds it back and ends last: its own hold, a write that failed, a pause of its type, closed hours. */
function plainHold(account: Account, one: InteractionSeen, now: Millis): Why['held'] {
  const type = account.types.get(one.typeId);
  const holds: { until: number; why: string }[] = [];
  if (one.heldUntil !== undefined) holds.push({ until: one.heldUntil, why: one.heldWhy ?? 'held' });
  const released = account.released.get(one.interactionId);
  if (released !== undefined) holds.push({ until: released, why: 'write-failed' });
  if (type?.paused !== undefined)
    holds.push({ until: type.paused.until ?? Number.POSITIVE_INFINITY, why: type.paused.why });
  if (type?.closedUntil !== undefined) holds.push({ until: type.closedUntil, why: 'opening-hours' });
  const lasting = holds.filter(({ until }) => until > now);
  const end = Math.max(...lasting.map(({ until }) => until));
  const last = lasting.find(({ until }) => until === end);
  if (last === undefined) return undefined;
  return last.until === Number.POSITIVE_INFINITY ? { why: last.why } : last;
}

/** Of its type in line before it: of what is for all or, for one that is kept for an agent, of what is kept for the same. */
function ahead(account: Account, one: InteractionSeen, now: Millis): number {
  const { only } = account.whom(one, now);
  const aged = (some: InteractionSeen) => account.agedPriority(some, now);
  return account
    .standing(now)
    .filter(
      (other) =>
        other.typeId === one.typeId &&
        account.whom(other, now).only === only &&
        (aged(other) - aged(one) ||
          one.arrivedAt - other.arrivedAt ||
          (other.interactionId < one.interactionId ? 1 : -1)) > 0 &&
        other !== one,
    ).length;
}

function idleSince(account: Account, { agentId, idleSince: since }: AgentSeen): Millis {
  const given = [...account.interactions.values()].flatMap((one) => {
    const reservation = account.reserved.get(one.interactionId);
    if (reservation?.agentId === agentId) return [reservation.since];
    const holds = one.agentId === agentId && ['offered', 'handling', 'wrapping'].includes(one.state);
    return holds && one.agentSince !== undefined ? [one.agentSince] : [];
  });
  return Math.max(since, ...given);
}

function sorted(requires: readonly Requirement[]): Requirement[] {
  const highest = new Map<string, number>();
  for (const { competencyId, level } of requires)
    highest.set(competencyId, Math.max(level, highest.get(competencyId) ?? level));
  return [...highest]
    .map(([competencyId, level]) => ({ competencyId, level }))
    .sort((a, b) => (a.competencyId < b.competencyId ? -1 : 1));
}

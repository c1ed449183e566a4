import { canonicalRequires, compare } from './rules.ts';
import type { AgentSeen, Channel, InteractionSeen, RulesSeen, Seen, TypeSeen } from './seam.ts';

// Facts in one form, whatever order their parts came in, and what no fact may say.

const channels: readonly Channel[] = ['voice', 'email', 'chat', 'messaging'];
const withAgent = ['offered', 'handling', 'wrapping'];

/** Throws a TypeError when the fact cannot be true. */
export function mustBeTrue(seen: Seen): void {
  if (seen.kind === 'rules') numbers('the rules', seen.version);
  else if (seen.kind === 'agent') {
    numbers(seen.agentId, seen.version, seen.idleSince);
    for (const { level, validUntil } of seen.competencies) assessed(seen.agentId, level, validUntil);
    for (const { level, validUntil } of seen.languages ?? []) assessed(seen.agentId, level, validUntil);
  } else if (seen.kind === 'type') mustBeTrueType(seen);
  else {
    const { interactionId: id, seq, priority, arrivedAt } = seen;
    // Said of each fact of each interaction: without a list of what is looked at.
    if (!Number.isFinite(seq) || !Number.isFinite(priority) || !Number.isFinite(arrivedAt))
      numbers(id, Number.NaN);
    instant(id, seen.agentSince);
    instant(id, seen.askAgainAt);
    instant(id, seen.heldUntil);
    instant(id, seen.preferred?.until);
    instant(id, seen.toTeam?.until);
    instant(id, seen.toAgent?.until);
    if (seen.agentId === undefined && withAgent.includes(seen.state))
      throw new TypeError(`${id} is ${seen.state} without an agent`);
  }
}

function mustBeTrueType({
  typeId,
  version,
  requires,
  language,
  widening,
  ageing,
  targetMs,
  deferred,
  teams,
}: TypeSeen) {
  numbers(typeId, version, ...requires.map(({ level }) => level));
  if (language !== undefined) numbers(typeId, language.level);
  if (widening !== undefined) {
    numbers(typeId, ...widening.best.map(({ level }) => level));
    numbers(typeId, ...widening.steps.flatMap(({ afterMs, lower }) => [afterMs, lower]));
  }
  if (ageing !== undefined) {
    numbers(typeId, ageing.everyMs, ageing.by, ageing.atMost);
    if (ageing.everyMs <= 0 || ageing.by < 0 || ageing.atMost < 0)
      throw new TypeError(`the priority of ${typeId} cannot age by ${ageing.by} every ${ageing.everyMs} ms`);
  }
  if (targetMs !== undefined) numbers(typeId, targetMs);
  if (deferred !== undefined) numbers(typeId, deferred.reserve);
  numbers(typeId, ...(teams ?? []).map(({ afterMs }) => afterMs));
}

function numbers(id: string, ...values: number[]): void {
  if (!values.every(Number.isFinite)) throw new TypeError(`a fact about ${id} has a number that is none`);
}

function instant(id: string, at: number | undefined): void {
  if (Number.isNaN(at)) throw new TypeError(`a fact about ${id} has an instant that is none`);
}

function assessed(id: string, level: number, validUntil: number): void {
  if (!Number.isFinite(level) || Number.isNaN(validUntil)) numbers(id, Number.NaN);
}

export function canonicalType(seen: TypeSeen): TypeSeen {
  const { typeId, clientId, channel, requires, version, language, bestLevelFirst, widening } = seen;
  const { ageing, targetMs, deferred, teams, paused, closedUntil } = seen;
  return {
    kind: 'type',
    typeId,
    clientId,
    channel,
    requires: canonicalRequires(requires),
    version,
    ...(language && { language: { level: language.level } }),
    ...(bestLevelFirst === true && { bestLevelFirst }),
    ...(widening && {
      widening: {
        best: canonicalRequires(widening.best),
        steps: widening.steps
          .map(({ afterMs, lower }) => ({ afterMs, lower }))
          .sort((a, b) => a.afterMs - b.afterMs || a.lower - b.lower),
      },
    }),
    ...(ageing && { ageing: { everyMs: ageing.everyMs, by: ageing.by, atMost: ageing.atMost } }),
    ...(targetMs !== undefined && { targetMs }),
    ...(deferred && { deferred: { reserve: deferred.reserve } }),
    ...(teams &&
      teams.length > 0 && {
        teams: teams
          .map(({ teamIds, afterMs }) => ({ teamIds: unique(teamIds), afterMs }))
          .sort((a, b) => a.afterMs - b.afterMs || compare(a.teamIds.join(), b.teamIds.join())),
      }),
    ...(paused && {
      paused: { why: paused.why, ...(paused.until !== undefined && { until: paused.until }) },
    }),
    ...(closedUntil !== undefined && { closedUntil }),
  };
}

export function canonicalAgent(seen: AgentSeen): AgentSeen {
  const { agentId, version, ready, clients, capacity, competencies, idleSince, languages, teams, barred } =
    seen;
  return {
    kind: 'agent',
    agentId,
    version,
    ready,
    clients: unique(clients),
    capacity: Object.fromEntries(
      channels.flatMap((channel) => (capacity[channel] === undefined ? [] : [[channel, capacity[channel]]])),
    ),
    competencies: competencies
      .map(({ competencyId, level, validUntil }) => ({ competencyId, level, validUntil }))
      .sort((a, b) => compare(a.competencyId, b.competencyId) || byAssessment(a, b)),
    idleSince,
    ...(languages &&
      languages.length > 0 && {
        languages: languages
          .map(({ language, level, validUntil }) => ({ language, level, validUntil }))
          .sort((a, b) => compare(a.language, b.language) || byAssessment(a, b)),
      }),
    ...(teams && teams.length > 0 && { teams: unique(teams) }),
    ...(barred &&
      barred.length > 0 && {
        barred: barred
          .map(({ typeId, reason }) => ({ typeId, reason }))
          .sort((a, b) => compare(a.typeId, b.typeId) || compare(a.reason, b.reason)),
      }),
  };
}

export function canonicalInteraction(seen: InteractionSeen): InteractionSeen {
  const { interactionId, seq, state, clientId, typeId, channel, priority, arrivedAt, notTo } = seen;
  const { agentId, agentSince, askAgainAt, heldUntil, heldWhy, language, preferred, toTeam, toAgent } = seen;
  return {
    kind: 'interaction',
    interactionId,
    seq,
    state,
    clientId,
    typeId,
    channel,
    priority,
    arrivedAt,
    ...(agentId !== undefined && { agentId }),
    ...(agentSince !== undefined && { agentSince }),
    ...(notTo !== undefined && notTo.length > 0 && { notTo: unique(notTo) }),
    ...(askAgainAt !== undefined && { askAgainAt }),
    ...(heldUntil !== undefined && { heldUntil }),
    ...(heldWhy !== undefined && { heldWhy }),
    ...(language !== undefined && { language }),
    ...(preferred && {
      preferred: { agentId: preferred.agentId, until: preferred.until, why: preferred.why },
    }),
    ...(toTeam && { toTeam: { teamId: toTeam.teamId, until: toTeam.until } }),
    ...(toAgent && { toAgent: { agentId: toAgent.agentId, until: toAgent.until } }),
    ...(seen.comesBack === true && { comesBack: true }),
  };
}

export function canonicalRules({ version, channels: beside }: RulesSeen): RulesSeen {
  return {
    kind: 'rules',
    version,
    channels: Object.fromEntries(
      channels.flatMap((offered) => {
        const held = channels.flatMap((one) =>
          beside[offered]?.[one] === undefined ? [] : [[one, beside[offered][one]]],
        );
        return held.length === 0 ? [] : [[offered, Object.fromEntries(held)]];
      }),
    ),
  };
}

function byAssessment(
  a: { validUntil: number; level: number },
  b: { validUntil: number; level: number },
): number {
  // Not by difference: two that never lapse have none.
  return a.validUntil < b.validUntil ? -1 : a.validUntil > b.validUntil ? 1 : a.level - b.level;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

import type { TypeRouting } from '#src/modules/interactions/contract.ts';
import { lengthOf, secondsOf } from '#web/ui/times.ts';

// How a type is routed, as it is typed in its form: empty is "not set". Reading it back names each field that is wrong.

export interface RoutingDraft {
  target: string;
  ageingEvery: string;
  ageingBy: string;
  ageingAtMost: string;
  bestLevelFirst: boolean;
  widening: boolean;
  /** By competency; empty: this one narrows nothing. */
  best: Record<string, string>;
  steps: { after: string; lower: string }[];
  languageLevel: string;
  deferred: boolean;
  reserve: string;
  /** The first are asked from the start, whatever stands in its `after`. */
  teams: { teamIds: string[]; after: string }[];
  lastAgent: boolean;
  /** The agent whom the type names, if any: set through the API, and kept by this form as it is. */
  named: string | undefined;
  hold: string;
  autoAccept: boolean;
}

/** What a field is: not a length of time, outside its limits, missing beside others, or out of order. */
export type WrongRouting =
  | { why: 'no-length' }
  | { why: 'length-range'; min: number; max: number }
  | { why: 'range'; min: number; max: number }
  | { why: 'all-or-none' }
  | { why: 'nothing-chosen' }
  | { why: 'later' }
  | { why: 'further' };

const dayS = 86_400;
const thirtyDays = 30 * dayS;

export function draftOf(routing: TypeRouting, language: 'en' | 'fr'): RoutingDraft {
  const length = (seconds: number | undefined) => (seconds === undefined ? '' : lengthOf(seconds, language));
  const figure = (value: number | undefined) => (value === undefined ? '' : String(value));
  const { ageing, widening, deferred, teams, preferred } = routing;
  return {
    target: length(routing.targetSeconds),
    ageingEvery: length(ageing?.everySeconds),
    ageingBy: figure(ageing?.by),
    ageingAtMost: figure(ageing?.atMost),
    bestLevelFirst: routing.bestLevelFirst ?? false,
    widening: widening !== undefined,
    best: Object.fromEntries(
      (widening?.best ?? []).map(({ competencyId, level }) => [competencyId, String(level)]),
    ),
    steps: (widening?.steps ?? []).map(({ afterSeconds, lower }) => ({
      after: length(afterSeconds),
      lower: String(lower),
    })),
    languageLevel: figure(routing.languageLevel),
    deferred: deferred !== undefined,
    reserve: figure(deferred?.reserve),
    teams: (teams ?? []).map(({ teamIds, afterSeconds }) => ({ teamIds, after: length(afterSeconds) })),
    lastAgent: preferred?.lastAgent ?? false,
    named: preferred?.agentId,
    hold: length(preferred?.holdSeconds),
    autoAccept: routing.autoAccept ?? false,
  };
}

/** The settings that were typed, and by field what is wrong with them. What is switched off or left empty is absent. */
export function readRouting(
  draft: RoutingDraft,
  requires: readonly { competencyId: string; level: number }[],
): { routing: TypeRouting; wrong: Record<string, WrongRouting> } {
  const wrong: Record<string, WrongRouting> = {};
  const length = (field: string, typed: string, min: number, max: number): number => {
    const seconds = secondsOf(typed);
    if (seconds === undefined) wrong[field] = { why: 'no-length' };
    else if (seconds < min || seconds > max) wrong[field] = { why: 'length-range', min, max };
    return seconds ?? 0;
  };
  const whole = (field: string, typed: string, min: number, max: number): number => {
    const figure = /^\d{1,6}$/.test(typed.trim()) ? Number(typed) : Number.NaN;
    if (!(figure >= min && figure <= max)) wrong[field] = { why: 'range', min, max };
    return figure;
  };
  const routing: TypeRouting = {};

  if (draft.target.trim() !== '') routing.targetSeconds = length('target', draft.target, 1, thirtyDays);

  const ageing = {
    ageingEvery: draft.ageingEvery,
    ageingBy: draft.ageingBy,
    ageingAtMost: draft.ageingAtMost,
  };
  const missing = Object.entries(ageing).filter(([, typed]) => typed.trim() === '');
  if (missing.length === 0)
    routing.ageing = {
      everySeconds: length('ageingEvery', draft.ageingEvery, 1, thirtyDays),
      by: whole('ageingBy', draft.ageingBy, 1, 100),
      atMost: whole('ageingAtMost', draft.ageingAtMost, 1, 200),
    };
  else if (missing.length < 3) for (const [field] of missing) wrong[field] = { why: 'all-or-none' };

  if (draft.bestLevelFirst) routing.bestLevelFirst = true;

  if (draft.widening) {
    const best = requires.flatMap(({ competencyId, level }) => {
      const chosen = Number(draft.best[competencyId] ?? '');
      return chosen >= level && chosen > 0 ? [{ competencyId, level: chosen }] : [];
    });
    if (best.length === 0) wrong.best = { why: 'nothing-chosen' };
    if (draft.steps.length === 0) wrong.steps = { why: 'nothing-chosen' };
    const steps = draft.steps.map((step, place) => ({
      afterSeconds: length(`steps.${place}.after`, step.after, 0, thirtyDays),
      lower: whole(`steps.${place}.lower`, step.lower, 1, 5),
    }));
    inOrder(steps, (place) => `steps.${place}.after`, wrong);
    steps.forEach((step, place) => {
      const before = steps[place - 1];
      if (before !== undefined && step.lower <= before.lower)
        wrong[`steps.${place}.lower`] ??= { why: 'further' };
    });
    routing.widening = { best, steps };
  }

  if (draft.languageLevel !== '') routing.languageLevel = Number(draft.languageLevel);

  if (draft.deferred) routing.deferred = { reserve: whole('reserve', draft.reserve, 0, 1_000) };

  if (draft.teams.length > 0) {
    const teams = draft.teams.map(({ teamIds, after }, place) => {
      if (teamIds.length === 0) wrong[`teams.${place}.teamIds`] = { why: 'nothing-chosen' };
      const afterSeconds = place === 0 ? 0 : length(`teams.${place}.after`, after, 1, thirtyDays);
      return { teamIds, afterSeconds };
    });
    inOrder(teams, (place) => `teams.${place}.after`, wrong);
    routing.teams = teams;
  }

  const { lastAgent, named } = draft;
  if (lastAgent || named !== undefined)
    routing.preferred = {
      lastAgent,
      ...(named === undefined ? {} : { agentId: named }),
      holdSeconds: length('hold', draft.hold, 1, 3_600),
    };
  if (draft.autoAccept) routing.autoAccept = true;
  return { routing, wrong };
}

function inOrder(
  steps: readonly { afterSeconds: number }[],
  field: (place: number) => string,
  wrong: Record<string, WrongRouting>,
): void {
  steps.forEach((step, place) => {
    const before = steps[place - 1];
    if (before !== undefined && step.afterSeconds <= before.afterSeconds)
      wrong[field(place)] ??= { why: 'later' };
  });
}

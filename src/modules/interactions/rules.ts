import type { Channel, ChannelRules, TypeRouting } from './contract.ts';
import { type Act, type State, stateAfter, statesOver } from './lifecycle.ts';

/** Acts that give an interaction to the agent they name; all others that name one are by the agent who holds it. */
export function namesNewAgent(act: Act): boolean {
  return act === 'offer' || act === 'take';
}

interface Held {
  state: State;
  agent_id: string | null;
  seq: number;
  offer_until?: Date | null;
}

/** What in the row stands against an act: asked after the statement, which has already moved nothing. */
export function whyNotAdvance(
  interaction: Held | undefined,
  act: Act,
  asked: { at: Date; agentId?: string; seq?: number },
): string | undefined {
  if (interaction === undefined) return 'interaction-unknown';
  if (statesOver.includes(interaction.state)) return 'interaction-already-over';
  if (act === 'accept' || act === 'decline') {
    if (interaction.state !== 'offered' || interaction.agent_id !== asked.agentId)
      return 'interaction-not-offered-to-you';
  } else if (!namesNewAgent(act) && asked.agentId !== undefined && interaction.agent_id !== asked.agentId) {
    return 'not-your-interaction';
  }
  if (stateAfter(interaction.state, act) === undefined) return 'act-not-possible-now';
  if (asked.seq !== undefined && asked.seq !== interaction.seq) return 'decision-outdated';
  if (act === 'expire' && interaction.offer_until != null && interaction.offer_until > asked.at)
    return 'act-not-possible-now';
  return undefined;
}

/** Why a line may not be written now. */
export function whyNotWrite(
  interaction: Held | undefined,
  by: { author: 'customer' } | { author: 'agent'; agentId: string; audience: 'all' | 'staff' },
): string | undefined {
  if (interaction === undefined) return 'interaction-unknown';
  if (statesOver.includes(interaction.state)) return 'interaction-already-over';
  if (by.author === 'customer') return undefined;
  if (interaction.agent_id !== by.agentId) return 'not-your-interaction';
  if (interaction.state === 'offered') return 'accept-first';
  if (by.audience === 'all' && interaction.state !== 'handling') return 'not-in-conversation';
  return undefined;
}

interface Mastered {
  competencyId: string;
  /** Mastery of that language; none: it is about something else. */
  language: string | null;
  level: number;
  lapsesAt: Date;
}

export interface Taker {
  takesChannel: boolean;
  /** Something stands against giving them this type for now. */
  barred: boolean;
  masters: readonly Mastered[];
}

/** Why an agent of the client may not be given an interaction, by the engine or by hand: 6.3.1 knows no exception. */
export function whyNotTake(
  agent: Taker,
  required: {
    requires: readonly { competencyId: string; level: number }[];
    languageLevel?: number;
    language: string;
  },
  now: Date,
): string | undefined {
  if (!agent.takesChannel) return 'agent-not-on-channel';
  const level = (counts: (mastered: Mastered) => boolean) =>
    Math.max(0, ...agent.masters.filter((one) => counts(one) && one.lapsesAt > now).map((one) => one.level));
  const masters =
    required.requires.every(
      (one) => level(({ competencyId }) => competencyId === one.competencyId) >= one.level,
    ) &&
    (required.languageLevel === undefined ||
      level(({ language }) => language === required.language) >= required.languageLevel);
  if (!masters) return 'agent-not-competent';
  return agent.barred ? 'agent-barred' : undefined;
}

/** Why a type's settings do not hold together. */
export function whyNotRoute(
  routing: TypeRouting,
  requires: readonly { competencyId: string; level: number }[],
): string | undefined {
  const { widening, teams } = routing;
  if (widening !== undefined) {
    const { best, steps } = widening;
    const below = best.some(({ competencyId, level }) => {
      const required = requires.find((one) => one.competencyId === competencyId);
      return required === undefined || level < required.level;
    });
    const twice = new Set(best.map(({ competencyId }) => competencyId)).size < best.length;
    if (below || twice) return 'widening-without-requirement';
    if (!inOrder(steps) || !steps.every((step, place) => place === 0 || step.lower > steps[place - 1]!.lower))
      return 'steps-not-in-order';
  }
  if (teams !== undefined) {
    if (!inOrder(teams)) return 'steps-not-in-order';
    if (teams[0]?.afterSeconds !== 0) return 'no-team-at-first';
  }
  return undefined;
}

function inOrder(steps: readonly { afterSeconds: number }[]): boolean {
  return steps.every((step, place) => place === 0 || step.afterSeconds > steps[place - 1]!.afterSeconds);
}

/** Why channel rules do not hold together: interruptions that lead back to where they began would never let any of them end. */
export function whyNotBeside(rules: ChannelRules): string | undefined {
  const interrupted = (by: Channel) =>
    (Object.keys(rules[by] ?? {}) as Channel[]).filter((other) => rules[by]?.[other] === 'interrupts');
  for (const first of Object.keys(rules) as Channel[]) {
    const reached = new Set(interrupted(first));
    for (const channel of reached) for (const next of interrupted(channel)) reached.add(next);
    if (reached.has(first)) return 'channels-interrupt-each-other';
  }
  return undefined;
}

/** How long something may be kept for a team or an agent. */
export const keptMaxMs = 30 * 86_400_000;

/** Why something cannot be kept until then. */
export function whyNotUntil(until: Date | undefined, now: Date): string | undefined {
  if (until === undefined) return undefined;
  return until > now && until.getTime() <= now.getTime() + keptMaxMs ? undefined : 'until-not-in-range';
}

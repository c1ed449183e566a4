import { type Act, type State, stateAfter, statesOver } from './lifecycle.ts';

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
  } else if (act !== 'offer' && asked.agentId !== undefined && interaction.agent_id !== asked.agentId) {
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

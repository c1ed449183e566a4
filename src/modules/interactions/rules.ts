import { type Act, type State, stateAfter, statesOver } from './lifecycle.ts';

interface Held {
  state: State;
  agent_id: string | null;
  seq: number;
}

/** Why an act moved nothing: asked after the statement, which has already refused. */
export function whyNotAdvance(
  interaction: Held | undefined,
  act: Act,
  asked: { agentId?: string; seq?: number; fence?: unknown },
): string {
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
  if (act === 'resume' || act === 'end') return 'agent-at-capacity';
  // An offer that fits the row was stopped by the fence or by a slot; which of the two, only the statement knew.
  return asked.fence === undefined ? 'agent-at-capacity' : 'decision-outdated';
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

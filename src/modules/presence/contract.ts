/** What an agent chose to be doing, or offline. */
export type PresenceState = 'ready' | 'busy' | 'break' | 'training' | 'meeting' | 'offline';
export type ChosenPresence = Exclude<PresenceState, 'offline'>;

export interface Presence {
  agentId: string;
  state: PresenceState;
  /** signed-in, chosen, connection-lost, signed-out */
  reason: string;
  since: string;
  version: number;
}

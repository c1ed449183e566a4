/** What an agent chose to be doing, or offline, or not responding: too many offers in a row were let pass. */
export type PresenceState =
  | 'ready'
  | 'busy'
  | 'break'
  | 'training'
  | 'meeting'
  | 'not-responding'
  | 'offline';
export type ChosenPresence = Exclude<PresenceState, 'offline' | 'not-responding'>;

export interface Presence {
  agentId: string;
  state: PresenceState;
  /** signed-in, chosen, connection-lost, signed-out, offers-missed */
  reason: string;
  since: string;
  version: number;
}

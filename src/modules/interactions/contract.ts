import type { Presence } from '#src/modules/presence/contract.ts';

export type Channel = 'voice' | 'email' | 'chat' | 'messaging';
export type InteractionState =
  | 'waiting'
  | 'scheduled'
  | 'offered'
  | 'handling'
  | 'parked'
  | 'wrapping'
  | 'closed'
  | 'abandoned';

export interface InteractionType {
  id: string;
  clientId: string;
  channel: Channel;
  nameEn: string;
  nameFr: string;
  /** Higher is offered first; -100 to 100. */
  priority: number;
  /** How long an offer stands before it passes on, in seconds. */
  offerSeconds: number;
  requires: { competencyId: string; level: number }[];
  active: boolean;
  version: number;
}

export interface Outcome {
  id: string;
  /** None: common to all clients. */
  clientId: string | null;
  code: string;
  nameEn: string;
  nameFr: string;
  active: boolean;
}

export interface Interaction {
  id: string;
  clientId: string;
  clientName: string;
  typeId: string;
  typeNameEn: string;
  typeNameFr: string;
  channel: Channel;
  customerId: string;
  /** What the customer said their name is, if anything. */
  customerName: string | null;
  threadId: string;
  language: 'en' | 'fr';
  state: InteractionState;
  agentId: string | null;
  agentName: string | null;
  handledBy: string | null;
  seq: number;
  priority: number;
  arrivedAt: string;
  stateSince: string;
  /** scheduled: when it falls due; parked: when it comes back. */
  dueAt: string | null;
  /** offered: until when the agent may accept. */
  offerUntil: string | null;
  outcomeCode: string | null;
  /** The customer wrote and the agent has not answered yet. */
  unread: boolean;
  closedAt: string | null;
}

/** One event of an interaction's stream. Every seq from 1 to the head exists exactly once. */
export interface InteractionEvent {
  seq: number;
  kind: string;
  at: string;
  body: Record<string, unknown>;
  /** Present when the event is a line of the conversation. */
  message?: MessageView;
}

export interface MessageView {
  author: 'customer' | 'agent' | 'system';
  agentId: string | null;
  agentName: string | null;
  /** staff: a note that the customer does not see */
  audience: 'all' | 'staff';
  text: string;
  /** The writer's own id of the line. */
  key: string;
}

/** Why an interaction was offered to this agent (decision) or still waits. Ids resolve to names in `names`. */
export interface DecisionView {
  interactionId: string;
  seq: number;
  agentId: string;
  at: string;
  epoch: number;
  why: Record<string, unknown>;
  names: Record<string, string>;
}

/** What an agent's desk shows on its left: sent whole whenever it changes. */
export interface WorkSnapshot {
  presence: Presence;
  /** offered, handling, wrapping, parked: all that names this agent. Offers first, then by arrival. */
  interactions: WorkItem[];
  capacity: Partial<Record<Channel, { used: number; of: number }>>;
  /** Interactions that wait for one of the agent's clients. */
  waiting: number;
  /** The server's clock, to draw countdowns with. */
  serverTime: string;
}

export interface WorkItem extends Interaction {
  /** The sentence's parts behind "why me": the decision's why, null when it was not the engine's (resumed, reopened). */
  why: Record<string, unknown> | null;
  whyNames: Record<string, string>;
  lastLine: { author: 'customer' | 'agent' | 'system'; text: string; at: string } | null;
}

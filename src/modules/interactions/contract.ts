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
  routing: TypeRouting;
  /** Whose opening hours it follows; none: it is always open. */
  hoursId: string | null;
  /** Held by hand: offered to nobody until then, or until it is resumed. One whose `until` has passed is over. */
  paused: TypePause | null;
  active: boolean;
  version: number;
}

export interface TypePause {
  at: string;
  until: string | null;
  by: string | null;
  reason: string;
}

/** How a type is shared out. What is absent asks for nothing. */
export interface TypeRouting {
  /** Within it an interaction should be answered; nearness to the breach orders the types among one another. */
  targetSeconds?: number;
  /** The priority rises by `by` for each whole `everySeconds` of waiting, by `atMost` in all. */
  ageing?: { everySeconds: number; by: number; atMost: number };
  /** Who masters most of what is required is asked first. */
  bestLevelFirst?: boolean;
  /** At first only agents at these levels; with each step `lower` levels lower, never below what is required. */
  widening?: {
    best: { competencyId: string; level: number }[];
    steps: { afterSeconds: number; lower: number }[];
  };
  /** The customer's language must be mastered at this level at least. */
  languageLevel?: number;
  /** Work that can wait for a quiet moment; this many others keep a free place for live work. */
  deferred?: { reserve: number };
  /** Whose teams are asked first, and which join later; the first set from the start (0). */
  teams?: { teamIds: string[]; afterSeconds: number }[];
  /** The named agent, or else the customer's last one, is asked alone for so long, if they are there; then anybody. */
  preferred?: { lastAgent: boolean; agentId?: string; holdSeconds: number };
  /** The agent's desk takes the offer by itself. */
  autoAccept?: boolean;
}

/** What a channel does beside another. */
export type Beside = 'together' | 'excluded' | 'interrupts';

/** By the channel of what is to be offered, then by the channel of what the agent holds; what is absent goes together. */
export type ChannelRules = Partial<Record<Channel, Partial<Record<Channel, Beside>>>>;

/** The centre's own rules of routing. */
export interface RoutingRules {
  channels: ChannelRules;
  /** So many offers let pass in a row make an agent not responding. */
  missesMax: number;
  /** 0: as the program has them, never changed. */
  version: number;
}

export type PreferredWhy = 'case-owner' | 'last-agent' | 'named';

/** Where an interaction may be transferred, or pushed. */
export interface TransferTargets {
  types: { id: string; nameEn: string; nameFr: string }[];
  /** Teams with somebody who may take it. */
  teams: { id: string; nameEn: string; nameFr: string }[];
  /** Agents who may take it, by name. */
  agents: { id: string; name: string }[];
  /** There are more agents: search by name. */
  more: boolean;
  /** Teams in use and agents of the client to whom it cannot be given today, each with the refusal that it would be. */
  cannot: {
    teams: { id: string; nameEn: string; nameFr: string; why: string }[];
    agents: { id: string; name: string; why: string }[];
  };
}

/** What stands against giving an agent a type for now, whatever they master. */
export interface AgentBar {
  typeId: string;
  clientId: string;
  typeNameEn: string;
  typeNameFr: string;
  /** Who set it and alone lifts it; `by-hand`: a person. */
  source: string;
  /** Its name, as a why says it. */
  reason: string;
  /** What the person said who set it. */
  note: string | null;
  since: string;
  by: string | null;
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
  language: string;
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
  /** Transferred or pushed to a team or an agent, and to nobody else before `toUntil`. */
  toTeamId: string | null;
  toAgentId: string | null;
  toUntil: string | null;
  /** Who is asked alone before `preferredUntil`, if they are there. */
  preferredAgentId: string | null;
  preferredUntil: string | null;
  preferredWhy: PreferredWhy | null;
  /** parked: the interaction that interrupted it. It keeps its place with the agent and comes back to them after that one. */
  interruptedBy: string | null;
  closedAt: string | null;
}

/** One event of an interaction's stream. Every seq from 1 to the head exists exactly once. */
export interface InteractionEvent {
  seq: number;
  kind: string;
  at: string;
  body: Record<string, unknown>;
  /** Names of the people whom the body names, by id; absent when it names nobody. */
  names?: Record<string, string>;
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

/** What an agent's desk shows on its left: sent whole after each act, and as a `WorkChange` where only lines came in between. */
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

/** What lines and other people's work change of a snapshot. All of it is absolute: told twice, or once too often, it is the same. */
export interface WorkChange {
  interactions: Pick<WorkItem, 'id' | 'seq' | 'unread' | 'lastLine'>[];
  waiting: number;
  serverTime: string;
}

export interface WorkItem extends Interaction {
  /** offered: what the agent was handling, when it was decided, that gives way when they accept. */
  interrupts: string[];
  /** The sentence's parts behind "why me": the decision's why, null when it was not the engine's (resumed, reopened). */
  why: Record<string, unknown> | null;
  whyNames: Record<string, string>;
  lastLine: { author: 'customer' | 'agent' | 'system'; text: string; at: string } | null;
}

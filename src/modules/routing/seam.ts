import type { Channel, InteractionState } from '#src/modules/interactions/contract.ts';

// The seam between the matching engine, which is pure, and whoever drives it: the shell that commits its decisions, a replay
// of a recorded hour, a simulator. Facts go in, decisions come out; time is handed in. Nothing here does I/O.

export type { Channel, InteractionState };

/** An instant: milliseconds since the epoch, from the clock of whoever drives the engine. */
export type Millis = number;

export interface Requirement {
  competencyId: string;
  /** The lowest level that will do. */
  level: number;
}

/** An interaction type as it is now. A higher version replaces it. */
export interface TypeSeen {
  kind: 'type';
  typeId: string;
  clientId: string;
  channel: Channel;
  requires: readonly Requirement[];
  version: number;
}

export interface Assessed {
  competencyId: string;
  level: number;
  /** It counts while now < validUntil. */
  validUntil: Millis;
}

/** An agent as they are now. A higher version replaces all of it. */
export interface AgentSeen {
  kind: 'agent';
  agentId: string;
  version: number;
  ready: boolean;
  clients: readonly string[];
  /** How many interactions at once on each channel; a channel that is absent or 0 is not taken. */
  capacity: Partial<Record<Channel, number>>;
  competencies: readonly Assessed[];
  /** When work last left the agent, or when they became ready if that was later. */
  idleSince: Millis;
}

/** An interaction as it is at a seq. A higher seq replaces all of it. */
export interface InteractionSeen {
  kind: 'interaction';
  interactionId: string;
  seq: number;
  state: InteractionState;
  clientId: string;
  typeId: string;
  channel: Channel;
  /** Higher is offered first. */
  priority: number;
  /** Its place in the line; it keeps it when it returns. */
  arrivedAt: Millis;
  /** In the states that have one. offered, handling and wrapping hold a slot; parked does not. */
  agentId?: string;
  /** When it came to that agent: who was just given something is not idle, even before their own fact says so. */
  agentSince?: Millis;
  /**
   * Who declined it or let it pass. While it waits, others are asked first and these last, and not at all before `askAgainAt`.
   * So nothing is stuck (after that instant anybody competent will do) and nobody is asked in a tight loop.
   */
  notTo?: readonly string[];
  /** Absent: those in `notTo` may be asked at once, when nobody else is free. */
  askAgainAt?: Millis;
  /** Offered to nobody while now < heldUntil, by the rule named in `heldWhy`. */
  heldUntil?: Millis;
  heldWhy?: string;
}

export type Seen = TypeSeen | AgentSeen | InteractionSeen;

/** Removed for good. Facts up to that version (none given: the one known) are not believed any more; a later one brings it back. */
export type Gone =
  | { kind: 'agent'; agentId: string; version?: number }
  | { kind: 'type'; typeId: string; version?: number };

/** Why an agent was not eligible: the first that holds, in this order. */
export const notReasons = [
  'agent-not-of-client',
  'channel-not-taken',
  'competency-missing',
  'competency-level-too-low',
  'competency-lapsed',
  'agent-not-ready',
  'agent-at-capacity',
  'declined-already',
] as const;
export type NotReason = (typeof notReasons)[number];

/** What an interaction that has not been decided waits for. */
export type WaitsFor =
  /** a competent agent with a free slot */
  | 'agent'
  /** the instant in `held` */
  | 'hold'
  /** its type, which is not known or was removed */
  | 'type'
  /** the next call of `decide` */
  | 'decision';

export interface Why {
  rule: 'longest-idle';
  decidedAt: Millis;
  order: {
    priority: number;
    arrivedAt: Millis;
    /** Interactions with the same requirements that come first and are not held. */
    ahead: number;
  };
  typeId: string;
  /** None when the type is not known. */
  typeVersion?: number;
  clientId: string;
  channel: Channel;
  /** Sorted by competency, one line to each. */
  requires: Requirement[];
  /** The best of those who could take it at that moment, best first; the first is who was asked. At most `namesMax`. */
  eligible: { agentId: string; idleSince: Millis }[];
  eligibleCount: number;
  /** In the order of `notReasons`, without empty ones; of the agents at most `namesMax`, by id. */
  not: { reason: NotReason; count: number; agents: string[] }[];
  /** Nobody else was free: the agent had declined it before, and `askAgainAt` has passed. */
  askedAgain?: true;
  /** Held back from everybody until then by that rule. */
  held?: { until: Millis; why: string };
  /** Who declined is not asked again before. */
  askAgainAt?: Millis;
  /** Only in the answer of `whyWaiting`. */
  waitsFor?: WaitsFor;
}

/** How many agents a why names of each kind; counts are always whole. */
export const namesMax = 5;

export interface Decision {
  interactionId: string;
  /** The seq that was decided upon: the write is guarded by it. */
  seq: number;
  agentId: string;
  channel: Channel;
  why: Why;
}

export interface Engine {
  /**
   * Takes a fact. Idempotent: a version or seq that is not above the one known changes nothing, so facts may come twice and out of order.
   * Throws a TypeError when the fact cannot be true (an agent missing in a state that has one, a place that is not a number).
   * The fact is kept: do not change it afterwards.
   */
  see(seen: Seen): void;
  /** Takes that an agent or a type is gone. What the agent holds is still known and counts if they come back. */
  forget(gone: Gone): void;
  /**
   * Decides what can be decided at this instant, at most `max` (none given: all), in the order in which it is offered. Each decision
   * takes the interaction out of the line and reserves the slot, until a higher seq of the interaction is seen or it is released.
   */
  decide(now: Millis, max?: number): Decision[];
  /**
   * The write of a decision moved nothing or failed: drops the reservation, and the interaction is back in its place. See the fresh row
   * before calling it, else the same is decided again. When there is no fresh row to be had (the database is away) `notBefore` holds
   * the interaction until then, named 'write-failed' in its why. Without a reservation it does nothing.
   */
  release(interactionId: string, notBefore?: Millis): void;
  /**
   * Why an interaction still waits. For one with a decision under way: that decision's why. Undefined when it does not wait.
   */
  whyWaiting(interactionId: string, now: Millis): Why | undefined;
  /**
   * The earliest instant at which `decide` could give something without a new fact: `now` itself when it could at once (it stopped at
   * `max`, or facts came since), else the first end of a hold. Undefined: only a fact can change anything.
   */
  wakeAt(now: Millis): Millis | undefined;
  /**
   * The engine's state, canonical: two engines that saw the same facts, in whatever order, give the same JSON. Places depend on the
   * instant the engine was last brought to, by this call's `now` or an earlier one.
   */
  snapshot(now?: Millis): EngineSnapshot;
}

export interface EngineSnapshot {
  /** The last instant the engine was told; none before the first. */
  at?: Millis;
  /** The facts it stands on, without what is closed or gone, sorted by id: seeing them again gives the same state, reservations aside. */
  types: TypeSeen[];
  agents: AgentSeen[];
  interactions: InteractionSeen[];
  /** Decisions whose outcome was not seen, with the interactions' facts among the above. */
  reserved: { interactionId: string; seq: number; agentId: string; channel: Channel; since: Millis }[];
  /** Releases that hold an interaction back: the engine's own, so a rebuilt one does not know them. */
  released: { interactionId: string; notBefore: Millis }[];
  /** Where each open interaction stands, read from the structures the engine decides with, not from the facts. */
  places: {
    /** In line, one entry to each set of requirements and way of asking; in the order they are offered. */
    lines: { requirements: string; interactionIds: string[] }[];
    held: string[];
    withoutType: string[];
    reserved: string[];
    /** By agent and channel: what takes a slot. */
    slots: { agentId: string; channel: Channel; interactionIds: string[] }[];
    /** Parked and scheduled. */
    aside: string[];
  };
}

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

/**
 * An interaction type as it is now. A higher version replaces it. What is absent asks for nothing: then agents who master what is
 * required are asked, the one idle longest first, and interactions in the order of priority and arrival.
 */
export interface TypeSeen {
  kind: 'type';
  typeId: string;
  clientId: string;
  channel: Channel;
  requires: readonly Requirement[];
  version: number;
  /** The interaction's own language must be mastered at that level; one without a language asks for none. */
  language?: { level: number };
  /**
   * Of those who may take it, the best match of level is asked first: the highest sum, over the required competencies and the
   * language, of the agent's level that counts now above the level required.
   */
  bestLevelFirst?: boolean;
  /**
   * At first only agents at the best levels; with each step, `afterMs` after arrival, `lower` levels lower than before, never below
   * `requires`. The last step always asks everybody who meets `requires`, whatever it says: nothing waits for a level for ever.
   */
  widening?: { best: readonly Requirement[]; steps: readonly { afterMs: number; lower: number }[] };
  /** The priority rises by `by` for each whole `everyMs` since arrival, by `atMost` in all. */
  ageing?: { everyMs: number; by: number; atMost: number };
  /** Within it an interaction should be answered: at equal priority, who is nearest to the breach comes first; without a target, last. */
  targetMs?: number;
  /**
   * Work that can wait (mail, callbacks): offered only when no live interaction waits that the agent could take, and at least
   * `reserve` other agents keep a free slot for some live type that the agent serves too. Live: not deferred, and open now.
   */
  deferred?: { reserve: number };
  /** At first only agents of the first teams; those of each further set join `afterMs` after arrival (overflow between teams, sites). */
  teams?: readonly { teamIds: readonly string[]; afterMs: number }[];
  /** Held by hand under that name, until the instant or, without one, until the type changes. */
  paused?: { why: string; until?: Millis };
  /** Outside the opening hours: held, as `opening-hours`, while now < closedUntil. */
  closedUntil?: Millis;
}

export interface Assessed {
  competencyId: string;
  level: number;
  /** It counts while now < validUntil. */
  validUntil: Millis;
}

export interface LanguageAssessed {
  language: string;
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
  languages?: readonly LanguageAssessed[];
  teams?: readonly string[];
  /** Types not to be offered to them for now, and the name of what stands against it (`mandatory-information-unread`, for one). */
  barred?: readonly { typeId: string; reason: string }[];
}

export type PreferredWhy = 'case-owner' | 'last-agent' | 'named';

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
  /** In the states that have one. offered, handling and wrapping hold a slot; parked does so only when it `comesBack`. */
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
  /** The customer's language, as a name that agents' `languages` use. */
  language?: string;
  /**
   * Offered to that agent alone while now < until, if the agent is present (ready, be it at capacity), may take it and has not declined
   * it; else, and from then on, to all, that agent first among those who match equally well. Teams and widening do not bind it.
   */
  preferred?: { agentId: string; until: Millis; why: PreferredWhy };
  /** Pushed or transferred to a team: only its agents, in place of the type's teams, while now < until. */
  toTeam?: { teamId: string; until: Millis };
  /**
   * Pushed or transferred to one agent: only they, present or not, while now < until. Teams, widening and deferring do not bind it;
   * what the agent must master does.
   */
  toAgent?: { agentId: string; until: Millis };
  /** Parked because another interrupted it: its slot is kept for it, so that it can come back to the agent. */
  comesBack?: boolean;
}

/** What a channel does to another one: what is absent is `together`. */
export type Beside =
  /** both at once */
  | 'together'
  /** not offered while the agent holds something of that channel */
  | 'excluded'
  /** offered, and what is in handling there is parked when the agent accepts; while it is offered or wrapped up there: excluded */
  | 'interrupts';

/** Which channels go beside each other, for all agents. A higher version replaces it. Within a channel, capacity alone counts. */
export interface RulesSeen {
  kind: 'rules';
  version: number;
  /** By the channel of what is to be offered, then by the channel of what the agent holds. */
  channels: Partial<Record<Channel, Partial<Record<Channel, Beside>>>>;
}

export type Seen = TypeSeen | AgentSeen | InteractionSeen | RulesSeen;

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
  'language-missing',
  'language-level-too-low',
  'language-lapsed',
  'agent-barred',
  /** meets what is required, but those at a higher level are asked first for now */
  'below-best-level',
  'team-not-asked',
  /** the interaction is kept for its preferred agent, or was pushed to one */
  'kept-for-another',
  'agent-not-ready',
  'agent-at-capacity',
  /** something the agent holds excludes this channel */
  'channel-excluded',
  'declined-already',
  /** deferred work: too few others would keep a free slot for live work */
  'kept-for-live-work',
] as const;
export type NotReason = (typeof notReasons)[number];

/** What an interaction that has not been decided waits for. */
export const waitedFor = [
  /** a competent agent with a free slot */
  'agent',
  /** the instant in `held` */
  'hold',
  /** its preferred agent, or the one it was pushed to */
  'one-agent',
  /** somebody could take it, but is kept free for live work */
  'live-work',
  /** its type, which is not known or was removed */
  'type',
  /** the next call of `decide` */
  'decision',
] as const;
export type WaitsFor = (typeof waitedFor)[number];

/** What decided between the agents who could have taken it. */
export const decidingRules = [
  /** nobody can take it now (only in the answer of `whyWaiting`) */
  'nobody',
  /** it was pushed or transferred to that agent */
  'pushed',
  /** the preferred agent: it was kept for them, or they match as well as anybody */
  'preferred-agent',
  /** nobody else could take it */
  'only-one',
  /** the next best has declined it */
  'not-declined',
  /** the next best masters less of what is required */
  'best-level',
  /** the next best would be interrupted by it */
  'not-interrupted',
  'longest-idle',
] as const;
export type Rule = (typeof decidingRules)[number];

/** The names under which the program holds something back; screens have a sentence for each. */
export const holdNames = [
  /** a type, by a supervisor */
  'paused-by-hand',
  /** a type, while its hours are closed */
  'opening-hours',
  /** one interaction, after a decision that could not be written */
  'write-failed',
  /** one interaction, by its own fact that gives no name */
  'held',
] as const;

export interface Why {
  rule: Rule;
  decidedAt: Millis;
  order: {
    priority: number;
    /** The priority that counts, when it has risen with age. */
    aged?: number;
    arrivedAt: Millis;
    /** When the type's target is missed, when it has one. */
    breachAt?: Millis;
    /**
     * Interactions of its type in line that come first; those kept for one agent are counted apart, each agent's by themselves.
     */
    ahead: number;
  };
  typeId: string;
  /** None when the type is not known. */
  typeVersion?: number;
  clientId: string;
  channel: Channel;
  /** Sorted by competency, one line to each. */
  requires: readonly Requirement[];
  language?: { language: string; level: number };
  /** At which step of widening it is, of how many, which levels are asked for at it, and when the next comes. */
  widening?: { step: number; of: number; asks: readonly Requirement[]; nextAt?: Millis };
  /** How many of the type's sets of teams are asked, and when the next joins. */
  teams?: { sets: number; of: number; nextAt?: Millis };
  toTeam?: { teamId: string; until: Millis };
  toAgent?: { agentId: string; until: Millis };
  /** `kept`: whether it is kept for them alone. */
  preferred?: { agentId: string; until: Millis; why: PreferredWhy; kept: boolean };
  deferred?: { reserve: number };
  /** The best of those who could take it at that moment, best first; the first is who was asked. At most `namesMax`. */
  eligible: readonly Candidate[];
  eligibleCount: number;
  /** In the order of `notReasons`, without empty ones; of the agents at most `namesMax`, by id. */
  not: readonly { reason: NotReason; count: number; agents: readonly string[]; bars?: readonly string[] }[];
  /** Nobody else was free: the agent had declined it before, and `askAgainAt` has passed. */
  askedAgain?: true;
  /** Held back from everybody until then, or until its type changes, by that rule. */
  held?: { until?: Millis; why: string };
  /** Who declined is not asked again before. */
  askAgainAt?: Millis;
  /** Only in the answer of `whyWaiting`. */
  waitsFor?: WaitsFor;
}

export interface Candidate {
  agentId: string;
  idleSince: Millis;
  /** For a type that asks the best level first: the sum of levels above what is required. */
  above?: number;
  /** Something they are handling would be interrupted. */
  interrupted?: true;
}

/** How many agents a why names of each kind; counts are always whole. `bars` are the reasons of those named. */
export const namesMax = 5;

export interface Decision {
  interactionId: string;
  /** The seq that was decided upon: the write is guarded by it. */
  seq: number;
  agentId: string;
  channel: Channel;
  /** What the agent is handling that is parked when they accept, and comes back to them when this one is done; sorted. */
  interrupts?: string[];
  why: Why;
}

/** Where an agent stands towards an interaction that waits. */
export interface Standing extends Candidate {
  /** The how-manieth they would be asked, from 1; absent: they could not take it, for `reason`. */
  place?: number;
  reason?: NotReason;
  /** What bars them from the type. */
  bars?: readonly string[];
}

/** A decision whose outcome was not seen yet. */
export interface Reserved {
  agentId: string;
  since: Millis;
  why: Why;
}

export interface Engine {
  /**
   * Takes a fact. Idempotent: a version or seq that is not above the one known changes nothing, so facts may come twice and out of order.
   * Throws a TypeError when the fact cannot be true (an agent missing in a state that has one, a place that is not a number).
   * The fact is kept: do not change it afterwards. Answers whether it was news.
   */
  see(seen: Seen): boolean;
  /** Takes that an agent or a type is gone. What the agent holds is still known and counts if they come back. Answers whether it was news. */
  forget(gone: Gone): boolean;
  /**
   * Decides what can be decided at this instant, at most `max` (none given: all), in the order in which it is offered: live before
   * deferred, then by priority as it has risen, nearness to the breach, arrival and id. Of the agents who may be asked, those who have
   * not declined come first, then the best match of level where the type asks for it, then who need not be interrupted, then the
   * preferred, then the one idle longest, then by id. Each decision
   * takes the interaction out of the line and reserves the slot, until a higher seq of the interaction is seen or it is released.
   */
  decide(now: Millis, max?: number): Decision[];
  /**
   * The write of a decision moved nothing or failed: drops the reservation, and the interaction is back in its place. See the fresh row
   * before calling it, else the same is decided again. When there is no fresh row to be had (the database is away) `notBefore` holds
   * the interaction until then, named 'write-failed' in its why. Without a reservation it does nothing,
   * and answers so.
   */
  release(interactionId: string, notBefore?: Millis): boolean;
  /** Takes over a decision that another engine took at the same facts: a replay that begins in the middle. */
  reserve(interactionId: string, reserved: Reserved): void;
  /** Brings the engine to an instant and decides nothing. */
  comeTo(now: Millis): void;
  /**
   * Why an interaction still waits. For one with a decision under way: that decision's why. Undefined when it does not wait.
   */
  whyWaiting(interactionId: string, now: Millis): Why | undefined;
  /**
   * The same with every agent: those who could take it now in the order in which they would be asked, then the others by reason and id.
   * A look at each of them, so not for the path of a decision. Undefined also while a decision is under way.
   */
  explain(interactionId: string, now: Millis): { why: Why; agents: Standing[] } | undefined;
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
  rules?: RulesSeen;
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
    /** In line, one entry to each type, priority and way of asking; in the order they are offered. */
    lines: { asks: string; interactionIds: string[] }[];
    held: string[];
    withoutType: string[];
    reserved: string[];
    /** By agent and channel: what takes a slot. */
    slots: { agentId: string; channel: Channel; interactionIds: string[] }[];
    /** Parked and scheduled. */
    aside: string[];
  };
}

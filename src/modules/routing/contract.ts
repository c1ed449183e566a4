import type { InteractionState } from '#src/modules/interactions/contract.ts';

/** The published invariants of routing, in their order, by the names that figures, log and API use. */
export type InvariantName =
  | 'over-capacity'
  | 'not-eligible'
  | 'idle-beside-work'
  | 'out-of-order'
  | 'not-in-one-place'
  | 'differs-from-record'
  | 'lost-or-doubled';

export interface ViolationView {
  /** What of the invariant, for instance `without-place`. */
  what: string;
  /** The interactions, agents or streams concerned. */
  ids: string[];
  firstAt: string;
  lastAt: string;
}

export interface InvariantView {
  invariant: InvariantName;
  /** Violations that are kept (30 days), and the newest of them. */
  found: number;
  violations: ViolationView[];
}

/** What the checker found, by whichever copy routes. */
export interface InvariantsView {
  /** None before the first check. */
  checkedAt: string | null;
  milliseconds: number | null;
  /** False: more was open, or had happened, than one check looks at; the next ones look at the rest. */
  whole: boolean | null;
  open: number | null;
  agents: number | null;
  events: number | null;
  invariants: InvariantView[];
}

/** Why an interaction waits now; with a moment, a decision or all agents asked for, also the rest. Ids resolve to names in `names`. */
export interface WhyView {
  /** Null when it was not waiting and nothing was decided. */
  why: Record<string, unknown> | null;
  names: Record<string, string>;
  /** The instant it is about: of a decision, when it was taken. */
  at?: string;
  what?: MomentWhat;
  /** What it was at that moment, when it was not waiting. */
  state?: InteractionState;
  /** The decision it is about; without a seq it was refused when it was written. */
  decision?: { seq: number | null; agentId: string };
  /** Where agents stood, of those the asker may know of: who could take it first, in order. At most a page of them. */
  agents?: StandingView[];
  /** How many more agents there were whom the asker may not know of. */
  others?: { couldTake: number; not: { reason: string; count: number }[] };
  /** Where the next page begins, if there is one. */
  next?: number | null;
}

export type MomentWhat =
  | 'waiting'
  | 'decided'
  | 'not-waiting'
  /** it had not arrived, or was over */
  | 'not-there'
  | 'nobody-routed'
  /** it is not kept what routing was told then */
  | 'before-the-journal';

export interface StandingView {
  agentId: string;
  /** The how-manieth they would be asked, from 1; null: they could not take it, for `reason`. */
  place: number | null;
  reason: string | null;
  /** What bars them from the type. */
  bars: string[];
  idleSince: string;
  /** Where the best level is asked first: the sum of levels above what is required. */
  above: number | null;
  /** Something they were handling would have been interrupted. */
  interrupted: boolean;
}

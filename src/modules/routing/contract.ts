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

/** One row as it is written down. What is the same for most rows is left out there and filled in by `requirements`. */
export interface RequirementRow {
  /** Ours: the clause and a letter in our own order, which is not the standard's list letter. */
  readonly id: string;
  readonly clause: string;
  /** Paragraph (p1, p2 …) and list letter inside the clause, where the text was seen. */
  readonly ref?: string;
  /** `guideline`: an informative annex. `unknown`: the text was not seen; `likelyKind` says what we expect. */
  readonly kind: RequirementKind;
  readonly likelyKind?: Exclude<RequirementKind, 'unknown'>;
  /** True when the standard gives it as an illustration, so that not each one is asked for. */
  readonly example?: boolean;
  /** A short paraphrase in our own words; never the standard's wording. */
  readonly en: string;
  readonly fr: string;
  /** What a contact centre's software does for it. */
  readonly capability: string;
  readonly proof: Proof;
  /** What an auditor would be shown. */
  readonly evidence: string;
  readonly basis: Basis;
  /** How sure we are that the paraphrase says what the standard asks. */
  readonly confidence: 'high' | 'medium' | 'low';
  /** Where an inferred row comes from. Rows of the public sample share one source and leave it out. */
  readonly source?: string;
}

export type RequirementKind = 'shall' | 'should' | 'can' | 'guideline' | 'unknown';

/** guard: the software refuses the wrong thing. metric: a figure computed continuously. record: dated and attributable. */
export type Proof = 'guard' | 'metric' | 'record';

/**
 * seed: paraphrased from the public sample. seed-fragment: the sample is cut there, or only refers to it.
 * inferred: the text was not seen; never to be shown as what the standard says.
 */
export type Basis = 'seed' | 'seed-fragment' | 'inferred';

import type { Basis, Proof, RequirementKind } from './requirement-row.ts';

/** A requirement of the service standard, in our own words, and how far this Parley meets it. */
export interface RequirementView {
  id: string;
  clause: string;
  clauseTitle: { en: string; fr: string };
  kind: RequirementKind;
  /** What we expect where the text was not seen. */
  likelyKind: Exclude<RequirementKind, 'unknown'> | null;
  /** The standard gives it as an illustration. */
  example: boolean;
  en: string;
  fr: string;
  capability: string;
  proof: Proof;
  evidence: string;
  basis: Basis;
  /** True for any row that is not wholly read from the sample: to be marked "≈ inferred" wherever it is shown. */
  inferred: boolean;
  confidence: 'high' | 'medium' | 'low';
  source: string;
  /** open: nothing fulfils it yet. fulfilled: something does, no scenario shows it. shown: a scenario does. */
  state: 'shown' | 'fulfilled' | 'open';
  /** Names of the functions that fulfil it. */
  fulfilledBy: string[];
  /** The sentences of the scenarios that show it. */
  shownBy: string[];
}

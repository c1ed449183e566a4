export type CompetencyKind = 'communication' | 'technical' | 'client-specific';

export interface Competency {
  id: string;
  /** None: common to all clients. */
  clientId: string | null;
  kind: CompetencyKind;
  nameEn: string;
  nameFr: string;
  /** Mastery of this language, as a code such as `fr`; none: it is about something else. */
  language: string | null;
  active: boolean;
}

/** A dated assessment of one agent's competency. The newest counts; validity ends at most a year after it (6.4). */
export interface Assessment {
  id: string;
  agentId: string;
  competencyId: string;
  /** 0 (assessed, not mastered) to 5. */
  level: number;
  /** ISO dates, yyyy-mm-dd. */
  assessedOn: string;
  /** The last day on which it counts is the day before this one. */
  validUntil: string;
  assessedBy: string | null;
  recordedAt: string;
}

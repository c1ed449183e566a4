import type { RequirementView } from '#src/standard/contract.ts';

export type RequirementState = RequirementView['state'];

export interface Clause {
  clause: string;
  title: { en: string; fr: string };
  count: Record<RequirementState, number>;
  total: number;
  /** Some of its rows were not read in the standard itself. */
  inferred: number;
}

export interface Chapter {
  chapter: string;
  clauses: Clause[];
}

export function countStates(
  rows: readonly RequirementView[],
): Record<RequirementState, number> & { inferred: number } {
  const count = { shown: 0, fulfilled: 0, open: 0, inferred: 0 };
  for (const row of rows) {
    count[row.state] += 1;
    if (row.inferred) count.inferred += 1;
  }
  return count;
}

/** The register's rows under their clauses, the clauses under their chapters, in the standard's order as the rows come. */
export function chaptersOf(rows: readonly RequirementView[]): Chapter[] {
  const chapters = new Map<string, Map<string, RequirementView[]>>();
  for (const row of rows) {
    const chapter = row.clause.split('.')[0] ?? row.clause;
    const clauses = chapters.get(chapter) ?? new Map<string, RequirementView[]>();
    chapters.set(chapter, clauses);
    clauses.set(row.clause, [...(clauses.get(row.clause) ?? []), row]);
  }
  return [...chapters].map(([chapter, clauses]) => ({
    chapter,
    clauses: [...clauses].map(([clause, own]) => {
      const { inferred, ...count } = countStates(own);
      return { clause, title: own[0]?.clauseTitle ?? { en: '', fr: '' }, count, total: own.length, inferred };
    }),
  }));
}

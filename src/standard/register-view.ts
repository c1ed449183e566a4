import type { RequirementView } from './contract.ts';
import { fulfilledBy } from './fulfils.ts';
import { clauses, isInferred, requirements } from './requirements.ts';
import { scenariosShown } from './scenarios-shown.ts';

/**
 * Every requirement as this running program meets it: its functions are those that are really loaded, its scenarios those that
 * `npm run register` found. A scenario counts only beside a function, so that a requirement can never be shown and open.
 */
export function registerView(): RequirementView[] {
  return requirements.map((row) => {
    const heading = clauses.find(({ clause }) => clause === row.clause);
    const functions = fulfilledBy(row.id);
    const sentences = scenariosShown
      .filter(({ ids }) => ids.includes(row.id))
      .map(({ sentence }) => sentence);
    return {
      ...row,
      clauseTitle: { en: heading?.en ?? '', fr: heading?.fr ?? '' },
      likelyKind: row.likelyKind ?? null,
      inferred: isInferred(row),
      state: functions.length === 0 ? 'open' : sentences.length === 0 ? 'fulfilled' : 'shown',
      fulfilledBy: functions,
      shownBy: sentences,
    };
  });
}

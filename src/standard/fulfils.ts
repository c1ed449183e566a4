import { type Act, acts, declare } from './acts.ts';
import { reportCalls } from './calls.ts';
import type { RequirementId } from './requirements.ts';

// A program that a scenario starts inherits this variable and tells the scenario which acts it called. It is the scenarios'
// own and no setting of the product: without it nothing is watched and `fulfils` costs one entry in a list.
const reportTo = process.env.PARLEY_ACTS_CALLED;
if (reportTo !== undefined && reportTo !== '') reportCalls(reportTo);

/**
 * Says that the function serves these requirements. It stands above the function's declaration, in the same file, and names the
 * ids as literals, so that the register can be read from the text. Several functions may serve one requirement.
 * Throws when the function has no name.
 */
export function fulfils(ids: RequirementId | readonly RequirementId[], act: Act): void {
  declare(typeof ids === 'string' ? [ids] : ids, act);
}

/** Names of the functions of this program that serve the requirement, in the order in which they were declared. */
export function fulfilledBy(id: RequirementId): string[] {
  return acts.filter(({ ids }) => ids.includes(id)).map(({ act }) => act.name);
}

import type { RequirementId } from './requirements.ts';

// The list behind `fulfils`. It is apart so that what watches calls and what declares acts need not import one another.

/** Any function at all may serve a requirement, whatever it takes. */
export type Act = (...args: never[]) => unknown;

export interface DeclaredAct {
  readonly act: Act;
  readonly ids: readonly RequirementId[];
}

const declared: { act: Act; ids: RequirementId[] }[] = [];
const listeners: ((index: number) => void)[] = [];

/** Every act declared so far, once each, in order of declaration. */
export const acts: readonly DeclaredAct[] = declared;

/** Adds the requirements to what an act serves. Throws when the act has no name. */
export function declare(ids: readonly RequirementId[], act: Act): void {
  if (act.name === '') throw new TypeError(`fulfils(${ids.join(', ')}) needs a function that has a name.`);
  const known = declared.find((each) => each.act === act);
  if (known !== undefined) {
    known.ids.push(...ids.filter((id) => !known.ids.includes(id)));
    return;
  }
  const index = declared.push({ act, ids: [...ids] }) - 1;
  for (const listener of listeners) listener(index);
}

/** Calls back with the place in `acts` of every act there is and of every one to come. */
export function forEveryAct(listener: (index: number) => void): void {
  listeners.push(listener);
  for (const index of acts.keys()) listener(index);
}

/** A record as a form shows it: its values, and its version where it has one. */
export interface Held<Values> {
  values: Values;
  version: number | undefined;
}

/**
 * Whether a record moved on under somebody who types: it was read again meanwhile, and has other values than those they began with. A
 * version that moved without the form's values (an act beside the form) takes nothing from anybody.
 */
export function movedOn<Values>(began: Held<Values>, newest: Held<Values>): boolean {
  return began.version !== newest.version && JSON.stringify(began.values) !== JSON.stringify(newest.values);
}

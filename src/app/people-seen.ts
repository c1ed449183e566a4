import { peopleSeen, personChanged, personCreated } from '#src/modules/people/index.ts';
import type { Context } from '#src/platform/context.ts';
import { type Actor, hasRole } from '#src/platform/identity/actor.ts';

/** An administrator sees everybody; others see those who share a client with them. */
export const sharing = (actor: Actor) => (hasRole(actor, 'administrator') ? 'all' : actor.clients);

/** Of these people, those somebody may know of at all. */
export async function peopleSeenBy(ctx: Context, actor: Actor, ids: readonly string[]): Promise<Set<string>> {
  return ids.length === 0 ? new Set() : peopleSeen(ctx.db.system, sharing(actor), ids);
}

export async function seesPerson(
  { ctx, actor }: { ctx: Context; actor: Actor },
  personId: string,
): Promise<boolean> {
  return (await peopleSeenBy(ctx, actor, [personId])).has(personId);
}

/** For so many sets of clients it is kept who is seen from there; beyond that it is found out anew. */
const sharingsKeptMax = 200;

/**
 * As `peopleSeenBy`, for who asks with every offer: what was found out is kept until somebody changes. Whoever shares the same clients
 * sees the same people.
 */
export function createPeopleSeen(
  ctx: Context,
): (actor: Actor, ids: readonly string[]) => Promise<Set<string>> {
  let kept = new Map<string, Map<string, boolean>>();
  // What is being read meanwhile goes into the map that was there before, and is asked by nobody any more.
  const forget = () => {
    kept = new Map();
  };
  ctx.bus.listen((events) => {
    if (events.some(({ kind }) => kind === personChanged.kind || kind === personCreated.kind)) forget();
  });
  ctx.bus.onGap(forget);
  return async (actor, ids) => {
    const from = sharing(actor);
    const key = from === 'all' ? from : from.toSorted().join();
    if (kept.size >= sharingsKeptMax && !kept.has(key)) forget();
    const known = kept.get(key) ?? new Map<string, boolean>();
    kept.set(key, known);
    const unknown = ids.filter((id) => !known.has(id));
    if (unknown.length > 0) {
      const found = await peopleSeenBy(ctx, actor, unknown);
      for (const id of unknown) known.set(id, found.has(id));
    }
    return new Set(ids.filter((id) => known.get(id) === true));
  };
}

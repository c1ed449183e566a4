import { peopleSeen } from '#src/modules/people/index.ts';
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

import type { WorkChange, WorkSnapshot } from '#src/modules/interactions/contract.ts';

/**
 * The work as it is after a change, or nothing when the change speaks of an interaction that is not part of it: then the whole must be
 * asked for. An item that is newer than what is told of it stays as it is.
 */
export function withChange(work: WorkSnapshot, change: WorkChange): WorkSnapshot | undefined {
  const told = new Map(change.interactions.map((item) => [item.id, item]));
  const interactions = work.interactions.map((item) => {
    const news = told.get(item.id);
    told.delete(item.id);
    return news === undefined || news.seq <= item.seq ? item : { ...item, ...news };
  });
  if (told.size > 0) return undefined;
  return { ...work, interactions, waiting: change.waiting, serverTime: change.serverTime };
}

import type { Context } from '#src/platform/context.ts';
import type { NamesOf } from '#src/platform/names.ts';
import { personChanged, personCreated } from './people.ts';
import { personNames } from './queries.ts';

/** Everybody's name at hand: screens show people, not ids. */
export function createNames(ctx: Context): NamesOf {
  let last: Record<string, string> = {};
  let reading: Promise<Record<string, string>> | undefined;
  const read = () => {
    const mine = personNames(ctx.db.system).then((rows) => {
      last = Object.fromEntries(rows.map((row) => [row.id, row.name]));
      return last;
    });
    reading = mine;
    mine.catch((fault) => {
      ctx.log.warn({ err: fault }, 'Names could not be read; they are read again when next asked for.');
      if (reading === mine) reading = undefined;
    });
    return mine;
  };
  ctx.bus.listen((events) => {
    if (events.some(({ kind }) => kind === personCreated.kind || kind === personChanged.kind))
      void read().catch(() => {});
  });
  ctx.bus.onGap(() => void read().catch(() => {}));
  return { now: () => last, all: () => reading ?? read() };
}

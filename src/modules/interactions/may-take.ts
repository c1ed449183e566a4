import { lapsesAt, newestAssessments } from '#src/modules/competencies/index.ts';
import { agents } from '#src/modules/people/index.ts';
import type { Queryable } from '#src/platform/db/sql.ts';
import { barsOf } from './bars.ts';
import { slotsOf } from './capacity.ts';
import { type Taker, whyNotTake } from './rules.ts';
import type { TypeRow } from './types.ts';

/**
 * Who of these people (none named: all) may be given an interaction of a type by hand, and why each other may not: serving the client
 * mastering what is required today and being barred from it count, being busy does not. Those who are no agents of the client are not in the answer.
 */
export async function whoMayTake(
  db: Queryable,
  { type, language, now }: { type: TypeRow; language: string; now: Date },
  only?: readonly string[],
): Promise<Map<string, string | undefined>> {
  const people = (await agents(db, only)).filter(({ clients }) => clients.includes(type.client_id));
  const ids = people.map(({ id }) => id);
  const [slots, assessments, bars] = await Promise.all([
    slotsOf(db, ids),
    newestAssessments(db, ids),
    barsOf(db, ids, type.id),
  ]);
  const barred = new Set(bars.map((row) => row.agent_id));
  const masters = Map.groupBy(assessments, (row) => row.agent_id);
  const takes = new Set(
    slots.filter((row) => row.channel === type.channel && row.size > 0).map((row) => row.agent_id),
  );
  const required = { requires: type.requires, languageLevel: type.routing.languageLevel, language };
  return new Map(
    ids.map((id) => {
      const taker: Taker = {
        takesChannel: takes.has(id),
        barred: barred.has(id),
        masters: (masters.get(id) ?? []).map((row) => ({
          competencyId: row.competency_id,
          language: row.language,
          level: row.level,
          lapsesAt: lapsesAt(row.valid_until),
        })),
      };
      return [id, whyNotTake(taker, required, now)];
    }),
  );
}

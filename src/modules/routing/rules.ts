import type {
  Beside,
  Channel,
  InteractionSeen,
  Millis,
  Requirement,
  RulesSeen,
  TypeSeen,
  Why,
} from './seam.ts';

// What a type asks of time: pure, each answer from the fact and the instant.

type Arrived = Pick<InteractionSeen, 'arrivedAt'>;

const waited = ({ arrivedAt }: Arrived, now: Millis) => Math.max(0, now - arrivedAt);

/** The priority that counts now: it rises in steps with age. */
export function agedPriority(
  ageing: TypeSeen['ageing'],
  priority: number,
  arrivedAt: Millis,
  now: Millis,
): number {
  if (ageing === undefined) return priority;
  const risen = ageing.by * Math.floor(Math.max(0, now - arrivedAt) / ageing.everyMs);
  return priority + Math.min(ageing.atMost, risen);
}

/** When the target is missed: never for a type without one. */
export function breachOf({ targetMs }: Pick<TypeSeen, 'targetMs'>, arrivedAt: Millis): Millis {
  return arrivedAt + (targetMs ?? Number.POSITIVE_INFINITY);
}

/** How many steps of widening have come, and when the next does. */
export function stepOf(widening: NonNullable<TypeSeen['widening']>, one: Arrived, now: Millis) {
  const { steps } = widening;
  let step = 0;
  for (const { afterMs } of steps) if (afterMs <= waited(one, now)) step += 1;
  const next = steps[step];
  return { step, nextAt: next && one.arrivedAt + next.afterMs };
}

/** The levels that are asked for at a step; after the last, what is required and no more. */
export function levelsAt(type: TypeSeen, step: number): readonly Requirement[] {
  const { requires, widening } = type;
  if (widening === undefined || step >= widening.steps.length) return requires;
  let lowered = 0;
  for (const { lower } of widening.steps.slice(0, step)) lowered += lower;
  return canonicalRequires([
    ...requires,
    ...widening.best.map(({ competencyId, level }) => ({ competencyId, level: level - lowered })),
  ]);
}

/** How many sets of teams are asked, and when the next joins. The first is asked at once. */
export function setsOf(teams: NonNullable<TypeSeen['teams']>, one: Arrived, now: Millis) {
  let sets = 1;
  while (sets < teams.length && (teams[sets]?.afterMs ?? 0) <= waited(one, now)) sets += 1;
  const next = teams[sets];
  return { sets, nextAt: next && one.arrivedAt + next.afterMs };
}

/** What holds a whole type now: the later of a pause and of closed hours. */
export function typeHoldOf({ paused, closedUntil }: TypeSeen, now: Millis): Why['held'] {
  return latest(
    [
      paused && { until: paused.until, why: paused.why },
      closedUntil === undefined ? undefined : { until: closedUntil, why: 'opening-hours' },
    ],
    now,
  );
}

/** What holds one interaction back now, by its own fact or after a write that failed. */
export function holdOf(
  { heldUntil, heldWhy }: Pick<InteractionSeen, 'heldUntil' | 'heldWhy'>,
  notBefore: Millis | undefined,
  now: Millis,
): Why['held'] {
  return latest(
    [
      heldUntil === undefined ? undefined : { until: heldUntil, why: heldWhy ?? 'held' },
      notBefore === undefined ? undefined : { until: notBefore, why: 'write-failed' },
    ],
    now,
  );
}

/** Of several holds the one that ends last; the first of those that end together. */
export function latest(holds: readonly Why['held'][], now: Millis): Why['held'] {
  let last: Why['held'];
  for (const hold of holds) {
    if (hold === undefined || endOf(hold) <= now) continue;
    if (last === undefined || endOf(hold) > endOf(last)) last = hold;
  }
  return (
    last &&
    (endOf(last) === Number.POSITIVE_INFINITY ? { why: last.why } : { until: last.until, why: last.why })
  );
}

const endOf = ({ until }: NonNullable<Why['held']>) => until ?? Number.POSITIVE_INFINITY;

/** What offering on one channel does to what the agent holds on another. */
export function besideOf(rules: RulesSeen | undefined, offered: Channel, held: Channel): Beside {
  return offered === held ? 'together' : (rules?.channels[offered]?.[held] ?? 'together');
}

/** One line to each competency, the highest level asked, sorted. */
export function canonicalRequires(requires: readonly Requirement[]): Requirement[] {
  const highest = new Map<string, number>();
  for (const { competencyId, level } of requires)
    highest.set(competencyId, Math.max(level, highest.get(competencyId) ?? level));
  return [...highest]
    .map(([competencyId, level]) => ({ competencyId, level }))
    .sort((a, b) => compare(a.competencyId, b.competencyId));
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

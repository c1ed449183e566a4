import type { Scenario } from './scenario.ts';
import type { Day, DayOfGroup, DayOfType } from './simulator.ts';

// What the days say together. Each figure is a ratio of sums over the days, or a mean of a day; its interval is of 95 %, from how the
// days differ, and absent where there is one day only.

export interface Estimate {
  value: number;
  /** Half the width of the interval: the true figure lies within value ± plusMinus in 95 of 100 such simulations. */
  plusMinus?: number;
}

export interface LineReport {
  name: string;
  /** In a day, on average. */
  offered: Estimate;
  blocked: Estimate;
  answered: Estimate;
  inTime: Estimate;
  abandoned: Estimate;
  unanswered: Estimate;
  transferred: Estimate;
  leftAgain: Estimate;
  passed: Estimate;
  declined: Estimate;
  lostAgent: Estimate;
  /** Shares of those offered. */
  waits: Estimate;
  abandonedShare: Estimate;
  /** Three definitions of the service level, each named. */
  serviceLevel: { ofOffered: Estimate; ofAnswered: Estimate; excludingShort: Estimate };
  /** Average speed of answer: the mean wait of those answered. */
  meanWaitAnsweredSeconds: Estimate;
  /** The mean wait of all who were not turned away, those who left among them. */
  meanWaitSeconds: Estimate;
}

export interface GroupReport {
  name: string;
  occupancy: Estimate;
  /** Agents ready or with something in hand, on average while it is open. */
  agents: Estimate;
}

export interface Report {
  days: number;
  seed: number;
  contacts: number;
  decisions: number;
  types: LineReport[];
  /** All types together. */
  all: LineReport;
  groups: GroupReport[];
  occupancy: Estimate;
}

export function reportOf(scenario: Scenario, seed: number, days: readonly Day[]): Report {
  const all = days.map((day) => sumOf(day.types));
  const openSeconds = (scenario.day.minutes - scenario.day.warmUpMinutes) * 60;
  const groups = scenario.groups.map(({ name }, i): GroupReport => {
    const own = days.map((day) => day.groups[i]!);
    return {
      name,
      occupancy: occupancyOf(own),
      agents: ratio(own.map((one) => [one.onDutySeconds, openSeconds])),
    };
  });
  return {
    days: days.length,
    seed,
    contacts: all.reduce((sum, { offered }) => sum + offered, 0),
    decisions: days.reduce((sum, { decisions }) => sum + decisions, 0),
    types: scenario.types.map(({ name }, i) =>
      lineOf(
        name,
        days.map((day) => day.types[i]!),
      ),
    ),
    all: lineOf('all', all),
    groups,
    occupancy: occupancyOf(days.map((day) => sumOf(day.groups))),
  };
}

function lineOf(name: string, days: readonly DayOfType[]): LineReport {
  const mean = (of: (day: DayOfType) => number) => ratio(days.map((day) => [of(day), 1]));
  const share = (of: (day: DayOfType) => number, among: (day: DayOfType) => number) =>
    ratio(days.map((day) => [of(day), among(day)]));
  return {
    name,
    offered: mean(({ offered }) => offered),
    blocked: mean(({ blocked }) => blocked),
    answered: mean(({ answered }) => answered),
    inTime: mean(({ inTime }) => inTime),
    abandoned: mean(({ abandoned }) => abandoned),
    unanswered: mean(({ unanswered }) => unanswered),
    transferred: mean(({ transferred }) => transferred),
    leftAgain: mean(({ leftAgain }) => leftAgain),
    passed: mean(({ passed }) => passed),
    declined: mean(({ declined }) => declined),
    lostAgent: mean(({ lostAgent }) => lostAgent),
    waits: share(
      (day) => day.offered - day.blocked - day.atOnce,
      (day) => day.offered,
    ),
    abandonedShare: share(
      ({ abandoned }) => abandoned,
      ({ offered }) => offered,
    ),
    serviceLevel: {
      ofOffered: share(
        ({ inTime }) => inTime,
        ({ offered }) => offered,
      ),
      ofAnswered: share(
        ({ inTime }) => inTime,
        ({ answered }) => answered,
      ),
      excludingShort: share(
        ({ inTime }) => inTime,
        ({ offered, leftShort }) => offered - leftShort,
      ),
    },
    meanWaitAnsweredSeconds: share(
      ({ waitAnsweredSeconds }) => waitAnsweredSeconds,
      ({ answered }) => answered,
    ),
    meanWaitSeconds: share(
      (day) => day.waitAnsweredSeconds + day.waitAbandonedSeconds,
      (day) => day.answered + day.abandoned,
    ),
  };
}

function occupancyOf(days: readonly DayOfGroup[]): Estimate {
  return ratio(days.map((day) => [day.busySeconds, day.onDutySeconds]));
}

function sumOf<Counts extends object>(counts: readonly Counts[]): Counts {
  const sums: Record<string, number> = {};
  for (const one of counts)
    for (const [name, value] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + (value as number);
  return sums as Counts;
}

/** A ratio of sums over independent days, with the interval of its linearised variance. 0 of nothing is 0. */
export function ratio(days: readonly (readonly [part: number, whole: number])[]): Estimate {
  let part = 0;
  let whole = 0;
  for (const [p, w] of days) {
    part += p;
    whole += w;
  }
  if (whole === 0) return { value: 0 };
  const value = part / whole;
  const n = days.length;
  if (n < 2) return { value };
  let squares = 0;
  for (const [p, w] of days) squares += (p - value * w) ** 2;
  return { value, plusMinus: (quantileOfStudent(n - 1) * Math.sqrt((squares * n) / (n - 1))) / whole };
}

/** The 97.5 % quantile of Student's distribution, by Hill's expansion (1970): within 0.1 % from four days on. */
export function quantileOfStudent(degrees: number): number {
  const table = [12.7062, 4.3027, 3.1824, 2.7764];
  const known = table[degrees - 1];
  if (known !== undefined) return known;
  const z = 1.959964;
  const n = degrees;
  return (
    z +
    (z ** 3 + z) / (4 * n) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * n ** 3)
  );
}

/** A report as a person reads it. */
export function textOf({ days, seed, contacts, types, all, groups, occupancy }: Report): string {
  const count = ({ value, plusMinus }: Estimate) => withInterval(value, plusMinus, 1);
  const percent = ({ value, plusMinus }: Estimate) =>
    `${withInterval(value * 100, plusMinus === undefined ? undefined : plusMinus * 100, 1)} %`;
  const seconds = (estimate: Estimate) => `${count(estimate)} s`;
  const lines = types.length > 1 ? [...types, all] : types;
  const rows: [string, (line: LineReport) => string, (line: LineReport) => boolean][] = [
    ['came in, a day', ({ offered }) => count(offered), always],
    ['answered', ({ answered }) => count(answered), always],
    ['  in time', ({ inTime }) => count(inTime), always],
    ['abandoned', ({ abandoned }) => count(abandoned), always],
    ['turned away', ({ blocked }) => count(blocked), ({ blocked }) => blocked.value > 0],
    ['never answered', ({ unanswered }) => count(unanswered), ({ unanswered }) => unanswered.value > 0],
    ['transferred in', ({ transferred }) => count(transferred), ({ transferred }) => transferred.value > 0],
    ['left waiting again', ({ leftAgain }) => count(leftAgain), ({ leftAgain }) => leftAgain.value > 0],
    ['offers let pass', ({ passed }) => count(passed), ({ passed }) => passed.value > 0],
    ['offers declined', ({ declined }) => count(declined), ({ declined }) => declined.value > 0],
    ['agent lost', ({ lostAgent }) => count(lostAgent), ({ lostAgent }) => lostAgent.value > 0],
    ['found nobody free', ({ waits }) => percent(waits), always],
    ['abandoned, of all', ({ abandonedShare }) => percent(abandonedShare), always],
    ['in time ÷ all', ({ serviceLevel }) => percent(serviceLevel.ofOffered), always],
    ['in time ÷ answered', ({ serviceLevel }) => percent(serviceLevel.ofAnswered), always],
    ['in time ÷ all but short', ({ serviceLevel }) => percent(serviceLevel.excludingShort), always],
    ['mean wait, answered', ({ meanWaitAnsweredSeconds }) => seconds(meanWaitAnsweredSeconds), always],
    ['mean wait, all', ({ meanWaitSeconds }) => seconds(meanWaitSeconds), always],
  ];
  const cells = [
    ['', ...lines.map(({ name }) => name)],
    ...rows
      .filter(([, , isShown]) => lines.some(isShown))
      .map(([title, of]) => [title, ...lines.map((line) => of(line))]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const table = cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return [
    `${days} ${days === 1 ? 'day' : 'days'}, ${contacts.toLocaleString('en')} contacts, seed ${seed}; ± is an interval of 95 %`,
    ...table,
    ...groups.map(
      (group) => `${group.name}: busy ${percent(group.occupancy)} of ${count(group.agents)} agents`,
    ),
    ...(groups.length > 1 ? [`all groups: busy ${percent(occupancy)}`] : []),
  ].join('\n');
}

const always = () => true;

function withInterval(value: number, plusMinus: number | undefined, digits: number): string {
  return plusMinus === undefined
    ? value.toFixed(digits)
    : `${value.toFixed(digits)} ± ${plusMinus.toFixed(digits)}`;
}

import type { DayInterval, WeekInterval } from '#src/modules/organisation/contract.ts';
import type { Language } from '#web/ui/time.ts';
import { timeOf } from '#web/ui/times.ts';

// A week of opening hours as it is typed: which of it are times, what does not fit together, and how it is said in a line.

export const weekdays = [1, 2, 3, 4, 5, 6, 7] as const;

/** Times as they were typed. */
export interface TypedInterval {
  from: string;
  to: string;
}
export interface TypedWeekInterval extends TypedInterval {
  day: number;
}

/** What is wrong with an interval, and with which of its two times. */
export interface WrongInterval {
  field: 'from' | 'to';
  why: 'no-time' | 'empty' | 'overlap';
}

export const fromOf = (typed: TypedInterval) => timeOf(typed.from);
export const toOf = (typed: TypedInterval) => timeOf(typed.to, { end: true });

/** Whether it goes on into the next day. */
export function isNightShift(typed: TypedInterval): boolean {
  const [from, to] = [fromOf(typed), toOf(typed)];
  return from !== undefined && to !== undefined && to < from && to !== '00:00';
}

const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const endOf = ({ from, to }: DayInterval) => minutes(to) + (to <= from ? 1440 : 0);

/** The intervals of one day as times in order, and by place what is wrong; what is wrong is not among the times. */
export function readDay(typed: readonly TypedInterval[]): {
  intervals: DayInterval[];
  wrong: Map<number, WrongInterval>;
} {
  const wrong = new Map<number, WrongInterval>();
  const read: (DayInterval & { place: number })[] = [];
  typed.forEach((one, place) => {
    const [from, to] = [fromOf(one), toOf(one)];
    if (from === undefined) wrong.set(place, { field: 'from', why: 'no-time' });
    else if (to === undefined) wrong.set(place, { field: 'to', why: 'no-time' });
    else if (from === to) wrong.set(place, { field: 'to', why: 'empty' });
    else read.push({ from, to, place });
  });
  read.sort((one, other) => minutes(one.from) - minutes(other.from));
  read.forEach((one, at) => {
    const before = read[at - 1];
    if (before !== undefined && endOf(before) > minutes(one.from))
      wrong.set(one.place, { field: 'from', why: 'overlap' });
  });
  const intervals = read.filter(({ place }) => !wrong.has(place)).map(({ from, to }) => ({ from, to }));
  return { intervals, wrong };
}

/** The whole week read, and by place in what was typed what is wrong. */
export function readWeek(typed: readonly TypedWeekInterval[]): {
  weekly: WeekInterval[];
  wrong: Map<number, WrongInterval>;
} {
  const wrong = new Map<number, WrongInterval>();
  const weekly = weekdays.flatMap((day) => {
    const places = typed.flatMap((one, place) => (one.day === day ? [place] : []));
    const read = readDay(places.map((place) => typed[place]!));
    for (const [place, why] of read.wrong) wrong.set(places[place]!, why);
    return read.intervals.map((interval) => ({ day, ...interval }));
  });
  return { weekly, wrong };
}

/** The week in which the days `onto` are like the day `from`. */
export function withDayCopied(
  typed: readonly TypedWeekInterval[],
  from: number,
  onto: readonly number[],
): TypedWeekInterval[] {
  const model = typed.filter(({ day }) => day === from);
  const kept = typed.filter(({ day }) => day === from || !onto.includes(day));
  return [
    ...kept,
    ...onto.filter((day) => day !== from).flatMap((day) => model.map((one) => ({ ...one, day }))),
  ];
}

/** An opening to begin with where there is none, or after those that are there. */
export function nextInterval(typed: readonly TypedInterval[]): TypedInterval {
  if (typed.length === 0) return { from: '09:00', to: '18:00' };
  return { from: '', to: '' };
}

const locales = { en: 'en-GB', fr: 'fr-FR' } as const;

/** Monday, lundi: 1 is Monday. */
export function weekdayName(day: number, language: Language, width: 'long' | 'short' = 'long'): string {
  // The first of January 2024 was a Monday.
  return new Intl.DateTimeFormat(locales[language], { weekday: width, timeZone: 'UTC' }).format(
    Date.UTC(2024, 0, day),
  );
}

/** 09:00–12:00, 14:00–18:00; none are said by `closed`. */
export function intervalsWords(intervals: readonly DayInterval[], language: Language): string {
  if (intervals.length === 0) return language === 'fr' ? 'fermé' : 'closed';
  if (
    intervals.length === 1 &&
    intervals[0]!.from === '00:00' &&
    ['24:00', '00:00'].includes(intervals[0]!.to)
  )
    return language === 'fr' ? 'toute la journée' : 'all day';
  return intervals.map(({ from, to }) => `${from}–${to}`).join(', ');
}

/** The week in a line, days alike together: Mon–Fri 09:00–18:00, Sat 09:00–12:00. */
export function weekWords(weekly: readonly WeekInterval[], language: Language): string {
  const name = (day: number) => weekdayName(day, language, 'short').replace('.', '');
  const runs: { first: number; last: number; words: string }[] = [];
  for (const day of weekdays) {
    const own = weekly.filter((one) => one.day === day);
    if (own.length === 0) continue;
    const words = intervalsWords(own, language);
    const before = runs.at(-1);
    if (before?.last === day - 1 && before.words === words) before.last = day;
    else runs.push({ first: day, last: day, words });
  }
  if (runs.length === 0) return language === 'fr' ? 'jamais ouvert' : 'never open';
  const only = runs[0]!;
  if (runs.length === 1 && only.first === 1 && only.last === 7)
    return language === 'fr'
      ? `chaque jour${only.words === 'toute la journée' ? ', ' : ' '}${only.words}`
      : `every day${only.words === 'all day' ? ', ' : ' '}${only.words}`;
  return runs
    .map(({ first, last, words }) => {
      const days =
        first === last ? name(first) : `${name(first)}${last === first + 1 ? ', ' : '–'}${name(last)}`;
      return `${days} ${words}`;
    })
    .join(language === 'fr' ? ' ; ' : '; ');
}

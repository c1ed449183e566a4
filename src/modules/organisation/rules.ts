import type { DayInterval, Holiday, WeekInterval } from './contract.ts';
import { dayAt, dayPlus, isTimeZone, momentOf, weekdayOf } from './zone.ts';

/** All that says when it is open: later lines win over earlier ones. */
export interface Calendar {
  timeZone: string;
  messageEn: string;
  messageFr: string;
  weekly: readonly WeekInterval[];
  /** By day, of the years around the moment that is asked about. */
  holidays: ReadonlyMap<string, readonly Holiday[]>;
  holidaysWorked: readonly string[];
  exceptions: ReadonlyMap<
    string,
    { intervals: readonly DayInterval[]; messageEn: string; messageFr: string }
  >;
  closedEarly?: { at: Date; messageEn: string; messageFr: string };
}

/** How far ahead a change is looked for. */
export const horizonDays = 100;

/** Minutes after midnight of HH:MM. */
function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function endOf({ from, to }: DayInterval): number {
  return minutesOf(to) + (minutesOf(to) <= minutesOf(from) ? 1440 : 0);
}

/** The intervals that begin on a day. */
function intervalsOf(calendar: Calendar, day: string): readonly DayInterval[] {
  const exception = calendar.exceptions.get(day);
  if (exception !== undefined) return exception.intervals;
  const holidays = calendar.holidays.get(day) ?? [];
  if (holidays.some(({ key }) => !calendar.holidaysWorked.includes(key))) return [];
  return calendar.weekly.filter((interval) => interval.day === weekdayOf(day));
}

interface Span {
  opens: number;
  closes: number;
}

function plannedSpans(calendar: Calendar, day: string): Span[] {
  const { timeZone } = calendar;
  return intervalsOf(calendar, day).map((interval) => ({
    // While the clocks show the time it is open, also when they show it twice.
    opens: momentOf(timeZone, day, minutesOf(interval.from), 'first'),
    closes: momentOf(timeZone, day, endOf(interval), 'last'),
  }));
}

/** The spans that begin on a day, cut off where it closed early. */
function spansOf(calendar: Calendar, day: string): Span[] {
  const spans = plannedSpans(calendar, day);
  const { closedEarly, timeZone } = calendar;
  if (closedEarly === undefined || day > dayAt(timeZone, closedEarly.at.getTime())) return spans;
  const end = closedEarly.at.getTime();
  return spans.map(({ opens, closes }) => ({ opens, closes: Math.min(closes, end) }));
}

const holds = ({ opens, closes }: Span, at: number) => opens <= at && at < closes;

/**
 * Whether customers are answered at a moment. A day's exception wins over its holiday, and that over the week; an interval that goes
 * on past midnight belongs to the day on which it began.
 */
export function openAt(calendar: Calendar, at: Date): boolean {
  const today = dayAt(calendar.timeZone, at.getTime());
  return [dayPlus(today, -1), today].some((day) =>
    spansOf(calendar, day).some((span) => holds(span, at.getTime())),
  );
}

/** When it opens or closes next; nothing when that is not within `horizonDays`. */
export function nextChange(calendar: Calendar, at: Date): Date | undefined {
  const { timeZone } = calendar;
  const today = dayAt(timeZone, at.getTime());
  // Spans that touch are one opening: its end moves on until nothing follows.
  let openUntil: number | undefined;
  for (let ahead = -1; ahead <= horizonDays; ahead++) {
    const spans = spansOf(calendar, dayPlus(today, ahead)).sort((a, b) => a.opens - b.opens);
    for (const { opens, closes } of spans) {
      const reached = openUntil ?? at.getTime();
      if (closes <= opens || closes <= reached) continue;
      if (opens > reached) return new Date(openUntil ?? opens);
      openUntil = closes;
    }
  }
  const seen = momentOf(timeZone, dayPlus(today, horizonDays), 0, 'first');
  return openUntil === undefined || openUntil >= seen ? undefined : new Date(openUntil);
}

/** Whether what was said about closing early still holds: for the rest of its day, and for what began on it. */
export function isClosedEarly(calendar: Calendar, at: Date): boolean {
  const { closedEarly, timeZone } = calendar;
  if (closedEarly === undefined || closedEarly.at > at) return false;
  const day = dayAt(timeZone, closedEarly.at.getTime());
  if (dayAt(timeZone, at.getTime()) <= day) return true;
  return plannedSpans(calendar, day).some((span) => holds(span, at.getTime())) && !openAt(calendar, at);
}

/** What a customer is told at a moment at which it is closed, in their language; nothing while it is open. */
export function messageAt(calendar: Calendar, at: Date, language: 'en' | 'fr'): string | undefined {
  if (openAt(calendar, at)) return undefined;
  const told = language === 'fr' ? 'messageFr' : 'messageEn';
  const early = isClosedEarly(calendar, at) ? calendar.closedEarly?.[told] : '';
  const exception = calendar.exceptions.get(dayAt(calendar.timeZone, at.getTime()))?.[told];
  return [early, exception].find((text) => text !== undefined && text !== '') ?? calendar[told];
}

/** Why intervals of one day do not fit together. */
function whyNotIntervals(intervals: readonly DayInterval[]): string | undefined {
  if (intervals.some(({ from, to }) => from === to)) return 'hours-empty';
  const sorted = [...intervals].sort((a, b) => minutesOf(a.from) - minutesOf(b.from));
  const overlap = sorted.some((one, place) => {
    const next = sorted[place + 1];
    return next !== undefined && endOf(one) > minutesOf(next.from);
  });
  return overlap ? 'hours-overlap' : undefined;
}

/** Why opening hours cannot be kept. */
export function whyNotKeepHours(hours: {
  timeZone: string;
  weekly: readonly WeekInterval[];
}): string | undefined {
  if (!isTimeZone(hours.timeZone)) return 'time-zone-unknown';
  for (const intervals of Map.groupBy(hours.weekly, ({ day }) => day).values()) {
    const reason = whyNotIntervals(intervals);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Why a day cannot be made an exception. */
export function whyNotExcept(
  { day, intervals }: { day: string; intervals: readonly DayInterval[] },
  { timeZone }: { timeZone: string },
  now: Date,
): string | undefined {
  if (day < dayAt(timeZone, now.getTime())) return 'day-is-past';
  return whyNotIntervals(intervals);
}

/** Why it cannot be closed early now: what is over for today needs no closing. */
export function whyNotCloseEarly(calendar: Calendar, now: Date): string | undefined {
  const untouched = { ...calendar };
  delete untouched.closedEarly;
  const next = nextChange(untouched, now);
  const opensToday =
    next !== undefined &&
    dayAt(calendar.timeZone, next.getTime()) === dayAt(calendar.timeZone, now.getTime());
  return openAt(untouched, now) || opensToday ? undefined : 'closed-already';
}

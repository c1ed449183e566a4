import type { Holiday } from '#src/modules/organisation/contract.ts';
import type { Language } from '#web/ui/time.ts';

// Opening hours in words: what is now, when that changes, and which days of the year are holidays.

const locales = { en: 'en-GB', fr: 'fr-FR' } as const;
const formats = new Map<string, Intl.DateTimeFormat>();

function shown(
  at: number,
  timeZone: string,
  language: Language,
  options: Intl.DateTimeFormatOptions,
): string {
  const key = JSON.stringify([timeZone, language, options]);
  const made = formats.get(key) ?? new Intl.DateTimeFormat(locales[language], { timeZone, ...options });
  formats.set(key, made);
  return made.format(at);
}

const dayKey = (at: number, timeZone: string) =>
  new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at);

/** Today's day there, yyyy-mm-dd. */
export const todayThere = dayKey;

const daysBetween = (from: string, to: string) =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

/**
 * When what is now changes, on the clocks of the calendar's own zone: "until 18:00", "opens Monday 09:00", "opens 4 January 2027 at
 * 09:00". Without a change to come it says so.
 */
export function changeWords(
  { open, changesAt, timeZone }: { open: boolean; changesAt: string | null; timeZone: string },
  now: number,
  language: Language,
): string {
  const french = language === 'fr';
  if (changesAt === null) {
    if (open) return french ? 'sans fermeture à venir' : 'with no closing to come';
    return french ? 'n’ouvre pas dans les cent jours' : 'does not open within a hundred days';
  }
  const at = Date.parse(changesAt);
  const time = shown(at, timeZone, language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const ahead = daysBetween(dayKey(now, timeZone), dayKey(at, timeZone));
  if (ahead === 0) {
    if (open) return french ? `jusqu’à ${time}` : `until ${time}`;
    return french ? `ouvre à ${time}` : `opens at ${time}`;
  }
  if (ahead < 7) {
    const day = shown(at, timeZone, language, { weekday: 'long' });
    if (open) return french ? `jusqu’à ${day} ${time}` : `until ${day} ${time}`;
    return french ? `ouvre ${day} à ${time}` : `opens ${day} at ${time}`;
  }
  const day = shown(at, timeZone, language, { day: 'numeric', month: 'long', year: 'numeric' });
  if (open) return french ? `jusqu’au ${day} à ${time}` : `until ${day} at ${time}`;
  return french ? `ouvre le ${day} à ${time}` : `opens ${day} at ${time}`;
}

/** Thu 24 Dec 2026: a calendar day, the same whoever reads it wherever. */
export function calendarDay(day: string, language: Language, { year = true } = {}): string {
  return shown(Date.parse(`${day}T00:00:00Z`), 'UTC', language, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    ...(year ? { year: 'numeric' as const } : {}),
  });
}

/** One holiday with its days in each of the years that are shown. */
export interface HolidayRow {
  key: string;
  nameEn: string;
  nameFr: string;
  /** By the places of the years, each in order of the calendar. */
  days: string[][];
}

/** The holidays of several years side by side, in the order of the first year in which each comes. */
export function holidayRows(years: readonly (readonly Holiday[])[]): HolidayRow[] {
  const rows = new Map<string, HolidayRow>();
  years.forEach((holidays, place) => {
    for (const { key, nameEn, nameFr, day } of holidays) {
      const row = rows.get(key) ?? { key, nameEn, nameFr, days: years.map(() => []) };
      rows.set(key, row);
      row.days[place]!.push(day);
    }
  });
  const monthDay = ({ days }: HolidayRow) => days.find((own) => own.length > 0)![0]!.slice(5);
  return [...rows.values()].sort((one, other) => (monthDay(one) < monthDay(other) ? -1 : 1));
}

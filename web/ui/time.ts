export type Language = 'en' | 'fr';

const locales = { en: 'en-GB', fr: 'fr-FR' } as const;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: Language, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${name}`;
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(locales[language], options);
    formats.set(key, made);
  }
  return made;
}

type When = string | number;
const dateOf = (at: When) => new Date(at);

/** 14:08, in the reader's zone. */
export const clockTime = (at: When, language: Language) =>
  format(language, 'time', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(dateOf(at));

/** 14:08:31 */
export const clockSeconds = (at: When, language: Language) =>
  format(language, 'seconds', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(dateOf(at));

/** A day of the calendar, yyyy-mm-dd, is the same wherever it is read; a moment has its day in the reader's zone. */
function dayFormat(at: When, language: Language, name: string, options: Intl.DateTimeFormatOptions): string {
  const calendar = typeof at === 'string' && /^\d{4}-\d\d-\d\d$/.test(at);
  const made = calendar
    ? format(language, `${name} of the calendar`, { ...options, timeZone: 'UTC' })
    : format(language, name, options);
  return made.format(dateOf(at));
}

/** 24 Nov 2026 */
export const day = (at: When, language: Language) =>
  dayFormat(at, language, 'day', { day: 'numeric', month: 'short', year: 'numeric' });

/** 24 Nov */
export const shortDay = (at: When, language: Language) =>
  dayFormat(at, language, 'short', { day: 'numeric', month: 'short' });

/** 24 Nov 14:08 */
export const dayAndTime = (at: When, language: Language) =>
  `${shortDay(at, language)} ${clockTime(at, language)}`;

/** The time on the same day, else the day: what a row in a list needs. */
export function timeOrDay(at: When, now: number, language: Language): string {
  return sameDay(at, now) ? clockTime(at, language) : shortDay(at, language);
}

export function sameDay(one: When, other: When): boolean {
  return dateOf(one).toDateString() === dateOf(other).toDateString();
}

/** 0:38, 12:04, 1:12:40: whole seconds, never negative. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const rest = String(seconds % 60).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

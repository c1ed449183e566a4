// Times of day and lengths of time as people type them, and back.

/**
 * A time of day as it is typed ("8", "8:30", "0830", "8h30", "18.00"), as HH:MM; undefined when it is none. 24:00 is the end of a day,
 * and a time only where `end` says so.
 */
export function timeOf(typed: string, { end = false }: { end?: boolean } = {}): string | undefined {
  const text = typed.trim().toLowerCase();
  const [, hours = '', minutes = '0'] =
    /^(\d{1,2})$/.exec(text) ??
    /^(\d{1,2})\s*[:.h]\s*(\d{2})?$/.exec(text) ??
    /^(\d{1,2})(\d{2})$/.exec(text) ??
    [];
  if (hours === '') return undefined;
  const [hour, minute] = [Number(hours), Number(minutes)];
  if (minute > 59 || hour > 24 || (hour === 24 && (minute > 0 || !end))) return undefined;
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

const units = [
  { seconds: 86_400, en: 'd', fr: 'j', typed: /^(d|days?|j|jours?)$/ },
  { seconds: 3_600, en: 'h', fr: 'h', typed: /^(h|hours?|heures?)$/ },
  { seconds: 60, en: 'min', fr: 'min', typed: /^(m|min|mins|minutes?)$/ },
  { seconds: 1, en: 's', fr: 's', typed: /^(s|sec|secs|seconds?|secondes?)$/ },
] as const;

/** A length of time as it is typed ("20", "20 s", "1:30", "5 min", "1 h 30 min"), in whole seconds; undefined when it is none. */
export function secondsOf(typed: string): number | undefined {
  const text = typed.trim().toLowerCase();
  if (/^\d{1,8}$/.test(text)) return Number(text);
  const clock = /^(\d{1,4}):([0-5]\d)$/.exec(text);
  if (clock !== null) return Number(clock[1]) * 60 + Number(clock[2]);
  if (!/^(\d{1,8}\s*[a-z]+\s*)+$/.test(text)) return undefined;
  let seconds = 0;
  let last = Number.POSITIVE_INFINITY;
  for (const [, figure, word = ''] of text.matchAll(/(\d{1,8})\s*([a-z]+)/g)) {
    const unit = units.find(({ typed: fits }) => fits.test(word));
    // From the large to the small, each once: anything else is a slip.
    if (unit === undefined || unit.seconds >= last) return undefined;
    last = unit.seconds;
    seconds += Number(figure) * unit.seconds;
  }
  return seconds;
}

/** 20 s, 1 min 30 s, 2 h, 1 d: what `secondsOf` reads, in the largest units that say it exactly. */
export function lengthOf(seconds: number, language: 'en' | 'fr'): string {
  let left = seconds;
  const parts = units.flatMap((unit) => {
    const count = Math.floor(left / unit.seconds);
    left -= count * unit.seconds;
    return count === 0 ? [] : [`${count} ${unit[language]}`];
  });
  return parts.length === 0 ? '0 s' : parts.join(' ');
}

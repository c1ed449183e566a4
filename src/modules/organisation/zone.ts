// Times of day in a time zone, by what the runtime knows of zones. The one place that turns local times into moments.

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(timeZone, made);
  return made;
}

/** Whether it is a zone by name, such as Europe/Paris or UTC; an offset is none, since it knows no summer time. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false; // the runtime says so by a RangeError, and has no other way to be asked
  }
}

const dayMs = 86_400_000;
const minuteMs = 60_000;

/** What the zone's clocks show at a moment, in milliseconds, as if it were UTC. */
function shownAt(timeZone: string, at: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(at)) part[type] = Number(value);
  return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second);
}

const offsetAt = (timeZone: string, at: number) => shownAt(timeZone, at) - Math.floor(at / 1000) * 1000;

/** The calendar day of a moment there, yyyy-mm-dd. */
export function dayAt(timeZone: string, at: number): string {
  return new Date(shownAt(timeZone, at)).toISOString().slice(0, 10);
}

export function dayPlus(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** 1 (Monday) to 7. */
export function weekdayOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
}

/**
 * The moment at which the clocks there show that time, in milliseconds. A time that comes twice, when clocks go back, is the
 * first or the last of the two, as asked. One that never comes, when they go forward, is the moment at which they do.
 *
 * @param minutes after midnight; 1440 and more are the next day
 */
export function momentOf(timeZone: string, day: string, minutes: number, which: 'first' | 'last'): number {
  const wanted = Date.parse(`${day}T00:00:00Z`) + minutes * minuteMs;
  const before = offsetAt(timeZone, wanted - dayMs);
  const after = offsetAt(timeZone, wanted + dayMs);
  const found = [wanted - before, wanted - after].filter((at) => shownAt(timeZone, at) === wanted);
  if (found.length > 0) return which === 'first' ? Math.min(...found) : Math.max(...found);
  // Clocks go forward over it: the change lies between the two guesses.
  let [earlier, later] = [wanted - Math.max(before, after), wanted - Math.min(before, after)];
  while (later - earlier > 1000) {
    const middle = Math.floor((earlier + later) / 2000) * 1000;
    if (shownAt(timeZone, middle) < wanted) earlier = middle;
    else later = middle;
  }
  return later;
}

/** A moment as a field for date and time takes it: in the reader's zone, to the second. One within a second is rounded up, so that what began then has begun. */
export function localSeconds(at: string): string {
  const whole = new Date(Math.ceil(new Date(at).getTime() / 1000) * 1000);
  const local = new Date(whole.getTime() - whole.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** The moment that such a field holds; undefined while it holds none. */
export function momentOf(typed: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(typed)) return undefined;
  const at = new Date(typed);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

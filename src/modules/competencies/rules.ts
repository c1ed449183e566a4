/** The same day a year later, yyyy-mm-dd; 29 February ends on the 28th. */
export function yearAfter(day: string): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const end = new Date(Date.UTC(year + 1, month - 1, date));
  if (end.getUTCMonth() !== month - 1) end.setUTCDate(0);
  return end.toISOString().slice(0, 10);
}

/** Why an assessment cannot be recorded (6.4: at least once a year). Days are yyyy-mm-dd and compare as text. */
export function whyNotAssess(
  { assessedOn, validUntil }: { assessedOn: string; validUntil: string },
  now: Date,
): string | undefined {
  // A day begins up to 14 hours earlier east of us: the reader's today is never in the future.
  const latestToday = new Date(now.getTime() + 14 * 3_600_000).toISOString().slice(0, 10);
  if (assessedOn > latestToday) return 'assessment-in-future';
  if (validUntil <= assessedOn) return 'assessment-ends-before-it-starts';
  if (validUntil > yearAfter(assessedOn)) return 'assessment-lasts-too-long';
  return undefined;
}

/** The moment from which an assessment no longer counts: the end of its last day, in UTC. */
export function lapsesAt(validUntil: string): Date {
  return new Date(`${validUntil}T00:00:00Z`);
}

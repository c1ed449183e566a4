import type { Assessment } from '#src/modules/competencies/contract.ts';

/** From so many days before its end an assessment is shown as due again. */
export const soonDays = 30;

/** yyyy-mm-dd of a moment, in the reader's zone. */
export function isoDay(at: Date): string {
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}

/** The latest day until which an assessment of that day may count (6.4: a year). Undefined when the day is none. */
export function oneYearAfter(day: string): string | undefined {
  const [year, month, date] = day.split('-').map(Number);
  if (year === undefined || month === undefined || date === undefined || Number.isNaN(Date.parse(day)))
    return undefined;
  // 29 February has no day a year later: the 28th is within the year.
  const last = new Date(Date.UTC(year + 1, month, 0)).getUTCDate();
  return `${year + 1}-${String(month).padStart(2, '0')}-${String(Math.min(date, last)).padStart(2, '0')}`;
}

/** The assessment of each competency that counts: the newest. The list comes newest first. */
export function newestOfEach(assessments: readonly Assessment[]): Assessment[] {
  const newest = new Map<string, Assessment>();
  for (const one of assessments) {
    const known = newest.get(one.competencyId);
    if (known === undefined || newer(one, known)) newest.set(one.competencyId, one);
  }
  return [...newest.values()];
}

function newer(one: Assessment, other: Assessment): boolean {
  if (one.assessedOn !== other.assessedOn) return one.assessedOn > other.assessedOn;
  return one.recordedAt > other.recordedAt;
}

/** Whether an assessment counts on this day; from the day in `validUntil` on it does not. */
export function assessmentState(
  { validUntil }: Pick<Assessment, 'validUntil'>,
  today: string,
): { is: 'valid' } | { is: 'soon'; days: number } | { is: 'lapsed' } {
  const days = Math.round((Date.parse(validUntil) - Date.parse(today)) / 86_400_000);
  if (days <= 0) return { is: 'lapsed' };
  return days <= soonDays ? { is: 'soon', days } : { is: 'valid' };
}

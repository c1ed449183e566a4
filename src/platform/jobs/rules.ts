/** When a job runs by itself. Times of day are UTC, in which no hour is missing or comes twice. */
export type Schedule = { everyMinutes: number } | { dailyAtUtc: `${number}:${number}` };

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The turn that `now` belongs to: the last moment at which the job was to run. All copies of the program find the same. */
export function turnOf(schedule: Schedule, now: Date): Date {
  if ('everyMinutes' in schedule) {
    const step = schedule.everyMinutes * minuteMs;
    return new Date(Math.floor(now.getTime() / step) * step);
  }
  const [hours = 0, minutes = 0] = schedule.dailyAtUtc.split(':').map(Number);
  const offset = (hours * 60 + minutes) * minuteMs;
  return new Date(Math.floor((now.getTime() - offset) / dayMs) * dayMs + offset);
}

/** How long after its n-th failure a job waits: 10 s, 40 s, then ever longer up to an hour. */
export function retryMs(attempts: number): number {
  return Math.min(10_000 * 4 ** (attempts - 1), 3_600_000);
}

import { z } from 'zod';
import type { Jobs } from '#src/platform/jobs/jobs.ts';
import { refusals, refuse } from '#src/platform/refusal.ts';
import { pageSizeMax, type Route, route } from '#src/platform/route/route.ts';

refusals({
  'job-not-retried': {
    status: 409,
    en: 'This job is running, or another of its kind waits in its place; look again in a moment.',
    fr: 'Cette tâche est en cours, ou une autre du même genre attend à sa place ; regardez de nouveau dans un instant.',
  },
});

const moment = z.iso.datetime();

/** The jobs that wait, run or failed for good, for who keeps the centre running. */
export function jobRoutes(jobs: Jobs): readonly Route[] {
  return [
    route('GET /api/jobs', {
      summary:
        'Slow work: what failed for good, what runs and what waits, in this order, and what runs by itself',
      answer: z.object({
        counts: z.array(
          z.object({
            job: z.string(),
            state: z.enum(['waiting', 'running', 'failed']),
            count: z.number().int(),
          }),
        ),
        jobs: z.array(
          z.object({
            id: z.uuid(),
            job: z.string(),
            key: z.string().nullable(),
            state: z.enum(['waiting', 'running', 'failed']),
            payload: z.record(z.string(), z.unknown()),
            attempts: z.number().int(),
            attemptsMax: z.number().int(),
            error: z.string().nullable(),
            runAt: moment,
            createdAt: moment,
            changedAt: moment,
          }),
        ),
        schedules: z.array(
          z.object({
            job: z.string(),
            everyMinutes: z.number().int().nullable(),
            dailyAtUtc: z.string().nullable(),
            lastTurn: moment.nullable(),
          }),
        ),
      }),
      handle: async () => {
        const [counts, rows, schedules] = await Promise.all([
          jobs.counts(),
          jobs.list(pageSizeMax),
          jobs.schedules(),
        ]);
        return {
          counts: counts.map(({ name, state, count }) => ({ job: name, state, count })),
          jobs: rows.map((row) => ({
            id: row.id,
            job: row.name,
            key: row.key,
            state: row.state,
            payload: row.payload,
            attempts: row.attempts,
            attemptsMax: row.attempts_max,
            error: row.error,
            runAt: row.run_at.toISOString(),
            createdAt: row.created_at.toISOString(),
            changedAt: row.changed_at.toISOString(),
          })),
          schedules: schedules.map(({ name, schedule, turn }) => ({
            job: name,
            everyMinutes: 'everyMinutes' in schedule ? schedule.everyMinutes : null,
            dailyAtUtc: 'dailyAtUtc' in schedule ? schedule.dailyAtUtc : null,
            lastTurn: turn?.toISOString() ?? null,
          })),
        };
      },
    }),
    route('POST /api/jobs/:id/retry', {
      summary: 'Try a job again now, with all its attempts before it',
      params: { id: z.uuid() },
      handle: async ({ params }, { ctx, actor }) => {
        const found = await jobs.retry(params.id);
        if (found === 'unknown') return refuse('not-found');
        if (found === 'not-now') return refuse('job-not-retried');
        ctx.log.info(
          { job: params.id, person: actor.personId },
          'A job is tried again because somebody said so.',
        );
        return undefined;
      },
    }),
    route('DELETE /api/jobs/:id', {
      summary: 'Cancel a job: one that waits or failed goes, one that runs is told to end',
      params: { id: z.uuid() },
      handle: async ({ params }, { ctx, actor }) => {
        if (!(await jobs.cancel(params.id))) return refuse('not-found');
        ctx.log.info({ job: params.id, person: actor.personId }, 'A job was cancelled.');
        return undefined;
      },
    }),
  ];
}

import type { Blobs } from '#src/platform/blobs/blobs.ts';
import { defineJob, type Job } from '#src/platform/jobs/jobs.ts';

/** All slow and rare work there is. (What must be done every few seconds, or on every copy, is in upkeep.ts.) */
export function jobsOf({ blobs }: { blobs: Blobs }): readonly Job[] {
  return [
    defineJob(
      'files.sweep',
      {},
      {
        schedule: { everyMinutes: 60 },
        timeoutMs: 30 * 60_000,
        run: () => blobs.sweep(),
      },
    ),
  ];
}

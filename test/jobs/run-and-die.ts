// Takes a job and is killed in the middle of it.
import { z } from 'zod';
import { systemClock } from '#src/platform/clock.ts';
import type { Context } from '#src/platform/context.ts';
import { type Address, openDatabase } from '#src/platform/db/sql.ts';
import { createBus } from '#src/platform/events/bus.ts';
import { createJobs, defineJob } from '#src/platform/jobs/jobs.ts';
import { logTo } from '#src/platform/log.ts';

const ctx: Context = {
  db: openDatabase(JSON.parse(process.argv[2] ?? '') as Address),
  clock: systemClock,
  bus: createBus(() => {}),
  log: logTo('silent', { write() {} }),
  node: crypto.randomUUID(),
  secret: '',
  publicUrl: () => '',
};
const job = defineJob(
  'test.note',
  { n: z.number() },
  {
    run: async () => {
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => {});
    },
  },
);
createJobs(ctx, [job], { leaseMs: 300 }).start();
setInterval(() => {}, 1_000);

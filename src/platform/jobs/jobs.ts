import { z } from 'zod';
import type { Context } from '../context.ts';
import { isConnectionFault } from '../db/sql.ts';
import { newId } from '../ids.ts';
import * as queries from './queries.ts';
import { retryMs, type Schedule, turnOf } from './rules.ts';

export interface Doing {
  /** Ends when the job's time is over, it was cancelled, or the program stops. */
  signal: AbortSignal;
  /** From 1. */
  attempt: number;
}

/** Slow, rare work. It may run twice, and a second time beside a first that was given up: the second must change nothing. */
export interface Job<Payload = unknown> {
  name: string;
  payload: z.ZodType<Payload>;
  attemptsMax: number;
  timeoutMs: number;
  schedule?: Schedule;
  run(ctx: Context, payload: Payload, doing: Doing): Promise<unknown>;
}

const attemptsUnlessSaid = 8;
const timeoutMsUnlessSaid = 60_000;

/**
 * Declares a job. Its name is its key in the database: renamed, what waits under the old one is never done.
 * @param fields its payload: ids and small settings, never contents, for it is kept and shown in the office when it fails
 */
export function defineJob<Fields extends z.ZodRawShape>(
  name: string,
  fields: Fields,
  {
    attempts = attemptsUnlessSaid,
    timeoutMs = timeoutMsUnlessSaid,
    schedule,
    run,
  }: {
    attempts?: number;
    timeoutMs?: number;
    /** Runs by itself too, with an empty payload; a turn that nobody was there for is made up for once. */
    schedule?: Schedule;
    run(ctx: Context, payload: z.output<z.ZodObject<Fields>>, doing: Doing): Promise<unknown>;
  },
): Job<z.output<z.ZodObject<Fields>>> {
  return {
    name,
    payload: z.object(fields),
    attemptsMax: attempts,
    timeoutMs,
    ...(schedule === undefined ? {} : { schedule }),
    run,
  };
}

/**
 * Puts a job in the queue, in a commit of its own: it takes the context and no transaction, so that an act's transaction can never hold
 * one. What must follow an act without fail is enqueued by a reaction, which is tried until it is done.
 * @param options.key of one name and key at most one waits (it takes the newer payload and the earlier time), and one runs
 * @returns the id of the job that waits
 */
export async function enqueue<Payload>(
  ctx: Pick<Context, 'db' | 'clock'>,
  job: Job<Payload>,
  payload: NoInfer<Payload>,
  { runAt, key = null }: { runAt?: Date; key?: string | null } = {},
): Promise<string> {
  const now = ctx.clock.now();
  return queries.insertJob(ctx.db.system, {
    id: newId(now),
    name: job.name,
    key,
    payload: JSON.stringify(job.payload.parse(payload)),
    runAt: runAt ?? now,
    attemptsMax: job.attemptsMax,
    now,
  });
}

export const jobTiming = {
  /** Jobs that one copy of the program runs at a time. */
  jobsAtOnceMax: 4,
  /** A copy that has renewed nothing for so long is gone, and its jobs are taken by another. */
  leaseMs: 30_000,
  renewMs: 10_000,
  /** How often a copy looks whether something is due. */
  lookMs: 1_000,
  /** What runs when a copy stops may finish within this time. */
  stopMs: 10_000,
};

interface Running {
  row: queries.JobRow;
  end: AbortController;
  /** Set when it is this copy's no more, and its result nobody's. */
  lost: boolean;
  done: Promise<void>;
}

/** One copy's runner of jobs. */
export function createJobs(ctx: Context, jobs: readonly Job[], timing: Partial<typeof jobTiming> = {}) {
  const limits = { ...jobTiming, ...timing };
  const db = ctx.db.system;
  const known = new Map(jobs.map((job) => [job.name, job]));
  if (known.size !== jobs.length) throw new Error('Two jobs have the same name.');
  const running = new Map<string, Running>();
  let started = false;
  let stopped = false;
  let looking: Promise<void> | undefined;
  let renewing: Promise<void> | undefined;
  let cancelLook = () => {};
  let cancelRenew = () => {};
  const figures = { done: 0, failed: 0 };

  async function look(): Promise<void> {
    const now = ctx.clock.now();
    for (const { name, attemptsMax, schedule } of known.values()) {
      if (schedule === undefined) continue;
      const turn = turnOf(schedule, now);
      if (turns.get(name) === turn.getTime()) continue;
      await queries.insertTurn(db, { id: newId(now), name, attemptsMax, turn, now });
      turns.set(name, turn.getTime());
    }
    for (const { id, name } of await queries.failLost(db, now))
      ctx.log.error({ job: name, id }, 'A job ended its program again and again; it is kept as failed.');
    const limit = limits.jobsAtOnceMax - running.size;
    if (limit <= 0) return;
    const rows = await queries.takeJobs(db, {
      node: ctx.node,
      names: [...known.keys()],
      limit,
      leaseMs: limits.leaseMs,
      now,
    });
    for (const row of rows) begin(row);
  }
  const turns = new Map<string, number>();

  function begin(row: queries.JobRow): void {
    const end = new AbortController();
    const one: Running = { row, end, lost: false, done: Promise.resolve() };
    running.set(row.id, one);
    one.done = work(one).finally(() => {
      running.delete(row.id);
      if (started) hint();
    });
  }

  async function work(one: Running): Promise<void> {
    const { row, end } = one;
    const job = known.get(row.name)!;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const cancel = ctx.clock.after(job.timeoutMs, () => {
      reject(new Error(`It took longer than ${job.timeoutMs / 1_000} s.`));
      end.abort();
    });
    end.signal.addEventListener('abort', () => reject(new Error('It was ended.')), { once: true });
    late.catch(() => {}); // heard by the race below, or too late to matter
    try {
      const doing = { signal: end.signal, attempt: row.attempts };
      await Promise.race([(async () => job.run(ctx, job.payload.parse(row.payload), doing))(), late]);
      if (one.lost) return;
      if (await queries.finishJob(db, { id: row.id, node: ctx.node, attempts: row.attempts })) figures.done++;
      else
        ctx.log.warn({ job: row.name, id: row.id }, 'A job is done that was cancelled or taken meanwhile.');
    } catch (fault) {
      if (!one.lost) await noteFault(row, fault instanceof Error ? fault : new Error(String(fault)));
    } finally {
      cancel();
    }
  }

  async function noteFault(row: queries.JobRow, fault: Error): Promise<void> {
    const now = ctx.clock.now();
    const forGood = row.attempts >= row.attempts_max;
    const about = { err: fault, job: row.name, id: row.id, attempts: row.attempts };
    if (forGood) ctx.log.error(about, 'A job failed for good; it is kept and shown in the office.');
    else ctx.log.warn(about, 'A job failed; it is tried again.');
    figures.failed++;
    try {
      await queries.failJob(
        db,
        { id: row.id, node: ctx.node, attempts: row.attempts },
        {
          error: (fault.message || fault.name).slice(0, 1_000),
          retryAt: forGood ? null : new Date(now.getTime() + retryMs(row.attempts)),
          now,
        },
      );
    } catch (unwritten) {
      // The database is away: the lease runs out, and the job is taken again.
      ctx.log.warn(
        { err: unwritten, job: row.name },
        'A job’s failure could not be written; it is tried again.',
      );
    }
  }

  function hint(): void {
    if (stopped || looking !== undefined) return;
    cancelLook();
    looking = look()
      .catch((fault) => {
        if (isConnectionFault(fault)) ctx.log.warn('The database is away; jobs wait.');
        else ctx.log.error({ err: fault }, 'Jobs could not be taken; they are looked for again.');
      })
      .finally(() => {
        looking = undefined;
        if (!stopped) cancelLook = ctx.clock.after(limits.lookMs, hint);
      });
  }

  function renew(): void {
    const held = [...running.keys()];
    renewing = (async () => {
      if (held.length === 0) return;
      const kept = await queries.renewJobs(db, ctx.node, held, limits.leaseMs);
      for (const id of held) if (!kept.has(id)) lose(id);
    })()
      .catch((fault) => ctx.log.warn({ err: fault }, 'Jobs under way could not be renewed.'))
      .finally(() => {
        renewing = undefined;
        if (!stopped || running.size > 0) cancelRenew = ctx.clock.after(limits.renewMs, renew);
      });
  }

  function lose(id: string): void {
    const one = running.get(id);
    if (one === undefined) return;
    one.lost = true;
    one.end.abort();
  }

  return {
    start(): void {
      started = true;
      hint();
      renew();
    },
    /** Looks now: for tests, and after a person asked for it. */
    hint,
    /** Takes what is due and waits until it is done or has failed: for tests. */
    async runDue(): Promise<void> {
      await look();
      await Promise.all([...running.values()].map(({ done }) => done));
    },
    running: () => running.size,
    figures: () => ({ ...figures }),
    list: (limit: number) => queries.jobsShown(db, limit),
    counts: () => queries.jobCounts(db, ctx.clock.now()),
    /** What runs by itself, and the last turn that was given. */
    async schedules(): Promise<{ name: string; schedule: Schedule; turn: Date | undefined }[]> {
      const given = await queries.turnsGiven(db);
      return [...known.values()].flatMap(({ name, schedule }) =>
        schedule === undefined ? [] : [{ name, schedule, turn: given.get(name) }],
      );
    },
    /** Now, with all its attempts before it. `not-now`: it runs, or failed while a newer one of its key waits. */
    async retry(id: string): Promise<'retried' | 'not-now' | 'unknown'> {
      if (await queries.retryJob(db, id, ctx.clock.now())) {
        hint();
        return 'retried';
      }
      return (await queries.jobThere(db, id)) ? 'not-now' : 'unknown';
    },
    /** What runs hears of it at once here, and with the next renewal on another copy. */
    async cancel(id: string): Promise<boolean> {
      const there = await queries.deleteJob(db, id);
      if (there) lose(id);
      return there;
    },
    async stop(): Promise<void> {
      stopped = true;
      cancelLook();
      await looking;
      if (running.size > 0) {
        const { promise: over, resolve } = Promise.withResolvers<void>();
        const cancel = ctx.clock.after(limits.stopMs, resolve);
        await Promise.race([Promise.all([...running.values()].map(({ done }) => done)), over]);
        cancel();
      }
      cancelRenew();
      await renewing;
      cancelRenew();
      const left = [...running.keys()];
      if (left.length === 0) return;
      // They are told to end first; what they do after that is nobody's.
      for (const id of left) lose(id);
      await queries.releaseJobs(db, ctx.node, left, ctx.clock.now());
    },
  };
}

export type Jobs = ReturnType<typeof createJobs>;

import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { waitingPerClient } from '#src/modules/interactions/index.ts';
import { ownerOf, pool } from '#src/modules/routing/index.ts';
import type { Context } from '#src/platform/context.ts';
import { missingPartitions } from '#src/platform/db/partitions.ts';
import { holderOfLog, lags, parkedStreams } from '#src/platform/events/queries.ts';
import type { Modules } from './modules.ts';
import type { Probes } from './server.ts';

/** An open transaction that holds the log back for longer than this is named in the lag's alarm. */
const holderNamedSeconds = 5;

/** Figures are shared by whoever asks within this time: nobody makes the database count by asking often. */
const sharedMs = 1_000;

/** What /metrics and /readyz say. Figures come from the database when they are asked for; names of people or clients never appear. */
export function createProbes(ctx: Context, modules: () => Modules, isUp: () => boolean): Probes {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const lag = gauge('parley_reaction_lag_seconds', 'Age of the oldest event a reaction has not handled', [
    'reaction',
  ]);
  const parked = gauge(
    'parley_reaction_streams_failed',
    'Streams whose reaction failed, parked or waiting to be tried again',
    ['reaction'],
  );
  const holder = gauge(
    'parley_log_holder_seconds',
    'Age of the open writing transaction that holds the log back, and who it is',
    ['holder'],
  );
  const waiting = gauge('parley_interactions_waiting', 'Interactions that wait');
  const lines = gauge('parley_lines_waiting', 'Lines that wait for their commit');
  const sockets = gauge('parley_live_lines', 'Open live lines', ['kind']);
  const owns = gauge('parley_routing_owner', '1 when this node routes');
  const epoch = gauge('parley_routing_epoch', 'Epoch of the pool', ['pool']);
  const offered = gauge('parley_offers_written', 'Offers this node has written since it started');
  const refused = gauge(
    'parley_offers_refused',
    'Decisions of this node that the record refused since it started: somebody was faster, or routing had changed hands',
  );

  const jobCount = gauge('parley_jobs', 'Slow work that waits, runs or failed for good', ['job', 'state']);
  const jobLate = gauge('parley_job_lag_seconds', 'For how long the oldest job that is due has waited', [
    'job',
  ]);
  const workers = gauge('parley_workers', 'Processes for slow and hostile work', ['pool', 'state']);
  const tasksWaiting = gauge('parley_worker_tasks_waiting', 'Tasks that wait for a worker', ['pool']);
  const tasks = gauge('parley_worker_tasks', 'Tasks since the start, by how they ended', ['pool', 'outcome']);
  const taskSeconds = gauge('parley_worker_task_seconds_p99', 'Of the last thousand tasks', ['pool']);
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const violations = counter(
    'parley_routing_invariant_violations_total',
    'Violations of a published invariant that this node found; 0 in a centre that is well',
    ['invariant'],
  );
  const checks = counter('parley_routing_checks_total', 'Checks of the invariants', ['result']);
  const checkedAt = gauge(
    'parley_routing_check_timestamp_seconds',
    'When this node checked the invariants last, in seconds since 1970; 0 before it has',
  );
  const checkSeconds = gauge('parley_routing_check_seconds', 'How long that check took');

  let figures: { at: number; text: Promise<string> } | undefined;
  let looking: Promise<string[]> | undefined;

  async function look(): Promise<string[]> {
    const missing: string[] = [];
    if (!isUp()) missing.push('The database is recovering.');
    try {
      const partitions = await missingPartitions(ctx.db.system, ctx.clock.now());
      if (partitions.length > 0) missing.push(`Partitions are missing: ${partitions.join(', ')}.`);
    } catch {
      missing.push('The database does not answer.');
    }
    return missing;
  }

  async function read(): Promise<string> {
    const db = ctx.db.system;
    const { chatLive, staffLive, lines: writer, routing, checker, pools } = modules();
    sockets.set({ kind: 'customer' }, chatLive.connections());
    sockets.set({ kind: 'staff' }, staffLive.connections());
    lines.set(writer.waiting());
    owns.set(routing.owns() ? 1 : 0);
    offered.set(routing.offered());
    const { found, done, skipped, failed, last } = checker.figures();
    violations.reset();
    for (const [invariant, count] of Object.entries(found)) violations.inc({ invariant }, count);
    checks.reset();
    for (const [result, count] of Object.entries({ done, skipped, failed })) checks.inc({ result }, count);
    checkedAt.set((last?.at.getTime() ?? 0) / 1000);
    checkSeconds.set((last?.milliseconds ?? 0) / 1000);
    refused.set(routing.refused());
    for (const pool of pools) {
      const { name, workers: all, busy, waiting, answered, failed, p99Ms } = pool.figures();
      workers.set({ pool: name, state: 'busy' }, busy);
      workers.set({ pool: name, state: 'idle' }, all - busy);
      tasksWaiting.set({ pool: name }, waiting);
      tasks.set({ pool: name, outcome: 'answered' }, answered);
      for (const [outcome, count] of Object.entries(failed)) tasks.set({ pool: name, outcome }, count);
      taskSeconds.set({ pool: name }, p99Ms / 1_000);
    }
    try {
      const [behind, failed, holds, counts, owner, jobs] = await Promise.all([
        lags(db, ctx.clock.now()),
        parkedStreams(db, 10_000),
        holderOfLog(db),
        waitingPerClient(db),
        ownerOf(db, pool),
        modules().jobs.counts(),
      ]);
      jobCount.reset();
      jobLate.reset();
      for (const { name, state, count, late } of jobs) {
        jobCount.set({ job: name, state }, count);
        if (state === 'waiting') jobLate.set({ job: name }, late);
      }
      lag.reset();
      parked.reset();
      holder.reset();
      for (const row of behind) {
        lag.set({ reaction: row.reaction }, row.seconds);
        parked.set(
          { reaction: row.reaction },
          failed.filter(({ reaction }) => reaction === row.reaction).length,
        );
      }
      if (holds !== undefined && holds.seconds > holderNamedSeconds)
        holder.set({ holder: holds.what }, holds.seconds);
      waiting.set(counts.reduce((sum, row) => sum + row.waiting, 0));
      if (owner !== undefined) epoch.set({ pool }, Number(owner.epoch));
    } catch {
      // The database is away: what the process knows by itself is still told, and /readyz says the rest.
    }
    return registry.metrics();
  }

  return {
    // Asked by many at once it is one look.
    ready: () => (looking ??= look().finally(() => (looking = undefined))),
    async metrics({ named }) {
      const now = ctx.clock.monotonic();
      if (figures === undefined || now - figures.at >= sharedMs) figures = { at: now, text: read() };
      const text = await figures.text;
      return { contentType: registry.contentType, text: named ? text : withoutHolder(text) };
    },
  };
}

/** The figures without the name of who holds the log back, which tells users, databases and programs of the server. */
export function withoutHolder(text: string): string {
  return text.replace(/^parley_log_holder_seconds\{.*\} /gm, 'parley_log_holder_seconds ');
}

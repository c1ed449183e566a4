import { setTimeout as wait } from 'node:timers/promises';
import { armFaultPoints } from '#src/platform/fault-point.ts';
import { UnusableSetting } from '#src/platform/settings.ts';

/** How long a killed database server's processes are given to notice before the statement goes out to them. */
const noticeMs = 200;

export interface ArmedPoint {
  /** As the program names it: `before line`, `after accept`. */
  name: string;
  /** Which passing of the point counts, from 1. */
  passing: number;
  does: 'kill program' | 'stop program' | 'kill database';
}

/**
 * What the benches ask for: `[database |stop ]before|after ACT[@PASSING]`, for example `after line@7`. It is loaded only when it was
 * asked for; no setting of the product, and never in production.
 * @throws UnusableSetting
 */
export function readFaultPoint(text: string, nodeEnv: string | undefined): ArmedPoint {
  if (nodeEnv === 'production') {
    throw new UnusableSetting(
      'PARLEY_FAULT_POINT ends the program on purpose, for its crash bench: unset it in production.',
    );
  }
  const found = /^(database |stop )?((?:before|after) [a-zA-Z]+)(?:@([1-9]\d{0,5}))?$/.exec(text.trim());
  if (found === null) {
    throw new UnusableSetting(
      'PARLEY_FAULT_POINT must be of the form "after line@7", "stop before offer" or "database before accept"; see docs/benchmarks.md.',
    );
  }
  return {
    name: found[2] as string,
    passing: Number(found[3] ?? 1),
    does: found[1] === undefined ? 'kill program' : found[1] === 'stop ' ? 'stop program' : 'kill database',
  };
}

/**
 * Kills without a chance to do anything (SIGKILL), or stops until `SIGCONT`, when the point is passed for the n-th time after `SIGUSR2`,
 * once. Before that
 * signal nothing counts, so that the bench decides when the load is as it should be.
 */
export function armFaultPoint(point: ArmedPoint, databasePid: () => number | undefined): void {
  let left = Number.POSITIVE_INFINITY;
  process.once('SIGUSR2', () => {
    left = point.passing;
  });
  armFaultPoints(async (name) => {
    if (name !== point.name || --left !== 0) return;
    // Whoever is stopped goes on here when woken, with what it was about to do: to it no time has passed.
    if (point.does === 'stop program') return void process.kill(process.pid, 'SIGSTOP');
    const pid = point.does === 'kill program' ? process.pid : databasePid();
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    if (point.does === 'kill program') await new Promise(() => {}); // nothing more happens in this process
    // A statement sent at once could still be served by a process that outlives its server for a moment.
    if (name.startsWith('before')) await wait(noticeMs);
  });
}

import { systemClock } from '#src/platform/clock.ts';
import type { Address } from '#src/platform/db/sql.ts';
import { isConnectionFault, sqlState } from '#src/platform/db/sql.ts';
import {
  openDataFolder,
  readOrMakeSecret,
  type SupervisedCluster,
  superviseCluster,
} from '#src/platform/launcher/index.ts';
import { openLog } from '#src/platform/log.ts';
import { readSettings, UnusableSetting, unknownSettings } from '#src/platform/settings.ts';
import { refuseTakenPort } from './port.ts';
import { type Program, startProgram } from './program.ts';

// The composition root: settings, database, program, and an orderly end. Prints what a person who waits wants to know.

const say = (line: string) => console.log(line);
let program: Program | undefined;
let cluster: SupervisedCluster | undefined;
let ending: Promise<void> | undefined;
const starting = new AbortController();

process.title = 'parley';
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(0));
// A promise nobody waited for leaves the rest of the program as it was: it is logged, and the centre goes on.
process.on('unhandledRejection', (fault) => log.error({ err: fault }, 'A fault that nobody waited for.'));
process.on('uncaughtException', (fault) => endOnFault(fault));

/** Finishes what is in flight, stops the database that is ours, and ends. Asked twice, it is the same end. */
function end(code: number): Promise<void> {
  ending ??= (async () => {
    starting.abort(new Error('stopping'));
    say('Parley is stopping.');
    try {
      await program?.stop();
    } finally {
      await cluster?.stop();
    }
    say('Parley has stopped.');
    process.exit(code);
  })().catch((fault) => {
    console.error(`Parley could not stop cleanly: ${fault instanceof Error ? fault.message : String(fault)}`);
    process.exit(1);
  });
  return ending;
}

/** A fault nobody expected: it is logged whole, and the program ends in order rather than go on in an unknown state. */
function endOnFault(fault: unknown): void {
  if (ending !== undefined) return;
  log.fatal({ err: fault }, 'A fault that nobody expected: Parley stops.');
  void end(1);
}

function endOnSetting(error: UnusableSetting): void {
  console.error(error.message);
  void (cluster === undefined ? process.exit(1) : cluster.stop().finally(() => process.exit(1)));
}

function settingsOrEnd() {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (!(error instanceof UnusableSetting)) throw error;
    console.error(error.message);
    return process.exit(1);
  }
}
const settings = settingsOrEnd();
const log = openLog(settings.logLevel);
for (const sentence of unknownSettings(process.env)) log.warn(sentence);

try {
  let address: Address;
  if (settings.databaseUrl === undefined || settings.secret === undefined) openDataFolder(settings.dataDir);
  await refuseTakenPort(settings.port);
  if (settings.databaseUrl === undefined) {
    cluster = await superviseCluster({ dataDir: settings.dataDir, say, signal: starting.signal });
    const { host, port, user, database } = cluster;
    address = { host, port, user, database };
    void cluster.failed.then((error) => {
      log.fatal({ err: error }, 'The database could not be brought back: Parley stops.');
      void end(1);
    });
  } else address = { url: settings.databaseUrl };
  // Only the crash bench names a place to be killed at (docs/benchmarks.md): a hook of its tests, no setting of the product.
  const faultPoint = process.env.PARLEY_FAULT_POINT;
  if (faultPoint !== undefined) {
    const { armFaultPoint, readFaultPoint } = await import('./fault-points.ts');
    armFaultPoint(readFaultPoint(faultPoint, process.env.NODE_ENV), () => cluster?.pid);
  }
  program = await startProgram({
    address,
    settings,
    secret: settings.secret ?? readOrMakeSecret(settings.dataDir),
    clock: systemClock,
    log,
    alone: cluster !== undefined,
    isUp: () => cluster?.up ?? true,
  });
  if (ending === undefined)
    say(`Parley is ready: ${settings.publicUrl ?? `http://localhost:${program.port}`}`);
} catch (error) {
  if (starting.signal.aborted) await ending;
  else if (error instanceof UnusableSetting) endOnSetting(error);
  else {
    const sentence = settings.databaseUrl === undefined ? undefined : unreachable(error);
    if (sentence === undefined) endOnFault(error);
    else endOnSetting(new UnusableSetting(sentence));
  }
}

/** What a person should do when the database they named cannot be used. */
function unreachable(error: unknown): string | undefined {
  const state = sqlState(error);
  if (state === '28P01' || state === '28000')
    return 'PARLEY_DATABASE_URL: the database refuses this user or password; correct them.';
  if (state === '3D000') return 'PARLEY_DATABASE_URL names a database that does not exist; create it first.';
  if (state === '42501')
    return `PARLEY_DATABASE_URL: its user lacks a right (${(error as Error).message}); grant it, or make the user the owner of the database.`;
  if (isConnectionFault(error)) {
    const code = (error as { code?: string }).code ?? '';
    return `PARLEY_DATABASE_URL: no PostgreSQL answers there (${code}); check the address and that the server runs.`;
  }
  return undefined;
}

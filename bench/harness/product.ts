import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import postgres from 'postgres';
import { readPostmasterFile } from '#src/platform/launcher/postmaster.ts';
import { type Program, type ProgramOptions, startProgram } from '#test/support/program.ts';
import { administrator } from './centre.ts';

const main = join(import.meta.dirname, '../../src/app/main.ts');

/** Starts the real program with its embedded database, as a process of its own. Only warnings are logged. */
export function startProduct({
  profileDir,
  env,
  ...options
}: ProgramOptions & { profileDir?: string }): Promise<Program> {
  return startProgram({
    ...options,
    readyMs: 120_000,
    // The debugger stays shut until it is asked for, and then takes any free port.
    command: [
      process.execPath,
      '--inspect-port=127.0.0.1:0',
      ...(profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`]),
      main,
    ],
    env: {
      PARLEY_ADMIN_EMAIL: administrator.email,
      PARLEY_ADMIN_PASSWORD: administrator.password,
      PARLEY_LOG_LEVEL: 'warn',
      ...env,
    },
  });
}

/** A port that is free now and can be asked for again after a restart. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A way into the program's embedded database that the program knows nothing of. */
export function databaseOf(dataDir: string): postgres.Sql {
  const file = readPostmasterFile(join(dataDir, 'postgres'));
  if (file === undefined) throw new Error(`no database serves ${dataDir}`);
  return postgres({
    host: file.socketDir,
    port: file.port,
    user: 'parley',
    database: 'parley',
    max: 1,
    connect_timeout: 30,
    onnotice() {},
  });
}

export function databasePid(dataDir: string): number {
  const file = readPostmasterFile(join(dataDir, 'postgres'));
  if (file === undefined) throw new Error(`no database serves ${dataDir}`);
  return file.pid;
}

/** Resident memory of a process, in bytes. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

/** Processor time that a process has used so far, in milliseconds. */
export function processorMsOf(pid: number): number {
  const after = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(after[11]) + Number(after[12])) * 10; // clock ticks are 100 a second on every Linux that Node runs on
}

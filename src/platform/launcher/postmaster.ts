import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a running server writes about itself into `postmaster.pid`. */
export interface PostmasterFile {
  pid: number;
  port: number;
  socketDir: string;
  status: string;
}

/** @returns undefined while the file is missing or half written. */
export function readPostmasterFile(pgData: string): PostmasterFile | undefined {
  try {
    return parsePostmasterFile(readFileSync(join(pgData, 'postmaster.pid'), 'utf8'));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), socketDir: lines[4] ?? '', status: lines[7] ?? '' };
}

/**
 * The name that the server of this very folder carries in its arguments and in the titles of its children (`cluster_name`). It
 * follows the folder when that is moved, and a copy has another: so neither a number that was given to another process since
 * nor the original's server is mistaken for ours.
 */
export function clusterToken(pgData: string): string {
  const { dev, ino } = statSync(pgData, { bigint: true });
  return `parley-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 16)}`;
}

interface Process {
  pid: number;
  command: string;
}

/** Every living process that carries the token. One that has ended and only waits to be reaped counts as gone. */
export function processesOf(token: string): Process[] {
  const carries = new RegExp(`\\b${token}\\b`);
  return processes().filter(({ command }) => carries.test(command));
}

function processes(): Process[] {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc').flatMap((name) => {
      const found = /^\d+$/.test(name) ? processAt(Number(name)) : undefined;
      return found === undefined ? [] : [found];
    });
  }
  const listed = spawnSync('ps', ['-axo', 'pid=,stat=,command='], { encoding: 'utf8' }).stdout ?? '';
  return [...listed.matchAll(/^\s*(\d+)\s+(\S+)\s+(.*)$/gm)]
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([, pid, , command]) => ({ pid: Number(pid), command: command ?? '' }));
}

function processAt(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return undefined;
    return { pid, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() };
  } catch {
    return undefined;
  }
}

/** Whether a process lives; one that only waits to be reaped does not. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return false;
  }
  return processWith(pid) !== undefined;
}

function processWith(pid: number): Process | undefined {
  return existsSync('/proc/self/stat') ? processAt(pid) : processes().find((found) => found.pid === pid);
}

/** Whether the process with this number is the server of the cluster with this token. */
export function isServerOf(token: string, pid: number): boolean {
  return processWith(pid)?.command.includes(token) ?? false;
}

export type Found =
  /** No server, and the last one was stopped properly. */
  | { kind: 'none' }
  /** No server, though its file says one: it was killed, or the machine went down. */
  | { kind: 'killed' }
  /** The server of a program that was killed still runs. */
  | { kind: 'ours'; file: PostmasterFile }
  /** Somebody has started another PostgreSQL on the folder by hand. */
  | { kind: 'foreign'; pid: number };

/** Looks who serves the folder now. */
export function findServer(pgData: string, token: string): Found {
  const file = readPostmasterFile(pgData);
  if (file === undefined)
    return existsSync(join(pgData, 'postmaster.pid')) ? { kind: 'killed' } : { kind: 'none' };
  if (!lives(file.pid)) return { kind: 'killed' };
  if (isServerOf(token, file.pid)) return { kind: 'ours', file };
  const other = processWith(file.pid);
  if (other === undefined || !/(^|\/)(postgres|postmaster)\b/.test(other.command)) return { kind: 'killed' };
  return servesElsewhere(file.pid, pgData) ? { kind: 'killed' } : { kind: 'foreign', pid: file.pid };
}

/** A server's working folder is its data folder; where that may not be looked at, caution says it could be ours. */
function servesElsewhere(pid: number, pgData: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) !== pgData;
  } catch {
    return false;
  }
}

/** Whether the server's program was replaced on disk since it started, so that it could no longer load its own parts. */
export function programReplaced(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`).endsWith(' (deleted)');
  } catch {
    return false;
  }
}

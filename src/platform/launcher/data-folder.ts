import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UnusableSetting } from '#src/platform/settings.ts';
import { makeFolder } from './make-folder.ts';

/** A data folder that this process holds alone until it releases it or ends. */
export interface DataFolder {
  /** Absolute, with links resolved. */
  readonly path: string;
  release(): void;
}

/** Folders held by this process, with how many of its parts hold each: the launcher and the rest of the program both do. */
const held = new Map<string, { lock: DatabaseSync; holders: number }>();

/**
 * Makes the folder where needed and takes it for this process alone.
 *
 * The lock is SQLite's on an empty file, which is the operating system's own record lock: it ends with the process, however that
 * ends. A file with a process number in it would outlive a kill -9 and then refuse the next start, or trust a number that another
 * process has got since; an unlinked and re-made socket can be taken by two at once.
 * @throws UnusableSetting when the folder cannot be used or another program has it.
 */
export function openDataFolder(dataDir: string): DataFolder {
  const path = usableFolder(dataDir);
  const ours = held.get(path);
  if (ours !== undefined) ours.holders += 1;
  else held.set(path, { lock: lockOn(path), holders: 1 });
  let released = false;
  return {
    path,
    release() {
      const holding = held.get(path);
      if (released || holding === undefined) return;
      released = true;
      holding.holders -= 1;
      if (holding.holders > 0) return;
      held.delete(path);
      rmSync(join(path, 'running'), { force: true });
      holding.lock.close();
    },
  };
}

function usableFolder(dataDir: string): string {
  try {
    // The embedded database of a program that runs as root belongs to a user without rights, who must get through to its own
    // folder, and no further: hence the search bit for others then.
    makeFolder(resolve(dataDir), process.getuid?.() === 0 ? 0o711 : 0o700);
    return realpathSync(dataDir);
  } catch (error) {
    throw unwritable(resolve(dataDir), error);
  }
}

function lockOn(path: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(path, 'lock'), { timeout: 0 });
    lock.exec('begin exclusive');
    writeFileSync(join(path, 'running'), `${process.pid}\n`);
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { errcode?: number }).errcode === sqliteBusy) {
      throw new UnusableSetting(
        `Another Parley${holderOf(path)} is running on the data folder ${path}: stop it first, or give this one its own folder by PARLEY_DATA_DIR.`,
      );
    }
    throw unwritable(path, error);
  }
}

const sqliteBusy = 5;

function holderOf(path: string): string {
  try {
    return ` (process ${Number(readFileSync(join(path, 'running'), 'utf8'))})`;
  } catch {
    return '';
  }
}

/** The refusal of a folder that cannot be written to, with the system's own word for why. */
export function unwritable(path: string, error: unknown): UnusableSetting {
  const code = (error as { code?: string }).code ?? '';
  const why = {
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EROFS: 'read-only file system',
    ENOSPC: 'no space left',
    ENOENT: 'no folder can be made there',
    ENOTDIR: 'a file is in its way',
    EEXIST: 'a file is in its way',
  }[code];
  return new UnusableSetting(
    `The data folder ${path} cannot be written to${why === undefined ? '' : ` (${why})`}: make it writable for this user, or choose another by PARLEY_DATA_DIR.`,
    { cause: error },
  );
}

/**
 * The key that signs sessions when PARLEY_SECRET is not set: made once, kept in the data folder, readable for its owner alone.
 * @throws UnusableSetting when it can be neither read nor made, or was cut short.
 */
export function readOrMakeSecret(dataDir: string): string {
  const file = join(dataDir, 'secret');
  try {
    return secretIn(file);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT')
      throw error instanceof UnusableSetting ? error : unwritable(dataDir, error);
  }
  const draft = join(dataDir, `secret.${randomBytes(6).toString('hex')}`);
  try {
    const handle = openSync(draft, 'wx', 0o600);
    writeFileSync(handle, `${randomBytes(32).toString('base64url')}\n`);
    fsyncSync(handle);
    closeSync(handle);
    try {
      // A link, unlike a rename, does not replace a key that somebody else has made meanwhile.
      linkSync(draft, file);
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
    return secretIn(file);
  } catch (error) {
    throw error instanceof UnusableSetting ? error : unwritable(dataDir, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

function secretIn(file: string): string {
  const secret = readFileSync(file, 'utf8').trim();
  if (secret.length < 32) {
    throw new UnusableSetting(
      `The key in ${file} is damaged: restore it from a backup, or remove the file, which signs everybody out.`,
    );
  }
  return secret;
}

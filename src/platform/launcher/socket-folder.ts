import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canReach, type ServerUser } from './server-user.ts';

/** A Unix socket's path may have 107 bytes; PostgreSQL puts `/.s.PGSQL.5432` behind the folder. */
const folderBytesMax = 107 - '/.s.PGSQL.5432'.length;

/**
 * The folder of the server's socket, open to the server's user alone. It lies with the data; when that path is too long, or the
 * server's user cannot get there, under the system's temporary folder, by the same name each time.
 */
export function socketFolder(
  dataDir: string,
  token: string,
  user: ServerUser | undefined,
  temporary = tmpdir(),
): string {
  const beside = join(dataDir, 'run');
  if (Buffer.byteLength(beside) <= folderBytesMax && canReach(user, dataDir) && ownFolder(beside, user))
    return beside;
  const root = Buffer.byteLength(join(temporary, `${token}-123456`)) <= folderBytesMax ? temporary : '/tmp';
  const short = join(root, token);
  if (ownFolder(short, user)) return short;
  // Everybody may write there, so the name may have been taken by somebody who waits for our connections.
  const unforeseen = mkdtempSync(`${short}-`);
  if (user !== undefined) chownSync(unforeseen, user.uid, user.gid);
  return unforeseen;
}

/** Makes the folder, or finds it to be ours and closed to others. */
function ownFolder(folder: string, user: ServerUser | undefined): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(folder);
  const own = process.getuid?.() ?? found.uid;
  if (!found.isDirectory() || (found.uid !== own && found.uid !== user?.uid)) return false;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  return true;
}

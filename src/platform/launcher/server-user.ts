import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { UnusableSetting } from '#src/platform/settings.ts';

/** The user whom the database server runs as, when that is not our own. */
export interface ServerUser {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root. 65534 is the user without rights on every Linux, whatever its name there. */
const withoutRights: ServerUser = { uid: 65534, gid: 65534 };

/**
 * Who runs the server: ourselves, or, when we are root, whoever owns the database already, else a user without rights.
 * @param pgData folder of the database, which need not exist yet.
 * @throws UnusableSetting when the database belongs to somebody whom we cannot become.
 */
export function serverUser(pgData: string): ServerUser | undefined {
  const own = process.getuid?.();
  const owner = statSync(pgData, { throwIfNoEntry: false });
  if (own === 0)
    return owner === undefined || owner.uid === 0 ? withoutRights : { uid: owner.uid, gid: owner.gid };
  if (owner !== undefined && own !== undefined && owner.uid !== own) {
    throw new UnusableSetting(
      `The database in ${pgData} belongs to another user (number ${owner.uid}): start Parley as that user, or choose another folder by PARLEY_DATA_DIR.`,
    );
  }
  return undefined;
}

/** Whether that user gets through to a folder. Tried rather than computed from modes, which know nothing of access lists. */
export function canReach(user: ServerUser | undefined, folder: string): boolean {
  if (user === undefined) return true;
  return (
    spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' })
      .status === 0
  );
}

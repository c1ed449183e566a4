import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing, each with the same mode; one that is there stays as it is.
 *
 * Not `recursive` of mkdirSync: below a folder that is there and takes no new ones, as /proc, the system answers "no such file",
 * and Node then tries for ever, deaf to every signal.
 * @throws the system's error, as mkdirSync does.
 */
export function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as { code?: string };
    const parent = dirname(path);
    if (code === 'ENOENT' && !existsSync(parent)) {
      makeFolder(parent, mode);
      makeFolder(path, mode);
    } else if (code !== 'EEXIST' || !statSync(path).isDirectory()) throw error;
  }
}

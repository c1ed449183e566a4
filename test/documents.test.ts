import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

// What the documents name is there: links, paths, commands, figures, limits.

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort();
const operating = 'docs/operating.md';

/** Prose alone: what stands between fences is an example. */
function proseOf(page: string): string {
  return read(page).replace(/^```[\s\S]*?^```/gm, '');
}

/** As the pages are shown by what hosts repositories: small letters, hyphens for spaces, no punctuation. */
function anchorsOf(page: string): Set<string> {
  return new Set(
    [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every link of a document leads to something', () => {
  const broken = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      const there = existsSync(join(root, target)) && (anchor === undefined || anchorsOf(target).has(anchor));
      return there ? [] : [`${page}: ${link}`];
    }),
  );
  assert.deepEqual(broken, []);
});

test('every file and folder that a document names is there', () => {
  const broken = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/`((?:src|web|test|bench|docs|migrations)\/[^`\s…]*)`/g)].flatMap(
      ([, path = '']) => (globSync(path, { cwd: root }).length > 0 ? [] : [`${page}: ${path}`]),
    ),
  );
  assert.deepEqual(broken, []);
});

test('every command that a document gives can be run', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const bootstrap = read('bootstrap.mjs');
  const broken = pages.flatMap((page) => {
    const text = read(page);
    return [
      ...[...text.matchAll(/npm run ([a-z:]+)/g)].filter(([, name = '']) => scripts[name] === undefined),
      ...[...text.matchAll(/node bootstrap\.mjs ([a-z:-]+)/g)].filter(
        ([, name = '']) => !new RegExp(`^  '?${name}'?: \\{`, 'm').test(bootstrap),
      ),
    ].map(([command]) => `${page}: ${command}`);
  });
  assert.deepEqual(broken, []);
});

test('the page for operators names every figure of /metrics, and no other', () => {
  const figures = (text: string) => [...new Set(text.match(/parley_[a-z]+_[a-z_]+/g))].sort();
  const named = figures(read(operating)).filter((name) => !/^parley_(?:request|system)/.test(name));
  assert.deepEqual(named, figures(read('src/app/metrics.ts')));
});

/** Numbers as code or prose writes them. */
function numbersIn(text: string): number[] {
  return (text.match(/\d[\d_,]*(?:\.\d+)?/g) ?? []).map((number) => Number(number.replaceAll(/[_,]/g, '')));
}

/** Bounds of a data structure or of the operating system, which nobody meets. */
const inner = new Set([
  'runMax',
  'folderBytesMax',
  'endedMin',
  'endedMax',
  'freedMax',
  'stretchMax',
  'fewMax',
]);

test('the page for operators gives every limit as the code has it', () => {
  const rows = [...read(operating).matchAll(/^\| `(\w+)` \| `(src\/[^`]+)` \| ([^|]+) \|/gm)];
  const told = new Set<string>();
  for (const [, name = '', file = '', value = ''] of rows) {
    told.add(`${file} ${name}`);
    const line = new RegExp(`\\b${name}\\b(?: =|:)([^=].*)$`, 'm').exec(read(file))?.[1];
    assert.ok(line !== undefined, `${name} is not in ${file}`);
    assert.deepEqual(numbersIn(value), numbersIn(line), `${name} in ${file} is ${line.trim()}`);
  }
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'));
  const untold = files.flatMap((file) =>
    [...read(file).matchAll(/\b(\w+Max)(?: =|:) [\d_]/g)]
      .map(([, name = '']) => name)
      .filter((name) => !inner.has(name) && name !== 'failuresMax' && !told.has(`${file} ${name}`))
      .map((name) => `${file}: ${name}`),
  );
  assert.deepEqual(untold, []);
});

import { isNode, lineAt, type Source, type SyntaxNode, walk } from '#src/standard/syntax.ts';
import { calleeName, type Import, importsOf, plainName } from './imports.ts';
import { looksLikeSql, tablesNamedIn } from './sql-tables.ts';

// The rules of the house, each a function from the sources to what breaks it: one sentence with file, line and what to change.
// The table they read stands at the top of test/architecture.test.ts.

export interface House {
  /** Which modules a module may use; `name/contract` is the types of that module's contract and nothing else of it. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
  readonly channels: Readonly<Record<string, readonly string[]>>;
  /** Tables of each owner, a folder beneath src: its own, and those of others that its statements may name. */
  readonly tables: Readonly<
    Record<string, { readonly own: readonly string[]; readonly also?: readonly string[] }>
  >;
  /** Folders and files that may hold SQL, beside every queries.ts. */
  readonly sql: readonly string[];
  /** Files beneath src/modules that must be pure, by the end of their path. */
  readonly pure: readonly string[];
  /** Folders and files that may ask what time it is. */
  readonly time: readonly string[];
  /** Folders and files that may read the environment. */
  readonly environment: readonly string[];
  /** Packages that any module may name, and those of one module alone. */
  readonly libraries: { readonly all: readonly string[]; readonly [module: string]: readonly string[] };
  /** Files that only the tools load, and that may use what the program is not shipped with. */
  readonly tools: readonly string[];
}

const table = 'test/architecture.test.ts';

/** Where a path stands. Tests and benches stand nowhere: they may use anything. */
function placeOf(path: string): { kind: string; name: string } {
  if (isFree(path)) return { kind: 'free', name: '' };
  const [top, second, third] = path.split('/');
  if (top !== 'src') return { kind: top ?? '', name: second ?? '' };
  if (second === 'modules') return { kind: 'module', name: third ?? '' };
  if (second === 'channels') return { kind: 'channel', name: third ?? '' };
  return { kind: second ?? '', name: third ?? '' };
}

function isFree(path: string): boolean {
  return path.startsWith('test/') || path.startsWith('bench/') || /\.test\.tsx?$/.test(path);
}

function isContract(path: string): boolean {
  return path.startsWith('src/') && path.endsWith('/contract.ts');
}

function within(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}

function eachImport(
  sources: readonly Source[],
  check: (source: Source, found: Import) => string | undefined,
): string[] {
  return sources.flatMap((source) => {
    if (isFree(source.path)) return [];
    return importsOf(source).flatMap((found) => {
      const broken = check(source, found);
      return broken === undefined ? [] : [`${source.path}:${found.line} imports ${found.target}: ${broken}`];
    });
  });
}

/** Modules use one another as the table says, channels know the domain and never the reverse, only src/app knows them all. */
export function arrows(house: House, sources: readonly Source[]): string[] {
  const allowed = (row: readonly string[] | undefined, name: string, found: Import) =>
    row !== undefined &&
    (row.includes(name) || (found.typeOnly && isContract(found.target) && row.includes(`${name}/contract`)));
  return eachImport(sources, ({ path }, found) => {
    if (found.kind !== 'file') return undefined;
    const from = placeOf(path);
    const to = placeOf(found.target);
    if (to.kind === 'free') return 'the program does not use its tests or benches.';
    if (from.kind === 'web') return undefined;
    // The try page is HTML that the server sends: it stands beside the widget it carries.
    if (path === 'src/app/server.ts' && found.target === 'web/try/page.ts') return undefined;
    if (to.kind === 'web' || to.kind === '') return 'the server does not use what runs in the browser.';
    if (from.kind === 'standard') {
      return to.kind === 'standard'
        ? undefined
        : 'src/standard may be used by all and uses nothing but itself.';
    }
    if (from.kind === 'app' || to.kind === 'standard' || to.kind === 'platform') return undefined;
    if (from.kind === to.kind && from.name === to.name) return undefined;
    if (from.kind === 'platform') return `src/platform knows no ${to.kind}.`;
    if (to.kind === 'app') return 'only src/app puts the parts together; nothing uses it.';
    if (to.kind === 'channel')
      return 'nobody uses a channel but src/app: channels know the domain, never the reverse.';
    const row = from.kind === 'module' ? house.modules[from.name] : house.channels[from.name];
    if (row === undefined) return `${from.name} has no row in ${from.kind}s, at the top of ${table}.`;
    if (allowed(row, to.name, found)) return undefined;
    return `${from.name} may not use ${to.name}. If it should, add it to ${from.kind}s.${from.name} at the top of ${table}, and say why in the commit.`;
  });
}

/** Of a module or a channel others see index.ts, and its contract's types. */
export function faces(sources: readonly Source[]): string[] {
  return eachImport(sources, ({ path }, found) => {
    const to = placeOf(found.target);
    const from = placeOf(path);
    if (found.kind !== 'file' || from.kind === 'web' || (from.kind === to.kind && from.name === to.name))
      return undefined;
    if (to.kind !== 'module' && to.kind !== 'channel') return undefined;
    if (isContract(found.target))
      return found.typeOnly ? undefined : 'a contract is types: write import type.';
    const face = `src/${to.kind}s/${to.name}/index.ts`;
    return found.target === face ? undefined : `a ${to.kind} shows one face, so go through ${face}.`;
  });
}

/** The browser sees the types of contracts, and nothing else of the server. */
export function browser(sources: readonly Source[]): string[] {
  return eachImport(sources, ({ path }, found) => {
    if (!path.startsWith('web/') || found.kind !== 'file' || !found.target.startsWith('src/'))
      return undefined;
    if (!isContract(found.target)) return 'the browser sees only contract.ts of the server.';
    return found.typeOnly ? undefined : 'the browser sees only types of the server: write import type.';
  });
}

/** A contract is types about what the browser sees: it leaves nothing behind when types are stripped. */
export function contracts(sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => isContract(path))
    .flatMap((source) => {
      const folder = source.path.slice(0, source.path.lastIndexOf('/') + 1);
      const imported = importsOf(source).flatMap(({ target, typeOnly, line }) => {
        if (typeOnly && (isContract(target) || target.startsWith(folder))) return [];
        return [
          `${source.path}:${line} imports ${target}: a contract uses only types, of contracts or of its own folder.`,
        ];
      });
      const values = (source.program.body as SyntaxNode[])
        .map((statement) => (isNode(statement.declaration) ? statement.declaration : statement))
        .filter(({ type }) => /^(?:Variable|Function|Class|TSEnum)/.test(type))
        .map(
          ({ start }) =>
            `${source.path}:${lineAt(source, start)} declares a value: a contract is types only.`,
        );
      return [...imported, ...values];
    });
}

/** No module uses itself through others, as the code is and as the table would let it become. */
export function moduleCycles(house: House, sources: readonly Source[]): string[] {
  const used = new Map<string, Set<string>>();
  for (const source of sources) {
    const from = placeOf(source.path);
    if (from.kind !== 'module') continue;
    for (const found of importsOf(source)) {
      const to = placeOf(found.target);
      // Types that two contracts lend one another exist for the reader alone.
      if (to.kind !== 'module' || to.name === from.name || (found.typeOnly && isContract(found.target)))
        continue;
      used.set(from.name, (used.get(from.name) ?? new Set()).add(to.name));
    }
  }
  const permitted = new Map(
    Object.entries(house.modules).map(([name, row]) => [
      name,
      new Set(row.filter((use) => !use.includes('/'))),
    ]),
  );
  return [
    ...cyclesIn(used).map((cycle) => `modules use one another in a circle: ${cycle}`),
    ...cyclesIn(permitted).map((cycle) => `modules at the top of ${table} allow a circle: ${cycle}`),
  ];
}

/** No file of the server needs itself to be loaded: what `fulfils` or a table names would not be there yet. */
export function fileCycles(sources: readonly Source[]): string[] {
  const uses = sources
    .filter(({ path }) => path.startsWith('src/') && !isFree(path))
    .map((source): [string, Set<string>] => [
      source.path,
      new Set(
        importsOf(source)
          .filter(({ kind, typeOnly }) => kind === 'file' && !typeOnly)
          .map(({ target }) => target),
      ),
    ]);
  return cyclesIn(new Map(uses)).map((cycle) => `files need one another in a circle: ${cycle}`);
}

/** SQL stands in a folder's queries.ts and in the places of the table. */
export function sqlPlaces(house: House, sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith('src/') && !isFree(path) && !mayHoldSql(house, path))
    .flatMap((source) => {
      const statements = sqlIn(source).filter(({ certain }) => certain);
      const lines = [...new Set(statements.map(({ offset }) => lineAt(source, offset)))];
      if (lines.length === 0) return [];
      return [
        `${source.path}:${lines.join(', ')} holds SQL: move it to the folder's queries.ts, or add the file to sql at the top of ${table}.`,
      ];
    });
}

/** An owner's statements name its own tables, and those of others that its row allows. */
export function tableOwners(house: House, sources: readonly Source[], known: ReadonlySet<string>): string[] {
  const owners = Object.keys(house.tables);
  const broken = sources
    .filter(({ path }) => path.startsWith('src/') && !isFree(path) && mayHoldSql(house, path))
    .flatMap((source) => {
      const owner = owners.find((folder) => source.path.startsWith(`src/${folder}/`));
      const row = owner === undefined ? undefined : house.tables[owner];
      const allowed = new Set([...(row?.own ?? []), ...(row?.also ?? [])]);
      const told = new Set<string>();
      return sqlIn(source).flatMap(({ offset, text }) =>
        [...tablesNamedIn(text, known)].flatMap((name) => {
          if (allowed.has(name) || told.has(name)) return [];
          told.add(name);
          const place = owner ?? source.path.split('/').slice(1, -1).join('/');
          return [
            `${source.path}:${lineAt(source, offset)} names the table ${name}, which is not of ${place}: ask its owner, or add it to tables['${place}'].also at the top of ${table}.`,
          ];
        }),
      );
    });
  const owned = Object.values(house.tables).flatMap(({ own }) => own);
  return [
    ...broken,
    ...[...known]
      .filter((name) => !owned.includes(name))
      .map((name) => `the table ${name} has no owner in tables at the top of ${table}.`),
    ...owned
      .filter((name) => !known.has(name))
      .map((name) => `tables at the top of ${table} names ${name}, which no migration creates.`),
    ...owned
      .filter((name, index) => owned.indexOf(name) !== index)
      .map((name) => `the table ${name} has two owners at the top of ${table}.`),
  ];
}

/** Rules and engine are functions of what they are given: nothing they need, however far away, asks the world. */
export function purity(house: House, sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const roots = sources.filter(
    ({ path }) =>
      path.startsWith('src/modules/') && !isFree(path) && house.pure.some((end) => path.endsWith(`/${end}`)),
  );
  const broken = new Set<string>();
  for (const root of roots) {
    const seen = new Set<string>();
    const visit = (source: Source) => {
      if (seen.has(source.path)) return;
      seen.add(source.path);
      const tail =
        source === root ? 'a rule must be pure.' : `${root.path} needs it, and a rule must be pure.`;
      for (const { kind, target, typeOnly, line } of importsOf(source)) {
        if (typeOnly) continue;
        if (kind !== 'file') broken.add(`${source.path}:${line} imports ${target}: ${tail}`);
        const next = byPath.get(target);
        if (kind === 'file' && /^src\/(?:platform\/(?:db|events|clock)|app|channels)\b/.test(target)) {
          broken.add(`${source.path}:${line} imports ${target}: ${tail}`);
        } else if (next !== undefined && kind === 'file') visit(next);
      }
      for (const { name, offset } of asksOf(source)) {
        broken.add(
          `${source.path}:${lineAt(source, offset)} asks ${name}: ${tail} Hand in what it needs to know.`,
        );
      }
    };
    visit(root);
  }
  return [...broken];
}

/** What time it is, is asked of the clock that is handed in. */
export function time(house: House, sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith('src/') && !isFree(path) && !within(path, house.time))
    .flatMap((source) =>
      asksOf(source)
        .filter(({ name }) => isTime(name))
        .map(
          ({ name, offset }) =>
            `${source.path}:${lineAt(source, offset)} asks ${name}: take the clock that is handed in (src/platform/clock.ts), or add the file to time at the top of ${table}.`,
        ),
    );
}

/** Settings come from one typed place. */
export function environment(house: House, sources: readonly Source[]): string[] {
  return sources
    .filter(({ path }) => path.startsWith('src/') && !isFree(path) && !within(path, house.environment))
    .flatMap((source) => {
      const broken: string[] = [];
      walk(source.program, (node) => {
        if (plainName(node) !== 'process.env') return;
        broken.push(
          `${source.path}:${lineAt(source, node.start)} reads the environment: settings come from src/platform/settings.ts; else add the file to environment at the top of ${table}.`,
        );
      });
      return broken;
    });
}

/** A module names no library beyond those of the table, and the program only packages that it is shipped with. */
export function libraries(house: House, sources: readonly Source[], shipped: ReadonlySet<string>): string[] {
  return eachImport(sources, ({ path }, { kind, target }) => {
    if (!path.startsWith('src/') || kind !== 'package' || within(path, house.tools)) return undefined;
    if (!shipped.has(target))
      return 'the program is shipped without it: it is not among the dependencies in package.json.';
    const { kind: place, name } = placeOf(path);
    if (place !== 'module') return undefined;
    if (house.libraries.all.includes(target) || house.libraries[name]?.includes(target)) return undefined;
    return `a module names no library. Put it behind src/platform or a channel, or add it to libraries at the top of ${table}.`;
  });
}

/** What only tests and tools may load. */
export function tools(house: House, sources: readonly Source[]): string[] {
  return eachImport(sources, ({ path }, { kind, target, typeOnly }) => {
    if (kind !== 'file' || typeOnly || within(path, house.tools) || !within(target, house.tools))
      return undefined;
    return 'only tests and tools load it, never the program.';
  });
}

function mayHoldSql(house: House, path: string): boolean {
  return path.endsWith('/queries.ts') || path.endsWith('-queries.ts') || within(path, house.sql);
}

// Texts that are SQL. `certain` are those that are plainly run as such; the others only name tables, as parts of a statement do.
function sqlIn(source: Source): { text: string; offset: number; certain: boolean }[] {
  const found: { text: string; offset: number; certain: boolean }[] = [];
  walk(source.program, (node) => {
    if (node.type === 'TaggedTemplateExpression') {
      const text = templateText(node.quasi);
      const tag = plainName(node.tag) ?? '';
      const certain = /(?:^|\.)(?:sql|tx)$/.test(tag) || looksLikeSql(text);
      found.push({ text, offset: node.start, certain });
    } else if (node.type === 'TemplateLiteral') {
      found.push({ text: templateText(node), offset: node.start, certain: false });
    } else if (node.type === 'Literal' && typeof node.value === 'string') {
      found.push({ text: node.value, offset: node.start, certain: false });
    } else if (
      node.type === 'CallExpression' &&
      isNode(node.callee) &&
      node.callee.type === 'MemberExpression'
    ) {
      const { property } = node.callee;
      if (isNode(property) && property.name === 'unsafe')
        found.push({ text: '', offset: node.start, certain: true });
    }
  });
  return found;
}

function templateText(template: unknown): string {
  const quasis = isNode(template) ? (template.quasis as { value: { raw: string } }[]) : [];
  return quasis.map(({ value }) => value.raw).join(' ? ');
}

// Questions to the world outside: time, chance, timers, network, process.
function asksOf(source: Source): { name: string; offset: number }[] {
  const asked: { name: string; offset: number }[] = [];
  walk(source.program, (node) => {
    const callee = calleeName(node);
    if (callee === undefined) return;
    const date =
      callee === 'Date' && (node.type === 'CallExpression' || (node.arguments as unknown[]).length === 0);
    if (date)
      asked.push({ name: node.type === 'NewExpression' ? 'new Date()' : 'Date()', offset: node.start });
    else if (asking.test(callee)) asked.push({ name: `${callee}()`, offset: node.start });
  });
  return asked;
}

const asking =
  /^(?:globalThis\.)?(?:Date\.now|Math\.random|performance\.now|Temporal\.Now\.\w+|crypto\.(?:randomUUID|getRandomValues)|set(?:Timeout|Interval|Immediate)|queueMicrotask|fetch|process\.\w+)$/;

function isTime(name: string): boolean {
  return /Date|Temporal|performance/.test(name);
}

function cyclesIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string) => {
    const at = path.indexOf(name);
    if (at >= 0) cycles.push([...path.slice(at), name].join(' → '));
    if (at >= 0 || done.has(name)) return;
    path.push(name);
    for (const next of graph.get(name) ?? []) visit(next);
    path.pop();
    done.add(name);
  };
  for (const name of graph.keys()) visit(name);
  return cycles;
}

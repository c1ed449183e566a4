import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clauses, isInferred, type Requirement, requirement, requirements } from './requirements.ts';
import {
  isNode,
  lineAt,
  literalText,
  parseSource,
  type Source,
  type SyntaxNode,
  sourcePaths,
  walk,
} from './syntax.ts';

// The conformity register is read from the text of the program: what stands in `fulfils` and in `scenario`. Nothing is run, so
// it is the same on every machine, and no part of the program must be loadable for it.

export interface Fulfilment {
  readonly ids: readonly string[];
  readonly act: string;
  readonly file: string;
  readonly line: number;
}

export interface Shown {
  readonly ids: readonly string[];
  readonly sentence: string;
  readonly file: string;
  readonly line: number;
}

export interface Gathered {
  readonly fulfilments: readonly Fulfilment[];
  readonly scenarios: readonly Shown[];
  /** What is written so that the register cannot take it: one sentence each, with file and line. */
  readonly problems: readonly string[];
}

export type State = 'shown' | 'fulfilled, not shown' | 'open';

export const registerPath = 'docs/conformity-register.md';
export const scenariosShownPath = 'src/standard/scenarios-shown.ts';

/** Reads every `fulfils` of the program and every `scenario` of the tests in the checkout. */
export function gatherFrom(root: string): Gathered {
  const paths = sourcePaths(root, ['src', 'web', 'test']);
  return gather(paths.map((path) => parseSource(path, readFileSync(join(root, path), 'utf8'))));
}

/** The same from sources in hand. */
export function gather(sources: readonly Source[]): Gathered {
  const fulfilments: Fulfilment[] = [];
  const scenarios: Shown[] = [];
  const problems: string[] = [];
  for (const source of sources) {
    const isTest = source.path.endsWith('.test.ts') || source.path.startsWith('test/');
    const name = localName(source, isTest ? 'scenario' : 'fulfils');
    if (name === undefined) continue;
    const functions = functionsOf(source.program);
    for (const call of callsOf(source.program, name)) {
      const [idsArgument, second] = call.arguments as unknown[];
      const line = lineAt(source, call.start);
      const ids = idsOf(idsArgument);
      const where = `${source.path}:${line}`;
      if (ids === undefined) {
        problems.push(
          `${where}: write the requirement's id as a literal, or a list of them, so that the register can read it.`,
        );
        continue;
      }
      problems.push(
        ...ids
          .filter((id) => requirement(id) === undefined)
          .map((id) => `${where}: ${id} is no requirement.`),
      );
      if (isTest) {
        const sentence = literalText(second);
        if (sentence !== undefined) scenarios.push({ ids, sentence, file: source.path, line });
        else
          problems.push(
            `${where}: write the scenario's sentence as a literal, so that the register can read it.`,
          );
      } else {
        const act = isNode(second) && second.type === 'Identifier' ? (second.name as string) : undefined;
        if (act !== undefined && functions.has(act)) fulfilments.push({ ids, act, file: source.path, line });
        else
          problems.push(
            `${where}: fulfils names a function that is declared in the same file, and stands above it.`,
          );
      }
    }
  }
  const fulfilled = new Set(fulfilments.flatMap(({ ids }) => ids));
  for (const { ids, file, line } of scenarios) {
    for (const id of ids) {
      if (requirement(id) === undefined || fulfilled.has(id)) continue;
      problems.push(`${file}:${line}: a scenario shows ${id}, but nothing in the program fulfils it.`);
    }
  }
  return { fulfilments, scenarios, problems };
}

/** What the gathered sources make of one requirement. */
export function stateOf(id: string, { fulfilments, scenarios }: Gathered): State {
  if (!fulfilments.some(({ ids }) => ids.includes(id))) return 'open';
  return scenarios.some(({ ids }) => ids.includes(id)) ? 'shown' : 'fulfilled, not shown';
}

/** The register as a document. The same sources give the same text, without date. */
export function registerDocument(gathered: Gathered): string {
  const states: readonly State[] = ['shown', 'fulfilled, not shown', 'open'];
  const tally = (rows: readonly Requirement[]) =>
    states.map((state) => rows.filter((row) => stateOf(row.id, gathered) === state).length);
  const rowsOf = (clause: string) => requirements.filter((row) => row.clause === clause);
  const seen = requirements.filter((row) => !isInferred(row));
  const inferred = requirements.filter(isInferred);
  return [
    '<!-- Written by `npm run register`. Change the code, not this page. -->',
    '# Conformity register',
    '',
    'What the service standard for customer contact centres (ISO 18295-1:2017) asks, in our own words, and what Parley has for',
    'it: the functions that say they fulfil it, and the scenarios that show it by calling one of them. It is evidence about the',
    'software. Whether a contact centre conforms is for its auditor to say, and no page of ours says "certified".',
    '',
    `- **shown**: a scenario calls a function that fulfils it. **fulfilled, not shown**: a function says so, no scenario yet.`,
    '  **open**: nothing yet. A requirement may be asked of people as much as of software; open says only that Parley has no part in it so far.',
    '- **≈ inferred**: the text was not seen. The row was put together from clause titles, abstracts and neighbouring public',
    '  sources, and is not what the standard says. Its kind is a guess and marked as one.',
    '- Ids are ours. The letter is not the letter of a list in the standard.',
    '- Proof: a **guard** refuses the wrong thing, a **metric** is a figure computed continuously, a **record** is dated and attributable.',
    '',
    '## Counts',
    '',
    '| | requirements | shown | fulfilled, not shown | open |',
    '| --- | ---: | ---: | ---: | ---: |',
    countRow('read in the public sample', seen, tally(seen)),
    countRow('≈ inferred, wholly or in part', inferred, tally(inferred)),
    countRow('**all**', requirements, tally(requirements)),
    '',
    '| clause | requirements | shown | fulfilled, not shown | open |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...clauses.map(({ clause, en }) => countRow(`${clause} ${en}`, rowsOf(clause), tally(rowsOf(clause)))),
    ...clauses.flatMap(({ clause, en, fr }) => [
      '',
      `## ${clause} ${en} · *${fr}*`,
      '',
      '| id | kind | requirement | proof | fulfilled by | shown by | state |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      ...rowsOf(clause).map((row) => requirementRow(row, gathered)),
    ]),
    '',
  ].join('\n');
}

/** The scenarios as a file of the program, so that the running product can say what is shown without its tests at hand. */
export function scenariosShownModule({ scenarios }: Gathered): string {
  const entries = scenarios.map(({ ids, sentence, file }) =>
    [
      '  {',
      `    ids: [${ids.map(quoted).join(', ')}],`,
      property('sentence', sentence),
      property('file', file),
      '  },',
    ].join('\n'),
  );
  return [
    "import type { RequirementId } from './requirements.ts';",
    '',
    '// Written by `npm run register`. Change the scenarios, not this file.',
    'export const scenariosShown: readonly {',
    '  readonly ids: readonly RequirementId[];',
    '  readonly sentence: string;',
    '  readonly file: string;',
    entries.length === 0 ? '}[] = [];' : ['}[] = [', ...entries, '];'].join('\n'),
    '',
  ].join('\n');
}

function countRow(title: string, rows: readonly Requirement[], counts: readonly number[]): string {
  return `| ${[title, rows.length, ...counts].join(' | ')} |`;
}

function requirementRow(row: Requirement, gathered: Gathered): string {
  const functions = gathered.fulfilments
    .filter(({ ids }) => ids.includes(row.id))
    .map(({ act, file }) => `[${act}](../${file})`);
  const sentences = gathered.scenarios
    .filter(({ ids }) => ids.includes(row.id))
    .map(({ sentence, file }) => `[${cell(sentence)}](../${file})`);
  const cells = [
    `${row.id}${markOf(row)}`,
    kindOf(row),
    `${cell(row.en)}<br>*${cell(row.fr)}*`,
    row.proof,
    functions.join('<br>') || '–',
    sentences.join('<br>') || '–',
    stateOf(row.id, gathered),
  ];
  return `| ${cells.join(' | ')} |`;
}

function markOf({ basis }: Requirement): string {
  if (basis === 'seed') return '';
  return basis === 'inferred' ? '<br>≈ inferred' : '<br>≈ inferred in part';
}

function kindOf(row: Requirement): string {
  if (row.kind === 'unknown') return `≈ ${row.likelyKind}`;
  return row.example ? `${row.kind}, for example` : row.kind;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

// As the formatter would have it: on a line of its own when it would not end within 110 columns.
function property(name: string, text: string): string {
  const line = `    ${name}: ${quoted(text)},`;
  return line.length <= 110 ? line : `    ${name}:\n      ${quoted(text)},`;
}

// Single quotes, unless the text has more of those than of double ones.
function quoted(text: string): string {
  const singles = text.split("'").length;
  const quote = singles > text.split('"').length ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll(quote, `\\${quote}`);
  return `${quote}${escaped}${quote}`;
}

// What the file calls the function that it imports from the standard, or undefined when it imports no such thing.
function localName({ module }: Source, imported: 'fulfils' | 'scenario'): string | undefined {
  return module.staticImports
    .filter(({ moduleRequest }) => moduleRequest.value.endsWith(`/${imported}.ts`))
    .flatMap(({ entries }) => entries)
    .find(({ importName }) => importName.name === imported)?.localName.value;
}

function callsOf(program: SyntaxNode, name: string): SyntaxNode[] {
  const calls: SyntaxNode[] = [];
  walk(program, (node) => {
    const callee = node.type === 'CallExpression' && isNode(node.callee) ? node.callee : undefined;
    if (callee?.type === 'Identifier' && callee.name === name) calls.push(node);
  });
  return calls;
}

function idsOf(node: unknown): string[] | undefined {
  const one = literalText(node);
  if (one !== undefined) return [one];
  if (!isNode(node) || node.type !== 'ArrayExpression') return undefined;
  const ids = (node.elements as unknown[]).map(literalText);
  return ids.length > 0 && ids.every((id) => id !== undefined) ? ids : undefined;
}

// Names of the functions declared at the top of the file.
function functionsOf(program: SyntaxNode): Set<string> {
  const names = new Set<string>();
  for (const statement of program.body as SyntaxNode[]) {
    const declaration = isNode(statement.declaration) ? statement.declaration : statement;
    if (declaration.type === 'FunctionDeclaration') names.add((declaration.id as { name: string }).name);
    if (declaration.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations as { id: SyntaxNode; init: unknown }[]) {
      const isFunction =
        isNode(init) && (init.type === 'ArrowFunctionExpression' || init.type === 'FunctionExpression');
      if (isFunction && id.type === 'Identifier') names.add(id.name as string);
    }
  }
  return names;
}

import { posix } from 'node:path';
import { isNode, lineAt, literalText, type Source, type SyntaxNode, walk } from '#src/standard/syntax.ts';

/** One import, export-from, import() or import type of a file. */
export interface Import {
  /** A path from the repository's root (src/…), a built-in module (node:fs) or the name of a package. */
  readonly target: string;
  readonly kind: 'file' | 'builtin' | 'package';
  /** Nothing of it is left when the types are stripped. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Everything that the source imports, in whatever way, with each target resolved. */
export function importsOf(source: Source): Import[] {
  const imports: Import[] = [];
  const add = (specifier: string, typeOnly: boolean, offset: number) => {
    imports.push({ ...resolveFrom(source.path, specifier), typeOnly, line: lineAt(source, offset) });
  };
  walk(source.program, (node) => {
    if (!isNode(node.source)) return;
    const specifier = literalText(node.source);
    if (specifier !== undefined) add(specifier, isTypeOnly(node), node.start);
  });
  return imports;
}

/** What a call calls, as it is written: `Date.now`, `fetch`; undefined for anything less plain. */
export function calleeName(node: SyntaxNode): string | undefined {
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
  return plainName(node.callee);
}

/** A name or a chain of names as it is written: `Date`, `process.env`; undefined for anything else. */
export function plainName(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier') return node.name as string;
  if (node.type !== 'MemberExpression' || node.computed === true) return undefined;
  const object = plainName(node.object);
  return object === undefined ? undefined : `${object}.${plainName(node.property)}`;
}

// `import { type A }` is not among them: the braces become empty and the file is loaded all the same.
function isTypeOnly(node: SyntaxNode): boolean {
  return node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type';
}

function resolveFrom(path: string, specifier: string): Pick<Import, 'target' | 'kind'> {
  if (specifier.startsWith('#')) return { target: specifier.slice(1), kind: 'file' };
  if (specifier.startsWith('.')) {
    return { target: posix.normalize(posix.join(posix.dirname(path), specifier)), kind: 'file' };
  }
  if (specifier.startsWith('node:')) return { target: specifier, kind: 'builtin' };
  const parts = specifier.split('/');
  return { target: parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/'), kind: 'package' };
}

// Which tables a piece of SQL reads or writes, as far as a reader of text can tell: enough to see a foreign table named.

/** Names of the tables that the migrations create. */
export function tablesCreatedBy(migrations: readonly string[]): Set<string> {
  const names = migrations.flatMap((text) =>
    [
      ...withoutComments(text).matchAll(
        /create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?([a-z_]+)(?!\s+partition\s+of)\b/gi,
      ),
    ].map(([, name]) => name as string),
  );
  return new Set(names);
}

/** Tables of the known ones that stand in the SQL where a table is named: after from, join, into, update, using, table, only. */
export function tablesNamedIn(sql: string, known: ReadonlySet<string>): Set<string> {
  const tokens =
    withoutComments(sql)
      .toLowerCase()
      .match(/[a-z_][a-z0-9_]*|[(),.]|'(?:[^']|'')*'|\S/g) ?? [];
  const named = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    if (!/^(?:from|join|into|update|using|table|truncate)$/.test(token)) continue;
    let at = index + 1;
    for (;;) {
      while (/^(?:only|lateral|if|exists|not)$/.test(tokens[at] ?? '')) at += 1;
      if (tokens[at + 1] === '.') at += 2;
      const name = tokens[at];
      if (name === undefined || !/^[a-z_]/.test(name)) break;
      // A name before a bracket is a function, unless it is what is inserted into.
      if (known.has(name) && (token === 'into' || tokens[at + 1] !== '(')) named.add(name);
      // A comma after the name and its alias goes on with the next table of the list.
      at += 1;
      if (tokens[at] === 'as') at += 1;
      if (tokens[at] !== ',' && /^[a-z_]/.test(tokens[at] ?? '')) at += 1;
      if (tokens[at] !== ',') break;
      at += 1;
    }
  }
  return named;
}

/** True when the text begins as a statement of SQL does. */
export function looksLikeSql(text: string): boolean {
  return /^\s*(?:with|select|insert|update|delete|merge|create|alter|drop|truncate|lock|grant|revoke|listen|notify|set)\s/i.test(
    text,
  );
}

function withoutComments(sql: string): string {
  return sql.replaceAll(/--[^\n]*/g, ' ').replaceAll(/\/\*[\s\S]*?\*\//g, ' ');
}

/** What the reader of a refusal is told about a text that cannot be kept. */
export const unkeepableWhy = 'holds a character that cannot be kept (NUL, or half of a surrogate pair)';

/** Whether the database can keep a text as it is: it refuses NUL, and in documents half a surrogate pair as well. */
export function isKeepable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** The place of the first text, name or value, that cannot be kept, such as `clients.0`; the first step of it is left out. */
export function unkeepable(value: unknown, path: readonly string[] = []): string | undefined {
  if (typeof value === 'string') return isKeepable(value) ? undefined : path.slice(1).join('.');
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, part] of Object.entries(value)) {
    const found = isKeepable(name) ? unkeepable(part, [...path, name]) : path.slice(1).join('.');
    if (found !== undefined) return found === '' ? '(body)' : found;
  }
  return undefined;
}

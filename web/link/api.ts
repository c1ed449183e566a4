import type { Page, Problem } from '#src/platform/identity/contract.ts';
import { NotReached, Refused } from './problem.ts';

/** How long one request may take before it counts as not reached, in milliseconds. */
const requestMsMax = 20_000;
/** At most so many pages are followed where a screen needs a whole list to choose from. */
const pagesMax = 20;

let whenSignedOut: () => void = () => {};

/** Says what happens when the server no longer knows who we are. */
export function onSignedOut(act: () => void): void {
  whenSignedOut = act;
}

export interface Creating {
  /** The same key, sent again, answers what the first one made. */
  key?: string;
}

async function ask<Answer>(
  method: string,
  path: string,
  body?: unknown,
  { key }: Creating = {},
): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        'accept-language': document.documentElement.lang,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(requestMsMax),
    });
  } catch (error) {
    throw new NotReached(error);
  }
  if (response.status === 204) return undefined as Answer;
  const type = response.headers.get('content-type') ?? '';
  const answer: unknown = type.includes('json') ? await response.json().catch(() => undefined) : undefined;
  if (response.ok) {
    if (answer === undefined) throw new NotReached(`${method} ${path} answered ${type}`);
    return answer as Answer;
  }
  if (!isProblem(answer)) throw new NotReached(`${method} ${path} answered ${response.status}`);
  if (answer.code === 'sign-in-needed') whenSignedOut();
  throw new Refused(answer);
}

function isProblem(answer: unknown): answer is Problem {
  return typeof answer === 'object' && answer !== null && typeof (answer as Problem).code === 'string';
}

/** Calls of the API. Each throws `Refused` with the server's problem, or `NotReached`. */
export const api = {
  get: <Answer>(path: string) => ask<Answer>('GET', path),
  post: <Answer>(path: string, body: unknown = {}, creating?: Creating) =>
    ask<Answer>('POST', path, body, creating),
  put: <Answer>(path: string, body: unknown) => ask<Answer>('PUT', path, body),
  patch: <Answer>(path: string, body: unknown) => ask<Answer>('PATCH', path, body),
  delete: (path: string) => ask<void>('DELETE', path),

  /** All items of a list that a person chooses from: clients, competencies. */
  async all<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < pagesMax; page++) {
      const answer: Page<Item> = await api.get(withQuery(path, { limit: '100', cursor }));
      items.push(...answer.items);
      cursor = answer.next;
      if (cursor === null) break;
    }
    return items;
  },
};

/** The path with those query values that are set. */
export function withQuery(path: string, query: Record<string, string | null | undefined>): string {
  const [bare = path, had] = path.split('?');
  const search = new URLSearchParams(had);
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, value);
  }
  const text = search.toString();
  return text === '' ? bare : `${bare}?${text}`;
}

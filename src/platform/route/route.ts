import { z } from 'zod';
import type { Context } from '../context.ts';
import type { Actor } from '../identity/actor.ts';
import type { Refused } from '../refusal.ts';

type Fields = Record<string, z.ZodType>;
type Values<F extends Fields | undefined> = F extends Fields
  ? z.output<z.ZodObject<F>>
  : Record<string, never>;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Signature = `${Method} /${string}`;

/** What a handler knows of the request beside its input. `actor` is there unless the route is for anyone. */
export interface Asked {
  ctx: Context;
  actor: Actor;
  address: string;
  userAgent: string;
  /** Opens or closes the browser's session: sets the cookie. */
  session: { open(token: string, expiresAt: Date): void; close(): void };
  /** The Authorization header's bearer token, for visitors. */
  bearer: string | undefined;
  /** The request's Origin and Host headers. */
  origin: string | undefined;
  host: string | undefined;
  /** Ends when the browser goes away. */
  signal: AbortSignal;
  /** Waits for something that may take long, without a place among the requests that are answered at once. */
  aside<Answer>(waiting: Promise<Answer>): Promise<Answer>;
  setHeader(name: string, value: string): void;
}

export interface Route {
  signature: Signature;
  method: Method;
  path: string;
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
  answer?: z.ZodType;
  status: 200 | 201 | 204;
  creates: boolean | 'in-several-commits';
  handle(input: { params: never; query: never; body: never }, asked: Asked): unknown;
  view?: (answer: never, input: { params: never; query: never; body: never }) => unknown;
}

/**
 * Declares a route: fields that are checked, what it answers, and a handler that translates and calls. Who may use it stands
 * in the one permission table (src/app/permissions.ts); a route without a row there is refused to all and fails the tests.
 *
 * With `creates`, an Idempotency-Key header makes a repeated request create once: the answer is kept in the same commit. What is
 * made in several commits keeps its answer after the last: a crash in between leaves a part, which can be seen and changed.
 */
export function route<
  Answered,
  P extends Fields | undefined = undefined,
  Q extends Fields | undefined = undefined,
  B extends Fields | undefined = undefined,
>(
  signature: Signature,
  spec: {
    summary: string;
    params?: P;
    query?: Q;
    body?: B;
    answer?: z.ZodType;
    status?: 200 | 201 | 204;
    creates?: boolean | 'in-several-commits';
    handle(
      input: { params: Values<P>; query: Values<Q>; body: Values<B> },
      asked: Asked,
    ): Promise<Refused<Answered>> | Refused<Answered>;
    /** What is shown of the answer; of a creation also what is kept under its key, hence from nothing but this. */
    view?: (answer: Answered, input: { params: Values<P>; query: Values<Q>; body: Values<B> }) => unknown;
  },
): Route {
  const [method, path] = signature.split(' ') as [Method, string];
  const creates = spec.creates ?? false;
  return {
    signature,
    method,
    path,
    summary: spec.summary,
    ...(spec.params === undefined ? {} : { params: z.object(spec.params) }),
    ...(spec.query === undefined ? {} : { query: z.object(spec.query) }),
    // Strict: a field that is not expected is named, not dropped, so that a misspelt one does not vanish silently.
    ...(spec.body === undefined ? {} : { body: z.strictObject(spec.body) }),
    ...(spec.answer === undefined ? {} : { answer: spec.answer }),
    status: spec.status ?? (creates !== false ? 201 : spec.answer === undefined ? 204 : 200),
    creates,
    handle: (input, asked) => spec.handle(input, asked),
    ...(spec.view === undefined ? {} : { view: spec.view }),
  };
}

export const pageSizeMax = 200;

/** A whole number as the database keeps it: a row's version, a place in a stream. */
export const whole = z.int32();
export const wholeInQuery = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);
/** A day of people's lives, yyyy-mm-dd. */
export const day = z.iso.date().refine((text) => text >= '1900-01-01', 'a day from 1900-01-01 on');
/** A moment of work: with a time zone, and in this century or the next. */
export const moment = z.iso
  .datetime({ offset: true })
  .refine((text) => /^2[01]/.test(text), 'a moment from 2000 to 2199')
  .transform((text) => new Date(text));

/** The query of every list: how many, and where the last page ended. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(pageSizeMax).default(50),
  cursor: z.uuid().optional(),
};

export function pageOf<Item>(item: z.ZodType<Item>) {
  return z.object({ items: z.array(item), next: z.uuid().nullable() });
}

/** A page from one row more than asked for: `next` is the id it ends with, or null on the last page. */
export function page<Row extends { id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
) {
  const kept = rows.slice(0, limit);
  return { items: kept.map(view), next: rows.length > limit ? kept[kept.length - 1]!.id : null };
}

import type { z } from 'zod';
import type { Instant } from '../clock.ts';

/** A kind of event with the shape of its body. One log holds them all. */
export interface EventKind<Body = Record<string, unknown>> {
  readonly kind: string;
  readonly shape: z.ZodType<Body>;
}

const kinds = new Map<string, EventKind>();

/** Declares a kind of event; each once in the whole program. */
export function event<Body extends Record<string, unknown>>(
  kind: string,
  shape: z.ZodType<Body>,
): EventKind<Body> {
  if (kinds.has(kind)) throw new Error(`Event ${kind} is declared twice.`);
  const declared: EventKind<Body> = { kind, shape };
  kinds.set(kind, declared);
  return declared;
}

export function isDeclared(kind: string): boolean {
  return kinds.has(kind);
}

/** An event as it stands in the log. Times are UTC; `seq` counts from 1 in its stream, without a gap. */
export interface LoggedEvent<Body = Record<string, unknown>> {
  stream: string;
  seq: number;
  kind: string;
  clientId: string | null;
  at: Instant;
  body: Body;
}

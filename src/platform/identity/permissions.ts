import type { Actor } from './actor.ts';
import type { Role } from './contract.ts';

/** Who may: anyone at all, a visitor with a signed session of their own, or people with one of these roles. */
export type May = 'anyone' | 'visitor' | readonly Role[];

export type PermissionTable = Readonly<Record<string, May>>;

/**
 * The answer of the one permission table for a route (`GET /api/clients`) or a topic (`topic interaction`). What has no row is
 * permitted to nobody: it fails closed.
 */
export function whyNotPermitted(
  table: PermissionTable,
  what: string,
  actor: Actor | undefined,
): 'sign-in-needed' | 'not-permitted' | undefined {
  const may = table[what];
  if (may === undefined) return 'not-permitted';
  if (may === 'anyone' || may === 'visitor') return undefined; // a visitor's session is checked where it is read
  if (actor === undefined) return 'sign-in-needed';
  return may.some((role) => actor.roles.includes(role)) ? undefined : 'not-permitted';
}

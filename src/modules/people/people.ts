import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint, type Queryable } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import type { Role } from '#src/platform/identity/contract.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refused, refusals, refuse } from '#src/platform/refusal.ts';
import { hashPassword } from './password.ts';
import {
  anyPerson,
  endSessionsOf,
  insertPerson,
  oneFirstAccountAtOnce,
  oneLeavesOfficeAtOnce,
  otherAdministrator,
  type PersonRow,
  personById,
  setClients,
  updatePerson,
} from './queries.ts';

export const personCreated = event(
  'person.created',
  z.object({ by: z.uuid().optional(), name: z.string(), roles: z.array(z.string()) }),
);
/** Rights, clients, capacity or activity changed: routing, live lines and caches look again. */
export const personChanged = event(
  'person.changed',
  z.object({ by: z.uuid().optional(), changed: z.array(z.string()) }),
);

refusals({
  'email-taken': {
    status: 409,
    en: 'Another account has this e-mail address; use another or change that account.',
    fr: 'Un autre compte utilise cette adresse ; prenez-en une autre ou modifiez ce compte.',
  },
  'first-account-exists': {
    status: 409,
    en: 'The first account was made already; sign in.',
    fr: 'Le premier compte existe déjà ; connectez-vous.',
  },
  'last-administrator': {
    status: 409,
    en: 'This is the last administrator; make another one first.',
    fr: 'C’est le dernier administrateur ; créez-en un autre d’abord.',
  },
});

export interface PersonDraft {
  email: string;
  name: string;
  roles: readonly Role[];
  language: 'en' | 'fr';
  password: string;
  clients: readonly string[];
}

/** `also` writes what belongs to another module (the capacity) in the same transaction. */
type Also = (sql: Queryable, personId: string) => Promise<void>;

/** A new account. Its e-mail address is its name at the door, in small letters. */
export async function createPerson(
  ctx: Context,
  draft: PersonDraft,
  by?: string,
  also?: Also,
): Promise<Refused<PersonRow>> {
  const passwordHash = await hashPassword(draft.password);
  const at = ctx.clock.now();
  const id = newId(at);
  return transaction<Refused<PersonRow>>(ctx, async (tx) => {
    await insertPerson(tx.sql, { id, ...draft, email: draft.email.toLowerCase(), passwordHash, at });
    await also?.(tx.sql, id);
    await publish(tx, personCreated, {
      stream: id,
      clientId: null,
      at,
      body: { ...(by === undefined ? {} : { by }), name: draft.name, roles: [...draft.roles] },
    });
    return (await personById(tx.sql, id))!;
  }).catch((error) => {
    if (brokenConstraint(error) === 'person_email') return refuse('email-taken');
    if (brokenConstraint(error)?.endsWith('fkey')) return refuse('client-unknown');
    throw error;
  });
}

/** The first account of an empty database: an administrator. Two who try at once: one is refused. */
export async function createFirstAccount(
  ctx: Context,
  draft: Omit<PersonDraft, 'roles' | 'clients'>,
): Promise<Refused<PersonRow>> {
  if (await anyPerson(ctx.db.system)) return refuse('first-account-exists'); // before the work of a hash: anyone may ask
  const passwordHash = await hashPassword(draft.password);
  const at = ctx.clock.now();
  const id = newId(at);
  return transaction<Refused<PersonRow>>(ctx, async (tx) => {
    await oneFirstAccountAtOnce(tx.sql);
    if (await anyPerson(tx.sql)) return refuse('first-account-exists');
    await insertPerson(tx.sql, {
      id,
      ...draft,
      email: draft.email.toLowerCase(),
      roles: ['administrator'],
      clients: [],
      passwordHash,
      at,
    });
    await publish(tx, personCreated, {
      stream: id,
      clientId: null,
      at,
      body: { name: draft.name, roles: ['administrator'] },
    });
    return (await personById(tx.sql, id))!;
  });
}

export interface PersonChange {
  name?: string;
  roles?: readonly Role[];
  language?: 'en' | 'fr';
  active?: boolean;
  clients?: readonly string[];
  password?: string;
  version: number;
}

/**
 * Changes an account. Losing activity, or getting a new password from an administrator, ends its sessions at once.
 *
 * @param also what other modules keep of the person, with the names of what it changed
 */
export async function changePerson(
  ctx: Context,
  id: string,
  change: PersonChange,
  by: string,
  also?: { act: Also; changed: string[] },
): Promise<Refused<PersonRow>> {
  const passwordHash = change.password === undefined ? undefined : await hashPassword(change.password);
  return transaction<Refused<PersonRow>>(ctx, async (tx) => {
    const leaving = change.active === false || change.roles?.includes('administrator') === false;
    if (leaving) await oneLeavesOfficeAtOnce(tx.sql);
    const row = await personById(tx.sql, id);
    if (row === undefined) return refuse('not-found');
    const losesOffice = leaving && row.roles.includes('administrator');
    if (losesOffice && !(await otherAdministrator(tx.sql, id))) return refuse('last-administrator');
    if (!(await updatePerson(tx.sql, id, change.version, { ...change, passwordHash })))
      return refuse('changed-meanwhile');
    if (change.clients !== undefined) await setClients(tx.sql, id, change.clients);
    await also?.act(tx.sql, id);
    if (change.active === false || passwordHash !== undefined)
      await endSessionsOf(tx.sql, id, ctx.clock.now());
    const { version: _, ...rest } = change;
    const changed = [...Object.keys(rest), ...(also?.changed ?? [])];
    await publish(tx, personChanged, {
      stream: id,
      clientId: null,
      at: ctx.clock.now(),
      body: { by, changed },
    });
    return (await personById(tx.sql, id))!;
  }).catch((error) => {
    if (brokenConstraint(error)?.endsWith('fkey')) return refuse('client-unknown');
    throw error;
  });
}

import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { allClientIds, clientChanged, clientCreated } from '#src/modules/clients/index.ts';
import type { Context } from '#src/platform/context.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import type { Actor } from '#src/platform/identity/actor.ts';
import { newId } from '#src/platform/ids.ts';
import { isRefusal, type Refused, refusals, refuse } from '#src/platform/refusal.ts';
import { hashPassword, passwordFits, pretendToCheck } from './password.ts';
import { personChanged } from './people.ts';
import {
  block,
  countFailure,
  endSession,
  endSessionsOf,
  forgive,
  insertSession,
  passwordOf,
  personById,
  sessionByToken,
  takeBackFailure,
  throttles,
  updatePerson,
} from './queries.ts';
import { blockAfter, blockedFor, guessing, sessionHours } from './rules.ts';

export const signedIn = event('session.opened', z.object({ personId: z.uuid() }));
export const signedOut = event('session.ended', z.object({ personId: z.uuid(), reason: z.string() }));

refusals({
  'sign-in-failed': {
    status: 401,
    en: 'E-mail address or password is wrong.',
    fr: 'L’adresse ou le mot de passe est incorrect.',
  },
  'too-many-attempts': {
    status: 429,
    en: 'Too many wrong passwords; wait before you try again.',
    fr: 'Trop de mots de passe erronés ; attendez avant de réessayer.',
  },
  'password-wrong': {
    status: 422,
    en: 'The current password is wrong.',
    fr: 'Le mot de passe actuel est incorrect.',
  },
});

export interface OpenedSession {
  token: string;
  sessionId: string;
  personId: string;
  expiresAt: Date;
}

/**
 * Opens a session for the right password. Wrong ones are counted (see `guessing`); what an outsider learns is the same for an
 * unknown address, a wrong password and a closed account.
 */
export async function signIn(
  ctx: Context,
  { email, password, address }: { email: string; password: string; address: string },
): Promise<Refused<OpenedSession>> {
  const account = email.toLowerCase();
  return unlessGuessing(ctx, { account, address }, async () => {
    const known = await passwordOf(ctx.db.system, account);
    const fits =
      known === undefined
        ? await pretendToCheck(password)
        : await passwordFits(known.password_hash, password);
    return known !== undefined && fits && known.active
      ? openSession(ctx, known.id)
      : refuse('sign-in-failed');
  });
}

/**
 * Makes an attempt with a password under the limits against guessing. It counts as failed before it is made and is taken back when
 * it was right, so that a hundred attempts at once are no more guesses than a hundred one after the other.
 */
async function unlessGuessing<Answer>(
  ctx: Context,
  { account, address }: { account: string; address: string },
  attempt: () => Promise<Refused<Answer>>,
): Promise<Refused<Answer>> {
  const db = ctx.db.system;
  const now = ctx.clock.now();
  const keys = {
    accountFromAddress: `account ${account} from ${address}`,
    account: `account ${account}`,
    address: `address ${address}`,
  };
  const blocked = blockedFor(await throttles(db, Object.values(keys)), now);
  if (blocked > 0) return refuse('too-many-attempts', { retryAfterSeconds: blocked });

  const windowStart = new Date(now.getTime() - guessing.windowMinutes * 60_000);
  const counted: { key: string; failures: number; limit: { failuresMax: number; blockMinutes: number } }[] =
    [];
  for (const name of ['accountFromAddress', 'account', 'address'] as const) {
    const { failures } = await countFailure(db, keys[name], now, windowStart);
    counted.push({ key: keys[name], failures, limit: guessing[name] });
  }
  if (counted.some(({ failures, limit }) => failures > limit.failuresMax)) {
    for (const { key } of counted) await takeBackFailure(db, key);
    return refuse('too-many-attempts', { retryAfterSeconds: 1 });
  }
  const answer = await attempt();
  if (!isRefusal(answer)) {
    // Who knows the password may have mistyped it here; what was guessed elsewhere, or about others, stays counted.
    await forgive(db, keys.accountFromAddress);
    for (const key of [keys.account, keys.address]) await takeBackFailure(db, key);
    return answer;
  }
  for (const { key, failures, limit } of counted) {
    const until = blockAfter(failures, limit, now);
    if (until !== undefined) await block(db, key, until);
  }
  return answer;
}

/** A session for a person who has shown who they are. Its token is given out once and kept only as a hash. */
export async function openSession(ctx: Context, personId: string): Promise<OpenedSession> {
  const at = ctx.clock.now();
  const opened = {
    token: randomBytes(32).toString('base64url'),
    sessionId: newId(at),
    personId,
    expiresAt: new Date(at.getTime() + sessionHours * 3_600_000),
  };
  await transaction(ctx, async (tx) => {
    await insertSession(tx.sql, {
      id: opened.sessionId,
      personId,
      tokenHash: hashOf(opened.token),
      at,
      expiresAt: opened.expiresAt,
    });
    await publish(tx, signedIn, { stream: opened.sessionId, clientId: null, at, body: { personId } });
  });
  return opened;
}

export async function signOut(ctx: Context, actor: Actor): Promise<void> {
  await transaction(ctx, async (tx) => {
    await endSession(tx.sql, actor.sessionId, ctx.clock.now());
    await publish(tx, signedOut, {
      stream: actor.sessionId,
      clientId: null,
      at: ctx.clock.now(),
      body: { personId: actor.personId, reason: 'signed-out' },
    });
  });
}

/** A new password, for who knows the current one; every other session of the person ends. */
export async function changeOwnPassword(
  ctx: Context,
  actor: Actor,
  { current, next, address }: { current: string; next: string; address: string },
): Promise<Refused<undefined>> {
  const right = await unlessGuessing(ctx, { account: actor.email, address }, async () => {
    const known = await passwordOf(ctx.db.system, actor.email);
    return known !== undefined && (await passwordFits(known.password_hash, current))
      ? true
      : refuse('password-wrong', { fields: { current: 'password-wrong' } });
  });
  if (isRefusal(right)) return right;
  const passwordHash = await hashPassword(next);
  return transaction<Refused<undefined>>(ctx, async (tx) => {
    const row = await personById(tx.sql, actor.personId);
    if (row === undefined || !(await updatePerson(tx.sql, row.id, row.version, { passwordHash })))
      return refuse('changed-meanwhile');
    await endSessionsOf(tx.sql, actor.personId, ctx.clock.now(), actor.sessionId);
    await publish(tx, personChanged, {
      stream: actor.personId,
      clientId: null,
      at: ctx.clock.now(),
      body: { by: actor.personId, changed: ['password'] },
    });
    return undefined;
  });
}

const hashOf = (token: string) => createHash('sha256').update(token).digest();
const actorsKeptMax = 20_000;
/** How often somebody is read while rights change all the time; then they are not kept, and read again at the next request. */
const readsMax = 3;
const actorKeptMs = 5_000;

/**
 * Who stands behind a session's token. Kept for a few seconds, and forgotten at once when the bus tells that the session,
 * the person or the clients changed: losing a right works on the next request.
 */
export function createActors(ctx: Context) {
  const kept = new Map<string, { actor: Actor; until: number }>();
  const watchers = new Set<(personId: string | undefined) => void>();
  /** Counts what was forgotten: who was read before it may have lost a right meanwhile. */
  let forgotten = 0;
  const forget = (fits: (actor: Actor) => boolean) => {
    forgotten++;
    for (const [token, { actor }] of kept) if (fits(actor)) kept.delete(token);
  };
  ctx.bus.listen((events) => {
    for (const { kind, stream, body } of events) {
      const personId =
        kind === personChanged.kind
          ? stream
          : kind === signedOut.kind
            ? (body.personId as string)
            : undefined;
      if (personId !== undefined) forget((actor) => actor.personId === personId);
      else if (kind === clientCreated.kind || kind === clientChanged.kind) forget(() => true);
      else continue;
      for (const watch of watchers) watch(personId);
    }
  });
  ctx.bus.onGap(() => {
    forget(() => true);
    for (const watch of watchers) watch(undefined);
  });

  async function read(token: string): Promise<Actor | undefined> {
    const session = await sessionByToken(ctx.db.system, hashOf(token), ctx.clock.now());
    if (session === undefined) return undefined;
    const person = await personById(ctx.db.system, session.person_id);
    if (person === undefined) return undefined;
    const clients = person.roles.includes('administrator')
      ? await allClientIds(ctx.db.system)
      : person.clients;
    return {
      personId: person.id,
      sessionId: session.id,
      name: person.name,
      email: person.email,
      roles: person.roles,
      language: person.language,
      clients,
    };
  }

  return {
    async of(token: string | undefined): Promise<Actor | undefined> {
      if (token === undefined || token.length > 100) return undefined;
      const known = kept.get(token);
      if (known !== undefined && known.until > ctx.clock.monotonic()) return known.actor;
      kept.delete(token);
      let before: number;
      let actor: Actor | undefined;
      let attempt = 0;
      do {
        before = forgotten;
        actor = await read(token);
      } while (before !== forgotten && ++attempt < readsMax);
      if (actor !== undefined && before === forgotten) {
        if (kept.size >= actorsKeptMax) kept.delete(kept.keys().next().value as string);
        kept.set(token, { actor, until: ctx.clock.monotonic() + actorKeptMs });
      }
      return actor;
    },
    /** Called when somebody's rights may have changed (undefined: anybody's): live lines ask again. */
    onChange(watch: (personId: string | undefined) => void): () => void {
      watchers.add(watch);
      return () => watchers.delete(watch);
    },
  };
}

export type Actors = ReturnType<typeof createActors>;

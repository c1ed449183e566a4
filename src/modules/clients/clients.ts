import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refused, refusals, refuse } from '#src/platform/refusal.ts';
import type { Client } from './contract.ts';
import { type ClientRow, insertClient, updateClient, writeCentre } from './queries.ts';

export const clientCreated = event(
  'client.created',
  z.object({ by: z.uuid().optional(), name: z.string(), slug: z.string() }),
);
export const clientChanged = event(
  'client.changed',
  z.object({ by: z.uuid().optional(), changed: z.record(z.string(), z.unknown()) }),
);

refusals({
  'client-unknown': {
    status: 422,
    en: 'This client does not exist, or is not yours to see.',
    fr: 'Ce donneur d’ordre n’existe pas, ou ne vous est pas visible.',
  },
  'slug-taken': {
    status: 409,
    en: 'Another client has this short name; choose another.',
    fr: 'Un autre donneur d’ordre porte ce nom court ; choisissez-en un autre.',
  },
});

export function clientView(row: ClientRow): Client {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    active: row.active,
    createdAt: row.created_at.toISOString(),
  };
}

/** A short name for addresses: small Latin letters, digits and hyphens. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '');
  return slug === '' ? 'client' : slug;
}

/** A new client: an organisation that commissions the contact centre. */
export async function createClient(
  ctx: Context,
  { name, slug }: { name: string; slug?: string },
  by?: string,
): Promise<Refused<ClientRow>> {
  const at = ctx.clock.now();
  const id = newId(at);
  return transaction<Refused<ClientRow>>(ctx, async (tx) => {
    const row = await insertClient(tx.sql, { id, name, slug: slug ?? slugOf(name), at });
    await publish(tx, clientCreated, {
      stream: id,
      clientId: id,
      at,
      body: { ...(by === undefined ? {} : { by }), name: row.name, slug: row.slug },
    });
    return row;
  }).catch((error) => {
    if (brokenConstraint(error) === 'client_slug_key') return refuse('slug-taken');
    throw error;
  });
}

export async function changeClient(
  ctx: Context,
  id: string,
  change: { name?: string; active?: boolean },
  clients: readonly string[],
  by?: string,
): Promise<Refused<ClientRow>> {
  if (!clients.includes(id)) return refuse('not-found');
  return transaction<Refused<ClientRow>>(ctx, async (tx) => {
    const row = await updateClient(tx.sql, id, change);
    if (row === undefined) return refuse('not-found');
    await publish(tx, clientChanged, {
      stream: id,
      clientId: id,
      at: ctx.clock.now(),
      body: { ...(by === undefined ? {} : { by }), changed: change },
    });
    return row;
  });
}

/** Names the contact centre itself: what customers are told of who answers. */
export async function nameCentre(ctx: Context, name: string): Promise<{ name: string }> {
  await writeCentre(ctx.db.system, name, ctx.clock.now());
  return { name };
}

import { z } from 'zod';
import { centreName, clientById } from '#src/modules/clients/index.ts';
import { lineLengthMax, typeById } from '#src/modules/interactions/index.ts';
import { hoursNow } from '#src/modules/organisation/index.ts';
import type { Context } from '#src/platform/context.ts';
import { brokenConstraint } from '#src/platform/db/sql.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refusal, type Refused, refusals, refuse } from '#src/platform/refusal.ts';
import { fulfils } from '#src/standard/fulfils.ts';
import type { ChatChannel, PublicChannel } from './contract.ts';
import {
  type ChannelDraft,
  type ChannelRow,
  type ChannelWithHours,
  channelById,
  channelByKey,
  insertChannel,
  updateChannel,
} from './queries.ts';
import { isOrigin, whyNotOpen } from './rules.ts';

export const channelChanged = event(
  'chat-channel.changed',
  z.object({ by: z.uuid().optional(), changed: z.record(z.string(), z.unknown()) }),
);

refusals({
  'channel-unknown': {
    status: 404,
    en: 'There is no such chat channel; check the key in the page’s script tag.',
    fr: 'Ce canal n’existe pas ; vérifiez la clé dans la balise script de la page.',
  },
  'channel-closed': {
    status: 409,
    en: 'This chat is closed at the moment.',
    fr: 'Ce canal est fermé pour le moment.',
  },
  'channel-without-charges': {
    status: 422,
    en: 'Say in both languages what contacting costs the customer; without it the channel does not open (4.5).',
    fr: 'Dites dans les deux langues ce que le contact coûte au client ; sans cela le canal ne s’ouvre pas (4.5).',
  },
  'channel-without-name': {
    status: 422,
    en: 'Say in both languages whom the channel speaks for (4.5).',
    fr: 'Dites dans les deux langues pour qui le canal parle (4.5).',
  },
  'channel-key-taken': {
    status: 409,
    en: 'Another channel has this key; choose another.',
    fr: 'Un autre canal porte cette clé ; choisissez-en une autre.',
  },
  'origin-malformed': {
    status: 422,
    en: 'A page’s origin looks like https://shop.example, without a path; correct it.',
    fr: 'L’origine d’une page s’écrit comme https://boutique.example, sans chemin ; corrigez-la.',
  },
});

export function channelView(row: ChannelRow): ChatChannel {
  return {
    id: row.id,
    clientId: row.client_id,
    typeId: row.type_id,
    key: row.key,
    nameEn: row.name_en,
    nameFr: row.name_fr,
    chargesEn: row.charges_en,
    chargesFr: row.charges_fr,
    greetingEn: row.greeting_en,
    greetingFr: row.greeting_fr,
    allowedOrigins: row.allowed_origins,
    accent: row.accent,
    open: row.open,
    version: row.version,
  };
}

/** Whether channels take new conversations now: opened by the office, and within the opening hours of their type. */
export async function openChannels(
  ctx: Context,
  channels: readonly ChannelWithHours[],
): Promise<Map<string, { open: boolean; closedMessage?: { en: string; fr: string } }>> {
  const wanted = [...new Set(channels.flatMap(({ hours_id: id }) => (id === null ? [] : [id])))];
  const hours = wanted.length === 0 ? undefined : await hoursNow(ctx.db.system, ctx.clock.now(), wanted);
  return new Map(
    channels.map((row) => {
      const now = row.hours_id === null ? undefined : hours?.get(row.hours_id);
      const closedMessage = row.open ? now?.message : undefined;
      return [
        row.id,
        {
          open: row.open && now?.open !== false,
          ...(closedMessage === undefined ? {} : { closedMessage }),
        },
      ];
    }),
  );
}

/** Why a channel takes no new conversation now, in words for the customer. */
export async function whyChannelClosed(
  ctx: Context,
  row: ChannelWithHours,
  language: 'en' | 'fr',
): Promise<Refusal | undefined> {
  const now = (await openChannels(ctx, [row])).get(row.id);
  if (now?.open === true) return undefined;
  const told = now?.closedMessage?.[language];
  return refuse('channel-closed', told === undefined ? {} : { detail: told });
}

fulfils(['4.5-a', '4.5-c'], tellBeforeContact);

/**
 * What a customer is told before they write: whom we speak for, who answers, what it costs. Every conversation begins with these
 * words (see `openSession`).
 */
export async function tellBeforeContact(ctx: Context, key: string): Promise<PublicChannel | undefined> {
  const row = await channelByKey(ctx.db.system, key);
  if (row === undefined) return undefined;
  const [client, centre, hours] = await Promise.all([
    clientById(ctx.db.system, row.client_id),
    centreName(ctx.db.system),
    openChannels(ctx, [row]),
  ]);
  const now = hours.get(row.id);
  if (client === undefined) return undefined;
  return {
    key: row.key,
    open: now?.open === true && client.active,
    ...(now?.closedMessage === undefined ? {} : { closedMessage: now.closedMessage }),
    name: { en: row.name_en, fr: row.name_fr },
    clientName: client.name,
    answeredBy: centre ?? client.name,
    charges: { en: row.charges_en, fr: row.charges_fr },
    greeting: { en: row.greeting_en, fr: row.greeting_fr },
    accent: row.accent,
    limits: { messageLength: lineLengthMax },
  };
}

async function whyNotKeep(ctx: Context, draft: ChannelDraft): Promise<string | undefined> {
  if (!draft.allowedOrigins.every(isOrigin)) return 'origin-malformed';
  const type = await typeById(ctx.db.system, draft.typeId);
  if (type === undefined || type.client_id !== draft.clientId || type.channel !== 'chat')
    return 'type-unknown';
  return draft.open ? whyNotOpen(draft) : undefined;
}

export async function createChannel(
  ctx: Context,
  draft: ChannelDraft,
  by?: string,
): Promise<Refused<ChannelRow>> {
  const reason = await whyNotKeep(ctx, draft);
  if (reason !== undefined) return refuse(reason);
  const at = ctx.clock.now();
  const id = newId(at);
  return transaction<Refused<ChannelRow>>(ctx, async (tx) => {
    const row = await insertChannel(tx.sql, id, draft, at);
    await publish(tx, channelChanged, {
      stream: id,
      clientId: draft.clientId,
      at,
      body: { ...(by === undefined ? {} : { by }), changed: { ...draft } },
    });
    return row;
  }).catch((error) => {
    if (brokenConstraint(error) === 'chat_channel_key_key') return refuse('channel-key-taken');
    throw error;
  });
}

export async function changeChannel(
  ctx: Context,
  id: string,
  { version, ...change }: Partial<Omit<ChannelDraft, 'clientId' | 'key'>> & { version: number },
  clients: readonly string[],
  by?: string,
): Promise<Refused<ChannelRow>> {
  const row = await channelById(ctx.db.system, id);
  if (row === undefined || !clients.includes(row.client_id)) return refuse('not-found');
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const draft: ChannelDraft = { ...channelView(row), ...given };
  const reason = await whyNotKeep(ctx, draft);
  if (reason !== undefined) return refuse(reason);
  return transaction<Refused<ChannelRow>>(ctx, async (tx) => {
    const changed = await updateChannel(tx.sql, id, version, draft);
    if (changed === undefined) return refuse('changed-meanwhile');
    await publish(tx, channelChanged, {
      stream: id,
      clientId: row.client_id,
      at: ctx.clock.now(),
      body: { ...(by === undefined ? {} : { by }), changed: given },
    });
    return changed;
  });
}

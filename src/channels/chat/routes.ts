import { z } from 'zod';
import { capacityMax, lineKeySchema, lineText } from '#src/modules/interactions/index.ts';
import type { Clock } from '#src/platform/clock.ts';
import { seeing } from '#src/platform/db/sql.ts';
import { createLimiter } from '#src/platform/limits.ts';
import type { NamesOf } from '#src/platform/names.ts';
import { isRefusal, type Refused, refuse } from '#src/platform/refusal.ts';
import { type Asked, page, pageOf, pageQuery, route, whole } from '#src/platform/route/route.ts';
import { changeChannel, channelView, createChannel, tellBeforeContact } from './channels.ts';
import type { ChatChannel, CustomerStep, Position, PublicChannel } from './contract.ts';
import { mayShow, openSession, type Receiver, sessionBehind, stepsAfter } from './conversation.ts';
import { type ChatLive, chatLimits } from './live.ts';
import { channelById, channelByKey, channelPage, type SessionRow } from './queries.ts';
import { originAllowed } from './rules.ts';

const language = z.enum(['en', 'fr']);
const both = z.object({ en: z.string(), fr: z.string() });
const key = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?$/, 'small letters, digits and hyphens');
const publicChannel = z
  .object({
    key: z.string(),
    open: z.boolean(),
    closedMessage: both.optional(),
    name: both,
    clientName: z.string(),
    answeredBy: z.string(),
    charges: both,
    greeting: both,
    accent: z.string(),
    limits: z.object({ messageLength: z.number().int() }),
  })
  .meta({ id: 'PublicChannel' }) satisfies z.ZodType<PublicChannel>;
const chatChannel = z
  .object({
    id: z.uuid(),
    clientId: z.uuid(),
    typeId: z.uuid(),
    key: z.string(),
    nameEn: z.string(),
    nameFr: z.string(),
    chargesEn: z.string(),
    chargesFr: z.string(),
    greetingEn: z.string(),
    greetingFr: z.string(),
    allowedOrigins: z.array(z.string()),
    accent: z.string(),
    open: z.boolean(),
    version: z.number().int(),
  })
  .meta({ id: 'ChatChannel' }) satisfies z.ZodType<ChatChannel>;
const place = { interactionId: z.uuid(), seq: z.number().int(), at: z.iso.datetime() };
const step = z
  .discriminatedUnion('kind', [
    z.object({
      ...place,
      kind: z.literal('line'),
      author: z.enum(['customer', 'agent', 'system']),
      name: z.string().nullable(),
      text: z.string(),
      key: z.string(),
    }),
    z.object({
      ...place,
      kind: z.literal('state'),
      state: z.enum(['waiting', 'with-agent', 'ended']),
      name: z.string().nullable(),
    }),
    z.object({ ...place, kind: z.literal('other') }),
  ])
  .meta({ id: 'CustomerStep' }) satisfies z.ZodType<CustomerStep>;

const id = { id: z.uuid() };
const name = z.string().trim().min(1).max(120);
const charges = z.string().trim().max(300);
const greeting = z.string().trim().max(500);
const origins = z.array(z.string().max(200)).max(capacityMax);
const accent = z.string().regex(/^#[0-9a-f]{6}$/, 'a colour such as #2450c8');

/** Where a page may find its place: `INTERACTION:SEQ`. */
const after = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:\d{1,9}$/)
  .transform((text): Position => ({ interactionId: text.slice(0, 36), seq: Number(text.slice(37)) }));

export function chatRoutes({
  receiver,
  live,
  names,
  own,
  clock,
}: {
  receiver: Receiver;
  live: ChatLive;
  names: NamesOf;
  own: (asked: Asked) => readonly string[];
  clock: Clock;
}) {
  const beginnings = createLimiter(clock, chatLimits.sessions);

  // A page of another origin reads the answer only if the channel allows that origin; without one (a server) no browser is fooled.
  async function allow(asked: Asked, allowed: readonly string[]): Promise<boolean> {
    asked.setHeader('Vary', 'Origin');
    if (asked.origin === undefined) return true;
    if (!originAllowed(asked.origin, { allowed, own: own(asked) })) return false;
    asked.setHeader('Access-Control-Allow-Origin', asked.origin);
    return true;
  }

  async function visitor(asked: Asked): Promise<Refused<SessionRow>> {
    asked.setHeader('Vary', 'Origin');
    // Even a refusal must be readable by the page, or it could not begin anew; it says nothing about anybody.
    if (asked.origin !== undefined) asked.setHeader('Access-Control-Allow-Origin', asked.origin);
    const session = await sessionBehind(asked.ctx, asked.bearer ?? '');
    if (isRefusal(session)) return session;
    if (
      asked.origin !== undefined &&
      !(await mayShow(asked.ctx, session.channel_id, asked.origin, own(asked)))
    )
      return refuse('origin-not-allowed');
    return session;
  }

  return [
    route('GET /chat/channels/:key', {
      summary: 'What a page may tell of a chat channel before anybody writes',
      params: { key },
      answer: publicChannel,
      handle: async ({ params }, asked) => {
        const [row, tells] = await Promise.all([
          channelByKey(asked.ctx.db.system, params.key),
          tellBeforeContact(asked.ctx, params.key),
        ]);
        if (row === undefined || tells === undefined) return refuse('channel-unknown');
        return (await allow(asked, row.allowed_origins)) ? tells : refuse('origin-not-allowed');
      },
    }),
    route('POST /chat/sessions', {
      summary: 'Begin as a visitor, with the words that were told; the token speaks for the conversation',
      body: {
        channel: key,
        language,
        pageUrl: z.string().max(2_000).optional(),
        told: z.object({
          name: z.string().max(200),
          answeredBy: z.string().max(200),
          charges: z.string().max(400),
        }),
      },
      answer: z.object({ token: z.string(), sessionId: z.uuid() }),
      status: 201,
      handle: async ({ body }, asked) => {
        const seconds = beginnings.take(asked.address);
        if (seconds > 0) return refuse('too-many-requests', { retryAfterSeconds: seconds });
        const channel = await channelByKey(asked.ctx.db.system, body.channel);
        if (channel === undefined) return refuse('channel-unknown');
        if (!(await allow(asked, channel.allowed_origins))) return refuse('origin-not-allowed');
        return openSession(asked.ctx, { ...body, origin: asked.origin ?? own(asked)[0], own: own(asked) });
      },
    }),
    route('GET /chat/steps', {
      summary: 'The conversation after a position; waits up to `wait` seconds for something to happen',
      query: { after: after.optional(), wait: z.coerce.number().int().min(0).max(25).default(0) },
      answer: z.object({
        steps: z.array(step),
        more: z.boolean(),
        /** Whether the channel takes new conversations now. */
        open: z.boolean(),
        queue: z.object({ ahead: z.number().int() }).optional(),
      }),
      handle: async ({ query }, asked) => {
        const session = await visitor(asked);
        if (isRefusal(session)) return session;
        const seconds = live.fetchLimit.take(session.id);
        if (seconds > 0) return refuse('too-many-requests', { retryAfterSeconds: seconds });
        const read = async () => stepsAfter(asked.ctx, session.id, query.after, await names.all());
        let found = await read();
        if (found.steps.length === 0 && query.wait > 0) {
          await asked.aside(live.happening(session.id, query.wait * 1000, asked.signal));
          found = await read();
        }
        const justCame = found.steps.some((one) => one.kind === 'state' && one.state === 'waiting');
        const ahead = await live.placeOf(session.id, { justCame });
        const open = (await channelById(asked.ctx.db.system, session.channel_id))?.open === true;
        return { ...found, open, ...(ahead === undefined ? {} : { queue: { ahead } }) };
      },
    }),
    route('POST /chat/messages', {
      summary: 'Write a line as the visitor of this session; the key makes it stand once',
      body: { key: lineKeySchema, text: lineText },
      answer: z.object({ interactionId: z.uuid(), seq: z.number().int(), at: z.iso.datetime() }),
      status: 201,
      handle: async ({ body }, asked) => {
        const session = await visitor(asked);
        if (isRefusal(session)) return session;
        const seconds = live.lineLimit.take(session.id);
        if (seconds > 0) return refuse('too-many-requests', { retryAfterSeconds: seconds });
        return receiver.receive(session, body);
      },
      view: ({ interactionId, seq, at }) => ({ interactionId, seq, at: at.toISOString() }),
    }),
    route('POST /chat/end', {
      summary: 'End the conversation as its visitor',
      body: { key: lineKeySchema },
      answer: z.object({ interactionId: z.uuid() }),
      handle: async (_, asked) => {
        const session = await visitor(asked);
        if (isRefusal(session)) return session;
        const seconds = live.endLimit.take(session.id);
        if (seconds > 0) return refuse('too-many-requests', { retryAfterSeconds: seconds });
        return receiver.end(session);
      },
    }),
    route('GET /api/chat-channels', {
      summary: 'Chat channels of the clients one may see',
      query: { ...pageQuery, clientId: z.uuid().optional() },
      answer: pageOf(chatChannel),
      handle: async ({ query: { limit, cursor, clientId } }, { ctx, actor }) =>
        page(
          await seeing(ctx.db, actor.clients, (tx) =>
            channelPage(tx, actor.clients, { clientId, after: cursor, limit: limit + 1 }),
          ),
          limit,
          channelView,
        ),
    }),
    route('POST /api/chat-channels', {
      summary: 'Create a chat channel; it opens only when it says whom it speaks for and what it costs',
      body: {
        clientId: z.uuid(),
        typeId: z.uuid(),
        key,
        nameEn: name,
        nameFr: name,
        chargesEn: charges.default(''),
        chargesFr: charges.default(''),
        greetingEn: greeting.default(''),
        greetingFr: greeting.default(''),
        allowedOrigins: origins.default([]),
        accent: accent.default('#2450c8'),
        open: z.boolean().default(false),
      },
      answer: chatChannel,
      creates: true,
      handle: async ({ body }, { ctx, actor }) =>
        actor.clients.includes(body.clientId)
          ? createChannel(ctx, body, actor.personId)
          : refuse('client-unknown'),
      view: channelView,
    }),
    route('PATCH /api/chat-channels/:id', {
      summary: 'Change a chat channel',
      params: id,
      body: {
        typeId: z.uuid().optional(),
        nameEn: name.optional(),
        nameFr: name.optional(),
        chargesEn: charges.optional(),
        chargesFr: charges.optional(),
        greetingEn: greeting.optional(),
        greetingFr: greeting.optional(),
        allowedOrigins: origins.optional(),
        accent: accent.optional(),
        open: z.boolean().optional(),
        version: whole,
      },
      answer: chatChannel,
      handle: ({ params, body }, { ctx, actor }) =>
        changeChannel(ctx, params.id, body, actor.clients, actor.personId),
      view: channelView,
    }),
  ];
}

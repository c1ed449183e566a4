import { insertCustomer } from '#src/modules/customers/index.ts';
import {
  abandonInteraction,
  arriveInteraction,
  endByCustomer,
  type InteractionRow,
  keyTaken,
  type LineWriter,
  lineKey,
  openInteractionOfThread,
  statesOver,
  threadEventsAfter,
  type Written,
} from '#src/modules/interactions/index.ts';
import type { Context } from '#src/platform/context.ts';
import { transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { isRefusal, type Refused, refusals, refuse } from '#src/platform/refusal.ts';
import { tellBeforeContact, whyChannelClosed } from './channels.ts';
import type { Position } from './contract.ts';
import { channelById, channelByKey, insertSession, type SessionRow, sessionById } from './queries.ts';
import { originAllowed, sessionOfToken, sessionToken, whyNotTold } from './rules.ts';
import { stepOf } from './steps.ts';

refusals({
  'session-unknown': {
    status: 401,
    en: 'This conversation is not known here; a new one begins.',
    fr: 'Cette conversation est inconnue ici ; une nouvelle commence.',
  },
  'origin-not-allowed': {
    status: 403,
    en: 'This page may not show the chat; its owner adds the page’s origin to the channel.',
    fr: 'Cette page ne peut pas afficher le canal ; son responsable ajoute l’origine de la page au canal.',
  },
  'not-told-before': {
    status: 409,
    en: 'What the customer was told has changed; load it again before the conversation begins.',
    fr: 'Ce qui est annoncé au client a changé ; rechargez-le avant que la conversation commence.',
  },
  'nothing-to-end': { status: 409, en: 'No conversation is open.', fr: 'Aucune conversation n’est ouverte.' },
});

export interface Told {
  name: string;
  answeredBy: string;
  charges: string;
}

/** Parley's own origins, and whether a page of this origin may show the channel. */
export async function mayShow(
  ctx: Context,
  channelId: string,
  origin: string | undefined,
  own: readonly string[],
): Promise<boolean> {
  const channel = await channelById(ctx.db.system, channelId);
  return channel !== undefined && originAllowed(origin, { allowed: channel.allowed_origins, own });
}

/**
 * A visitor begins: an anonymous customer and a signed session that is also the thread of all they write. Refused while what
 * they were told is not what the channel says now (4.5-a, 4.5-c).
 */
export async function openSession(
  ctx: Context,
  {
    channel: key,
    language,
    pageUrl,
    told,
    origin,
    own,
  }: {
    channel: string;
    language: 'en' | 'fr';
    pageUrl?: string;
    told: Told;
    origin: string | undefined;
    own: readonly string[];
  },
): Promise<Refused<{ token: string; sessionId: string }>> {
  const channel = await channelByKey(ctx.db.system, key);
  const tells = await tellBeforeContact(ctx, key);
  if (channel === undefined || tells === undefined) return refuse('channel-unknown');
  if (!originAllowed(origin, { allowed: channel.allowed_origins, own })) return refuse('origin-not-allowed');
  if (!tells.open) {
    const detail = tells.closedMessage?.[language];
    return refuse('channel-closed', detail === undefined ? {} : { detail });
  }
  const reason = whyNotTold(told, {
    names: Object.values(tells.name),
    answeredBy: tells.answeredBy,
    charges: Object.values(tells.charges),
  });
  if (reason !== undefined) return refuse(reason);
  const at = ctx.clock.now();
  const sessionId = newId(at);
  const customerId = newId(at);
  await transaction(ctx, async ({ sql }) => {
    await insertCustomer(sql, { id: customerId, clientId: channel.client_id, language, at });
    await insertSession(sql, {
      id: sessionId,
      client_id: channel.client_id,
      channel_id: channel.id,
      customer_id: customerId,
      language,
      page_url: pageUrl ?? null,
      told: { ...told },
      at,
    });
  });
  return { token: sessionToken(ctx.secret, sessionId), sessionId };
}

/** The session that a token speaks for. */
export async function sessionBehind(ctx: Context, token: string): Promise<Refused<SessionRow>> {
  const id = sessionOfToken(ctx.secret, token);
  const session = id === undefined ? undefined : await sessionById(ctx.db.system, id);
  return session ?? refuse('session-unknown');
}

const triesMax = 4;
const threadsKeptMax = 50_000;

/**
 * Receives what customers write. A line goes into the conversation's open interaction, or opens one; the same line sent again
 * stands once, wherever it went. Lines of one conversation are taken one after the other.
 */
export function createReceiver(ctx: Context, lines: LineWriter) {
  // Where a conversation's open interaction is, so that a line costs no look-up. A wrong guess is refused by the statement.
  const open = new Map<string, string>();
  const queues = new Map<string, Promise<unknown>>();
  ctx.bus.listen((events) => {
    for (const { after } of events) {
      const row = after as Partial<InteractionRow> | undefined;
      if (row?.thread_id === undefined || row.state === undefined || row.id === undefined) continue;
      open.delete(row.thread_id);
      if (statesOver.includes(row.state)) continue;
      if (open.size >= threadsKeptMax) open.delete(open.keys().next().value as string);
      open.set(row.thread_id, row.id);
    }
  });
  ctx.bus.onGap(() => open.clear());

  function inTurn<Answer>(threadId: string, act: () => Promise<Answer>): Promise<Answer> {
    const turn = (queues.get(threadId) ?? Promise.resolve()).catch(() => {}).then(act);
    queues.set(threadId, turn);
    const done = () => {
      if (queues.get(threadId) === turn) queues.delete(threadId);
    };
    turn.then(done, done);
    return turn;
  }

  async function take(
    session: SessionRow,
    { key, text }: { key: string; text: string },
  ): Promise<Refused<Written>> {
    for (let attempt = 1; attempt <= triesMax; attempt++) {
      const interactionId =
        open.get(session.id) ?? (await openInteractionOfThread(ctx.db.system, session.id))?.id;
      if (interactionId !== undefined) {
        const written = await lines.write({
          interactionId,
          author: 'customer',
          threadId: session.id,
          audience: 'all',
          text,
          key,
        });
        if (
          !isRefusal(written) ||
          ![
            'interaction-already-over',
            'act-not-possible-now',
            'line-already-written',
            'interaction-unknown',
          ].includes(written.refused)
        )
          return written;
        open.delete(session.id);
        if (written.refused !== 'line-already-written') continue;
      }
      const before = await keyTaken(ctx.db.system, lineKey(`thread ${session.id}`, key));
      if (before !== undefined)
        return { interactionId: before.stream, seq: before.seq, at: before.at, before: true };
      const channel = await channelById(ctx.db.system, session.channel_id);
      if (channel === undefined) return refuse('channel-closed');
      const closed = await whyChannelClosed(ctx, channel, session.language);
      if (closed !== undefined) return closed;
      const arrived = await arriveInteraction(ctx, {
        threadId: session.id,
        clientId: session.client_id,
        typeId: channel.type_id,
        channel: 'chat',
        customerId: session.customer_id,
        language: session.language,
        told: session.told,
        text,
        key,
        ...(session.page_url === null ? {} : { pageUrl: session.page_url }),
      });
      if (!isRefusal(arrived) || arrived.refused === 'type-unknown') return arrived;
    }
    return refuse('act-not-possible-now');
  }

  return {
    receive: (session: SessionRow, line: { key: string; text: string }) =>
      inTurn(session.id, () => take(session, line)),
    /** The customer says it is over: what nobody has taken is abandoned, what an agent holds goes to its wrap-up. */
    end: (session: SessionRow) =>
      inTurn(session.id, async () => {
        for (let attempt = 1; attempt <= triesMax; attempt++) {
          const row = await openInteractionOfThread(ctx.db.system, session.id);
          if (row === undefined || row.state === 'wrapping') return refuse('nothing-to-end');
          const alone = row.state === 'waiting' || row.state === 'offered';
          const answer = alone
            ? await abandonInteraction(ctx, { interactionId: row.id, reason: 'customer-left' })
            : await endByCustomer(ctx, { interactionId: row.id });
          if (!isRefusal(answer)) return { interactionId: row.id };
          if (answer.refused === 'agent-at-capacity') return answer;
        }
        return refuse('act-not-possible-now');
      }),
  };
}

export type Receiver = ReturnType<typeof createReceiver>;

export const stepsInPageMax = 200;

/** The conversation as its customer sees it, after a position. */
export async function stepsAfter(
  ctx: Context,
  threadId: string,
  after: Position | undefined,
  names: Record<string, string>,
) {
  const rows = await threadEventsAfter(ctx.db.system, threadId, after, stepsInPageMax + 1);
  const steps = rows.slice(0, stepsInPageMax).map((row) =>
    stepOf(
      {
        ...row,
        stream: row.interaction_id,
        message:
          row.text === null || row.author === null
            ? undefined
            : {
                author: row.author,
                agentId: row.agent_id,
                audience: row.audience ?? 'all',
                text: row.text,
                key: row.key ?? '',
              },
      },
      names,
    ),
  );
  return { steps, more: rows.length > stepsInPageMax };
}

import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import {
  type InteractionRow,
  lineKeySchema,
  lineLengthMax,
  lineText,
  typeChanged,
  waitingPlaces,
} from '#src/modules/interactions/index.ts';
import { hoursChanged } from '#src/modules/organisation/index.ts';
import type { Context } from '#src/platform/context.ts';
import { isConnectionFault } from '#src/platform/db/sql.ts';
import { createLimiter } from '#src/platform/limits.ts';
import type { NamesOf } from '#src/platform/names.ts';
import { closing, type Line, lineOver } from '#src/platform/realtime/socket.ts';
import {
  isRefusal,
  problemOf,
  type Refusal,
  refusalOfFault,
  refusals,
  refuse,
} from '#src/platform/refusal.ts';
import { whole } from '#src/platform/route/route.ts';
import { createUnderWay } from '#src/platform/under-way.ts';
import { channelChanged, openChannels } from './channels.ts';
import type { FromCustomer, Position, ToCustomer } from './contract.ts';
import { mayShow, type Receiver, sessionBehind, stepsAfter } from './conversation.ts';
import { channelById, channelsByIds, type SessionRow, seenSessions } from './queries.ts';
import { stepOf } from './steps.ts';

refusals({
  'message-too-long': {
    status: 422,
    en: `A message has at most ${lineLengthMax} characters; shorten it or send it in parts.`,
    fr: `Un message compte au plus ${lineLengthMax} caractères ; raccourcissez-le ou envoyez-le en plusieurs fois.`,
  },
  'message-unreadable': {
    status: 422,
    en: 'This could not be read; send it again.',
    fr: 'Ceci n’a pas pu être lu ; envoyez-le de nouveau.',
  },
});

export const chatLimits = {
  /** Lines of one conversation, as a burst and per second. */
  lines: { burst: 10, perSecond: 1 },
  /** How often the steps of one conversation are read again: a long history, page after page, fits into the burst. */
  fetches: { burst: 100, perSecond: 5 },
  /** Conversations begun and sockets opened from one address: an office behind one address is many people. */
  /** Ends of one conversation: hardly ever more than one. */
  ends: { burst: 5, perSecond: 1 },
  sessions: { burst: 1_000, perSecond: 10 },
  sockets: { burst: 2_000, perSecond: 50 },
  /** Polls that wait for something to happen; more are answered at once. */
  pollsWaitingMax: 10_000,
  openWithinMs: 10_000,
  queueEveryMs: 1_000,
  /** How soon visitors who are there learn that it opened or closed by the clock. */
  openEveryMs: 10_000,
  seenEveryMs: 60_000,
} as const;

const position = z.object({ interactionId: z.uuid(), seq: whole.min(0) });
const fromCustomer = z.discriminatedUnion('do', [
  z.object({ do: z.literal('open'), token: z.string().max(200), after: position.optional() }),
  z.object({ do: z.literal('fetch'), after: position.optional() }),
  z.object({ do: z.literal('say'), key: lineKeySchema, text: lineText }),
  z.object({ do: z.literal('end'), key: lineKeySchema }),
  z.object({ do: z.literal('ping') }),
]) satisfies z.ZodType<FromCustomer>;

/** After these a channel may be open that was closed, or the reverse. */
const openers: ReadonlySet<string> = new Set(
  [channelChanged, hoursChanged, typeChanged].map(({ kind }) => kind),
);

interface Visitor {
  session: SessionRow;
  line: Line<unknown, ToCustomer>;
  ahead?: number;
  /** Whether they were told that the channel is open. */
  open?: boolean;
}

/** The customers' live lines of this node: what they write comes in, what happens to their conversation goes out. */
export function createChatLive(
  ctx: Context,
  {
    receiver,
    names,
    own,
  }: { receiver: Receiver; names: NamesOf; own: (host: string | undefined) => readonly string[] },
) {
  const visitors = new Map<string, Set<Visitor>>();
  const waiters = new Map<string, Set<() => void>>();
  const acts = createUnderWay(ctx.clock);
  const lineLimit = createLimiter(ctx.clock, chatLimits.lines);
  const fetchLimit = createLimiter(ctx.clock, chatLimits.fetches);
  const endLimit = createLimiter(ctx.clock, chatLimits.ends);
  let placesStale = true;
  let stopped = false;
  let count = 0;
  let polls = 0;

  ctx.bus.listen((events) => {
    for (const event of events) {
      if (openers.has(event.kind)) void tellOpen();
      if (event.kind !== 'interaction.line') placesStale = true;
      const threadId = (event.after as Partial<InteractionRow> | undefined)?.thread_id;
      if (threadId === undefined) continue;
      for (const wake of waiters.get(threadId) ?? []) wake();
      const there = visitors.get(threadId);
      if (there === undefined) continue;
      const text = JSON.stringify({
        steps: [stepOf(event, names.now())],
        more: false,
      } satisfies ToCustomer);
      for (const visitor of there) {
        visitor.line.sendText(text);
        visitor.ahead = undefined;
      }
    }
  });
  ctx.bus.onGap(() => {
    for (const there of visitors.values()) for (const { line } of there) line.send({ steps: [], more: true });
    for (const waiting of waiters.values()) for (const wake of waiting) wake();
  });

  /** Tells the visitors whose channel opened or closed since they were told. */
  async function tellOpen(): Promise<void> {
    try {
      const all = [...visitors.values()].flatMap((there) => [...there]);
      if (all.length === 0) return;
      const channels = await channelsByIds(ctx.db.system, [
        ...new Set(all.map(({ session }) => session.channel_id)),
      ]);
      const now = await openChannels(ctx, channels);
      for (const visitor of all) {
        const open = now.get(visitor.session.channel_id)?.open === true;
        if (visitor.open === undefined || visitor.open === open) continue;
        visitor.open = open;
        visitor.line.send({ opened: true, open });
      }
    } catch (fault) {
      if (!isConnectionFault(fault))
        ctx.log.warn({ err: fault }, 'Whether chats are open could not be told.');
    }
  }

  // Every waiting conversation is ranked to find the place of one: who polls shares what was found within the last second.
  let places: { at: number; found: Promise<ReadonlyMap<string, number>> } | undefined;
  function readPlaces(): Promise<ReadonlyMap<string, number>> {
    const found = waitingPlaces(ctx.db.system).then(
      (rows) => new Map(rows.map(({ thread_id: threadId, ahead }) => [threadId, ahead])),
    );
    const mine = { at: ctx.clock.monotonic(), found };
    places = mine;
    found.catch(() => {
      if (places === mine) places = undefined;
    });
    return found;
  }

  /** How many stand before a waiting conversation; undefined when it does not wait. Up to a second old, unless it has just come. */
  async function placeOf(threadId: string, { justCame }: { justCame: boolean }): Promise<number | undefined> {
    const old = places === undefined || ctx.clock.monotonic() - places.at >= chatLimits.queueEveryMs;
    const known = await (old ? readPlaces() : places!.found);
    return known.has(threadId) || !justCame ? known.get(threadId) : (await readPlaces()).get(threadId);
  }

  async function keepTellingOpen(): Promise<void> {
    await tellOpen();
    if (!stopped) ctx.clock.after(chatLimits.openEveryMs, () => void keepTellingOpen());
  }

  // Places in the line are told at most once a second, and only when something moved.
  async function tellPlaces(): Promise<void> {
    try {
      if (visitors.size > 0 && placesStale) {
        placesStale = false;
        for (const [threadId, ahead] of await readPlaces()) {
          for (const visitor of visitors.get(threadId) ?? []) {
            if (visitor.ahead === ahead) continue;
            visitor.ahead = ahead;
            visitor.line.send({ queue: { ahead } });
          }
        }
      }
    } catch (fault) {
      placesStale = true;
      if (!isConnectionFault(fault)) ctx.log.warn({ err: fault }, 'Places in the line could not be told.');
    }
    if (!stopped) ctx.clock.after(chatLimits.queueEveryMs, () => void tellPlaces());
  }

  async function noteSeen(): Promise<void> {
    const here = new Set([...visitors.keys(), ...waiters.keys()]);
    if (here.size > 0) await seenSessions(ctx.db.system, [...here], ctx.clock.now()).catch(() => {});
    if (!stopped) ctx.clock.after(chatLimits.seenEveryMs, () => void noteSeen());
  }

  function refused(about: string | null, refusal: Refusal, language: 'en' | 'fr'): ToCustomer {
    const { code, title, retryAfterSeconds } = problemOf(refusal, language);
    return { refused: about, code, title, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }

  function connect(
    socket: WebSocket,
    { origin, host, wire }: { origin: string | undefined; host: string | undefined; wire: Duplex },
  ): void {
    const line = lineOver<unknown, ToCustomer>(socket, ctx.clock, wire);
    let visitor: Visitor | undefined;
    // What is sent right behind `open` waits for it.
    let opening: Promise<void> | undefined;
    count++;
    const late = ctx.clock.after(
      chatLimits.openWithinMs,
      () => visitor === undefined && line.close(closing.silent, 'nothing was opened'),
    );
    line.onClose(() => {
      count--;
      late();
      if (visitor === undefined) return;
      const there = visitors.get(visitor.session.id);
      there?.delete(visitor);
      if (there?.size === 0) visitors.delete(visitor.session.id);
      acts.note(seenSessions(ctx.db.system, [visitor.session.id], ctx.clock.now()));
    });

    async function open({ token, after }: { token: string; after?: Position }): Promise<void> {
      const session = await sessionBehind(ctx, token);
      if (isRefusal(session)) {
        line.send(refused(null, session, 'en'));
        return line.close(closing.signInNeeded, session.refused);
      }
      if (!(await mayShow(ctx, session.channel_id, origin, own(host)))) {
        line.send(refused(null, refuse('origin-not-allowed'), session.language));
        return line.close(closing.refused, 'origin-not-allowed');
      }
      if (!line.open) return;
      visitor = { session, line };
      const there = visitors.get(session.id) ?? new Set();
      visitors.set(session.id, there.add(visitor));
      placesStale = true;
      await seenSessions(ctx.db.system, [session.id], ctx.clock.now());
      const channel = await channelById(ctx.db.system, session.channel_id);
      visitor.open =
        channel !== undefined && (await openChannels(ctx, [channel])).get(channel.id)?.open === true;
      line.send({ opened: true, open: visitor.open });
      await fetch(after);
    }

    async function fetch(after: Position | undefined): Promise<void> {
      if (visitor === undefined) return;
      const { session } = visitor;
      const seconds = fetchLimit.take(session.id);
      if (seconds > 0) {
        const refusal = refuse('too-many-requests', { retryAfterSeconds: seconds });
        line.send(refused(null, refusal, session.language));
        return line.close(closing.tooSlow, 'too-many-requests');
      }
      line.send(await stepsAfter(ctx, session.id, after, await names.all()));
    }

    async function say({ key, text }: { key: string; text: string }): Promise<void> {
      await opening;
      if (visitor === undefined) return line.close(closing.signInNeeded, 'open first');
      const seconds = lineLimit.take(visitor.session.id);
      if (seconds > 0)
        return line.send(
          refused(key, refuse('too-many-requests', { retryAfterSeconds: seconds }), visitor.session.language),
        );
      const written = await receiver.receive(visitor.session, { key, text });
      if (isRefusal(written)) return line.send(refused(key, written, visitor.session.language));
      line.send({
        said: key,
        interactionId: written.interactionId,
        seq: written.seq,
        at: written.at.toISOString(),
      });
    }

    async function end({ key }: { key: string }): Promise<void> {
      await opening;
      if (visitor === undefined) return line.close(closing.signInNeeded, 'open first');
      const seconds = endLimit.take(visitor.session.id);
      const answer =
        seconds > 0
          ? refuse('too-many-requests', { retryAfterSeconds: seconds })
          : await receiver.end(visitor.session);
      line.send(isRefusal(answer) ? refused(key, answer, visitor.session.language) : { ended: key });
    }

    line.onMessage((raw) => {
      const read = fromCustomer.safeParse(raw);
      if (!read.success) {
        const { key, text } = raw as { key?: unknown; text?: unknown };
        const tooLong = typeof text === 'string' && text.trim().length > lineLengthMax;
        line.send(
          refused(
            typeof key === 'string' ? key : null,
            refuse(tooLong ? 'message-too-long' : 'message-unreadable'),
            visitor?.session.language ?? 'en',
          ),
        );
        return;
      }
      const message = read.data;
      const act =
        message.do === 'open'
          ? (opening ??= open(message))
          : message.do === 'fetch'
            ? fetch(message.after)
            : message.do === 'say'
              ? say(message)
              : message.do === 'end'
                ? end(message)
                : line.send({ pong: true });
      const done = Promise.resolve(act).catch((fault) => {
        const about = message.do === 'say' || message.do === 'end' ? message.key : null;
        if (!isConnectionFault(fault))
          ctx.log.error({ err: fault }, 'A customer’s line met a fault; it is asked to send again.');
        line.send(
          refused(about, refusalOfFault(isConnectionFault(fault)), visitor?.session.language ?? 'en'),
        );
        if (message.do === 'open' || message.do === 'fetch') line.close(closing.stopping, 'try again');
      });
      acts.note(done);
    });
  }

  /** Waits until something happens in a conversation, or the time is over, or the asker goes away: the long poll. */
  function happening(threadId: string, ms: number, signal: AbortSignal): Promise<void> {
    if (polls >= chatLimits.pollsWaitingMax) return Promise.resolve();
    polls++;
    return new Promise((resolve) => {
      const waiting = waiters.get(threadId) ?? new Set();
      waiters.set(threadId, waiting);
      const done = () => {
        cancel();
        signal.removeEventListener('abort', done);
        if (waiting.has(done)) polls--;
        waiting.delete(done);
        if (waiting.size === 0) waiters.delete(threadId);
        resolve();
      };
      const cancel = ctx.clock.after(ms, done);
      signal.addEventListener('abort', done);
      waiting.add(done);
    });
  }

  return {
    start(): void {
      ctx.clock.after(chatLimits.queueEveryMs, () => void tellPlaces());
      ctx.clock.after(chatLimits.seenEveryMs, () => void noteSeen());
      ctx.clock.after(chatLimits.openEveryMs, () => void keepTellingOpen());
    },
    connect,
    happening,
    placeOf,
    lineLimit,
    fetchLimit,
    endLimit,
    connections: () => count,
    isThere: (threadId: string) => visitors.has(threadId) || waiters.has(threadId),
    stop(): void {
      stopped = true;
      for (const there of visitors.values())
        for (const { line } of there) line.close(closing.stopping, 'stopping');
      for (const waiting of waiters.values()) for (const wake of waiting) wake();
    },
    /** Waits for the acts that came over these lines, at most so long; answers how many are left. */
    over: acts.over,
  };
}

export type ChatLive = ReturnType<typeof createChatLive>;

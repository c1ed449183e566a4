import type { Context } from '../context.ts';
import { isConnectionFault } from '../db/sql.ts';
import type { EventKind, LoggedEvent } from './event.ts';
import {
  type Cursor,
  dropMark,
  dropPassedMarks,
  dueMarks,
  eventsPast,
  marksOf,
  moveCursor,
  type PlacedEvent,
  readAhead,
  releaseCursor,
  type StreamMark,
  seqReadOf,
  streamBetween,
  takeCursor,
  writeMark,
} from './queries.ts';

/** What follows an event in another module. It may run twice for the same event: the second run must change nothing. */
export interface Reaction {
  name: string;
  kind: string;
  react(ctx: Context, event: LoggedEvent): Promise<void>;
}

/** One line of src/app/reactions.ts. Its name is its key in the database: renamed, it would begin the log anew. */
export function on<Body extends Record<string, unknown>>(
  kind: EventKind<Body>,
  name: string,
  react: (ctx: Context, event: LoggedEvent<Body>) => Promise<unknown>,
): Reaction {
  return {
    name,
    kind: kind.kind,
    react: async (ctx, event) => {
      await react(ctx, event as LoggedEvent<Body>);
    },
  };
}

export const dispatching = {
  batch: 200,
  leaseMs: 10_000,
  /** How soon the log is read again when nothing was told, and after it was. */
  idleMs: 500,
  /** A stream that failed this often in a row is parked; then it is tried only now and then, or when a person says so. */
  attemptsMax: 5,
  retryMs: (attempts: number) => Math.min(1_000 * 4 ** (attempts - 1), 600_000),
  parkedRetryMs: 3_600_000,
};
export type Timing = typeof dispatching;

/** What is kept of a stream whose events were handled before the cursor came to them. */
const readAheadMark = (stream: string, handled: number) => ({
  stream,
  handled_seq: handled,
  parked_at: null,
  attempts: 0,
  error: null,
  retry_at: null,
});

type Place = { xid: string; id: string };
const isPast = (a: Place, b: Place) =>
  BigInt(a.xid) > BigInt(b.xid) || (a.xid === b.xid && BigInt(a.id) > BigInt(b.id));

/**
 * Reads the log behind a cursor, one leased runner per reaction, and runs the reaction for each event, in the order of its
 * stream. The cursor moves in (xid, id) order, which skips nothing but is not a stream's order: an act may take its xid, then
 * wait for the row. So before seq n+1 its predecessors that stand further on in the log are handled first, and marked.
 */
export function createDispatcher(ctx: Context, reactions: readonly Reaction[], timing: Partial<Timing> = {}) {
  const limits = { ...dispatching, ...timing };
  let stopped = false;
  const runners = reactions.map((reaction) => createRunner(reaction));
  const stopListening = ctx.bus.listen((events) => {
    for (const runner of runners) if (events.some(({ kind }) => kind === runner.reaction.kind)) runner.hint();
  });

  function createRunner(reaction: Reaction) {
    let running: Promise<void> | undefined;
    let again = false;
    let cancel: (() => void) | undefined;
    let held: { cursor: Cursor; since: number } | undefined;

    function hint(): void {
      if (stopped) return;
      if (running !== undefined) {
        again = true;
        return;
      }
      cancel?.();
      running = round()
        .catch((fault) => {
          held = undefined;
          const about = isConnectionFault(fault) ? {} : { err: fault };
          ctx.log.warn(
            { ...about, reaction: reaction.name },
            'The log could not be read for a reaction; it is read again.',
          );
        })
        .finally(() => {
          running = undefined;
          if (stopped) return;
          if (again) {
            again = false;
            // What was told a moment ago may still stand behind an older open transaction: look again shortly.
            cancel = ctx.clock.after(20, hint);
          } else cancel = ctx.clock.after(limits.idleMs, hint);
        });
    }

    /** Reads on until nothing new stands there. */
    async function round(): Promise<void> {
      for (;;) {
        const cursor = await hold();
        if (cursor === undefined || stopped) return;
        const keeps = async () => (await hold())?.epoch === cursor.epoch;
        await retryDue(cursor, keeps);
        const events = await eventsPast(ctx.db.system, cursor, limits.batch);
        if (events.length === 0) return;
        const end = events[events.length - 1]!;
        if (!(await handleBatch(events, end, keeps))) return;
        if (!(await moveCursor(ctx.db.system, reaction.name, cursor.epoch, end))) {
          held = undefined;
          return;
        }
        if (held?.cursor.epoch === cursor.epoch) held.cursor = { ...cursor, xid: end.xid, id: end.id };
        await dropPassedMarks(ctx.db.system, reaction.name, end);
        if (events.length < limits.batch) return;
      }
    }

    /**
     * The place this node reads on from, while the reaction is its own. The lease is renewed when half of it is over, also in the
     * middle of slow events: an idle runner writes nothing but that.
     */
    async function hold(): Promise<Cursor | undefined> {
      const asked = ctx.clock.monotonic();
      if (held !== undefined && asked - held.since < limits.leaseMs / 2) return held.cursor;
      const cursor = await takeCursor(ctx.db.system, reaction.name, ctx.node, limits.leaseMs);
      held = cursor === undefined ? undefined : { cursor, since: asked };
      return cursor;
    }

    /** @returns false when the lease was lost on the way: the rest is another node's. */
    async function handleBatch(
      events: readonly PlacedEvent[],
      end: Place,
      keeps: () => Promise<boolean>,
    ): Promise<boolean> {
      const wanted = events.filter(({ kind }) => kind === reaction.kind);
      if (wanted.length === 0) return true;
      const lastSeq = new Map<string, number>();
      for (const { stream, seq } of wanted) lastSeq.set(stream, Math.max(seq, lastSeq.get(stream) ?? 0));
      const ahead = (
        await readAhead(
          ctx.db.system,
          end,
          [...lastSeq].map(([stream, below]) => ({ stream, below })),
        )
      ).filter(({ kind }) => kind === reaction.kind);
      const marks = new Map(
        (await marksOf(ctx.db.system, reaction.name, [...lastSeq.keys()])).map((mark) => [mark.stream, mark]),
      );
      const byStream = Map.groupBy([...wanted, ...ahead], ({ stream }) => stream);
      for (const [stream, own] of byStream) {
        if (!(await keeps())) return false;
        own.sort((a, b) => a.seq - b.seq);
        await handleStream(
          stream,
          own,
          marks.get(stream),
          ahead.some((event) => event.stream === stream),
        );
      }
      return true;
    }

    async function handleStream(
      stream: string,
      events: readonly PlacedEvent[],
      mark: StreamMark | undefined,
      readAheadOfCursor: boolean,
    ): Promise<void> {
      if (mark !== undefined && mark.attempts > 0) return; // it failed before: what is new waits behind it, until it is tried again
      let handled = mark?.handled_seq ?? 0;
      for (const event of events) {
        if (event.seq <= handled) continue;
        const fault = await attempt(event);
        if (fault !== undefined) {
          await noteFault(event, handled === 0 ? event.seq - 1 : handled, 0, fault);
          return;
        }
        handled = event.seq;
      }
      if (readAheadOfCursor) {
        await writeMark(ctx.db.system, reaction.name, readAheadMark(stream, handled));
      }
    }

    async function attempt(event: PlacedEvent): Promise<Error | undefined> {
      try {
        await reaction.react(ctx, event);
        return undefined;
      } catch (fault) {
        return fault instanceof Error ? fault : new Error(String(fault));
      }
    }

    async function noteFault(
      event: PlacedEvent,
      handled: number,
      attemptsBefore: number,
      fault: Error,
    ): Promise<void> {
      const attempts = attemptsBefore + 1;
      const now = ctx.clock.now();
      const parks = attempts >= limits.attemptsMax;
      const waitMs = parks ? limits.parkedRetryMs : limits.retryMs(attempts);
      const line = { err: fault, reaction: reaction.name, stream: event.stream, seq: event.seq, attempts };
      if (parks)
        ctx.log.error(line, 'A reaction failed too often and its stream is parked; all others go on.');
      else ctx.log.warn(line, 'A reaction failed; it is tried again.');
      await writeMark(ctx.db.system, reaction.name, {
        stream: event.stream,
        handled_seq: handled,
        parked_at: parks ? now : null,
        parked_seq: event.seq,
        attempts,
        error: fault.message.slice(0, 1_000),
        retry_at: new Date(now.getTime() + waitMs),
      });
    }

    async function retryDue(cursor: Place, keeps: () => Promise<boolean>): Promise<void> {
      for (const mark of await dueMarks(ctx.db.system, reaction.name, ctx.clock.now(), limits.batch)) {
        if (!(await keeps())) return;
        await retryStream(mark, cursor);
      }
    }

    async function retryStream(mark: StreamMark, cursor: Place): Promise<void> {
      const { stream } = mark;
      let handled = mark.handled_seq;
      let attempts = mark.attempts;
      let wentAhead = false;
      // As far as the log was read. What stands further on in it but comes first in the stream is handled on the way.
      const upTo = await seqReadOf(ctx.db.system, stream, cursor);
      for (;;) {
        const events = await streamBetween(ctx.db.system, stream, { after: handled, upTo }, limits.batch);
        for (const event of events) {
          if (event.kind === reaction.kind) {
            const fault = await attempt(event);
            if (fault !== undefined) return noteFault(event, handled, attempts, fault);
            attempts = 0;
          }
          wentAhead ||= isPast(event, cursor);
          handled = event.seq;
        }
        if (events.length < limits.batch) break;
      }
      ctx.log.info({ reaction: reaction.name, stream }, 'A stream that had failed is in order again.');
      if (wentAhead) await writeMark(ctx.db.system, reaction.name, readAheadMark(stream, handled));
      else await dropMark(ctx.db.system, reaction.name, stream);
    }

    return { reaction, hint, round, settled: async () => running, cancel: () => cancel?.() };
  }

  return {
    start(): void {
      for (const runner of runners) runner.hint();
    },
    /** Reads on once, now: for tests and for a retry that a person asked for. */
    async runOnce(): Promise<void> {
      for (const runner of runners) await runner.round();
    },
    hint(): void {
      for (const runner of runners) runner.hint();
    },
    async stop(): Promise<void> {
      stopped = true;
      stopListening();
      for (const runner of runners) runner.cancel();
      await Promise.all(runners.map((runner) => runner.settled()));
      await Promise.all(
        runners.map((runner) => releaseCursor(ctx.db.system, runner.reaction.name, ctx.node)),
      );
    },
  };
}

export type Dispatcher = ReturnType<typeof createDispatcher>;

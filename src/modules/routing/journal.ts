import { promisify } from 'node:util';
import { zstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Clock, Instant } from '#src/platform/clock.ts';
import { newId } from '#src/platform/ids.ts';
import type { Logger } from '#src/platform/log.ts';
import { hasSame, type Input, idleAgent, inputOf } from './journal-form.ts';
import type {
  AgentSeen,
  Decision,
  Engine,
  Gone,
  InteractionSeen,
  Millis,
  Reserved,
  RulesSeen,
  Seen,
  TypeSeen,
  Why,
} from './seam.ts';

// The journal: what the engine was told, in the order in which it was told it, written before what was decided upon it is.

/** A part of a run as it is kept: one row. */
export interface JournalChunk {
  runId: string;
  /** Counts from 0 in its run without a gap. */
  n: number;
  /** Under which the run began: a later one ends it. */
  epoch: string;
  /** The first of a run; inputs; a part of a restart point; the last part of one. */
  kind: 'begin' | 'inputs' | 'part' | 'restart';
  /** The chunk that a replay which begins here reads first: itself, but for a restart point. */
  fromN: number;
  /** Of its first input; of a restart point: what it tells is of then. */
  at: Instant;
  /** Of its last input. */
  until: Instant;
  inputs: number;
  /** Decisions of the run before its inputs. */
  decided: number;
  /** The inputs: JSON, compressed. */
  body: Uint8Array;
}

export type Appended = 'kept' | 'owner-changed' | 'gap';

export interface JournalRecord {
  /**
   * Appends a chunk to its run, while the epoch is the pool's and the chunk before it is there; the same chunk once more changes
   * nothing. What commits after this has answered is not durable without it.
   *
   * @returns `kept`; or, and then nothing was written, `owner-changed`, or `gap`: a database that fell down lost what came before it
   */
  append(chunk: JournalChunk): Promise<Appended>;
}

/** Inputs that wait at most so long for their chunk, when no decision calls for it before, in ms. */
export const flushMs = 1_000;
/** Inputs in one chunk. */
export const chunkInputsMax = 500;
/** Inputs that wait for the database: beyond it the run is given up, and another begins with all that is true then. */
export const inputsWaitingMax = 200_000;
/**
 * A restart point is written when what was written since the last one is so many times its size, and so large: then the journal is no
 * more than a quarter longer for them, and a replay reads no more than that many times the state.
 */
export const restartRatio = 4;
export const restartBytesMin = 256 * 1024;
/** Below it compressing takes longer than it spares. */
const compressedBytesMin = 256;

const compressElsewhere: (text: string) => Promise<Uint8Array> = promisify(zstdCompress);
const zstdMagic = 0x28;

/** The inputs of a chunk. */
export function unpack(body: Uint8Array): Input[] {
  const text = body[0] === zstdMagic ? zstdDecompressSync(body) : Buffer.from(body);
  return JSON.parse(text.toString('utf8')) as Input[];
}

function packNow(inputs: readonly Input[]): Uint8Array {
  const text = Buffer.from(JSON.stringify(inputs));
  return text.length < compressedBytesMin ? text : zstdCompressSync(text);
}

/** An engine whose inputs are kept. */
export interface Run extends Engine {
  readonly id: string;
  /** How many decisions it has taken: the number of the last. */
  decided(): number;
  /**
   * Resolves once all that it was told until now is written; false: another owns the pool, or the run was given up. Throws what kept it
   * from being written; it is then tried again with the next.
   */
  written(): Promise<boolean>;
  /** It could not be written for too long, or has a gap: another run must begin. */
  isGivenUp(): boolean;
  /** Writes what is left, if that can be. */
  end(): Promise<void>;
}

/** What a simulation, in which nothing may happen by chance or beside it, hands in; and sizes for tests. */
export interface RunOptions {
  makeId?: (now: Instant) => string;
  compress?: (text: string) => Promise<Uint8Array>;
  pack?: (inputs: readonly Input[]) => Uint8Array;
  restartBytesMin?: number;
  restartRatio?: number;
  chunkInputsMax?: number;
}

/**
 * Keeps what an engine is told: each input that was news, in order. One chunk is on its way at a time; what is told meanwhile shares
 * the next one, so that many decisions cost one write.
 */
export function createRun(
  engine: Engine,
  record: JournalRecord,
  {
    epoch,
    clock,
    log,
    makeId = newId,
    compress = compressElsewhere,
    pack = packNow,
    ...limits
  }: { epoch: string; clock: Clock; log: Pick<Logger, 'warn'> } & RunOptions,
): Run {
  const {
    restartBytesMin: restartMin,
    restartRatio: ratio,
    chunkInputsMax: chunkMax,
  } = { restartBytesMin, restartRatio, chunkInputsMax, ...limits };
  const runId = makeId(clock.now());
  let n = 0;
  let decided = 0;
  let told: Millis | undefined;
  let given: 'up' | 'lost' | undefined;

  // What the engine knows, as a restart point must tell it.
  let rules: RulesSeen | undefined;
  const types = new Map<string, TypeSeen>();
  const agents = new Map<string, AgentSeen>();
  const interactions = new Map<string, InteractionSeen>();
  const reserved = new Map<string, Reserved>();
  const held = new Map<string, Millis>();

  let waiting: Input[] = [];
  let waitingSince: Instant | undefined;
  let decidedBefore = 0;
  /** How many inputs there were, and of how many it is known that they are written. */
  let count = 0;
  let safe = 0;
  let unsent: { chunk: JournalChunk; count: number } | undefined;
  let waiters: { count: number; resolve: (ok: boolean) => void; reject: (fault: unknown) => void }[] = [];
  let sending: Promise<void> | undefined;
  let cancelFlush: (() => void) | undefined;

  let sinceRestart = 0;
  let restartBytes = 0;
  let restart:
    | {
        left: (() => Input)[];
        ready: { inputs: number; body: Uint8Array } | undefined;
        fromN: number;
        at: Instant;
        decided: number;
        bytes: number;
      }
    | undefined;

  function keep(input: Input): void {
    if (given !== undefined) return;
    if (waitingSince === undefined) {
      waitingSince = clock.now();
      decidedBefore = decided;
      cancelFlush?.();
      cancelFlush = clock.after(flushMs, () => void send());
    }
    waiting.push(input);
    count += 1;
    if (waiting.length > inputsWaitingMax) giveUp('up');
  }

  function giveUp(how: 'up' | 'lost'): void {
    given ??= how;
    waiting = [];
    unsent = undefined;
    restart = undefined;
    cancelFlush?.();
    for (const { resolve } of waiters) resolve(false);
    waiters = [];
  }

  /** The next chunk: inputs, else a part of a restart point that is ready. */
  function next(): typeof unsent {
    if (waiting.length > 0) {
      cancelFlush?.();
      const inputs = waiting.length > chunkMax ? waiting.splice(0, chunkMax) : waiting;
      if (inputs === waiting) waiting = [];
      const at = waitingSince!;
      const chunk: JournalChunk = {
        runId,
        n,
        epoch,
        kind: n === 0 ? 'begin' : 'inputs',
        fromN: n,
        at,
        until: clock.now(),
        inputs: inputs.length,
        decided: decidedBefore,
        body: pack(inputs),
      };
      n += 1;
      for (const input of inputs) if (input[0] === 'decide') decidedBefore += input[3];
      sinceRestart += chunk.body.length;
      if (waiting.length === 0) {
        waitingSince = undefined;
        if (restart === undefined && isRestartDue()) beginRestart();
      }
      return { chunk, count: count - waiting.length };
    }
    if (restart?.ready === undefined) return undefined;
    const { ready, left, fromN, at, decided: before } = restart;
    const isLast = left.length === 0;
    const chunk: JournalChunk = {
      runId,
      n,
      epoch,
      kind: isLast ? 'restart' : 'part',
      fromN,
      at,
      until: at,
      inputs: ready.inputs,
      decided: before,
      body: ready.body,
    };
    n += 1;
    restart.bytes += ready.body.length;
    if (isLast) {
      restartBytes = restart.bytes;
      restart = undefined;
    } else void prepare(restart);
    return { chunk, count: safe };
  }

  /** Makes the next part of a restart point ready, away from the thread that decides: it is large, and nobody waits for it. */
  async function prepare(of: NonNullable<typeof restart>): Promise<void> {
    of.ready = undefined;
    const inputs = of.left.splice(0, chunkMax).map((input) => input());
    const body = await compress(JSON.stringify(inputs));
    of.ready = { inputs: inputs.length, body };
    if (restart === of) void send();
  }

  function isRestartDue(): boolean {
    return sinceRestart >= Math.max(restartMin, ratio * restartBytes);
  }

  /** What is known at this moment, between one chunk and the next. Facts are never changed, so to remember them costs little. */
  function beginRestart(): void {
    const left: (() => Input)[] = [];
    if (told !== undefined) {
      const now = told;
      left.push(() => ['time', now]);
    }
    const add = (seen: Seen) => left.push(() => inputOf(seen));
    if (rules !== undefined) add(rules);
    for (const known of [types, agents, interactions]) for (const seen of known.values()) add(seen);
    for (const [id, until] of held) if (!reserved.has(id)) left.push(() => ['held', id, until]);
    for (const [id, one] of reserved) left.push(() => ['reserved', id, one]);
    restart = { left, fromN: n, at: clock.now(), decided, bytes: 0, ready: undefined };
    sinceRestart = 0;
    void prepare(restart);
  }

  function send(): Promise<void> {
    sending ??= sendAll();
    return sending;
  }

  async function sendAll(): Promise<void> {
    await Promise.resolve(); // what is told in the same turn goes along
    try {
      while (await sendNext());
    } finally {
      sending = undefined; // at once: who comes a moment later finds nobody sending, and sends
    }
  }

  /** Answers whether it went, and more may follow. */
  async function sendNext(): Promise<boolean> {
    unsent ??= next();
    if (unsent === undefined || given !== undefined) return false;
    const { chunk, count: upTo } = unsent;
    try {
      const appended = await record.append(chunk);
      if (appended !== 'kept') {
        giveUp(appended === 'gap' ? 'up' : 'lost');
        return false;
      }
    } catch (fault) {
      log.warn(
        { err: fault },
        'What routing was told could not be written; nothing is decided upon it until it is.',
      );
      const failed = waiters;
      waiters = [];
      for (const { reject } of failed) reject(fault);
      cancelFlush?.();
      cancelFlush = clock.after(flushMs, () => void send());
      return false;
    }
    unsent = undefined;
    safe = Math.max(safe, upTo);
    const isSafe = (waiter: (typeof waiters)[number]) => waiter.count <= safe;
    for (const { resolve } of waiters.filter(isSafe)) resolve(true);
    waiters = waiters.filter((waiter) => !isSafe(waiter));
    return true;
  }

  function tell(now: Millis): void {
    if (now === told) return;
    told = now;
    keep(['time', now]);
  }

  return {
    id: runId,
    decided: () => decided,
    isGivenUp: () => given === 'up',

    see(seen: Seen): boolean {
      const known = seen.kind === 'agent' ? agents.get(seen.agentId) : undefined;
      const isIdle = seen.kind === 'agent' && known !== undefined && hasSame(known, seen);
      // The engine is given what a replay will give it.
      const fact = isIdle ? idleAgent(known, seen) : seen;
      if (!engine.see(fact)) return false;
      if (fact.kind === 'agent') {
        agents.set(fact.agentId, fact);
        keep(isIdle ? ['idle', fact.agentId, fact.version, fact.ready, fact.idleSince] : inputOf(fact));
        return true;
      }
      if (fact.kind === 'type') types.set(fact.typeId, fact);
      else if (fact.kind === 'rules') rules = fact;
      else {
        if (fact.state === 'closed' || fact.state === 'abandoned') interactions.delete(fact.interactionId);
        else interactions.set(fact.interactionId, fact);
        reserved.delete(fact.interactionId);
        held.delete(fact.interactionId);
      }
      keep(inputOf(fact));
      return true;
    },
    forget(gone: Gone): boolean {
      if (!engine.forget(gone)) return false;
      if (gone.kind === 'agent') agents.delete(gone.agentId);
      else types.delete(gone.typeId);
      keep(['gone', gone]);
      return true;
    },
    decide(now: Millis, max = Number.POSITIVE_INFINITY): Decision[] {
      const decisions = engine.decide(now, max);
      told = now;
      keep(['decide', now, Number.isFinite(max) ? max : null, decisions.length]);
      decided += decisions.length;
      for (const { interactionId, agentId, why } of decisions)
        reserved.set(interactionId, { agentId, since: now, why });
      return decisions;
    },
    release(interactionId: string, notBefore?: Millis): boolean {
      if (!engine.release(interactionId, notBefore)) return false;
      reserved.delete(interactionId);
      if (notBefore !== undefined) held.set(interactionId, notBefore);
      keep(notBefore === undefined ? ['release', interactionId] : ['release', interactionId, notBefore]);
      return true;
    },
    reserve() {
      throw new TypeError('A run takes its own decisions.');
    },
    comeTo(now: Millis): void {
      engine.comeTo(now);
      tell(now);
    },
    whyWaiting(interactionId: string, now: Millis): Why | undefined {
      const why = engine.whyWaiting(interactionId, now);
      tell(now);
      return why;
    },
    explain(interactionId: string, now: Millis) {
      const explained = engine.explain(interactionId, now);
      tell(now);
      return explained;
    },
    wakeAt: (now) => engine.wakeAt(now),
    snapshot(now?: Millis) {
      const snapshot = engine.snapshot(now);
      if (now !== undefined) tell(now);
      return snapshot;
    },

    written(): Promise<boolean> {
      if (given !== undefined) return Promise.resolve(false);
      if (safe >= count) return Promise.resolve(true);
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      waiters.push({ count, resolve, reject });
      void send();
      return promise;
    },
    async end(): Promise<void> {
      restart = undefined;
      await send();
      given ??= 'lost';
      cancelFlush?.();
    },
  };
}

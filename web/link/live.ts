import type { FromStaff, ToStaff } from '#src/app/contract.ts';
import type { WorkSnapshot } from '#src/modules/interactions/contract.ts';
import { backOffMs } from './back-off.ts';
import { emptyStream, hasGap, held, type Stream, withEvents } from './stream.ts';
import { withChange } from './work-change.ts';

/** Silence for so long makes the line ask whether it is still there. */
export const pingAfterMs = 12_000;
/** No answer to that for so long, and it counts as lost: a sleeping laptop's socket looks open for minutes. */
export const pongWithinMs = 6_000;
/** An opening that has not said hello by then is given up. */
export const helloWithinMs = 10_000;
/** The same gap is asked for again no sooner than this. */
const askAgainMs = 1_000;

export type LineState =
  | { is: 'off' }
  | { is: 'connecting' }
  | { is: 'live'; since: number }
  /** `heardAt`: up to when what is shown was true. */
  | { is: 'lost'; since: number; heardAt: number };

export interface LiveState {
  line: LineState;
  work: WorkSnapshot | undefined;
  /** What to add to this browser's clock to have the server's, in milliseconds. */
  clockOffsetMs: number;
}

/** The part of WebSocket that the line needs. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
}

export interface Surroundings {
  open(): Socket;
  now(): number;
  random(): number;
  /** Calls back once after so many milliseconds; answers how to prevent it. */
  after(ms: number, act: () => void): () => void;
  /** The line could not be opened or was closed: the session may have ended. */
  onLost(): void;
}

/**
 * The staff's live line: one socket, reopened with a growing, jittered pause; what was subscribed is subscribed again after the last seq
 * held, so nothing is missed and nothing comes twice. State is immutable: a listener compares references.
 */
export class LiveLine {
  readonly #around: Surroundings;
  readonly #listeners = new Set<() => void>();
  readonly #watched = new Map<string, number>();
  readonly #streams = new Map<string, Stream>();
  readonly #asked = new Map<string, { after: number; at: number }>();
  #state: LiveState = { line: { is: 'off' }, work: undefined, clockOffsetMs: 0 };
  #socket: Socket | undefined;
  #heardAt = 0;
  #askedForWorkAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #cancelCheck: (() => void) | undefined;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get state(): LiveState {
    return this.#state;
  }

  stream(interactionId: string): Stream {
    return this.#streams.get(interactionId) ?? emptyStream;
  }

  /** Calls `listener` after each change; answers how to stop that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.#state.line.is !== 'off') return;
    this.#change({ line: { is: 'connecting' } });
    this.#connect();
  }

  /** Closes the line and forgets what it brought: the next person must not see it. */
  stop(): void {
    this.#drop();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#failures = 0;
    this.#streams.clear();
    this.#asked.clear();
    this.#change({ line: { is: 'off' }, work: undefined });
  }

  /** Tries at once instead of waiting: the network is back, the lid was opened, a person asked. */
  hurry(): void {
    if (this.#state.line.is === 'off') return;
    if (this.#socket !== undefined) {
      if (this.#state.line.is === 'live') this.#ping();
      return;
    }
    this.#cancelRetry?.();
    this.#connect();
  }

  /** The browser says that the network is gone: what is shown counts as old at once, not only when an answer stays out. */
  networkGone(): void {
    if (this.#socket !== undefined) this.#lose(this.#socket);
  }

  /** Asks for the whole of one's work anew: after a change that is no event of an interaction, such as a customer's name. */
  renewWork(): void {
    this.#send({ do: 'subscribe', topic: 'work' });
  }

  /** Follows an interaction as long as anybody watches it. */
  watch(interactionId: string): () => void {
    const watchers = this.#watched.get(interactionId) ?? 0;
    this.#watched.set(interactionId, watchers + 1);
    if (watchers === 0) this.#subscribe(interactionId, true);
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      const left = (this.#watched.get(interactionId) ?? 1) - 1;
      if (left > 0) {
        this.#watched.set(interactionId, left);
        return;
      }
      this.#watched.delete(interactionId);
      this.#asked.delete(interactionId);
      this.#send({ do: 'unsubscribe', topic: `interaction:${interactionId}` });
    };
  }

  #connect(): void {
    const { open } = this.#around;
    const socket = open();
    this.#socket = socket;
    this.#check(helloWithinMs, () => this.#lose(socket));
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === 'string') this.#hear(JSON.parse(data) as ToStaff);
    };
    socket.onclose = () => this.#lose(socket);
    socket.onerror = () => this.#lose(socket);
  }

  #lose(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#drop();
    this.#failures += 1;
    const now = this.#around.now();
    const { line } = this.#state;
    if (line.is === 'live') this.#change({ line: { is: 'lost', since: now, heardAt: this.#heardAt } });
    this.#cancelRetry = this.#around.after(backOffMs(this.#failures, this.#around.random), () =>
      this.#connect(),
    );
    this.#around.onLost();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
    if (socket === undefined) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.onerror = null;
    socket.close();
  }

  #hear(message: ToStaff): void {
    const now = this.#around.now();
    this.#heardAt = now;
    this.#check(pingAfterMs, () => this.#ping());
    if ('hello' in message) {
      this.#failures = 0;
      this.#asked.clear();
      this.#change({
        line: { is: 'live', since: now },
        clockOffsetMs: Date.parse(message.hello.serverTime) - now,
      });
      this.#send({ do: 'subscribe', topic: 'work' });
      for (const interactionId of this.#watched.keys()) this.#subscribe(interactionId, true);
      return;
    }
    if ('snapshot' in message) {
      this.#change({
        work: message.snapshot,
        clockOffsetMs: Date.parse(message.snapshot.serverTime) - now,
      });
      return;
    }
    if ('change' in message) {
      if (this.#state.work === undefined) return; // the whole is under way
      const work = withChange(this.#state.work, message.change);
      if (work === undefined) return this.#askForWork();
      this.#change({ work, clockOffsetMs: Date.parse(message.change.serverTime) - now });
      return;
    }
    if ('events' in message) {
      const interactionId = message.topic.slice('interaction:'.length);
      const before = this.stream(interactionId);
      const after = withEvents(before, message.events, message.head);
      if (after !== before) {
        this.#streams.set(interactionId, after);
        this.#change({});
      }
      this.#subscribe(interactionId, false);
      return;
    }
    if ('ended' in message) {
      const interactionId = message.ended.slice('interaction:'.length);
      if (message.ended.startsWith('interaction:')) {
        this.#streams.set(interactionId, { ...this.stream(interactionId), ended: message.code });
        this.#change({});
      } else {
        this.#around.onLost();
      }
    }
  }

  /** Asks for what comes after what is held: on watching, after a reconnect, and where a gap shows. */
  #subscribe(interactionId: string, anew: boolean): void {
    if (!this.#watched.has(interactionId)) return;
    const stream = this.stream(interactionId);
    if (!anew && !hasGap(stream)) return;
    const after = held(stream);
    const now = this.#around.now();
    const asked = this.#asked.get(interactionId);
    if (!anew && asked !== undefined && asked.after === after && now - asked.at < askAgainMs) {
      // The answer is under way. Should it not close the gap, it is asked for once more.
      this.#around.after(askAgainMs, () => this.#subscribe(interactionId, false));
      return;
    }
    this.#asked.set(interactionId, { after, at: now });
    this.#send({ do: 'subscribe', topic: `interaction:${interactionId}`, after });
  }

  /** A change of something that is not shown here: the whole is asked for, no sooner than a moment after it was asked for last. */
  #askForWork(): void {
    const now = this.#around.now();
    if (now - this.#askedForWorkAt < askAgainMs) return;
    this.#askedForWorkAt = now;
    this.renewWork();
  }

  #ping(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#send({ do: 'ping' });
    this.#check(pongWithinMs, () => this.#lose(socket));
  }

  #check(ms: number, act: () => void): void {
    this.#cancelCheck?.();
    this.#cancelCheck = this.#around.after(ms, act);
  }

  #send(message: FromStaff): void {
    if (this.#socket === undefined || this.#state.line.is !== 'live') return;
    this.#socket.send(JSON.stringify(message));
  }

  #change(change: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

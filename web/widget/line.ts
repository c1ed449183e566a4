// The line to the server: a WebSocket, or long polling where WebSockets do not get through. It opens, watches, closes
// and opens again by itself; whoever uses it hears frames and says frames, and loses nothing that was not confirmed.

import type { CustomerStep, FromCustomer, Position, ToCustomer } from '#src/channels/chat/contract.ts';
import { backOffMs } from './back-off.ts';

export const openDeadlineMs = 10_000;
/**
 * So often the line is tested, whatever was heard meanwhile: proxies drop quiet lines, a laptop that slept keeps a dead
 * socket, and the server takes a customer who says nothing for a minute for gone.
 */
export const beatMs = 20_000;
export const pongDeadlineMs = 6_000;
/** After waking up nobody wants to wait for the usual deadline. */
export const wakePongDeadlineMs = 2_500;
/** So many sockets in a row that never opened, and polling is tried. */
export const socketFailuresMax = 3;
export const pollWaitSeconds = 25;
/** A poll answers within its wait; a while later it is taken for lost. */
export const pollDeadlineMs = 40_000;
export const requestDeadlineMs = 15_000;
/** While polling, a WebSocket is tried again so often. */
export const socketAgainMs = 60_000;

export interface Socket {
  send(text: string): void;
  /** Closes it; nothing is heard of it any more. */
  close(): void;
}

/** What is heard of a socket. `lost` comes once, whatever the reason. */
export interface Ears {
  opened(): void;
  heard(data: unknown): void;
  lost(): void;
}

/** The outside world, handed in: the browser's, or one that moves when told to. */
export interface World {
  now(): number;
  random: () => number;
  uuid(): string;
  /** Runs `act` after so many milliseconds; the answer calls it off. */
  later(ms: number, act: () => void): () => void;
  /** Throws when the page's policy forbids it. */
  socket(url: string, ears: Ears): Socket;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Runs `act` while no other tab of this page runs one under the same name. */
  alone(name: string, act: () => Promise<void>): Promise<void>;
}

/** off: not wanted. connecting: the first attempt runs. live: frames go both ways. down: lost, tried again. */
export type LineState = 'off' | 'connecting' | 'live' | 'down';

export interface LineUse {
  /** Where Parley is, ending with a slash. */
  base: string;
  token(): string;
  position(): Position | undefined;
  hear(frame: ToCustomer): void;
  changed(state: LineState): void;
}

interface StepsAnswer {
  steps: CustomerStep[];
  more: boolean;
  open: boolean;
  queue?: { ahead: number };
}

export class Line {
  readonly #world: World;
  readonly #use: LineUse;
  #state: LineState = 'off';
  /** Counts the attempts; what belongs to an earlier one finds itself outdated. */
  #attempt = 0;
  #failures = 0;
  #socketFailures = 0;
  #socket: Socket | undefined;
  #socketOpened = false;
  /** A ping is out and nothing was heard since. */
  #tested = false;
  #polling: AbortController | undefined;
  #watch: () => void = () => {};
  #retry: () => void = () => {};
  #probe: () => void = () => {};

  constructor(world: World, use: LineUse) {
    this.#world = world;
    this.#use = use;
  }

  get state(): LineState {
    return this.#state;
  }

  open(): void {
    if (this.#state !== 'off') return;
    this.#failures = 0;
    this.#become('connecting');
    this.#connect();
  }

  /** Puts the line down for good, until `open`. */
  close(): void {
    this.#drop();
    this.#become('off');
  }

  /** The page woke, came back into view or found its network again: no waiting for the usual moment. */
  wake(): void {
    if (this.#state === 'off') return;
    this.#failures = 0;
    if (this.#socketOpened) this.#test(wakePongDeadlineMs);
    else {
      // What did not get through in the old network may do so in the new one. A poll that slept with the machine would
      // be waited for in vain.
      if (this.#state !== 'live') this.#socketFailures = 0;
      this.#drop();
      this.#connect();
    }
  }

  /** Drops what there is and connects at once. */
  restart(): void {
    if (this.#state === 'off') return;
    this.#drop();
    if (this.#state === 'live') this.#become('down');
    this.#connect();
  }

  /** Hands a frame over; false when there is no line. Only the server's answer says that it arrived. */
  send(frame: FromCustomer): boolean {
    if (this.#state !== 'live') return false;
    if (this.#socketOpened) this.#socket?.send(JSON.stringify(frame));
    else this.#post(frame);
    return true;
  }

  #become(state: LineState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#use.changed(state);
  }

  #drop(): void {
    this.#attempt += 1;
    this.#watch();
    this.#retry();
    this.#probe();
    this.#polling?.abort();
    this.#polling = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#socketOpened = false;
    socket?.close();
  }

  #connect(): void {
    // Once sockets failed to open several times, every second attempt polls: whichever gets through, wins.
    const poll = this.#socketFailures >= socketFailuresMax && this.#socketFailures % 2 === 1;
    if (poll) void this.#poll();
    else this.#openSocket();
  }

  #failed(): void {
    const wasLive = this.#state === 'live';
    this.#drop();
    this.#failures = wasLive ? 1 : this.#failures + 1;
    this.#become('down');
    this.#retry = this.#world.later(backOffMs(this.#failures, this.#world.random), () => this.#connect());
  }

  // The socket -----------------------------------------------------------------------------------------------------

  #openSocket(): void {
    const attempt = ++this.#attempt;
    const current = () => attempt === this.#attempt;
    const failed = () => {
      if (!current()) return;
      if (!this.#socketOpened) this.#socketFailures += 1;
      this.#failed();
    };
    try {
      this.#socket = this.#newSocket({
        opened: () => this.#socket?.send(JSON.stringify(this.#opening())),
        heard: (data) => {
          const frame = frameOf(data);
          if (frame === undefined) return;
          if ('opened' in frame) this.#opened();
          else if (this.#tested) this.#beat();
          this.#use.hear(frame);
        },
        lost: failed,
      });
      this.#watch = this.#world.later(openDeadlineMs, failed);
    } catch {
      // A page's own policy may forbid the socket; polling may still be allowed.
      failed();
    }
  }

  #newSocket(ears: Ears): Socket {
    return this.#world.socket(`${this.#use.base.replace(/^http/, 'ws')}chat/live`, ears);
  }

  #opening(): FromCustomer {
    const after = this.#use.position();
    return { do: 'open', token: this.#use.token(), ...(after === undefined ? {} : { after }) };
  }

  #opened(): void {
    this.#socketOpened = true;
    this.#socketFailures = 0;
    this.#failures = 0;
    this.#beat();
    this.#become('live');
  }

  #beat(): void {
    this.#tested = false;
    this.#watch();
    this.#watch = this.#world.later(beatMs, () => this.#test(pongDeadlineMs));
  }

  /** Asks the other end whether it is there; any frame is an answer. */
  #test(deadlineMs: number): void {
    this.#tested = true;
    this.#watch();
    this.#watch = this.#world.later(deadlineMs, () => this.#failed());
    this.#socket?.send(JSON.stringify({ do: 'ping' } satisfies FromCustomer));
  }

  // Polling --------------------------------------------------------------------------------------------------------

  async #poll(): Promise<void> {
    const attempt = ++this.#attempt;
    const current = () => attempt === this.#attempt;
    const polling = new AbortController();
    this.#polling = polling;
    let answered = false;
    let open: boolean | undefined;
    let waitSeconds = 0; // The first answer comes at once: it says that polling gets through.
    while (current()) {
      const answer = await this.#fetchSteps(waitSeconds, polling.signal);
      if (!current()) return;
      if (answer === 'lost') {
        this.#socketFailures += 1;
        this.#failed();
        return;
      }
      if ('refused' in answer) {
        this.#use.hear(answer);
        if (!current()) return;
        if (answer.retryAfterSeconds === undefined) {
          this.#failed();
          return;
        }
        const pauseMs = answer.retryAfterSeconds * 1000;
        await new Promise<void>((resolve) => {
          this.#watch = this.#world.later(pauseMs, resolve);
          polling.signal.addEventListener('abort', () => resolve(), { once: true });
        });
        continue;
      }
      if (!answered) {
        answered = true;
        this.#failures = 0;
        // Perhaps the server was away and sockets get through all the same.
        this.#tryAgainForSocket();
        this.#become('live');
      }
      if (answer.open !== open) {
        open = answer.open;
        this.#use.hear({ opened: true, open });
      }
      if (answer.queue !== undefined) this.#use.hear({ queue: answer.queue });
      this.#use.hear({ steps: answer.steps, more: false });
      waitSeconds = answer.more ? 0 : pollWaitSeconds;
    }
  }

  async #fetchSteps(waitSeconds: number, signal: AbortSignal) {
    const after = this.#use.position();
    const asked = new URLSearchParams({ wait: String(waitSeconds) });
    if (after !== undefined) asked.set('after', `${after.interactionId}:${after.seq}`);
    return this.#request<StepsAnswer>(`chat/steps?${asked}`, { method: 'GET' }, null, pollDeadlineMs, signal);
  }

  /** A second socket beside the poll; when it opens it takes over, when not nobody notices. */
  #tryAgainForSocket(): void {
    const attempt = this.#attempt;
    const later = () => {
      done();
      if (attempt === this.#attempt)
        this.#probe = this.#world.later(socketAgainMs, () => this.#tryAgainForSocket());
    };
    const takeOver = () => {
      done();
      if (attempt !== this.#attempt) return;
      this.#socketFailures = 0;
      this.restart();
    };
    const deadline = this.#world.later(openDeadlineMs, later);
    let socket: Socket | undefined;
    const done = () => {
      deadline();
      socket?.close();
    };
    try {
      socket = this.#newSocket({ opened: takeOver, heard: () => {}, lost: later });
    } catch {
      deadline(); // Forbidden once, forbidden as long as this page lives.
    }
  }

  #post(frame: FromCustomer): void {
    if (frame.do !== 'say' && frame.do !== 'end') return; // Polling fetches and stays awake by itself.
    const attempt = this.#attempt;
    const path = frame.do === 'say' ? 'chat/messages' : 'chat/end';
    const body = frame.do === 'say' ? { key: frame.key, text: frame.text } : { key: frame.key };
    void this.#request<Position & { at: string }>(
      path,
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
      frame.key,
      requestDeadlineMs,
    ).then((answer) => {
      if (attempt !== this.#attempt) return;
      if (answer === 'lost') this.#failed();
      else if ('refused' in answer) this.#use.hear(answer);
      else if (frame.do === 'end') this.#use.hear({ ended: frame.key });
      else
        this.#use.hear({
          said: frame.key,
          interactionId: answer.interactionId,
          seq: answer.seq,
          at: answer.at,
        });
    });
  }

  async #request<Answer>(
    path: string,
    init: RequestInit,
    key: string | null,
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<Answer | Extract<ToCustomer, { refused: string | null }> | 'lost'> {
    const stop = new AbortController();
    const calledOff = this.#world.later(deadlineMs, () => stop.abort());
    const abort = () => stop.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const response = await this.#world.fetch(this.#use.base + path, {
        ...init,
        credentials: 'omit',
        cache: 'no-store',
        signal: stop.signal,
        headers: {
          ...(init.headers as Record<string, string>),
          authorization: `Bearer ${this.#use.token()}`,
        },
      });
      if (response.status >= 500) return 'lost';
      if (response.status === 204) return {} as Answer;
      const body: unknown = await response.json();
      if (response.ok) return body as Answer;
      const problem = body as { code?: string; title?: string; retryAfterSeconds?: number };
      return {
        refused: key,
        code: problem.code ?? 'unknown',
        title: problem.title ?? '',
        ...(problem.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: problem.retryAfterSeconds }),
      };
    } catch {
      return 'lost';
    } finally {
      calledOff();
      signal?.removeEventListener('abort', abort);
    }
  }
}

/** A frame from the wire; undefined when it is none, which is no reason to lose the line. */
function frameOf(data: unknown): ToCustomer | undefined {
  try {
    const frame: unknown = JSON.parse(String(data));
    return typeof frame === 'object' && frame !== null ? (frame as ToCustomer) : undefined;
  } catch {
    return undefined;
  }
}

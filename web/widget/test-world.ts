// A world for tests that moves when told to: its clock, its line, its browser storage and a server that keeps a
// conversation as the real one does (a key is taken once, seq has no gap). Not part of the widget.

import type {
  CustomerStep,
  FromCustomer,
  Position,
  PublicChannel,
  ToCustomer,
} from '#src/channels/chat/contract.ts';
import { Chat, type ChatUse, type Told } from './chat.ts';
import type { Ears, Socket, World } from './line.ts';
import { type Keeping, openStore } from './store.ts';

export const channel: PublicChannel = {
  key: 'shop',
  open: true,
  name: { en: 'Shop, customer service', fr: 'Boutique, service client' },
  clientName: 'Shop',
  answeredBy: 'Meridian Contact',
  charges: { en: 'Free.', fr: 'Gratuit.' },
  greeting: { en: '', fr: '' },
  accent: '#2450c8',
  limits: { messageLength: 100 },
};

/** Lets everything that is due without a clock happen. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

export class TestSocket {
  /** What was sent by the customer and has not arrived at the server. */
  readonly up: FromCustomer[] = [];
  /** What was sent by the server and has not arrived at the customer. */
  readonly down: ToCustomer[] = [];
  token: string | undefined;
  dead = false;
  readonly #server: TestServer;
  readonly ears: Ears;

  constructor(server: TestServer, ears: Ears) {
    this.#server = server;
    this.ears = ears;
  }

  send(text: string): void {
    if (!this.dead) this.up.push(JSON.parse(text) as FromCustomer);
  }

  close(): void {
    this.dead = true;
    this.#server.sockets.delete(this);
  }

  /** The network breaks: what is under way is lost, and the browser hears of it unless it is half open. */
  cut(halfOpen = false): void {
    this.close();
    this.up.length = 0;
    this.down.length = 0;
    if (!halfOpen) this.ears.lost();
  }

  hears(frame: ToCustomer): void {
    if (!this.dead) this.ears.heard(JSON.stringify(frame));
  }
}

export class TestServer {
  channel: PublicChannel | undefined = channel;
  readonly sockets = new Set<TestSocket>();
  readonly sessions = new Map<string, { told: unknown; steps: CustomerStep[] }>();
  /** Nothing gets through to it at all. */
  away = false;
  /** The page's origin is not among those that the channel allows. */
  foreign = false;
  /** WebSockets do not get through. */
  socketsBlocked = false;
  refuseNext: { code: string; title: string; retryAfterSeconds?: number } | undefined;
  sessionsAsked = 0;
  #interactions = 0;

  /** The lines of a customer in the order in which they were taken. */
  lines(token = [...this.sessions.keys()].at(-1) ?? ''): string[] {
    return (this.sessions.get(token)?.steps ?? []).flatMap((step) =>
      step.kind === 'line' ? [step.text] : [],
    );
  }

  add(token: string, step: Partial<CustomerStep> & { kind: CustomerStep['kind'] }): CustomerStep {
    const steps = (this.sessions.get(token) as { steps: CustomerStep[] }).steps;
    const last = steps.findLast((one) => one.kind === 'state');
    let interactionId = steps.at(-1)?.interactionId;
    const fresh =
      interactionId === undefined ||
      (last?.kind === 'state' && last.state === 'ended' && step.kind === 'line');
    if (fresh) interactionId = `i${String(++this.#interactions).padStart(4, '0')}`;
    const seq = fresh ? 1 : (steps.at(-1)?.seq ?? 0) + 1;
    const first = fresh && step.kind === 'line';
    const whole = {
      at: '2026-11-25T10:00:00.000Z',
      ...step,
      interactionId,
      seq: first ? 2 : seq,
    } as CustomerStep;
    if (first) {
      const waiting = {
        interactionId,
        seq: 1,
        at: whole.at,
        kind: 'state',
        state: 'waiting',
        name: null,
      } as CustomerStep;
      steps.push(waiting);
      this.#tell(token, waiting);
    }
    steps.push(whole);
    this.#tell(token, whole);
    return whole;
  }

  /** One frame arrives at the server. */
  hear(socket: TestSocket): void {
    const frame = socket.up.shift();
    if (frame === undefined) return;
    if (frame.do === 'open') {
      if (!this.sessions.has(frame.token)) {
        socket.down.push({ refused: null, code: 'session-unknown', title: 'Unknown.' });
        return;
      }
      socket.token = frame.token;
      socket.down.push({ opened: true, open: this.channel?.open === true });
      socket.down.push({ steps: this.after(frame.token, frame.after), more: false });
    }
    const { token } = socket;
    if (token === undefined) return;
    if (frame.do === 'fetch') socket.down.push({ steps: this.after(token, frame.after), more: false });
    if (frame.do === 'ping') socket.down.push({ pong: true });
    if (frame.do === 'say') socket.down.push(this.say(token, frame.key, frame.text));
    if (frame.do === 'end') {
      this.add(token, { kind: 'state', state: 'ended', name: null });
      socket.down.push({ ended: frame.key });
    }
  }

  say(token: string, key: string, text: string): ToCustomer {
    const refusal = this.refuseNext;
    this.refuseNext = undefined;
    if (refusal !== undefined) return { refused: key, ...refusal };
    const known = this.sessions.get(token)?.steps.find((step) => step.kind === 'line' && step.key === key);
    const line = known ?? this.add(token, { kind: 'line', author: 'customer', name: null, text, key });
    return { said: key, interactionId: line.interactionId, seq: line.seq, at: line.at };
  }

  after(token: string, position: Position | undefined): CustomerStep[] {
    const steps = this.sessions.get(token)?.steps ?? [];
    if (position === undefined) return [...steps];
    return steps.slice(
      steps.findIndex((step) => step.interactionId === position.interactionId && step.seq === position.seq) +
        1,
    );
  }

  answer(url: string, init: RequestInit): Response {
    if (this.away) throw new TypeError('Failed to fetch');
    if (new URL(url).pathname === '/w.js') return new Response('');
    // What a page of a foreign origin may not read, its browser hides behind the same error.
    if (this.foreign) throw new TypeError('Failed to fetch');
    const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
    const { pathname, searchParams } = new URL(url);
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    if (pathname.startsWith('/chat/channels/'))
      return this.channel === undefined ? json(404, { code: 'channel-unknown' }) : json(200, this.channel);
    if (pathname === '/chat/sessions') {
      const told = body.told as Told;
      if (!Object.values(this.channel?.charges ?? {}).includes(told.charges))
        return json(409, { code: 'not-told-before', title: 'Told otherwise.' });
      this.sessionsAsked += 1;
      const token = `token-${this.sessionsAsked}`;
      this.sessions.set(token, { told: body.told, steps: [] });
      return json(201, { token, sessionId: token });
    }
    const token = new Headers(init.headers).get('authorization')?.replace('Bearer ', '') ?? '';
    if (!this.sessions.has(token)) return json(401, { code: 'session-unknown', title: 'Unknown.' });
    if (pathname === '/chat/steps') {
      const [interactionId, seq] = (searchParams.get('after') ?? '').split(':');
      const after = interactionId ? { interactionId, seq: Number(seq) } : undefined;
      return json(200, {
        steps: this.after(token, after),
        more: false,
        open: this.channel?.open === true,
      });
    }
    if (pathname === '/chat/messages') return json(200, this.say(token, String(body.key), String(body.text)));
    throw new Error(`The test server knows no ${pathname}.`);
  }

  #tell(token: string, step: CustomerStep): void {
    for (const socket of this.sockets)
      if (socket.token === token) socket.down.push({ steps: [step], more: false });
  }
}

/** One browser: what its tabs share. */
export class TestBrowser {
  readonly kept = new Map<string, string>();
  readonly tabs: TestTab[] = [];
  /** A page without TLS has no locks between its tabs. */
  locks = true;
  readonly #locks = new Map<string, Promise<void>>();

  /** The storage as one tab has it: the other tabs hear of each change, a little later. */
  keepingOf(tab: TestTab): Keeping {
    const { kept } = this;
    const change = (name: string, now: string | null) => {
      const before = kept.get(name) ?? null;
      if (now === null) kept.delete(name);
      else kept.set(name, now);
      if (before === now) return;
      for (const other of this.tabs)
        if (other !== tab)
          setImmediate(() => {
            if (!other.gone) other.chat.keptElsewhere(name, before, now);
          });
    };
    return {
      get length() {
        return kept.size;
      },
      key: (index) => [...kept.keys()][index] ?? null,
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => change(name, value),
      removeItem: (name) => change(name, null),
    };
  }

  alone(name: string, act: () => Promise<void>): Promise<void> {
    if (!this.locks) return act();
    const turn = (this.#locks.get(name) ?? Promise.resolve()).then(act);
    this.#locks.set(name, turn);
    return turn;
  }
}

/** One page in a browser, its clock and its sockets. */
export class TestTab implements World {
  time = Date.parse('2026-11-25T10:00:00Z');
  readonly chat: Chat;
  readonly sockets: TestSocket[] = [];
  readonly warnings: string[] = [];
  arrivals = 0;
  /** A closed tab's timers and locks are gone. */
  gone = false;
  #timers: { at: number; act: () => void }[] = [];
  #names = 0;
  readonly #browser: TestBrowser;
  readonly #server: TestServer;
  readonly #name: string;

  constructor(server: TestServer, browser = new TestBrowser(), name = 'a', use: Partial<ChatUse> = {}) {
    this.#server = server;
    this.#browser = browser;
    this.#name = name;
    browser.tabs.push(this);
    this.chat = new Chat(this, openStore(browser.keepingOf(this), ''), {
      base: 'http://parley.example/',
      channelKey: 'shop',
      language: 'en',
      pageUrl: () => 'http://shop.example/',
      changed: () => {},
      arrived: () => {
        this.arrivals += 1;
      },
      warn: (text) => this.warnings.push(text),
      ...use,
    });
  }

  now = () => this.time;
  random = () => 0.5;
  uuid = () => `${this.#name}-${++this.#names}`;
  later = (ms: number, act: () => void) => {
    const timer = { at: this.time + ms, act };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };
  socket = (_url: string, ears: Ears): Socket => {
    const socket = new TestSocket(this.#server, ears);
    this.sockets.push(socket);
    return socket;
  };
  fetch = async (url: string, init: RequestInit) => {
    const answer = this.#server.answer(url, init);
    // A poll without news would be held by the server; here it lasts until the clock is moved.
    if (url.includes('wait=25') && ((await answer.clone().json()) as { steps: unknown[] }).steps.length === 0)
      await new Promise<void>((resolve, reject) => {
        this.later(25_000, resolve);
        init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      });
    return answer;
  };
  alone = async (name: string, act: () => Promise<void>) => {
    await this.#browser.alone(name, () => {
      if (this.gone) return Promise.resolve();
      return Promise.race([act(), this.#end]);
    });
  };
  #endNow: () => void = () => {};
  readonly #end = new Promise<void>((resolve) => {
    this.#endNow = resolve;
  });

  /** The newest socket, when it is not dead. */
  get line(): TestSocket | undefined {
    const last = this.sockets.at(-1);
    return last?.dead === false ? last : undefined;
  }

  /** The newest socket gets through, or fails when the server is away. */
  connect(): void {
    const socket = this.line;
    if (socket === undefined || this.#server.sockets.has(socket)) return;
    if (this.#server.away || this.#server.socketsBlocked) socket.cut();
    else {
      this.#server.sockets.add(socket);
      socket.ears.opened();
    }
  }

  /** Moves the clock; what falls due happens in its order. */
  async pass(ms: number): Promise<void> {
    await settled();
    const until = this.time + ms;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.time = Math.max(this.time, next.at);
      next.act();
      await settled();
    }
    this.time = until;
    await settled();
  }

  /** Everything under way arrives, both ways, until nothing moves any more. */
  async flow(): Promise<void> {
    for (let round = 0; round < 50; round++) {
      await settled();
      this.connect();
      const socket = this.line;
      if (socket === undefined || (socket.up.length === 0 && socket.down.length === 0)) {
        await settled();
        if (this.line === socket && !socket?.up.length && !socket?.down.length) return;
        continue;
      }
      if (socket.up.length > 0) this.#server.hear(socket);
      const frame = socket.down.shift();
      if (frame !== undefined) socket.hears(frame);
    }
  }

  /** Time passes while everything gets through. */
  async live(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1000) {
      await this.pass(1000);
      await this.flow();
    }
  }

  /** The tab is closed, reloaded or crashes: its memory is gone, what it kept stays. */
  close(): void {
    this.gone = true;
    this.#timers = [];
    for (const socket of this.sockets) socket.close();
    this.#endNow();
  }

  async openChat(): Promise<this> {
    void this.chat.start();
    await settled();
    this.chat.openPanel();
    await this.flow();
    return this;
  }

  /** The customer's and the agents' lines on the screen. */
  screen(): string[] {
    return this.chat.view().shown.flatMap((shown) => (shown.kind === 'line' ? [shown.text] : [shown.event]));
  }

  marks(): (string | undefined)[] {
    return this.chat.view().shown.flatMap((shown) => (shown.kind === 'line' ? [shown.mark] : []));
  }
}

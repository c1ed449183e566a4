import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type Program, startProgram } from '#src/app/program.ts';
import { cookieName } from '#src/app/server.ts';
import type { PublicChannel } from '#src/channels/chat/contract.ts';
import { openSession, type PersonRow } from '#src/modules/people/index.ts';
import type { Clock } from '#src/platform/clock.ts';
import { type LogEntry, type TestDatabase, testDatabase } from '#test/support/database.ts';

/** A clock that runs like the wall's, and runs ahead when told to: what falls due meanwhile happens at once, in order. */
export interface HurriedClock extends Clock {
  pass(ms: number): void;
}

export function hurriedClock(): HurriedClock {
  let ahead = 0;
  const waiting = new Map<object, { at: number; act: () => void; timer: NodeJS.Timeout }>();
  const monotonic = () => performance.now() + ahead;
  return {
    now: () => new Date(Date.now() + ahead),
    monotonic,
    after(delayMs, act) {
      const key = {};
      const run = () => {
        waiting.delete(key);
        act();
      };
      const delay = Math.max(0, delayMs);
      const timer = setTimeout(run, Math.min(delay, 2 ** 31 - 1)).unref();
      waiting.set(key, { at: monotonic() + delay, act: run, timer });
      return () => {
        clearTimeout(timer);
        waiting.delete(key);
      };
    },
    pass(ms) {
      ahead += ms;
      const due = [...waiting.values()].filter(({ at }) => at <= monotonic()).sort((a, b) => a.at - b.at);
      for (const { act, timer } of due) {
        clearTimeout(timer);
        act();
      }
    },
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line no-explicit-any -- tests look into answers of every shape
  body: any;
  text: string;
}

export interface Asking {
  body?: unknown;
  /** Sent as it is, instead of a body as JSON. */
  raw?: string;
  headers?: Record<string, string>;
}

/** Somebody who asks: a signed-in browser, a visitor's page or nobody in particular. */
export interface Asker {
  ask(signature: string, asking?: Asking): Promise<Answer>;
  token: string | undefined;
}

export interface Parley extends AsyncDisposable {
  program: Program;
  own: TestDatabase<HurriedClock>;
  clock: HurriedClock;
  url: string;
  /** What the program logged as its own fault; a test that causes some on purpose empties it. */
  faults(): LogEntry[];
  anyone: Asker;
  signedIn(person: Pick<PersonRow, 'id'>): Promise<Asker>;
  holding(token: string): Asker;
  /** The staff's live line of somebody signed in. */
  live(asker: Asker, headers?: Record<string, string>): Promise<Socket>;
  socket(path: string, headers?: Record<string, string>): Promise<Socket>;
  /** A visitor of a channel, told what it costs and in possession of a token. */
  visitor(channelKey: string, options?: { origin?: string; language?: 'en' | 'fr' }): Promise<Visitor>;
}

export interface Visitor extends Asker {
  token: string;
  sessionId: string;
  /** Opens the live line and the conversation on it. */
  connect(after?: { interactionId: string; seq: number }): Promise<Socket>;
}

/** The program in this process on a database of its own, as it runs in production but for the checking of every answer. */
export async function startParley({
  publicUrl,
  adminEmail,
  adminPassword,
}: {
  publicUrl?: string;
  adminEmail?: string;
  adminPassword?: string;
} = {}): Promise<Parley> {
  const clock = hurriedClock();
  const own = await testDatabase({ clock });
  const program = await startProgram({
    address: own.address,
    settings: { port: 0, publicUrl, adminEmail, adminPassword },
    secret: own.ctx.secret,
    clock,
    log: own.ctx.log,
    alone: true,
    checkAnswers: true,
  });
  const url = `http://127.0.0.1:${program.port}`;
  const sockets = new Set<Socket>();
  const faults = () => own.logged.filter(({ level }) => level === 'error' || level === 'fatal');

  const asker = (token: string | undefined, base: Record<string, string>): Asker => ({
    token,
    ask: (signature, asking) => request(url, signature, base, asking),
  });
  const holding = (token: string) => asker(token, { cookie: `${cookieName}=${token}` });
  const socket = async (path: string, headers: Record<string, string> = {}) => {
    const opened = await openSocket(url.replace('http', 'ws') + path, headers);
    sockets.add(opened);
    return opened;
  };
  return {
    program,
    own,
    clock,
    url,
    faults,
    anyone: asker(undefined, {}),
    holding,
    socket,
    signedIn: async ({ id }) => holding((await openSession(program.ctx, id)).token),
    live: (staff, headers = {}) =>
      socket('/api/live', { origin: url, cookie: `${cookieName}=${staff.token}`, ...headers }),
    async visitor(channelKey, { origin = url, language = 'en' } = {}) {
      const page = asker(undefined, { origin });
      const told: PublicChannel = (await page.ask(`GET /chat/channels/${channelKey}`)).body;
      const begun = await page.ask('POST /chat/sessions', {
        body: {
          channel: channelKey,
          language,
          pageUrl: `${origin}/basket`,
          told: { name: told.name[language], answeredBy: told.answeredBy, charges: told.charges[language] },
        },
      });
      assert.equal(begun.status, 201, begun.text);
      const { token, sessionId } = begun.body as { token: string; sessionId: string };
      return {
        ...asker(token, { origin, authorization: `Bearer ${token}` }),
        token,
        sessionId,
        async connect(after) {
          const line = await socket('/chat/live', { origin });
          line.send({ do: 'open', token, ...(after === undefined ? {} : { after }) });
          await line.next('the conversation opened', (message) => message.opened === true);
          return line;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const { ws } of sockets) ws.terminate();
      await program.stop();
      await own[Symbol.asyncDispose]();
      // Said before it is thrown: an error of the test itself would hide it.
      const met = faults().map(
        ({ msg, err }) => `${msg} ${(err as { stack?: string } | undefined)?.stack}\n`,
      );
      for (const fault of met) process.stderr.write(fault);
      assert.deepEqual(met, [], 'the program met faults of its own');
    },
  };
}

async function request(
  url: string,
  signature: string,
  base: Record<string, string>,
  { body, raw, headers = {} }: Asking = {},
): Promise<Answer> {
  const [method, path] = signature.split(' ') as [string, string];
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const answer = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: { ...base, ...(sent === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await answer.text();
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  return {
    status: answer.status,
    headers: answer.headers,
    body: isJson && text !== '' ? JSON.parse(text) : undefined,
    text,
  };
}

// oxlint-disable-next-line no-explicit-any -- tests look into messages of every shape
export type Message = any;

/** A live line as a browser has it, with everything that came over it. */
export interface Socket {
  ws: WebSocket;
  messages: Message[];
  send(message: unknown): void;
  /** The first message that fits and was not answered by an earlier call; waits for it. */
  next(what: string, fits: (message: Message) => boolean): Promise<Message>;
  /** The code and reason with which the other side ended it. */
  closed(): Promise<{ code: number; reason: string }>;
  /** Everything sent before is handled: asks for a sign of life and waits for it. */
  settled(): Promise<void>;
}

const patienceMs = 10_000;

async function openSocket(url: string, headers: Record<string, string>): Promise<Socket> {
  const ws = new WebSocket(url, { headers, perMessageDeflate: false });
  const messages: Message[] = [];
  const taken = new Set<Message>();
  const watchers = new Set<() => void>();
  let end: { code: number; reason: string } | undefined;
  const wake = () => {
    for (const watch of watchers) watch();
  };
  ws.on('message', (data) => {
    messages.push(JSON.parse((data as Buffer).toString()));
    wake();
  });
  ws.on('close', (code, reason) => {
    end = { code, reason: String(reason) };
    wake();
  });
  const refused = new Promise<never>((_, reject) => {
    ws.on('unexpected-response', (_request, response) =>
      reject(new UpgradeRefused(response.statusCode ?? 0)),
    );
    ws.on('error', reject);
  });
  refused.catch(() => {});
  await Promise.race([once(ws, 'open'), refused]);

  function until<Found>(what: string, look: () => Found | undefined): Promise<Found> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => {
        watchers.delete(watch);
        const got = messages.map((message) => JSON.stringify(message).slice(0, 300)).join('\n');
        reject(new Error(`did not come: ${what}${end === undefined ? '' : ` (closed ${end.code})`}\n${got}`));
      }, patienceMs);
      const watch = () => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(patience);
        watchers.delete(watch);
        resolve(found);
      };
      watchers.add(watch);
      watch();
    });
  }
  const line: Socket = {
    ws,
    messages,
    send: (message) => ws.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async next(what, fits) {
      const found = await until(what, () => messages.find((message) => !taken.has(message) && fits(message)));
      taken.add(found);
      return found;
    },
    closed: () => until('the end of the line', () => end),
    async settled() {
      line.send({ do: 'ping' });
      await line.next('a sign of life', (message) => message.pong === true);
    },
  };
  return line;
}

/** The server refused to open a live line, with this HTTP status. */
export class UpgradeRefused extends Error {
  override name = 'UpgradeRefused';
  readonly status: number;
  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }
}

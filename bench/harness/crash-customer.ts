import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { CustomerStep, Position, ToCustomer } from '#src/channels/chat/contract.ts';
import { Chat } from '#web/widget/chat.ts';
import type { Ears, Socket, World } from '#web/widget/line.ts';
import type { Unsent } from '#web/widget/outbox.ts';
import { type Keeping, openStore, type Store } from '#web/widget/store.ts';
import { shopOrigin } from './centre.ts';
import type { Chance } from './chance.ts';
import { textOf } from './frame.ts';
import type { Journal } from './journal.ts';

/** So many of a hundred conversations are ended by the customer rather than the agent. */
const endedByCustomerPercent = 10;

/**
 * A customer with the very widget that runs on a client's page, in a browser made of a socket and a memory: it reconnects, repeats and
 * fills gaps as it does there. What goes over the wire is noted in the journal from outside.
 */
export class CrashCustomer {
  readonly chat: Chat;
  readonly #store: Store;
  readonly #journal: Journal;
  readonly #drawn: Chance;
  readonly #name: string;
  /** Seqs of each interaction that came in over the wire. */
  readonly seen = new Map<string, Set<number>>();
  #lastKey = '';
  #lines = 0;
  #endedFor = '';

  constructor(base: string, channelKey: string, name: string, journal: Journal, drawn: Chance) {
    this.#name = name;
    this.#journal = journal;
    this.#drawn = drawn;
    this.#store = openStore(memory(), '');
    this.chat = new Chat(this.#world(), this.#store, {
      base: `${base}/`,
      channelKey,
      language: 'en',
      pageUrl: () => `${shopOrigin}/basket`,
      changed() {},
      arrived() {},
      warn() {},
    });
  }

  async open(): Promise<void> {
    await this.chat.start();
    this.chat.openPanel();
  }

  close(): void {
    this.chat.closePanel();
    this.chat.sleep();
  }

  /** The conversation's id, once there is one. */
  get threadId(): string | undefined {
    const session = this.#store.get('session');
    return session === undefined ? undefined : (JSON.parse(session) as { sessionId: string }).sessionId;
  }

  /** Everything this customer did was confirmed or refused for good, and their line is up, if they have ever written. */
  get settled(): boolean {
    if (this.#unsent().some(({ failed }) => failed === undefined)) return false;
    return this.threadId === undefined || this.chat.view().line === 'live';
  }

  /** What the program refused for good and the customer sees as failed: nothing they did should be. */
  get failures(): string[] {
    return this.#unsent().flatMap(({ do: act, text, failed }) =>
      failed === undefined ? [] : [`${act} "${text}": ${failed.code}`],
    );
  }

  /** For whoever looks why nothing goes on. */
  get state(): string {
    const { line, pausedUntil } = this.chat.view();
    return `${this.#name}: line ${line}, paused ${pausedUntil > 0}, unsent ${JSON.stringify(this.#unsent())}`;
  }

  #unsent(): Unsent[] {
    return this.#store.names('out.').map((name) => JSON.parse(this.#store.get(name) ?? '{}') as Unsent);
  }

  /** Writes when it is their turn, until told to stop. */
  async live(mayAct: () => Promise<boolean>): Promise<void> {
    await wait(this.#drawn.between(0, 800));
    while (await mayAct()) {
      this.#act();
      await wait(this.#drawn.between(350, 700));
    }
  }

  #act(): void {
    if (this.#store.names('out.').length > 0) return;
    const { shown, conversation } = this.chat.view();
    if (conversation.state === 'none' || conversation.state === 'ended') {
      this.#write();
      return;
    }
    if (conversation.state !== 'with-agent') return;
    const last = shown.findLast((one) => one.kind === 'line');
    if (last?.author !== 'agent') return;
    const interactionId = last.id.split(':')[0] ?? '';
    if (this.#endedFor !== interactionId && this.#drawn.index(100) < endedByCustomerPercent) {
      this.#endedFor = interactionId;
      this.chat.end();
    } else this.#write();
  }

  #write(): void {
    const text = `${this.#name}, line ${(this.#lines += 1)}: where is my parcel?`;
    if (!this.chat.write(text)) return;
    this.#journal.wrote({ author: 'customer', writer: this.#name, key: this.#lastKey, text });
  }

  /** The acknowledgement says where the line stands, so it need not be told again. */
  #acknowledged(key: string, place: Position): void {
    this.#journal.acknowledgedLine(key, place);
    this.#see([place]);
  }

  #see(steps: readonly Position[]): void {
    for (const { interactionId, seq } of steps) {
      const seqs = this.seen.get(interactionId) ?? new Set();
      this.seen.set(interactionId, seqs.add(seq));
    }
  }

  #world(): World {
    return {
      now: Date.now,
      random: () => this.#drawn.next(),
      uuid: () => (this.#lastKey = randomUUID()),
      later(ms, act) {
        const timer = setTimeout(act, ms);
        return () => clearTimeout(timer);
      },
      socket: (url, ears) => this.#socket(url, ears),
      fetch: async (url, init) => {
        const answer = await fetch(url, {
          ...init,
          headers: { ...(init.headers as Record<string, string>), origin: shopOrigin },
        });
        if (answer.ok && url.includes('/chat/steps')) {
          const { steps } = (await answer.clone().json()) as { steps: CustomerStep[] };
          this.#see(steps);
        } else if (answer.ok && url.endsWith('/chat/messages')) {
          const { key } = JSON.parse(init.body as string) as { key: string };
          this.#acknowledged(key, (await answer.clone().json()) as Position);
        }
        return answer;
      },
      alone: (_, act) => act(),
    };
  }

  #socket(url: string, ears: Ears): Socket {
    const socket = new WebSocket(url, { origin: shopOrigin, perMessageDeflate: false });
    let over = false;
    const lost = () => {
      if (over) return;
      over = true;
      ears.lost();
    };
    socket.on('open', () => over || ears.opened());
    socket.on('message', (data) => {
      if (over) return;
      const text = textOf(data);
      const frame = JSON.parse(text) as ToCustomer;
      if ('said' in frame) this.#acknowledged(frame.said, frame);
      if ('steps' in frame) this.#see(frame.steps);
      ears.heard(text);
    });
    socket.on('error', lost);
    socket.on('close', lost);
    return {
      send: (text) => socket.readyState === WebSocket.OPEN && socket.send(text),
      close() {
        over = true;
        socket.terminate();
      },
    };
  }
}

/** The browser's storage. */
function memory(): Keeping {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

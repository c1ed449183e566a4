import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Interaction, WorkItem } from '#src/modules/interactions/contract.ts';
import { LiveLine, type Socket } from '#web/link/live.ts';
import { type Answer, call } from './caller.ts';
import type { Centre, CentreAgent } from './centre.ts';
import type { Chance } from './chance.ts';
import { textOf } from './frame.ts';
import type { Journal } from './journal.ts';

/** So many lines of theirs, and the agent ends the exchange. */
const repliesMax = 2;
const retryMs = 300;

/**
 * An agent with the desk's own live line. Accepts what is offered, answers what was written, ends and completes; repeats what was not
 * answered with the same key, and looks at what is true when a repetition is refused, as the desk does.
 */
export class CrashDesk {
  readonly line: LiveLine;
  readonly agent: CentreAgent;
  readonly #base: string;
  readonly #centre: Centre;
  readonly #journal: Journal;
  readonly #drawn: Chance;
  readonly #busy = new Set<string>();
  readonly #done = new Set<string>();
  readonly #watched = new Map<string, () => void>();
  #closed = false;

  constructor(base: string, centre: Centre, agent: CentreAgent, journal: Journal, drawn: Chance) {
    this.#base = base;
    this.#centre = centre;
    this.agent = agent;
    this.#journal = journal;
    this.#drawn = drawn;
    this.line = new LiveLine({
      open: () => this.#socket(),
      now: Date.now,
      random: () => drawn.next(),
      after(ms, act) {
        const timer = setTimeout(act, ms);
        return () => clearTimeout(timer);
      },
      onLost() {},
    });
    this.line.listen(() => this.#look());
  }

  async open(): Promise<void> {
    this.line.start();
    while (this.line.state.work === undefined) await wait(20);
    await this.#repeat('PUT /api/presence', { state: 'ready' });
  }

  close(): void {
    this.#closed = true;
    this.line.stop();
  }

  /** Nothing of theirs is under way and their line is up. */
  get settled(): boolean {
    return this.#busy.size === 0 && this.line.state.line.is === 'live';
  }

  /** Does what is to be done next for each conversation, until told to stop. */
  async live(mayAct: () => Promise<boolean>): Promise<void> {
    while (await mayAct()) {
      for (const item of this.line.state.work?.interactions ?? []) {
        if (this.#busy.has(item.id)) continue;
        const act = this.#next(item);
        if (act === undefined) continue;
        this.#busy.add(item.id);
        void act().finally(() => this.#busy.delete(item.id));
      }
      await wait(this.#drawn.between(80, 160));
    }
  }

  /** Seqs that this desk holds of an interaction it follows. */
  seqsOf(interactionId: string): number[] {
    return this.line.stream(interactionId).events.map(({ seq }) => seq);
  }

  #look(): void {
    const items = this.line.state.work?.interactions ?? [];
    for (const item of items) {
      if (item.state === 'offered' && item.offerUntil !== null)
        this.#journal.sawOffer(item.id, this.agent.id, item.offerUntil);
      else if (!this.#watched.has(item.id)) this.#watched.set(item.id, this.line.watch(item.id));
    }
    for (const [interactionId, leave] of this.#watched) {
      if (items.some(({ id }) => id === interactionId)) continue;
      leave();
      this.#watched.delete(interactionId);
    }
  }

  #next(item: WorkItem): (() => Promise<void>) | undefined {
    if (item.state === 'offered') return () => this.#act(item.id, 'accept', {}, acceptedBy);
    if (item.state === 'wrapping') {
      const { outcomeCode } = this.#centre;
      return () => this.#act(item.id, 'complete', { outcomeCode }, ({ state }) => state === 'closed');
    }
    if (item.state !== 'handling') return undefined;
    const lines = this.line.stream(item.id).events.flatMap(({ message }) => message ?? []);
    if (lines.at(-1)?.author !== 'customer') return undefined;
    const replies = lines.filter(({ author }) => author === 'agent').length;
    if (replies >= repliesMax) return () => this.#act(item.id, 'end', {}, ended);
    return () => this.#reply(item.id, replies + 1);
  }

  async #act(
    interactionId: string,
    act: 'accept' | 'end' | 'complete',
    body: Record<string, string>,
    isDone: (found: Interaction, agentId: string) => boolean,
  ): Promise<void> {
    const answer = await this.#repeat(
      `POST /api/interactions/${interactionId}/${act}`,
      Object.keys(body).length === 0 ? undefined : body,
    );
    if (answer === undefined) return;
    if (answer.status >= 300) {
      // Done by an attempt whose answer was lost, or not possible any more: the record says which.
      const found = await this.#repeat(`GET /api/interactions/${interactionId}`);
      if (found?.status !== 200 || !isDone(found.body as Interaction, this.agent.id)) return;
      if (this.#done.has(`${act} ${interactionId}`)) return; // asked once more by a view that was not up to date
    }
    this.#done.add(`${act} ${interactionId}`);
    this.#journal.acknowledgedAct({ act, interactionId, agentId: this.agent.id, ...body });
  }

  async #reply(interactionId: string, nth: number): Promise<void> {
    await wait(this.#drawn.between(50, 250));
    const line = { key: randomUUID(), text: `Reply ${nth} of ${this.agent.name}: it is on its way.` };
    this.#journal.wrote({ author: 'agent', writer: this.agent.id, ...line });
    const answer = await this.#repeat(`POST /api/interactions/${interactionId}/messages`, line);
    if (answer?.status === 201) {
      const { seq } = answer.body as { seq: number };
      this.#journal.acknowledgedLine(line.key, { interactionId, seq });
      // The desk shows its own line when it comes back on the live line; until then it is not the agent's turn.
      const until = performance.now() + 2_000;
      while (!this.seqsOf(interactionId).includes(seq) && performance.now() < until) await wait(20);
    }
  }

  /** Calls until there is an answer that says yes or no; undefined when the desk was closed meanwhile. */
  async #repeat(signature: string, body?: unknown): Promise<Answer | undefined> {
    while (!this.#closed) {
      try {
        const answer = await call(this.#base, signature, {
          cookie: this.agent.cookie,
          body,
          timeoutMs: 15_000,
        });
        if (answer.status < 500 && answer.status !== 429) return answer;
      } catch {
        // Not reached, or broken off: nobody knows whether it was done. The same again.
      }
      await wait(retryMs + this.#drawn.between(0, retryMs));
    }
    return undefined;
  }

  #socket(): Socket {
    const socket = new WebSocket(`${this.#base.replace(/^http/, 'ws')}/api/live`, {
      origin: this.#base,
      headers: { cookie: this.agent.cookie },
      perMessageDeflate: false,
    });
    const ears: Socket = {
      onopen: null,
      onmessage: null,
      onclose: null,
      onerror: null,
      send: (text) => socket.readyState === WebSocket.OPEN && socket.send(text),
      close: () => socket.terminate(),
    };
    socket.on('open', () => ears.onopen?.());
    socket.on('message', (data) => ears.onmessage?.({ data: textOf(data) }));
    socket.on('error', () => ears.onerror?.());
    socket.on('close', () => ears.onclose?.());
    return ears;
  }
}

const acceptedBy = ({ state, agentId, handledBy }: Interaction, me: string) =>
  handledBy === me && (agentId === me || state === 'closed');
const ended = ({ state }: Interaction) => state === 'wrapping' || state === 'closed';

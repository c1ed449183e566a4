import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { FromStaff, ToStaff } from '#src/app/contract.ts';
import { call, must } from './caller.ts';
import type { CentreAgent } from './centre.ts';
import { textOf } from './frame.ts';

/** So many desks come from one address: the product counts by address as well. */
const desksAtAnAddress = 100;
const pingMs = 20_000;
const triesMax = 20;

export interface DeskEars {
  /** An offer came in at the desk's socket, for the first time. */
  offered(agentId: string, interactionId: string, seq: number): void;
  completed(interactionId: string): void;
  fault(why: string): void;
  /** How long this one will be handled, in milliseconds. */
  handleMs(): number;
  /** How long one that is under way will still be handled. */
  restMs(): number;
}

/**
 * An agent as a socket and three calls: takes what is offered at once, handles it for a while, ends and completes it. What the desk's
 * page does beyond that is the crash bench's matter.
 */
export class RoutingDesk {
  readonly agent: CentreAgent;
  readonly #base: string;
  readonly #address: string;
  readonly #outcomeCode: string;
  readonly #ears: DeskEars;
  readonly #socket: WebSocket;
  readonly #seen = new Set<string>();
  readonly #handling = new Map<string, NodeJS.Timeout>();
  readonly #ping: NodeJS.Timeout;
  #closing = false;

  private constructor(
    base: string,
    { agent, nth, outcomeCode }: { agent: CentreAgent; nth: number; outcomeCode: string },
    ears: DeskEars,
  ) {
    this.#base = base;
    this.agent = agent;
    this.#address = `127.0.2.${1 + Math.floor(nth / desksAtAnAddress)}`;
    this.#outcomeCode = outcomeCode;
    this.#ears = ears;
    this.#socket = new WebSocket(`${base.replace(/^http/, 'ws')}/api/live`, {
      origin: base,
      headers: { cookie: agent.cookie },
      perMessageDeflate: false,
      localAddress: this.#address,
      family: 4,
    });
    this.#ping = setInterval(() => this.#send({ do: 'ping' }), pingMs);
    this.#socket.on('message', (data) => this.#hear(textOf(data)));
    this.#socket.on('error', (error) => ears.fault(`an agent's socket: ${error.message}`));
    this.#socket.on('close', (code) => {
      clearInterval(this.#ping);
      if (!this.#closing) ears.fault(`an agent's socket was closed (${code})`);
    });
  }

  static async open(
    base: string,
    who: { agent: CentreAgent; nth: number; outcomeCode: string },
    ears: DeskEars,
  ): Promise<RoutingDesk> {
    const desk = new RoutingDesk(base, who, ears);
    await once(desk.#socket, 'message');
    desk.#send({ do: 'subscribe', topic: 'work' });
    await must(base, 'PUT /api/presence', {
      cookie: who.agent.cookie,
      address: desk.#address,
      body: { state: 'ready' },
    });
    return desk;
  }

  /** What is being handled takes as long as is drawn now, from now on. */
  redraw(): void {
    for (const [interactionId, timer] of this.#handling) {
      clearTimeout(timer);
      this.#handle(interactionId, this.#ears.restMs());
    }
  }

  close(): void {
    this.#closing = true;
    for (const timer of this.#handling.values()) clearTimeout(timer);
    this.#socket.close();
  }

  #send(frame: FromStaff): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #hear(text: string): void {
    // Of what an agent hears most is no offer, and need not be read to be known as such.
    if (!text.includes('"state":"offered"')) return;
    const frame = JSON.parse(text) as ToStaff;
    if (!('snapshot' in frame)) return;
    for (const { id, state, seq } of frame.snapshot.interactions) {
      if (state !== 'offered' || this.#seen.has(`${id}:${seq}`)) continue;
      this.#seen.add(`${id}:${seq}`);
      this.#ears.offered(this.agent.id, id, seq);
      void this.#take(id);
    }
  }

  async #take(interactionId: string): Promise<void> {
    if (await this.#act(interactionId, 'accept')) this.#handle(interactionId, this.#ears.handleMs());
  }

  #handle(interactionId: string, ms: number): void {
    const timer = setTimeout(() => {
      this.#handling.delete(interactionId);
      void this.#finish(interactionId);
    }, ms);
    this.#handling.set(interactionId, timer);
  }

  async #finish(interactionId: string): Promise<void> {
    if (!(await this.#act(interactionId, 'end'))) return;
    if (await this.#act(interactionId, 'complete', { outcomeCode: this.#outcomeCode }))
      this.#ears.completed(interactionId);
  }

  async #act(
    interactionId: string,
    act: 'accept' | 'end' | 'complete',
    body?: Record<string, string>,
  ): Promise<boolean> {
    for (let tries = 0; tries < triesMax && !this.#closing; tries += 1) {
      try {
        const answer = await call(this.#base, `POST /api/interactions/${interactionId}/${act}`, {
          cookie: this.agent.cookie,
          address: this.#address,
          ...(body === undefined ? {} : { body }),
        });
        if (answer.status < 300) return true;
        if (answer.status !== 429 && answer.status < 500) {
          this.#ears.fault(`${act} was refused: ${answer.body.code}`);
          return false;
        }
      } catch (error) {
        if (this.#closing) return false;
        if (tries === triesMax - 1) this.#ears.fault(`${act}: ${(error as Error).message}`);
      }
      await wait(200);
    }
    return false;
  }
}

import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { FromStaff, ToStaff } from '#src/app/contract.ts';
import type { FromCustomer, ToCustomer } from '#src/channels/chat/contract.ts';
import { call, must } from './caller.ts';
import { type Centre, type CentreAgent, shopOrigin } from './centre.ts';
import { textOf } from './frame.ts';

// Customers and agents as sockets that only measure: thousands of them must cost the measuring process next to nothing. What their
// browsers do beyond that is the crash bench's matter.

/** So many customers come from one address: the product lets an address open so many sockets at once. */
const customersAtAnAddress = 250;
const pingMs = 20_000;

export interface HeardLine {
  interactionId: string;
  seq: number;
  text: string;
  /** `performance.now()` as the frame came in. */
  at: number;
}

export interface CustomerEars {
  /** A line of an agent. */
  line(customer: CustomerSocket, heard: HeardLine): void;
  /** The program refused something; nothing that this bench does should be. */
  refused(code: string): void;
  lost(why: string): void;
}

/** A visitor of the shop's page with a session and an open socket. */
export class CustomerSocket {
  /** The conversation under way; the same in every step until it ends. */
  interactionId: string | undefined;
  seq = 0;
  gaps = 0;
  readonly #socket: WebSocket;
  #ping: NodeJS.Timeout;

  private constructor(socket: WebSocket, ears: CustomerEars) {
    this.#socket = socket;
    this.#ping = setInterval(() => this.#send({ do: 'ping' }), pingMs);
    socket.on('message', (data) => this.#hear(JSON.parse(textOf(data)) as ToCustomer, ears));
    socket.on('close', (code) => {
      clearInterval(this.#ping);
      if (!this.#closing) ears.lost(`a customer's socket was closed (${code})`);
    });
    socket.on('error', (error) => ears.lost(`a customer's socket: ${error.message}`));
  }
  #closing = false;

  static async open(base: string, centre: Centre, nth: number, ears: CustomerEars): Promise<CustomerSocket> {
    const address = `127.0.1.${1 + Math.floor(nth / customersAtAnAddress)}`;
    const { body } = await must(base, 'POST /chat/sessions', {
      origin: shopOrigin,
      address,
      body: {
        channel: centre.channelKey,
        language: 'en',
        pageUrl: `${shopOrigin}/basket`,
        told: centre.told,
      },
    });
    const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/chat/live`, {
      origin: shopOrigin,
      perMessageDeflate: false,
      localAddress: address,
      family: 4,
    });
    await once(socket, 'open');
    const customer = new CustomerSocket(socket, ears);
    const opened = new Promise<void>((resolve) => {
      socket.on('message', function hear(data) {
        if (!textOf(data).startsWith('{"opened"')) return;
        socket.off('message', hear);
        resolve();
      });
    });
    customer.#send({ do: 'open', token: (body as { token: string }).token });
    await opened;
    return customer;
  }

  say(key: string, text: string): void {
    this.#send({ do: 'say', key, text });
  }

  close(): void {
    this.#closing = true;
    this.#socket.close();
  }

  #send(frame: FromCustomer): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #hear(frame: ToCustomer, ears: CustomerEars): void {
    const at = performance.now();
    if ('refused' in frame) ears.refused(frame.code);
    if (!('steps' in frame)) return;
    for (const step of frame.steps) {
      if (step.interactionId === this.interactionId && step.seq <= this.seq) continue; // read and told: once is enough
      if (step.interactionId === this.interactionId && step.seq !== this.seq + 1) this.gaps += 1;
      this.interactionId = step.interactionId;
      this.seq = step.seq;
      if (step.kind === 'line' && step.author === 'agent')
        ears.line(this, { interactionId: step.interactionId, seq: step.seq, text: step.text, at });
    }
  }
}

export interface AgentEars {
  /** A line of a customer. */
  line(agent: AgentSocket, heard: HeardLine): void;
  refused(code: string): void;
  lost(why: string): void;
}

/** An agent at the desk, who takes whatever is offered and follows what they hold. */
export class AgentSocket {
  readonly agent: CentreAgent;
  /** Conversations that this agent holds and follows, with the last seq heard. */
  readonly held = new Map<string, number>();
  gaps = 0;
  readonly #base: string;
  readonly #socket: WebSocket;
  readonly #taking = new Set<string>();
  #ping: NodeJS.Timeout;
  #closing = false;
  #said = 0;

  private constructor(base: string, agent: CentreAgent, socket: WebSocket, ears: AgentEars) {
    this.#base = base;
    this.agent = agent;
    this.#socket = socket;
    this.#ping = setInterval(() => this.#send({ do: 'ping' }), pingMs);
    socket.on('message', (data) => this.#hear(JSON.parse(textOf(data)) as ToStaff, ears));
    socket.on('close', (code) => {
      clearInterval(this.#ping);
      if (!this.#closing) ears.lost(`an agent's socket was closed (${code})`);
    });
    socket.on('error', (error) => ears.lost(`an agent's socket: ${error.message}`));
  }

  static async open(base: string, agent: CentreAgent, ears: AgentEars): Promise<AgentSocket> {
    const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/api/live`, {
      origin: base,
      headers: { cookie: agent.cookie },
      perMessageDeflate: false,
    });
    const desk = new AgentSocket(base, agent, socket, ears);
    await once(socket, 'message');
    desk.#send({ do: 'subscribe', topic: 'work' });
    await must(base, 'PUT /api/presence', { cookie: agent.cookie, body: { state: 'ready' } });
    return desk;
  }

  say(interactionId: string, key: string, text: string): void {
    this.#send({ do: 'say', id: `${(this.#said += 1)}`, interactionId, key, text });
  }

  close(): void {
    this.#closing = true;
    this.#socket.close();
  }

  #send(frame: FromStaff): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #hear(frame: ToStaff, ears: AgentEars): void {
    const at = performance.now();
    if ('refused' in frame) ears.refused(frame.problem.code);
    if ('snapshot' in frame) {
      for (const { id, state } of frame.snapshot.interactions) if (state === 'offered') this.#take(id, ears);
    } else if ('events' in frame) {
      const interactionId = frame.topic.slice('interaction:'.length);
      let seq = this.held.get(interactionId) ?? 0;
      for (const event of frame.events) {
        if (event.seq <= seq) continue; // read and told: once is enough
        if (event.seq !== seq + 1) this.gaps += 1;
        seq = event.seq;
        if (event.message?.author === 'customer')
          ears.line(this, { interactionId, seq, text: event.message.text, at });
      }
      this.held.set(interactionId, seq);
    }
  }

  #take(interactionId: string, ears: AgentEars): void {
    if (this.#taking.has(interactionId)) return;
    this.#taking.add(interactionId);
    call(this.#base, `POST /api/interactions/${interactionId}/accept`, { cookie: this.agent.cookie }).then(
      ({ status, body }) => {
        if (status >= 300) ears.refused(body.code);
        else this.#send({ do: 'subscribe', topic: `interaction:${interactionId}`, after: 0 });
      },
      (error: Error) => ears.lost(`accepting: ${error.message}`),
    );
  }
}

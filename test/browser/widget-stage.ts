// What a widget test stands on: the real program, a shop's page on another origin with a strict policy of its own, an
// agent who is ready, and a browser.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { WebSocket } from 'ws';
import type { ChatChannel } from '#src/channels/chat/contract.ts';
import type { Interaction } from '#src/modules/interactions/contract.ts';
import { type Program, startProgram } from '#test/support/program.ts';

const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export class Stage {
  program!: Program;
  browser!: Browser;
  shopUrl!: string;
  channelKey!: string;
  #port!: number;
  #cookie = '';
  #shop!: Server;
  #live: WebSocket | undefined;

  static async open(): Promise<Stage> {
    const stage = new Stage();
    stage.#port = await freePort();
    stage.program = await startProgram({ env: { PARLEY_PORT: String(stage.#port) } });
    stage.browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags });
    await stage.#openShop();
    await stage.api('POST', '/api/setup/first-account', {
      centreName: 'Meridian Contact',
      name: 'Camille',
      email: 'camille@meridian.example',
      password: 'correct horse battery',
      language: 'en',
    });
    const ready = (await stage.api('POST', '/api/setup/ready-client', {})) as { channelKey: string };
    stage.channelKey = ready.channelKey;
    await stage.changeChannel({ allowedOrigins: [new URL(stage.shopUrl).origin] });
    await stage.agentComes();
    return stage;
  }

  /** Kills the program and its database's connections with it, and starts it again on the same data and port. */
  async restart(whileDown: () => Promise<void>): Promise<void> {
    await this.program.kill9();
    await whileDown();
    this.program = await startProgram({
      dataDir: this.program.dataDir,
      env: { PARLEY_PORT: String(this.#port) },
    });
    await this.agentComes();
  }

  async close(): Promise<void> {
    this.#live?.terminate();
    await this.browser?.close();
    this.#shop?.close();
    await this.program?.stop();
  }

  async api(method: string, path: string, body?: unknown): Promise<unknown> {
    const { url } = this.program;
    const answer = await fetch(url + path, {
      method,
      headers: {
        origin: url,
        cookie: this.#cookie,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const [cookie] = answer.headers.getSetCookie();
    if (cookie !== undefined) this.#cookie = cookie.split(';')[0] ?? '';
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async changeChannel(change: Partial<ChatChannel>): Promise<void> {
    const { items } = (await this.api('GET', '/api/chat-channels')) as { items: ChatChannel[] };
    const channel = items.find(({ key }) => key === this.channelKey) as ChatChannel;
    await this.api('PATCH', `/api/chat-channels/${channel.id}`, { ...change, version: channel.version });
  }

  /** The agent's live line is open and the agent is ready. */
  async agentComes(): Promise<void> {
    this.#live?.terminate();
    const { url } = this.program;
    const live = new WebSocket(`${url.replace('http', 'ws')}/api/live`, {
      headers: { cookie: this.#cookie, origin: url },
    });
    await once(live, 'open');
    const ping = setInterval(() => live.send('{"do":"ping"}'), 20_000).unref();
    live.on('close', () => clearInterval(ping));
    live.on('error', () => {});
    this.#live = live;
    await this.api('PUT', '/api/presence', { state: 'ready' });
  }

  /** The agent takes what is offered until it is the conversation with this line; what came before is completed. */
  async agentTakes(text: string): Promise<Interaction> {
    return eventually(`the offer of "${text}"`, async () => {
      const { items } = (await this.api('GET', '/api/interactions?state=offered')) as {
        items: Interaction[];
      };
      for (const { id } of items) {
        const taken = (await this.api('POST', `/api/interactions/${id}/accept`)) as Interaction;
        if ((await this.linesOf(id)).includes(text)) return taken;
        await this.agentEnds(id);
      }
      return undefined;
    });
  }

  async agentSays(interactionId: string, text: string): Promise<void> {
    await this.api('POST', `/api/interactions/${interactionId}/messages`, { key: crypto.randomUUID(), text });
  }

  async agentEnds(interactionId: string): Promise<void> {
    await this.api('POST', `/api/interactions/${interactionId}/end`);
    await this.api('POST', `/api/interactions/${interactionId}/complete`, { outcomeCode: 'solved' });
  }

  /** The lines of a conversation as the record has them. */
  async linesOf(interactionId: string): Promise<string[]> {
    const path = `/api/interactions/${interactionId}/events`;
    const { events } = (await this.api('GET', path)) as { events: { message?: { text: string } }[] };
    return events.flatMap(({ message }) => message?.text ?? []);
  }

  /** The conversation that holds this line. */
  async interactionWith(text: string): Promise<Interaction> {
    return eventually(`a record of "${text}"`, async () => {
      const { items } = (await this.api('GET', '/api/interactions?limit=100')) as { items: Interaction[] };
      for (const one of items) if ((await this.linesOf(one.id)).includes(text)) return one;
      return undefined;
    });
  }

  /** A customer at the shop's page, in a browser of their own. */
  async customer(options: BrowserContextOptions & { language?: 'en' | 'fr' } = {}): Promise<Customer> {
    const { language = 'en', ...rest } = options;
    const context = await this.browser.newContext({ reducedMotion: 'reduce', ...rest });
    const page = await context.newPage();
    const customer = new Customer(page);
    await page.goto(`${this.shopUrl}?lang=${language}`);
    return customer;
  }

  async #openShop(): Promise<void> {
    const server = createServer((request, response) => {
      const language = request.url?.includes('lang=fr') ? 'fr' : 'en';
      const parley = `http://localhost:${this.#port}`;
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.setHeader(
        'content-security-policy',
        `default-src 'none'; script-src ${parley}; connect-src ${parley} ${parley.replace('http', 'ws')}; style-src 'self'`,
      );
      response.end(`<!doctype html><html lang="${language}"><head><title>Shop</title>
        <meta name="viewport" content="width=device-width, initial-scale=1"></head>
        <body><main><h1>Shop</h1><p><a href="#">Glasses</a></p></main>
        <script src="${parley}/w.js" data-channel="${this.channelKey}" async></script></body></html>`);
    });
    this.#shop = server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.shopUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }
}

/** What a customer does and sees, found by role and name as people find it. */
export class Customer {
  readonly page: Page;
  readonly faults: string[] = [];
  readonly warnings: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (fault) => this.faults.push(fault.message));
    page.on('console', (message) => this.warnings.push(message.text()));
  }

  get launcher(): Locator {
    return this.page.getByRole('button', { name: /Write to us|Nous écrire/ });
  }

  get panel(): Locator {
    return this.page.getByRole('dialog');
  }

  get field(): Locator {
    return this.panel.getByRole('textbox');
  }

  get log(): Locator {
    return this.panel.getByRole('log');
  }

  async open(): Promise<void> {
    await this.launcher.click();
    await this.panel.waitFor();
  }

  async write(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.panel.getByText(text).first().waitFor();
  }

  /** Waits until every line of the customer is confirmed, and gives all lines on the screen but the greeting. */
  async linesWhenReceived(): Promise<string[]> {
    await eventually('all lines received', async () => {
      const marks = await this.log.locator('.mark').allTextContents();
      const open = marks.filter(
        (mark) => !/^(received|reçu|automatic message|message automatique)$/.test(mark),
      );
      return open.length === 0 ? true : undefined;
    });
    return (await this.log.locator('.said p').allTextContents()).slice(1);
  }

  /** What axe finds wrong on the page as it stands. */
  async complaints(): Promise<string[]> {
    const { violations } = await new AxeBuilder({ page: this.page }).analyze();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }

  async leave(): Promise<void> {
    assert.deepEqual(this.faults, [], 'the page met no fault');
    await this.page.context().close();
  }
}

const patienceMs = 20_000;

/** Waits until `look` finds something. */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined>,
): Promise<Found> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    assert.ok(performance.now() < until, `${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

// What a test of the desk and the office stands on: the real program, and browsers of staff and customers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Client } from '#src/modules/clients/contract.ts';
import type { Competency } from '#src/modules/competencies/contract.ts';
import type { Person } from '#src/modules/people/contract.ts';
import type { Role } from '#src/platform/identity/contract.ts';
import { type Program, startProgram } from '#test/support/program.ts';
import { Customer } from './widget-stage.ts';

const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const password = 'correct horse battery';
export const administrator = { name: 'Ruth Calder', email: 'ruth@meridian.example' };

export class DeskStage {
  program!: Program;
  browser!: Browser;
  channelKey = '';
  clientId = '';
  #port!: number;
  #cookie = '';

  /** The program on an empty database, and a browser. */
  static async openEmpty(): Promise<DeskStage> {
    const stage = new DeskStage();
    stage.#port = await freePort();
    await stage.start();
    stage.browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumFlags });
    return stage;
  }

  /** With an administrator and a client that is ready to try. The administrator is not an agent of it until they are present. */
  static async open(): Promise<DeskStage> {
    const stage = await DeskStage.openEmpty();
    await stage.api('POST', '/api/setup/first-account', {
      centreName: 'Meridian Contact',
      ...administrator,
      password,
      language: 'en',
    });
    const ready = (await stage.api('POST', '/api/setup/ready-client', {})) as {
      clientId: string;
      channelKey: string;
    };
    stage.channelKey = ready.channelKey;
    stage.clientId = ready.clientId;
    return stage;
  }

  async start(dataDir?: string): Promise<void> {
    this.program = await startProgram({
      env: { PARLEY_PORT: String(this.#port) },
      ...(dataDir === undefined ? {} : { dataDir }),
    });
  }

  get url(): string {
    return this.program.url;
  }

  async close(): Promise<void> {
    await this.browser?.close();
    await this.program?.stop();
  }

  /** Asks the API as the administrator. */
  async api(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        origin: this.url,
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

  /** Somebody with an account; an agent masters all that the ready client asks for. */
  async person(name: string, roles: Role[] = ['agent'], language: 'en' | 'fr' = 'en'): Promise<Person> {
    const person = (await this.api('POST', '/api/people', {
      name,
      email: addressOf(name),
      roles,
      language,
      password,
      clients: [this.clientId],
      capacity: { chat: 3 },
    })) as Person;
    if (!roles.includes('agent')) return person;
    const { items } = (await this.api('GET', '/api/competencies?limit=200')) as { items: Competency[] };
    for (const { id } of items) {
      await this.api('POST', `/api/people/${person.id}/assessments`, {
        competencyId: id,
        level: 5,
        assessedOn: new Date().toISOString().slice(0, 10),
      });
    }
    return person;
  }

  async client(): Promise<Client> {
    return (await this.api('GET', `/api/clients/${this.clientId}`)) as Client;
  }

  /** A browser of a member of staff, signed in where `email` is given, ready at the desk where asked for. */
  async staff({
    email,
    ready = false,
    path = '/',
    ...options
  }: BrowserContextOptions & { email?: string; ready?: boolean; path?: string } = {}): Promise<Staff> {
    const context = await this.browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: 'en-GB',
      reducedMotion: 'reduce',
      ...options,
    });
    const staff = new Staff(await context.newPage(), this);
    await staff.page.goto(this.url + path);
    if (email !== undefined) await staff.signIn(email);
    if (ready) await staff.beReady();
    return staff;
  }

  /** A customer on the try page, in a browser of their own. */
  async customer(language: 'en' | 'fr' = 'en'): Promise<Customer> {
    const context = await this.browser.newContext({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    const customer = new Customer(page);
    await page.goto(`${this.url}/try/${this.channelKey}?lang=${language}`);
    await customer.open();
    return customer;
  }
}

/** What somebody of the staff does and sees; things are found by role and name. */
export class Staff {
  readonly page: Page;
  readonly #stage: DeskStage;
  readonly faults: string[] = [];

  constructor(page: Page, stage: DeskStage) {
    this.page = page;
    this.#stage = stage;
    page.on('pageerror', (fault) => this.faults.push(fault.message));
    page.on('console', (message) => {
      if (
        message.type() === 'error' &&
        /Content Security Policy|Minified React|Warning:/.test(message.text())
      )
        this.faults.push(message.text());
    });
  }

  async signIn(email: string): Promise<void> {
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel(/Password|Mot de passe/).fill(password);
    await this.page.getByRole('button', { name: /^(Sign in|Se connecter)$/ }).click();
    await this.page.getByRole('button', { name: /preferences, sign out|préférences, déconnexion/ }).waitFor();
  }

  async beReady(): Promise<void> {
    await this.page.goto(`${this.#stage.url}/desk`);
    await this.page.getByRole('button', { name: /^Presence:/ }).click();
    await this.page.getByRole('menuitemradio', { name: 'Ready' }).click();
    await this.page.getByRole('button', { name: /^Presence: Ready/ }).waitFor();
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(this.#stage.url + path);
  }

  get offer() {
    return this.page.getByRole('region', { name: 'Incoming chat' });
  }

  get conversation() {
    return this.page.getByRole('log', { name: 'Messages' });
  }

  get writing() {
    return this.page.getByRole('textbox', { name: /^(Reply to|Note about)/ });
  }

  async accept(): Promise<void> {
    await this.offer.getByRole('button', { name: /Accept/ }).click();
    await this.writing.waitFor();
  }

  async reply(text: string): Promise<void> {
    await this.writing.fill(text);
    await this.writing.press('Control+Enter');
    await this.conversation.getByText(text, { exact: true }).waitFor();
  }

  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
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

/** ines@meridian.example for Inès Calloway */
export function addressOf(name: string): string {
  const first = (name.split(' ')[0] ?? '').normalize('NFD').replace(/\P{ASCII}/gu, '');
  return `${first.toLowerCase()}@meridian.example`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

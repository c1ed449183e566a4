// What a chat in a customer's browser knows and does, without a screen: it joins what the customer wrote (outbox), what
// the server confirmed (conversation) and the line between the two. The panel shows `view()` and calls the acts.

import type { CustomerStep, Position, PublicChannel, ToCustomer } from '#src/channels/chat/contract.ts';
import { backOffMs } from './back-off.ts';
import { Conversation, type ConversationState } from './conversation.ts';
import { Line, requestDeadlineMs, type World } from './line.ts';
import { Outbox, type Unsent } from './outbox.ts';
import { readJson, type Store } from './store.ts';
import type { Language } from './words.ts';

/** An act that nobody confirmed in this time: the line is taken for dead and tried anew. */
export const confirmDeadlineMs = 15_000;
/** The words about a channel are asked for again when the chat is opened after so long, and so often while it is open without a line. */
export const channelFreshMs = 60_000;
/** A page that seemed not to be allowed asks again so often: perhaps the server only had a bad moment. */
export const askAgainMs = 300_000;
/** A gap that fetching did not fill so many times is shown as it is: a line seen late beats a line never seen. */
export const fruitlessFetchesMax = 3;

/** What the customer was told before the first message (4.5-a, 4.5-c), in the words that stood on the screen. */
export interface Told {
  name: string;
  answeredBy: string;
  charges: string;
}

export interface Session {
  token: string;
  sessionId: string;
  language: Language;
  told: Told;
}

export type Shown =
  | {
      kind: 'line';
      id: string;
      author: 'customer' | 'agent' | 'system';
      name: string | null;
      text: string;
      at: number;
      /** Of the customer's own lines. */
      mark?: 'sending' | 'kept' | 'received' | 'failed';
      failed?: { code: string; title: string };
    }
  | {
      kind: 'event';
      id: string;
      event: 'joined' | 'back-in-line' | 'ended';
      name: string | null;
      at: number;
    };

export interface View {
  channel: PublicChannel | undefined;
  /** not-here: this page may not show the channel, or there is no such channel. */
  available: 'unknown' | 'here' | 'not-here';
  line: 'idle' | 'connecting' | 'live' | 'down';
  /** The history was brought up to date once: what comes from now on is new. */
  caughtUp: boolean;
  shown: Shown[];
  conversation: ConversationState;
  /** How many are before the customer, when the server said so. */
  ahead: number | undefined;
  unread: number;
  /** Until when the server asked for a pause, on the customer's clock; 0 when it did not. */
  pausedUntil: number;
  ending: boolean;
}

export interface ChatUse {
  /** Where Parley is, ending with a slash. */
  base: string;
  channelKey: string;
  language: Language;
  pageUrl(): string;
  /** Something to show has changed. */
  changed(): void;
  /** An agent's line came in after the history. */
  arrived(): void;
  /** For whoever keeps the page, in the browser's console. */
  warn(text: string): void;
}

type Delivery = 'confirmed' | 'refused' | 'lost';

export class Chat {
  readonly #world: World;
  readonly #store: Store;
  readonly #use: ChatUse;
  readonly #outbox: Outbox;
  readonly #line: Line;
  #language: Language;
  #channel: PublicChannel | undefined;
  #channelAt = 0;
  #available: View['available'] = 'unknown';
  #conversation = new Conversation();
  /** Steps of sessions before the present one, as far as this page has shown them. */
  #past: CustomerStep[] = [];
  /** The session that the conversation belongs to. */
  #token: string | undefined;
  #caughtUp = false;
  #fruitlessFetches = 0;
  #told = false;
  #panelOpen = false;
  #stopRenewing: (() => void) | undefined;
  #attentive = false;
  #asking: 'no' | 'first' | 'again' = 'no';
  #sessionFailures = 0;
  #ahead: number | undefined;
  #pausedUntil = 0;
  #pumping = false;
  #pumpAgain = false;
  /** The act under way and how its fate is told. */
  #underWay: { act: Unsent; settle(delivery: Delivery): void } | undefined;
  /** Confirmed, but an earlier step is still missing: shown as received all the same. */
  readonly #confirmed = new Map<string, Unsent>();

  constructor(world: World, store: Store, use: ChatUse) {
    this.#world = world;
    this.#store = store;
    this.#use = use;
    this.#language = use.language;
    this.#outbox = new Outbox(store);
    this.#line = new Line(world, {
      base: use.base,
      token: () => this.#token ?? '',
      position: () => this.#conversation.position(),
      hear: (frame) => this.#hear(frame),
      changed: (state) => {
        if (state !== 'live') this.#underWay?.settle('lost');
        if (state === 'live') this.#pump();
        use.changed();
      },
    });
  }

  /** Brings the channel's words; tries again until it has them or knows that it may not. */
  async start(): Promise<void> {
    for (let failures = 1; (await this.#loadChannel()) === 'lost'; failures++) {
      const pauseMs = this.#available === 'not-here' ? askAgainMs : backOffMs(failures, this.#world.random);
      await new Promise<void>((resolve) => this.#world.later(pauseMs, resolve));
    }
    // A conversation under way, or something unsent, is taken up again without anybody opening the panel.
    if (this.#store.get('active') !== undefined || this.#outbox.next() !== undefined) this.#pump();
  }

  /** The panel is open, and who answers and what it costs stand on it: from now on something may be written. */
  openPanel(): void {
    this.#panelOpen = true;
    this.#told = this.#channel !== undefined;
    if (this.#world.now() - this.#channelAt > channelFreshMs) void this.#loadChannel();
    this.#renewWhileOpen();
    this.#pump();
  }

  /** Who has not written yet has no line to be told by that it closed or opened: while they look, it is asked for. */
  #renewWhileOpen(): void {
    this.#stopRenewing ??= this.#world.later(channelFreshMs, () => {
      this.#stopRenewing = undefined;
      if (this.#line.state !== 'live') void this.#loadChannel();
      this.#renewWhileOpen();
    });
  }

  closePanel(): void {
    this.#panelOpen = false;
    this.#stopRenewing?.();
    this.#stopRenewing = undefined;
    this.#attentive = false;
    if (!this.#needsLine()) this.#line.close();
    this.#use.changed();
  }

  /** The customer looks at the conversation, or no longer does. What stands there counts as read. */
  attend(attentive: boolean): void {
    this.#attentive = attentive;
    this.#noteSeen();
  }

  /** Words of the channel in the customer's language; they are what is told. */
  tell(): Told | undefined {
    return this.#channel === undefined ? undefined : toldOf(this.#channel, this.#language);
  }

  setLanguage(language: Language): void {
    this.#language = language;
    this.#use.changed();
  }

  /** Takes a line into the outbox. False when it may not be written: nothing told yet, empty, too long, no chat here. */
  write(text: string): boolean {
    const channel = this.#channel;
    if (!this.#told || channel === undefined || this.#available !== 'here' || !this.mayWrite()) return false;
    if (text.trim() === '' || text.trim().length > channel.limits.messageLength) return false;
    this.#outbox.add({ key: this.#world.uuid(), do: 'say', text: text.trim(), at: this.#world.now() });
    this.#changedHere();
    return true;
  }

  /** A closed channel takes nothing new; what is under way goes on. */
  mayWrite(): boolean {
    const { state } = this.#conversation.state();
    return this.#channel?.open === true || state === 'waiting' || state === 'with-agent';
  }

  /** Ends the conversation, after what was written before. */
  end(): void {
    const { state } = this.#conversation.state();
    if ((state !== 'waiting' && state !== 'with-agent') || this.#ending()) return;
    this.#outbox.add({ key: this.#world.uuid(), do: 'end', text: '', at: this.#world.now() });
    this.#changedHere();
  }

  /** An ended conversation can be removed from this browser: somebody else may sit here next. */
  mayForget(): boolean {
    return this.#conversation.state().state === 'ended' && this.#outbox.all().length === 0;
  }

  forget(): void {
    if (!this.mayForget()) return;
    this.#forgetSession();
    this.#past = [];
    this.#use.changed();
  }

  retry(key: string): void {
    this.#outbox.retry(key);
    this.#changedHere();
  }

  drop(key: string): void {
    this.#outbox.remove(key);
    this.#changedHere();
  }

  /** The page woke up, came into view or got its network back. */
  wake(): void {
    this.#line.wake();
    this.#sessionFailures = 0;
    this.#pump();
  }

  /** The page goes into the browser's drawer; an open socket would keep it from coming back as it was. */
  sleep(): void {
    this.#line.close();
  }

  /** Another tab of this page changed what is kept under `name`. */
  keptElsewhere(name: string, before: string | null, now: string | null): void {
    if (name.startsWith('out.') && before !== null && now === null) {
      // The other tab's line was received; it stays on this screen until this tab's own step of it comes.
      const act = JSON.parse(before) as Unsent;
      if (act.failed === undefined && !this.#conversation.holds(act.key)) this.#confirmed.set(act.key, act);
    }
    this.#pump();
    this.#use.changed();
  }

  view(): View {
    const unsent = this.#outbox.all();
    return {
      channel: this.#channel,
      available: this.#available,
      line: this.#lineState(unsent.length > 0),
      caughtUp: this.#caughtUp,
      shown: this.#shown(unsent),
      conversation: this.#conversation.state(),
      ahead: this.#ahead,
      unread: this.#conversation.unreadAfter(readJson(this.#store, 'seen') as Position | undefined),
      pausedUntil: this.#pausedUntil > this.#world.now() ? this.#pausedUntil : 0,
      ending: this.#ending(),
    };
  }

  // What is shown ----------------------------------------------------------------------------------------------------

  #lineState(somethingUnsent: boolean): View['line'] {
    if (this.#line.state !== 'off') return this.#line.state;
    if (this.#asking === 'no' || !somethingUnsent) return 'idle';
    return this.#asking === 'first' ? 'connecting' : 'down';
  }

  #shown(unsent: Unsent[]): Shown[] {
    const shown: Shown[] = [];
    let before: Extract<CustomerStep, { kind: 'state' }> | undefined;
    for (const step of [...this.#past, ...this.#conversation.steps()]) {
      const at = Date.parse(step.at);
      const id = `${step.interactionId}:${step.seq}`;
      if (step.kind === 'line') {
        const { author, name, text } = step;
        if (author === 'customer')
          shown.push({ kind: 'line', id: step.key, author, name, text, at, mark: 'received' });
        else shown.push({ kind: 'line', id, author, name, text, at });
      }
      if (step.kind === 'state') {
        const event = eventOf(before, step);
        if (event !== undefined) shown.push({ kind: 'event', id, event, name: step.name, at });
        before = step;
      }
    }
    const known = new Set(shown.map(({ id }) => id));
    for (const { key, do: done, text, at } of this.#confirmed.values())
      if (done === 'say' && !known.has(key))
        shown.push({ kind: 'line', id: key, author: 'customer', name: null, text, at, mark: 'received' });
    const mark = this.#line.state === 'down' || this.#asking === 'again' ? 'kept' : 'sending';
    for (const act of unsent) {
      if (act.do !== 'say' || known.has(act.key) || this.#confirmed.has(act.key)) continue;
      const own = {
        kind: 'line',
        id: act.key,
        author: 'customer',
        name: null,
        text: act.text,
        at: act.at,
      } as const;
      if (act.failed === undefined) shown.push({ ...own, mark });
      else shown.push({ ...own, mark: 'failed', failed: act.failed });
    }
    return shown;
  }

  #ending(): boolean {
    return this.#outbox.all().some((act) => act.do === 'end' && act.failed === undefined);
  }

  #noteSeen(): void {
    const position = this.#conversation.position();
    if (!this.#attentive || position === undefined) return;
    this.#store.set('seen', JSON.stringify(position));
    this.#use.changed();
  }

  // The channel and the session ----------------------------------------------------------------------------------------

  /** 'lost' when no answer could be read: try again. */
  async #loadChannel(): Promise<'told' | 'lost'> {
    const path = `chat/channels/${encodeURIComponent(this.#use.channelKey)}`;
    const answer = await this.#request(path, { method: 'GET' });
    if (answer === 'lost') {
      // A page of a foreign origin sees no difference between "not allowed here" and "no network". Where the script came
      // from answers everybody: when that can be reached, it is the channel that does not want this page.
      if (this.#available === 'unknown' && (await this.#reachable()))
        this.#notHere('does not allow pages of this origin, or knows no such channel');
      return 'lost';
    }
    if (answer.status === 404) this.#notHere('knows no such channel');
    else if (answer.status === 403) this.#notHere('does not allow pages of this origin');
    else if (answer.ok) {
      this.#channel = (await answer.json()) as PublicChannel;
      this.#channelAt = this.#world.now();
      this.#available = 'here';
      this.#use.changed();
    } else return 'lost';
    return 'told';
  }

  async #reachable(): Promise<boolean> {
    return (await this.#request('w.js', { method: 'HEAD', mode: 'no-cors' })) !== 'lost';
  }

  #notHere(why: string): void {
    this.#available = 'not-here';
    this.#line.close();
    this.#failAll({ code: 'channel-unknown', title: '' });
    this.#use.warn(`Parley ${why}: channel "${this.#use.channelKey}" at ${this.#use.base}`);
    this.#use.changed();
  }

  #session(): Session | undefined {
    return readJson(this.#store, 'session') as Session | undefined;
  }

  /** Speaks in the session that is kept, whichever tab made it: what was shown stays, the rest begins anew. */
  #adoptSession(): void {
    const token = this.#session()?.token;
    if (token === this.#token) return;
    this.#token = token;
    this.#line.close();
    this.#past = [...this.#past, ...this.#conversation.steps()];
    this.#conversation = new Conversation();
    this.#caughtUp = false;
    this.#ahead = undefined;
    this.#fruitlessFetches = 0;
  }

  #forgetSession(): void {
    this.#store.remove('session');
    this.#store.remove('seen');
    this.#store.remove('active');
    this.#adoptSession();
  }

  /**
   * True when there is a session to speak in. One is made when there is something to say and the customer has been
   * told whom they write to and what it costs.
   */
  async #haveSession(): Promise<boolean> {
    this.#adoptSession();
    const session = this.#session();
    const next = this.#outbox.next();
    if (session !== undefined && next?.do === 'say' && this.#toldOtherwise(session)) {
      if (!this.#caughtUp) return true; // First see whether the conversation goes on: then the old words hold.
      const { state } = this.#conversation.state();
      if (state === 'none' || state === 'ended') this.#forgetSession();
    }
    if (this.#session() !== undefined) return true;
    if (next === undefined) return false;
    if (next.do === 'end') {
      this.#outbox.remove(next.key); // There is nothing left to end.
      return this.#haveSession();
    }
    if (!this.#told || this.#available !== 'here') return false;
    await this.#world.alone('session', () => this.#makeSession());
    this.#adoptSession();
    return this.#session() !== undefined;
  }

  /** The channel's words have changed since this session was told them. */
  #toldOtherwise({ told, language }: Session): boolean {
    const now = this.#channel === undefined ? told : toldOf(this.#channel, language);
    return now.name !== told.name || now.answeredBy !== told.answeredBy || now.charges !== told.charges;
  }

  async #makeSession(): Promise<void> {
    const told = this.tell();
    if (this.#session() !== undefined || told === undefined) return; // Another tab was first.
    const language = this.#language;
    if (this.#asking === 'no') this.#asking = 'first';
    this.#use.changed();
    const asked = {
      channel: this.#use.channelKey,
      language,
      pageUrl: this.#use.pageUrl().slice(0, 2000),
      told,
    };
    const answer = await this.#request('chat/sessions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(asked),
    });
    if (answer === 'lost') {
      this.#asking = 'again';
      this.#sessionFailures += 1;
      this.#world.later(backOffMs(this.#sessionFailures, this.#world.random), () => this.#pump());
    } else if (answer.ok) {
      const { token, sessionId } = (await answer.json()) as { token: string; sessionId: string };
      this.#asking = 'no';
      this.#sessionFailures = 0;
      this.#store.set('session', JSON.stringify({ token, sessionId, language, told } satisfies Session));
    } else {
      this.#asking = 'no';
      await this.#sessionRefused(answer);
    }
    this.#use.changed();
  }

  async #sessionRefused(answer: Response): Promise<void> {
    const problem = (await answer.json().catch(() => ({}))) as {
      code?: string;
      title?: string;
      retryAfterSeconds?: number;
    };
    const { code = 'unknown', title = '' } = problem;
    if (code === 'channel-unknown' || code === 'origin-not-allowed') this.#notHere(`refused: ${code}`);
    else if (problem.retryAfterSeconds !== undefined) this.#pause(problem.retryAfterSeconds);
    else {
      if (code === 'channel-closed') this.#closeChannel();
      // The words have changed since they were read: the new ones are shown, and sending again is up to the customer.
      if (code === 'not-told-before') await this.#loadChannel();
      this.#failAll({ code, title });
    }
  }

  #failAll(why: { code: string; title: string }): void {
    for (const { key, failed } of this.#outbox.all()) if (failed === undefined) this.#outbox.fail(key, why);
  }

  /** What is told while it is closed comes with the channel's words, and may be another one than when it was closed before. */
  #closeChannel(): void {
    if (this.#channel?.open !== true) return;
    this.#channel = { ...this.#channel, open: false, closedMessage: undefined };
    void this.#loadChannel();
  }

  /** 'lost' when no answer came, whatever the reason, or the server had no time for one. */
  async #request(path: string, init: RequestInit): Promise<Response | 'lost'> {
    const stop = new AbortController();
    const calledOff = this.#world.later(requestDeadlineMs, () => stop.abort());
    try {
      const answer = await this.#world.fetch(this.#use.base + path, {
        credentials: 'omit',
        cache: 'no-store',
        ...init,
        signal: stop.signal,
      });
      return answer.status >= 500 ? 'lost' : answer;
    } catch {
      return 'lost';
    } finally {
      calledOff();
    }
  }

  // Sending ----------------------------------------------------------------------------------------------------------

  #changedHere(): void {
    this.#pump();
    this.#use.changed();
  }

  #needsLine(): boolean {
    return this.#panelOpen || this.#store.get('active') !== undefined || this.#outbox.next() !== undefined;
  }

  /** Sends what is unsent, one act after the other: the next goes out only when the one before is confirmed. */
  #pump(): void {
    this.#pumpAgain = true;
    if (this.#pumping) return;
    this.#pumping = true;
    void (async () => {
      while (this.#pumpAgain) {
        this.#pumpAgain = false;
        if (this.#available !== 'here' || !(await this.#haveSession()) || !this.#needsLine()) continue;
        this.#line.open();
        if (this.#maySend()) await this.#world.alone('send', () => this.#sendAll());
      }
      this.#pumping = false;
    })();
  }

  #maySend(): boolean {
    const session = this.#session();
    const next = this.#outbox.next();
    if (next === undefined || session === undefined || this.#line.state !== 'live') return false;
    if (this.#pausedUntil > this.#world.now()) return false;
    return next.do === 'end' || this.#caughtUp || !this.#toldOtherwise(session);
  }

  async #sendAll(): Promise<void> {
    while (this.#maySend()) {
      const act = this.#outbox.next() as Unsent;
      await this.#deliver(act);
    }
  }

  #deliver(act: Unsent): Promise<Delivery> {
    return new Promise((resolve) => {
      const calledOff = this.#world.later(confirmDeadlineMs, () => this.#line.restart());
      const settle = (delivery: Delivery) => {
        if (this.#underWay?.act !== act) return;
        this.#underWay = undefined;
        calledOff();
        resolve(delivery);
      };
      this.#underWay = { act, settle };
      const { key, text } = act;
      if (!this.#line.send(act.do === 'say' ? { do: 'say', key, text } : { do: 'end', key })) settle('lost');
    });
  }

  /** The server has it, by whichever way we heard of it. */
  #confirm(key: string): void {
    this.#outbox.remove(key);
    if (this.#underWay?.act.key === key) this.#underWay.settle('confirmed');
  }

  #pause(seconds: number): void {
    const until = this.#world.now() + seconds * 1000;
    this.#pausedUntil = until;
    this.#world.later(seconds * 1000, () => {
      // A timer may come a millisecond before its time by the clock, and the clock may have been set back: the timer decides.
      if (this.#pausedUntil === until) this.#pausedUntil = 0;
      this.#changedHere();
    });
  }

  // Hearing ----------------------------------------------------------------------------------------------------------

  #hear(frame: ToCustomer): void {
    if ('opened' in frame) {
      if (frame.open && this.#channel !== undefined) this.#channel = { ...this.#channel, open: true };
      else if (!frame.open) this.#closeChannel();
      this.#fruitlessFetches = 0;
    } else if ('steps' in frame) this.#hearSteps(frame.steps, frame.more);
    else if ('said' in frame) this.#hearSaid(frame);
    else if ('ended' in frame) this.#confirm(frame.ended);
    else if ('queue' in frame) this.#ahead = frame.queue.ahead;
    else if ('refused' in frame) this.#hearRefused(frame);
    else return;
    this.#use.changed();
  }

  #hearSaid({ said, interactionId, seq, at }: Extract<ToCustomer, { said: string }>): void {
    const act = this.#outbox.all().find(({ key }) => key === said);
    if (act !== undefined) {
      this.#confirmed.set(said, act);
      const step = { kind: 'line', author: 'customer', name: null, text: act.text, key: said } as const;
      this.#take([{ interactionId, seq, at, ...step }]);
    }
    this.#confirm(said);
    if (this.#conversation.hasGap()) this.#fetch();
  }

  #hearSteps(steps: CustomerStep[], more: boolean): void {
    const took = this.#take(steps);
    if (took > 0) this.#fruitlessFetches = 0;
    if (more || this.#conversation.hasGap()) {
      if (took === 0) this.#fruitlessFetches += 1;
      if (this.#fruitlessFetches < fruitlessFetchesMax) this.#fetch();
      else this.#take(this.#conversation.fillers());
    } else {
      this.#fruitlessFetches = 0;
      if (!this.#caughtUp) {
        this.#caughtUp = true;
        this.#pump();
      }
    }
    this.#noteSeen();
  }

  #take(steps: CustomerStep[]): number {
    let took = 0;
    let fromAgent = false;
    for (const step of steps) {
      for (const shown of this.#conversation.take(step)) {
        took += 1;
        if (shown.kind !== 'line') continue;
        if (shown.author === 'customer') {
          this.#confirmed.delete(shown.key);
          this.#confirm(shown.key);
        } else if (shown.author === 'agent') fromAgent = true;
      }
    }
    if (took > 0) this.#noteActive();
    if (fromAgent && this.#caughtUp) this.#use.arrived();
    return took;
  }

  /** While a conversation goes on every page with the widget keeps its line, so that an answer is seen there. */
  #noteActive(): void {
    const { state } = this.#conversation.state();
    if (state === 'waiting' || state === 'with-agent') this.#store.set('active', '1');
    else this.#store.remove('active');
    if (state !== 'waiting') this.#ahead = undefined;
  }

  #fetch(): void {
    const after = this.#conversation.position();
    this.#line.send({ do: 'fetch', ...(after === undefined ? {} : { after }) });
  }

  #hearRefused(frame: Extract<ToCustomer, { refused: string | null }>): void {
    const { refused, code, title, retryAfterSeconds } = frame;
    if (code === 'session-unknown') {
      this.#forgetSession();
      this.#pump();
      return;
    }
    if (code === 'channel-unknown' || code === 'origin-not-allowed') {
      this.#notHere(`refused: ${code}`);
      return;
    }
    if (code === 'channel-closed') this.#closeChannel();
    if (retryAfterSeconds !== undefined) this.#pause(retryAfterSeconds);
    else if (refused !== null) {
      const act = this.#outbox.all().find(({ key }) => key === refused);
      // What cannot be ended is over already.
      if (act?.do === 'end') this.#outbox.remove(refused);
      else this.#outbox.fail(refused, { code, title });
    }
    if (refused !== null && this.#underWay?.act.key === refused) this.#underWay.settle('refused');
  }
}

/** What a channel says in one language before anybody wrote. */
export function toldOf(channel: PublicChannel, language: Language): Told {
  return { name: channel.name[language], answeredBy: channel.answeredBy, charges: channel.charges[language] };
}

function eventOf(
  before: Extract<CustomerStep, { kind: 'state' }> | undefined,
  step: Extract<CustomerStep, { kind: 'state' }>,
): 'joined' | 'back-in-line' | 'ended' | undefined {
  const same = before?.interactionId === step.interactionId;
  if (same && before.state === step.state && before.name === step.name) return undefined;
  if (step.state === 'with-agent') return 'joined';
  if (step.state === 'ended') return same && before.state === 'ended' ? undefined : 'ended';
  return same && before.state === 'with-agent' ? 'back-in-line' : undefined;
}

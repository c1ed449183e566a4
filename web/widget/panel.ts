// The widget on the screen: a button on the page and the panel it opens. It shows the chat's view and calls its acts.

import type { Chat, Shown, View } from './chat.ts';
import { h, icon, say, set } from './dom.ts';
import { textParts } from './links.ts';
import { chime } from './sound.ts';
import { readJson, type Store } from './store.ts';
import { type Language, timeWords, type Words, words } from './words.ts';

/** From so near the end on, the room left is told. */
const countedShare = 0.9;
/** Nearer to the newest line than this, the customer is taken to follow the conversation. In CSS pixels. */
const followsWithin = 48;
const growthMax = 140;

interface Choices {
  language?: Language;
  size: 0 | 1 | 2;
  sound: boolean;
}

const sizeClasses = ['', 'large', 'larger'] as const;

export class Panel {
  readonly root: HTMLElement;
  readonly #chat: Chat;
  readonly #store: Store;
  #language: Language;
  #choices: Choices;
  #isOpen = false;
  #optionsOpen = false;
  /** The elements of what is shown, by id: each line stays one element, whatever becomes of it. */
  readonly #elements = new Map<string, HTMLElement>();
  #below = 0;
  #follows = true;
  /** Height of the conversation at which `#follows` was found, in CSS pixels. */
  #talkHeight = 0;
  #caughtUp = false;
  #showsLanguage: Language | undefined;

  readonly #launcherText = h('span');
  readonly #count = h('span', { class: 'count', 'aria-hidden': 'true' });
  readonly #countWords = h('span', { class: 'unseen' });
  readonly #launcher = h(
    'button',
    { type: 'button', class: 'launcher primary', onclick: () => this.open() },
    icon('chat'),
    this.#launcherText,
    this.#count,
    this.#countWords,
  );

  readonly #title = h('h2', { id: 'title', tabindex: '-1' });
  readonly #optionsButton = h(
    'button',
    {
      type: 'button',
      class: 'icon',
      'aria-expanded': 'false',
      'aria-controls': 'options',
      onclick: () => this.#toggleOptions(),
    },
    icon('more'),
  );
  readonly #closeButton = h(
    'button',
    { type: 'button', class: 'icon', onclick: () => this.close() },
    icon('down'),
  );
  readonly #options = h('div', { class: 'options', id: 'options', hidden: true });
  readonly #banner = h('div', { class: 'banner', hidden: true });
  readonly #tell = h('div', { class: 'tell', id: 'tell' });
  readonly #greeting = h('div', { class: 'said' });
  readonly #lines = h('div', { class: 'lines', role: 'log', 'aria-live': 'off' });
  readonly #waitTitle = h('strong');
  readonly #waitPlace = h('span');
  readonly #wait = h('div', { class: 'wait', hidden: true }, this.#waitTitle, this.#waitPlace);
  readonly #talk = h(
    'div',
    { class: 'talk', role: 'group', tabindex: '0', onscroll: () => this.#scrolled() },
    this.#tell,
    this.#lines,
    this.#wait,
  );
  readonly #belowButton = h('button', {
    type: 'button',
    class: 'below primary',
    hidden: true,
    onclick: () => this.#toNewest(),
  });
  readonly #note = h('p', { class: 'note', id: 'note', hidden: true });
  readonly #field = h('textarea', {
    rows: '1',
    'aria-describedby': 'tell note',
    oninput: () => this.#typed(),
    onkeydown: (event) => this.#fieldKey(event as KeyboardEvent),
  });
  readonly #sendButton = h(
    'button',
    { type: 'button', class: 'icon primary', onclick: () => this.#send() },
    icon('send'),
  );
  readonly #write = h('div', { class: 'write' }, this.#field, this.#sendButton);
  readonly #closedNote = h('p', { class: 'closed', role: 'status', hidden: true });
  readonly #status = h('div', { class: 'unseen', role: 'status' });
  readonly #panel = h(
    'div',
    { class: 'panel', role: 'dialog', 'aria-labelledby': 'title', hidden: true },
    h('header', {}, this.#title, this.#optionsButton, this.#closeButton),
    this.#options,
    this.#banner,
    this.#talk,
    h('div', { class: 'foot' }, this.#belowButton, this.#note, this.#closedNote, this.#write),
  );

  constructor(chat: Chat, store: Store, language: Language) {
    this.#chat = chat;
    this.#store = store;
    this.#choices = { size: 0, sound: true, ...(readJson(store, 'choices') as Partial<Choices> | undefined) };
    this.#language = this.#choices.language ?? language;
    this.#chat.setLanguage(this.#language);
    this.#field.value = store.get('draft') ?? '';
    this.root = h(
      'section',
      { class: 'root', hidden: true, onkeydown: (event) => this.#key(event as KeyboardEvent) },
      this.#launcher,
      this.#panel,
      this.#status,
    );
    // A phone's keyboard takes its room from the conversation: who was at its end stays there.
    new ResizeObserver(() => this.#resized()).observe(this.#talk);
  }

  /** Opens the panel. `quietly`: as it was before a reload, so the focus stays where it is. */
  open(quietly = false): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#follows = true;
    this.show();
    this.#chat.openPanel();
    this.attend();
    this.#grow();
    this.#toNewest();
    if (quietly) return;
    // On a touch screen the field would bring up the keyboard over what has to be read first.
    const touch = matchMedia('(pointer: coarse)').matches;
    if (touch || this.#write.hidden) this.#title.focus();
    else this.#field.focus();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#optionsOpen = false;
    this.#chat.closePanel();
    this.show();
    this.#launcher.focus();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The page came into view or went out of it. */
  attend(): void {
    this.#chat.attend(this.#isOpen && document.visibilityState === 'visible');
  }

  arrived(): void {
    if (this.#choices.sound && (!this.#isOpen || document.visibilityState !== 'visible')) chime();
  }

  /** Another tab changed the customer's choices. */
  choicesElsewhere(): void {
    this.#choices = {
      ...this.#choices,
      ...(readJson(this.#store, 'choices') as Partial<Choices> | undefined),
    };
    this.#language = this.#choices.language ?? this.#language;
    this.#chat.setLanguage(this.#language);
  }

  /** Brings the screen in line with what the chat knows. */
  show(): void {
    const view = this.#chat.view();
    const { channel } = view;
    // Nobody is shown a button that cannot work; why it is missing stands in the console.
    if (channel === undefined) return;
    const w = words[this.#language];
    const name = channel.name[this.#language];
    set(this.root, {
      hidden: false,
      lang: this.#language,
      'aria-label': w.chat(channel.clientName),
      class: `root ${sizeClasses[this.#choices.size]}`,
    });
    set(this.#launcher, { hidden: this.#isOpen, 'aria-label': undefined });
    say(this.#launcherText, w.launcher);
    set(this.#count, { hidden: view.unread === 0 });
    say(this.#count, view.unread > 99 ? '99+' : String(view.unread));
    say(this.#countWords, view.unread === 0 ? '' : w.unread(view.unread));

    set(this.#panel, { hidden: !this.#isOpen });
    say(this.#title, name);
    set(this.#optionsButton, { 'aria-label': w.options, 'aria-expanded': String(this.#optionsOpen) });
    set(this.#closeButton, { 'aria-label': w.close });
    set(this.#talk, { 'aria-label': w.messages });
    set(this.#lines, { 'aria-label': w.messages });
    set(this.#field, { 'aria-label': w.write, placeholder: w.write });
    set(this.#sendButton, { 'aria-label': w.send });
    this.#showTell(w);
    this.#showOptions(w, view);
    this.#showBanner(w, view);
    this.#showLines(w, view);
    this.#showWait(w, view);
    this.#showFoot(w, view);
    this.#announce(w, view);
    this.#showsLanguage = this.#language;
  }

  // Parts --------------------------------------------------------------------------------------------------------------

  /** Who answers for whom, and what it costs (4.5-a, 4.5-c): the very words that are recorded with the session. */
  #showTell(w: Words): void {
    const told = this.#chat.tell();
    const channel = this.#chat.view().channel;
    if (told === undefined || channel === undefined) return;
    const who =
      told.answeredBy === channel.clientName
        ? w.answers(told.answeredBy)
        : w.answersFor(told.answeredBy, channel.clientName);
    const parts = who.map((part) => (part === told.answeredBy ? h('strong', {}, part) : part));
    const lines = [h('p', {}, icon('user'), h('span', {}, ...parts))];
    if (told.charges !== '') lines.push(h('p', {}, icon('scale'), h('span', {}, told.charges)));
    const now = lines.map((line) => line.textContent).join('\n');
    if (this.#tell.dataset.told === now) return;
    this.#tell.dataset.told = now;
    this.#tell.replaceChildren(...lines);
  }

  #showOptions(w: Words, view: View): void {
    set(this.#options, { hidden: !this.#optionsOpen });
    if (!this.#optionsOpen) {
      this.#options.replaceChildren();
      return;
    }
    const { state } = view.conversation;
    const mayEnd = (state === 'waiting' || state === 'with-agent') && !view.ending;
    const mayForget = this.#chat.mayForget();
    const now = JSON.stringify([this.#language, this.#choices, mayEnd, mayForget]);
    if (this.#options.dataset.shows === now && this.#options.firstChild !== null) return;
    const focused = (this.root.getRootNode() as ShadowRoot).activeElement?.getAttribute('data-choice');
    this.#options.dataset.shows = now;
    const choice = (id: string, text: string, pressed: boolean, act: () => void, lang?: string) =>
      h(
        'button',
        { type: 'button', 'data-choice': id, 'aria-pressed': String(pressed), lang, onclick: act },
        text,
      );
    const group = (title: string, ...buttons: HTMLElement[]) =>
      h(
        'div',
        { role: 'group', 'aria-label': title },
        h('h3', { 'aria-hidden': 'true' }, title),
        h('div', {}, ...buttons),
      );
    const { size, sound } = this.#choices;
    this.#options.replaceChildren(
      group(
        w.language,
        choice('en', 'English', this.#language === 'en', () => this.#choose({ language: 'en' }), 'en'),
        choice('fr', 'Français', this.#language === 'fr', () => this.#choose({ language: 'fr' }), 'fr'),
      ),
      group(
        w.textSize,
        ...([0, 1, 2] as const).map((step) =>
          choice(`size-${step}`, w.sizes[step], size === step, () => this.#choose({ size: step })),
        ),
      ),
      group(
        w.sound,
        choice('on', w.on, sound, () => this.#choose({ sound: true })),
        choice('off', w.off, !sound, () => this.#choose({ sound: false })),
      ),
    );
    const last = (text: string, act: () => void) =>
      this.#options.append(
        h('div', {}, h('button', { type: 'button', onclick: () => this.#leaveOptions(act) }, text)),
      );
    if (mayEnd) last(w.end, () => this.#chat.end());
    if (mayForget) last(w.forget, () => this.#chat.forget());
    if (focused) this.#options.querySelector<HTMLElement>(`[data-choice="${focused}"]`)?.focus();
  }

  #showBanner(w: Words, view: View): void {
    const text =
      view.available === 'not-here'
        ? w.notHere
        : view.line === 'down'
          ? w.offline
          : view.line === 'connecting' && !view.caughtUp
            ? w.connecting
            : '';
    say(this.#banner, text);
    set(this.#banner, { hidden: text === '' });
  }

  #showLines(w: Words, view: View): void {
    // What was there before is not read out, what comes from now on is.
    const settled = view.caughtUp && this.#caughtUp;
    set(this.#lines, { 'aria-live': settled || view.shown.length === 0 ? 'polite' : 'off' });
    this.#caughtUp = view.caughtUp;
    this.#showGreeting(w, view);
    const wanted = new Set(view.shown.map(({ id }) => id));
    for (const [id, element] of this.#elements) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#elements.delete(id);
    }
    let before: Element = this.#greeting;
    let came = 0;
    for (const shown of view.shown) {
      let element = this.#elements.get(shown.id);
      if (element === undefined) {
        element = h('div');
        this.#elements.set(shown.id, element);
        if (shown.kind === 'line' && shown.author !== 'customer') came += 1;
      }
      this.#showOne(element, shown, w, view);
      if (before.nextElementSibling !== element) before.after(element);
      before = element;
    }
    if (!this.#isOpen) return;
    if (this.#follows) this.#toNewest();
    else if (settled) this.#below += came;
    set(this.#belowButton, { hidden: this.#below === 0 });
    say(this.#belowButton, w.newBelow(this.#below));
  }

  #showGreeting(w: Words, view: View): void {
    const { channel } = view;
    const text = channel?.greeting[this.#language] ?? '';
    if (this.#greeting.parentNode === null) this.#lines.prepend(this.#greeting);
    set(this.#greeting, { hidden: text === '' });
    if (text === '' || this.#greeting.dataset.shows === text) return;
    this.#greeting.dataset.shows = text;
    this.#greeting.replaceChildren(
      h('span', { class: 'by' }, h('b', {}, channel?.clientName ?? ''), ` · ${w.automatic}`),
      lineText(text, w),
    );
  }

  #showOne(element: HTMLElement, shown: Shown, w: Words, view: View): void {
    const now = JSON.stringify([this.#language, shown]);
    if (element.dataset.shows === now) return;
    element.dataset.shows = now;
    if (shown.kind === 'event') {
      const text = { joined: w.joined(shown.name), 'back-in-line': w.backInLine, ended: w.ended }[
        shown.event
      ];
      set(element, { class: 'event' });
      element.replaceChildren(h('span', {}, `${text} · ${timeWords(shown.at, Date.now(), this.#language)}`));
      return;
    }
    const own = shown.author === 'customer';
    const name = own
      ? w.you
      : shown.author === 'agent'
        ? (shown.name ?? w.agent)
        : (view.channel?.clientName ?? '');
    const mark = shown.mark === undefined ? (shown.author === 'system' ? w.automatic : '') : w[shown.mark];
    const why = shown.failed === undefined ? '' : (w.refusals[shown.failed.code] ?? shown.failed.title);
    set(element, { class: `said${own ? ' ours' : ''}${shown.mark === 'failed' ? ' failed' : ''}` });
    const by = h(
      'span',
      { class: 'by' },
      h('b', {}, name),
      ` ${timeWords(shown.at, Date.now(), this.#language)}`,
      mark === '' ? undefined : ' · ',
      mark === '' ? undefined : h('span', { class: 'mark' }, why === '' ? mark : w.failedBecause(why)),
    );
    const text = element.querySelector('p');
    // The text stays the same node, so that a screen reader hears a line once and not with each of its marks.
    if (text === null || this.#showsLanguage !== this.#language)
      element.replaceChildren(by, lineText(shown.text, w));
    else element.querySelector('.by')?.replaceWith(by);
    element.querySelector('.acts')?.remove();
    if (shown.mark !== 'failed') return;
    const again = () => {
      this.#chat.retry(shown.id);
      this.#field.focus();
    };
    const drop = () => {
      this.#chat.drop(shown.id);
      this.#field.focus();
    };
    element.append(
      h(
        'span',
        { class: 'acts' },
        h('button', { type: 'button', class: 'plain', onclick: again }, w.retry),
        h('button', { type: 'button', class: 'plain', onclick: drop }, w.drop),
      ),
    );
  }

  #showWait(w: Words, view: View): void {
    const { state } = view.conversation;
    const title = view.ending ? w.ending : state === 'waiting' ? waitWords(w, view) : '';
    set(this.#wait, { hidden: title === '' });
    say(this.#waitTitle, title);
    say(this.#waitPlace, view.ending ? '' : w.place);
    if (this.#isOpen && this.#follows) this.#toNewest();
  }

  #showFoot(w: Words, view: View): void {
    const closed = view.available === 'not-here' || !this.#chat.mayWrite();
    set(this.#write, { hidden: closed });
    set(this.#closedNote, { hidden: !closed });
    const why = view.channel?.closedMessage?.[this.#language] || w.closed;
    say(this.#closedNote, !closed ? '' : view.available === 'not-here' ? w.notHere : why);
    const longest = view.channel?.limits.messageLength ?? 0;
    const left = longest - this.#field.value.length;
    const pause = Math.ceil((view.pausedUntil - Date.now()) / 1000);
    const note = closed
      ? ''
      : left < longest * (1 - countedShare)
        ? w.left(left)
        : pause > 0
          ? w.slowDown(pause)
          : view.conversation.state === 'ended' && this.#caughtUp
            ? w.endedHint
            : '';
    set(this.#note, { hidden: note === '', class: `note${left < 0 ? ' wrong' : ''}` });
    say(this.#note, note);
    set(this.#field, { 'aria-invalid': left < 0 ? 'true' : undefined });
  }

  /** What changes outside the log and cannot be seen by everybody is said: line lost, place in line, not sent. */
  #announce(w: Words, view: View): void {
    if (!this.#isOpen) {
      say(this.#status, view.unread === 0 ? '' : w.unread(view.unread));
      return;
    }
    const failed = view.shown.findLast((shown) => shown.kind === 'line' && shown.mark === 'failed');
    const { state } = view.conversation;
    say(
      this.#status,
      view.available === 'not-here'
        ? w.notHere
        : view.line === 'down'
          ? w.offline
          : failed?.kind === 'line'
            ? w.failedBecause(w.refusals[failed.failed?.code ?? ''] ?? failed.failed?.title ?? '')
            : state === 'waiting'
              ? waitWords(w, view)
              : '',
    );
  }

  // Acts ---------------------------------------------------------------------------------------------------------------

  #send(): void {
    if (this.#chat.write(this.#field.value)) {
      this.#field.value = '';
      this.#follows = true;
      this.#typed();
      this.#toNewest();
    }
    this.#field.focus();
  }

  #leaveOptions(act: () => void): void {
    this.#optionsOpen = false;
    act();
    this.show();
    this.#optionsButton.focus();
  }

  #typed(): void {
    if (this.#field.value === '') this.#store.remove('draft');
    else this.#store.set('draft', this.#field.value);
    this.#grow();
    this.show();
  }

  #grow(): void {
    this.#field.style.height = 'auto';
    this.#field.style.height = `${Math.min(this.#field.scrollHeight, growthMax)}px`;
    this.#field.style.overflowY = this.#field.scrollHeight > growthMax ? 'auto' : 'hidden';
  }

  #fieldKey(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    // On a touch screen Enter starts a new line, as everywhere on a phone; the button sends.
    if (matchMedia('(pointer: coarse)').matches && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.#send();
  }

  #key(event: KeyboardEvent): void {
    // Single keys of the page shall not act on what is typed here.
    event.stopPropagation();
    if (event.key !== 'Escape' || event.isComposing) return;
    if (this.#optionsOpen) this.#toggleOptions();
    else this.close();
  }

  #toggleOptions(): void {
    this.#optionsOpen = !this.#optionsOpen;
    this.show();
    if (this.#optionsOpen) this.#options.querySelector('button')?.focus();
    else this.#optionsButton.focus();
  }

  #choose(choices: Partial<Choices>): void {
    this.#choices = { ...this.#choices, ...choices };
    this.#store.set('choices', JSON.stringify(this.#choices));
    if (choices.language !== undefined) this.#language = choices.language;
    this.#chat.setLanguage(this.#language);
    this.#grow();
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#talk;
    // A keyboard that slides in changes the height before the customer has moved anything; #resized comes next and settles it.
    if (clientHeight !== this.#talkHeight) return;
    this.#follows = scrollHeight - scrollTop - clientHeight <= followsWithin;
    if (!this.#follows || this.#below === 0) return;
    this.#below = 0;
    set(this.#belowButton, { hidden: true });
  }

  #resized(): void {
    this.#talkHeight = this.#talk.clientHeight;
    if (this.#follows) this.#toNewest();
    else this.#scrolled();
  }

  #toNewest(): void {
    this.#follows = true;
    this.#below = 0;
    this.#talk.scrollTop = this.#chat.view().shown.length === 0 ? 0 : this.#talk.scrollHeight;
    set(this.#belowButton, { hidden: true });
  }
}

function waitWords(w: Words, view: View): string {
  if (view.ahead === undefined) return w.waiting;
  return view.ahead === 0 ? w.next : w.ahead(view.ahead);
}

/** A line of text whose addresses can be followed. Built of text nodes: markup in it is just letters. */
function lineText(text: string, w: Words): HTMLElement {
  const parts = textParts(text).flatMap((part) => {
    if (part.href === undefined) return [part.text];
    const link = h(
      'a',
      { href: part.href, target: '_blank', rel: 'noopener noreferrer nofollow', title: part.href },
      part.text,
    );
    return part.host === undefined ? [link] : [link, ` (${w.leadsTo(part.host)})`];
  });
  return h('p', { dir: 'auto' }, ...parts);
}

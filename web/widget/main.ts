// The widget's one script tag: <script src="https://parley.example/w.js" data-channel="KEY" async></script>
// It puts one element on the page, keeps everything of its own inside it, and leaves the page alone.

import type { PublicChannel } from '#src/channels/chat/contract.ts';
import { Chat } from './chat.ts';
import type { Ears, Socket, World } from './line.ts';
import { Panel } from './panel.ts';
import { type Keeping, openStore } from './store.ts';
import css from './styles.css?inline';
import { type Tones, tonesOf } from './tones.ts';
import { languageOf } from './words.ts';

const script = document.currentScript as HTMLScriptElement | null;
const channelKey = script?.dataset.channel ?? '';

if (script === null || channelKey === '') warn('Parley: the script tag needs data-channel="KEY".');
else if (document.body === null) document.addEventListener('DOMContentLoaded', () => begin(script));
else begin(script);

function begin({ src, dataset }: HTMLScriptElement): void {
  const twice = [...document.querySelectorAll<HTMLElement>('parley-chat')].some(
    (element) => element.dataset.channel === channelKey,
  );
  if (twice) return;
  const host = document.createElement('parley-chat');
  host.dataset.channel = channelKey;
  const shadow = host.attachShadow({ mode: 'open' });

  const prefix = `parley.${channelKey}.`;
  const store = openStore(keeping('localStorage'), prefix);
  const ofTab = openStore(keeping('sessionStorage'), prefix);
  const world = browserWorld(channelKey);
  const language = languageOf(dataset.language, document.documentElement.lang, ...navigator.languages);
  let accent: string | undefined;
  let showing = false;

  const chat: Chat = new Chat(world, store, {
    base: new URL('.', src).href,
    channelKey,
    language,
    pageUrl: () => location.href,
    warn,
    arrived: () => panel.arrived(),
    changed() {
      // Many frames may come at once; the screen follows once for all of them.
      if (showing) return;
      showing = true;
      queueMicrotask(() => {
        showing = false;
        const { channel } = chat.view();
        if (channel !== undefined && channel.accent !== accent) {
          accent = channel.accent;
          dress(shadow, channel);
        }
        panel.show();
        if (panel.isOpen) ofTab.set('open', '1');
        else if (channel !== undefined && begun) ofTab.remove('open');
      });
    },
  });
  const panel = new Panel(chat, store, language);
  let begun = false;
  shadow.append(panel.root);
  document.body.append(host);

  window.addEventListener('storage', ({ key, oldValue, newValue }) => {
    if (key === null || !key.startsWith(prefix)) return;
    const name = key.slice(prefix.length);
    if (name === 'choices') panel.choicesElsewhere();
    else if (name !== 'draft') chat.keptElsewhere(name, oldValue, newValue);
  });
  for (const name of ['online', 'offline', 'focus'] as const)
    window.addEventListener(name, () => chat.wake());
  window.addEventListener('pagehide', () => chat.sleep());
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) chat.wake();
  });
  document.addEventListener('visibilitychange', () => {
    panel.attend();
    if (document.visibilityState === 'visible') chat.wake();
  });

  void chat.start().then(() => {
    if (ofTab.get('open') !== undefined && chat.view().channel !== undefined) panel.open(true);
    begun = true;
  });
}

/** A page may forbid storage altogether: then even asking for it throws. */
function keeping(which: 'localStorage' | 'sessionStorage'): Keeping | undefined {
  try {
    return window[which];
  } catch {
    return undefined;
  }
}

function browserWorld(name: string): World {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    uuid: randomUuid,
    later(ms, act) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
    socket: openSocket,
    fetch: (url, init) => fetch(url, init),
    async alone(what, act) {
      // Where a page is not secure there are no locks. Then two tabs may send the same act: the server takes it once.
      if (navigator.locks === undefined) await act();
      else await navigator.locks.request(`parley.${name}.${what}`, act);
    },
  };
}

function openSocket(url: string, ears: Ears): Socket {
  const socket = new WebSocket(url);
  const deaf = new AbortController();
  const { signal } = deaf;
  const lost = () => {
    deaf.abort();
    ears.lost();
  };
  socket.addEventListener('open', () => ears.opened(), { signal });
  socket.addEventListener('message', ({ data }) => ears.heard(data), { signal });
  socket.addEventListener('error', lost, { signal });
  socket.addEventListener('close', lost, { signal });
  return {
    send: (text) => socket.send(text),
    close() {
      deaf.abort();
      socket.close();
    },
  };
}

/** Words for whoever keeps the page; the customer is not told of script tags and origins. */
function warn(text: string): void {
  // eslint-disable-next-line no-console -- the page's console is the only place where its keeper would look
  console.warn(text);
}

/** crypto.randomUUID is for secure pages only; a shop may still be without TLS. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Constructed style sheets are not subject to the page's policy for styles; old browsers get an element instead. */
function dress(shadow: ShadowRoot, { accent }: PublicChannel): void {
  const text = `${css}
    :host { ${declarations(tonesOf(accent, 'light'))} }
    @media (prefers-color-scheme: dark) { :host { ${declarations(tonesOf(accent, 'dark'))} } }`;
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    shadow.querySelector('style')?.remove();
    const style = document.createElement('style');
    style.textContent = text;
    shadow.prepend(style);
  }
}

function declarations(tones: Tones): string {
  return Object.entries(tones)
    .map(([name, value]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: ${value};`)
    .join(' ');
}

// A page to try a channel's widget on before a client's own page carries it. It has no script but the widget's.

import { tryStyle } from './style.ts';

export { tryStyleSource } from './style.ts';

export interface TryPage {
  channelKey: string;
  clientName: string;
  channelName: { en: string; fr: string };
  language: 'en' | 'fr';
  widgetUrl: string;
}

const words = {
  en: {
    title: (client: string) => `Try page of ${client}`,
    note: 'This is what a customer sees.',
    noteMore:
      'Write with the button at the bottom right; what you write comes to the desk, in your other tab.',
    heading: 'A question, a problem? Let’s talk.',
    lead: (channel: string) => `${channel} answers on this page, in English and in French.`,
    ways: [
      ['In writing, now', 'Who answers and what it costs is said before your first message.'],
      ['Come back later', 'Close this page and open it again in this browser: the conversation goes on.'],
    ],
    waysTitle: 'How to reach us',
    languages: 'Language',
  },
  fr: {
    title: (client: string) => `Page d’essai : ${client}`,
    note: 'Voici ce que voit un client.',
    noteMore:
      'Écrivez avec le bouton en bas à droite ; vos messages arrivent au poste de travail, dans votre autre onglet.',
    heading: 'Une question, un souci ? Parlons-en.',
    lead: (channel: string) => `${channel} vous répond sur cette page, en français et en anglais.`,
    ways: [
      ['Par écrit, maintenant', 'Qui répond et ce que cela coûte est dit avant votre premier message.'],
      ['Revenir plus tard', 'Fermez cette page et rouvrez-la dans ce navigateur : la discussion continue.'],
    ],
    waysTitle: 'Nous joindre',
    languages: 'Langue',
  },
} as const;

/** The whole page as HTML; everything from outside is escaped. */
export function tryPage({ channelKey, clientName, channelName, language, widgetUrl }: TryPage): string {
  const w = words[language];
  const link = (to: 'en' | 'fr', text: string) =>
    `<a href="?lang=${to}" lang="${to}" hreflang="${to}"${to === language ? ' aria-current="true"' : ''}>${text}</a>`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${escaped(w.title(clientName))}</title>
<style>${tryStyle}</style>
</head>
<body>
<aside class="note" aria-label="Parley"><strong>${w.note}</strong> ${w.noteMore}</aside>
<div class="shop">
<header><strong>${escaped(clientName)}</strong><nav aria-label="${w.languages}">${link('en', 'English')} ${link('fr', 'Français')}</nav></header>
<main>
<h1>${w.heading}</h1>
<p>${escaped(w.lead(channelName[language]))}</p>
<h2>${w.waysTitle}</h2>
<ul>${w.ways.map(([title, text]) => `<li><strong>${title}</strong><p>${text}</p></li>`).join('')}</ul>
</main>
</div>
<script src="${escaped(widgetUrl)}" data-channel="${escaped(channelKey)}" data-language="${language}" async></script>
</body>
</html>
`;
}

function escaped(text: string): string {
  const marks: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (mark) => marks[mark] as string);
}

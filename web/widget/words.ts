// Every word the widget shows, in both languages. French and English have the same keys by type.

export type Language = 'en' | 'fr';

const en = {
  chat: (client: string) => `Chat with ${client}`,
  open: (client: string) => `Write to ${client}`,
  launcher: 'Write to us',
  unread: (count: number) => (count === 1 ? '1 new message' : `${count} new messages`),
  close: 'Close the chat',
  options: 'Options: language, text size, sound',
  language: 'Language',
  textSize: 'Text size',
  sizes: ['Normal', 'Large', 'Larger'] as [string, string, string],
  sound: 'Sound for new messages',
  on: 'On',
  off: 'Off',
  end: 'End the conversation',
  forget: 'Remove this conversation from this browser',
  answers: (answeredBy: string) => [answeredBy, ' answers you.'] as [string, string],
  answersFor: (answeredBy: string, client: string) =>
    ['People at ', answeredBy, ` answer you, for ${client}.`] as [string, string, string],
  messages: 'Messages',
  you: 'You',
  automatic: 'automatic message',
  agent: 'Agent',
  sending: 'sending',
  kept: 'kept, sent when the line is back',
  received: 'received',
  failed: 'not sent',
  failedBecause: (why: string) => `not sent: ${why}`,
  retry: 'Try again',
  drop: 'Delete',
  write: 'Write a message',
  send: 'Send',
  left: (count: number) =>
    `${Math.abs(count)} ${Math.abs(count) === 1 ? 'character' : 'characters'} ${count < 0 ? 'too many' : 'left'}`,
  newBelow: (count: number) => (count === 1 ? '1 new message below' : `${count} new messages below`),
  connecting: 'Connecting…',
  offline: 'No connection. What you write is kept and sent when the line is back.',
  waiting: 'You are in line',
  next: 'You are first in line',
  ahead: (count: number) => `You are in line, ${count} ${count === 1 ? 'person' : 'people'} ahead of you`,
  place: 'Your place is kept, also if you close this page and come back in this browser.',
  joined: (name: string | null) => `${name ?? 'An agent'} is with you`,
  backInLine: 'You are in line again',
  ended: 'The conversation has ended',
  endedHint: 'Write again to start a new one.',
  ending: 'Ending the conversation…',
  closed: 'The chat is closed at the moment.',
  notHere: 'The chat is not available on this page.',
  slowDown: (seconds: number) =>
    `You write faster than we can take. The next message goes in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
  refusals: {
    'message-too-long': 'This message is too long.',
    'channel-closed': 'The chat is closed at the moment.',
    'not-told-before': 'Who answers or what it costs has changed; read it above and send again.',
    'channel-unknown': 'The chat is not available on this page.',
  } as Record<string, string>,
  leadsTo: (host: string) => `leads to ${host}`,
};

export type Words = typeof en;

const fr: Words = {
  chat: (client) => `Discussion avec ${client}`,
  open: (client) => `Écrire à ${client}`,
  launcher: 'Nous écrire',
  unread: (count) => (count === 1 ? '1 nouveau message' : `${count} nouveaux messages`),
  close: 'Fermer la discussion',
  options: 'Options : langue, taille du texte, son',
  language: 'Langue',
  textSize: 'Taille du texte',
  sizes: ['Normale', 'Grande', 'Très grande'],
  sound: 'Son des nouveaux messages',
  on: 'Activé',
  off: 'Coupé',
  end: 'Terminer la discussion',
  forget: 'Retirer cette discussion de ce navigateur',
  answers: (answeredBy) => [answeredBy, ' vous répond.'],
  answersFor: (answeredBy, client) => ['Des conseillers de ', answeredBy, ` vous répondent, pour ${client}.`],
  messages: 'Messages',
  you: 'Vous',
  automatic: 'message automatique',
  agent: 'Conseiller',
  sending: 'envoi en cours',
  kept: 'gardé, envoyé au retour de la connexion',
  received: 'reçu',
  failed: 'non envoyé',
  failedBecause: (why) => `non envoyé : ${why}`,
  retry: 'Réessayer',
  drop: 'Supprimer',
  write: 'Écrire un message',
  send: 'Envoyer',
  left: (count) =>
    count < 0
      ? `${-count} ${count === -1 ? 'caractère' : 'caractères'} en trop`
      : `${count} ${count < 2 ? 'caractère restant' : 'caractères restants'}`,
  newBelow: (count) => (count === 1 ? '1 nouveau message plus bas' : `${count} nouveaux messages plus bas`),
  connecting: 'Connexion…',
  offline: 'Pas de connexion. Ce que vous écrivez est gardé et partira à son retour.',
  waiting: 'Vous êtes dans la file',
  next: 'Vous êtes en tête de la file',
  ahead: (count) => `Vous êtes dans la file, ${count} ${count < 2 ? 'personne' : 'personnes'} avant vous`,
  place: 'Votre place est gardée, même si vous fermez cette page et revenez dans ce navigateur.',
  joined: (name) => `${name ?? 'Un conseiller'} est avec vous`,
  backInLine: 'Vous êtes de nouveau dans la file',
  ended: 'La discussion est terminée',
  endedHint: 'Écrivez pour en commencer une autre.',
  ending: 'Fin de la discussion…',
  closed: 'La discussion est fermée pour le moment.',
  notHere: 'La discussion n’est pas proposée sur cette page.',
  slowDown: (seconds) =>
    `Vous écrivez plus vite que nous ne pouvons recevoir. Le prochain message part dans ${seconds} ${seconds < 2 ? 'seconde' : 'secondes'}.`,
  refusals: {
    'message-too-long': 'Ce message est trop long.',
    'channel-closed': 'La discussion est fermée pour le moment.',
    'not-told-before': 'Qui répond ou ce que cela coûte a changé ; lisez-le ci-dessus et envoyez de nouveau.',
    'channel-unknown': 'La discussion n’est pas proposée sur cette page.',
  },
  leadsTo: (host) => `mène à ${host}`,
};

export const words: Record<Language, Words> = { en, fr };

/** The first of the wished languages that the widget speaks: 'fr-CA' is French; English when it speaks none. */
export function languageOf(...wished: (string | null | undefined)[]): Language {
  for (const wish of wished) {
    const language = wish?.trim().toLowerCase().slice(0, 2);
    if (language === 'en' || language === 'fr') return language;
  }
  return 'en';
}

/** The hour of a line, with the day when it was not today. Both in milliseconds since 1970. */
export function timeWords(at: number, now: number, language: Language): string {
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'fr', {
    hour: '2-digit',
    minute: '2-digit',
    ...(sameDay ? {} : { day: 'numeric', month: 'short' }),
  }).format(at);
}

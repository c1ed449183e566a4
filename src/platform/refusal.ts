/** A "no" that a person can cause: a value, never thrown. Its code is the API's error, its translation's key, its test's name. */
export interface Refusal {
  readonly refused: string;
  readonly detail?: string;
  readonly fields?: Record<string, string>;
  readonly retryAfterSeconds?: number;
}

export type Refused<Answer> = Answer | Refusal;

/** What a refusal is called and answered with. `en` and `fr` are whole sentences that say what to do. */
export interface RefusalMeaning {
  status: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500 | 503;
  en: string;
  fr: string;
}

const meanings = new Map<string, RefusalMeaning>();

/** Declares refusals; each code once in the whole program. */
export function refusals<Code extends string>(table: Record<Code, RefusalMeaning>): void {
  for (const [code, meaning] of Object.entries<RefusalMeaning>(table)) {
    if (meanings.has(code)) throw new Error(`Refusal ${code} is declared twice.`);
    meanings.set(code, meaning);
  }
}

export function refuse(code: string, more: Omit<Refusal, 'refused'> = {}): Refusal {
  if (!meanings.has(code))
    throw new Error(`Refusal ${code} is not declared: give it a status and a sentence in both languages.`);
  return { refused: code, ...more };
}

export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && typeof (answer as Refusal).refused === 'string';
}

export function meaningOf(code: string): RefusalMeaning {
  const meaning = meanings.get(code);
  if (meaning === undefined) throw new Error(`Refusal ${code} is not declared.`);
  return meaning;
}

export function allRefusals(): ReadonlyMap<string, RefusalMeaning> {
  return meanings;
}

/** The problem document of a refusal (RFC 9457), in the reader's language. */
export function problemOf(refusal: Refusal, language: 'en' | 'fr' = 'en') {
  const meaning = meaningOf(refusal.refused);
  return {
    type: `/problems/${refusal.refused}`,
    code: refusal.refused,
    title: meaning[language],
    status: meaning.status,
    ...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
    ...(refusal.fields === undefined ? {} : { fields: refusal.fields }),
    ...(refusal.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: refusal.retryAfterSeconds }),
  };
}

refusals({
  'sign-in-needed': { status: 401, en: 'Sign in first.', fr: 'Connectez-vous d’abord.' },
  'not-permitted': {
    status: 403,
    en: 'Your role does not permit this; ask an administrator.',
    fr: 'Votre rôle ne le permet pas ; demandez à un administrateur.',
  },
  'other-origin': {
    status: 403,
    en: 'This came from a page that is not Parley’s own; open Parley itself.',
    fr: 'Cela vient d’une page étrangère à Parley ; ouvrez Parley directement.',
  },
  'not-found': {
    status: 404,
    en: 'There is nothing here, or it is not yours to see.',
    fr: 'Il n’y a rien ici, ou cela ne vous est pas visible.',
  },
  'input-invalid': {
    status: 422,
    en: 'Something in what was sent is not right; see the fields.',
    fr: 'Une partie de l’envoi n’est pas valable ; voyez les champs.',
  },
  'body-too-large': {
    status: 413,
    en: 'What was sent is too large; send less at once.',
    fr: 'L’envoi est trop volumineux ; envoyez moins à la fois.',
  },
  'body-unreadable': {
    status: 400,
    en: 'What was sent could not be read as JSON; check it.',
    fr: 'L’envoi n’est pas du JSON lisible ; vérifiez-le.',
  },
  'too-many-requests': {
    status: 429,
    en: 'Too many requests; wait a moment and try again.',
    fr: 'Trop de demandes ; attendez un instant et recommencez.',
  },
  'changed-meanwhile': {
    status: 409,
    en: 'Somebody changed this meanwhile; load it again and repeat your change.',
    fr: 'Quelqu’un l’a modifié entre-temps ; rechargez et refaites votre changement.',
  },
  'key-used-otherwise': {
    status: 409,
    en: 'This Idempotency-Key was used for a different request; use a new one.',
    fr: 'Cette Idempotency-Key a servi à une autre demande ; prenez-en une nouvelle.',
  },
  'too-busy': {
    status: 503,
    en: 'More is being asked than can be answered at once; nothing was done, try again in a moment.',
    fr: 'Il y a plus de demandes que de réponses possibles à la fois ; rien n’a été fait, réessayez dans un instant.',
  },
  'database-unavailable': {
    status: 503,
    en: 'The database does not answer; nothing was lost, try again in a moment.',
    fr: 'La base de données ne répond pas ; rien n’est perdu, réessayez dans un instant.',
  },
  fault: {
    status: 500,
    en: 'A fault on our side; it is logged. Try again.',
    fr: 'Une erreur de notre côté ; elle est consignée. Réessayez.',
  },
});

/** What somebody is told of a fault: that the database is away and to try again, or that the fault is ours. */
export function refusalOfFault(connectionIsGone: boolean): Refusal {
  return connectionIsGone ? refuse('database-unavailable', { retryAfterSeconds: 2 }) : refuse('fault');
}

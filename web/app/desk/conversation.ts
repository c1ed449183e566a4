import type { InteractionEvent, MessageView } from '#src/modules/interactions/contract.ts';
import { spokenName } from '#web/ui/spoken.ts';
import type { Language } from '#web/ui/time.ts';
import { clockTime, dayAndTime, duration, sameDay } from '#web/ui/time.ts';
import type { Unsent } from './drafts.ts';

// From an interaction's events to what stands in the middle of the desk: lines, and between them what happened.

export interface Line {
  kind: 'line';
  id: string;
  author: MessageView['author'];
  agentId: string | null;
  agentName: string | null;
  audience: 'all' | 'staff';
  text: string;
  at: string;
  /** recorded: on the server. sending, refused: only in this browser. */
  state: 'recorded' | 'sending' | 'refused';
  refused?: string;
}
/** Lines of one writer that follow each other closely stand under one name. */
export interface Said {
  kind: 'said';
  id: string;
  lines: Line[];
}
/** What happened between two lines. */
export interface Happened {
  kind: 'happened';
  id: string;
  at: string;
  events: InteractionEvent[];
}
export type Entry = Said | Happened;

const closeMs = 90_000;

/** Everything oldest to newest; what is not on record yet comes last, in the order it was sent. */
export function entriesOf(
  events: readonly InteractionEvent[],
  unsent: readonly Unsent[],
  writer: { id: string; name: string },
): Entry[] {
  const entries: Entry[] = [];
  for (const event of events) {
    if (event.message === undefined) {
      const last = entries.at(-1);
      if (last?.kind === 'happened') last.events.push(event);
      else entries.push({ kind: 'happened', id: `event-${event.seq}`, at: event.at, events: [event] });
      continue;
    }
    const { author, agentId, agentName, audience, text } = event.message;
    say(entries, {
      kind: 'line',
      id: `line-${event.seq}`,
      author,
      agentId,
      agentName,
      audience,
      text,
      at: event.at,
      state: 'recorded',
    });
  }
  const recorded = recordedKeys(events);
  for (const line of unsent) {
    if (recorded.has(line.key)) continue;
    say(entries, {
      kind: 'line',
      id: `unsent-${line.key}`,
      author: 'agent',
      agentId: writer.id,
      agentName: writer.name,
      audience: line.audience,
      text: line.text,
      at: new Date(line.at).toISOString(),
      state: line.sent ? 'recorded' : line.refused === undefined ? 'sending' : 'refused',
      ...(line.refused === undefined ? {} : { refused: line.refused }),
    });
  }
  return entries;
}

function say(entries: Entry[], line: Line): void {
  const last = entries.at(-1);
  const before = last?.kind === 'said' ? last.lines.at(-1) : undefined;
  const together =
    before !== undefined &&
    before.author === line.author &&
    before.agentId === line.agentId &&
    before.audience === line.audience &&
    before.state === line.state &&
    line.state !== 'refused' &&
    Date.parse(line.at) - Date.parse(before.at) < closeMs;
  if (together && last?.kind === 'said') last.lines.push(line);
  else entries.push({ kind: 'said', id: line.id, lines: [line] });
}

/** The writers' own ids of the lines that are on record. */
export function recordedKeys(events: readonly InteractionEvent[]): Set<string> {
  return new Set(events.flatMap(({ message }) => (message === undefined ? [] : [message.key])));
}

/** How many lines of others came after this seq: what "2 new" counts. */
export function newSince(events: readonly InteractionEvent[], seq: number, personId: string): number {
  return events.filter(
    (event) => event.seq > seq && event.message !== undefined && event.message.agentId !== personId,
  ).length;
}

/** How many of the customer's lines nobody answered yet: what the row counts. */
export function unanswered(events: readonly InteractionEvent[]): number {
  let count = 0;
  for (const { message } of events) {
    if (message === undefined || message.audience === 'staff') continue;
    if (message.author === 'agent') count = 0;
    else if (message.author === 'customer') count += 1;
  }
  return count;
}

/**
 * Whether the customer waits for an answer. The interaction's own events say so as soon as they are as new as the row; until then,
 * and where they are not followed, the row says it.
 */
export function waitsForAnswer(
  item: { seq: number; unread: boolean },
  events: readonly InteractionEvent[],
): boolean {
  if ((events.at(-1)?.seq ?? 0) < item.seq) return item.unread;
  let waits = false;
  for (const { kind, message } of events) {
    if (kind === 'interaction.customer-left') waits = true;
    else if (message !== undefined && message.audience === 'all') waits = message.author === 'customer';
  }
  return waits;
}

/**
 * Events that follow each other, as one sentence. The time stands before the first and again wherever the minute has changed; of
 * another day than `now`, in milliseconds, with the date.
 */
export function tellTogether(events: readonly InteractionEvent[], telling: Telling, now: number): string {
  const { language } = telling;
  const when = (at: string) => (sameDay(at, now) ? clockTime(at, language) : dayAndTime(at, language));
  return events
    .flatMap((event, index) => {
      const before = events[index - 1];
      const words = eventWords(event, before, telling);
      return before !== undefined && when(before.at) === when(event.at) ? [words] : [when(event.at), words];
    })
    .join(' · ');
}

/** What a reader needs to put a name to an event. */
export interface Telling {
  language: Language;
  personId: string;
  /** Names of people, teams and interaction types by id, as far as they are known. */
  names: Readonly<Record<string, string>>;
  /** Outcomes' names by code. */
  outcomes: Readonly<Record<string, string>>;
}

const en = {
  you: 'you',
  someone: 'another agent',
  supervisor: 'a supervisor',
  team: 'one team',
  type: 'another type',
};
const fr = {
  you: 'vous',
  someone: 'un autre conseiller',
  supervisor: 'un superviseur',
  team: 'une équipe',
  type: 'un autre type',
};

/** In which language the customer writes. */
function inLanguage(code: string | undefined, reader: 'en' | 'fr'): string {
  if (code === undefined) return '';
  return reader === 'fr' ? `en ${spokenName(code, 'fr')}` : `in ${spokenName(code, 'en')}`;
}

/** Why an offer was declined or work handed back, where a fixed reason was chosen. */
export const givenReasons: Record<string, { en: string; fr: string }> = {
  'finishing-other-work': { en: 'finishing other work first', fr: 'une autre tâche à finir d’abord' },
  'lacks-knowledge': { en: 'lacks the knowledge for it', fr: 'connaissances insuffisantes' },
  'technical-problem': { en: 'technical problem', fr: 'problème technique' },
  'knows-the-customer': { en: 'knows the customer personally', fr: 'connaît personnellement le client' },
  'connection-lost': { en: 'connection lost', fr: 'connexion perdue' },
  'signed-out': { en: 'signed out', fr: 'déconnexion' },
  'agent-away': { en: 'the agent was away when it fell due', fr: 'le conseiller était absent à l’échéance' },
  'serves-client-no-more': {
    en: 'no longer works for this client',
    fr: 'ne travaille plus pour ce donneur d’ordre',
  },
  'customer-away': { en: 'the customer did not come back', fr: 'le client n’est pas revenu' },
  'customer-left': { en: 'the customer left', fr: 'le client est parti' },
};

/** A reason in the reader's words; what somebody typed stays as it is. */
export function reasonWords(reason: string, language: Language): string {
  return givenReasons[reason]?.[language] ?? reason;
}

/** The outcome's name; the program's own for a record whose agent was lost is no outcome that anybody chose. */
export function outcomeWords(
  code: string,
  { outcomes, language }: Pick<Telling, 'outcomes' | 'language'>,
): string {
  if (code === 'not-recorded') return language === 'fr' ? 'non consigné' : 'not recorded';
  return outcomes[code] ?? code;
}

/** One event as part of a sentence: "accepted by you in 4 s". `before` is the event it follows. */
export function eventWords(
  event: InteractionEvent,
  before: InteractionEvent | undefined,
  telling: Telling,
): string {
  const { language } = telling;
  const words = language === 'fr' ? fr : en;
  const { body } = event;
  const text = (name: string) => {
    const value = body[name];
    return typeof value === 'string' ? value : undefined;
  };
  const nameOf = (id: string | undefined, unknown: string) =>
    id === undefined
      ? unknown
      : id === telling.personId
        ? words.you
        : (event.names?.[id] ?? telling.names[id] ?? unknown);
  const who = nameOf(text('agentId'), words.someone);
  const supervisor = nameOf(text('by'), words.supervisor);
  const reason = text('reason');
  const because =
    reason === undefined || reason === ''
      ? ''
      : language === 'fr'
        ? ` : ${reasonWords(reason, 'fr')}`
        : `: ${reasonWords(reason, 'en')}`;
  const outcomeCode = text('outcomeCode');
  const outcome = outcomeCode === undefined ? '' : outcomeWords(outcomeCode, telling);
  const spoken = inLanguage(text('language'), language);
  const page = text('pageUrl');
  const took = before === undefined ? '' : duration(Date.parse(event.at) - Date.parse(before.at));
  const byCustomer = text('by') === 'customer';
  const f = language === 'fr';
  switch (event.kind) {
    case 'interaction.arrived': {
      const from = page === undefined ? '' : f ? ` depuis ${shortUrl(page)}` : ` from ${shortUrl(page)}`;
      return f ? `Chat${from}, ${spoken}` : `Chat${from}, ${spoken}`;
    }
    case 'interaction.offered':
      return f ? `proposé à ${who}` : `offered to ${who}`;
    case 'interaction.accepted':
      return f
        ? `accepté par ${who}${took === '' ? '' : ` en ${took}`}`
        : `accepted by ${who}${took === '' ? '' : ` in ${took}`}`;
    case 'interaction.declined':
      return f ? `refusé par ${who}${because}` : `declined by ${who}${because}`;
    case 'interaction.offer-expired':
      return f ? `resté sans réponse de ${who}` : `not answered by ${who}`;
    case 'interaction.agent-lost':
      return f
        ? `rendu à la file, ${who} n’est plus là${because}`
        : `back in line, ${who} went away${because}`;
    case 'interaction.abandoned':
      return f ? `abandonné par le client${because}` : `abandoned by the customer${because}`;
    case 'interaction.dismissed':
      return f ? `écarté : ${outcome}` : `dismissed: ${outcome}`;
    case 'interaction.parked': {
      const dueAt = text('dueAt');
      if (dueAt === undefined) return f ? `mis de côté par ${who}${because}` : `parked by ${who}${because}`;
      const due = sameDay(dueAt, Date.parse(event.at))
        ? clockTime(dueAt, language)
        : dayAndTime(dueAt, language);
      const until = because === '' ? ' ' : ', ';
      return f
        ? `mis de côté par ${who}${because}${until}jusqu’à ${due}`
        : `parked by ${who}${because}${until}until ${due}`;
    }
    case 'interaction.interrupted':
      return f
        ? `interrompu pendant que ${who} ${who === words.you ? 'prenez' : 'prend'} autre chose, revient ensuite`
        : `interrupted while ${who} took up something else, comes back after it`;
    case 'interaction.resumed':
      if (text('why') === 'interruption-over')
        return f ? `de retour chez ${who} après l’interruption` : `back with ${who} after the interruption`;
      return f ? `repris par ${who}` : `resumed by ${who}`;
    case 'interaction.released':
      return f ? `rendu à la file par ${who}${because}` : `given back to the line by ${who}${because}`;
    case 'interaction.transferred': {
      const to = destination(event, telling, nameOf);
      return f ? `transféré par ${who}${to}${because}` : `transferred by ${who}${to}${because}`;
    }
    case 'interaction.preferred':
    case 'interaction.pushed': {
      const to = destination(event, telling, nameOf);
      return f ? `confié par ${supervisor}${to}${because}` : `given by ${supervisor}${to}${because}`;
    }
    case 'interaction.pulled':
      return f
        ? `retiré à ${who} par ${supervisor} avant réponse${because}`
        : `offer to ${who} taken back by ${supervisor}${because}`;
    case 'interaction.taken':
      return f ? `pris dans la file par ${who}${because}` : `taken out of the line by ${who}${because}`;
    case 'interaction.reordered': {
      const [from, priority] = [body.from, body.priority].map(Number);
      return f
        ? `priorité passée de ${from} à ${priority} par ${supervisor}${because}`
        : `priority changed from ${from} to ${priority} by ${supervisor}${because}`;
    }
    case 'interaction.ended':
      if (byCustomer) return f ? 'terminé par le client' : 'ended by the customer';
      return f ? `terminé par ${who}` : `ended by ${who}`;
    case 'interaction.customer-left':
      return f
        ? 'le client est parti ; à terminer une fois repris'
        : 'the customer has left; end it once resumed';
    case 'interaction.reopened':
      if (byCustomer)
        return f ? 'le client a écrit de nouveau, rouvert' : 'the customer wrote again, reopened';
      return f ? `rouvert par ${who}` : `reopened by ${who}`;
    case 'interaction.completed': {
      const note = text('note');
      const said = note === undefined || note === '' ? '' : f ? ` · note : ${note}` : ` · note: ${note}`;
      return f ? `clôturé par ${who} : ${outcome}${said}` : `completed by ${who}: ${outcome}${said}`;
    }
    case 'interaction.settled':
      return f
        ? `clôturé sans ${who} : ${outcome}${because}`
        : `settled without ${who}: ${outcome}${because}`;
    case 'interaction.scheduled':
      return f ? 'remis à plus tard' : 'scheduled for later';
    case 'interaction.fell-due':
      return f ? 'échu, de retour dans la file' : 'fell due, back in line';
    case 'interaction.cancelled':
      return f ? `annulé : ${outcome}` : `cancelled: ${outcome}`;
    default:
      return event.kind;
  }
}

/** Where it was passed on to, and until when nobody else is asked: " to Billing team, for it alone until 14:30". */
function destination(
  { at, body }: InteractionEvent,
  { language, names }: Telling,
  nameOf: (id: string | undefined, unknown: string) => string,
): string {
  const words = language === 'fr' ? fr : en;
  const { typeId, toTeamId, toAgentId, until } = body as Record<string, string | undefined>;
  const f = language === 'fr';
  const to =
    toAgentId !== undefined
      ? nameOf(toAgentId, words.someone)
      : toTeamId !== undefined
        ? names[toTeamId] === undefined
          ? words.team
          : `${f ? 'l’équipe' : 'the team'} ${names[toTeamId]}`
        : typeId !== undefined
          ? (names[typeId] ?? words.type)
          : undefined;
  if (to === undefined) return '';
  const then = body.thenAnybody === true;
  const alone =
    until === undefined
      ? ''
      : ((moment) =>
          then
            ? f
              ? ` d’abord, puis à tous, au plus tard à ${moment}`
              : ` first, then to anybody, at ${moment} at the latest`
            : f
              ? `, et à personne d’autre avant ${moment}`
              : `, and to nobody else before ${moment}`)(
          sameDay(until, Date.parse(at)) ? clockTime(until, language) : dayAndTime(until, language),
        );
  return f ? ` à ${to}${alone}` : ` to ${to}${alone}`;
}

/** Whether events name teams or interaction types: the names of these are not in the events. */
export function placesIn(events: readonly InteractionEvent[]): { teams: boolean; types: boolean } {
  return {
    teams: events.some(({ body }) => body.toTeamId !== undefined),
    types: events.some(({ kind, body }) => kind === 'interaction.transferred' && body.typeId !== undefined),
  };
}

/** What the customer was told before they wrote, as the arrival recorded it. */
export interface Told {
  name?: string;
  answeredBy?: string;
  charges?: string;
}

export function arrivalOf(events: readonly InteractionEvent[]): { told?: Told; pageUrl?: string } {
  const body = events.find(({ kind }) => kind === 'interaction.arrived')?.body ?? {};
  const told = typeof body.told === 'object' && body.told !== null ? (body.told as Told) : undefined;
  return {
    ...(told === undefined ? {} : { told }),
    ...(typeof body.pageUrl === 'string' && body.pageUrl !== '' ? { pageUrl: body.pageUrl } : {}),
  };
}

/** The host and path of a page, without what may name a person in its query. */
export function shortUrl(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname === '/' ? '' : pathname}`;
  } catch {
    return url;
  }
}

/** Names of people that the events themselves tell. */
export function namesIn(events: readonly InteractionEvent[]): Record<string, string> {
  const names: Record<string, string> = {};
  for (const { message, names: named } of events) {
    Object.assign(names, named);
    if (message?.agentId != null && message.agentName !== null) names[message.agentId] = message.agentName;
  }
  return names;
}

import { spokenName } from '#web/ui/spoken.ts';
import { clockSeconds, clockTime, dayAndTime, type Language, sameDay } from '#web/ui/time.ts';

// A decision's why, as a sentence. The parts come from the engine; ids have become names on the way.

interface Required {
  competencyId: string;
  level: number;
}

interface Why {
  rule?: string;
  decidedAt?: number;
  requires?: Required[];
  language?: { language: string; level: number };
  widening?: { step: number; of: number; asks: Required[]; nextAt?: number };
  teams?: { sets: number; of: number; nextAt?: number };
  toTeam?: { teamId: string; until: number };
  toAgent?: { agentId: string; until: number };
  preferred?: { agentId: string; until: number; why: string; kept: boolean };
  deferred?: { reserve: number };
  eligible?: { agentId: string; idleSince: number; above?: number; interrupted?: boolean }[];
  eligibleCount?: number;
  not?: { reason: string; count: number; agents?: string[]; bars?: string[] }[];
  askedAgain?: boolean;
  askAgainAt?: number;
  waitsFor?: string;
  order?: { priority?: number; aged?: number; ahead?: number; breachAt?: number };
  held?: { until?: number; why: string };
}

type Names = Readonly<Record<string, string>>;

/** What a sentence is made of, and for whom: `who` is the agent's name, or nothing when the reader is the agent. */
interface Speech {
  why: Why;
  names: Names;
  french: boolean;
  who: string | undefined;
}

/**
 * Why an interaction was offered to this person: "it asks for Billing at 3 or more, which you hold; you had been free longest of the 2
 * who could take it." The level is what the type asks for, never the agent's own. What else bore on it follows in sentences of its own.
 * `who` is the agent's name, or nothing when the reader is the agent. Undefined when the why is not the engine's.
 */
export function whySentence(
  raw: Readonly<Record<string, unknown>> | null,
  names: Names,
  language: Language,
  who?: string,
): string | undefined {
  if (raw === null) return undefined;
  const speech: Speech = { why: raw, names, french: language === 'fr', who };
  const first = [asked(speech), chosen(speech)]
    .filter((part) => part !== undefined)
    .join(speech.french ? ' ; ' : '; ')
    .concat('.');
  return [first, ...besides(speech)].join(' ');
}

function asked({ why, names, french, who }: Speech): string | undefined {
  const skills = skillsOf(why, names, french);
  if (skills.length === 0) return undefined;
  return french
    ? `demande ${list(skills, 'et')}, ${who === undefined ? 'ce que vous avez' : `ce que ${who} a`}`
    : `it asks for ${list(skills, 'and')}, which ${who === undefined ? 'you hold' : `${who} holds`}`;
}

const languages: Record<string, { en: string; fr: string }> = {
  en: { en: 'English', fr: 'l’anglais' },
  fr: { en: 'French', fr: 'le français' },
};

/** What is asked for at that moment: while it is being widened, more than the type requires. */
function skillsOf(why: Why, names: Names, french: boolean): string[] {
  const level = (name: string, at: number) =>
    french ? `${name} au niveau ${at} au moins` : `${name} at ${at} or more`;
  const skills = (why.widening?.asks ?? why.requires ?? []).map((one) =>
    level(
      names[one.competencyId] ?? (french ? 'une compétence retirée' : 'a competency that was removed'),
      one.level,
    ),
  );
  if (why.language === undefined) return skills;
  const spoken =
    languages[why.language.language]?.[french ? 'fr' : 'en'] ??
    spokenName(why.language.language, french ? 'fr' : 'en');
  return [...skills, level(spoken, why.language.level)];
}

/** The rule that decided. */
function chosen(speech: Speech): string {
  const { why, french } = speech;
  const rule = why.rule === undefined ? undefined : ruleWords[why.rule];
  if (rule !== undefined) return rule(speech);
  return french ? chosenInFrench(speech) : chosenInEnglish(speech);
}

// The rest are said by who was free for how long and who had declined it, whichever of the two decided.
const ruleWords: Record<string, (speech: Speech) => string> = {
  nobody: ({ french }) => (french ? 'personne ne pouvait le prendre' : 'nobody could take it'),
  pushed: (speech) => {
    const { why, french, who } = speech;
    const until = why.toAgent === undefined ? undefined : at(why.toAgent.until, why, french);
    const again = why.askedAgain !== true ? '' : french ? ', et l’est de nouveau' : ', and is again';
    if (french) {
      const to = who === undefined ? 'il vous a été confié' : `il a été confié à ${who}`;
      return `${to} nommément${until === undefined ? '' : `, et à personne d’autre avant ${until}`}${again}`;
    }
    const nobodyElse = until === undefined ? '' : `, and to nobody else before ${until}`;
    return `it was given to ${who ?? 'you'} by name${nobodyElse}${again}`;
  },
  'preferred-agent': (speech) => {
    const { why, french, who } = speech;
    const { preferred } = why;
    const words = preferredWords[preferred?.why ?? 'named'] ?? preferredWords.named!;
    const reason = words[french ? 'fr' : 'en'](who);
    if (preferred?.kept !== true)
      return french
        ? `${reason}, et personne ne convenait mieux`
        : `${reason}, and nobody who could take it matched better`;
    const until = at(preferred.until, why, french);
    return french
      ? `${reason}, et il ${who === undefined ? 'vous est réservé' : `est réservé à ${who}`} jusqu’à ${until}`
      : `${reason}, and it is kept for ${who ?? 'you'} alone until ${until}`;
  },
  'only-one': (speech) => (speech.french ? chosenInFrench(speech) : chosenInEnglish(speech)),
  'not-declined': (speech) => (speech.french ? chosenInFrench(speech) : chosenInEnglish(speech)),
  'longest-idle': (speech) => (speech.french ? chosenInFrench(speech) : chosenInEnglish(speech)),
  'best-level': ({ why, french, who }) => {
    const count = why.eligibleCount ?? 1;
    return french
      ? `des ${count} personnes possibles, ${who === undefined ? 'vous maîtrisez' : `${who} maîtrise`} le mieux ce qu’il demande`
      : `of the ${count} who could take it, ${who === undefined ? 'you master' : `${who} masters`} best what it asks for`;
  },
  'not-interrupted': ({ why, french, who }) => {
    const count = why.eligibleCount ?? 1;
    return french
      ? `des ${count} personnes possibles, ${who === undefined ? 'vous n’aviez' : `${who} n’avait`} pas de travail à interrompre`
      : `of the ${count} who could take it, ${who ?? 'you'} had no other work to interrupt`;
  },
};

const preferredWords: Record<
  string,
  { en: (who: string | undefined) => string; fr: (who: string | undefined) => string }
> = {
  'last-agent': {
    en: (who) => `${who ?? 'you'} answered this customer last`,
    fr: (who) => (who === undefined ? 'vous avez répondu' : `${who} a répondu`) + ' en dernier à ce client',
  },
  'case-owner': {
    en: (who) => (who === undefined ? 'the case is yours' : `the case is with ${who}`),
    fr: (who) => (who === undefined ? 'le dossier est le vôtre' : `le dossier est suivi par ${who}`),
  },
  named: {
    en: (who) => `${who ?? 'you'} ${who === undefined ? 'were' : 'was'} asked for by name`,
    fr: (who) => (who === undefined ? 'vous avez été demandé nommément' : `${who} a été demandé nommément`),
  },
};

/**
 * Who was ready and had a place, but had declined it or let it pass: left out, or placed after the others. The second is seen where
 * somebody free for longer than the one asked stands behind them, and nothing else put them there. `left` is how many could be asked
 * before those.
 */
function passedOver(why: Why, names: Names): { count: number; who: string[]; left: number } {
  const out = why.not?.find(({ reason }) => reason === 'declined-already');
  const [first, ...others] = why.eligible ?? [];
  const isBehind = (other: NonNullable<Why['eligible']>[number]) =>
    first !== undefined &&
    other.above === first.above &&
    other.interrupted === first.interrupted &&
    other.idleSince < first.idleSince;
  // Where that decided, all who follow had declined it: who has is asked last.
  const all = why.rule === 'not-declined';
  const behind = others.filter((other) => all || isBehind(other));
  const behindCount = all ? Math.max(behind.length, (why.eligibleCount ?? 1) - 1) : behind.length;
  const count = (out?.count ?? 0) + behindCount;
  const known = [...(out?.agents ?? []), ...behind.map(({ agentId }) => agentId)].flatMap(
    (id) => names[id] ?? [],
  );
  return { count, who: known.length === count ? known : [], left: (why.eligibleCount ?? 1) - behindCount };
}

/** Among whom being free longest decided: not always among all who could take it. */
function among({ eligible = [], eligibleCount = 1 }: Why): 'all' | 'best-level' | 'not-interrupted' {
  const [first, ...others] = eligible;
  if (first === undefined) return 'all';
  const isLower = others.some(({ above }) => (above ?? 0) < (first.above ?? 0));
  if (first.above !== undefined && (isLower || eligibleCount > eligible.length)) return 'best-level';
  return first.interrupted !== true && others.some(({ interrupted }) => interrupted === true)
    ? 'not-interrupted'
    : 'all';
}

function chosenInEnglish({ why, names, who }: Speech): string {
  const [subject, were, are] = who === undefined ? ['you', 'were', 'are'] : [who, 'was', 'is'];
  const count = why.eligibleCount ?? 1;
  if (why.askedAgain === true)
    return count > 1
      ? `everyone who could take it had declined it or let it pass, so ${subject} ${are} asked again`
      : `nobody else could take it, so ${subject} ${are} asked again`;
  const passed = passedOver(why, names);
  if (passed.count > 0) {
    const others =
      passed.who.length > 0
        ? list(passed.who, 'and')
        : passed.count > 1
          ? `${passed.count} others`
          : '1 other';
    const reason = `${others}, who ${passed.count > 1 ? 'were' : 'was'} ready, had declined it or let it pass before`;
    return passed.left > 1
      ? `${subject} had been free longest of the ${passed.left} who could still be asked: ${reason}`
      : `${subject} ${were} the only one who could still be asked: ${reason}`;
  }
  if (count === 1) return `${subject} ${were} the only one free who could take it`;
  const which = {
    all: `the ${count} who could take it`,
    'best-level': 'those who master it best',
    'not-interrupted': 'those with no other work to interrupt',
  };
  return `${subject} had been free longest of ${which[among(why)]}`;
}

function chosenInFrench({ why, names, who }: Speech): string {
  const [subject, was] = who === undefined ? ['vous', 'étiez'] : [who, 'était'];
  const count = why.eligibleCount ?? 1;
  if (why.askedAgain === true) {
    const again =
      who === undefined ? 'on vous le propose donc de nouveau' : `on le propose donc de nouveau à ${who}`;
    return count > 1
      ? `toutes les personnes possibles l’avaient refusé ou laissé passer, ${again}`
      : `personne d’autre ne pouvait le prendre, ${again}`;
  }
  const passed = passedOver(why, names);
  if (passed.count > 0) {
    const plural = passed.count > 1;
    const others =
      passed.who.length > 0 ? list(passed.who, 'et') : plural ? `${passed.count} autres` : '1 autre';
    const reason = `${others}, qui ${plural ? 'étaient disponibles, l’avaient' : 'était disponible, l’avait'} déjà refusé ou laissé passer`;
    return passed.left > 1
      ? `${subject} ${was} libre depuis le plus longtemps des ${passed.left} personnes qu’on pouvait encore solliciter : ${reason}`
      : `on ne pouvait plus le proposer qu’à ${who ?? 'vous'} : ${reason}`;
  }
  if (count === 1)
    return who === undefined
      ? 'personne d’autre n’était libre pour le prendre'
      : `personne d’autre que ${who} n’était libre pour le prendre`;
  const which = {
    all: `des ${count} personnes possibles`,
    'best-level': 'parmi les personnes qui le maîtrisent le mieux',
    'not-interrupted': 'parmi les personnes qui n’ont rien à interrompre',
  };
  return `${subject} ${was} libre depuis le plus longtemps ${which[among(why)]}`;
}

/** What else bore on the choice, a sentence to each. */
function besides(speech: Speech): string[] {
  const { why, names, french, who } = speech;
  const said: string[] = [];
  if (why.eligible?.[0]?.interrupted === true)
    said.push(
      french
        ? `Ce que ${who === undefined ? 'vous traitez' : `${who} traite`} est alors mis de côté, puis revient.`
        : `What ${who === undefined ? 'you are' : `${who} is`} handling is then parked, and comes back afterwards.`,
    );
  const { preferred } = why;
  if (preferred !== undefined && why.rule !== 'preferred-agent' && why.rule !== 'pushed') {
    const name = names[preferred.agentId] ?? (french ? 'un autre conseiller' : 'another agent');
    const reason = (preferredWords[preferred.why] ?? preferredWords.named!)[french ? 'fr' : 'en'](name);
    said.push(
      french ? `À égalité, ${reason} : priorité.` : `Among equals it would go to ${name} first: ${reason}.`,
    );
  }
  if (why.deferred !== undefined)
    said.push(
      french
        ? 'Ce travail peut attendre : rien d’urgent n’attendait.'
        : 'It is work that can wait: nothing live was waiting.',
    );
  return [...said, ...conditions(speech)];
}

/** What the type or a person asked for, and how far it has come: the same for what was decided and for what waits. */
function conditions({ why, names, french }: Speech): string[] {
  const said: string[] = [];
  const { toTeam, teams, widening, order } = why;
  if (toTeam !== undefined) {
    const name = names[toTeam.teamId] ?? (french ? 'une équipe' : 'one team');
    const until = at(toTeam.until, why, french);
    said.push(
      french
        ? `Seule l’équipe ${name} est sollicitée jusqu’à ${until}.`
        : `Only the team ${name} is asked until ${until}.`,
    );
  } else if (teams !== undefined && teams.sets < teams.of) {
    const next = teams.nextAt === undefined ? undefined : at(teams.nextAt, why, french);
    said.push(
      french
        ? `Équipes sollicitées : étape ${teams.sets} sur ${teams.of}${next === undefined ? '' : `, la suite à ${next}`}.`
        : `Teams asked: step ${teams.sets} of ${teams.of}${next === undefined ? '' : `, the next join at ${next}`}.`,
    );
  }
  if (widening !== undefined) {
    const next = widening.nextAt === undefined ? undefined : at(widening.nextAt, why, french);
    const isWide = widening.step >= widening.of;
    said.push(
      isWide
        ? french
          ? 'On ne demande désormais rien de plus que le niveau exigé.'
          : 'By now no more than the required level is asked for.'
        : french
          ? `On demande d’abord les meilleurs niveaux : étape ${widening.step + 1} sur ${widening.of + 1}${next === undefined ? '' : `, la suite à ${next}`}.`
          : `The best levels are asked for first: step ${widening.step + 1} of ${widening.of + 1}${next === undefined ? '' : `, the next at ${next}`}.`,
    );
  }
  if (order?.aged !== undefined && order.aged !== order.priority)
    said.push(
      french
        ? `Sa priorité est montée de ${order.priority ?? 0} à ${order.aged} pendant l’attente.`
        : `Its priority has risen from ${order.priority ?? 0} to ${order.aged} while it waited.`,
    );
  if (order?.breachAt !== undefined) {
    const by = at(order.breachAt, why, french);
    const isLate = why.decidedAt !== undefined && order.breachAt <= why.decidedAt;
    said.push(
      isLate
        ? french
          ? `La réponse était due avant ${by}.`
          : `It should have been answered by ${by}.`
        : french
          ? `La réponse est due avant ${by}.`
          : `It should be answered by ${by}.`,
    );
  }
  return said;
}

/** A moment in a why: the time, of another day with the date. */
function at(moment: number, why: Why, french: boolean): string {
  const language = french ? 'fr' : 'en';
  return why.decidedAt === undefined || sameDay(moment, why.decidedAt)
    ? clockTime(moment, language)
    : dayAndTime(moment, language);
}

type ByNumber = readonly [one: string, several: string];

/** Why agents could not take it, after their number: "2 are not ready". One entry to each reason that the engine gives. */
export const notReasonWords: Record<string, { en: ByNumber; fr: ByNumber }> = {
  'agent-not-of-client': {
    en: ['does not work for this client', 'do not work for this client'],
    fr: ['ne travaille pas pour ce donneur d’ordre', 'ne travaillent pas pour ce donneur d’ordre'],
  },
  'channel-not-taken': {
    en: ['does not take this channel', 'do not take this channel'],
    fr: ['ne prend pas ce canal', 'ne prennent pas ce canal'],
  },
  'competency-missing': {
    en: ['lacks a competency', 'lack a competency'],
    fr: ['n’a pas une compétence demandée', 'n’ont pas une compétence demandée'],
  },
  'competency-level-too-low': {
    en: ['is below the level asked', 'are below the level asked'],
    fr: ['n’a pas le niveau demandé', 'n’ont pas le niveau demandé'],
  },
  'competency-lapsed': {
    en: ['has an assessment that lapsed', 'have an assessment that lapsed'],
    fr: ['a une évaluation échue', 'ont une évaluation échue'],
  },
  'language-missing': {
    en: ['has no assessment in the customer’s language', 'have no assessment in the customer’s language'],
    fr: ['n’a pas d’évaluation dans la langue du client', 'n’ont pas d’évaluation dans la langue du client'],
  },
  'language-level-too-low': {
    en: [
      'is below the level asked in the customer’s language',
      'are below the level asked in the customer’s language',
    ],
    fr: [
      'n’a pas le niveau demandé dans la langue du client',
      'n’ont pas le niveau demandé dans la langue du client',
    ],
  },
  'language-lapsed': {
    en: ['has a language assessment that lapsed', 'have language assessments that lapsed'],
    fr: ['a une évaluation de langue échue', 'ont une évaluation de langue échue'],
  },
  'agent-barred': {
    en: ['may not be given this type for now', 'may not be given this type for now'],
    fr: ['ne peut pas recevoir ce type pour l’instant', 'ne peuvent pas recevoir ce type pour l’instant'],
  },
  'below-best-level': {
    en: ['is asked later, after those at a higher level', 'are asked later, after those at a higher level'],
    fr: [
      'vient plus tard, après les niveaux plus élevés',
      'viennent plus tard, après les niveaux plus élevés',
    ],
  },
  'team-not-asked': {
    en: ['is in no team that is asked now', 'are in no team that is asked now'],
    fr: [
      'n’est dans aucune équipe sollicitée maintenant',
      'ne sont dans aucune équipe sollicitée maintenant',
    ],
  },
  'kept-for-another': {
    en: ['is not asked while it is kept for another', 'are not asked while it is kept for another'],
    fr: [
      'n’est pas sollicité tant qu’il est réservé à un autre',
      'ne sont pas sollicités tant qu’il est réservé à un autre',
    ],
  },
  'agent-not-ready': {
    en: ['is not ready', 'are not ready'],
    fr: ['n’est pas disponible', 'ne sont pas disponibles'],
  },
  'agent-at-capacity': {
    en: ['has no place free', 'have no place free'],
    fr: ['n’a pas de place libre', 'n’ont pas de place libre'],
  },
  'channel-excluded': {
    en: ['holds something that this channel may not join', 'hold something that this channel may not join'],
    fr: ['traite ce que ce canal ne peut accompagner', 'traitent ce que ce canal ne peut accompagner'],
  },
  'declined-already': {
    en: ['declined it or let it pass', 'declined it or let it pass'],
    fr: ['l’a refusé ou laissé passer', 'l’ont refusé ou laissé passer'],
  },
  'kept-for-live-work': {
    en: ['is kept free for live work', 'are kept free for live work'],
    fr: ['reste libre pour les contacts en direct', 'restent libres pour les contacts en direct'],
  },
};

/** What bars an agent from a type, after their number. */
const barWords: Record<string, { en: string; fr: string }> = {
  'mandatory-information-unread': {
    en: 'mandatory information not read',
    fr: 'information obligatoire non lue',
  },
  'barred-by-hand': { en: 'by an administrator', fr: 'par un administrateur' },
};

/** What stands against giving somebody a type, in a few words. */
export function barSaid(bar: string, language: 'en' | 'fr'): string {
  return barWords[bar]?.[language] ?? bar;
}

/** What it waits for, a sentence to each thing the engine names. */
const waits: Record<string, (speech: Speech) => string> = {
  agent: ({ french }) => (french ? 'Aucun conseiller compétent n’est libre.' : 'No competent agent is free.'),
  hold: (speech) => {
    const hold = holdWords[speech.why.held?.why ?? 'held'] ?? holdWords.held!;
    return hold(speech);
  },
  'one-agent': ({ why, names, french }) => {
    const { toAgent, preferred } = why;
    const nameOf = (id: string | undefined) =>
      (id === undefined ? undefined : names[id]) ?? (french ? 'un conseiller' : 'one agent');
    if (toAgent !== undefined) {
      const [name, until] = [nameOf(toAgent.agentId), at(toAgent.until, why, french)];
      return french
        ? `Confié nommément à ${name}, il l’attend jusqu’à ${until} ; ensuite, tous sont sollicités.`
        : `It was given to ${name} by name and waits for them until ${until}; then everybody is asked.`;
    }
    const name = nameOf(preferred?.agentId);
    const reason = (preferredWords[preferred?.why ?? 'named'] ?? preferredWords.named!)[french ? 'fr' : 'en'](
      name,
    );
    const until = preferred === undefined ? '' : at(preferred.until, why, french);
    return french
      ? `Il est réservé à ${name} jusqu’à ${until} (${reason}) ; ensuite, tous sont sollicités.`
      : `It is kept for ${name} until ${until} (${reason}); then everybody is asked.`;
  },
  'live-work': ({ why, french }) => {
    const reserve = why.deferred?.reserve ?? 0;
    return french
      ? `Ce travail peut attendre : on garde de la place pour les contacts en direct${reserve > 0 ? ` (${reserve} au moins)` : ''}.`
      : `It is work that can wait: places are kept free for live work${reserve > 0 ? ` (${reserve} at least)` : ''}.`;
  },
  type: ({ french }) =>
    french
      ? 'Son type d’interaction est inconnu ou inactif.'
      : 'Its interaction type is not known or not active.',
  decision: ({ french }) => (french ? 'La décision est en cours.' : 'It is decided at once.'),
};

/** What holds something back, by the names that the engine gives. */
const holdWords: Record<string, (speech: Speech) => string> = {
  'paused-by-hand': ({ why, french }) => {
    const until = why.held?.until;
    if (until === undefined)
      return french
        ? 'Son type est suspendu jusqu’à ce que quelqu’un le reprenne.'
        : 'Its type is paused until somebody resumes it.';
    return french
      ? `Son type est suspendu jusqu’à ${at(until, why, french)}.`
      : `Its type is paused until ${at(until, why, french)}.`;
  },
  'opening-hours': ({ why, french }) => {
    const until = why.held?.until;
    const opens = until === undefined ? undefined : at(until, why, french);
    if (french)
      return `C’est fermé à cette heure${opens === undefined ? '' : ` ; proposé à l’ouverture, à ${opens}`}.`;
    return `It is outside the opening hours${opens === undefined ? '' : `; it is offered when they begin, at ${opens}`}.`;
  },
  'write-failed': ({ why, french }) => {
    const until = why.held?.until;
    const again = until === undefined ? undefined : clockSeconds(until, french ? 'fr' : 'en');
    if (french)
      return `La dernière décision n’a pas pu être enregistrée ; nouvel essai ${again === undefined ? 'sous peu' : `à ${again}`}.`;
    return `The last decision could not be recorded; it is tried again ${again === undefined ? 'shortly' : `at ${again}`}.`;
  },
  held: ({ why, french }) => {
    const until = why.held?.until;
    if (until === undefined) return french ? 'Il est retenu un instant.' : 'It is held back for a moment.';
    return french
      ? `Il est retenu jusqu’à ${at(until, why, french)}.`
      : `It is held back until ${at(until, why, french)}.`;
  },
};

/** Every name this file has words for; a test holds them against all that the engine can say. */
export const sayable = {
  rules: Object.keys(ruleWords),
  preferred: Object.keys(preferredWords),
  waitsFor: Object.keys(waits),
  holds: Object.keys(holdWords),
  notReasons: Object.keys(notReasonWords),
} as const;

/**
 * Why an interaction still waits, and what stands in the way: "No competent agent is free. 2 come before it. Agents: 2 are not ready
 * (Inès, Tomas), 1 has no place free." Names stand there when all of that reason are known to the reader.
 */
export function whyWaitingSentence(
  raw: Readonly<Record<string, unknown>> | null,
  names: Names,
  language: Language,
): string | undefined {
  if (raw === null) return undefined;
  const why = raw as Why;
  const speech: Speech = { why, names, french: language === 'fr', who: undefined };
  const { french } = speech;
  const ahead = why.order?.ahead ?? 0;
  const skills = skillsOf(why, names, french);
  const against = (why.not ?? []).map((one) => againstWords(one, names, language));
  const askedAgain =
    why.askAgainAt !== undefined && why.not?.some(({ reason }) => reason === 'declined-already')
      ? clockSeconds(why.askAgainAt, language)
      : undefined;
  return [
    (waits[why.waitsFor ?? 'agent'] ?? waits.agent!)(speech),
    ahead === 0
      ? undefined
      : french
        ? `${ahead} ${ahead > 1 ? 'passent' : 'passe'} avant.`
        : `${ahead} ${ahead > 1 ? 'come' : 'comes'} before it.`,
    skills.length === 0
      ? undefined
      : french
        ? `Il demande ${list(skills, 'et')}.`
        : `It asks for ${list(skills, 'and')}.`,
    ...conditions(speech),
    against.length === 0 ? undefined : `${french ? 'Conseillers : ' : 'Agents: '}${against.join(', ')}.`,
    askedAgain === undefined
      ? undefined
      : french
        ? `Qui l’a refusé est de nouveau sollicité à partir de ${askedAgain}.`
        : `Whoever declined it is asked again from ${askedAgain} on.`,
  ]
    .filter((part) => part !== undefined)
    .join(' ');
}

function againstWords(
  { reason, count, agents = [], bars = [] }: NonNullable<Why['not']>[number],
  names: Names,
  language: Language,
): string {
  const said = `${count} ${notReasonWords[reason]?.[language][count === 1 ? 0 : 1] ?? reason}`;
  const known = agents.flatMap((id) => names[id] ?? []);
  const inBrackets = [
    ...(known.length === count ? known : []),
    ...[...new Set(bars)].map((bar) => barSaid(bar, language)),
  ];
  return inBrackets.length === 0 ? said : `${said} (${inBrackets.join(', ')})`;
}

/**
 * Where one agent stood, after their name: "has no place free", "had been free since 08:41:07". A place in the order is said by the list
 * it stands in.
 */
export function standingWords(
  {
    reason,
    bars,
    idleSince,
    above,
    interrupted,
  }: {
    reason: string | null;
    bars: readonly string[];
    idleSince: string;
    above: number | null;
    interrupted: boolean;
  },
  language: Language,
): string {
  if (reason !== null) {
    const said = notReasonWords[reason]?.[language][0] ?? reason;
    const names = bars.map((bar) => barSaid(bar, language));
    return names.length === 0 ? said : `${said} (${names.join(', ')})`;
  }
  const french = language === 'fr';
  const since = clockSeconds(idleSince, language);
  return [
    french ? `libre depuis ${since}` : `free since ${since}`,
    ...(above === null
      ? []
      : [french ? `${above} au-dessus de ce qui est demandé` : `${above} above what is asked`]),
    ...(interrupted
      ? [french ? 'un autre travail serait interrompu' : 'other work would be interrupted']
      : []),
  ].join(', ');
}

function list(parts: string[], and: string): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${and} ${parts.at(-1)}`;
}

import type { Language } from '#web/ui/time.ts';

// A decision's why, as a sentence. The parts come from the engine; ids have become names on the way.

interface Why {
  requires?: { competencyId: string; level: number }[];
  eligible?: { agentId: string; idleSince: number }[];
  eligibleCount?: number;
  not?: { reason: string; count: number; agents?: string[] }[];
  askedAgain?: boolean;
  waitsFor?: string;
  order?: { ahead?: number };
  held?: { until: number; why: string };
}

type Names = Readonly<Record<string, string>>;

/**
 * Why an interaction was offered to this person: "it asks for Billing at 3 or more, which you hold; you had been free longest of the 2
 * who could take it." The level is what the type asks for, never the agent's own. `who` is the agent's name, or nothing when the reader
 * is the agent. Undefined when the why is not the engine's.
 */
export function whySentence(
  raw: Readonly<Record<string, unknown>> | null,
  names: Names,
  language: Language,
  who?: string,
): string | undefined {
  if (raw === null) return undefined;
  const why = raw as Why;
  const chosen = language === 'fr' ? chosenInFrench : chosenInEnglish;
  return [asked(why.requires ?? [], names, language, who), chosen(why, names, who)]
    .filter((part) => part !== undefined)
    .join(language === 'fr' ? ' ; ' : '; ')
    .concat('.');
}

function asked(
  requires: NonNullable<Why['requires']>,
  names: Names,
  language: Language,
  who: string | undefined,
): string | undefined {
  if (requires.length === 0) return undefined;
  const french = language === 'fr';
  const skills = requires.map(({ competencyId, level }) => {
    const name = names[competencyId] ?? (french ? 'une compétence retirée' : 'a competency that was removed');
    return french ? `${name} au niveau ${level} au moins` : `${name} at ${level} or more`;
  });
  return french
    ? `demande ${list(skills, 'et')}, ${who === undefined ? 'ce que vous avez' : `ce que ${who} a`}`
    : `it asks for ${list(skills, 'and')}, which ${who === undefined ? 'you hold' : `${who} holds`}`;
}

/**
 * Who was ready and had a place, but had declined it or let it pass: left out, or placed after the others. The second is seen where
 * somebody free for longer than the one asked stands behind them. `left` is how many could be asked before those.
 */
function passedOver(why: Why, names: Names): { count: number; who: string[]; left: number } {
  const out = why.not?.find(({ reason }) => reason === 'declined-already');
  const [first, ...others] = why.eligible ?? [];
  const behind = others.filter(({ idleSince }) => first !== undefined && idleSince < first.idleSince);
  const count = (out?.count ?? 0) + behind.length;
  const known = [...(out?.agents ?? []), ...behind.map(({ agentId }) => agentId)].flatMap(
    (id) => names[id] ?? [],
  );
  return { count, who: known.length === count ? known : [], left: (why.eligibleCount ?? 1) - behind.length };
}

function chosenInEnglish(why: Why, names: Names, who: string | undefined): string {
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
  return count > 1
    ? `${subject} had been free longest of the ${count} who could take it`
    : `${subject} ${were} the only one free who could take it`;
}

function chosenInFrench(why: Why, names: Names, who: string | undefined): string {
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
  return count > 1
    ? `${subject} ${was} libre depuis le plus longtemps des ${count} personnes possibles`
    : who === undefined
      ? 'personne d’autre n’était libre pour le prendre'
      : `personne d’autre que ${who} n’était libre pour le prendre`;
}

type ByNumber = readonly [one: string, several: string];

const reasons: Record<string, { en: ByNumber; fr: ByNumber }> = {
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
  'agent-not-ready': {
    en: ['is not ready', 'are not ready'],
    fr: ['n’est pas disponible', 'ne sont pas disponibles'],
  },
  'agent-at-capacity': {
    en: ['has no place free', 'have no place free'],
    fr: ['n’a pas de place libre', 'n’ont pas de place libre'],
  },
  'declined-already': {
    en: ['declined it or let it pass', 'declined it or let it pass'],
    fr: ['l’a refusé ou laissé passer', 'l’ont refusé ou laissé passer'],
  },
};

const waits: Record<string, { en: string; fr: string }> = {
  agent: { en: 'No competent agent is free.', fr: 'Aucun conseiller compétent n’est libre.' },
  hold: { en: 'It is held back for a moment.', fr: 'Il est retenu un instant.' },
  type: {
    en: 'Its interaction type is not known or not active.',
    fr: 'Son type d’interaction est inconnu ou inactif.',
  },
  decision: { en: 'It is decided at once.', fr: 'La décision est en cours.' },
};

/** Why an interaction still waits, and what stands in the way: "No competent agent is free. 2 are not ready, 1 has no place free." */
export function whyWaitingSentence(
  raw: Readonly<Record<string, unknown>> | null,
  language: Language,
): string | undefined {
  if (raw === null) return undefined;
  const why = raw as Why;
  const first = waits[why.waitsFor ?? 'agent']?.[language];
  const ahead = why.order?.ahead ?? 0;
  const before =
    ahead === 0
      ? undefined
      : language === 'fr'
        ? `${ahead} ${ahead > 1 ? 'passent' : 'passe'} avant.`
        : `${ahead} ${ahead > 1 ? 'come' : 'comes'} before it.`;
  const against = (why.not ?? []).map(
    ({ reason, count }) => `${count} ${reasons[reason]?.[language][count === 1 ? 0 : 1] ?? reason}`,
  );
  const label = language === 'fr' ? 'Conseillers : ' : 'Agents: ';
  return [first, before, against.length === 0 ? undefined : `${label}${against.join(', ')}.`]
    .filter((part) => part !== undefined)
    .join(' ');
}

function list(parts: string[], and: string): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${and} ${parts.at(-1)}`;
}

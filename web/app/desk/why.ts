import type { Language } from '#web/ui/time.ts';

// A decision's why, as a sentence. The parts come from the engine; ids have become names on the way.

interface Why {
  requires?: { competencyId: string; level: number }[];
  eligible?: { agentId: string; idleSince: number }[];
  eligibleCount?: number;
  not?: { reason: string; count: number }[];
  askedAgain?: boolean;
  waitsFor?: string;
  order?: { ahead?: number };
  held?: { until: number; why: string };
}

type Names = Readonly<Record<string, string>>;

/**
 * Why an interaction was offered to this person: "you hold Billing (3 or more of 5) and had been free longest of the 2 who could take it."
 * `who` is the agent's name, or nothing when the reader is the agent. Undefined when the why is not the engine's.
 */
export function whySentence(
  raw: Readonly<Record<string, unknown>> | null,
  names: Names,
  language: Language,
  who?: string,
): string | undefined {
  if (raw === null) return undefined;
  const why = raw as Why;
  const requires = why.requires ?? [];
  const count = why.eligibleCount ?? 1;
  const skills = requires.map(({ competencyId, level }) => skill(names[competencyId], level, language));
  return language === 'fr'
    ? french(skills, count, why.askedAgain === true, who)
    : english(skills, count, why.askedAgain === true, who);
}

function skill(name: string | undefined, level: number, language: Language): string {
  const known = name ?? (language === 'fr' ? 'une compétence retirée' : 'a competency that was removed');
  return language === 'fr' ? `${known} (${level} sur 5 au moins)` : `${known} (${level} of 5 or more)`;
}

function english(skills: string[], count: number, again: boolean, who: string | undefined): string {
  const [holds, had, were, are, them] =
    who === undefined ? ['you hold', 'had', 'were', 'are', 'you'] : [`${who} holds`, 'had', 'was', 'is', who];
  const subject = who ?? 'you';
  const skilled = skills.length === 0 ? undefined : `${holds} ${list(skills, 'and')}`;
  const chosen = again
    ? `nobody else was free, so ${them} ${are} asked again`
    : count > 1
      ? `${had} been free longest of the ${count} who could take it`
      : `${were} the only one free who could take it`;
  if (again) return `${skilled === undefined ? '' : `${skilled}; `}${chosen}.`;
  return skilled === undefined ? `${subject} ${chosen}.` : `${skilled} and ${chosen}.`;
}

function french(skills: string[], count: number, again: boolean, who: string | undefined): string {
  const subject = who ?? 'vous';
  const has = who === undefined ? 'vous avez' : `${who} a`;
  const skilled = skills.length === 0 ? undefined : `${has} ${list(skills, 'et')}`;
  if (again) {
    const chosen =
      who === undefined
        ? 'personne d’autre n’était libre, on vous le propose donc de nouveau'
        : `personne d’autre n’était libre, on le propose donc de nouveau à ${who}`;
    return `${skilled === undefined ? '' : `${skilled} ; `}${chosen}.`;
  }
  const was = who === undefined ? 'étiez' : 'était';
  const chosen =
    count > 1
      ? `${was} libre depuis le plus longtemps des ${count} personnes possibles`
      : `${was} seul à pouvoir le prendre`;
  return skilled === undefined ? `${subject} ${chosen}.` : `${skilled} et ${chosen}.`;
}

const reasons: Record<string, { en: string; fr: string }> = {
  'agent-not-of-client': {
    en: 'do not work for this client',
    fr: 'ne travaillent pas pour ce donneur d’ordre',
  },
  'channel-not-taken': { en: 'do not take this channel', fr: 'ne prennent pas ce canal' },
  'competency-missing': { en: 'lack a competency', fr: 'n’ont pas une compétence demandée' },
  'competency-level-too-low': { en: 'are below the level asked', fr: 'n’ont pas le niveau demandé' },
  'competency-lapsed': { en: 'have an assessment that lapsed', fr: 'ont une évaluation échue' },
  'agent-not-ready': { en: 'are not ready', fr: 'ne sont pas disponibles' },
  'agent-at-capacity': { en: 'have no place free', fr: 'n’ont pas de place libre' },
  'declined-already': { en: 'declined it already', fr: 'l’ont déjà refusé' },
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
    ({ reason, count }) => `${count} ${reasons[reason]?.[language] ?? reason}`,
  );
  const label = language === 'fr' ? 'Conseillers : ' : 'Agents: ';
  return [first, before, against.length === 0 ? undefined : `${label}${against.join(', ')}.`]
    .filter((part) => part !== undefined)
    .join(' ');
}

function list(parts: string[], and: string): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${and} ${parts.at(-1)}`;
}

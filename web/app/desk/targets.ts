import type { TransferTargets } from '#src/modules/interactions/contract.ts';
import type { Option } from '#web/ui/field.tsx';
import type { Language } from '#web/ui/time.ts';

// Where an interaction may go, as one choice: who may not take it stands there too, with why.

export type Goal = { typeId: string } | { teamId: string } | { agentId: string };

const words = {
  en: {
    types: 'Another type',
    teams: 'A team',
    agents: 'An agent',
    why: {
      'agent-not-on-channel': 'takes nothing on this channel',
      'agent-not-competent': 'does not master what it requires today',
      'team-without-competent-agent': 'nobody in it masters what it requires today',
    } as Record<string, string>,
    because: ': ',
  },
  fr: {
    types: 'Un autre type',
    teams: 'Une équipe',
    agents: 'Un conseiller',
    why: {
      'agent-not-on-channel': 'ne prend rien sur ce canal',
      'agent-not-competent': 'ne maîtrise pas aujourd’hui ce qu’elle exige',
      'team-without-competent-agent': 'personne n’y maîtrise aujourd’hui ce qu’elle exige',
    } as Record<string, string>,
    because: ' : ',
  },
};

/** All targets as options: those who may take it first in each group, then those who may not, with the reason. */
export function goalOptions(
  targets: TransferTargets,
  language: Language,
  { types = true }: { types?: boolean } = {},
): Option[] {
  const { why: reasons, because, ...groups } = words[language];
  const named = (one: { nameEn: string; nameFr: string }) =>
    (language === 'fr' ? one.nameFr : one.nameEn) || one.nameEn || one.nameFr;
  const not = (why: string) => `${because}${reasons[why] ?? why}`;
  return [
    ...(types ? targets.types : []).map((type) => ({
      group: groups.types,
      value: `type:${type.id}`,
      label: named(type),
    })),
    ...targets.teams.map((team) => ({
      group: groups.teams,
      value: `team:${team.id}`,
      label: named(team),
    })),
    ...targets.cannot.teams.map((team) => ({
      group: groups.teams,
      value: `team:${team.id}`,
      label: named(team) + not(team.why),
      disabled: true,
    })),
    ...targets.agents.map(({ id, name }) => ({ group: groups.agents, value: `agent:${id}`, label: name })),
    ...targets.cannot.agents.map(({ id, name, why }) => ({
      group: groups.agents,
      value: `agent:${id}`,
      label: name + not(why),
      disabled: true,
    })),
  ];
}

/** What the API is told of a chosen option. */
export function goalOf(value: string): Goal | undefined {
  const [kind, id] = value.split(':');
  if (id === undefined) return undefined;
  if (kind === 'type') return { typeId: id };
  if (kind === 'team') return { teamId: id };
  return kind === 'agent' ? { agentId: id } : undefined;
}

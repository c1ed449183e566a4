import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { Interaction, InteractionEvent, InteractionType } from '#src/modules/interactions/contract.ts';
import type { Team } from '#src/modules/organisation/contract.ts';
import { api } from '#web/link/api.ts';
import { spokenName } from '#web/ui/spoken.ts';
import { nameIn, useLanguage } from '../language.ts';
import { namesIn, placesIn } from './conversation.ts';
import { customerName } from './work.ts';

/** What a customer is called on the screen: by name when they said one. */
export function useNameOf(): (interaction: Pick<Interaction, 'customerName'>) => string {
  const { t } = useLingui();
  return (interaction) => customerName(interaction) ?? t`Customer without a name`;
}

/** What a customer's language is called, in the reader's; customers write in any. */
export function useSpoken(): (language: string) => string {
  const reader = useLanguage();
  return (language) => spokenName(language, reader);
}

/** All teams and interaction types that the reader may see; asked for once in a while, and only when needed. */
export function useTeams(enabled = true) {
  return useQuery({
    queryKey: ['teams', 'all'],
    queryFn: () => api.all<Team>('/api/teams'),
    staleTime: 60_000,
    enabled,
  });
}
export function useTypes(enabled = true) {
  return useQuery({
    queryKey: ['types', 'all'],
    queryFn: () => api.all<InteractionType>('/api/interaction-types'),
    staleTime: 60_000,
    enabled,
  });
}

/** Names by id of all that events name: people from the events themselves, teams and types where there are any. */
export function useNamesIn(events: readonly InteractionEvent[]): Record<string, string> {
  const language = useLanguage();
  const places = placesIn(events);
  const teams = useTeams(places.teams).data ?? [];
  const types = useTypes(places.types).data ?? [];
  return {
    ...namesIn(events),
    ...Object.fromEntries([...teams, ...types].map((one) => [one.id, nameIn(language, one)])),
  };
}

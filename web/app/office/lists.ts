import { useQuery } from '@tanstack/react-query';
import type { InteractionType } from '#src/modules/interactions/contract.ts';
import type { OpeningHours, Site } from '#src/modules/organisation/contract.ts';
import { api } from '#web/link/api.ts';

// Whole lists that several pages choose from, or look names up in.

export function useSites() {
  return useQuery({ queryKey: ['sites', 'all'], queryFn: () => api.all<Site>('/api/sites') });
}

export function useHours() {
  return useQuery({ queryKey: ['hours', 'all'], queryFn: () => api.all<OpeningHours>('/api/opening-hours') });
}

/** The types in use that ask a team, from the start or later. */
export const typesAsking = (types: readonly InteractionType[], teamId: string) =>
  types.filter(
    ({ active, routing }) => active && routing.teams?.some(({ teamIds }) => teamIds.includes(teamId)),
  );

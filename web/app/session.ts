import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { Role, SessionView } from '#src/platform/identity/contract.ts';
import { api } from '#web/link/api.ts';

export const sessionKey = ['session'];

export function useSessionQuery() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: () => api.get<SessionView>('/api/session'),
    staleTime: Number.POSITIVE_INFINITY,
    retry: 2,
  });
}

export type SignedIn = NonNullable<SessionView['person']>;

/** Whose screen this is: who is signed in, or was until the session ended in mid-work. */
export const PersonContext = createContext<SignedIn | undefined>(undefined);

export function usePerson(): SignedIn {
  const person = useContext(PersonContext);
  if (person === undefined) throw new Error('Nobody is signed in.');
  return person;
}

export function useMay(...roles: Role[]): boolean {
  const held = usePerson().roles;
  return roles.some((role) => held.includes(role));
}

export function useSetSession() {
  const queries = useQueryClient();
  return (session: SessionView) => setSession(queries, session);
}

export function setSession(queries: QueryClient, session: SessionView): void {
  queries.setQueryData(sessionKey, session);
}

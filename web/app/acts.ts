import { useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Interaction } from '#src/modules/interactions/contract.ts';
import type { PresenceState } from '#src/modules/presence/contract.ts';
import { api } from '#web/link/api.ts';
import { useTell } from '#web/ui/tell.tsx';
import { useFailureWords } from './failure.tsx';

/**
 * What an agent does with work. Each act answers whether it was done; when it was not, the server's sentence was shown. The screen
 * changes when the live line says so, not before: another agent or the customer may have been quicker.
 */
export function useActs() {
  const { t } = useLingui();
  const { toast } = useTell();
  const words = useFailureWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);

  return useMemo(() => {
    const attempt = async (act: () => Promise<unknown>): Promise<boolean> => {
      setBusy(true);
      try {
        await act();
        return true;
      } catch (error) {
        toast(words(error));
        return false;
      } finally {
        setBusy(false);
      }
    };
    const on = (id: string, act: string, body: unknown = {}) =>
      attempt(async () => {
        const interaction = await api.post<Interaction>(`/api/interactions/${id}/${act}`, body);
        queries.setQueryData(['interaction', id], interaction);
      });
    const acts = {
      async accept(id: string) {
        const done = await on(id, 'accept');
        if (done) await navigate({ to: '/desk', search: { open: id } });
        return done;
      },
      decline: (id: string, reason: string) => on(id, 'decline', { reason }),
      async end(id: string, name: string) {
        const done = await on(id, 'end');
        if (done) toast(t`Chat with ${name} ended`, { label: t`Undo`, act: () => void on(id, 'reopen') });
        return done;
      },
      reopen: (id: string) => on(id, 'reopen'),
      async complete(id: string, name: string, outcomeCode: string, note: string) {
        const done = await on(id, 'complete', {
          outcomeCode,
          ...(note.trim() === '' ? {} : { note: note.trim() }),
        });
        if (done) toast(t`${name} completed`);
        return done;
      },
      async park(id: string, name: string, parking: { dueAt?: string; reason?: string }) {
        const done = await on(id, 'park', parking);
        if (done) toast(t`${name} parked`, { label: t`Undo`, act: () => void on(id, 'resume') });
        return done;
      },
      resume: (id: string) => on(id, 'resume'),
      release: (id: string, reason: string) => on(id, 'release', { reason }),
      dismiss: (id: string, outcomeCode: string) => on(id, 'dismiss', { outcomeCode }),
      bePresent: (state: PresenceState) => attempt(() => api.put('/api/presence', { state })),
    };
    return { ...acts, busy };
  }, [busy, navigate, queries, t, toast, words]);
}

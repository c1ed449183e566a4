import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { Presence } from '#src/modules/presence/contract.ts';
import { api } from '#web/link/api.ts';
import { State } from '#web/ui/icon.tsx';
import { useNow } from '#web/ui/tick.ts';
import { clockSeconds, duration } from '#web/ui/time.ts';
import { NotLoaded } from '../failure.tsx';
import { presenceWords } from '../frame/presence-words.ts';
import { useLanguage } from '../language.ts';
import { PageHead } from './parts.tsx';

/** Read anew so often while it is looked at, in milliseconds. */
const renewMs = 5_000;

/** Who is doing what, as of a moment that is named. */
export function PresenceList() {
  const { t, i18n } = useLingui();
  const language = useLanguage();
  const now = useNow();
  const query = useQuery({
    queryKey: ['presence'],
    queryFn: () => api.get<{ items: Presence[]; names: Record<string, string> }>('/api/presence'),
    refetchInterval: renewMs,
  });
  const reasons: Record<string, string> = {
    'connection-lost': t`connection lost`,
    'signed-out': t`signed out`,
    'signed-in': t`signed in`,
    chosen: t`chosen`,
  };
  const items = query.data?.items ?? [];
  const asOf = clockSeconds(query.dataUpdatedAt, language);
  return (
    <>
      <PageHead
        title={t`Presence`}
        second={
          query.data === undefined ? undefined : query.isError ? (
            <State tone="offline">
              <Trans>not renewed, as of {asOf}</Trans>
            </State>
          ) : (
            t`As of ${asOf}`
          )
        }
      />
      {query.isError && query.data === undefined ? (
        <NotLoaded error={query.error} again={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <div className="skeleton" aria-hidden="true">
          <i />
          <i />
        </div>
      ) : items.length === 0 ? (
        <div className="empty">
          <h2>
            <Trans>Nobody was here yet</Trans>
          </h2>
          <p>
            <Trans>As soon as an agent signs in at the desk, they stand here.</Trans>
          </p>
        </div>
      ) : (
        <div className="scroll" role="region" aria-label={t`Presence`} tabIndex={0}>
          <table className="table bleed">
            <thead>
              <tr>
                <th scope="col">{t`Agent`}</th>
                <th scope="col">{t`Presence`}</th>
                <th scope="col" className="num">{t`For`}</th>
                <th scope="col">{t`Because`}</th>
              </tr>
            </thead>
            <tbody>
              {items.map((one) => (
                <tr key={one.agentId}>
                  <th scope="row">{query.data.names[one.agentId] ?? '…'}</th>
                  <td>
                    <State tone={presenceWords[one.state].tone}>
                      {i18n._(presenceWords[one.state].word)}
                    </State>
                  </td>
                  <td className="num">{duration(now - Date.parse(one.since))}</td>
                  <td>{reasons[one.reason] ?? one.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '#web/link/api.ts';
import { State } from '#web/ui/icon.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { dayAndTime, duration } from '#web/ui/time.ts';
import { NotLoaded, useFailureWords } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { PageHead } from './parts.tsx';

interface ReactionsView {
  lags: { reaction: string; waiting: boolean; seconds: number }[];
  holder: { what: string; seconds: number } | null;
  parked: {
    reaction: string;
    stream: string;
    seq: number | null;
    kind: string | null;
    attempts: number;
    error: string | null;
    parkedAt: string | null;
    retryAt: string | null;
  }[];
}

const renewMs = 10_000;
/** From this lag on a reaction is shown as late, in seconds. */
const lateSeconds = 60;

/** What follows from events: how far it is, and what failed so often that it was set aside. */
export function Reactions() {
  const { t } = useLingui();
  const language = useLanguage();
  const { toast } = useTell();
  const words = useFailureWords();
  const [busy, setBusy] = useState(false);
  const query = useQuery({
    queryKey: ['reactions'],
    queryFn: () => api.get<ReactionsView>('/api/reactions'),
    refetchInterval: renewMs,
  });
  const retry = async (reaction: string, stream: string) => {
    setBusy(true);
    try {
      await api.post(`/api/reactions/${encodeURIComponent(reaction)}/streams/${stream}/retry`);
      toast(t`It is tried again`);
      await query.refetch();
    } catch (error) {
      toast(words(error));
    } finally {
      setBusy(false);
    }
  };
  const view = query.data;
  return (
    <>
      <PageHead
        title={t`Reactions`}
        second={t`What the program does after an event is on record. What fails again and again is set aside here; the rest goes on.`}
      />
      {query.isError && view === undefined ? (
        <NotLoaded error={query.error} again={() => void query.refetch()} />
      ) : view === undefined ? (
        <div className="skeleton" aria-hidden="true">
          <i />
          <i />
        </div>
      ) : (
        <div className="record">
          <section aria-labelledby="lag">
            <h2 id="lag">
              <Trans>How far they are</Trans>
            </h2>
            {view.holder !== null && (
              <p>
                <State tone="close">
                  <Trans>held back for {duration(view.holder.seconds * 1000)}</Trans>
                </State>{' '}
                <span className="second">{view.holder.what}</span>
              </p>
            )}
            {view.lags.length === 0 ? (
              <p className="second">
                <Trans>No reaction is set up.</Trans>
              </p>
            ) : (
              <dl className="facts">
                {view.lags.map((lag) => (
                  <div key={lag.reaction} className="contents">
                    <dt>
                      <code>{lag.reaction}</code>
                    </dt>
                    <dd>
                      {!lag.waiting ? (
                        <State tone="in">
                          <Trans>up to date</Trans>
                        </State>
                      ) : (
                        <State tone={lag.seconds >= lateSeconds ? 'breached' : 'close'}>
                          <Trans>{duration(lag.seconds * 1000)} behind</Trans>
                        </State>
                      )}
                    </dd>
                  </div>
                ))}
              </dl>
            )}
          </section>
          <section>
            <h2 id="aside">
              <Trans>Set aside</Trans>
            </h2>
            {view.parked.length === 0 ? (
              <p className="second">
                <Trans>Nothing is set aside.</Trans>
              </p>
            ) : (
              <div className="scroll" role="region" aria-labelledby="aside" tabIndex={0}>
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col">{t`Reaction`}</th>
                      <th scope="col">{t`Event`}</th>
                      <th scope="col" className="num">{t`Attempts`}</th>
                      <th scope="col">{t`Error`}</th>
                      <th scope="col">{t`Since`}</th>
                      <th scope="col">
                        <span className="unseen">{t`Try again`}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {view.parked.map((one) => (
                      <tr key={`${one.reaction} ${one.stream}`}>
                        <th scope="row">
                          <code>{one.reaction}</code>
                        </th>
                        <td>
                          {one.kind} {one.seq}
                        </td>
                        <td className="num">{one.attempts}</td>
                        <td>{one.error}</td>
                        <td className="nowrap">
                          {one.parkedAt === null ? '–' : dayAndTime(one.parkedAt, language)}
                        </td>
                        {/* oxlint-disable-next-line jsx-a11y/control-has-associated-label -- the button in it has the label */}
                        <td>
                          <button
                            type="button"
                            className="button small"
                            disabled={busy}
                            onClick={() => void retry(one.reaction, one.stream)}
                          >
                            <Trans>Try again</Trans>
                          </button>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </section>
        </div>
      )}
    </>
  );
}

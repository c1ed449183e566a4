import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '#web/link/api.ts';
import { State } from '#web/ui/icon.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { dayAndTime } from '#web/ui/time.ts';
import { NotLoaded, useFailureWords } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { PageHead } from './parts.tsx';

interface JobsView {
  counts: { job: string; state: JobState; count: number }[];
  jobs: JobView[];
  schedules: {
    job: string;
    everyMinutes: number | null;
    dailyAtUtc: string | null;
    lastTurn: string | null;
  }[];
}
type JobState = 'waiting' | 'running' | 'failed';
interface JobView {
  id: string;
  job: string;
  key: string | null;
  state: JobState;
  payload: Record<string, unknown>;
  attempts: number;
  attemptsMax: number;
  error: string | null;
  runAt: string;
  changedAt: string;
}

const renewMs = 10_000;

/** Slow work that is done in the background: what failed for good, what runs, what waits, and what runs by itself. */
export function Jobs() {
  const { t } = useLingui();
  const language = useLanguage();
  const { toast } = useTell();
  const words = useFailureWords();
  const [busy, setBusy] = useState(false);
  const query = useQuery({
    queryKey: ['jobs'],
    queryFn: () => api.get<JobsView>('/api/jobs'),
    refetchInterval: renewMs,
  });
  const act = async (doing: () => Promise<unknown>, said: string) => {
    setBusy(true);
    try {
      await doing();
      toast(said);
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
        title={t`Jobs`}
        second={t`Slow work in the background. What fails is tried again, later and later; what failed for good is kept here.`}
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
          <section>
            <h2 id="todo">
              <Trans>What is to do</Trans>
            </h2>
            {view.jobs.length === 0 ? (
              <p className="second">
                <Trans>Nothing waits, and nothing has failed.</Trans>
              </p>
            ) : (
              <div className="scroll" role="region" aria-labelledby="todo" tabIndex={0}>
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col">{t`Job`}</th>
                      <th scope="col">{t`State`}</th>
                      <th scope="col" className="num">{t`Attempts`}</th>
                      <th scope="col">{t`Error`}</th>
                      <th scope="col">{t`Since`}</th>
                      <th scope="col">
                        <span className="unseen">{t`Acts`}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {view.jobs.map((one) => (
                      <tr key={one.id}>
                        <th scope="row">
                          <code>{one.job}</code> {one.key === null ? '' : <code>{one.key}</code>}
                        </th>
                        <td>
                          <StateOf job={one} />
                        </td>
                        <td className="num">
                          {one.attempts}/{one.attemptsMax}
                        </td>
                        <td>{one.error}</td>
                        <td className="nowrap">{dayAndTime(one.changedAt, language)}</td>
                        {/* oxlint-disable-next-line jsx-a11y/control-has-associated-label -- the buttons in it have labels */}
                        <td className="nowrap">
                          {one.state !== 'running' && (
                            <button
                              type="button"
                              className="button small"
                              disabled={busy}
                              onClick={() =>
                                void act(() => api.post(`/api/jobs/${one.id}/retry`), t`It is tried again`)
                              }
                            >
                              <Trans>Try again</Trans>
                            </button>
                          )}{' '}
                          <button
                            type="button"
                            className="button small"
                            disabled={busy}
                            onClick={() =>
                              void act(() => api.delete(`/api/jobs/${one.id}`), t`The job is cancelled`)
                            }
                          >
                            <Trans>Cancel the job</Trans>
                          </button>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </section>
          <section>
            <h2>
              <Trans>What runs by itself</Trans>
            </h2>
            <dl className="facts">
              {view.schedules.map((one) => (
                <div key={one.job} className="contents">
                  <dt>
                    <code>{one.job}</code>
                  </dt>
                  <dd>
                    {one.everyMinutes === null ? (
                      <Trans>every day at {one.dailyAtUtc} UTC</Trans>
                    ) : (
                      <Plural value={one.everyMinutes} one="every minute" other="every # minutes" />
                    )}
                    {one.lastTurn !== null && (
                      <span className="second">
                        {' '}
                        <Trans>last on {dayAndTime(one.lastTurn, language)}</Trans>
                      </span>
                    )}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        </div>
      )}
    </>
  );
}

function StateOf({ job }: { job: JobView }) {
  const language = useLanguage();
  if (job.state === 'failed')
    return (
      <State tone="breached">
        <Trans>failed for good</Trans>
      </State>
    );
  if (job.state === 'running')
    return (
      <State tone="in">
        <Trans>running</Trans>
      </State>
    );
  return (
    <State tone={job.error === null ? 'in' : 'close'}>
      <Trans>waits until {dayAndTime(job.runAt, language)}</Trans>
    </State>
  );
}

import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { InvariantName, InvariantsView } from '#src/modules/routing/contract.ts';
import { api } from '#web/link/api.ts';
import { State } from '#web/ui/icon.tsx';
import { useNow } from '#web/ui/tick.ts';
import { dayAndTime, duration } from '#web/ui/time.ts';
import { NotLoaded } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { PageHead } from './parts.tsx';

const renewMs = 10_000;
/** It is checked every minute; after this long without a check nobody routes, or the checks fail. */
const lateMs = 180_000;

/** What routing promises, and whether the last checks found it kept. */
export function Invariants() {
  const { t } = useLingui();
  const language = useLanguage();
  const now = useNow();
  const words = useInvariantWords();
  const query = useQuery({
    queryKey: ['invariants'],
    queryFn: () => api.get<InvariantsView>('/api/invariants'),
    refetchInterval: renewMs,
  });
  const view = query.data;
  const broken = view?.invariants.filter(({ found }) => found > 0) ?? [];
  const age = view?.checkedAt == null ? undefined : now - new Date(view.checkedAt).getTime();
  return (
    <>
      <PageHead
        title={t`Routing checks`}
        second={t`Every minute the copy that routes compares the record with what routing promises. Anything found here is a fault of the program: keep the log and report it.`}
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
          <section aria-labelledby="last-check">
            <h2 id="last-check">
              <Trans>Last check</Trans>
            </h2>
            {view.checkedAt === null || age === undefined ? (
              <p className="second">
                <Trans>Nothing was checked yet; the first check comes within a minute of the start.</Trans>
              </p>
            ) : (
              <>
                <p>
                  <State tone={age > lateMs ? 'breached' : 'in'}>
                    {age > lateMs ? (
                      <Trans>no check for {duration(age)}</Trans>
                    ) : (
                      dayAndTime(view.checkedAt, language)
                    )}
                  </State>
                </p>
                <p className="second">
                  <Trans>
                    {view.open ?? 0} open interactions, {view.agents ?? 0} agents and {view.events ?? 0}{' '}
                    events were looked at, in {view.milliseconds ?? 0} ms.
                  </Trans>{' '}
                  {view.whole === false && (
                    <Trans>There was more than one check looks at; the next ones look at the rest.</Trans>
                  )}
                </p>
              </>
            )}
          </section>
          <section aria-labelledby="promises">
            <h2 id="promises">
              <Trans>What routing promises</Trans>
            </h2>
            <ul className="promises">
              {view.invariants.map(({ invariant, found }) => (
                <li key={invariant}>
                  <State tone={found > 0 ? 'breached' : view.checkedAt === null ? 'offline' : 'in'}>
                    {found > 0 ? (
                      <Trans>broken, found: {found}</Trans>
                    ) : view.checkedAt === null ? (
                      <Trans>not checked yet</Trans>
                    ) : (
                      <Trans>holds</Trans>
                    )}
                  </State>{' '}
                  {words.promise(invariant)}
                </li>
              ))}
            </ul>
          </section>
          {broken.length > 0 && (
            <section>
              <h2 id="found">
                <Trans>What was found in the last 30 days</Trans>
              </h2>
              <div className="scroll" role="region" aria-labelledby="found" tabIndex={0}>
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col">{t`What`}</th>
                      <th scope="col">{t`Where`}</th>
                      <th scope="col">{t`First`}</th>
                      <th scope="col">{t`Last`}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {broken.flatMap(({ invariant, violations }) =>
                      violations.map((one) => (
                        <tr key={`${one.what} ${one.ids.join(' ')} ${one.firstAt}`}>
                          <th scope="row">
                            {words.promise(invariant)} <code>{one.what}</code>
                          </th>
                          <td>
                            {one.ids.map((id) => (
                              <div key={id}>
                                <code>{id}</code>
                              </div>
                            ))}
                          </td>
                          <td className="nowrap">{dayAndTime(one.firstAt, language)}</td>
                          <td className="nowrap">{dayAndTime(one.lastAt, language)}</td>
                        </tr>
                      )),
                    )}
                  </tbody>
                </table>
              </div>
            </section>
          )}
        </div>
      )}
    </>
  );
}

function useInvariantWords() {
  const { t } = useLingui();
  const promises: Record<InvariantName, string> = {
    'over-capacity': t`No agent has more than their places, or something beside what excludes it.`,
    'not-eligible': t`Nobody is given what they may not take.`,
    'idle-beside-work': t`Nothing waits beside an agent who could take it.`,
    'out-of-order': t`Among equals, who came first is served first.`,
    'not-in-one-place': t`Every interaction is in exactly one place.`,
    'differs-from-record': t`What routing believes is what the record says.`,
    'lost-or-doubled': t`Nothing is lost and nothing is done twice.`,
  };
  return { promise: (invariant: InvariantName) => promises[invariant] };
}

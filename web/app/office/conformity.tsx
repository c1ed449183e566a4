import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import type { RequirementView } from '#src/standard/contract.ts';
import { api } from '#web/link/api.ts';
import { Icon } from '#web/ui/icon.tsx';
import { NotLoaded } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { PageHead } from './parts.tsx';
import { chaptersOf, countStates, type RequirementState } from './register.ts';

const route = getRouteApi('/office/conformity');

/** The requirements of the service standard in our own words, and what of this program serves and shows each. Gaps stay visible. */
export function Conformity() {
  const { t } = useLingui();
  const language = useLanguage();
  const { clause, open } = route.useSearch();
  const query = useQuery({
    queryKey: ['register'],
    queryFn: () => api.get<RequirementView[]>('/api/register'),
    staleTime: 600_000,
  });
  const rows = query.data ?? [];
  const chapters = chaptersOf(rows);
  const shown = clause ?? chapters[0]?.clauses[0]?.clause;
  const listed = rows.filter((row) => row.clause === shown);
  const one = listed.find(({ id }) => id === open) ?? listed[0];
  const count = countStates(rows);
  return (
    <>
      <PageHead
        title={t`Conformity`}
        second={
          query.data === undefined ? undefined : (
            <Trans>
              {rows.length} requirements of the service standard, in our own words: what of this program
              serves each, and what shows it. Evidence, not a certificate.
            </Trans>
          )
        }
      />
      {query.isError ? (
        <NotLoaded error={query.error} again={() => void query.refetch()} />
      ) : query.data === undefined ? (
        <div className="skeleton" aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
      ) : (
        <>
          <div className="legend">
            <span>
              <Kind state="shown" /> {count.shown}
            </span>
            <span>
              <Kind state="fulfilled" /> {count.fulfilled}
            </span>
            <span>
              <Kind state="open" /> {count.open}
            </span>
            <span>
              <Trans>of these</Trans> <Inferred /> {count.inferred}
            </span>
          </div>
          <div className="cols">
            <nav className="tree" aria-label={t`Clauses`}>
              {chapters.map(({ chapter, clauses }) => (
                <div key={chapter}>
                  {clauses.map((each) => (
                    <Link
                      key={each.clause}
                      to="/office/conformity"
                      search={{ clause: each.clause }}
                      aria-current={each.clause === shown ? 'true' : undefined}
                    >
                      <span>{each.clause}</span>
                      <span>
                        {each.title[language] || each.title.en}{' '}
                        {each.inferred > 0 && (
                          <>
                            <span aria-hidden="true">≈</span>
                            <span className="unseen">{t`${each.inferred} inferred`}</span>
                          </>
                        )}
                      </span>
                      <span>{each.total}</span>
                      <span className="meter" aria-hidden="true">
                        <i
                          style={
                            { flex: each.count.shown, '--tone': 'var(--state-in)' } as React.CSSProperties
                          }
                        />
                        <i
                          style={
                            {
                              flex: each.count.fulfilled,
                              '--tone': 'var(--color-ink-3)',
                            } as React.CSSProperties
                          }
                        />
                        <i
                          style={
                            { flex: each.count.open, '--tone': 'var(--color-sunken)' } as React.CSSProperties
                          }
                        />
                      </span>
                    </Link>
                  ))}
                </div>
              ))}
            </nav>
            <div className="list">
              <h2 className="section">
                <span>{shown}</span>
                <span className="push">{listed.length}</span>
              </h2>
              {listed.map((row) => (
                <Link
                  key={row.id}
                  className="req"
                  to="/office/conformity"
                  search={{ clause: row.clause, open: row.id }}
                  aria-current={row.id === one?.id ? 'true' : undefined}
                >
                  <span className="id">{row.id}</span>
                  <span>{row[language]}</span>
                  <span className="st">
                    <Kind state={row.state} />
                    {row.inferred && <Inferred />}
                  </span>
                </Link>
              ))}
            </div>
            {one !== undefined && <Requirement row={one} />}
          </div>
        </>
      )}
    </>
  );
}

function Kind({ state }: { state: RequirementState }) {
  const { t } = useLingui();
  if (state === 'shown')
    return (
      <span className="kind in">
        <Icon name="shieldcheck" small />
        {t`shown`}
      </span>
    );
  if (state === 'fulfilled')
    return (
      <span className="kind">
        <Icon name="record" small />
        {t`fulfilled, not shown`}
      </span>
    );
  return (
    <span className="kind">
      <Icon name="gap" small />
      {t`gap`}
    </span>
  );
}

function Inferred() {
  const { t } = useLingui();
  return (
    <span className="kind offline">
      <Icon name="inferred" small />
      {t`inferred`}
    </span>
  );
}

function Requirement({ row }: { row: RequirementView }) {
  const { t } = useLingui();
  const language = useLanguage();
  const kinds: Record<RequirementView['kind'], string> = {
    shall: t`shall`,
    should: t`should`,
    can: t`can`,
    guideline: t`guideline`,
    unknown: row.likelyKind === null ? t`kind not known` : t`kind not known, likely “${row.likelyKind}”`,
  };
  const bases: Record<RequirementView['basis'], string> = {
    seed: t`from the public sample`,
    'seed-fragment': t`from a fragment of the public sample`,
    inferred: t`not seen in the standard, inferred`,
  };
  const proofs: Record<RequirementView['proof'], string> = {
    guard: t`The software refuses the wrong thing.`,
    metric: t`A figure, computed all the time.`,
    record: t`Dated records, each with who did it.`,
  };
  return (
    <article className="one" aria-labelledby="requirement">
      <div className="stack">
        <div className="spread wrap">
          <span className="quiet">{row.id}</span>
          <Kind state={row.state} />
          {row.inferred && <Inferred />}
          <span className="tag">{kinds[row.kind]}</span>
          <span className="tag">{bases[row.basis]}</span>
        </div>
        <h2 id="requirement">{row[language]}</h2>
        <p className="second">
          <Trans>Our paraphrase.</Trans> {row.clause} {row.clauseTitle[language]}
        </p>
      </div>
      <section aria-label={t`What serves it`}>
        <h3>
          <Trans>What serves it</Trans>
        </h3>
        {row.fulfilledBy.length === 0 ? (
          <p>
            <Trans>Nothing yet. It stays here as a gap.</Trans>
          </p>
        ) : (
          <ul>
            {row.fulfilledBy.map((name) => (
              <li key={name}>
                <code>{name}</code>
              </li>
            ))}
          </ul>
        )}
      </section>
      <section aria-label={t`What shows it`}>
        <h3>
          <Trans>What shows it</Trans>
        </h3>
        {row.shownBy.length === 0 ? (
          <p>
            <Trans>No scenario yet.</Trans>
          </p>
        ) : (
          <ul>
            {row.shownBy.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        )}
      </section>
      <section aria-label={t`What would prove it`}>
        <h3>
          <Trans>What would prove it</Trans>
        </h3>
        <p className="second">{proofs[row.proof]}</p>
        <dl className="facts">
          <dt>{t`Software`}</dt>
          <dd lang="en">{row.capability}</dd>
          <dt>{t`Evidence`}</dt>
          <dd lang="en">{row.evidence}</dd>
        </dl>
      </section>
    </article>
  );
}

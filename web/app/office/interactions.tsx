import { Trans, useLingui } from '@lingui/react/macro';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Interaction, InteractionState } from '#src/modules/interactions/contract.ts';
import { withQuery } from '#web/link/api.ts';
import { Icon, State } from '#web/ui/icon.tsx';
import { dayAndTime } from '#web/ui/time.ts';
import { useNameOf, useSpoken } from '../desk/naming.ts';
import { useStateWords } from '../desk/state-words.tsx';
import { nameIn, useLanguage } from '../language.ts';
import { ClientFilter, List, PageHead, usePersonName } from './parts.tsx';

const route = getRouteApi('/office/interactions');

/** All interactions, newest first; the filters stand in the address. */
export function Interactions() {
  const { t } = useLingui();
  const language = useLanguage();
  const navigate = useNavigate();
  const nameOf = useNameOf();
  const spoken = useSpoken();
  const states = useStateWords();
  const personName = usePersonName();
  const { state, client } = route.useSearch();
  const chosen = state !== undefined && state in states ? (state as InteractionState) : undefined;
  return (
    <>
      <PageHead
        title={t`Interactions`}
        second={t`Each opens to its record: what happened, and why it went to whom.`}
      />
      <div className="filters">
        <ClientFilter client={client} to="/office/interactions" />
        <label>
          <span className="second">
            <Trans>State</Trans>
          </span>
          <span className="select">
            <select
              className="input"
              value={chosen ?? ''}
              onChange={(event) =>
                void navigate({
                  to: '/office/interactions',
                  search: (before) => {
                    const { state: _, ...rest } = before as { state?: string; client?: string };
                    return event.target.value === '' ? rest : { ...rest, state: event.target.value };
                  },
                })
              }
            >
              <option value="">{t`all states`}</option>
              {Object.entries(states).map(([value, { word }]) => (
                <option key={value} value={value}>
                  {word}
                </option>
              ))}
            </select>
            <Icon name="down" small />
          </span>
        </label>
      </div>
      <List<Interaction>
        label={t`Interactions`}
        queryKey={['interactions', chosen, client]}
        path={withQuery('/api/interactions', { state: chosen, clientId: client })}
        keyOf={({ id }) => id}
        columns={[
          {
            head: t`Customer`,
            cell: (one) => (
              <Link to="/office/interactions/$id" params={{ id: one.id }}>
                {nameOf(one)}
              </Link>
            ),
          },
          {
            head: t`Arrived`,
            cell: ({ arrivedAt }) => <span className="nowrap">{dayAndTime(arrivedAt, language)}</span>,
          },
          { head: t`Client`, cell: ({ clientName }) => clientName },
          {
            head: t`Type`,
            cell: (one) =>
              `${nameIn(language, { nameEn: one.typeNameEn, nameFr: one.typeNameFr })}, ${spoken(one.language)}`,
          },
          {
            head: t`State`,
            cell: (one) => <State tone={states[one.state].tone}>{states[one.state].word}</State>,
          },
          {
            head: t`Agent`,
            cell: ({ agentName, handledBy }) =>
              agentName ?? personName(handledBy) ?? <span className="quiet">–</span>,
          },
        ]}
        empty={
          <>
            <h2>
              <Trans>Nothing here</Trans>
            </h2>
            <p>
              {chosen === undefined && client === undefined ? (
                <Trans>As soon as a customer writes, the interaction stands here.</Trans>
              ) : (
                <Trans>No interaction fits the filters.</Trans>
              )}
            </p>
          </>
        }
      />
    </>
  );
}

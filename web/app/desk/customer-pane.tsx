import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { Interaction, InteractionEvent } from '#src/modules/interactions/contract.ts';
import type { Page } from '#src/platform/identity/contract.ts';
import { api, withQuery } from '#web/link/api.ts';
import { Icon } from '#web/ui/icon.tsx';
import { dayAndTime, duration, timeOrDay } from '#web/ui/time.ts';
import { nameIn, useLanguage } from '../language.ts';
import { arrivalOf, shortUrl } from './conversation.ts';
import { useOutcomes } from './conversation-pane.tsx';
import { useNameOf, useSpoken } from './naming.ts';
import { useStateWords } from './state-words.tsx';
import { customerName } from './work.ts';

/** Who writes, as far as it is known: how to speak with them first, then who they are, what they were told, what was before. */
export function CustomerPane({
  interaction,
  events,
  choose,
}: {
  interaction: Interaction;
  events: readonly InteractionEvent[];
  choose: (id: string) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const nameOf = useNameOf();
  const spoken = useSpoken();
  const name = nameOf(interaction);
  const known = customerName(interaction);
  const { told, pageUrl } = arrivalOf(events);
  const accepted = events.find(({ kind }) => kind === 'interaction.accepted');
  return (
    <aside
      className="customer"
      aria-label={t`Customer`}
      data-pane-name="customer"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a column that scrolls is reached by the keyboard
      tabIndex={0}
    >
      <div className="part">
        <h3>
          <Trans>How to speak with {name}</Trans>
        </h3>
        <ul className="needs">
          <li>
            <Icon name="globe" />
            {spoken(interaction.language)}
            <small>
              <Trans>The language of the page they write from.</Trans>
            </small>
          </li>
        </ul>
      </div>
      <div className="part">
        <h3>
          <Trans>Who it is</Trans>
        </h3>
        <dl className="facts">
          <dt>
            <Trans>Name</Trans>
          </dt>
          <dd>{known ?? <span className="quiet">{t`not given`}</span>}</dd>
          {pageUrl !== undefined && (
            <>
              <dt>
                <Trans>Page</Trans>
              </dt>
              <dd>{shortUrl(pageUrl)}</dd>
            </>
          )}
          <dt>
            <Trans>Arrived</Trans>
          </dt>
          <dd>{dayAndTime(interaction.arrivedAt, language)}</dd>
          {accepted !== undefined && (
            <>
              <dt>
                <Trans>Waited</Trans>
              </dt>
              <dd>{duration(Date.parse(accepted.at) - Date.parse(interaction.arrivedAt))}</dd>
            </>
          )}
        </dl>
      </div>
      {told !== undefined && (
        <div className="part">
          <h3>
            <Trans>Told before the first line</Trans>
          </h3>
          <ul className="needs">
            {[told.name, told.answeredBy, told.charges]
              .filter((words) => words !== undefined && words !== '')
              .map((words) => (
                <li key={words}>
                  <Icon name="check" />
                  {words}
                </li>
              ))}
          </ul>
        </div>
      )}
      <Before interaction={interaction} choose={choose} />
    </aside>
  );
}

function Before({ interaction, choose }: { interaction: Interaction; choose: (id: string) => void }) {
  const { t } = useLingui();
  const language = useLanguage();
  const states = useStateWords();
  const outcomes = useOutcomes(interaction.clientId).data ?? [];
  const history = useQuery({
    queryKey: ['history', interaction.customerId],
    queryFn: () =>
      api.get<Page<Interaction>>(
        withQuery('/api/interactions', { customerId: interaction.customerId, limit: '20' }),
      ),
  });
  const all = (history.data?.items ?? []).filter(({ customerId }) => customerId === interaction.customerId);
  const now = Date.now();
  return (
    <div className="part">
      <h3>
        <Trans>Before</Trans>
      </h3>
      {history.isError ? (
        <p className="second">
          <Trans>The history could not be loaded.</Trans>
        </p>
      ) : history.data === undefined ? (
        <div className="skeleton" aria-hidden="true">
          <i />
          <i />
        </div>
      ) : all.length <= 1 ? (
        <p className="second">
          <Trans>Nothing before this conversation.</Trans>
        </p>
      ) : (
        <ul className="timeline small">
          {all.map((one) => {
            const outcome = outcomes.find(({ code }) => code === one.outcomeCode);
            const type = nameIn(language, { nameEn: one.typeNameEn, nameFr: one.typeNameFr });
            const what = t`Chat, ${type}`;
            return (
              <li key={one.id} className={one.id === interaction.id ? 'now' : 'done'}>
                <time dateTime={one.arrivedAt}>{timeOrDay(one.arrivedAt, now, language)}</time>
                <div>
                  {one.id === interaction.id ? (
                    what
                  ) : (
                    <button type="button" onClick={() => choose(one.id)}>
                      {what}
                    </button>
                  )}
                  . {outcome === undefined ? states[one.state].word : nameIn(language, outcome)}
                  {one.agentName !== null && one.id !== interaction.id && (
                    <span className="quiet">, {one.agentName}</span>
                  )}
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}

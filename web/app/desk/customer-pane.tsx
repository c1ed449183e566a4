import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Interaction, InteractionEvent } from '#src/modules/interactions/contract.ts';
import type { Page } from '#src/platform/identity/contract.ts';
import { api, withQuery } from '#web/link/api.ts';
import { Icon } from '#web/ui/icon.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { dayAndTime, duration, timeOrDay } from '#web/ui/time.ts';
import { useFailureWords } from '../failure.tsx';
import { nameIn, useLanguage } from '../language.ts';
import { useLine } from '../line.tsx';
import { arrivalOf, shortUrl } from './conversation.ts';
import { useOutcomes } from './conversation-pane.tsx';
import { useSpoken } from './naming.ts';
import { useStateWords } from './state-words.tsx';
import { customerName } from './work.ts';

/** Who writes, as far as it is known: how to speak with them first, then who they are, what they were told, what was before. */
export function CustomerPane({
  interaction,
  mine,
  events,
  choose,
}: {
  interaction: Interaction;
  /** The reader holds it, and may note what the customer says their name is. */
  mine: boolean;
  events: readonly InteractionEvent[];
  choose: (id: string) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const spoken = useSpoken();
  const known = customerName(interaction);
  const { told, pageUrl } = arrivalOf(events);
  const accepted = events.find(({ kind }) => kind === 'interaction.accepted');
  return (
    <aside className="customer" aria-label={t`Customer`} data-pane-name="customer" tabIndex={0}>
      <div className="part">
        <h2>
          {known === undefined ? (
            <Trans>How to speak with this customer</Trans>
          ) : (
            <Trans>How to speak with {known}</Trans>
          )}
        </h2>
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
        <h2>
          <Trans>Who it is</Trans>
        </h2>
        <dl className="facts">
          <dt>
            <Trans>Name</Trans>
          </dt>
          <dd>
            {mine ? (
              <NameOf interaction={interaction} />
            ) : (
              (known ?? <span className="quiet">{t`not given`}</span>)
            )}
          </dd>
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
          <h2>
            <Trans>Told before the first line</Trans>
          </h2>
          <dl className="facts">
            {told.name !== undefined && (
              <>
                <dt>{t`Speaks for`}</dt>
                <dd>{told.name}</dd>
              </>
            )}
            {told.answeredBy !== undefined && (
              <>
                <dt>{t`Answers`}</dt>
                <dd>{told.answeredBy}</dd>
              </>
            )}
            {told.charges !== undefined && (
              <>
                <dt>{t`Costs`}</dt>
                <dd>{told.charges}</dd>
              </>
            )}
          </dl>
        </div>
      )}
      <Before interaction={interaction} choose={choose} />
    </aside>
  );
}

function NameOf({ interaction }: { interaction: Interaction }) {
  const { t } = useLingui();
  const { toast } = useTell();
  const words = useFailureWords();
  const line = useLine();
  const known = customerName(interaction);
  const [typed, setTyped] = useState<string>();
  const button = useRef<HTMLButtonElement>(null);
  if (typed === undefined)
    return (
      <>
        {known !== undefined && <>{known} </>}
        <button ref={button} type="button" className="link" onClick={() => setTyped(known ?? '')}>
          {known === undefined ? t`Note the name` : t`Change`}
        </button>
      </>
    );
  const leave = () => {
    setTyped(undefined);
    requestAnimationFrame(() => button.current?.focus());
  };
  const save = async (event: React.FormEvent) => {
    event.preventDefault();
    try {
      await api.patch(`/api/customers/${interaction.customerId}`, { name: typed.trim() });
      line.renewWork();
      leave();
    } catch (error) {
      toast(words(error));
    }
  };
  return (
    <form className="name-form" onSubmit={save} onKeyDown={(event) => event.key === 'Escape' && leave()}>
      <input
        className="input"
        aria-label={t`Name, as the customer says it`}
        value={typed}
        maxLength={120}
        required
        ref={(input) => {
          if (input !== null && document.activeElement === document.body) input.focus();
        }}
        onChange={(event) => setTyped(event.target.value)}
      />
      <button type="submit" className="button small" disabled={typed.trim() === ''}>
        <Trans>Keep</Trans>
      </button>
      <button type="button" className="button small quiet" onClick={leave}>
        <Trans>Back</Trans>
      </button>
    </form>
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
      <h2>
        <Trans>Before</Trans>
      </h2>
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

import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DecisionView, Interaction, InteractionEvent } from '#src/modules/interactions/contract.ts';
import { api } from '#web/link/api.ts';
import { Dialog } from '#web/ui/dialog.tsx';
import { SelectField } from '#web/ui/field.tsx';
import { State } from '#web/ui/icon.tsx';
import { clockSeconds, dayAndTime } from '#web/ui/time.ts';
import { useActs } from '../acts.ts';
import { arrivalOf, eventWords, outcomeWords, shortUrl, type Telling } from '../desk/conversation.ts';
import { useOutcomes, useRecordedEvents } from '../desk/conversation-pane.tsx';
import { useNameOf, useNamesIn, useSpoken } from '../desk/naming.ts';
import { useStateWords } from '../desk/state-words.tsx';
import { whySentence, whyWaitingSentence } from '../desk/why.ts';
import { NotLoaded } from '../failure.tsx';
import { nameIn, useLanguage } from '../language.ts';
import { usePerson } from '../session.ts';
import { useCompetencies } from './competencies.tsx';
import { AtWhatMoment, WhoCouldTake } from './moment.tsx';
import { PageHead, usePersonName, useRecordId } from './parts.tsx';

/** The record of one interaction: what it is, what happened in which order, and the why of each decision. */
export function InteractionRecord() {
  const { t } = useLingui();
  const id = useRecordId();
  const nameOf = useNameOf();
  const read = useQuery({
    queryKey: ['interaction', id],
    queryFn: () => api.get<Interaction>(`/api/interactions/${id}`),
  });
  const events = useRecordedEvents(id, true);
  const decisions = useQuery({
    queryKey: ['decisions', id],
    queryFn: () => api.get<DecisionView[]>(`/api/interactions/${id}/decisions`),
  });
  const renew = () => {
    void read.refetch();
    void events.refetch();
    void decisions.refetch();
  };
  const one = read.data;
  return (
    <>
      <PageHead
        title={one === undefined ? t`Interaction` : nameOf(one)}
        second={one?.clientName}
        back={{ to: '/office/interactions', label: t`Interactions` }}
      >
        <button type="button" className="button" onClick={renew}>
          <Trans>Refresh</Trans>
        </button>
      </PageHead>
      {read.isError || events.isError ? (
        <NotLoaded error={read.error ?? events.error} again={renew} />
      ) : one === undefined || events.data === undefined ? (
        <div className="skeleton" aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
      ) : (
        <div className="record">
          <What interaction={one} events={events.data} renew={renew} />
          <Decisions
            decisions={decisions.data}
            error={decisions.error}
            again={() => void decisions.refetch()}
          />
          <AtWhatMoment interaction={one} />
          <Log
            interaction={one}
            events={events.data}
            names={Object.assign({}, ...(decisions.data ?? []).map(({ names }) => names))}
          />
        </div>
      )}
    </>
  );
}

function What({
  interaction,
  events,
  renew,
}: {
  interaction: Interaction;
  events: InteractionEvent[];
  renew: () => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const spoken = useSpoken();
  const states = useStateWords();
  const acts = useActs();
  const outcomes = useOutcomes(interaction.clientId).data ?? [];
  const [dismissing, setDismissing] = useState(false);
  const { told, pageUrl } = arrivalOf(events);
  const waiting = interaction.state === 'waiting';
  const personName = usePersonName();
  const handler = interaction.agentName ?? personName(interaction.handledBy);
  const why = useQuery({
    queryKey: ['why', interaction.id, interaction.seq],
    queryFn: () =>
      api.get<{ why: Record<string, unknown> | null; names: Record<string, string> }>(
        `/api/interactions/${interaction.id}/why`,
      ),
    enabled: waiting,
  });
  const outcome = outcomes.find(({ code }) => code === interaction.outcomeCode);
  const waits = whyWaitingSentence(why.data?.why ?? null, why.data?.names ?? {}, language);
  return (
    <section aria-label={t`What it is`}>
      <dl className="facts">
        <dt>{t`State`}</dt>
        <dd>
          <State tone={states[interaction.state].tone}>{states[interaction.state].word}</State>
          {waits !== undefined && <p className="second">{waits}</p>}
        </dd>
        <dt>{t`Type`}</dt>
        <dd>
          {nameIn(language, { nameEn: interaction.typeNameEn, nameFr: interaction.typeNameFr })},{' '}
          {spoken(interaction.language)}
        </dd>
        <dt>{t`Arrived`}</dt>
        <dd>{dayAndTime(interaction.arrivedAt, language)}</dd>
        {handler !== undefined && (
          <>
            <dt>{t`Agent`}</dt>
            <dd>{handler}</dd>
          </>
        )}
        {interaction.outcomeCode !== null && (
          <>
            <dt>{t`Outcome`}</dt>
            <dd>
              {outcomeWords(interaction.outcomeCode, {
                language,
                outcomes: outcome === undefined ? {} : { [outcome.code]: nameIn(language, outcome) },
              })}
            </dd>
          </>
        )}
        {pageUrl !== undefined && (
          <>
            <dt>{t`Page`}</dt>
            <dd>{shortUrl(pageUrl)}</dd>
          </>
        )}
        {told?.answeredBy !== undefined && (
          <>
            <dt>{t`Told who answers`}</dt>
            <dd>{[told.name, told.answeredBy].filter((words) => words !== undefined).join(' · ')}</dd>
          </>
        )}
        {told?.charges !== undefined && (
          <>
            <dt>{t`Told what it costs`}</dt>
            <dd>{told.charges}</dd>
          </>
        )}
      </dl>
      {waiting && (
        <div>
          <button type="button" className="button small danger" onClick={() => setDismissing(true)}>
            <Trans>Close without an answer</Trans>
          </button>
        </div>
      )}
      {dismissing && (
        <Dismissing
          choices={outcomes
            .filter(({ active }) => active)
            .map((one) => ({ value: one.code, label: nameIn(language, one) }))}
          busy={acts.busy}
          onClose={() => setDismissing(false)}
          onDismiss={async (code) => {
            if (await acts.dismiss(interaction.id, code)) {
              setDismissing(false);
              renew();
            }
          }}
        />
      )}
    </section>
  );
}

function Dismissing({
  choices,
  busy,
  onDismiss,
  onClose,
}: {
  choices: { value: string; label: string }[];
  busy: boolean;
  onDismiss: (code: string) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const [code, setCode] = useState(choices[0]?.value ?? '');
  return (
    <Dialog title={t`Close this conversation without an answer?`} onClose={onClose}>
      <p className="second">
        <Trans>The customer gets no answer, and it leaves the line. The outcome says why.</Trans>
      </p>
      <SelectField label={t`Outcome`} value={code} onChange={setCode} options={choices} />
      <footer>
        <button type="button" className="button" onClick={onClose}>
          <Trans>Let it wait</Trans>
        </button>
        <button
          type="button"
          className="button danger"
          disabled={busy || code === ''}
          onClick={() => onDismiss(code)}
        >
          <Trans>Close without an answer</Trans>
        </button>
      </footer>
    </Dialog>
  );
}

function Decisions({
  decisions,
  error,
  again,
}: {
  decisions: DecisionView[] | undefined;
  error: unknown;
  again: () => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  // The answer names the people; competencies have a name in each language.
  const skills = Object.fromEntries(
    (useCompetencies().data ?? []).map((competency) => [competency.id, nameIn(language, competency)]),
  );
  return (
    <section aria-labelledby="decisions">
      <h2 id="decisions">
        <Trans>Why it went to whom</Trans>
      </h2>
      {error !== null && error !== undefined ? (
        <NotLoaded error={error} again={again} />
      ) : decisions === undefined ? (
        <div className="skeleton" aria-hidden="true">
          <i />
        </div>
      ) : decisions.length === 0 ? (
        <p className="second">
          <Trans>Nothing was decided yet.</Trans>
        </p>
      ) : (
        <ul className="timeline">
          {decisions.map((decision) => {
            const who = decision.names[decision.agentId] ?? t`an agent`;
            const why = whySentence(decision.why, { ...skills, ...decision.names }, language, who) ?? '';
            return (
              <li key={decision.seq} className="done">
                <time dateTime={decision.at}>{clockSeconds(decision.at, language)}</time>
                <div>
                  {t`Offered to ${who}: ${why}`}
                  <WhoCouldTake interactionId={decision.interactionId} seq={decision.seq} />
                </div>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}

function Log({
  interaction,
  events,
  names,
}: {
  interaction: Interaction;
  events: InteractionEvent[];
  names: Record<string, string>;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const person = usePerson();
  const nameOf = useNameOf();
  const outcomes = useOutcomes(interaction.clientId).data ?? [];
  const named = useNamesIn(events);
  const telling: Telling = {
    language,
    personId: person.id,
    names: {
      ...names,
      ...named,
      ...(interaction.agentId !== null && interaction.agentName !== null
        ? { [interaction.agentId]: interaction.agentName }
        : {}),
    },
    outcomes: Object.fromEntries(outcomes.map((outcome) => [outcome.code, nameIn(language, outcome)])),
  };
  const writer = (event: InteractionEvent) => {
    const message = event.message;
    if (message === undefined) return '';
    if (message.author === 'customer') return nameOf(interaction);
    if (message.author === 'system') return 'Parley';
    return message.agentName ?? t`an agent`;
  };
  return (
    <section>
      <h2 id="log">
        <Trans>Everything that happened</Trans>
      </h2>
      <div className="scroll" role="region" aria-labelledby="log" tabIndex={0}>
        <table className="table">
          <thead>
            <tr>
              <th scope="col" className="num">{t`No.`}</th>
              <th scope="col">{t`When`}</th>
              <th scope="col">{t`What`}</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event, index) => (
              <tr key={event.seq}>
                <th scope="row" className="num">
                  {event.seq}
                </th>
                <td>
                  <time className="nowrap" dateTime={event.at} title={dayAndTime(event.at, language)}>
                    {clockSeconds(event.at, language)}
                  </time>
                </td>
                <td>
                  {event.message === undefined ? (
                    <span className="second">{eventWords(event, events[index - 1], telling)}</span>
                  ) : (
                    <div className="log-line">
                      <span className="second">
                        {event.message.audience === 'staff' ? t`Note by ${writer(event)}` : writer(event)}
                      </span>
                      <p>{event.message.text}</p>
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import type { Interaction, InteractionEvent, Outcome, WorkItem } from '#src/modules/interactions/contract.ts';
import { api, withQuery } from '#web/link/api.ts';
import { Badge, Icon } from '#web/ui/icon.tsx';
import { useNow } from '#web/ui/tick.ts';
import { duration } from '#web/ui/time.ts';
import { useActs } from '../acts.ts';
import { NotLoaded } from '../failure.tsx';
import { useKeyAct } from '../frame/use-keys.ts';
import { nameIn, useLanguage } from '../language.ts';
import { useLiveState, useStream } from '../line.tsx';
import { usePerson } from '../session.ts';
import { Composer } from './composer.tsx';
import { arrivalOf, entriesOf, type Telling } from './conversation.ts';
import { CustomerPane } from './customer-pane.tsx';
import { useNameOf, useNamesIn } from './naming.ts';
import { ParkDialog, ReleaseDialog } from './park-dialog.tsx';
import { Talk } from './talk.tsx';
import { TransferDialog } from './transfer-dialog.tsx';
import { useUnsent } from './unsent.ts';
import { useDrafts } from './use-drafts.ts';
import { whySentence } from './why.ts';
import { rowsOf, type Work } from './work.ts';
import { WrapUp } from './wrap-up.tsx';

export function NoConversation({ laid }: { laid: Work }) {
  const { t } = useLingui();
  return (
    <>
      <section
        className="conversation none"
        aria-label={t`Conversation`}
        data-pane-name="conversation"
        tabIndex={-1}
      >
        <div className="empty">
          <h2>
            <Trans>No conversation is open</Trans>
          </h2>
          <p>
            {rowsOf(laid).length > 0 ? (
              <Trans>Choose one on the left.</Trans>
            ) : (
              <Trans>Accept an offer, and the conversation opens here.</Trans>
            )}
          </p>
        </div>
      </section>
      <aside className="customer" aria-label={t`Customer`} data-pane-name="customer" tabIndex={-1}>
        <div className="empty">
          <h2>
            <Trans>Customer</Trans>
          </h2>
          <p>
            <Trans>What is known of the customer stands here beside the conversation.</Trans>
          </p>
        </div>
      </aside>
    </>
  );
}

/** All events of an interaction that is not on the desk: read once, page by page. */
async function allEvents(interactionId: string): Promise<InteractionEvent[]> {
  const events: InteractionEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.seq ?? 0;
    const page = await api.get<{ events: InteractionEvent[]; head: number }>(
      withQuery(`/api/interactions/${interactionId}/events`, { after: String(after), limit: '200' }),
    );
    events.push(...page.events);
    if (page.events.length === 0 || (events.at(-1)?.seq ?? 0) >= page.head) return events;
  }
}

export function useRecordedEvents(interactionId: string, enabled: boolean) {
  return useQuery({ queryKey: ['events', interactionId], queryFn: () => allEvents(interactionId), enabled });
}

export function useOutcomes(clientId: string | undefined) {
  return useQuery({
    queryKey: ['outcomes', 'of', clientId],
    queryFn: () => api.all<Outcome>(withQuery('/api/outcomes', { clientId })),
    enabled: clientId !== undefined,
    staleTime: 60_000,
  });
}

/** A conversation on the desk, or one that is only read. `item` is there while it is the agent's own. */
export function Conversation({
  interactionId,
  item,
  choose,
}: {
  interactionId: string;
  item: WorkItem | undefined;
  choose: (id: string | undefined) => void;
}) {
  const { t } = useLingui();
  const { work } = useLiveState();
  const mine = item !== undefined;
  const read = useQuery({
    queryKey: ['interaction', interactionId],
    queryFn: () => api.get<Interaction>(`/api/interactions/${interactionId}`),
    enabled: !mine && work !== undefined,
  });
  const recorded = useRecordedEvents(interactionId, !mine && work !== undefined);
  const interaction: Interaction | undefined = item ?? read.data;
  if (interaction === undefined)
    return (
      <>
        <section
          className="conversation none"
          aria-label={t`Conversation`}
          data-pane-name="conversation"
          tabIndex={-1}
        >
          {read.isError ? (
            <NotLoaded error={read.error} again={() => void read.refetch()} />
          ) : (
            <div className="skeleton" aria-hidden="true">
              <i />
              <i />
              <i />
            </div>
          )}
        </section>
        <aside className="customer" aria-label={t`Customer`} data-pane-name="customer" tabIndex={-1} />
      </>
    );
  return <Shown interaction={interaction} item={item} recorded={recorded.data} choose={choose} />;
}

function Shown({
  interaction,
  item,
  recorded,
  choose,
}: {
  interaction: Interaction;
  item: WorkItem | undefined;
  recorded: InteractionEvent[] | undefined;
  choose: (id: string | undefined) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const person = usePerson();
  const nameOf = useNameOf();
  const acts = useActs();
  const { clockOffsetMs } = useLiveState();
  const now = useNow() + clockOffsetMs;
  const stream = useStream(interaction.id, item !== undefined);
  const events = item === undefined ? (recorded ?? stream.events) : stream.events;
  const unsent = useUnsent(person.id, interaction.id, events);
  const drafts = useDrafts(person.id, interaction.id);
  const outcomes = useOutcomes(interaction.clientId);
  const [asking, setAsking] = useState<'park' | 'release' | 'transfer'>();
  const [writing, setWriting] = useState<'reply' | 'note'>('reply');
  const [focus, setFocus] = useState(0);

  const name = nameOf(interaction);
  const type = nameIn(language, { nameEn: interaction.typeNameEn, nameFr: interaction.typeNameFr });
  const entries = useMemo(() => entriesOf(events, unsent.lines, person), [events, unsent.lines, person]);
  const named = useNamesIn(events);
  const telling: Telling = {
    language,
    personId: person.id,
    names: {
      ...named,
      ...item?.whyNames,
      ...(interaction.agentId !== null && interaction.agentName !== null
        ? { [interaction.agentId]: interaction.agentName }
        : {}),
    },
    outcomes: Object.fromEntries(
      (outcomes.data ?? []).map((outcome) => [outcome.code, nameIn(language, outcome)]),
    ),
  };
  const { told } = arrivalOf(events);
  const why = item === undefined ? undefined : whySentence(item.why, item.whyNames, language);
  const state = item?.state;

  const write = (which: 'reply' | 'note') => {
    if (item === undefined) return;
    setWriting(which === 'reply' && state === 'handling' ? 'reply' : 'note');
    setFocus((count) => count + 1);
  };
  useKeyAct('reply', () => write('reply'));
  useKeyAct('note', () => write('note'));
  useKeyAct('park', () => {
    if (state === 'handling') setAsking('park');
    else if (state === 'parked') void acts.resume(interaction.id);
  });
  useKeyAct('transfer', () => {
    if (state === 'handling') setAsking('transfer');
  });
  const endIt = () => {
    if (state === 'handling' && !acts.busy) void acts.end(interaction.id, name);
  };
  useKeyAct('wrap-up', endIt);
  useKeyAct('end', endIt);
  // Who opens a conversation to work in it writes at once.
  useEffect(() => {
    if (state === 'handling') setFocus((count) => count + 1);
  }, [state]);

  return (
    <>
      <section
        className="conversation"
        aria-label={t`Conversation with ${name}`}
        data-pane-name="conversation"
        tabIndex={-1}
      >
        <header className="conv-head">
          <div className="spread">
            <h2 className="cut">{name}</h2>
            <span className="hide-narrow">
              {item !== undefined && (
                <Badge tone="mine">
                  <Trans>Mine, {duration(now - Date.parse(item.stateSince))}</Trans>
                </Badge>
              )}
            </span>
            <span className="push spread">
              {state === 'handling' && (
                <>
                  <button type="button" className="button small quiet" onClick={() => setAsking('park')}>
                    <Icon name="pause" />
                    <Trans>Park</Trans>
                  </button>
                  <button
                    type="button"
                    className="button small quiet"
                    title={t`Passes it on to another type, a team or an agent.`}
                    onClick={() => setAsking('transfer')}
                  >
                    <Icon name="transfer" />
                    <Trans>Transfer</Trans>
                  </button>
                  <button
                    type="button"
                    className="button small"
                    title={t`Ends the chat for the customer; then you record how it ended.`}
                    onClick={endIt}
                    disabled={acts.busy}
                  >
                    <Trans>Wrap up</Trans> <kbd>W</kbd>
                  </button>
                </>
              )}
              {item === undefined && (
                <button type="button" className="button small quiet" onClick={() => choose(undefined)}>
                  <Icon name="x" />
                  <Trans>Close</Trans>
                </button>
              )}
            </span>
          </div>
          <p className="second">
            <Trans>
              Chat for <strong>{interaction.clientName}</strong> · {type}
            </Trans>
          </p>
          {why !== undefined && (
            <p className="why">
              <b>
                <Trans>Why me:</Trans>
              </b>{' '}
              {why}
            </p>
          )}
        </header>
        {told === undefined ? (
          <div />
        ) : (
          <div className="given">
            <span>
              <Trans>Told to the customer:</Trans>
            </span>
            {told.answeredBy !== undefined && (
              <span>
                <Icon name="check" small /> <Trans>who answers for whom</Trans>
              </span>
            )}
            {told.charges !== undefined && (
              <span>
                <Icon name="check" small /> <Trans>charges</Trans>
              </span>
            )}
          </div>
        )}
        <Talk
          interactionId={interaction.id}
          events={events}
          entries={entries}
          telling={telling}
          customer={name}
          loading={events.length === 0}
          onAgain={unsent.again}
          onTakeBack={(key) => {
            const text = unsent.takeBack(key);
            drafts.set({ reply: [drafts.now.reply, text].filter((part) => part !== '').join('\n') });
          }}
        />
        <div className="foot">
          {item === undefined ? (
            <p className="set-aside second">
              <Trans>This conversation is not yours now; it is shown to be read.</Trans>
            </p>
          ) : state === 'wrapping' ? (
            <WrapUp
              interaction={item}
              outcomes={outcomes.data}
              drafts={drafts}
              busy={acts.busy}
              onComplete={async (outcomeCode, note) => {
                if (await acts.complete(item.id, name, outcomeCode, note)) drafts.forget();
              }}
              onReopen={() => void acts.reopen(item.id)}
            />
          ) : (
            <>
              {state === 'parked' && (
                <div className="set-aside">
                  <span className="second">
                    <Trans>Parked: it takes no place. Resume it to write to the customer.</Trans>
                  </span>
                  <span className="push">
                    <button type="button" className="button small quiet" onClick={() => setAsking('release')}>
                      <Trans>Give back</Trans>
                    </button>
                    <button
                      type="button"
                      className="button small primary"
                      onClick={() => void acts.resume(item.id)}
                      disabled={acts.busy}
                    >
                      <Trans>Resume</Trans> <kbd>P</kbd>
                    </button>
                  </span>
                </div>
              )}
              <Composer
                customer={name}
                mayReply={state === 'handling'}
                writing={state === 'handling' ? writing : 'note'}
                onWriting={setWriting}
                drafts={drafts}
                focus={focus}
                onSend={(text, audience) => unsent.send(text, audience)}
              />
            </>
          )}
        </div>
      </section>
      <CustomerPane interaction={interaction} mine={item !== undefined} events={events} choose={choose} />
      {asking === 'park' && (
        <ParkDialog
          name={name}
          onClose={() => setAsking(undefined)}
          onPark={async (parking) => {
            if (await acts.park(interaction.id, name, parking)) setAsking(undefined);
          }}
        />
      )}
      {asking === 'transfer' && item !== undefined && (
        <TransferDialog
          interactionId={interaction.id}
          name={name}
          drafts={drafts}
          isSending={unsent.lines.some(({ sent, refused }) => !sent && refused === undefined)}
          onClose={() => setAsking(undefined)}
        />
      )}
      {asking === 'release' && (
        <ReleaseDialog
          name={name}
          onClose={() => setAsking(undefined)}
          onRelease={async (reason) => {
            if (await acts.release(interaction.id, reason)) setAsking(undefined);
          }}
        />
      )}
    </>
  );
}

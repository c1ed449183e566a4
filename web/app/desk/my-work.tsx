import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { Channel, InteractionType, WorkItem } from '#src/modules/interactions/contract.ts';
import type { OpeningHours } from '#src/modules/organisation/contract.ts';
import { api } from '#web/link/api.ts';
import { Icon, State } from '#web/ui/icon.tsx';
import { useNow } from '#web/ui/tick.ts';
import { dayAndTime, duration, timeOrDay } from '#web/ui/time.ts';
import { useActs } from '../acts.ts';
import { ring } from '../frame/ring.ts';
import { nameIn, useLanguage } from '../language.ts';
import { useLiveState, useStream } from '../line.tsx';
import { preferences } from '../preferences.ts';
import { unanswered, waitsForAnswer } from './conversation.ts';
import { useNameOf } from './naming.ts';
import { type Work, whyNothing } from './work.ts';

/** The left column: what is mine, by what I do with it. Rows keep their places. */
export function MyWork({
  laid,
  open,
  choose,
}: {
  laid: Work;
  open: string | undefined;
  choose: (id: string) => void;
}) {
  const { t } = useLingui();
  const { work } = useLiveState();
  if (work === undefined)
    return (
      <section className="work" aria-label={t`My work`} aria-busy="true">
        <div className="skeleton" aria-hidden="true">
          <i />
          <i />
          <i />
        </div>
        <div className="skeleton" aria-hidden="true">
          <i />
          <i />
        </div>
      </section>
    );
  const { waiting, capacity } = work;
  const rows = (items: WorkItem[]) => (
    <ul className="rows">
      {items.map((item) => (
        <li key={item.id}>
          <Row item={item} current={item.id === open} choose={choose} />
        </li>
      ))}
    </ul>
  );
  const nothing = laid.handling.length + laid.wrapping.length + laid.parked.length + laid.offers.length === 0;
  return (
    <section className="work" aria-label={t`My work`}>
      <div className="section">
        <h2 className="label">
          <Trans>Handling {laid.handling.length}</Trans>
        </h2>
        <span className="push spread">
          {Object.entries(capacity).map(([channel, places]) => (
            <Slots key={channel} channel={channel as Channel} used={places.used} of={places.of} />
          ))}
        </span>
      </div>
      {laid.handling.length > 0 && rows(laid.handling)}
      {nothing && (
        <Nothing
          ready={work.presence.state === 'ready'}
          takes={Object.keys(capacity).length > 0}
          waiting={waiting}
        />
      )}
      {laid.wrapping.length > 0 && (
        <>
          <h2 className="section">
            <Trans>Wrapping up {laid.wrapping.length}</Trans>
          </h2>
          {rows(laid.wrapping)}
        </>
      )}
      {laid.parked.length > 0 && (
        <>
          <h2 className="section">
            <Trans>Parked {laid.parked.length}</Trans>
          </h2>
          {rows(laid.parked)}
        </>
      )}
      <h2 className="section">
        <Trans>Waiting</Trans>
      </h2>
      <p className="row waiting">
        <Icon name="read" />
        <span>
          {waiting === 0 ? (
            <Trans>Nobody waits for my clients</Trans>
          ) : (
            <Plural value={waiting} one="# waits for my clients" other="# wait for my clients" />
          )}
        </span>
      </p>
    </section>
  );
}

/** Places on a channel: taken and free. */
export function Slots({ channel, used, of }: { channel: Channel; used: number; of: number }) {
  const { t } = useLingui();
  return (
    <span>
      <Icon name={channel === 'email' ? 'mail' : channel === 'voice' ? 'phone' : 'chat'} small />{' '}
      <span className="slots" aria-hidden="true">
        {Array.from({ length: of }, (_, place) => (
          <i key={place} className={place < used ? 'used' : undefined} />
        ))}
      </span>
      <span className="unseen">{t`${used} of ${of} places used`}</span>
    </span>
  );
}

/** Hours and pauses are looked at once a minute, and only while somebody ready has nothing. */
const lookEveryMs = 60_000;

function WhyNothing({ waiting }: { waiting: number }) {
  const { clockOffsetMs } = useLiveState();
  const now = useNow() + clockOffsetMs;
  const types = useQuery({
    queryKey: ['types', 'all'],
    queryFn: () => api.all<InteractionType>('/api/interaction-types'),
    staleTime: lookEveryMs,
    refetchInterval: lookEveryMs,
  });
  const hours = useQuery({
    queryKey: ['hours', 'all'],
    queryFn: () => api.all<OpeningHours>('/api/opening-hours'),
    staleTime: lookEveryMs,
    refetchInterval: lookEveryMs,
  });
  const why = whyNothing(waiting, types.data ?? [], hours.data ?? [], now);
  if (why === 'all-held')
    return (
      <Trans>
        You are ready, and all that you could be offered is paused or closed now. It goes on by itself.
      </Trans>
    );
  if (why === 'not-for-you')
    return (
      <Trans>
        You are ready. What waits asks for something else than you master, is kept for others, or is being
        held back. New work appears here by itself and rings.
      </Trans>
    );
  return <Trans>You are ready, and nobody waits. New work appears here by itself and rings.</Trans>;
}

function Nothing({ ready, takes, waiting }: { ready: boolean; takes: boolean; waiting: number }) {
  const acts = useActs();
  return (
    <div className="empty">
      <h3>
        <Trans>Nothing is with you</Trans>
      </h3>
      {!takes ? (
        <p>
          <Trans>
            You have no place on any channel yet; an administrator sets them in the office, under People.
          </Trans>
        </p>
      ) : ready ? (
        <>
          <p>
            <WhyNothing waiting={waiting} />
          </p>
          <button type="button" className="button small" onClick={() => ring(preferences().volume)}>
            <Trans>Test the sound</Trans>
          </button>
        </>
      ) : (
        <>
          <p>
            <Trans>Nothing is offered to you until you are ready.</Trans>
          </p>
          <button
            type="button"
            className="button small primary"
            disabled={acts.busy}
            onClick={() => void acts.bePresent('ready')}
          >
            <Trans>I am ready</Trans>
          </button>
        </>
      )}
    </div>
  );
}

function Row({ item, current, choose }: { item: WorkItem; current: boolean; choose: (id: string) => void }) {
  const { t } = useLingui();
  const language = useLanguage();
  const nameOf = useNameOf();
  const { clockOffsetMs, work } = useLiveState();
  const now = useNow() + clockOffsetMs;
  const name = nameOf(item);
  const type = nameIn(language, { nameEn: item.typeNameEn, nameFr: item.typeNameFr });
  const { events } = useStream(item.id, item.state !== 'parked');
  const waits = item.state !== 'wrapping' && waitsForAnswer(item, events);
  const unread = waits ? Math.max(1, unanswered(events)) : 0;
  const until =
    item.state === 'parked' && item.dueAt !== null && Date.parse(item.dueAt) >= now
      ? timeOrDay(item.dueAt, now, language)
      : undefined;
  const interrupting = work?.interactions.find(({ id }) => id === item.interruptedBy);
  const lastAt = item.lastLine?.at ?? item.stateSince;
  const since = duration(now - Date.parse(lastAt));
  return (
    <button
      type="button"
      className="row"
      aria-current={current ? 'true' : undefined}
      onClick={() => choose(item.id)}
    >
      <Icon name="chat" />
      <span className="who-line cut">{name}</span>
      <span>
        {unread > 0 ? (
          <>
            <span className="count" aria-hidden="true">
              {unread}
            </span>
            <span className="unseen">{t`${unread} not answered`}</span>
          </>
        ) : (
          <span className="quiet small">
            {until === undefined ? timeOrDay(lastAt, now, language) : t`until ${until}`}
          </span>
        )}
      </span>
      <span className="rest">
        {item.clientName} · {type}
        {waits && (
          <>
            <br />
            <Trans>has waited {since} for your answer</Trans>
            {until !== undefined && (
              <>
                {' · '}
                <Trans>parked until {until}</Trans>
              </>
            )}
          </>
        )}
        {item.state === 'wrapping' && (
          <>
            <br />
            <State tone="half">
              <Trans>ended {duration(now - Date.parse(item.stateSince))} ago, outcome missing</Trans>
            </State>
          </>
        )}
        {item.state === 'parked' && item.dueAt !== null && Date.parse(item.dueAt) < now && (
          <>
            <br />
            <State tone="close">
              <Trans>due since {dayAndTime(item.dueAt, language)}</Trans>
            </State>
          </>
        )}
        {item.interruptedBy !== null && (
          <>
            <br />
            <State tone="ring">
              {interrupting === undefined ? (
                <Trans>interrupted, comes back to you</Trans>
              ) : (
                <Trans>interrupted by {nameOf(interrupting)}, comes back to you</Trans>
              )}
            </State>
          </>
        )}
        {item.lastLine !== null && (
          <span className="snip">
            {item.lastLine.author === 'agent' ? t`You: ${item.lastLine.text}` : item.lastLine.text}
          </span>
        )}
      </span>
    </button>
  );
}

import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { InteractionEvent } from '#src/modules/interactions/contract.ts';
import { Icon, State } from '#web/ui/icon.tsx';
import { clockTime, dayAndTime, sameDay } from '#web/ui/time.ts';
import { useLanguage } from '../language.ts';
import {
  type Entry,
  type Happened,
  newSince,
  type Said,
  type Telling,
  tellTogether,
} from './conversation.ts';

interface Talking {
  interactionId: string;
  events: readonly InteractionEvent[];
  entries: readonly Entry[];
  telling: Telling;
  customer: string;
  loading: boolean;
  onAgain: (key: string) => void;
  onTakeBack: (key: string) => void;
}

/** How near the end counts as reading at the end, in pixels. */
const nearEndPx = 48;
/** Where each conversation was left, for as long as the page lives. */
const places = new Map<string, number>();

/** The conversation, oldest to newest. It opens at the newest, and never moves under the reader: what is new is announced at its foot. */
export function Talk({
  interactionId,
  events,
  entries,
  telling,
  customer,
  loading,
  onAgain,
  onTakeBack,
}: Talking) {
  const { t } = useLingui();
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [readUpTo, setReadUpTo] = useState(() => events.at(-1)?.seq ?? 0);
  const last = events.at(-1)?.seq ?? 0;
  const count = newSince(events, readUpTo, telling.personId);
  const ownLast =
    entries.at(-1)?.kind === 'said' && (entries.at(-1) as Said).lines.at(-1)?.agentId === telling.personId;
  const entryCount = entries.reduce(
    (sum, entry) => sum + (entry.kind === 'said' ? entry.lines.length : 1),
    0,
  );

  const toEnd = () => {
    const element = box.current;
    if (element === null) return;
    element.scrollTop = element.scrollHeight;
    atEnd.current = true;
    setReadUpTo(last);
  };
  const opened = useRef(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || entryCount === 0) return;
    if (!opened.current) {
      opened.current = true;
      const place = places.get(interactionId);
      if (place === undefined) toEnd();
      else {
        element.scrollTop = place;
        atEnd.current = false;
        setReadUpTo(last);
      }
      return;
    }
    if (atEnd.current || ownLast) toEnd();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- moves only when something was added
  }, [entryCount]);
  // A smaller composer or window must not hide the newest from who reads at the end.
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  return (
    <div className="talk-frame">
      <div
        className="talk"
        role="log"
        aria-label={t`Messages`}
        aria-busy={loading}
        tabIndex={0}
        ref={box}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          atEnd.current = scrollHeight - scrollTop - clientHeight < nearEndPx;
          if (atEnd.current) {
            places.delete(interactionId);
            if (readUpTo !== last) setReadUpTo(last);
          } else places.set(interactionId, scrollTop);
        }}
      >
        <div>
          {loading && (
            <div className="skeleton" aria-hidden="true">
              <i />
              <i />
            </div>
          )}
          {entries.map((entry) =>
            entry.kind === 'happened' ? (
              <Event key={entry.id} happened={entry} telling={telling} />
            ) : (
              <Lines
                key={entry.id}
                said={entry}
                telling={telling}
                customer={customer}
                onAgain={onAgain}
                onTakeBack={onTakeBack}
              />
            ),
          )}
        </div>
      </div>
      {count > 0 && !atEnd.current && (
        <button type="button" className="chip fresh" onClick={toEnd}>
          <Icon name="down" small />
          <Plural value={count} one="# new" other="# new" />
        </button>
      )}
    </div>
  );
}

function Event({ happened, telling }: { happened: Happened; telling: Telling }) {
  return (
    <div className="event">
      <span>{tellTogether(happened.events, telling, Date.now())}</span>
    </div>
  );
}

function Lines({
  said,
  telling,
  customer,
  onAgain,
  onTakeBack,
}: {
  said: Said;
  telling: Telling;
  customer: string;
  onAgain: (key: string) => void;
  onTakeBack: (key: string) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const first = said.lines[0];
  if (first === undefined) return null;
  const own = first.agentId === telling.personId;
  const note = first.audience === 'staff';
  const who =
    first.author === 'customer'
      ? customer
      : first.author === 'system'
        ? t`Parley`
        : own
          ? t`You`
          : (first.agentName ?? t`A colleague`);
  const at = sameDay(first.at, Date.now()) ? clockTime(first.at, language) : dayAndTime(first.at, language);
  const refused = first.state === 'refused';
  const kind = note ? 'note' : first.author === 'agent' ? 'ours' : '';
  return (
    <div className={`said ${kind} ${refused ? 'failed' : ''}`}>
      <span className="by">
        <b>{note ? (own ? t`Note by you` : t`Note by ${who}`) : who}</b> {at}
        {note && <> · {t`the customer does not see it`}</>}
        {first.state === 'sending' && <> · {t`sending`}</>}
        {first.state === 'recorded' && own && !note && <> · {t`sent`}</>}
        {refused && (
          <>
            {' · '}
            <State tone="breached">
              <Trans>not sent</Trans>
            </State>
          </>
        )}
      </span>
      {said.lines.map((line) => (
        <p key={line.id}>{line.text}</p>
      ))}
      {refused && (
        <>
          <span className="by">{first.refused}</span>
          <span className="spread">
            <button
              type="button"
              className="button small"
              onClick={() => onAgain(first.id.slice('unsent-'.length))}
            >
              <Trans>Send again</Trans>
            </button>
            <button
              type="button"
              className="button small quiet"
              onClick={() => onTakeBack(first.id.slice('unsent-'.length))}
            >
              <Trans>Back to the draft</Trans>
            </button>
          </span>
        </>
      )}
    </div>
  );
}

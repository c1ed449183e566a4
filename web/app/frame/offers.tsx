import { Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useId, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import type { WorkItem, WorkSnapshot } from '#src/modules/interactions/contract.ts';
import { Icon } from '#web/ui/icon.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { useNow } from '#web/ui/tick.ts';
import { clockTime, duration } from '#web/ui/time.ts';
import { useActs } from '../acts.ts';
import { givenReasons } from '../desk/conversation.ts';
import { useNameOf, useSpoken } from '../desk/naming.ts';
import { whySentence } from '../desk/why.ts';
import { interruptedBy, layOut, newOffers, offerLeft, ranOut } from '../desk/work.ts';
import { nameIn, useLanguage } from '../language.ts';
import { useLiveState } from '../line.tsx';
import { preferences } from '../preferences.ts';
import { readySound, ring } from './ring.ts';
import { useKeyAct } from './use-keys.ts';

/** An offer sounds again after so many milliseconds, as long as it stands. */
const ringAgainMs = 5_000;

/** Where the desk wants its offers: in its left column, above all else. */
export const offersPlaceId = 'offers-here';

/** The one thing that may call. It stands in the desk's column, elsewhere it floats; it rings, and is spoken once. */
export function Offers({ floating }: { floating: boolean }) {
  const { work } = useLiveState();
  const offers = layOut(work).offers;
  const [place, setPlace] = useState<HTMLElement | null>(null);
  useCall(offers);
  // The desk is loaded on demand: its place is there a moment later than we are.
  useEffect(() => {
    if (floating) return setPlace(null);
    const find = () => setPlace(document.getElementById(offersPlaceId));
    find();
    const watch = new MutationObserver(find);
    watch.observe(document.body, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, [floating]);

  const missed = useMissed(work);
  const cards = (
    <>
      {offers.map((offer, index) => (
        <Offer key={`${offer.id}:${offer.seq}`} offer={offer} keyed={index === 0} />
      ))}
      {missed.offers.map((offer) => (
        <Missed key={offer.id} offer={offer} onSeen={() => missed.seen(offer.id)} />
      ))}
    </>
  );
  if (!floating) return place === null ? null : createPortal(cards, place);
  return <div className="floating-offers">{cards}</div>;
}

/** So many missed offers are told at most, the newest first. */
const missedMax = 3;

/** Offers that ran out, one to an interaction, until the agent has seen it or holds the interaction after all. */
function useMissed(work: WorkSnapshot | undefined) {
  const [offers, setOffers] = useState<readonly WorkItem[]>([]);
  const before = useRef<WorkSnapshot>(undefined);
  useEffect(() => {
    if (work === undefined) return;
    const over = ranOut(before.current, work);
    before.current = work;
    const held = new Set(work.interactions.filter(({ state }) => state !== 'offered').map(({ id }) => id));
    setOffers((known) => {
      const kept = known.filter(({ id }) => !held.has(id) && !over.some((offer) => offer.id === id));
      if (over.length === 0 && kept.length === known.length) return known;
      return [...over, ...kept].slice(0, missedMax);
    });
  }, [work]);
  return { offers, seen: (id: string) => setOffers((known) => known.filter((offer) => offer.id !== id)) };
}

function Missed({ offer, onSeen }: { offer: WorkItem; onSeen: () => void }) {
  const language = useLanguage();
  const at = clockTime(offer.offerUntil ?? offer.stateSince, language);
  const type = nameIn(language, { nameEn: offer.typeNameEn, nameFr: offer.typeNameFr });
  return (
    <div className="missed-offer" role="status">
      <p>
        <Trans>
          An offer of {offer.clientName}, {type}, ran out at {at}: it went back to its place and may be
          offered to you again.
        </Trans>
      </p>
      <button type="button" className="button small" onClick={onSeen}>
        <Trans>Seen</Trans>
      </button>
    </div>
  );
}

function useCall(offers: WorkItem[]): void {
  const { t } = useLingui();
  const { announce } = useTell();
  const language = useLanguage();
  const nameOf = useNameOf();
  const before = useRef<string[]>([]);

  useEffect(() => readySound(), []);
  useEffect(() => {
    const fresh = newOffers(before.current, offers);
    before.current = offers.map(({ id, seq }) => `${id}:${seq}`);
    for (const offer of fresh) {
      const name = nameOf(offer);
      const type = nameIn(language, { nameEn: offer.typeNameEn, nameFr: offer.typeNameFr });
      const seconds = Math.max(
        0,
        Math.round((Date.parse(offer.offerUntil ?? offer.stateSince) - Date.parse(offer.stateSince)) / 1000),
      );
      announce(t`Offer: chat from ${name} for ${offer.clientName}, ${type}. ${seconds} seconds to accept.`);
      const { notifications } = preferences();
      if (notifications && document.visibilityState === 'hidden' && Notification.permission === 'granted') {
        const shown = new Notification(t`Chat offered: ${offer.clientName}`, { body: type, tag: offer.id });
        shown.onclick = () => {
          window.focus();
          shown.close();
        };
      }
    }
  });
  const ringing = offers.length > 0;
  useEffect(() => {
    if (!ringing) return;
    const sound = () => {
      const chosen = preferences();
      if (chosen.sound) ring(chosen.volume);
    };
    sound();
    const timer = setInterval(sound, ringAgainMs);
    return () => clearInterval(timer);
  }, [ringing]);
}

function Offer({ offer, keyed }: { offer: WorkItem; keyed: boolean }) {
  const { t } = useLingui();
  const language = useLanguage();
  const nameOf = useNameOf();
  const spoken = useSpoken();
  const { clockOffsetMs, work } = useLiveState();
  const acts = useActs();
  const now = useNow();
  const id = useId();
  const [declining, setDeclining] = useState(false);
  const { seconds, share } = offerLeft(offer, now, clockOffsetMs);
  const waited = duration(now + clockOffsetMs - Date.parse(offer.arrivedAt));
  const type = nameIn(language, { nameEn: offer.typeNameEn, nameFr: offer.typeNameFr });
  const interrupted = interruptedBy(offer, layOut(work).handling);
  const why = whySentence(offer.why, offer.whyNames, language);

  const accept = () => {
    if (!acts.busy && seconds > 0) void acts.accept(offer.id);
  };
  useKeyAct('accept', () => keyed && accept());
  useKeyAct('decline', () => keyed && setDeclining(true));

  return (
    <section
      className="offer"
      aria-labelledby={id}
      aria-describedby={why === undefined ? undefined : `${id}-why`}
    >
      <div className="head">
        <div className="ring" role="timer" aria-label={t`${seconds} seconds left to accept`}>
          <svg viewBox="0 0 40 40" aria-hidden="true" style={{ '--left': share } as React.CSSProperties}>
            <circle className="track" cx="20" cy="20" r="18" />
            <circle className="remaining" cx="20" cy="20" r="18" pathLength="100" />
          </svg>
          <span aria-hidden="true">{seconds}</span>
        </div>
        <div className="name">
          <div className="spread">
            <h2 id={id} className="cut">
              <Trans>Incoming chat</Trans>
            </h2>
            <span className="push quiet nowrap">
              <span className="hide-medium">
                <Trans>waited</Trans>{' '}
              </span>
              {waited}
            </span>
          </div>
          <p className="second">
            {offer.clientName} <span className="quiet">·</span> {type}, {spoken(offer.language)}
          </p>
          <p className="second">
            <Icon name="chat" small /> {nameOf(offer)}
          </p>
        </div>
      </div>
      {interrupted.length > 0 && (
        <p className="why">
          <b>
            <Trans>Interrupts:</Trans>
          </b>{' '}
          {interrupted.map(nameOf).join(', ')}
        </p>
      )}
      {why !== undefined && (
        <p className="why" id={`${id}-why`}>
          <b>
            <Trans>Why me:</Trans>
          </b>{' '}
          {why}
        </p>
      )}
      {declining ? (
        <Declining
          busy={acts.busy}
          onDecline={(reason) => void acts.decline(offer.id, reason)}
          onBack={() => setDeclining(false)}
        />
      ) : (
        <div className="acts">
          <button
            type="button"
            className="button primary"
            onClick={accept}
            disabled={acts.busy || seconds === 0}
          >
            <Icon name="chat" />
            {seconds === 0 ? t`Passing on` : t`Accept`} {keyed && <kbd>A</kbd>}
          </button>
          <button type="button" className="button" onClick={() => setDeclining(true)} disabled={acts.busy}>
            <Trans>Decline</Trans> {keyed && <kbd>D</kbd>}
          </button>
        </div>
      )}
    </section>
  );
}

const choices = [
  'finishing-other-work',
  'lacks-knowledge',
  'technical-problem',
  'knows-the-customer',
] as const;

function Declining({
  busy,
  onDecline,
  onBack,
}: {
  busy: boolean;
  onDecline: (reason: string) => void;
  onBack: () => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const id = useId();
  const [reason, setReason] = useState<string>(choices[0]);
  const select = useRef<HTMLSelectElement>(null);
  useEffect(() => select.current?.focus(), []);
  return (
    <form
      className="decline"
      onSubmit={(event) => {
        event.preventDefault();
        onDecline(reason);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onBack();
      }}
    >
      <div className="field">
        <label htmlFor={id}>
          <Trans>Why you decline</Trans>
        </label>
        <span className="select">
          <select
            ref={select}
            id={id}
            className="input"
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          >
            {choices.map((choice) => (
              <option key={choice} value={choice}>
                {givenReasons[choice]?.[language]}
              </option>
            ))}
          </select>
          <Icon name="down" small />
        </span>
      </div>
      <div className="acts">
        <button type="submit" className="button" disabled={busy}>
          <Trans>Decline</Trans>
        </button>
        <button type="button" className="button quiet" onClick={onBack} aria-label={t`Back to the offer`}>
          <Trans>Back</Trans>
        </button>
      </div>
    </form>
  );
}

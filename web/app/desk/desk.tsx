import { Trans, useLingui } from '@lingui/react/macro';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { State } from '#web/ui/icon.tsx';
import { useNow } from '#web/ui/tick.ts';
import { duration } from '#web/ui/time.ts';
import { offersPlaceId } from '../frame/offers.tsx';
import { useTitle } from '../frame/title.ts';
import { useKeyAct } from '../frame/use-keys.ts';
import { useLiveState } from '../line.tsx';
import { usePreferences } from '../preferences.ts';
import { useMay } from '../session.ts';
import { Conversation, NoConversation } from './conversation-pane.tsx';
import './desk.css';
import { MyWork } from './my-work.tsx';
import { layOut, neighbour, rowsOf } from './work.ts';

const route = getRouteApi('/desk');
const panes = ['work', 'conversation', 'customer'] as const;
type Pane = (typeof panes)[number];

/** Where agents work: what is theirs, the conversation, the customer. */
export function Desk() {
  const { t } = useLingui();
  const agent = useMay('agent');
  useTitle(t`Desk`);
  const navigate = useNavigate();
  const { open } = route.useSearch();
  const { work } = useLiveState();
  const [pane, setPane] = useState<Pane>(open === undefined ? 'work' : 'conversation');
  const laid = layOut(work);
  const rows = rowsOf(laid);
  const current = rows.find(({ id }) => id === open);

  const choose = (id: string | undefined) => {
    void navigate({ to: '/desk', search: id === undefined ? {} : { open: id } });
    if (id !== undefined) setPane('conversation');
  };
  useKeyAct('next', () => choose(neighbour(rows, open, 1)));
  useKeyAct('previous', () => choose(neighbour(rows, open, -1)));
  useKeyAct('pane', () => {
    const shown = panes.map((name) => document.querySelector<HTMLElement>(`[data-pane-name="${name}"]`));
    const at = shown.findIndex((element) => element?.contains(document.activeElement));
    const next = (at + 1) % panes.length;
    setPane(panes[next] ?? 'work');
    shown[next]?.focus();
  });

  // What was accepted is opened; a conversation that left the desk closes, unless it was opened to be read.
  const held = useRef<string>(undefined);
  useEffect(() => {
    if (current !== undefined) held.current = current.id;
    else if (open !== undefined && held.current === open && work !== undefined) {
      held.current = undefined;
      void navigate({ to: '/desk', search: {}, replace: true });
      setPane('work');
    }
  }, [current, open, work, navigate]);
  // Following a link from elsewhere brings the conversation forward on a small screen.
  useEffect(() => {
    if (open !== undefined) setPane('conversation');
  }, [open]);

  if (!agent)
    return (
      <div className="empty">
        <h1>
          <Trans>The desk is for agents</Trans>
        </h1>
        <p>
          <Trans>
            Your account does not have the role of an agent; an administrator can give it in the office.
          </Trans>
        </p>
      </div>
    );

  return (
    <>
      <h1 className="unseen">
        <Trans>Desk</Trans>
      </h1>
      <nav className="tabs pane-tabs" aria-label={t`Panes`}>
        {panes.map((name) => (
          <button
            key={name}
            type="button"
            aria-current={pane === name ? 'true' : undefined}
            onClick={() => setPane(name)}
          >
            {name === 'work' ? t`My work` : name === 'conversation' ? t`Conversation` : t`Customer`}
          </button>
        ))}
      </nav>
      <div className="desk" data-pane={pane}>
        <div className="left" role="region" aria-label={t`Left column`} tabIndex={0} data-pane-name="work">
          <div id={offersPlaceId} className="offers-here" />
          <MyWork laid={laid} open={open} choose={choose} />
        </div>
        {open === undefined ? (
          <NoConversation laid={laid} />
        ) : (
          <Conversation key={open} interactionId={open} item={current} choose={choose} />
        )}
      </div>
      <Foot />
    </>
  );
}

function Foot() {
  const { line } = useLiveState();
  const { singleKeys } = usePreferences();
  return (
    <footer className="keys">
      {singleKeys ? (
        <>
          <span>
            <kbd>A</kbd> <Trans>accept</Trans>
          </span>
          <span>
            <kbd>J</kbd>
            <kbd>K</kbd> <Trans>next, previous</Trans>
          </span>
          <span>
            <kbd>R</kbd> <Trans>reply</Trans>
          </span>
          <span>
            <kbd>N</kbd> <Trans>note</Trans>
          </span>
          <span>
            <kbd>P</kbd> <Trans>park</Trans>
          </span>
          <span>
            <kbd>T</kbd> <Trans>transfer</Trans>
          </span>
          <span>
            <kbd>W</kbd> <Trans>wrap up</Trans>
          </span>
          <span>
            <kbd>?</kbd> <Trans>all keys</Trans>
          </span>
        </>
      ) : (
        <span>
          <Trans>Single keys are off.</Trans>
        </span>
      )}
      <span className="push">
        {line.is === 'live' ? (
          <State tone="in">
            <Trans>Live</Trans>
          </State>
        ) : line.is === 'lost' ? (
          <LostFor since={line.since} />
        ) : (
          <State tone="offline">
            <Trans>Connecting</Trans>
          </State>
        )}
      </span>
    </footer>
  );
}

function LostFor({ since }: { since: number }) {
  const ago = duration(useNow() - since);
  return (
    <State tone="offline">
      <Trans>line lost {ago}</Trans>
    </State>
  );
}

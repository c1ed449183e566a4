import { Trans, useLingui } from '@lingui/react/macro';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { WorkItem } from '#src/modules/interactions/contract.ts';
import { api } from '#web/link/api.ts';
import { Dialog } from '#web/ui/dialog.tsx';
import { Icon, Mark, Shape, State } from '#web/ui/icon.tsx';
import { Menu } from '#web/ui/menu.tsx';
import { useNow } from '#web/ui/tick.ts';
import { clockSeconds, duration } from '#web/ui/time.ts';
import { useActs } from '../acts.ts';
import { useNameOf } from '../desk/naming.ts';
import { layOut } from '../desk/work.ts';
import { Failure } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { useLiveState } from '../line.tsx';
import { useMay, usePerson } from '../session.ts';
import './frame.css';
import { KeysDialog } from './keys-dialog.tsx';
import { Offers } from './offers.tsx';
import { PreferencesDialog } from './preferences-dialog.tsx';
import { chosenStates, presenceWords } from './presence-words.ts';
import { useKeyAct, useKeys } from './use-keys.ts';

/** The bar at the top, what is below it, and whatever calls from above. */
export function Frame({ children }: { children: React.ReactNode }) {
  const { t } = useLingui();
  const agent = useMay('agent');
  const leads = useMay('administrator', 'supervisor');
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<'preferences' | 'sign-out' | 'keys'>();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const place =
    (['office', 'desk', 'floor'] as const).find((one) => pathname.startsWith(`/${one}`)) ?? 'other';
  const cameFrom = useRef(pathname);

  // A new page begins at its beginning, for those who read and those who listen.
  useEffect(() => {
    if (cameFrom.current === pathname) return;
    cameFrom.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);

  useKeys();
  useKeyAct('keys', () => setDialog('keys'));
  useKeyAct('go-desk', () => agent && void navigate({ to: '/desk' }));
  useKeyAct('go-floor', () => leads && void navigate({ to: '/floor' }));
  useKeyAct('go-office', () => leads && void navigate({ to: '/office' }));

  return (
    <div className={`frame ${place}-frame`}>
      <a className="button skip" href="#main">
        <Trans>Skip to the content</Trans>
      </a>
      <header className="bar">
        <Link className="mark" to="/" aria-label={t`Parley, start`}>
          <Mark />
          <b>Parley</b>
        </Link>
        <nav className="places" aria-label={t`Places`}>
          {agent && (
            <Link to="/desk" aria-current={place === 'desk' ? 'page' : undefined}>
              <Trans>Desk</Trans>
            </Link>
          )}
          {leads && (
            <Link to="/floor" aria-current={place === 'floor' ? 'page' : undefined}>
              <Trans>Floor</Trans>
            </Link>
          )}
          {leads && (
            <Link to="/office" aria-current={place === 'office' ? 'page' : undefined}>
              <Trans>Office</Trans>
            </Link>
          )}
        </nav>
        <span className="between" />
        {agent && <PresenceMenu />}
        <PersonMenu onChoose={setDialog} />
      </header>
      {agent && <LineBanner />}
      {agent && <NotResponding />}
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      {agent && <Offers floating={place !== 'desk'} />}
      {dialog === 'preferences' && <PreferencesDialog onClose={() => setDialog(undefined)} />}
      {dialog === 'keys' && <KeysDialog onClose={() => setDialog(undefined)} />}
      {dialog === 'sign-out' && <SignOutDialog onClose={() => setDialog(undefined)} />}
    </div>
  );
}

function PresenceMenu() {
  const { t, i18n } = useLingui();
  const { work, line, clockOffsetMs } = useLiveState();
  const { bePresent } = useActs();
  const now = useNow();
  const presence = work?.presence;
  if (presence === undefined)
    return (
      <span className="presence-unknown quiet">
        <State tone="offline">{line.is === 'lost' ? t`line lost` : t`connecting`}</State>
      </span>
    );
  const { word, tone } = presenceWords[presence.state];
  const since = duration(now + clockOffsetMs - Date.parse(presence.since));
  return (
    <Menu
      label={t`Presence:`}
      className="button small presence"
      button={
        <>
          <State tone={tone}>{i18n._(word)}</State>
          <span className="quiet hide-small">{since}</span>
          <Icon name="down" small />
        </>
      }
      items={chosenStates.map((state) => ({
        id: state,
        text: i18n._(presenceWords[state].word),
        chosen: presence.state === state,
        content: <State tone={presenceWords[state].tone}>{i18n._(presenceWords[state].word)}</State>,
        act: () => void bePresent(state),
      }))}
    />
  );
}

function PersonMenu({ onChoose }: { onChoose: (dialog: 'preferences' | 'sign-out' | 'keys') => void }) {
  const { t } = useLingui();
  const person = usePerson();
  return (
    <Menu
      label={t`${person.name}: preferences, sign out`}
      className="who who-button"
      button={
        <>
          <span className="initials" aria-hidden="true">
            {initials(person.name)}
          </span>
          <span className="hide-medium" aria-hidden="true">
            {person.name}
          </span>
        </>
      }
      items={[
        {
          id: 'preferences',
          text: t`Preferences`,
          content: <Trans>Preferences</Trans>,
          act: () => onChoose('preferences'),
        },
        {
          id: 'keys',
          text: t`Keys`,
          content: (
            <>
              <Trans>Keys</Trans>
              <kbd className="push">?</kbd>
            </>
          ),
          act: () => onChoose('keys'),
        },
        {
          id: 'sign-out',
          text: t`Sign out`,
          content: <Trans>Sign out</Trans>,
          act: () => onChoose('sign-out'),
        },
      ]}
    />
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return ((words[0]?.[0] ?? '') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : '')).toUpperCase();
}

/** Says that the line is down and how old the screen is. Nothing pretends to be live. */
function LineBanner() {
  const { line } = useLiveState();
  const language = useLanguage();
  const now = useNow();
  if (line.is !== 'lost') return null;
  const ago = duration(now - line.since);
  const at = clockSeconds(line.heardAt, language);
  return (
    <div className="banner offline">
      <Shape tone="offline" />
      <span className="unseen" role="status">
        <Trans>Line lost</Trans>
      </span>
      <b>
        <Trans>Line lost {ago} ago</Trans>
      </b>
      <span>
        <Trans>Showing {at}. What you write is kept here and sent when the line is back.</Trans>
      </span>
    </div>
  );
}

/** Offers were let pass: what happened, what it means, and the way back in one key. */
function NotResponding() {
  const { work, clockOffsetMs } = useLiveState();
  const { bePresent, busy } = useActs();
  const now = useNow();
  const presence = work?.presence;
  const isShown = presence?.state === 'not-responding';
  const beReady = () => {
    if (isShown && !busy) void bePresent('ready');
  };
  useKeyAct('be-ready', beReady);
  if (!isShown) return null;
  const ago = duration(now + clockOffsetMs - Date.parse(presence.since));
  return (
    <div className="banner close" role="alert">
      <Shape tone="half" />
      <b>
        <Trans>You count as not responding</Trans>
      </b>
      <span>
        <Trans>
          Too many offers in a row ran out, <span aria-hidden="true">{ago}</span> ago. Nothing is offered to
          you until you are ready again; what you hold stays yours.
        </Trans>
      </span>
      <button type="button" className="button small primary push" onClick={beReady} disabled={busy}>
        <Trans>I am ready</Trans> <kbd>B</kbd>
      </button>
    </div>
  );
}

/** Asks only when something would go back to the line, and names it. */
function SignOutDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const { work } = useLiveState();
  const nameOf = useNameOf();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const laid = layOut(work);
  const back = [...laid.offers, ...laid.handling];
  const unfinished = laid.wrapping;
  const count = back.length + unfinished.length;
  const started = useRef(false);

  const signOut = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await api.delete('/api/session');
      // A fresh page: nothing of this person stays in memory.
      location.assign('/');
    } catch (why) {
      setError(why);
      setBusy(false);
    }
  };
  useEffect(() => {
    if (count > 0 || started.current) return;
    started.current = true;
    void signOut();
  });

  const names = (items: WorkItem[]) => (
    <ul className="held">
      {items.map((item) => (
        <li key={item.id}>
          <Icon name="chat" /> <b>{nameOf(item)}</b> <span className="quiet">{item.clientName}</span>
        </li>
      ))}
    </ul>
  );
  return (
    <Dialog title={count === 0 ? t`Signing out` : t`Sign out and leave what you hold?`} onClose={onClose}>
      <Failure error={error} />
      {back.length > 0 && (
        <>
          <p className="second">
            <Trans>This goes back to its place in the line, for a colleague to take:</Trans>
          </p>
          {names(back)}
        </>
      )}
      {unfinished.length > 0 && (
        <>
          <p className="second">
            <Trans>This is closed without an outcome, as not recorded:</Trans>
          </p>
          {names(unfinished)}
        </>
      )}
      {count > 0 && laid.parked.length > 0 && (
        <p className="second">
          <Trans>What you parked stays yours.</Trans>
        </p>
      )}
      <footer>
        <button type="button" className="button" onClick={onClose}>
          <Trans>Stay</Trans>
        </button>
        <button
          type="button"
          className={count > 0 ? 'button danger' : 'button'}
          onClick={() => void signOut()}
          disabled={busy}
        >
          {count > 0 ? t`Sign out and leave ${count}` : t`Sign out`}
        </button>
      </footer>
    </Dialog>
  );
}

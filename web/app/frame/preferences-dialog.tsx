import { Trans, useLingui } from '@lingui/react/macro';
import { useId, useState } from 'react';
import type { SessionView } from '#src/platform/identity/contract.ts';
import { api } from '#web/link/api.ts';
import { problemOf } from '#web/link/problem.ts';
import { Dialog } from '#web/ui/dialog.tsx';
import { CheckField, SelectField, TextField } from '#web/ui/field.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { Failure } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { useLine } from '../line.tsx';
import { prefer, type Theme, usePreferences } from '../preferences.ts';
import { useSetSession } from '../session.ts';
import { passwordLengthMin } from '../start/first-account.tsx';
import { ring } from './ring.ts';

/** How Parley speaks, looks and sounds for this person, and their password. */
export function PreferencesDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const chosen = usePreferences();
  const language = useLanguage();
  const setSession = useSetSession();
  const line = useLine();
  const [error, setError] = useState<unknown>();
  const [refused, setRefused] = useState(false);
  const volumeId = useId();

  const setLanguage = async (value: string) => {
    const next = value === 'fr' ? 'fr' : 'en';
    setError(undefined);
    try {
      prefer({ language: next });
      setSession(await api.patch<SessionView>('/api/me', { language: next }));
      // The names in each "why me" come from the server in the reader's language.
      line.renewWork();
    } catch (why) {
      setError(why);
    }
  };
  const setNotifications = async (wanted: boolean) => {
    const allowed = !wanted || (await Notification.requestPermission()) === 'granted';
    setRefused(!allowed);
    prefer({ notifications: wanted && allowed });
  };

  return (
    <Dialog title={t`Preferences`} onClose={onClose}>
      <Failure error={error} />
      <div className="pair">
        <SelectField
          label={t`Language`}
          value={language}
          onChange={(value) => void setLanguage(value)}
          options={[
            { value: 'en', label: 'English' },
            { value: 'fr', label: 'Français' },
          ]}
        />
        <SelectField
          label={t`Theme`}
          value={chosen.theme}
          onChange={(value) => prefer({ theme: value as Theme })}
          options={[
            { value: 'system', label: t`As the system` },
            { value: 'light', label: t`Light` },
            { value: 'dark', label: t`Dark` },
          ]}
        />
      </div>
      <div className="stack">
        <h3>
          <Trans>Offers</Trans>
        </h3>
        <CheckField label={t`Sound`} checked={chosen.sound} onChange={(sound) => prefer({ sound })} />
        <div className="spread wrap">
          <span className="spread">
            <label className="second" htmlFor={volumeId}>
              <Trans>Volume</Trans>
            </label>
            <input
              id={volumeId}
              type="range"
              min={5}
              max={100}
              step={5}
              value={chosen.volume}
              disabled={!chosen.sound}
              onChange={(event) => prefer({ volume: Number(event.target.value) })}
            />
          </span>
          <button
            type="button"
            className="button small"
            onClick={() => ring(chosen.volume)}
            disabled={!chosen.sound}
          >
            <Trans>Test the sound</Trans>
          </button>
        </div>
        {'Notification' in window && (
          <CheckField
            label={t`Notification of the desktop`}
            hint={
              refused
                ? t`This browser refuses them; allow them in its settings for this page.`
                : t`Shown when Parley is not in front.`
            }
            checked={chosen.notifications}
            onChange={(wanted) => void setNotifications(wanted)}
          />
        )}
      </div>
      <div className="stack">
        <h3>
          <Trans>Keyboard</Trans>
        </h3>
        <CheckField
          label={t`Single keys act`}
          hint={t`A accepts, D declines … when nothing is being typed. The question mark lists them.`}
          checked={chosen.singleKeys}
          onChange={(singleKeys) => prefer({ singleKeys })}
        />
      </div>
      <PasswordForm />
      <footer>
        <button type="button" className="button" onClick={onClose}>
          <Trans>Close</Trans>
        </button>
      </footer>
    </Dialog>
  );
}

function PasswordForm() {
  const { t } = useLingui();
  const { toast } = useTell();
  const [open, setOpen] = useState(false);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [error, setError] = useState<unknown>();
  const wrong = problemOf(error)?.fields ?? {};
  if (!open)
    return (
      <div>
        <button type="button" className="button small" onClick={() => setOpen(true)}>
          <Trans>Change the password</Trans>
        </button>
      </div>
    );
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setError(undefined);
    try {
      await api.post('/api/me/password', { current, next });
      setOpen(false);
      setCurrent('');
      setNext('');
      toast(t`Password changed`);
    } catch (why) {
      setError(why);
    }
  };
  return (
    <form className="form" onSubmit={submit}>
      <Failure error={error} />
      <TextField
        label={t`Password now`}
        type="password"
        autoComplete="current-password"
        required
        wrong={wrong.current}
        value={current}
        onChange={setCurrent}
      />
      <TextField
        label={t`New password`}
        type="password"
        autoComplete="new-password"
        required
        hint={t`At least ${passwordLengthMin} characters; a sentence is easiest to remember.`}
        wrong={wrong.next}
        value={next}
        onChange={setNext}
      />
      <div>
        <button type="submit" className="button small" disabled={next.length < passwordLengthMin}>
          <Trans>Change the password</Trans>
        </button>
      </div>
    </form>
  );
}

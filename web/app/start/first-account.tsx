import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import type { SessionView } from '#src/platform/identity/contract.ts';
import { api } from '#web/link/api.ts';
import { problemOf } from '#web/link/problem.ts';
import { SelectField, TextField } from '#web/ui/field.tsx';
import { Failure } from '../failure.tsx';
import { useTitle } from '../frame/title.ts';
import { speak, useLanguage } from '../language.ts';
import { prefer } from '../preferences.ts';
import { useSetSession } from '../session.ts';
import { Outside } from './outside.tsx';

export const passwordLengthMin = 12;

/** The first page of an empty Parley: the contact centre and whoever sets it up. */
export function FirstAccount() {
  const { t } = useLingui();
  useTitle(t`First account`);
  const language = useLanguage();
  const setSession = useSetSession();
  const [centreName, setCentreName] = useState('');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const wrong = problemOf(error)?.fields ?? {};
  const short = password !== '' && password.length < passwordLengthMin;

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      setSession(
        await api.post<SessionView>('/api/setup/first-account', {
          centreName,
          name,
          email,
          password,
          language,
        }),
      );
    } catch (why) {
      setError(why);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Outside
      aside={
        <section className="see" aria-labelledby="after">
          <h2 id="after">
            <Trans>A minute from here</Trans>
          </h2>
          <ol>
            <li>
              <div>
                <Trans>This account: it administers Parley and can do everything.</Trans>
              </div>
            </li>
            <li>
              <div>
                <Trans>One click makes a ready client with an open chat.</Trans>
              </div>
            </li>
            <li>
              <div>
                <Trans>
                  You write to yourself from a try page in one tab, and answer at the desk in another.
                </Trans>
              </div>
            </li>
          </ol>
          <p className="small quiet">
            <Trans>Everything stays on this machine. Everything here can be changed later.</Trans>
          </p>
        </section>
      }
    >
      <ol className="stepper" aria-label={t`Steps`}>
        <li aria-current="step">
          <Trans>Account, 1 of 2</Trans>
        </li>
        <li>
          <Trans>First client</Trans>
        </li>
      </ol>
      <div className="heading">
        <h1>
          <Trans>Welcome to Parley</Trans>
        </h1>
        <p className="second">
          <Trans>Make the first account. It is the administrator’s.</Trans>
        </p>
      </div>
      <form className="form" onSubmit={submit}>
        <Failure error={error} />
        <TextField
          label={t`Name of the contact centre`}
          hint={t`Customers read it: who answers on the client’s behalf.`}
          wrong={wrong.centreName}
          required
          value={centreName}
          onChange={setCentreName}
          autoComplete="organization"
          maxLength={120}
        />
        <div className="pair">
          <TextField
            label={t`Your name`}
            wrong={wrong.name}
            required
            value={name}
            onChange={setName}
            autoComplete="name"
            maxLength={120}
          />
          <SelectField
            label={t`Your language`}
            value={language}
            onChange={(value) => {
              const chosen = value === 'fr' ? 'fr' : 'en';
              prefer({ language: chosen });
              void speak(chosen);
            }}
            options={[
              { value: 'en', label: 'English' },
              { value: 'fr', label: 'Français' },
            ]}
          />
        </div>
        <TextField
          label={t`E-mail`}
          hint={t`To sign in with. Nothing is sent to it.`}
          wrong={wrong.email}
          type="email"
          required
          value={email}
          onChange={setEmail}
          autoComplete="username"
          spellCheck={false}
        />
        <TextField
          label={t`Password`}
          hint={t`At least ${passwordLengthMin} characters; a sentence is easiest to remember.`}
          wrong={
            wrong.password ??
            (short ? t`${password.length} of at least ${passwordLengthMin} characters.` : undefined)
          }
          type="password"
          required
          value={password}
          onChange={setPassword}
          autoComplete="new-password"
        />
        <div>
          <button type="submit" className="button primary" disabled={busy || short}>
            {busy ? t`Making the account` : t`Make the account`}
          </button>
        </div>
      </form>
    </Outside>
  );
}

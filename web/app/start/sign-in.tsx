import { Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useRef, useState } from 'react';
import type { SessionView } from '#src/platform/identity/contract.ts';
import { api } from '#web/link/api.ts';
import { TextField } from '#web/ui/field.tsx';
import { Failure } from '../failure.tsx';
import { useTitle } from '../frame/title.ts';
import { useSetSession } from '../session.ts';
import { Outside } from './outside.tsx';

export function SignInPage({ centreName }: { centreName: string | null }) {
  const { t } = useLingui();
  useTitle(t`Sign in`);
  return (
    <Outside>
      <div className="heading">
        <h1>
          <Trans>Sign in</Trans>
        </h1>
        {centreName !== null && <p className="second">{centreName}</p>}
      </div>
      <SignInForm />
    </Outside>
  );
}

export function SignInForm({ email: known }: { email?: string }) {
  const { t } = useLingui();
  const setSession = useSetSession();
  const [email, setEmail] = useState(known ?? '');
  const [password, setPassword] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const form = useRef<HTMLFormElement>(null);

  useEffect(() => {
    form.current
      ?.querySelector<HTMLInputElement>(known === undefined ? 'input[type=email]' : 'input[type=password]')
      ?.focus();
  }, [known]);

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      setSession(await api.post<SessionView>('/api/session', { email, password }));
    } catch (why) {
      setError(why);
      setPassword('');
      form.current?.querySelector<HTMLInputElement>('input[type=password]')?.focus();
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="form" ref={form} onSubmit={submit}>
      <Failure error={error} />
      <TextField
        label={t`E-mail`}
        type="email"
        autoComplete="username"
        required
        value={email}
        onChange={setEmail}
        spellCheck={false}
      />
      <TextField
        label={t`Password`}
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
      />
      <div>
        <button type="submit" className="button primary" disabled={busy}>
          {busy ? t`Signing in` : t`Sign in`}
        </button>
      </div>
    </form>
  );
}

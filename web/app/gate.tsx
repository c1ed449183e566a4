import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { Dialog } from '#web/ui/dialog.tsx';
import { Tell } from '#web/ui/tell.tsx';
import { Frame } from './frame/frame.tsx';
import { speak } from './language.ts';
import { Live } from './line.tsx';
import { PersonContext, type SignedIn, sessionKey, useSessionQuery } from './session.ts';
import { FirstAccount } from './start/first-account.tsx';
import { Outside } from './start/outside.tsx';
import { SignInForm, SignInPage } from './start/sign-in.tsx';

/** Who comes in: nobody before there is an account, then whoever signs in. What was on the screen stays when a session ends. */
export function Gate() {
  const { t } = useLingui();
  const session = useSessionQuery();
  const queries = useQueryClient();
  const [was, setWas] = useState<SignedIn>();
  const person = session.data?.person ?? undefined;
  const onLost = useCallback(() => void queries.invalidateQueries({ queryKey: sessionKey }), [queries]);

  useEffect(() => {
    if (person !== undefined) void speak(person.language);
  }, [person]);
  useEffect(() => {
    if (person !== undefined && was === undefined) setWas(person);
    // Somebody else signed in: nothing of the first person may stay on the screen.
    else if (person !== undefined && was !== undefined && person.id !== was.id) location.reload();
  }, [person, was]);

  if (session.data === undefined) {
    return session.isError ? (
      <Outside>
        <div className="empty" role="alert">
          <h1>
            <Trans>Parley is not reached</Trans>
          </h1>
          <p>
            <Trans>The server does not answer. Nothing was lost; try again in a moment.</Trans>
          </p>
          <button type="button" className="button primary" onClick={() => void session.refetch()}>
            <Trans>Try again</Trans>
          </button>
        </div>
      </Outside>
    ) : (
      <Waiting />
    );
  }
  if (session.data.needsFirstAccount) return <FirstAccount />;
  const shown = person ?? was;
  if (shown === undefined) return <SignInPage centreName={session.data.centreName} />;

  return (
    <PersonContext value={shown}>
      <Tell closeLabel={t`Close`}>
        <Live open={person !== undefined && shown.roles.includes('agent')} onLost={onLost}>
          <Frame>
            <Outlet />
          </Frame>
          {person === undefined && <SignInAgain email={shown.email} />}
        </Live>
      </Tell>
    </PersonContext>
  );
}

/** The session ended in mid-work: everything stays where it is, under the question. */
function SignInAgain({ email }: { email: string }) {
  const { t } = useLingui();
  return (
    <Dialog title={t`Sign in again`}>
      <p className="second">
        <Trans>Your session has ended. What you typed is kept here; sign in and go on where you were.</Trans>
      </p>
      <SignInForm email={email} />
    </Dialog>
  );
}

function Waiting() {
  const { t } = useLingui();
  return (
    <main aria-busy="true" aria-label={t`Loading`}>
      <div className="bar" />
      <div className="skeleton" aria-hidden="true">
        <i />
        <i />
        <i />
      </div>
    </main>
  );
}

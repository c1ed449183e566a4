import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { api } from '#web/link/api.ts';
import { Icon, State } from '#web/ui/icon.tsx';
import { Failure } from '../failure.tsx';
import { useTitle } from '../frame/title.ts';
import { sessionKey, useMay, useSessionQuery } from '../session.ts';
import './start.css';

interface Ready {
  clientId: string;
  channelKey: string;
  tryUrl: string;
}

/** One click from an empty centre to a conversation with oneself. */
export function ReadyClient() {
  const { t } = useLingui();
  useTitle(t`First client`);
  const queries = useQueryClient();
  const session = useSessionQuery().data;
  const administrator = useMay('administrator');
  const [ready, setReady] = useState<Ready>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  // One key for this page: pressing twice makes one client.
  const [key] = useState(() => crypto.randomUUID());
  const done = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    if (ready !== undefined) done.current?.focus();
  }, [ready]);

  const make = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const made = await api.post<Ready>('/api/setup/ready-client', {}, { key });
      await queries.invalidateQueries({ queryKey: sessionKey });
      await api.put('/api/presence', { state: 'ready' });
      setReady(made);
    } catch (why) {
      setError(why);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="wizard">
      <div className="form-side">
        <ol className="stepper" aria-label={t`Steps`}>
          <li>
            <Icon name="check" small />
            <Trans>Account</Trans>
          </li>
          <li aria-current="step">
            <Trans>First client, 2 of 2</Trans>
          </li>
        </ol>
        {ready === undefined ? (
          <>
            <div className="heading">
              <h1>
                {session?.needsFirstClient ? (
                  <Trans>Make a ready client</Trans>
                ) : (
                  <Trans>Make another ready client</Trans>
                )}
              </h1>
              <p className="second">
                <Trans>
                  A client is the organisation you answer for. A ready one comes with a competency, an
                  interaction type, outcomes and an open chat, and makes you a competent agent of it.
                </Trans>
              </p>
            </div>
            <Failure error={error} />
            {administrator ? (
              <div className="spread wrap">
                <button type="button" className="button primary" onClick={() => void make()} disabled={busy}>
                  {busy ? t`Making the client` : t`Make a ready client`}
                </button>
                <Link to="/office" className="button quiet">
                  <Trans>Set up by hand instead</Trans>
                </Link>
              </div>
            ) : (
              <p>
                <Trans>Only an administrator can make clients.</Trans>
              </p>
            )}
          </>
        ) : (
          <>
            <div className="heading">
              <h1 ref={done} tabIndex={-1}>
                <Trans>The client is ready, and so are you</Trans>
              </h1>
              <p className="second">
                <State tone="in">
                  <Trans>You are set ready: a chat will be offered to you.</Trans>
                </State>
              </p>
            </div>
            <div className="two-ways">
              <div>
                <div>
                  <h2>
                    <Trans>Write as a customer</Trans>
                  </h2>
                  <p className="second">
                    <Trans>The try page opens in a new tab, with the chat at its corner.</Trans>
                  </p>
                </div>
                <a className="button primary" href={ready.tryUrl} target="_blank" rel="noopener">
                  <Icon name="external" />
                  <Trans>Open the try page</Trans>
                </a>
              </div>
              <div>
                <div>
                  <h2>
                    <Trans>Answer as an agent</Trans>
                  </h2>
                  <p className="second">
                    <Trans>The offer rings on the desk, in this tab.</Trans>
                  </p>
                </div>
                <Link className="button" to="/desk">
                  <Trans>Go to the desk</Trans>
                </Link>
              </div>
            </div>
          </>
        )}
      </div>
      <section className="see" aria-labelledby="next">
        <h2 id="next">
          <Trans>In two tabs</Trans>
        </h2>
        <ol>
          <li>
            <div>
              <Trans>
                On the try page, open the chat. It says who answers and what it costs before you write.
              </Trans>
            </div>
          </li>
          <li>
            <div>
              <Trans>Write a line. On the desk an offer counts down: accept it.</Trans>
            </div>
          </li>
          <li>
            <div>
              <Trans>
                Answer, end the chat, choose an outcome. The record then shows each step and why it came to
                you.
              </Trans>
            </div>
          </li>
        </ol>
      </section>
    </div>
  );
}

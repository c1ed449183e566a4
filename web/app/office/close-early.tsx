import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { OpeningHours } from '#src/modules/organisation/contract.ts';
import { api } from '#web/link/api.ts';
import { problemOf } from '#web/link/problem.ts';
import { Dialog } from '#web/ui/dialog.tsx';
import { TextArea, TextField } from '#web/ui/field.tsx';
import { State } from '#web/ui/icon.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { useNow } from '#web/ui/tick.ts';
import { Failure } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { useMay } from '../session.ts';
import { changeWords } from './hours-words.ts';
import { usePersonName } from './parts.tsx';
import { clockThere, zoneHere } from './zones.ts';

/** Open or closed, and until when, on the clocks of the calendar's zone. */
export function HoursNow({ hours, now }: { hours: OpeningHours; now: number }) {
  const language = useLanguage();
  const change = changeWords(hours, now, language);
  return (
    <>
      <State tone={hours.open ? 'in' : hours.closedEarly === null ? 'offline' : 'close'}>
        {hours.open ? (
          <Trans context="hours">open</Trans>
        ) : hours.closedEarly === null ? (
          <Trans context="hours">closed</Trans>
        ) : (
          <Trans>closed early</Trans>
        )}
      </State>
      <span className="second">, {change}</span>
    </>
  );
}

/** What is now, and the act that a supervisor has: to close for the rest of the day, and to open again. */
export function NowAndEarly({ hours }: { hours: OpeningHours }) {
  const { t } = useLingui();
  const language = useLanguage();
  const administrator = useMay('administrator');
  const now = useNow();
  const personName = usePersonName();
  const [asking, setAsking] = useState<'close' | 'open'>();
  const { closedEarly } = hours;
  const may = administrator || hours.clientId !== null;
  const elsewhere = clockThere(hours.timeZone, now) !== clockThere(zoneHere(), now);
  const zone = hours.timeZone.replaceAll('_', ' ');
  const time = clockThere(hours.timeZone, now);
  const by = closedEarly === null ? undefined : (personName(closedEarly.by) ?? t`somebody`);
  const at = closedEarly === null ? '' : clockThere(hours.timeZone, Date.parse(closedEarly.at));
  const message = language === 'fr' ? closedEarly?.messageFr : closedEarly?.messageEn;
  return (
    <section aria-labelledby="now">
      <h2 id="now">
        <Trans>Now</Trans>
      </h2>
      <p>
        <HoursNow hours={hours} now={now} />
        {elsewhere && (
          <>
            {' '}
            <span className="quiet">{t`(${zone}, where it is ${time} now)`}</span>
          </>
        )}
      </p>
      {closedEarly !== null && (
        <dl className="facts">
          <dt>
            <Trans>Closed by</Trans>
          </dt>
          <dd>
            {by}, {at}
          </dd>
          <dt>
            <Trans>Reason</Trans>
          </dt>
          <dd>{closedEarly.reason}</dd>
          <dt>
            <Trans>Customers read</Trans>
          </dt>
          <dd>{message || (language === 'fr' ? hours.messageFr : hours.messageEn)}</dd>
        </dl>
      )}
      {may ? (
        <div>
          {closedEarly === null ? (
            <button type="button" className="button" onClick={() => setAsking('close')}>
              <Trans>Close for today</Trans>
            </button>
          ) : (
            <button type="button" className="button" onClick={() => setAsking('open')}>
              <Trans>Open again</Trans>
            </button>
          )}
        </div>
      ) : (
        <p className="second">
          <Trans>These hours are common to all clients: an administrator closes them early.</Trans>
        </p>
      )}
      {asking !== undefined && (
        <EarlyDialog hours={hours} closing={asking === 'close'} onClose={() => setAsking(undefined)} />
      )}
    </section>
  );
}

function EarlyDialog({
  hours,
  closing,
  onClose,
}: {
  hours: OpeningHours;
  closing: boolean;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const { toast } = useTell();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const [messageEn, setMessageEn] = useState('');
  const [messageFr, setMessageFr] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const wrong = problemOf(error)?.fields ?? {};
  const { name } = hours;
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await api.put(`/api/opening-hours/${hours.id}/early-closing`, {
        closed: closing,
        reason,
        messageEn,
        messageFr,
      });
      await queries.invalidateQueries({ queryKey: ['hours'] });
      toast(closing ? t`${name} closed for today` : t`${name} as planned again`);
      onClose();
    } catch (why) {
      setError(why);
      await queries.invalidateQueries({ queryKey: ['hours'] });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={closing ? t`Close ${name} for today` : t`Open ${name} again`} onClose={onClose}>
      <form className="form" onSubmit={(event) => void submit(event)}>
        <p className="second">
          {closing
            ? t`New contacts are refused with the message. What is under way goes on; what waits keeps its place until it opens.`
            : t`The hours of today hold again at once; what waits is offered.`}
        </p>
        <Failure error={error} />
        <TextField
          label={t`Reason`}
          hint={t`For the record; customers do not read it.`}
          required
          maxLength={200}
          value={reason}
          wrong={wrong.reason}
          onChange={setReason}
        />
        {closing && (
          <>
            <TextArea
              label={t`Message to customers, in English`}
              hint={t`Left empty: what these hours always tell.`}
              rows={2}
              maxLength={500}
              value={messageEn}
              wrong={wrong.messageEn}
              onChange={setMessageEn}
            />
            <TextArea
              label={t`Message to customers, in French`}
              rows={2}
              maxLength={500}
              value={messageFr}
              wrong={wrong.messageFr}
              onChange={setMessageFr}
            />
          </>
        )}
        <footer>
          <button type="button" className="button quiet" onClick={onClose}>
            <Trans>Cancel</Trans>
          </button>
          <button type="submit" className={closing ? 'button danger' : 'button primary'} disabled={busy}>
            {closing ? t`Close for today` : t`Open again`}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

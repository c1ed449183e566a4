import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { OpeningException, OpeningHours } from '#src/modules/organisation/contract.ts';
import { api } from '#web/link/api.ts';
import { problemOf, wrongField } from '#web/link/problem.ts';
import { Dialog } from '#web/ui/dialog.tsx';
import { TextArea, TextField } from '#web/ui/field.tsx';
import { Icon } from '#web/ui/icon.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { Failure, useFailureWords } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { useMay } from '../session.ts';
import { calendarDay } from './hours-words.ts';
import { intervalsWords, readDay, type TypedInterval } from './week.ts';
import { IntervalFields, type IntervalProblem, useIntervalWords } from './week-fields.tsx';

/** Days unlike their week: what is to come, and what is past for whoever asks. */
export function Exceptions({ hours, today }: { hours: OpeningHours; today: string }) {
  const { t } = useLingui();
  const administrator = useMay('administrator');
  const [asking, setAsking] = useState<OpeningException | 'new'>();
  const past = hours.exceptions.filter(({ day }) => day < today);
  const coming = hours.exceptions.filter(({ day }) => day >= today);
  return (
    <section aria-labelledby="exceptions">
      <h2 id="exceptions">
        <Trans>Days unlike their week</Trans>
      </h2>
      <p className="second">
        <Trans>
          Closed, or open at other times, with a message of their own. They win over holidays and the week.
        </Trans>
      </p>
      {coming.length === 0 ? (
        <p>
          <Trans>None to come.</Trans>
        </p>
      ) : (
        <ExceptionTable
          label={t`Table of days unlike their week`}
          hours={hours}
          exceptions={coming}
          onChange={administrator ? setAsking : undefined}
        />
      )}
      {administrator && (
        <div>
          <button type="button" className="button" onClick={() => setAsking('new')}>
            <Icon name="plus" />
            <Trans>Add a day</Trans>
          </button>
        </div>
      )}
      {past.length > 0 && (
        <details>
          <summary>
            <Trans>Past days</Trans> <span className="quiet">{past.length}</span>
          </summary>
          <ExceptionTable label={t`Past days`} hours={hours} exceptions={past.toReversed()} />
        </details>
      )}
      {asking !== undefined && (
        <ExceptionDialog
          hours={hours}
          today={today}
          exception={asking === 'new' ? undefined : asking}
          onClose={() => setAsking(undefined)}
        />
      )}
    </section>
  );
}

function ExceptionTable({
  label,
  hours,
  exceptions,
  onChange,
}: {
  label: string;
  hours: OpeningHours;
  exceptions: readonly OpeningException[];
  /** Absent: they are only read. */
  onChange?: ((exception: OpeningException) => void) | undefined;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const { toast } = useTell();
  const words = useFailureWords();
  const queries = useQueryClient();
  const renew = () => queries.invalidateQueries({ queryKey: ['hours'] });
  const path = (day: string) => `/api/opening-hours/${hours.id}/exceptions/${day}`;
  const remove = async (exception: OpeningException, named: string) => {
    const { day, ...content } = exception;
    try {
      await api.delete(`${path(day)}?version=${hours.version}`);
      toast(t`${named} is like its week again`, {
        label: t`Undo`,
        act: () => {
          const put = async () => {
            const newest = await api.get<OpeningHours>(`/api/opening-hours/${hours.id}`);
            await api.put(path(day), { ...content, version: newest.version });
          };
          void put()
            .catch((error) => toast(words(error)))
            .finally(renew);
        },
      });
    } catch (error) {
      toast(words(error));
    }
    await renew();
  };
  return (
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      <table className="table middle">
        <thead>
          <tr>
            <th scope="col">{t`Day`}</th>
            <th scope="col">{t`Open`}</th>
            <th scope="col">{t`Message`}</th>
            {onChange !== undefined && (
              <th scope="col">
                <span className="unseen">{t`Acts`}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {exceptions.map((exception) => {
            const named = calendarDay(exception.day, language);
            const message = language === 'fr' ? exception.messageFr : exception.messageEn;
            return (
              <tr key={exception.day}>
                <th scope="row" className="nowrap">
                  {named}
                </th>
                <td>{intervalsWords(exception.intervals, language)}</td>
                <td>{message === '' ? <span className="quiet">{t`as always`}</span> : message}</td>
                {onChange !== undefined && (
                  <td className="nowrap">
                    <button
                      type="button"
                      className="button small"
                      aria-label={t`Change ${named}`}
                      onClick={() => onChange(exception)}
                    >
                      <Trans>Change</Trans>
                    </button>{' '}
                    <button
                      type="button"
                      className="button small quiet"
                      aria-label={t`Remove ${named}`}
                      onClick={() => void remove(exception, named)}
                    >
                      <Trans>Remove</Trans>
                    </button>
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function ExceptionDialog({
  hours,
  today,
  exception,
  onClose,
}: {
  hours: OpeningHours;
  today: string;
  exception: OpeningException | undefined;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const { toast } = useTell();
  const queries = useQueryClient();
  const intervalWords = useIntervalWords();
  const form = useRef<HTMLFormElement>(null);
  const [day, setDay] = useState(exception?.day ?? '');
  const [typed, setTyped] = useState<TypedInterval[]>(exception?.intervals ?? []);
  const [messageEn, setMessageEn] = useState(exception?.messageEn ?? '');
  const [messageFr, setMessageFr] = useState(exception?.messageFr ?? '');
  const [wrong, setWrong] = useState(new Map<number, IntervalProblem>());
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const problem = problemOf(error);
  const about = (field: string) => wrongField(problem, field, { 'day-is-past': 'day' });
  const weekday =
    day === ''
      ? t`This day`
      : new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' }).format(
          Date.parse(`${day}T00:00:00Z`),
        );

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    const read = readDay(typed);
    setWrong(new Map([...read.wrong].map(([place, why]) => [place, intervalWords(why)])));
    setError(undefined);
    if (read.wrong.size === 0) {
      setBusy(true);
      try {
        const body = { intervals: read.intervals, messageEn, messageFr, version: hours.version };
        await api.put(`/api/opening-hours/${hours.id}/exceptions/${day}`, body);
        await queries.invalidateQueries({ queryKey: ['hours'] });
        toast(t`Saved`);
        return onClose();
      } catch (why) {
        setError(why);
        // Whoever is told that it changed meanwhile decides on what is newest.
        if (problemOf(why)?.code === 'changed-meanwhile')
          await queries.invalidateQueries({ queryKey: ['hours'] });
      } finally {
        setBusy(false);
      }
    }
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  return (
    <Dialog
      title={exception === undefined ? t`A day unlike its week` : calendarDay(day, language)}
      onClose={onClose}
    >
      <form className="form" ref={form} onSubmit={(event) => void submit(event)}>
        <Failure error={error} />
        {exception === undefined && (
          <TextField
            label={t`Day`}
            type="date"
            required
            min={today}
            value={day}
            wrong={about('day')}
            onChange={setDay}
          />
        )}
        <fieldset className="field">
          <legend className="name">
            <Trans>Open</Trans>
          </legend>
          <IntervalFields
            day={weekday}
            nextDay={t`the next day`}
            typed={typed}
            wrong={(place) => wrong.get(place)}
            readOnly={false}
            onChange={(next) => {
              setWrong(new Map());
              setTyped(next);
            }}
          />
          <span className="hint">{about('intervals') ?? t`Without a time it is closed on this day.`}</span>
        </fieldset>
        <TextArea
          label={t`Message while it is closed, in English`}
          hint={t`Left empty: what these hours always tell.`}
          rows={2}
          maxLength={500}
          value={messageEn}
          wrong={about('messageEn')}
          onChange={setMessageEn}
        />
        <TextArea
          label={t`Message while it is closed, in French`}
          rows={2}
          maxLength={500}
          value={messageFr}
          wrong={about('messageFr')}
          onChange={setMessageFr}
        />
        <footer>
          <button type="button" className="button quiet" onClick={onClose}>
            <Trans>Cancel</Trans>
          </button>
          <button type="submit" className="button primary" disabled={busy}>
            {busy ? t`Saving` : t`Save`}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

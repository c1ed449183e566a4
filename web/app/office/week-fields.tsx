import { Trans, useLingui } from '@lingui/react/macro';
import { useId } from 'react';
import { Icon } from '#web/ui/icon.tsx';
import { useLanguage } from '../language.ts';
import {
  fromOf,
  isNightShift,
  nextInterval,
  type TypedInterval,
  type TypedWeekInterval,
  toOf,
  type WrongInterval,
  weekdayName,
  weekdays,
  withDayCopied,
} from './week.ts';

/** What is wrong with an interval, and the sentence about it. */
export interface IntervalProblem {
  field: 'from' | 'to';
  sentence: string;
}

/** The sentence about a wrong interval. */
export function useIntervalWords(): (wrong: WrongInterval) => IntervalProblem {
  const { t } = useLingui();
  const words = {
    'no-time': t`Not a time of day; write it such as 8:30.`,
    empty: t`It ends when it begins; a whole day is 00:00 to 24:00.`,
    overlap: t`It overlaps another opening of this day; make them one.`,
  };
  return ({ field, why }) => ({ field, sentence: words[why] });
}

/** The openings of one day: several, each from and to, as typed; put in shape when the field is left. */
export function IntervalFields({
  day,
  nextDay,
  typed,
  wrong,
  readOnly,
  onChange,
}: {
  /** The day's name, heard with each field. */
  day: string;
  /** The day into which a night shift goes on. */
  nextDay: string;
  typed: readonly TypedInterval[];
  wrong: (place: number) => IntervalProblem | undefined;
  readOnly: boolean;
  onChange: (typed: TypedInterval[]) => void;
}) {
  const { t } = useLingui();
  const id = useId();
  const change = (place: number, next: Partial<TypedInterval>) =>
    onChange(typed.map((one, at) => (at === place ? { ...one, ...next } : one)));
  return (
    <div className="intervals">
      {typed.length === 0 && (
        <span className="second">
          <Trans context="hours">closed</Trans>
        </span>
      )}
      {typed.map((one, place) => {
        const problem = wrong(place);
        const number = place + 1;
        const which = typed.length === 1 ? day : t`${day}, opening ${number}`;
        const note = `${id}-${place}`;
        const night = isNightShift(one);
        const time = (field: 'from' | 'to', label: string) => (
          <input
            className="input"
            aria-label={label}
            aria-invalid={problem?.field === field ? true : undefined}
            aria-describedby={problem !== undefined || night ? note : undefined}
            value={one[field]}
            disabled={readOnly}
            maxLength={8}
            size={5}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => change(place, { [field]: event.target.value })}
            onBlur={() => {
              const read = field === 'from' ? fromOf(one) : toOf(one);
              if (read !== undefined && read !== one[field]) change(place, { [field]: read });
            }}
          />
        );
        return (
          // Openings have no name of their own: their place is what they are known by.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <div key={place} className={problem === undefined ? 'interval' : 'interval field wrong'}>
            <span className="times">
              {time('from', t`${which}, from`)}
              <span aria-hidden="true">–</span>
              {time('to', t`${which}, to`)}
              {!readOnly && (
                <button
                  type="button"
                  className="button icon quiet"
                  aria-label={t`${which}: remove`}
                  onClick={() => onChange(typed.filter((_, at) => at !== place))}
                >
                  <Icon name="x" small />
                </button>
              )}
            </span>
            {(problem !== undefined || night) && (
              <span className="hint" id={note}>
                {problem?.sentence ?? t`A night shift: it goes on into ${nextDay}.`}
              </span>
            )}
          </div>
        );
      })}
      {!readOnly && (
        <button
          type="button"
          className="button small quiet"
          aria-label={t`${day}: add an opening`}
          onClick={() => onChange([...typed, nextInterval(typed)])}
        >
          <Icon name="plus" small />
          <Trans>Add</Trans>
        </button>
      )}
    </div>
  );
}

/** The week, a row to each day. */
export function WeekFields({
  typed,
  wrong,
  readOnly,
  onChange,
}: {
  typed: readonly TypedWeekInterval[];
  /** By the place in what was typed. */
  wrong: (place: number) => IntervalProblem | undefined;
  readOnly: boolean;
  onChange: (typed: TypedWeekInterval[]) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const name = (day: number) => weekdayName(day, language);
  const monday = name(1);
  return (
    <fieldset className="field">
      <legend className="name">
        <Trans>The week</Trans>
      </legend>
      <span className="hint">
        <Trans>
          Times are those of the time zone above. An opening that ends before it begins, such as 22:00 to
          02:00, is a night shift: it goes on into the next day and belongs to the day on which it began.
        </Trans>
      </span>
      <div className="week">
        {weekdays.map((day) => {
          const places = typed.flatMap((one, place) => (one.day === day ? [place] : []));
          return (
            <fieldset key={day}>
              <legend>{name(day)}</legend>
              <IntervalFields
                day={name(day)}
                nextDay={name((day % 7) + 1)}
                typed={places.map((place) => typed[place]!)}
                wrong={(at) => wrong(places[at]!)}
                readOnly={readOnly}
                onChange={(own) =>
                  onChange([
                    ...typed.filter((one) => one.day !== day),
                    ...own.map((one) => ({ ...one, day })),
                  ])
                }
              />
            </fieldset>
          );
        })}
      </div>
      {!readOnly && (
        <div className="spread wrap">
          <button
            type="button"
            className="button small"
            onClick={() => onChange(withDayCopied(typed, 1, [2, 3, 4, 5]))}
          >
            {t`Copy ${monday} to ${name(2)}–${name(5)}`}
          </button>
          <button
            type="button"
            className="button small"
            onClick={() => onChange(withDayCopied(typed, 1, weekdays))}
          >
            {t`Copy ${monday} to all days`}
          </button>
        </div>
      )}
    </fieldset>
  );
}

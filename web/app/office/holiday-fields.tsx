import { Trans, useLingui } from '@lingui/react/macro';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Holiday, HolidayRegion } from '#src/modules/organisation/contract.ts';
import { api } from '#web/link/api.ts';
import { ChooseField } from '#web/ui/choose.tsx';
import { found } from '#web/ui/find.ts';
import { NotLoaded } from '../failure.tsx';
import { nameIn, useLanguage } from '../language.ts';
import { calendarDay, holidayRows } from './hours-words.ts';

/** Public holidays: of which region, and on which of them the week goes on. */
export function HolidayFields({
  region,
  worked,
  year,
  wrong,
  readOnly,
  onChange,
}: {
  /** Empty: no holidays. */
  region: string;
  worked: readonly string[];
  /** This one and the next are shown. */
  year: number;
  wrong: string | undefined;
  readOnly: boolean;
  onChange: (change: { holidayRegion?: string; holidaysWorked?: string[] }) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const [typed, setTyped] = useState('');
  const regions = useQuery({
    queryKey: ['holiday-regions'],
    queryFn: () => api.get<{ items: HolidayRegion[] }>('/api/holiday-regions'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const all = useMemo(
    () =>
      (regions.data?.items ?? [])
        .map((one) => ({ value: one.code, label: nameIn(language, one), second: one.code }))
        .sort((one, other) => one.label.localeCompare(other.label, language)),
    [regions.data, language],
  );
  const choices = useMemo(() => found(all, typed), [all, typed]);
  return (
    <>
      <ChooseField
        label={t`Public holidays of`}
        hint={t`A country or a part of it. Its public holidays are closed days. Without one there are none.`}
        placeholder={t`no holidays`}
        wrong={wrong}
        value={region}
        shown={all.find(({ value }) => value === region)?.label ?? region}
        choices={regions.isPending ? undefined : choices}
        onType={setTyped}
        clearLabel={t`No holidays`}
        disabled={readOnly}
        onChange={(holidayRegion) => onChange({ holidayRegion, holidaysWorked: [] })}
      />
      {region !== '' && (
        <Preview
          region={region}
          years={[year, year + 1]}
          worked={worked}
          readOnly={readOnly}
          onChange={(holidaysWorked) => onChange({ holidaysWorked })}
        />
      )}
    </>
  );
}

function Preview({
  region,
  years,
  worked,
  readOnly,
  onChange,
}: {
  region: string;
  years: number[];
  worked: readonly string[];
  readOnly: boolean;
  onChange: (worked: string[]) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const answers = useQueries({
    queries: years.map((year) => ({
      queryKey: ['holidays', region, year],
      queryFn: () => api.get<{ items: Holiday[] }>(`/api/holidays?region=${region}&year=${year}`),
      staleTime: Number.POSITIVE_INFINITY,
    })),
  });
  const failed = answers.find(({ isError }) => isError);
  if (failed !== undefined)
    return <NotLoaded error={failed.error} again={() => answers.forEach((one) => void one.refetch())} />;
  if (answers.some(({ data }) => data === undefined))
    return (
      <div className="skeleton" aria-hidden="true">
        <i />
        <i />
      </div>
    );
  const rows = holidayRows(answers.map(({ data }) => data!.items));
  return (
    <div className="scroll" role="region" aria-label={t`Public holidays`} tabIndex={0}>
      <table className="table middle">
        <thead>
          <tr>
            <th scope="col">{t`Holiday`}</th>
            {years.map((year) => (
              <th scope="col" key={year}>
                {year}
              </th>
            ))}
            <th scope="col">{t`We work on this day`}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const name = nameIn(language, row);
            const works = worked.includes(row.key);
            return (
              <tr key={row.key}>
                <th scope="row">{name}</th>
                {row.days.map((days, place) => (
                  <td key={years[place]} className="nowrap">
                    {days.length === 0
                      ? '–'
                      : [days[0]!, days.at(-1)!]
                          .filter((day, at, both) => at === 0 || day !== both[0])
                          .map((day) => calendarDay(day, language, { year: false }))
                          .join(' – ')}
                  </td>
                ))}
                <td>
                  <label className="check">
                    <input
                      type="checkbox"
                      checked={works}
                      disabled={readOnly}
                      aria-label={t`${name}: we work on this day`}
                      onChange={() =>
                        onChange(works ? worked.filter((key) => key !== row.key) : [...worked, row.key])
                      }
                    />
                    <span aria-hidden="true">
                      {works ? <Trans>as in the week</Trans> : <Trans context="hours">closed</Trans>}
                    </span>
                  </label>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

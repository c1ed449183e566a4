import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useState } from 'react';
import type { TransferTargets } from '#src/modules/interactions/contract.ts';
import { api, withQuery } from '#web/link/api.ts';
import { SelectField, TextField } from '#web/ui/field.tsx';
import { clockTime } from '#web/ui/time.ts';
import { Failure } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { type ParkUntil, parkedUntil } from './park-until.ts';
import { goalOptions } from './targets.ts';

/** Where something goes: asked of the server as the dialog opens, since it depends on who masters what today. */
export function TargetField({
  interactionId,
  types = true,
  value,
  onChange,
}: {
  interactionId: string;
  /** Whether other interaction types are among the targets. */
  types?: boolean;
  value: string;
  /** `label` is the target's name. */
  onChange: (value: string, label: string) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim());
  const targets = useQuery({
    queryKey: ['targets', interactionId, wanted],
    queryFn: () =>
      api.get<TransferTargets>(withQuery(`/api/interactions/${interactionId}/targets`, { search: wanted })),
    placeholderData: (before) => before,
    gcTime: 0,
  });
  const options = targets.data === undefined ? [] : goalOptions(targets.data, language, { types });
  const possible = options.filter(({ disabled }) => disabled !== true);
  const first = possible[0];
  const isChosen = possible.some((option) => option.value === value);
  // Something is always chosen that can be: the first, until somebody says otherwise.
  useEffect(() => {
    if (!isChosen && first !== undefined) onChange(first.value, first.label);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `onChange` is the dialog's own and new each time
  }, [isChosen, first?.value]);
  return (
    <>
      {targets.isError && <Failure error={targets.error} />}
      {(search !== '' || targets.data?.more === true) && (
        <TextField
          label={t`Search an agent`}
          hint={t`There are more agents than the list holds.`}
          value={search}
          onChange={setSearch}
          maxLength={120}
        />
      )}
      <SelectField
        label={t`To`}
        value={value}
        onChange={(chosen) => onChange(chosen, options.find((one) => one.value === chosen)?.label ?? '')}
        options={targets.data === undefined ? [{ value: '', label: t`being looked up` }] : options}
        disabled={targets.data === undefined}
      />
      {targets.data !== undefined && first === undefined && (
        <p className="second" role="status">
          <Trans>Nobody else may take it today: what is missing stands beside each name.</Trans>
        </p>
      )}
    </>
  );
}

/** Whether others are asked meanwhile: nobody else, or, for an agent, anybody when they are not there. */
export type KeptHow = 'alone' | 'first';

/** For whom and until when something is kept. Of a team it is kept for all its agents alone. */
export function KeptField({
  value,
  onChange,
  how,
  onHow,
}: {
  value: ParkUntil;
  onChange: (value: ParkUntil) => void;
  /** Absent: it goes to a team. */
  how?: KeptHow | undefined;
  onHow: (how: KeptHow) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const at = (which: ParkUntil) => {
    const until = parkedUntil(which, new Date());
    return until === undefined ? '' : clockTime(until.getTime(), language);
  };
  return (
    <>
      {how !== undefined && (
        <SelectField
          label={t`Who else is asked`}
          value={how}
          onChange={(chosen) => onHow(chosen as KeptHow)}
          options={[
            { value: 'alone', label: t`nobody, also while they are away` },
            { value: 'first', label: t`anybody, unless they are there` },
          ]}
        />
      )}
      <SelectField
        label={t`Kept for them until`}
        value={value}
        onChange={(chosen) => onChange(chosen as ParkUntil)}
        options={[
          { value: 'quarter', label: t`in 15 minutes, ${at('quarter')}` },
          { value: 'hour', label: t`in an hour, ${at('hour')}` },
          ...(how === 'first' ? [] : [{ value: 'tomorrow', label: t`tomorrow, ${at('tomorrow')}` }]),
        ]}
      />
    </>
  );
}

import { useLingui } from '@lingui/react/macro';
import { useMemo, useState } from 'react';
import { ChooseField } from '#web/ui/choose.tsx';
import { found } from '#web/ui/find.ts';
import { useNow } from '#web/ui/tick.ts';
import { clockThere, offsetWords, zoneChoices } from './zones.ts';

/** A time zone, found by its name or its offset; says what its clocks show now. */
export function ZoneField({
  value,
  wrong,
  disabled,
  onChange,
}: {
  value: string;
  wrong?: string | undefined;
  disabled?: boolean;
  onChange: (zone: string) => void;
}) {
  const { t } = useLingui();
  const now = useNow();
  const hour = now - (now % 3_600_000);
  const [typed, setTyped] = useState('');
  // Offsets change by the hour at most; the list is not worked out again each second.
  const all = useMemo(() => zoneChoices(value, hour), [value, hour]);
  const choices = useMemo(() => found(all, typed), [all, typed]);
  const offset = offsetWords(value, now);
  const time = clockThere(value, now);
  return (
    <ChooseField
      label={t`Time zone`}
      hint={offset === undefined ? undefined : t`${offset}, where it is ${time} now.`}
      wrong={wrong}
      value={value}
      shown={value.replaceAll('_', ' ')}
      choices={choices}
      onType={setTyped}
      onChange={onChange}
      required
      disabled={disabled}
    />
  );
}

import { Trans, useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import type { Person } from '#src/modules/people/contract.ts';
import type { Page } from '#src/platform/identity/contract.ts';
import { api, withQuery } from '#web/link/api.ts';
import { ChooseField } from '#web/ui/choose.tsx';
import { Chips } from './chips.tsx';

/** So many people are asked for by their ids in one request. */
const idsAtOnce = 100;

/** The people with these ids, of those that the reader may see, by id. */
export function usePeople(ids: readonly string[]) {
  return useQuery({
    queryKey: ['people', 'with', ...[...ids].sort()],
    enabled: ids.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    queryFn: async () => {
      const people = new Map<string, Person>();
      for (let at = 0; at < ids.length; at += idsAtOnce) {
        const asked = new URLSearchParams(ids.slice(at, at + idsAtOnce).map((id) => ['id', id]));
        const { items } = await api.get<Page<Person>>(`/api/people?${asked}&limit=${idsAtOnce}`);
        for (const person of items) people.set(person.id, person);
      }
      return people;
    },
  });
}

/** People chosen by a part of their name. */
export function PeopleField({
  label,
  addLabel,
  value,
  wrong,
  readOnly,
  onChange,
}: {
  label: string;
  addLabel: string;
  value: readonly string[];
  wrong?: string | undefined;
  readOnly: boolean;
  onChange: (ids: string[]) => void;
}) {
  const { t } = useLingui();
  const [typed, setTyped] = useState('');
  const name = useDeferredValue(typed.trim());
  const known = usePeople(value).data;
  const found = useQuery({
    queryKey: ['people', 'named', name],
    enabled: !readOnly,
    staleTime: 30_000,
    queryFn: () => api.get<Page<Person>>(withQuery('/api/people', { name, limit: '60' })),
  });
  const choices = found.data?.items
    .filter(({ id, active }) => active && !value.includes(id))
    .map((person) => ({ value: person.id, label: person.name, second: person.email }));
  const members = value
    .map((id) => ({
      id,
      person: known?.get(id) ?? found.data?.items.find((person) => person.id === id),
    }))
    .sort((one, other) => (one.person?.name ?? '').localeCompare(other.person?.name ?? ''));
  return (
    <fieldset className="field">
      <legend className="name">
        {label} <span className="quiet">{value.length}</span>
      </legend>
      {value.length === 0 ? (
        <p className="second">
          <Trans>Nobody yet.</Trans>
        </p>
      ) : (
        <Chips
          items={members.map(({ id, person }) => ({
            id,
            label: person?.name ?? '…',
            quiet: person?.active === false ? t`not active` : undefined,
          }))}
          {...(readOnly ? {} : { onRemove: (id: string) => onChange(value.filter((one) => one !== id)) })}
        />
      )}
      {!readOnly && (
        <ChooseField
          label={addLabel}
          placeholder={t`Type a part of the name`}
          wrong={wrong}
          value=""
          shown=""
          choices={found.isPending ? undefined : (choices ?? [])}
          onType={setTyped}
          onChange={(id) => onChange([...value, id])}
        />
      )}
    </fieldset>
  );
}

/** One person chosen by a part of their name, or nobody. */
export function PersonField({
  label,
  hint,
  value,
  wrong,
  readOnly,
  clearLabel,
  onChange,
}: {
  label: string;
  hint?: string;
  value: string | undefined;
  wrong?: string | undefined;
  readOnly: boolean;
  /** How the button is called that chooses nobody. */
  clearLabel: string;
  onChange: (id: string | undefined) => void;
}) {
  const { t } = useLingui();
  const [typed, setTyped] = useState('');
  const name = useDeferredValue(typed.trim());
  const known = usePeople(value === undefined ? [] : [value]).data;
  const named = useQuery({
    queryKey: ['people', 'named', name],
    enabled: !readOnly,
    staleTime: 30_000,
    queryFn: () => api.get<Page<Person>>(withQuery('/api/people', { name, limit: '60' })),
  });
  const choices = named.data?.items
    .filter(({ active, roles }) => active && roles.includes('agent'))
    .map((person) => ({ value: person.id, label: person.name, second: person.email }));
  return (
    <ChooseField
      label={label}
      hint={hint}
      placeholder={t`Type a part of the name`}
      wrong={wrong}
      value={value ?? ''}
      shown={value === undefined ? '' : (known?.get(value)?.name ?? '…')}
      choices={named.isPending ? undefined : (choices ?? [])}
      disabled={readOnly}
      clearLabel={clearLabel}
      onType={setTyped}
      onChange={(id) => onChange(id === '' ? undefined : id)}
    />
  );
}

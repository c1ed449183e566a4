import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { AgentBar, InteractionType } from '#src/modules/interactions/contract.ts';
import type { Person } from '#src/modules/people/contract.ts';
import { api } from '#web/link/api.ts';
import { Dialog } from '#web/ui/dialog.tsx';
import { SelectField, TextField } from '#web/ui/field.tsx';
import { Icon } from '#web/ui/icon.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { dayAndTime } from '#web/ui/time.ts';
import { useTypes } from '../desk/naming.ts';
import { barSaid } from '../desk/why.ts';
import { Failure, NotLoaded } from '../failure.tsx';
import { nameIn, useLanguage } from '../language.ts';
import { useMay } from '../session.ts';
import { useClientName } from './parts.tsx';
import { usePeople } from './people-field.tsx';

/** What is barred and lifted by hand; bars of other sources go when what they ask for is done. */
const byHand = 'barred-by-hand';

type Asked = { act: 'bar' } | { act: 'lift'; bar: AgentBar };

/** The types an agent may not be given for now, with what stands against each; administrators bar and lift by hand, with a reason. */
export function Bars({ person }: { person: Person }) {
  const { t } = useLingui();
  const language = useLanguage();
  const isAdministrator = useMay('administrator');
  const clientName = useClientName();
  const id = useId();
  const [asked, setAsked] = useState<Asked>();
  const query = useQuery({
    queryKey: ['bars', person.id],
    queryFn: () => api.get<{ items: AgentBar[] }>(`/api/people/${person.id}/bars`),
  });
  const bars = query.data?.items ?? [];
  const people = usePeople(bars.flatMap(({ by }) => (by === null ? [] : [by]))).data;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        <Trans>Not to be given for now</Trans>
      </h2>
      <p className="second">
        <Trans>Types that are neither offered nor given by hand, whatever the agent masters.</Trans>
      </p>
      {query.isError ? (
        <NotLoaded error={query.error} again={() => void query.refetch()} />
      ) : query.isPending ? (
        <div className="skeleton" aria-hidden="true">
          <i />
        </div>
      ) : bars.length === 0 ? (
        <p>
          <Trans>Nothing stands against any type.</Trans>
        </p>
      ) : (
        <div className="scroll" role="region" aria-label={t`Table of types not to be given`} tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t`Type`}</th>
                <th scope="col">{t`Client`}</th>
                <th scope="col">{t`Why`}</th>
                <th scope="col">{t`Since`}</th>
                {isAdministrator && (
                  <th scope="col">
                    <span className="unseen">{t`Acts`}</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {bars.map((bar) => {
                const name = nameIn(language, { nameEn: bar.typeNameEn, nameFr: bar.typeNameFr });
                const who = bar.by === null ? undefined : people?.get(bar.by)?.name;
                const since = dayAndTime(Date.parse(bar.since), language);
                return (
                  <tr key={`${bar.source} ${bar.typeId}`}>
                    <th scope="row">{name}</th>
                    <td>{clientName(bar.clientId)}</td>
                    <td>{bar.note ?? barSaid(bar.reason, language)}</td>
                    <td>{who === undefined ? since : t`${since}, by ${who}`}</td>
                    {isAdministrator && (
                      <td>
                        {bar.reason === byHand && (
                          <button
                            type="button"
                            className="button small"
                            aria-label={t`Allow again: ${name}`}
                            onClick={() => setAsked({ act: 'lift', bar })}
                          >
                            <Trans>Allow again</Trans>
                          </button>
                        )}
                      </td>
                    )}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {isAdministrator && (
        <p>
          <button type="button" className="button" onClick={() => setAsked({ act: 'bar' })}>
            <Icon name="plus" />
            <Trans>Bar from a type</Trans>
          </button>
        </p>
      )}
      {asked !== undefined && (
        <Ask asked={asked} person={person} bars={bars} onClose={() => setAsked(undefined)} />
      )}
    </section>
  );
}

function Ask({
  asked,
  person,
  bars,
  onClose,
}: {
  asked: Asked;
  person: Person;
  bars: readonly AgentBar[];
  onClose: () => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const queries = useQueryClient();
  const { toast } = useTell();
  const clientName = useClientName();
  const types = (useTypes().data ?? []).filter(
    ({ id, active, clientId }) =>
      active &&
      person.clients.includes(clientId) &&
      !bars.some(({ typeId, reason }) => typeId === id && reason === byHand),
  );
  const [chosen, setChosen] = useState('');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const typeId = asked.act === 'lift' ? asked.bar.typeId : chosen === '' ? (types[0]?.id ?? '') : chosen;
  const labelOf = (type: InteractionType) => `${nameIn(language, type)} (${clientName(type.clientId)})`;
  const name =
    asked.act === 'lift'
      ? nameIn(language, { nameEn: asked.bar.typeNameEn, nameFr: asked.bar.typeNameFr })
      : '';
  const who = person.name;
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await api.put(`/api/people/${person.id}/bars/${typeId}`, {
        barred: asked.act === 'bar',
        reason: reason.trim(),
      });
      toast(t`Saved`);
      onClose();
    } catch (why) {
      setError(why);
      setBusy(false);
    } finally {
      void queries.invalidateQueries({ queryKey: ['bars', person.id] });
    }
  };
  return (
    <Dialog
      title={asked.act === 'bar' ? t`Bar ${who} from a type` : t`Allow ${name} to ${who} again`}
      onClose={onClose}
    >
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p className="second">
          {asked.act === 'bar' ? (
            <Trans>
              From now on it is neither offered to them nor given by hand. What they handle stays theirs.
            </Trans>
          ) : (
            <Trans>What waits is offered to them again at once, if they master it.</Trans>
          )}
        </p>
        {asked.act === 'bar' && (
          <SelectField
            label={t`Type`}
            value={typeId}
            onChange={setChosen}
            options={types.map((type) => ({ value: type.id, label: labelOf(type) }))}
          />
        )}
        <TextField
          label={t`Why`}
          hint={t`It stands in the record.`}
          required
          value={reason}
          onChange={setReason}
          maxLength={200}
        />
        <Failure error={error} />
        <footer>
          <button type="button" className="button" onClick={onClose}>
            <Trans>Leave it</Trans>
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={busy || typeId === '' || reason.trim() === ''}
          >
            {asked.act === 'bar' ? t`Bar` : t`Allow again`}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

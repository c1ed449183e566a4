import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { Outcome } from '#src/modules/interactions/contract.ts';
import { api, withQuery } from '#web/link/api.ts';
import { CheckField, SelectField, TextField } from '#web/ui/field.tsx';
import { nameIn, useLanguage } from '../language.ts';
import { Absent } from './competencies.tsx';
import {
  ActiveState,
  ClientFilter,
  List,
  NewButton,
  PageHead,
  useClientName,
  useClients,
  useRecordId,
} from './parts.tsx';
import { FormFrame, useRecordForm } from './record-form.tsx';

const route = getRouteApi('/office/outcomes');

export function Outcomes() {
  const { t } = useLingui();
  const language = useLanguage();
  const clientName = useClientName();
  const { client } = route.useSearch();
  return (
    <>
      <PageHead
        title={t`Outcomes`}
        second={t`What can come of an interaction. The agent chooses one when wrapping up.`}
      >
        <NewButton to="/office/outcomes/$id">
          <Trans>New outcome</Trans>
        </NewButton>
      </PageHead>
      <div className="filters">
        <ClientFilter client={client} to="/office/outcomes" />
      </div>
      <List<Outcome>
        label={t`Outcomes`}
        queryKey={['outcomes', client]}
        path={withQuery('/api/outcomes', { clientId: client })}
        keyOf={({ id }) => id}
        quiet={({ active }) => !active}
        columns={[
          {
            head: t`Name`,
            cell: (one) => (
              <Link to="/office/outcomes/$id" params={{ id: one.id }}>
                {nameIn(language, one)}
              </Link>
            ),
          },
          { head: t`Code`, cell: ({ code }) => <code>{code}</code> },
          { head: t`Client`, cell: ({ clientId }) => clientName(clientId) },
          { head: t`State`, cell: ({ active }) => <ActiveState active={active} /> },
        ]}
        empty={
          <>
            <h2>
              <Trans>No outcome yet</Trans>
            </h2>
            <p>
              <Trans>
                Without one an agent cannot complete an interaction. Begin with “solved” and “passed on”.
              </Trans>
            </p>
          </>
        }
      />
    </>
  );
}

export function OutcomeRecord() {
  const { t } = useLingui();
  const language = useLanguage();
  const id = useRecordId();
  const creating = id === 'new';
  const all = useQuery({ queryKey: ['outcomes', 'all'], queryFn: () => api.all<Outcome>('/api/outcomes') });
  const one = all.data?.find((outcome) => outcome.id === id);
  return (
    <>
      <PageHead
        title={creating ? t`New outcome` : one === undefined ? t`Outcome` : nameIn(language, one)}
        back={{ to: '/office/outcomes', label: t`Outcomes` }}
      />
      {creating || one !== undefined ? (
        <div className="record">
          <OutcomeForm key={id} outcome={one} />
        </div>
      ) : (
        <Absent query={all} />
      )}
    </>
  );
}

function OutcomeForm({ outcome }: { outcome: Outcome | undefined }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const clients = useClients().data ?? [];
  const clientName = useClientName();
  const form = useRecordForm({
    name: `outcome.${outcome?.id ?? 'new'}`,
    initial: {
      clientId: outcome?.clientId ?? '',
      code: outcome?.code ?? '',
      nameEn: outcome?.nameEn ?? '',
      nameFr: outcome?.nameFr ?? '',
      active: outcome?.active ?? true,
    },
    renews: ['outcomes'],
    save: ({ clientId, code, nameEn, nameFr, active }, key) =>
      outcome === undefined
        ? api.post<Outcome>(
            '/api/outcomes',
            { clientId: clientId === '' ? null : clientId, code, nameEn, nameFr },
            { key },
          )
        : api.patch<Outcome>(`/api/outcomes/${outcome.id}`, { nameEn, nameFr, active }),
    done: (saved) => {
      if (outcome === undefined)
        void navigate({ to: '/office/outcomes/$id', params: { id: (saved as Outcome).id }, replace: true });
    },
  });
  return (
    <FormFrame form={form} creating={outcome === undefined}>
      <div className="pair">
        <TextField
          label={t`Name in English`}
          required
          maxLength={120}
          value={form.values.nameEn}
          wrong={form.wrong('nameEn')}
          onChange={(nameEn) => form.set({ nameEn })}
        />
        <TextField
          label={t`Name in French`}
          required
          maxLength={120}
          value={form.values.nameFr}
          wrong={form.wrong('nameFr')}
          onChange={(nameFr) => form.set({ nameFr })}
        />
      </div>
      {outcome === undefined ? (
        <div className="pair">
          <TextField
            label={t`Code`}
            hint={t`For reports: small letters, figures and hyphens. It stays.`}
            required
            value={form.values.code}
            wrong={form.wrong('code')}
            onChange={(code) => form.set({ code })}
            spellCheck={false}
          />
          <SelectField
            label={t`Client`}
            value={form.values.clientId}
            wrong={form.wrong('clientId')}
            onChange={(clientId) => form.set({ clientId })}
            options={[
              { value: '', label: t`all clients` },
              ...clients.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        </div>
      ) : (
        <>
          <p className="second">
            <code>{outcome.code}</code> · {clientName(outcome.clientId)}
          </p>
          <CheckField
            label={t`Active`}
            hint={t`One that is not active is not offered any more; what was completed with it keeps it.`}
            checked={form.values.active}
            onChange={(active) => form.set({ active })}
          />
        </>
      )}
    </FormFrame>
  );
}

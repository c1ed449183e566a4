import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Competency, CompetencyKind } from '#src/modules/competencies/contract.ts';
import { api } from '#web/link/api.ts';
import { CheckField, SelectField, TextField } from '#web/ui/field.tsx';
import { NotLoaded } from '../failure.tsx';
import { nameIn, useLanguage } from '../language.ts';
import { ActiveState, List, NewButton, PageHead, useClientName, useClients, useRecordId } from './parts.tsx';
import { FormFrame, useRecordForm } from './record-form.tsx';

export function useCompetencies() {
  return useQuery({
    queryKey: ['competencies', 'all'],
    queryFn: () => api.all<Competency>('/api/competencies'),
  });
}

function useKinds(): Record<CompetencyKind, string> {
  const { t } = useLingui();
  return { communication: t`communication`, technical: t`technical`, 'client-specific': t`client-specific` };
}

export function Competencies() {
  const { t } = useLingui();
  const language = useLanguage();
  const kinds = useKinds();
  const clientName = useClientName();
  return (
    <>
      <PageHead
        title={t`Competencies`}
        second={t`What an agent masters. Interaction types ask for them, and each agent is assessed at least once a year (6.4).`}
      >
        <NewButton to="/office/competencies/$id">
          <Trans>New competency</Trans>
        </NewButton>
      </PageHead>
      <List<Competency>
        label={t`Competencies`}
        queryKey={['competencies', 'list']}
        path="/api/competencies"
        keyOf={({ id }) => id}
        quiet={({ active }) => !active}
        columns={[
          {
            head: t`Name`,
            cell: (one) => (
              <Link to="/office/competencies/$id" params={{ id: one.id }}>
                {nameIn(language, one)}
              </Link>
            ),
          },
          { head: t`Kind`, cell: ({ kind }) => kinds[kind] },
          { head: t`Client`, cell: ({ clientId }) => clientName(clientId) },
          { head: t`State`, cell: ({ active }) => <ActiveState active={active} /> },
        ]}
        empty={
          <>
            <h2>
              <Trans>No competency yet</Trans>
            </h2>
            <p>
              <Trans>Add the languages and subjects that your interactions ask for.</Trans>
            </p>
          </>
        }
      />
    </>
  );
}

export function CompetencyRecord() {
  const { t } = useLingui();
  const language = useLanguage();
  const id = useRecordId();
  const creating = id === 'new';
  const all = useCompetencies();
  const one = all.data?.find((competency) => competency.id === id);
  return (
    <>
      <PageHead
        title={creating ? t`New competency` : one === undefined ? t`Competency` : nameIn(language, one)}
        back={{ to: '/office/competencies', label: t`Competencies` }}
      />
      {creating || one !== undefined ? (
        <div className="record">
          <CompetencyForm key={id} competency={one} />
        </div>
      ) : (
        <Absent query={all} />
      )}
    </>
  );
}

/** A record that is looked up in its list: loading, failed, or not there. */
export function Absent({
  query,
}: {
  query: { isError: boolean; isPending: boolean; error: unknown; refetch: () => unknown };
}) {
  if (query.isError) return <NotLoaded error={query.error} again={() => void query.refetch()} />;
  if (query.isPending)
    return (
      <div className="skeleton" aria-hidden="true">
        <i />
        <i />
      </div>
    );
  return (
    <div className="empty">
      <h2>
        <Trans>There is nothing here</Trans>
      </h2>
      <p>
        <Trans>It does not exist, or it is not yours to see.</Trans>
      </p>
    </div>
  );
}

function CompetencyForm({ competency }: { competency: Competency | undefined }) {
  const { t } = useLingui();
  const kinds = useKinds();
  const navigate = useNavigate();
  const clients = useClients().data ?? [];
  const clientName = useClientName();
  const form = useRecordForm({
    name: `competency.${competency?.id ?? 'new'}`,
    initial: {
      clientId: competency?.clientId ?? '',
      kind: competency?.kind ?? 'communication',
      nameEn: competency?.nameEn ?? '',
      nameFr: competency?.nameFr ?? '',
      active: competency?.active ?? true,
    },
    renews: ['competencies'],
    save: ({ clientId, kind, nameEn, nameFr, active }, key) =>
      competency === undefined
        ? api.post<Competency>(
            '/api/competencies',
            { clientId: clientId === '' ? null : clientId, kind, nameEn, nameFr },
            { key },
          )
        : api.patch<Competency>(`/api/competencies/${competency.id}`, { nameEn, nameFr, active }),
    done: (saved) => {
      if (competency === undefined)
        void navigate({
          to: '/office/competencies/$id',
          params: { id: (saved as Competency).id },
          replace: true,
        });
    },
  });
  return (
    <FormFrame form={form} creating={competency === undefined}>
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
      {competency === undefined ? (
        <div className="pair">
          <SelectField
            label={t`Kind`}
            value={form.values.kind}
            wrong={form.wrong('kind')}
            onChange={(kind) => form.set({ kind: kind as CompetencyKind })}
            options={Object.entries(kinds).map(([value, label]) => ({ value, label }))}
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
            {kinds[competency.kind]} · {clientName(competency.clientId)}
          </p>
          <CheckField
            label={t`Active`}
            hint={t`One that is not active cannot be asked for by new types.`}
            checked={form.values.active}
            onChange={(active) => form.set({ active })}
          />
        </>
      )}
    </FormFrame>
  );
}

import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Client } from '#src/modules/clients/contract.ts';
import { api } from '#web/link/api.ts';
import { CheckField, TextField } from '#web/ui/field.tsx';
import { day } from '#web/ui/time.ts';
import { NotLoaded } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { ActiveState, List, NewButton, PageHead, useRecordId } from './parts.tsx';
import { FormFrame, useRecordForm } from './record-form.tsx';

export function Clients() {
  const { t } = useLingui();
  const language = useLanguage();
  return (
    <>
      <PageHead title={t`Clients`} second={t`The organisations that you answer for.`}>
        <NewButton to="/office/clients/$id">
          <Trans>New client</Trans>
        </NewButton>
      </PageHead>
      <List<Client>
        label={t`Clients`}
        queryKey={['clients']}
        path="/api/clients"
        keyOf={({ id }) => id}
        quiet={({ active }) => !active}
        columns={[
          {
            head: t`Name`,
            cell: ({ id, name }) => (
              <Link to="/office/clients/$id" params={{ id }}>
                {name}
              </Link>
            ),
          },
          { head: t`Short name`, cell: ({ slug }) => slug },
          { head: t`State`, cell: ({ active }) => <ActiveState active={active} /> },
          { head: t`Since`, cell: ({ createdAt }) => day(createdAt, language) },
        ]}
        empty={
          <>
            <h2>
              <Trans>No client yet</Trans>
            </h2>
            <p>
              <Trans>
                A client is an organisation that you answer for. Its channels, types, competencies and
                outcomes hang on it.
              </Trans>
            </p>
            <Link className="button" to="/setup">
              <Trans>Make a ready client</Trans>
            </Link>
          </>
        }
      />
    </>
  );
}

export function ClientRecord() {
  const { t } = useLingui();
  const id = useRecordId();
  const creating = id === 'new';
  const client = useQuery({
    queryKey: ['clients', 'one', id],
    queryFn: () => api.get<Client>(`/api/clients/${id}`),
    enabled: !creating,
  });
  return (
    <>
      <PageHead
        title={creating ? t`New client` : (client.data?.name ?? t`Client`)}
        back={{ to: '/office/clients', label: t`Clients` }}
      />
      {client.isError ? (
        <NotLoaded error={client.error} again={() => void client.refetch()} />
      ) : creating || client.data !== undefined ? (
        <div className="record">
          <ClientForm key={id} client={client.data} />
          {client.data !== undefined && (
            <section>
              <h2>
                <Trans>What hangs on it</Trans>
              </h2>
              <p className="spread wrap">
                <Link to="/office/types" search={{ client: id }}>
                  <Trans>Interaction types</Trans>
                </Link>
                <Link to="/office/outcomes" search={{ client: id }}>
                  <Trans>Outcomes</Trans>
                </Link>
                <Link to="/office/interactions" search={{ client: id }}>
                  <Trans>Interactions</Trans>
                </Link>
              </p>
            </section>
          )}
        </div>
      ) : (
        <div className="skeleton" aria-hidden="true">
          <i />
          <i />
        </div>
      )}
    </>
  );
}

function ClientForm({ client }: { client: Client | undefined }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const form = useRecordForm({
    name: `client.${client?.id ?? 'new'}`,
    initial: { name: client?.name ?? '', slug: client?.slug ?? '', active: client?.active ?? true },
    renews: ['clients', 'session'],
    save: ({ name, slug, active }, key) =>
      client === undefined
        ? api.post<Client>('/api/clients', { name, ...(slug === '' ? {} : { slug }) }, { key })
        : api.patch<Client>(`/api/clients/${client.id}`, { name, active }),
    done: (saved) => {
      if (client === undefined)
        void navigate({ to: '/office/clients/$id', params: { id: (saved as Client).id }, replace: true });
    },
  });
  return (
    <FormFrame form={form} creating={client === undefined}>
      <TextField
        label={t`Name`}
        hint={t`As customers know it.`}
        required
        maxLength={120}
        value={form.values.name}
        wrong={form.wrong('name')}
        onChange={(name) => form.set({ name })}
      />
      {client === undefined ? (
        <TextField
          label={t`Short name`}
          hint={t`For addresses: small letters, figures and hyphens. Left empty, it is made from the name.`}
          value={form.values.slug}
          wrong={form.wrong('slug')}
          onChange={(slug) => form.set({ slug })}
          spellCheck={false}
        />
      ) : (
        <CheckField
          label={t`Active`}
          hint={t`A client that is not active takes no new interactions.`}
          checked={form.values.active}
          onChange={(active) => form.set({ active })}
        />
      )}
    </FormFrame>
  );
}

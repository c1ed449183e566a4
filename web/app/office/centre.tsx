import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Centre } from '#src/modules/clients/contract.ts';
import { api } from '#web/link/api.ts';
import { TextField } from '#web/ui/field.tsx';
import { NotLoaded } from '../failure.tsx';
import { useMay } from '../session.ts';
import { PageHead } from './parts.tsx';
import { FormFrame, useRecordForm } from './record-form.tsx';

export function CentreRecord() {
  const { t } = useLingui();
  const administrator = useMay('administrator');
  const centre = useQuery({ queryKey: ['centre'], queryFn: () => api.get<Centre>('/api/centre') });
  return (
    <>
      <PageHead
        title={t`Contact centre`}
        second={t`Who answers on the clients’ behalf. Customers read the name before they write.`}
      />
      {centre.isError ? (
        <NotLoaded error={centre.error} again={() => void centre.refetch()} />
      ) : centre.data === undefined ? (
        <div className="skeleton" aria-hidden="true">
          <i />
        </div>
      ) : (
        <div className="record">
          <CentreForm centre={centre.data} />
          {administrator && (
            <section>
              <h2>
                <Trans>Try it</Trans>
              </h2>
              <p className="second">
                <Trans>A ready client comes with everything needed to chat with yourself in two tabs.</Trans>
              </p>
              <div>
                <Link className="button" to="/setup">
                  <Trans>Make a ready client</Trans>
                </Link>
              </div>
            </section>
          )}
        </div>
      )}
    </>
  );
}

function CentreForm({ centre }: { centre: Centre }) {
  const { t } = useLingui();
  const form = useRecordForm({
    name: 'centre',
    initial: centre,
    renews: ['centre', 'session'],
    save: ({ name }) => api.put('/api/centre', { name }),
  });
  return (
    <FormFrame form={form}>
      <TextField
        label={t`Name`}
        required
        maxLength={120}
        value={form.values.name}
        wrong={form.wrong('name')}
        onChange={(name) => form.set({ name })}
      />
    </FormFrame>
  );
}

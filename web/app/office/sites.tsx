import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Site } from '#src/modules/organisation/contract.ts';
import { api } from '#web/link/api.ts';
import { CheckField, TextField } from '#web/ui/field.tsx';
import { useNow } from '#web/ui/tick.ts';
import { useTeams } from '../desk/naming.ts';
import { nameIn, useLanguage } from '../language.ts';
import { useMay } from '../session.ts';
import { Absent } from './competencies.tsx';
import { useSites } from './lists.ts';
import { ActiveState, List, NewButton, PageHead, useRecordId } from './parts.tsx';
import { FormFrame, useRecordForm } from './record-form.tsx';
import { Related } from './related.tsx';
import { ZoneField } from './zone-field.tsx';
import { clockThere, offsetWords, zoneHere } from './zones.ts';

export function Sites() {
  const { t } = useLingui();
  const teams = useTeams().data;
  const now = useNow();
  return (
    <>
      <PageHead
        title={t`Sites`}
        second={t`Where people work. Each site has its time zone, and its teams may be asked together.`}
      >
        <NewButton to="/office/sites/$id">
          <Trans>New site</Trans>
        </NewButton>
      </PageHead>
      <List<Site>
        label={t`Sites`}
        queryKey={['sites']}
        path="/api/sites"
        keyOf={({ id }) => id}
        quiet={({ active }) => !active}
        columns={[
          {
            head: t`Name`,
            cell: ({ id, name }) => (
              <Link to="/office/sites/$id" params={{ id }}>
                {name}
              </Link>
            ),
          },
          {
            head: t`Time zone`,
            cell: ({ timeZone }) => (
              <>
                {timeZone.replaceAll('_', ' ')} <span className="quiet">{offsetWords(timeZone, now)}</span>
              </>
            ),
          },
          { head: t`Time there`, cell: ({ timeZone }) => clockThere(timeZone, now), num: true },
          {
            head: t`Teams`,
            num: true,
            cell: ({ id }) =>
              teams === undefined ? '…' : teams.filter((team) => team.siteId === id && team.active).length,
          },
          { head: t`State`, cell: ({ active }) => <ActiveState active={active} /> },
        ]}
        empty={
          <>
            <h2>
              <Trans>No site yet</Trans>
            </h2>
            <p>
              <Trans>
                A site is needed for teams only. Without teams, work is shared among all who master it.
              </Trans>
            </p>
          </>
        }
      />
    </>
  );
}

export function SiteRecord() {
  const { t } = useLingui();
  const language = useLanguage();
  const id = useRecordId();
  const creating = id === 'new';
  const all = useSites();
  const site = all.data?.find((one) => one.id === id);
  const teams = useTeams();
  const administrator = useMay('administrator');
  return (
    <>
      <PageHead
        title={creating ? t`New site` : (site?.name ?? t`Site`)}
        back={{ to: '/office/sites', label: t`Sites` }}
      />
      {creating || site !== undefined ? (
        <div className="record">
          <SiteForm key={id} site={site} />
          {site !== undefined && (
            <section>
              <h2>
                <Trans>Teams</Trans>
              </h2>
              <Related
                query={teams}
                belongs={(team) => team.siteId === id && team.active}
                to="/office/teams/$id"
                name={(team) => nameIn(language, team)}
                second={({ members }) => <Plural value={members.length} one="# member" other="# members" />}
                none={administrator ? t`No team in use works here.` : t`No team that you may see works here.`}
              />
            </section>
          )}
        </div>
      ) : (
        <Absent query={all} />
      )}
    </>
  );
}

function SiteForm({ site }: { site: Site | undefined }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const form = useRecordForm({
    name: `site.${site?.id ?? 'new'}`,
    version: site?.version,
    initial: {
      name: site?.name ?? '',
      timeZone: site?.timeZone ?? zoneHere(),
      active: site?.active ?? true,
    },
    renews: ['sites'],
    marks: { 'time-zone-unknown': 'timeZone', 'site-in-use': 'active' },
    save: ({ name, timeZone, active }, key) =>
      site === undefined
        ? api.post<Site>('/api/sites', { name, timeZone }, { key })
        : api.patch<Site>(`/api/sites/${site.id}`, { name, timeZone, active, version: site.version }),
    done: (saved) => {
      if (site === undefined)
        void navigate({ to: '/office/sites/$id', params: { id: (saved as Site).id }, replace: true });
    },
  });
  const { values, set, wrong } = form;
  return (
    <FormFrame form={form} creating={site === undefined}>
      <div className="pair">
        <TextField
          label={t`Name`}
          required
          maxLength={120}
          value={values.name}
          wrong={wrong('name')}
          onChange={(name) => set({ name })}
        />
        <ZoneField
          value={values.timeZone}
          wrong={wrong('timeZone')}
          disabled={form.readOnly}
          onChange={(timeZone) => set({ timeZone })}
        />
      </div>
      {site !== undefined && (
        <CheckField
          label={t`Active`}
          hint={t`A site is taken out of use once no team in use works there.`}
          wrong={wrong('active')}
          checked={values.active}
          onChange={(active) => set({ active })}
        />
      )}
    </FormFrame>
  );
}

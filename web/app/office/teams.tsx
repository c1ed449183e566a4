import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Site, Team } from '#src/modules/organisation/contract.ts';
import { api } from '#web/link/api.ts';
import { CheckField, SelectField, TextField } from '#web/ui/field.tsx';
import { useTypes } from '../desk/naming.ts';
import { nameIn, useLanguage } from '../language.ts';
import { useMay } from '../session.ts';
import { Absent } from './competencies.tsx';
import { typesAsking, useSites } from './lists.ts';
import { ActiveState, List, NewButton, PageHead, useClientName, useRecordId } from './parts.tsx';
import { PeopleField } from './people-field.tsx';
import { FormFrame, useRecordForm } from './record-form.tsx';
import { Related } from './related.tsx';

export function Teams() {
  const { t } = useLingui();
  const language = useLanguage();
  const administrator = useMay('administrator');
  const sites = useSites().data;
  const types = useTypes().data;
  return (
    <>
      <PageHead
        title={t`Teams`}
        second={
          administrator
            ? t`People of a site who work together. An interaction type may ask one team first, and others later.`
            : t`The teams of those who work for your clients, and of their members those.`
        }
      >
        {sites?.some(({ active }) => active) && (
          <NewButton to="/office/teams/$id">
            <Trans>New team</Trans>
          </NewButton>
        )}
      </PageHead>
      <List<Team>
        label={t`Teams`}
        queryKey={['teams']}
        path="/api/teams"
        keyOf={({ id }) => id}
        quiet={({ active }) => !active}
        columns={[
          {
            head: t`Name`,
            cell: (team) => (
              <Link to="/office/teams/$id" params={{ id: team.id }}>
                {nameIn(language, team)}
              </Link>
            ),
          },
          {
            head: t`Site`,
            cell: ({ siteId }) => sites?.find((site) => site.id === siteId)?.name ?? '…',
          },
          { head: t`Members`, cell: ({ members }) => members.length, num: true },
          {
            head: t`Asked by`,
            cell: ({ id }) => {
              if (types === undefined) return '…';
              const asking = typesAsking(types, id);
              return asking.length === 0 ? (
                <span className="quiet">{t`no type`}</span>
              ) : (
                asking.map((type) => nameIn(language, type)).join(', ')
              );
            },
          },
          { head: t`State`, cell: ({ active }) => <ActiveState active={active} /> },
        ]}
        empty={
          <>
            <h2>
              <Trans>No team yet</Trans>
            </h2>
            <p>
              <Trans>Without teams, work is shared among all who master it.</Trans>
            </p>
            {administrator && sites?.length === 0 && (
              <>
                <p>
                  <Trans>A team works at a site. Make a site first.</Trans>
                </p>
                <Link className="button" to="/office/sites/$id" params={{ id: 'new' }}>
                  <Trans>New site</Trans>
                </Link>
              </>
            )}
          </>
        }
      />
    </>
  );
}

export function TeamRecord() {
  const { t } = useLingui();
  const language = useLanguage();
  const id = useRecordId();
  const creating = id === 'new';
  const team = useQuery({
    queryKey: ['teams', 'one', id],
    queryFn: () => api.get<Team>(`/api/teams/${id}`),
    enabled: !creating,
  });
  const sites = useSites();
  const types = useTypes();
  const clientName = useClientName();
  const administrator = useMay('administrator');
  return (
    <>
      <PageHead
        title={creating ? t`New team` : team.data === undefined ? t`Team` : nameIn(language, team.data)}
        back={{ to: '/office/teams', label: t`Teams` }}
      />
      {(creating || team.data !== undefined) && sites.data !== undefined ? (
        <div className="record">
          <TeamForm key={id} team={team.data} sites={sites.data} />
          {team.data !== undefined && (
            <section>
              <h2>
                <Trans>Asked by</Trans>
              </h2>
              <Related
                query={types}
                belongs={(type) => typesAsking([type], id).length > 0}
                to="/office/types/$id"
                name={(type) => nameIn(language, type)}
                second={({ clientId }) => clientName(clientId)}
                none={
                  administrator
                    ? t`No interaction type asks this team.`
                    : t`No interaction type of your clients asks this team.`
                }
              />
            </section>
          )}
        </div>
      ) : (
        <Absent query={sites.data === undefined ? sites : team} />
      )}
    </>
  );
}

function TeamForm({ team, sites }: { team: Team | undefined; sites: Site[] }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const usable = sites.filter(({ id, active }) => active || id === team?.siteId);
  const form = useRecordForm({
    name: `team.${team?.id ?? 'new'}`,
    version: team?.version,
    initial: {
      siteId: team?.siteId ?? usable[0]?.id ?? '',
      nameEn: team?.nameEn ?? '',
      nameFr: team?.nameFr ?? '',
      members: team?.members ?? [],
      active: team?.active ?? true,
    },
    renews: ['teams'],
    marks: { 'site-unknown': 'siteId', 'person-unknown': 'members', 'team-in-use': 'active' },
    save: ({ siteId, nameEn, nameFr, members, active }, key) =>
      team === undefined
        ? api.post<Team>('/api/teams', { siteId, nameEn, nameFr, members }, { key })
        : api.patch<Team>(`/api/teams/${team.id}`, {
            // A site out of use is refused; the team may stay there as long as it does not move.
            ...(siteId === team.siteId ? {} : { siteId }),
            nameEn,
            nameFr,
            members,
            active,
            version: team.version,
          }),
    done: (saved) => {
      if (team === undefined)
        void navigate({ to: '/office/teams/$id', params: { id: (saved as Team).id }, replace: true });
    },
  });
  const { values, set, wrong } = form;
  if (usable.length === 0)
    return (
      <p>
        <Trans>A team works at a site. Make a site first.</Trans>{' '}
        <Link to="/office/sites/$id" params={{ id: 'new' }}>
          <Trans>New site</Trans>
        </Link>
      </p>
    );
  return (
    <FormFrame form={form} creating={team === undefined}>
      <div className="pair">
        <TextField
          label={t`Name in English`}
          required
          maxLength={120}
          value={values.nameEn}
          wrong={wrong('nameEn')}
          onChange={(nameEn) => set({ nameEn })}
        />
        <TextField
          label={t`Name in French`}
          required
          maxLength={120}
          value={values.nameFr}
          wrong={wrong('nameFr')}
          onChange={(nameFr) => set({ nameFr })}
        />
      </div>
      <SelectField
        label={t`Site`}
        value={values.siteId}
        wrong={wrong('siteId')}
        onChange={(siteId) => set({ siteId })}
        options={usable.map(({ id, name }) => ({ value: id, label: name }))}
      />
      <PeopleField
        label={t`Members`}
        addLabel={t`Add somebody`}
        value={values.members}
        wrong={wrong('members')}
        readOnly={form.readOnly}
        onChange={(members) => set({ members })}
      />
      {team !== undefined && (
        <CheckField
          label={t`Active`}
          hint={t`A team is taken out of use once no interaction type in use asks it.`}
          wrong={wrong('active')}
          checked={values.active}
          onChange={(active) => set({ active })}
        />
      )}
    </FormFrame>
  );
}

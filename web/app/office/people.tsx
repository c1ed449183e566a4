import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Assessment } from '#src/modules/competencies/contract.ts';
import type { Person } from '#src/modules/people/contract.ts';
import type { Role } from '#src/platform/identity/contract.ts';
import { api } from '#web/link/api.ts';
import { problemOf } from '#web/link/problem.ts';
import { CheckField, CheckList, SelectField, TextField } from '#web/ui/field.tsx';
import { State } from '#web/ui/icon.tsx';
import { day } from '#web/ui/time.ts';
import { Failure, NotLoaded } from '../failure.tsx';
import { nameIn, useLanguage } from '../language.ts';
import { useMay } from '../session.ts';
import { passwordLengthMin } from '../start/first-account.tsx';
import { assessmentState, isoDay, newestOfEach, oneYearAfter } from './assessments.ts';
import { Bars } from './bars.tsx';
import { useCompetencies } from './competencies.tsx';
import { ActiveState, List, NewButton, PageHead, useClientName, useClients, useRecordId } from './parts.tsx';
import { FormFrame, useRecordForm } from './record-form.tsx';

function useRoles(): Record<Role, string> {
  const { t } = useLingui();
  return { administrator: t`administrator`, supervisor: t`supervisor`, agent: t`agent` };
}

export function People() {
  const { t } = useLingui();
  const roles = useRoles();
  const clientName = useClientName();
  return (
    <>
      <PageHead
        title={t`People`}
        second={t`Who works here, what they may do, for whom, and how much at once.`}
      >
        <NewButton to="/office/people/$id">
          <Trans>New person</Trans>
        </NewButton>
      </PageHead>
      <List<Person>
        label={t`People`}
        queryKey={['people']}
        path="/api/people"
        keyOf={({ id }) => id}
        quiet={({ active }) => !active}
        columns={[
          {
            head: t`Name`,
            cell: ({ id, name }) => (
              <Link to="/office/people/$id" params={{ id }}>
                {name}
              </Link>
            ),
          },
          { head: t`E-mail`, cell: ({ email }) => email },
          { head: t`Roles`, cell: (person) => person.roles.map((role) => roles[role]).join(', ') },
          {
            head: t`Clients`,
            cell: (person) =>
              person.clients.length === 0 ? (
                <span className="quiet">–</span>
              ) : (
                person.clients.map((id) => clientName(id)).join(', ')
              ),
          },
          { head: t`Chats at once`, cell: ({ capacity }) => capacity.chat ?? 0, num: true },
          { head: t`State`, cell: ({ active }) => <ActiveState active={active} /> },
        ]}
        empty={
          <h2>
            <Trans>Nobody yet</Trans>
          </h2>
        }
      />
    </>
  );
}

export function PersonRecord() {
  const { t } = useLingui();
  const id = useRecordId();
  const creating = id === 'new';
  const person = useQuery({
    queryKey: ['people', 'one', id],
    queryFn: () => api.get<Person>(`/api/people/${id}`),
    enabled: !creating,
  });
  return (
    <>
      <PageHead
        title={creating ? t`New person` : (person.data?.name ?? t`Person`)}
        second={person.data?.email}
        back={{ to: '/office/people', label: t`People` }}
      />
      {person.isError ? (
        <NotLoaded error={person.error} again={() => void person.refetch()} />
      ) : creating || person.data !== undefined ? (
        <div className="record">
          <PersonForm key={id} person={person.data} />
          {person.data?.roles.includes('agent') && (
            <>
              <Assessments person={person.data} />
              <Bars person={person.data} />
            </>
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

function PersonForm({ person }: { person: Person | undefined }) {
  const { t } = useLingui();
  const roles = useRoles();
  const navigate = useNavigate();
  const clients = useClients().data ?? [];
  const form = useRecordForm({
    name: `person.${person?.id ?? 'new'}`,
    version: person?.version,
    initial: {
      email: person?.email ?? '',
      name: person?.name ?? '',
      roles: person?.roles ?? (['agent'] as Role[]),
      language: person?.language ?? 'en',
      active: person?.active ?? true,
      clients: person?.clients ?? [],
      chat: String(person?.capacity.chat ?? (person === undefined ? 3 : 0)),
      password: '',
    },
    renews: ['people', 'session', 'presence'],
    save: ({ email, name, roles: held, language, active, clients: ofClients, chat, password }, key) => {
      const capacity = { ...person?.capacity, chat: Number(chat) };
      return person === undefined
        ? api.post<Person>(
            '/api/people',
            { email, name, roles: held, language, password, clients: ofClients, capacity },
            { key },
          )
        : api.patch<Person>(`/api/people/${person.id}`, {
            name,
            roles: held,
            language,
            active,
            clients: ofClients,
            capacity,
            ...(password === '' ? {} : { password }),
            version: person.version,
          });
    },
    done: (saved) => {
      if (person === undefined)
        void navigate({ to: '/office/people/$id', params: { id: (saved as Person).id }, replace: true });
    },
  });
  const { values, set, wrong } = form;
  return (
    <FormFrame form={form} creating={person === undefined}>
      <div className="pair">
        <TextField
          label={t`Name`}
          required
          maxLength={120}
          value={values.name}
          wrong={wrong('name')}
          onChange={(name) => set({ name })}
          autoComplete="off"
        />
        <TextField
          label={t`E-mail`}
          hint={person === undefined ? t`To sign in with.` : t`To sign in with; it stays.`}
          type="email"
          required
          disabled={person !== undefined}
          value={values.email}
          wrong={wrong('email')}
          onChange={(email) => set({ email })}
          autoComplete="off"
          spellCheck={false}
        />
      </div>
      <div className="pair">
        <TextField
          label={person === undefined ? t`First password` : t`New password`}
          hint={
            person === undefined
              ? t`At least ${passwordLengthMin} characters. They can change it in their preferences.`
              : t`Left empty, it stays as it is. At least ${passwordLengthMin} characters.`
          }
          type="password"
          required={person === undefined}
          value={values.password}
          wrong={wrong('password')}
          onChange={(password) => set({ password })}
          autoComplete="new-password"
        />
        <SelectField
          label={t`Language`}
          value={values.language}
          onChange={(language) => set({ language: language === 'fr' ? 'fr' : 'en' })}
          options={[
            { value: 'en', label: 'English' },
            { value: 'fr', label: 'Français' },
          ]}
        />
      </div>
      <div className="pair">
        <CheckList
          label={t`Roles`}
          wrong={wrong('roles')}
          value={values.roles}
          onChange={(held) => set({ roles: held as Role[] })}
          options={Object.entries(roles).map(([value, label]) => ({ value, label }))}
        />
        <CheckList
          label={t`Works for`}
          hint={
            clients.length === 0
              ? t`There is no client yet.`
              : t`Agents are offered only these clients’ work; supervisors see only these.`
          }
          wrong={wrong('clients')}
          value={values.clients}
          onChange={(ofClients) => set({ clients: ofClients })}
          options={clients.map((client) => ({ value: client.id, label: client.name }))}
        />
      </div>
      <div className="capacity">
        <TextField
          label={t`Chats at once`}
          type="number"
          min={0}
          max={20}
          value={values.chat}
          wrong={wrong('capacity.chat') ?? wrong('capacity')}
          onChange={(chat) => set({ chat })}
        />
      </div>
      {person !== undefined && (
        <CheckField
          label={t`Active`}
          hint={t`Somebody who is not active cannot sign in; open sessions end at once.`}
          checked={values.active}
          onChange={(active) => set({ active })}
        />
      )}
    </FormFrame>
  );
}

function Assessments({ person }: { person: Person }) {
  const { t } = useLingui();
  const language = useLanguage();
  const administrator = useMay('administrator');
  const today = isoDay(new Date());
  const competencies = useCompetencies();
  const query = useQuery({
    queryKey: ['assessments', person.id],
    queryFn: () => api.get<{ items: Assessment[] }>(`/api/people/${person.id}/assessments`),
  });
  const nameOf = (id: string) => {
    const one = competencies.data?.find((competency) => competency.id === id);
    return one === undefined ? '…' : nameIn(language, one);
  };
  const items = query.data?.items ?? [];
  const newest = newestOfEach(items);
  const older = items.filter((item) => !newest.includes(item));
  const row = (one: Assessment, counts: boolean) => {
    const state = assessmentState(one, today);
    return (
      <tr key={one.id} className={counts ? undefined : 'quiet-row'}>
        <th scope="row">{nameOf(one.competencyId)}</th>
        <td className="num">{t`${one.level} of 5`}</td>
        <td>{day(one.assessedOn, language)}</td>
        <td>{day(one.validUntil, language)}</td>
        <td>
          {!counts ? (
            <Trans>replaced</Trans>
          ) : state.is === 'valid' ? (
            <State tone="in">
              <Trans>valid</Trans>
            </State>
          ) : state.is === 'soon' ? (
            <State tone="close">
              <Plural value={state.days} one="# day left" other="# days left" />
            </State>
          ) : (
            <State tone="breached">
              <Trans>lapsed: not offered what asks for it</Trans>
            </State>
          )}
        </td>
      </tr>
    );
  };
  return (
    <section aria-labelledby="assessments">
      <h2 id="assessments">
        <Trans>Assessments</Trans>
      </h2>
      <p className="second">
        <Trans>The newest of each competency counts, for a year at most (6.4).</Trans>
      </p>
      {query.isError ? (
        <NotLoaded error={query.error} again={() => void query.refetch()} />
      ) : items.length === 0 ? (
        query.isPending ? (
          <div className="skeleton" aria-hidden="true">
            <i />
          </div>
        ) : (
          <p>
            <Trans>Not assessed yet: nothing that asks for a competency is offered.</Trans>
          </p>
        )
      ) : (
        <div className="scroll" role="region" aria-label={t`Table of assessments`} tabIndex={0}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t`Competency`}</th>
                <th scope="col" className="num">{t`Level`}</th>
                <th scope="col">{t`Assessed on`}</th>
                <th scope="col">{t`Counts until`}</th>
                <th scope="col">{t`State`}</th>
              </tr>
            </thead>
            <tbody>
              {newest.map((one) => row(one, true))}
              {older.map((one) => row(one, false))}
            </tbody>
          </table>
        </div>
      )}
      {administrator && <Assess person={person} today={today} />}
    </section>
  );
}

function Assess({ person, today }: { person: Person; today: string }) {
  const { t } = useLingui();
  const language = useLanguage();
  const queries = useQueryClient();
  const competencies = (useCompetencies().data ?? []).filter(
    ({ active, clientId }) => active && (clientId === null || person.clients.includes(clientId)),
  );
  const [competencyId, setCompetencyId] = useState('');
  const [level, setLevel] = useState('3');
  const [assessedOn, setAssessedOn] = useState(today);
  const [validUntil, setValidUntil] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const chosen = competencyId || competencies[0]?.id || '';
  const wrong = problemOf(error)?.fields ?? {};
  const latest = oneYearAfter(assessedOn);

  if (competencies.length === 0)
    return (
      <p className="second">
        <Trans>There is no competency to assess yet.</Trans>{' '}
        <Link to="/office/competencies">{t`Competencies`}</Link>
      </p>
    );
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await api.post(
        `/api/people/${person.id}/assessments`,
        {
          competencyId: chosen,
          level: Number(level),
          assessedOn,
          ...(validUntil === '' ? {} : { validUntil }),
        },
        { key: crypto.randomUUID() },
      );
      await queries.invalidateQueries({ queryKey: ['assessments', person.id] });
      setValidUntil('');
    } catch (why) {
      setError(why);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="form" onSubmit={submit}>
      <h3>
        <Trans>Record an assessment</Trans>
      </h3>
      <Failure error={error} />
      <div className="pair">
        <SelectField
          label={t`Competency`}
          value={chosen}
          wrong={wrong.competencyId}
          onChange={setCompetencyId}
          options={competencies.map((one) => ({ value: one.id, label: nameIn(language, one) }))}
        />
        <SelectField
          label={t`Level`}
          value={level}
          wrong={wrong.level}
          onChange={setLevel}
          options={[0, 1, 2, 3, 4, 5].map((value) => ({
            value: String(value),
            label: value === 0 ? t`0, not mastered` : t`${value} of 5`,
          }))}
        />
      </div>
      <div className="pair">
        <TextField
          label={t`Assessed on`}
          type="date"
          required
          max={today}
          value={assessedOn}
          wrong={wrong.assessedOn}
          onChange={setAssessedOn}
        />
        <TextField
          label={t`Counts until`}
          hint={latest === undefined ? undefined : t`Left empty: a year, until ${day(latest, language)}.`}
          type="date"
          min={assessedOn}
          max={latest}
          value={validUntil}
          wrong={wrong.validUntil}
          onChange={setValidUntil}
        />
      </div>
      <div>
        <button type="submit" className="button" disabled={busy}>
          <Trans>Record the assessment</Trans>
        </button>
      </div>
    </form>
  );
}

import { Trans, useLingui } from '@lingui/react/macro';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { InteractionType, TypePause } from '#src/modules/interactions/contract.ts';
import { api, withQuery } from '#web/link/api.ts';
import { CheckField, SelectField, TextField } from '#web/ui/field.tsx';
import { Icon, Shape, State } from '#web/ui/icon.tsx';
import { useNow } from '#web/ui/tick.ts';
import { dayAndTime } from '#web/ui/time.ts';
import { useTypes } from '../desk/naming.ts';
import { nameIn, useLanguage } from '../language.ts';
import { Absent, useCompetencies } from './competencies.tsx';
import { useHours } from './lists.ts';
import {
  ActiveState,
  ClientFilter,
  List,
  NewButton,
  PageHead,
  useClientName,
  useClients,
  usePersonName,
  useRecordId,
} from './parts.tsx';
import { FormFrame, unfit, useRecordForm } from './record-form.tsx';
import { draftOf, readRouting } from './routing-draft.ts';
import { RoutingFields, useRoutingWords } from './routing-fields.tsx';

const route = getRouteApi('/office/types');

export function Types() {
  const { t } = useLingui();
  const language = useLanguage();
  const clientName = useClientName();
  const competencies = useCompetencies().data ?? [];
  const now = useNow();
  const { client } = route.useSearch();
  const skill = (id: string) => {
    const one = competencies.find((competency) => competency.id === id);
    return one === undefined ? '…' : nameIn(language, one);
  };
  return (
    <>
      <PageHead
        title={t`Interaction types`}
        second={t`What customers get in touch about, and what an agent must master to be offered it.`}
      >
        <NewButton to="/office/types/$id">
          <Trans>New type</Trans>
        </NewButton>
      </PageHead>
      <div className="filters">
        <ClientFilter client={client} to="/office/types" />
      </div>
      <List<InteractionType>
        label={t`Interaction types`}
        queryKey={['types', client]}
        path={withQuery('/api/interaction-types', { clientId: client })}
        keyOf={({ id }) => id}
        quiet={({ active }) => !active}
        columns={[
          {
            head: t`Name`,
            cell: (one) => (
              <Link to="/office/types/$id" params={{ id: one.id }}>
                {nameIn(language, one)}
              </Link>
            ),
          },
          { head: t`Client`, cell: ({ clientId }) => clientName(clientId) },
          {
            head: t`Asks for`,
            cell: ({ requires }) =>
              requires.length === 0 ? (
                <span className="quiet">{t`nothing special`}</span>
              ) : (
                requires.map(({ competencyId, level }) => t`${skill(competencyId)} (${level})`).join(', ')
              ),
          },
          { head: t`Priority`, cell: ({ priority }) => priority, num: true },
          { head: t`Offer stands`, cell: ({ offerSeconds }) => t`${offerSeconds} s`, num: true },
          {
            head: t`State`,
            cell: ({ active, paused }) =>
              active && isPaused(paused, now) ? (
                <State tone="close">
                  <Trans>paused</Trans>
                </State>
              ) : (
                <ActiveState active={active} />
              ),
          },
        ]}
        empty={
          <>
            <h2>
              <Trans>No interaction type yet</Trans>
            </h2>
            <p>
              <Trans>
                A chat channel brings interactions of one type. Make a client first, then its competencies,
                then a type that asks for them.
              </Trans>
            </p>
          </>
        }
      />
    </>
  );
}

/** One whose time has run out is none. */
const isPaused = (paused: TypePause | null, now: number): paused is TypePause =>
  paused !== null && (paused.until === null || Date.parse(paused.until) > now);

/** That it is held back by hand, by whom and why. */
function Paused({ paused }: { paused: TypePause }) {
  const { t } = useLingui();
  const language = useLanguage();
  const personName = usePersonName();
  const who = personName(paused.by) ?? t`somebody`;
  const since = dayAndTime(paused.at, language);
  const until = paused.until === null ? undefined : dayAndTime(paused.until, language);
  const { reason } = paused;
  return (
    <div className="alert close" role="note">
      <Shape tone="close" />
      <div>
        {until === undefined
          ? t`Paused by ${who} since ${since}.`
          : t`Paused by ${who} since ${since}, until ${until}.`}
        <p>{t`Nothing of it is offered meanwhile; what waits keeps its place. Reason: ${reason}`}</p>
      </div>
    </div>
  );
}

export function TypeRecord() {
  const { t } = useLingui();
  const language = useLanguage();
  const id = useRecordId();
  const creating = id === 'new';
  const all = useTypes();
  const one = all.data?.find((type) => type.id === id);
  const now = useNow();
  return (
    <>
      <PageHead
        title={
          creating ? t`New interaction type` : one === undefined ? t`Interaction type` : nameIn(language, one)
        }
        back={{ to: '/office/types', label: t`Interaction types` }}
      />
      {creating || one !== undefined ? (
        <div className="record">
          {one !== undefined && isPaused(one.paused, now) && <Paused paused={one.paused} />}
          <TypeForm key={id} type={one} />
        </div>
      ) : (
        <Absent query={all} />
      )}
    </>
  );
}

function TypeForm({ type }: { type: InteractionType | undefined }) {
  const { t } = useLingui();
  const language = useLanguage();
  const navigate = useNavigate();
  const clients = useClients().data ?? [];
  const clientName = useClientName();
  const competencies = useCompetencies().data ?? [];
  const hours = useHours().data ?? [];
  const routingWords = useRoutingWords();
  const form = useRecordForm({
    name: `type.${type?.id ?? 'new'}`,
    version: type?.version,
    initial: {
      clientId: type?.clientId ?? '',
      nameEn: type?.nameEn ?? '',
      nameFr: type?.nameFr ?? '',
      priority: String(type?.priority ?? 0),
      offerSeconds: String(type?.offerSeconds ?? 20),
      requires: type?.requires ?? [],
      routing: draftOf(type?.routing ?? {}, language),
      hoursId: type?.hoursId ?? '',
      active: type?.active ?? true,
    },
    renews: ['types'],
    marks: {
      'widening-without-requirement': 'routing.best',
      'steps-not-in-order': 'routing.steps',
      'no-team-at-first': 'routing.teams',
      'team-unknown': 'routing.teams',
      'agent-unknown': 'routing.preferred.agentId',
      'hours-unknown': 'hoursId',
    },
    save: async (
      { clientId, nameEn, nameFr, priority, offerSeconds, requires, routing, hoursId, active },
      key,
    ) => {
      const read = readRouting(routing, requires);
      const wrong = Object.entries(read.wrong).map(([field, why]) => [`routing.${field}`, routingWords(why)]);
      if (wrong.length > 0)
        throw unfit(t`The routing does not fit together; look at what is marked.`, Object.fromEntries(wrong));
      const common = {
        nameEn,
        nameFr,
        priority: Number(priority),
        offerSeconds: Number(offerSeconds),
        requires,
        routing: read.routing,
        hoursId: hoursId === '' ? null : hoursId,
      };
      return type === undefined
        ? api.post<InteractionType>(
            '/api/interaction-types',
            { ...common, clientId: clientId || clients[0]?.id, channel: 'chat' },
            { key },
          )
        : api.patch<InteractionType>(`/api/interaction-types/${type.id}`, {
            ...common,
            active,
            version: type.version,
          });
    },
    done: (saved) => {
      if (type === undefined)
        void navigate({
          to: '/office/types/$id',
          params: { id: (saved as InteractionType).id },
          replace: true,
        });
    },
  });
  const { values, set, wrong } = form;
  const clientId = type?.clientId ?? (values.clientId || clients[0]?.id);
  const usable = competencies.filter(
    (one) => one.active && (one.clientId === null || one.clientId === clientId),
  );
  const left = usable.filter((one) => !values.requires.some(({ competencyId }) => competencyId === one.id));
  const first = left[0];
  const change = (index: number, next: Partial<InteractionType['requires'][number]>) =>
    set({ requires: values.requires.map((one, at) => (at === index ? { ...one, ...next } : one)) });

  if (type === undefined && clients.length === 0)
    return (
      <p>
        <Trans>Make a client first.</Trans>
      </p>
    );
  return (
    <FormFrame form={form} creating={type === undefined}>
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
      {type === undefined ? (
        <SelectField
          label={t`Client`}
          value={clientId ?? ''}
          wrong={wrong('clientId')}
          onChange={(chosen) => set({ clientId: chosen, requires: [], hoursId: '' })}
          options={clients.map(({ id, name }) => ({ value: id, label: name }))}
        />
      ) : (
        <p className="second">{clientName(type.clientId)}</p>
      )}
      <fieldset className="field">
        <legend className="name">
          <Trans>What it asks for</Trans>
        </legend>
        <div className="requires">
          {values.requires.map((one, index) => (
            <div key={one.competencyId}>
              <SelectField
                label={t`Competency`}
                value={one.competencyId}
                wrong={wrong(`requires.${index}.competencyId`)}
                onChange={(competencyId) => change(index, { competencyId })}
                options={competencies
                  .filter(({ id }) => id === one.competencyId || left.some((other) => other.id === id))
                  .map((competency) => ({ value: competency.id, label: nameIn(language, competency) }))}
              />
              <SelectField
                label={t`Level at least`}
                value={String(one.level)}
                onChange={(level) => change(index, { level: Number(level) })}
                options={[1, 2, 3, 4, 5].map((level) => ({ value: String(level), label: String(level) }))}
              />
              <button
                type="button"
                className="button icon"
                aria-label={t`Remove this competency`}
                onClick={() => set({ requires: values.requires.filter((_, at) => at !== index) })}
              >
                <Icon name="x" />
              </button>
            </div>
          ))}
          <span>
            <button
              type="button"
              className="button small"
              disabled={first === undefined}
              onClick={() =>
                first !== undefined &&
                set({ requires: [...values.requires, { competencyId: first.id, level: 3 }] })
              }
            >
              <Icon name="plus" small />
              <Trans>Ask for a competency</Trans>
            </button>
          </span>
        </div>
        <span className="hint">
          {wrong('requires') ??
            (usable.length === 0
              ? t`There is no competency for this client yet.`
              : t`Only agents with a valid assessment at this level are offered it.`)}
        </span>
      </fieldset>
      <div className="pair">
        <TextField
          label={t`Priority`}
          hint={t`Higher is offered first; −100 to 100.`}
          type="number"
          min={-100}
          max={100}
          value={values.priority}
          wrong={wrong('priority')}
          onChange={(priority) => set({ priority })}
        />
        <TextField
          label={t`An offer stands, in seconds`}
          hint={t`Then it passes on; 5 to 300.`}
          type="number"
          min={5}
          max={300}
          value={values.offerSeconds}
          wrong={wrong('offerSeconds')}
          onChange={(offerSeconds) => set({ offerSeconds })}
        />
      </div>
      <section aria-labelledby="routed">
        <h2 id="routed">
          <Trans>How it is routed</Trans>
        </h2>
        <p className="second">
          <Trans>
            What is not set asks for nothing: first come, first served, by whoever has been free longest.
          </Trans>
        </p>
        <SelectField
          label={t`Opening hours`}
          hint={t`While they are closed nothing new is taken, and what waits keeps its place.`}
          value={values.hoursId}
          wrong={wrong('hoursId')}
          onChange={(hoursId) => set({ hoursId })}
          options={[
            { value: '', label: t`always open` },
            ...hours
              .filter((one) => one.clientId === null || one.clientId === clientId)
              .map((one) => ({ value: one.id, label: one.name })),
            // Chosen, and its name not read yet.
            ...(values.hoursId === '' || hours.some(({ id }) => id === values.hoursId)
              ? []
              : [{ value: values.hoursId, label: '…' }]),
          ]}
        />
        <RoutingFields
          draft={values.routing}
          wrong={(field) => wrong(`routing.${field}`)}
          readOnly={form.readOnly}
          set={(change) => set({ routing: { ...values.routing, ...change } })}
          requires={values.requires}
          competencies={competencies}
        />
      </section>
      {type !== undefined && (
        <CheckField
          label={t`Active`}
          hint={t`What waits of a type that is not active is offered to nobody.`}
          checked={values.active}
          onChange={(active) => set({ active })}
        />
      )}
    </FormFrame>
  );
}

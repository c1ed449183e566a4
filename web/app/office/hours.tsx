import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { OpeningHours } from '#src/modules/organisation/contract.ts';
import { api } from '#web/link/api.ts';
import { Dialog } from '#web/ui/dialog.tsx';
import { SelectField, TextArea, TextField } from '#web/ui/field.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { useNow } from '#web/ui/tick.ts';
import { useTypes } from '../desk/naming.ts';
import { Failure } from '../failure.tsx';
import { nameIn, useLanguage } from '../language.ts';
import { useMay } from '../session.ts';
import { HoursNow, NowAndEarly } from './close-early.tsx';
import { Absent } from './competencies.tsx';
import { HolidayFields } from './holiday-fields.tsx';
import { Exceptions } from './hours-exceptions.tsx';
import { todayThere } from './hours-words.ts';
import { List, NewButton, PageHead, useClientName, useClients, useRecordId } from './parts.tsx';
import { FormFrame, unfit, useRecordForm } from './record-form.tsx';
import { Related } from './related.tsx';
import { readWeek, type TypedWeekInterval, weekWords } from './week.ts';
import { useIntervalWords, WeekFields } from './week-fields.tsx';
import { ZoneField } from './zone-field.tsx';
import { zoneHere } from './zones.ts';

/** Opening and closing come by the clock; what is shown is read anew so often, in milliseconds. */
const renewMs = 30_000;

export function Hours() {
  const { t } = useLingui();
  const language = useLanguage();
  const now = useNow();
  const clientName = useClientName();
  const types = useTypes().data;
  return (
    <>
      <PageHead
        title={t`Opening hours`}
        second={t`When customers are answered. An interaction type follows one of these, or is always open.`}
      >
        <NewButton to="/office/hours/$id">
          <Trans>New opening hours</Trans>
        </NewButton>
      </PageHead>
      <List<OpeningHours>
        label={t`Opening hours`}
        queryKey={['hours']}
        path="/api/opening-hours"
        renewMs={renewMs}
        keyOf={({ id }) => id}
        columns={[
          {
            head: t`Name`,
            cell: ({ id, name }) => (
              <Link to="/office/hours/$id" params={{ id }}>
                {name}
              </Link>
            ),
          },
          { head: t`Client`, cell: ({ clientId }) => clientName(clientId) },
          { head: t`Now`, cell: (hours) => <HoursNow hours={hours} now={now} /> },
          { head: t`The week`, cell: ({ weekly }) => weekWords(weekly, language) },
          {
            head: t`Followed by`,
            cell: ({ id }) => {
              if (types === undefined) return '…';
              const following = types.filter(({ hoursId }) => hoursId === id);
              return following.length === 0 ? (
                <span className="quiet">{t`no type`}</span>
              ) : (
                following.map((type) => nameIn(language, type)).join(', ')
              );
            },
          },
        ]}
        empty={
          <>
            <h2>
              <Trans>No opening hours yet</Trans>
            </h2>
            <p>
              <Trans>
                Until an interaction type follows opening hours, it is always open. Make them here, then
                choose them in the type.
              </Trans>
            </p>
          </>
        }
      />
    </>
  );
}

export function HoursRecord() {
  const { t } = useLingui();
  const language = useLanguage();
  const administrator = useMay('administrator');
  const now = useNow();
  const id = useRecordId();
  const creating = id === 'new';
  const clientName = useClientName();
  const hours = useQuery({
    queryKey: ['hours', 'one', id],
    queryFn: () => api.get<OpeningHours>(`/api/opening-hours/${id}`),
    enabled: !creating,
    refetchInterval: renewMs,
  });
  const types = useTypes();
  const unused = types.data?.every(({ hoursId }) => hoursId !== id) ?? false;
  const one = hours.data;
  return (
    <>
      <PageHead
        title={creating ? t`New opening hours` : (one?.name ?? t`Opening hours`)}
        second={one === undefined ? undefined : clientName(one.clientId)}
        back={{ to: '/office/hours', label: t`Opening hours` }}
      />
      {creating ? (
        <div className="record">
          <HoursForm key="new" hours={undefined} />
        </div>
      ) : one === undefined ? (
        <Absent query={hours} />
      ) : (
        <div className="record">
          <NowAndEarly hours={one} />
          <section aria-labelledby="plan">
            <h2 id="plan">
              <Trans>The plan</Trans>
            </h2>
            <HoursForm key={id} hours={one} />
          </section>
          <Exceptions hours={one} today={todayThere(now, one.timeZone)} />
          <section aria-labelledby="followed">
            <h2 id="followed">
              <Trans>Followed by</Trans>
            </h2>
            <Related
              query={types}
              belongs={({ hoursId }) => hoursId === id}
              to="/office/types/$id"
              name={(type) => nameIn(language, type)}
              second={({ clientId }) => clientName(clientId)}
              none={
                administrator
                  ? t`No interaction type follows these hours.`
                  : t`No interaction type of your clients follows these hours.`
              }
            />
            {administrator && unused && <Removing hours={one} />}
          </section>
        </div>
      )}
    </>
  );
}

function HoursForm({ hours }: { hours: OpeningHours | undefined }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const intervalWords = useIntervalWords();
  const clients = useClients().data ?? [];
  const now = useNow();
  const form = useRecordForm({
    name: `hours.${hours?.id ?? 'new'}`,
    version: hours?.version,
    initial: {
      clientId: hours?.clientId ?? '',
      name: hours?.name ?? '',
      timeZone: hours?.timeZone ?? zoneHere(),
      weekly:
        hours?.weekly ??
        ([1, 2, 3, 4, 5].map((day) => ({ day, from: '09:00', to: '18:00' })) as TypedWeekInterval[]),
      holidayRegion: hours?.holidayRegion ?? '',
      holidaysWorked: hours?.holidaysWorked ?? [],
      messageEn: hours?.messageEn ?? '',
      messageFr: hours?.messageFr ?? '',
    },
    renews: ['hours'],
    marks: {
      'time-zone-unknown': 'timeZone',
      'holiday-region-unknown': 'holidayRegion',
      'client-unknown': 'clientId',
    },
    save: async ({ clientId, weekly, holidayRegion, ...others }, key) => {
      const read = readWeek(weekly);
      if (read.wrong.size > 0)
        throw unfit(
          t`The week does not fit together; look at what is marked.`,
          Object.fromEntries(
            [...read.wrong].map(([place, why]) => {
              const { field, sentence } = intervalWords(why);
              return [`weekly.${place}.${field}`, sentence];
            }),
          ),
        );
      const body = {
        ...others,
        weekly: read.weekly,
        holidayRegion: holidayRegion === '' ? null : holidayRegion,
      };
      return hours === undefined
        ? api.post<OpeningHours>(
            '/api/opening-hours',
            { ...body, clientId: clientId === '' ? null : clientId },
            { key },
          )
        : api.patch<OpeningHours>(`/api/opening-hours/${hours.id}`, { ...body, version: hours.version });
    },
    done: (saved) => {
      if (hours === undefined)
        void navigate({
          to: '/office/hours/$id',
          params: { id: (saved as OpeningHours).id },
          replace: true,
        });
    },
  });
  const { values, set, wrong, readOnly } = form;
  const year = Number(todayThere(now, values.timeZone).slice(0, 4));
  return (
    <FormFrame form={form} creating={hours === undefined}>
      <div className="pair">
        <TextField
          label={t`Name`}
          required
          maxLength={120}
          value={values.name}
          wrong={wrong('name')}
          onChange={(name) => set({ name })}
        />
        {hours === undefined && (
          <SelectField
            label={t`Client`}
            hint={t`Only its types can follow them. It stays.`}
            value={values.clientId}
            wrong={wrong('clientId')}
            onChange={(clientId) => set({ clientId })}
            options={[
              { value: '', label: t`all clients` },
              ...clients.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        )}
        <ZoneField
          value={values.timeZone}
          wrong={wrong('timeZone')}
          disabled={readOnly}
          onChange={(timeZone) => set({ timeZone })}
        />
      </div>
      <WeekFields
        typed={values.weekly}
        wrong={(place) => {
          for (const field of ['from', 'to'] as const) {
            const sentence = wrong(`weekly.${place}.${field}`);
            if (sentence !== undefined) return { field, sentence };
          }
          return undefined;
        }}
        readOnly={readOnly}
        onChange={(weekly) => set({ weekly })}
      />
      <HolidayFields
        region={values.holidayRegion}
        worked={values.holidaysWorked}
        year={year}
        wrong={wrong('holidayRegion')}
        readOnly={readOnly}
        onChange={set}
      />
      <div className="pair">
        <TextArea
          label={t`Message while it is closed, in English`}
          hint={t`What customers read instead of writing.`}
          required
          maxLength={500}
          value={values.messageEn}
          wrong={wrong('messageEn')}
          onChange={(messageEn) => set({ messageEn })}
        />
        <TextArea
          label={t`Message while it is closed, in French`}
          required
          maxLength={500}
          value={values.messageFr}
          wrong={wrong('messageFr')}
          onChange={(messageFr) => set({ messageFr })}
        />
      </div>
    </FormFrame>
  );
}

function Removing({ hours }: { hours: OpeningHours }) {
  const { t } = useLingui();
  const { toast } = useTell();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>();
  const { name } = hours;
  const remove = async () => {
    setError(undefined);
    try {
      await api.delete(`/api/opening-hours/${hours.id}?version=${hours.version}`);
      queries.removeQueries({ queryKey: ['hours', 'one', hours.id] });
      toast(t`${name} removed`);
      await navigate({ to: '/office/hours', replace: true });
      await queries.invalidateQueries({ queryKey: ['hours'] });
    } catch (why) {
      setError(why);
      for (const queryKey of ['hours', 'types']) await queries.invalidateQueries({ queryKey: [queryKey] });
    }
  };
  return (
    <div>
      <button type="button" className="button danger" onClick={() => setAsking(true)}>
        <Trans>Remove these hours</Trans>
      </button>
      {asking && (
        <Dialog title={t`Remove ${name}?`} onClose={() => setAsking(false)}>
          <Failure error={error} />
          <p>
            <Trans>The plan and its exceptions are removed. What they were stays in the history.</Trans>
          </p>
          <footer>
            <button type="button" className="button quiet" onClick={() => setAsking(false)}>
              <Trans>Cancel</Trans>
            </button>
            <button type="button" className="button danger" onClick={() => void remove()}>
              {t`Remove ${name}`}
            </button>
          </footer>
        </Dialog>
      )}
    </div>
  );
}

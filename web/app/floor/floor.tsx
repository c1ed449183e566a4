import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { Floor, FloorAgent, FloorInteraction } from '#src/app/contract.ts';
import type { Channel, InteractionType } from '#src/modules/interactions/contract.ts';
import { api, withQuery } from '#web/link/api.ts';
import { Icon, State } from '#web/ui/icon.tsx';
import { Menu } from '#web/ui/menu.tsx';
import { useNow } from '#web/ui/tick.ts';
import { clockSeconds, clockTime, dayAndTime, duration, sameDay } from '#web/ui/time.ts';
import { Slots } from '../desk/my-work.tsx';
import { useNameOf, useSpoken, useTeams, useTypes } from '../desk/naming.ts';
import { useStateWords } from '../desk/state-words.tsx';
import { whyWaitingSentence } from '../desk/why.ts';
import { NotLoaded } from '../failure.tsx';
import { presenceWords } from '../frame/presence-words.ts';
import { useKeyAct } from '../frame/use-keys.ts';
import { nameIn, useLanguage } from '../language.ts';
import { PageHead, useClients } from '../office/parts.tsx';
import { useMay } from '../session.ts';
import { AskDialog, type Asked } from './acts.tsx';
import './floor.css';
import {
  actsOn,
  channels,
  type FloorSearch,
  floorQuery,
  openStates,
  rowAfter,
  rowInPlace,
  sorts,
  toBreach,
} from './looking.ts';

const route = getRouteApi('/floor');

/** The floor is read anew so often while it is looked at, and so is the why of the opened row, in milliseconds. */
const renewMs = 3_000;

/** All that is open, who is here, and what a supervisor may do about it. */
export function FloorPage() {
  const leads = useMay('administrator', 'supervisor');
  if (!leads)
    return (
      <div className="empty">
        <h1>
          <Trans>The floor is for administrators and supervisors</Trans>
        </h1>
        <p>
          <Trans>Your work is at the desk.</Trans>
        </p>
        <Link className="button" to="/desk">
          <Trans>Go to the desk</Trans>
        </Link>
      </div>
    );
  return <Looked />;
}

function Looked() {
  const { t } = useLingui();
  const language = useLanguage();
  const search = route.useSearch();
  const query = floorQuery(search);
  const [asked, setAsked] = useState<Asked>();
  const floor = useQuery({
    queryKey: ['floor', query],
    queryFn: () => api.get<Floor>(withQuery('/api/floor', query)),
    refetchInterval: renewMs,
    placeholderData: (before) => before,
  });
  const types = useTypes().data ?? [];
  const data = floor.data;
  const paused = new Set(data?.paused.map(({ typeId }) => typeId));
  const asOf = clockSeconds(floor.dataUpdatedAt, language);
  return (
    <div className="floor">
      <div className="floor-main">
        <PageHead
          title={t`Floor`}
          second={
            data === undefined ? undefined : floor.isError ? (
              <State tone="offline">
                <Trans>not renewed, as of {asOf}</Trans>
              </State>
            ) : (
              t`As of ${asOf}`
            )
          }
        >
          <button
            type="button"
            className="button"
            onClick={() => setAsked({ act: 'pause', type: undefined })}
            disabled={types.every(({ id, active }) => !active || paused.has(id))}
          >
            <Icon name="pause" />
            <Trans>Pause a type</Trans>
          </button>
        </PageHead>
        {data !== undefined && <Held floor={data} types={types} onAsk={setAsked} />}
        <Filters search={search} counts={data?.counts ?? {}} types={types} />
        {floor.isError && data === undefined ? (
          <NotLoaded error={floor.error} again={() => void floor.refetch()} />
        ) : data === undefined ? (
          <div aria-busy="true" role="group" aria-label={t`Open interactions`}>
            {[0, 1, 2, 3].map((row) => (
              <div className="skeleton" key={row} aria-hidden="true">
                <i />
                <i />
              </div>
            ))}
          </div>
        ) : data.interactions.length === 0 ? (
          <Nothing
            filtered={Object.values({ ...query, sort: undefined }).some((value) => value !== undefined)}
          />
        ) : (
          <Rows
            floor={data}
            offsetMs={Date.parse(data.at) - floor.dataUpdatedAt}
            open={search.open}
            types={types}
            paused={paused}
            onAsk={setAsked}
          />
        )}
      </div>
      <aside className="floor-agents" aria-labelledby="floor-agents">
        <h2 className="section" id="floor-agents">
          <Trans>Who is here</Trans>
        </h2>
        {data === undefined ? (
          <div className="skeleton" aria-hidden="true">
            <i />
            <i />
          </div>
        ) : (
          <Agents floor={data} offsetMs={Date.parse(data.at) - floor.dataUpdatedAt} />
        )}
      </aside>
      {asked !== undefined && (
        <AskDialog
          asked={asked}
          types={types.filter(({ id, active }) => active && !paused.has(id))}
          onClose={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  return (
    <div className="empty">
      <h2>
        <Trans>Nothing is open</Trans>
      </h2>
      <p>
        {filtered ? (
          <Trans>No open interaction fits the filters.</Trans>
        ) : (
          <Trans>As soon as a customer writes, the interaction stands here until it is over.</Trans>
        )}
      </p>
    </div>
  );
}

/** What nobody is offered now, and by whose doing. */
function Held({
  floor,
  types,
  onAsk,
}: {
  floor: Floor;
  types: InteractionType[];
  onAsk: (asked: Asked) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  if (floor.paused.length === 0 && floor.closed.length === 0) return null;
  const nameOf = (id: string) => {
    const type = types.find((one) => one.id === id);
    return type === undefined ? '…' : nameIn(language, type);
  };
  const when = (at: string) =>
    sameDay(at, Date.parse(floor.at)) ? clockTime(at, language) : dayAndTime(at, language);
  return (
    <ul className="held-back" aria-label={t`Paused and closed`}>
      {floor.paused.map((pause) => {
        const type = types.find(({ id }) => id === pause.typeId);
        const name = nameOf(pause.typeId);
        const who = pause.byName ?? t`a supervisor`;
        const since = when(pause.at);
        const { reason } = pause;
        const until = pause.until === null ? undefined : when(pause.until);
        return (
          <li key={pause.typeId}>
            <Icon name="pause" />
            <span>
              <b>{until === undefined ? t`${name} is paused` : t`${name} is paused until ${until}`}</b>{' '}
              <span className="second">
                <Trans>
                  by {who} since {since}: {reason}
                </Trans>
              </span>
            </span>
            {type !== undefined && (
              <button
                type="button"
                className="button small push"
                aria-label={t`Resume ${name}`}
                onClick={() => onAsk({ act: 'resume', type })}
              >
                <Icon name="play" />
                <Trans>Resume</Trans>
              </button>
            )}
          </li>
        );
      })}
      {floor.closed.map((closed) => {
        const names = closed.typeIds.map(nameOf).join(', ');
        const opens = closed.opensAt === null ? undefined : when(closed.opensAt);
        const who = closed.early?.byName ?? t`a supervisor`;
        const since = closed.early === null ? '' : when(closed.early.at);
        const reason = closed.early?.reason ?? '';
        const hours = closed.name;
        return (
          <li key={closed.hoursId}>
            <Icon name="clock" />
            <span>
              <b>{opens === undefined ? t`${names}: closed` : t`${names}: closed, opens ${opens}`}</b>{' '}
              <span className="second">
                {closed.early === null ? (
                  t`outside the opening hours ${hours}`
                ) : (
                  <Trans>
                    closed early by {who} since {since}: {reason}
                  </Trans>
                )}
              </span>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function useChannelWords(): Record<Channel, string> {
  const { t } = useLingui();
  return { voice: t`voice`, email: t`e-mail`, chat: t`chat`, messaging: t`messaging` };
}

function Filters({
  search,
  counts,
  types,
}: {
  search: FloorSearch;
  counts: Floor['counts'];
  types: InteractionType[];
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const navigate = useNavigate();
  const states = useStateWords();
  const channelWords = useChannelWords();
  const clients = useClients().data ?? [];
  const teams = useTeams().data ?? [];
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const choose = (name: keyof FloorSearch, value: string) =>
    void navigate({
      to: '/floor',
      search: (before: FloorSearch) => {
        const { [name]: _, ...rest } = before;
        return value === '' ? rest : { ...rest, [name]: value };
      },
      replace: true,
    } as never);
  const filter = (
    name: keyof FloorSearch,
    label: string,
    none: string | undefined,
    options: { value: string; label: string }[],
  ) => (
    <label>
      <span className="second">{label}</span>
      <span className="select">
        <select
          className="input"
          value={search[name] ?? ''}
          onChange={(event) => choose(name, event.target.value)}
        >
          {none !== undefined && <option value="">{none}</option>}
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <Icon name="down" small />
      </span>
    </label>
  );
  const sortWords = {
    waiting: t`longest waiting`,
    breach: t`nearest to the breach`,
    priority: t`highest priority`,
  };
  return (
    <div className="filters" role="group" aria-label={t`Filters`}>
      {filter(
        'state',
        t`State`,
        t`all open (${all})`,
        openStates.map((state) => ({ value: state, label: `${states[state].word} (${counts[state] ?? 0})` })),
      )}
      {filter(
        'client',
        t`Client`,
        t`all clients`,
        clients.map(({ id, name }) => ({ value: id, label: name })),
      )}
      {filter(
        'type',
        t`Type`,
        t`all types`,
        types
          .filter(
            ({ clientId, channel }) =>
              (search.client === undefined || clientId === search.client) &&
              (search.channel === undefined || channel === search.channel),
          )
          .map((type) => ({ value: type.id, label: nameIn(language, type) })),
      )}
      {filter(
        'channel',
        t`Channel`,
        t`all channels`,
        channels.map((channel) => ({ value: channel, label: channelWords[channel] })),
      )}
      {teams.length > 0 &&
        filter(
          'team',
          t`Team`,
          t`all teams`,
          teams
            .filter(({ active }) => active)
            .map((team) => ({ value: team.id, label: nameIn(language, team) })),
        )}
      {filter(
        'sort',
        t`Order`,
        undefined,
        sorts.map((sort) => ({ value: sort === 'waiting' ? '' : sort, label: sortWords[sort] })),
      )}
    </div>
  );
}

/** Rows that arrow keys walk; Enter opens one, and its acts stand in its menu and below it. One row at a time is in the order of Tab. */
function Rows({
  floor,
  offsetMs,
  open,
  types,
  paused,
  onAsk,
}: {
  floor: Floor;
  offsetMs: number;
  open: string | undefined;
  types: InteractionType[];
  paused: ReadonlySet<string>;
  onAsk: (asked: Asked) => void;
}) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const now = useNow() + offsetMs;
  const ids = floor.interactions.map(({ id }) => id);
  const [walked, setWalked] = useState<string>();
  const place = useRef(0);
  const body = useRef<HTMLTableSectionElement>(null);
  const current = rowInPlace(ids, walked, place.current);
  const at = current === undefined ? 0 : ids.indexOf(current);

  const focus = (id: string | undefined) => {
    if (id === undefined) return;
    setWalked(id);
    body.current?.querySelector<HTMLElement>(`[data-row="${id}"]`)?.focus();
  };
  // A row that had the focus and is over hands it to the one in its place: the keyboard is never lost.
  const hadFocus = useRef(false);
  useEffect(() => {
    place.current = at;
    if (!hadFocus.current || document.activeElement !== document.body || walked === current) return;
    setWalked(current);
    body.current?.querySelector<HTMLElement>(`[data-row="${current}"]`)?.focus();
  }, [at, current, walked]);
  const toggle = (id: string) =>
    void navigate({
      to: '/floor',
      search: (before: FloorSearch) => {
        const { open: was, ...rest } = before;
        return was === id ? rest : { ...rest, open: id };
      },
      replace: true,
    } as never);
  useKeyAct('next', () => focus(hadFocus.current ? rowAfter(ids, current, 'ArrowDown') : current));
  useKeyAct('previous', () => focus(hadFocus.current ? rowAfter(ids, current, 'ArrowUp') : current));

  const shown = floor.interactions.length;
  return (
    <>
      <div className="scroll" role="region" aria-label={t`Open interactions`} tabIndex={0}>
        <table className="table bleed">
          <thead>
            <tr>
              <th scope="col">{t`Customer`}</th>
              <th scope="col" className="hide-small">{t`Client`}</th>
              <th scope="col" className="hide-small">{t`Type`}</th>
              <th scope="col">{t`State`}</th>
              <th scope="col" className="hide-small">{t`Agent`}</th>
              <th scope="col" className="num">{t`Waiting`}</th>
              <th scope="col" className="hide-small">{t`To the breach`}</th>
              <th scope="col" className="num hide-small">{t`Priority`}</th>
              <th scope="col">
                <span className="unseen">{t`Acts`}</span>
              </th>
            </tr>
          </thead>
          <tbody
            ref={body}
            onFocus={(event) => {
              hadFocus.current = true;
              const row = (event.target as HTMLElement).closest<HTMLElement>('[data-of]')?.dataset.of;
              if (row !== undefined) setWalked(row);
            }}
            onBlur={(event) => {
              if (event.relatedTarget !== null)
                hadFocus.current = body.current?.contains(event.relatedTarget) ?? false;
            }}
            onKeyDown={(event) => {
              const target = event.target as HTMLElement;
              if (target.dataset.row === undefined) return;
              const next = rowAfter(ids, current, event.key);
              if (next === undefined) return;
              event.preventDefault();
              focus(next);
            }}
          >
            {floor.interactions.map((row) => (
              <Row
                key={row.id}
                row={row}
                now={now}
                isOpen={row.id === open}
                isCurrent={row.id === current}
                type={types.find(({ id }) => id === row.typeId)}
                isPaused={paused.has(row.typeId)}
                onToggle={() => toggle(row.id)}
                onAsk={onAsk}
              />
            ))}
          </tbody>
        </table>
      </div>
      <p className="list-foot small">
        {floor.more ? (
          <Trans>The first {shown} are shown; there are more. Filter to see the others.</Trans>
        ) : (
          <Plural value={shown} one="# open interaction" other="# open interactions" />
        )}
      </p>
    </>
  );
}

function Row({
  row,
  now,
  isOpen,
  isCurrent,
  type,
  isPaused,
  onToggle,
  onAsk,
}: {
  row: FloorInteraction;
  now: number;
  isOpen: boolean;
  isCurrent: boolean;
  type: InteractionType | undefined;
  isPaused: boolean;
  onToggle: () => void;
  onAsk: (asked: Asked) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const isAgent = useMay('agent');
  const states = useStateWords();
  const channelWords = useChannelWords();
  const nameOf = useNameOf();
  const name = nameOf(row);
  const typeName = nameIn(language, { nameEn: row.typeNameEn, nameFr: row.typeNameFr });
  const isWaiting = row.state === 'waiting' || row.state === 'offered';
  const waited = duration(now - Date.parse(row.arrivedAt));
  const since = duration(now - Date.parse(row.stateSince));
  const breach = toBreach(row, now);
  const left = breach === undefined ? '' : duration(Math.abs(breach.ms));
  const breachWords =
    breach === undefined ? undefined : (
      <State tone={breach.tone}>{breach.ms > 0 ? t`${left} left` : t`late by ${left}`}</State>
    );
  const until =
    row.toUntil === null
      ? ''
      : sameDay(row.toUntil, now)
        ? clockTime(row.toUntil, language)
        : dayAndTime(row.toUntil, language);
  const to = row.toName;
  const who =
    row.agentName ?? (to !== null && row.state === 'waiting' ? t`kept for ${to} until ${until}` : undefined);
  const words = {
    push: t`Give to a team or an agent`,
    take: t`Take it yourself`,
    reorder: t`Move in the line`,
    pull: t`Take the offer back`,
    dismiss: t`Close without an answer`,
  };
  const acts = [
    ...actsOn(row.state, { isAgent }).map((act) => ({
      id: act as string,
      text: words[act],
      content: words[act],
      act: () => onAsk({ act, row }),
    })),
    ...(type === undefined
      ? []
      : [
          isPaused
            ? {
                id: 'resume',
                text: t`Resume ${typeName}`,
                content: t`Resume ${typeName}`,
                act: () => onAsk({ act: 'resume', type }),
              }
            : {
                id: 'pause',
                text: t`Pause ${typeName}`,
                content: t`Pause ${typeName}`,
                act: () => onAsk({ act: 'pause', type }),
              },
        ]),
  ];
  return (
    <>
      <tr data-of={row.id} aria-current={isOpen ? 'true' : undefined}>
        <th scope="row">
          <button
            type="button"
            className="opener"
            data-row={row.id}
            tabIndex={isCurrent ? 0 : -1}
            aria-expanded={isOpen}
            onClick={onToggle}
          >
            <Icon
              name={row.channel === 'email' ? 'mail' : row.channel === 'voice' ? 'phone' : 'chat'}
              small
            />
            <span className="unseen">{channelWords[row.channel]} </span>
            <span>{name}</span>
          </button>
          <span className="second small only-small">
            {row.clientName} · {typeName}
          </span>
        </th>
        <td className="hide-small">{row.clientName}</td>
        <td className="hide-small">{typeName}</td>
        <td>
          <State tone={states[row.state].tone}>{states[row.state].word}</State>
          {!isWaiting && <span className="second small"> {since}</span>}
          {who !== undefined && <span className="second small only-small">{who}</span>}
        </td>
        <td className="hide-small">{who ?? <span className="quiet">–</span>}</td>
        <td className="num">
          {isWaiting ? waited : <span className="quiet">–</span>}
          {breachWords !== undefined && <span className="small only-small">{breachWords}</span>}
        </td>
        <td className="hide-small">{breachWords ?? <span className="quiet">–</span>}</td>
        <td className="num hide-small">{row.priority}</td>
        <td className="num">
          {acts.length > 0 && (
            <Menu
              label={t`Acts on ${name}`}
              className="button small icon quiet"
              button={<Icon name="more" />}
              items={acts}
              floating
              tabIndex={isCurrent ? 0 : -1}
            />
          )}
        </td>
      </tr>
      {isOpen && (
        <tr data-of={row.id} className="opened">
          <td colSpan={9}>
            <Opened row={row} acts={acts} />
          </td>
        </tr>
      )}
    </>
  );
}

/** The row that is opened, and it alone, is asked why it still waits. */
function Opened({
  row,
  acts,
}: {
  row: FloorInteraction;
  acts: { id: string; text: string; act: () => void }[];
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const spoken = useSpoken();
  const waits = row.state === 'waiting';
  const why = useQuery({
    queryKey: ['why', row.id, row.seq],
    queryFn: () =>
      api.get<{ why: Record<string, unknown> | null; names: Record<string, string> }>(
        `/api/interactions/${row.id}/why`,
      ),
    enabled: waits,
    refetchInterval: renewMs,
  });
  const sentence = whyWaitingSentence(why.data?.why ?? null, why.data?.names ?? {}, language);
  const arrived = dayAndTime(row.arrivedAt, language);
  return (
    <div className="row-opened">
      {waits && (
        <p className="why" aria-busy={why.isPending}>
          <b>
            <Trans>Why still waiting:</Trans>
          </b>{' '}
          {why.isError && why.data === undefined ? (
            <span className="second">{t`This could not be read; it is tried again.`}</span>
          ) : why.data === undefined ? (
            <span className="second">{t`being looked up`}</span>
          ) : (
            (sentence ?? t`It waits no more; the list follows in a moment.`)
          )}
        </p>
      )}
      <p className="second">
        <Trans>Arrived {arrived}</Trans> · {spoken(row.language)}
      </p>
      <div className="spread wrap">
        {acts.map(({ id, text, act }) => (
          <button
            key={id}
            type="button"
            className={id === 'dismiss' ? 'button small danger' : 'button small'}
            onClick={act}
          >
            {text}
          </button>
        ))}
        <Link to="/office/interactions/$id" params={{ id: row.id }}>
          <Trans>Open the record</Trans>
        </Link>
      </div>
    </div>
  );
}

function Agents({ floor, offsetMs }: { floor: Floor; offsetMs: number }) {
  const { t, i18n } = useLingui();
  const now = useNow() + offsetMs;
  if (floor.agents.length === 0)
    return (
      <div className="empty">
        <p>
          <Trans>Nobody is here now. As soon as an agent signs in at the desk, they stand here.</Trans>
        </p>
      </div>
    );
  const one = (agent: FloorAgent) => {
    const { word, tone } = presenceWords[agent.state];
    const since = duration(now - Date.parse(agent.since));
    const presence = i18n._(word);
    return (
      <li key={agent.id}>
        <span className="cut">{agent.name}</span>
        <span className="places-held">
          {Object.entries(agent.capacity).map(([channel, { used, of }]) => (
            <Slots key={channel} channel={channel as Channel} used={used} of={of} />
          ))}
        </span>
        <span className="second small">
          {agent.connected ? (
            <State tone={tone}>{presence}</State>
          ) : (
            <State tone="offline">{t`${presence}, not on the line`}</State>
          )}{' '}
          {since}
        </span>
      </li>
    );
  };
  const shown = floor.agents.length;
  return (
    <>
      <ul className="here">{floor.agents.map(one)}</ul>
      {floor.moreAgents && (
        <p className="list-foot small">
          <Trans>The first {shown} are shown; there are more. Filter to see the others.</Trans>
        </p>
      )}
    </>
  );
}

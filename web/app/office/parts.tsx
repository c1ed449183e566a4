import { Trans, useLingui } from '@lingui/react/macro';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import type { Client } from '#src/modules/clients/contract.ts';
import type { Person } from '#src/modules/people/contract.ts';
import type { Page } from '#src/platform/identity/contract.ts';
import { api, withQuery } from '#web/link/api.ts';
import { Icon, State } from '#web/ui/icon.tsx';
import { clockSeconds } from '#web/ui/time.ts';
import { NotLoaded } from '../failure.tsx';
import { useTitle } from '../frame/title.ts';
import { useLanguage } from '../language.ts';
import { useMay } from '../session.ts';

/** The head of an office page; its name is the tab's too. */
export function PageHead({
  title,
  second,
  children,
  back,
}: {
  title: string;
  second?: React.ReactNode;
  children?: React.ReactNode;
  back?: { to: string; label: string };
}) {
  useTitle(title);
  return (
    <div className="page-head">
      <div>
        {back !== undefined && (
          <p>
            <Link to={back.to}>{back.label}</Link>
          </p>
        )}
        <h1>{title}</h1>
        {second !== undefined && <p className="second">{second}</p>}
      </div>
      {children !== undefined && <div className="push">{children}</div>}
    </div>
  );
}

export interface Column<Item> {
  head: string;
  cell: (item: Item) => React.ReactNode;
  num?: boolean;
}

interface Listed<Item> {
  label: string;
  queryKey: readonly unknown[];
  path: string;
  columns: Column<Item>[];
  keyOf: (item: Item) => string;
  /** Shown when there is nothing: what goes here, and the first step. */
  empty: React.ReactNode;
  quiet?: (item: Item) => boolean;
  /** Read anew so often while it is looked at, in milliseconds: where what is shown changes by itself. */
  renewMs?: number;
}

/** A list with its skeleton, its emptiness, its failure, and the rest on demand. */
export function List<Item>({ label, queryKey, path, columns, keyOf, empty, quiet, renewMs }: Listed<Item>) {
  const language = useLanguage();
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => api.get<Page<Item>>(withQuery(path, { limit: '50', cursor: pageParam })),
    initialPageParam: '',
    getNextPageParam: (page: Page<Item>) => page.next,
    refetchInterval: renewMs ?? false,
  });
  if (query.isError && query.data === undefined)
    return <NotLoaded error={query.error} again={() => void query.refetch()} />;
  if (query.data === undefined)
    return (
      <div aria-busy="true" aria-label={label} role="group">
        {[0, 1, 2, 3].map((row) => (
          <div className="skeleton" key={row} aria-hidden="true">
            <i />
            <i />
          </div>
        ))}
      </div>
    );
  const items = query.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <div className="empty">{empty}</div>;
  const asOf = clockSeconds(query.dataUpdatedAt, language);
  return (
    <>
      <div className="scroll" role="region" aria-label={label} tabIndex={0}>
        <table className="table bleed">
          <thead>
            <tr>
              {columns.map(({ head, num }) => (
                <th key={head} scope="col" className={num ? 'num' : undefined}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={keyOf(item)} className={quiet?.(item) ? 'quiet-row' : undefined}>
                {columns.map(({ head, cell, num }, index) =>
                  index === 0 ? (
                    <th key={head} scope="row">
                      {cell(item)}
                    </th>
                  ) : (
                    <td key={head} className={num ? 'num' : undefined}>
                      {cell(item)}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="list-foot">
        {query.hasNextPage && (
          <button
            type="button"
            className="button small"
            onClick={() => void query.fetchNextPage()}
            disabled={query.isFetchingNextPage}
          >
            <Trans>Show more</Trans>
          </button>
        )}
        <span className="small">
          {query.isError ? (
            <State tone="offline">
              <Trans>not renewed, as of {asOf}</Trans>
            </State>
          ) : (
            <Trans>
              {items.length} shown, as of {asOf}
            </Trans>
          )}
        </span>
        <button type="button" className="button small quiet" onClick={() => void query.refetch()}>
          <Trans>Refresh</Trans>
        </button>
      </div>
    </>
  );
}

export function useClients() {
  return useQuery({
    queryKey: ['clients', 'all'],
    queryFn: () => api.all<Client>('/api/clients'),
    staleTime: 30_000,
  });
}

/** Ids to names; an id that is not known is said to be so. */
export function useClientName(): (id: string | null) => string {
  const { t } = useLingui();
  const clients = useClients().data ?? [];
  return (id) => (id === null ? t`all clients` : (clients.find((client) => client.id === id)?.name ?? '…'));
}

/** Names of people by id, for those who may read the list of people. */
export function usePersonName(): (id: string | null) => string | undefined {
  const people = useQuery({
    queryKey: ['people', 'all'],
    queryFn: () => api.all<Person>('/api/people'),
    staleTime: 60_000,
  }).data;
  return (id) => people?.find((person) => person.id === id)?.name;
}

/** The client's filter; it stands in the address, so a link shows the same list. */
export function ClientFilter({ client, to }: { client: string | undefined; to: string }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const clients = useClients().data ?? [];
  return (
    <label>
      <span className="second">
        <Trans>Client</Trans>
      </span>
      <span className="select">
        <select
          className="input"
          value={client ?? ''}
          onChange={(event) =>
            void navigate({
              to,
              search: (before: object) => ({ ...before, client: event.target.value || undefined }),
            } as never)
          }
        >
          <option value="">{t`all clients`}</option>
          {clients.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <Icon name="down" small />
      </span>
    </label>
  );
}

/** The button that begins a new record; supervisors read only. */
export function NewButton({ to, children }: { to: string; children: React.ReactNode }) {
  const may = useMay('administrator');
  if (!may) return null;
  return (
    <Link className="button primary" to={to} params={{ id: 'new' }}>
      <Icon name="plus" />
      {children}
    </Link>
  );
}

export function ActiveState({ active }: { active: boolean }) {
  return active ? (
    <State tone="in">
      <Trans>active</Trans>
    </State>
  ) : (
    <State tone="ring">
      <Trans>not active</Trans>
    </State>
  );
}

/** The id in the address of a record; `new` for one that is being made. */
export function useRecordId(): string {
  return useParams({ strict: false, select: (params) => params.id ?? '' });
}

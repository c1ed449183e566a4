import { Link } from '@tanstack/react-router';
import { NotLoaded } from '../failure.tsx';

interface Related<Item> {
  /** The list in which those that belong here are looked for. */
  query: { data: Item[] | undefined; isError: boolean; error: unknown; refetch: () => unknown };
  belongs: (item: Item) => boolean;
  to: '/office/teams/$id' | '/office/types/$id';
  name: (item: Item) => string;
  second: (item: Item) => React.ReactNode;
  /** Said only when it is known that there are none. */
  none: string;
}

/** What hangs on a record, by name, each a way to it. */
export function Related<Item extends { id: string }>({
  query,
  belongs,
  to,
  name,
  second,
  none,
}: Related<Item>) {
  if (query.data === undefined)
    return query.isError ? (
      <NotLoaded error={query.error} again={() => void query.refetch()} />
    ) : (
      <div className="skeleton" aria-hidden="true">
        <i />
      </div>
    );
  const items = query.data.filter(belongs);
  if (items.length === 0) return <p className="second">{none}</p>;
  return (
    <ul className="lines">
      {items.map((item) => (
        <li key={item.id}>
          <Link to={to} params={{ id: item.id }}>
            {name(item)}
          </Link>{' '}
          <span className="quiet">{second(item)}</span>
        </li>
      ))}
    </ul>
  );
}

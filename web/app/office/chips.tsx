import { useLingui } from '@lingui/react/macro';
import { Icon } from '#web/ui/icon.tsx';

export interface Chip {
  id: string;
  label: string;
  /** Told behind it, and why it stands back. */
  quiet?: string | undefined;
}

/** What was chosen of many, each with its own way out. */
export function Chips({ items, onRemove }: { items: readonly Chip[]; onRemove?: (id: string) => void }) {
  const { t } = useLingui();
  return (
    <ul className="chips">
      {items.map(({ id, label, quiet }) => (
        <li key={id}>
          <span>
            {label}
            {quiet !== undefined && <span className="quiet"> · {quiet}</span>}
          </span>
          {onRemove !== undefined && (
            <button
              type="button"
              className="button icon small quiet"
              aria-label={t`Remove ${label}`}
              onClick={() => onRemove(id)}
            >
              <Icon name="x" small />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

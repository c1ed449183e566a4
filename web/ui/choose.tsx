import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useId, useRef, useState } from 'react';
import { described, Frame, type Named } from './field.tsx';
import type { Choice } from './find.ts';
import { Icon } from './icon.tsx';
import { useTell } from './tell.tsx';

/** So many are shown at once; whoever looks for another types more of it. */
const shownMax = 60;

interface Choosing extends Named {
  value: string;
  /** The label of what is chosen; empty where nothing is, or where each choice is passed on at once. */
  shown: string;
  onChange: (value: string) => void;
  /** Those that fit what is typed; undefined while they are looked for. */
  choices: readonly Choice[] | undefined;
  /** Told what is typed, to find those that fit; empty when nothing is. */
  onType: (typed: string) => void;
  placeholder?: string;
  required?: boolean;
  disabled?: boolean;
  /** How the button is called that chooses nothing; absent: something is always chosen. */
  clearLabel?: string;
}

/** One of many, found by typing: arrows, Enter, Esc; what is typed and not chosen leaves what was chosen. */
export function ChooseField({
  label,
  hint,
  wrong,
  value,
  shown,
  onChange,
  choices,
  onType,
  placeholder,
  required,
  disabled,
  clearLabel,
}: Choosing) {
  const { t } = useLingui();
  const { announce } = useTell();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [typed, setTyped] = useState<string>();
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const all = choices ?? [];
  const seen = all.slice(0, shownMax);
  const at = Math.min(active, seen.length - 1);
  const more = all.length - seen.length;

  useEffect(() => {
    if (open) list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [open, at]);
  const count = choices?.length;
  useEffect(() => {
    if (!open || typed === undefined || count === undefined) return;
    announce(count === 0 ? t`Nothing found` : t`${count} found`);
  }, [open, typed, count, announce, t]);

  const show = () => {
    if (disabled || open) return;
    const current = all.findIndex((choice) => choice.value === value);
    setActive(Math.max(0, current));
    setOpen(true);
  };
  const hide = () => {
    setOpen(false);
    setTyped(undefined);
    onType('');
  };
  const choose = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    hide();
    onChange(choice.value);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) return show();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((at + step + seen.length) % Math.max(1, seen.length));
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      choose(seen[at]);
    } else if (event.key === 'Escape' && open) {
      // Leaves the list and not the dialog that it may stand in.
      event.preventDefault();
      event.stopPropagation();
      hide();
    }
  };

  return (
    <Frame id={id} label={label} hint={hint} wrong={wrong}>
      <span className="choose">
        <input
          ref={input}
          className="input"
          id={id}
          role="combobox"
          aria-autocomplete="list"
          aria-expanded={open}
          aria-controls={open ? `${id}-list` : undefined}
          aria-activedescendant={open && at >= 0 ? `${id}-${at}` : undefined}
          autoComplete="off"
          spellCheck={false}
          value={typed ?? shown}
          placeholder={placeholder}
          required={required}
          disabled={disabled}
          onChange={(event) => {
            setTyped(event.target.value);
            setActive(0);
            setOpen(true);
            onType(event.target.value);
          }}
          onFocus={(event) => event.target.select()}
          onClick={show}
          onBlur={hide}
          onKeyDown={onKeyDown}
          {...described(id, { hint, wrong })}
        />
        {clearLabel !== undefined && value !== '' && !disabled ? (
          <button
            type="button"
            className="button icon small quiet"
            aria-label={clearLabel}
            onClick={() => {
              onChange('');
              input.current?.focus();
            }}
          >
            <Icon name="x" small />
          </button>
        ) : (
          <Icon name="down" small />
        )}
        {open && (
          // Pressing in the list must not take the focus from the field, which would close the list before it is chosen from.
          <div
            className="choices"
            role="none"
            onPointerDown={(event) => event.preventDefault()}
            onMouseDown={(event) => event.preventDefault()}
          >
            {choices === undefined ? (
              <p className="second">
                <Trans>Looking</Trans>
              </p>
            ) : seen.length === 0 ? (
              <p className="second">
                <Trans>Nothing found</Trans>
              </p>
            ) : undefined}
            <div id={`${id}-list`} role="listbox" aria-label={label} ref={list}>
              {seen.map((choice, place) => (
                // The keyboard is heard by the field, which stays focused: that is what a combobox is.
                // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- see above
                <div
                  key={choice.value}
                  id={`${id}-${place}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={place === at}
                  onClick={() => choose(choice)}
                  onPointerMove={() => place !== at && setActive(place)}
                >
                  <span>{choice.label}</span>
                  {choice.second !== undefined && <span className="second small">{choice.second}</span>}
                </div>
              ))}
            </div>
            {more > 0 && (
              <p className="second small">
                <Plural value={more} one="# more: type to find it" other="# more: type to find them" />
              </p>
            )}
          </div>
        )}
      </span>
    </Frame>
  );
}

import { useId } from 'react';
import { Icon } from './icon.tsx';

export interface Named {
  label: string;
  hint?: React.ReactNode;
  /** The sentence that says what is wrong. */
  wrong?: string | undefined;
}

interface Typed extends Named {
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'email' | 'password' | 'number' | 'date' | 'datetime-local' | 'color';
  /** Seconds between the values of a time. */
  step?: number;
  autoComplete?: string;
  required?: boolean;
  disabled?: boolean;
  min?: number | string;
  max?: number | string;
  maxLength?: number;
  autoFocus?: boolean;
  placeholder?: string;
  spellCheck?: boolean;
}

export function Frame({
  id,
  label,
  hint,
  wrong,
  children,
}: Named & { id: string; children: React.ReactNode }) {
  return (
    <div className={wrong === undefined ? 'field' : 'field wrong'}>
      <label htmlFor={id}>{label}</label>
      {children}
      {(wrong !== undefined || hint !== undefined) && (
        <span className="hint" id={`${id}-hint`}>
          {wrong ?? hint}
        </span>
      )}
    </div>
  );
}

/** What a field's control says of its hint, and that it is wrong. */
export const described = (id: string, { hint, wrong }: Pick<Named, 'hint' | 'wrong'>) => ({
  'aria-describedby': hint === undefined && wrong === undefined ? undefined : `${id}-hint`,
  'aria-invalid': wrong === undefined ? undefined : true,
});

export function TextField({ label, hint, wrong, value, onChange, autoFocus, ...rest }: Typed) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} wrong={wrong}>
      <input
        className={rest.type === 'color' ? 'input colour' : 'input'}
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        data-autofocus={autoFocus ? '' : undefined}
        {...rest}
        {...described(id, { hint, wrong })}
      />
    </Frame>
  );
}

interface Written extends Named {
  required?: boolean;
  value: string;
  onChange: (value: string) => void;
  rows?: number;
  maxLength?: number;
  disabled?: boolean;
}

export function TextArea({ label, hint, wrong, value, onChange, rows = 3, ...rest }: Written) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} wrong={wrong}>
      <textarea
        className="input"
        id={id}
        rows={rows}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
        {...described(id, { hint, wrong })}
      />
    </Frame>
  );
}

interface Chosen extends Named {
  value: string;
  onChange: (value: string) => void;
  options: Option[];
  disabled?: boolean;
}

export interface Option {
  value: string;
  label: string;
  /** Shown, and cannot be chosen; its label says why. */
  disabled?: boolean;
  /** Options of one group stand under its name. */
  group?: string;
}

export function SelectField({ label, hint, wrong, value, onChange, options, disabled }: Chosen) {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} wrong={wrong}>
      <span className="select">
        <select
          className="input"
          id={id}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.value)}
          {...described(id, { hint, wrong })}
        >
          {[...Map.groupBy(options, ({ group }) => group)].map(([group, some]) =>
            group === undefined ? (
              some.map(optionOf)
            ) : (
              <optgroup key={group} label={group}>
                {some.map(optionOf)}
              </optgroup>
            ),
          )}
        </select>
        <Icon name="down" small />
      </span>
    </Frame>
  );
}

const optionOf = ({ value, label, disabled }: Option) => (
  <option key={value} value={value} disabled={disabled}>
    {label}
  </option>
);

export function CheckField({
  label,
  hint,
  wrong,
  checked,
  onChange,
  disabled,
}: {
  label: string;
  hint?: string;
  wrong?: string | undefined;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}) {
  return (
    <label className={wrong === undefined ? 'check' : 'check wrong'}>
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
        aria-invalid={wrong === undefined ? undefined : true}
      />
      <span>
        {label}
        {(wrong !== undefined || hint !== undefined) && <small>{wrong ?? hint}</small>}
      </span>
    </label>
  );
}

/** Several of a list, under one name. */
export function CheckList({
  label,
  hint,
  wrong,
  value,
  onChange,
  options,
  disabled,
}: Named & {
  value: readonly string[];
  onChange: (value: string[]) => void;
  options: { value: string; label: string }[];
  disabled?: boolean;
}) {
  const id = useId();
  return (
    <fieldset
      className={wrong === undefined ? 'field' : 'field wrong'}
      aria-describedby={hint === undefined && wrong === undefined ? undefined : `${id}-hint`}
    >
      <legend className="name">{label}</legend>
      {options.map((option) => (
        <label className="check" key={option.value}>
          <input
            type="checkbox"
            checked={value.includes(option.value)}
            disabled={disabled}
            onChange={(event) =>
              onChange(
                event.target.checked ? [...value, option.value] : value.filter((one) => one !== option.value),
              )
            }
          />
          <span>{option.label}</span>
        </label>
      ))}
      {(wrong !== undefined || hint !== undefined) && (
        <span className="hint" id={`${id}-hint`}>
          {wrong ?? hint}
        </span>
      )}
    </fieldset>
  );
}

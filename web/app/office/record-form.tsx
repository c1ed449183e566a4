import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { problemOf, Refused, wrongField } from '#web/link/problem.ts';
import { useTell } from '#web/ui/tell.tsx';
import { Failure } from '../failure.tsx';
import { useMay } from '../session.ts';
import { movedOn } from './meanwhile.ts';

export interface RecordForm<Values> {
  values: Values;
  set(change: Partial<Values>): void;
  /** The sentence about one field, from the server. */
  wrong(name: string): string | undefined;
  readOnly: boolean;
  dirty: boolean;
  busy: boolean;
  error: unknown;
  save(): Promise<void>;
  discard(): void;
  /** What was being typed here was found again. */
  restored: boolean;
}

interface Recording<Values> {
  /** Names the form; what is typed is kept under it until it is saved, also when the page is left. */
  name: string;
  /** As the server has it. */
  initial: Values;
  /** The record's version; what somebody else changed meanwhile is then not overwritten, also when it was read again by itself. */
  version?: number | undefined;
  /** Sends the form. Throws what the API refused. */
  save: (values: Values, key: string) => Promise<unknown>;
  /** The lists and records that change with it. */
  renews: readonly string[];
  /** Refusals by code that are about one field, and its name. */
  marks?: Readonly<Record<string, string>>;
  done?: (saved: unknown) => void;
}

/** A form about one record: keeps what is typed, shows what is wrong where it is wrong, and says so when somebody else was quicker. */
export function useRecordForm<Values extends object>({
  name,
  initial,
  version,
  save,
  renews,
  marks = {},
  done,
}: Recording<Values>): RecordForm<Values> {
  const { t } = useLingui();
  const { toast } = useTell();
  const queries = useQueryClient();
  const readOnly = !useMay('administrator');
  const storeKey = `parley.form.${name}`;
  const [change, setChange] = useState<Partial<Values>>(() => readKept<Values>(storeKey));
  const [restored, setRestored] = useState(() => Object.keys(readKept<Values>(storeKey)).length > 0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  // The same attempt, sent twice, makes one record.
  const key = useRef(crypto.randomUUID());
  const dirty = Object.keys(change).length > 0;

  // What is read again while somebody types does not slip in under what they typed: they began on `began`.
  const began = useRef({ values: initial, version });
  if (!dirty) began.current = { values: initial, version };
  const outdated = dirty && movedOn(began.current, { values: initial, version });

  useEffect(() => {
    if (readOnly) return;
    if (dirty) sessionStorage.setItem(storeKey, JSON.stringify(change));
    else sessionStorage.removeItem(storeKey);
  }, [storeKey, change, dirty, readOnly]);

  const values = { ...began.current.values, ...change };
  const renew = async () => {
    for (const queryKey of renews) await queries.invalidateQueries({ queryKey: [queryKey] });
  };
  return {
    values,
    readOnly,
    dirty,
    busy,
    error,
    restored,
    wrong: (field) => wrongField(problemOf(error), field, marks),
    set: (next) => {
      key.current = crypto.randomUUID();
      setChange((before) => ({ ...before, ...next }));
    },
    async save() {
      setBusy(true);
      setError(undefined);
      try {
        if (outdated)
          throw new Refused({
            type: '/problems/changed-meanwhile',
            code: 'changed-meanwhile',
            status: 409,
            title: t`Somebody changed this meanwhile.`,
          });
        const saved = await save(values, key.current);
        sessionStorage.removeItem(storeKey);
        await renew();
        setChange({});
        setRestored(false);
        toast(t`Saved`);
        done?.(saved);
      } catch (why) {
        setError(why);
      } finally {
        setBusy(false);
      }
    },
    discard() {
      setChange({});
      setError(undefined);
      setRestored(false);
      void renew();
    },
  };
}

/** What the form itself finds wrong, thrown by its `save`: shown like the server's own "no", at the same fields. */
export function unfit(title: string, fields: Record<string, string>): Refused {
  return new Refused({ type: '/problems/input-invalid', code: 'input-invalid', status: 422, title, fields });
}

function readKept<Values>(key: string): Partial<Values> {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<Values>;
  } catch {
    return {};
  }
}

/** The form's frame: what went wrong on top, the fields, Save and Discard. */
export function FormFrame<Values>({
  form,
  creating,
  children,
}: {
  form: RecordForm<Values>;
  creating?: boolean;
  children: React.ReactNode;
}) {
  const { t } = useLingui();
  const root = useRef<HTMLFormElement>(null);
  const outdated = problemOf(form.error)?.code === 'changed-meanwhile';
  useEffect(() => {
    if (form.error === undefined) return;
    const wrong =
      root.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-wrong]') ??
      root.current?.querySelector<HTMLElement>('[role="alert"]');
    wrong?.focus({ preventScroll: true });
    wrong?.scrollIntoView({ block: 'center' });
  }, [form.error]);
  return (
    <form
      className="form"
      ref={root}
      onSubmit={(event) => {
        event.preventDefault();
        void form.save();
      }}
    >
      <Failure error={form.error}>
        {outdated && (
          <p>
            <Trans>Your changes are still here, but not saved. Load the newest and make them again.</Trans>{' '}
            <button type="button" className="button small" onClick={form.discard}>
              <Trans>Load the newest</Trans>
            </button>
          </p>
        )}
      </Failure>
      {form.restored && form.dirty && (
        <p className="second" role="status">
          <Trans>What you typed here before was kept and is not saved yet.</Trans>
        </p>
      )}
      <fieldset className="form" disabled={form.readOnly}>
        {children}
      </fieldset>
      {form.readOnly ? (
        <p className="second">
          <Trans>You can read this; an administrator can change it.</Trans>
        </p>
      ) : (
        <div className="save">
          <button type="submit" className="button primary" disabled={form.busy || (!form.dirty && !creating)}>
            {form.busy ? t`Saving` : creating ? t`Create` : t`Save`}
          </button>
          {form.dirty && (
            <button type="button" className="button quiet" onClick={form.discard}>
              {creating ? t`Empty the form` : t`Discard the changes`}
            </button>
          )}
        </div>
      )}
    </form>
  );
}

import { Trans, useLingui } from '@lingui/react/macro';
import { useEffect, useId, useRef } from 'react';
import type { Outcome, WorkItem } from '#src/modules/interactions/contract.ts';
import { TextArea } from '#web/ui/field.tsx';
import { nameIn, useLanguage } from '../language.ts';
import type { Drafting } from './use-drafts.ts';

interface Wrapping {
  interaction: WorkItem;
  outcomes: Outcome[] | undefined;
  drafts: Drafting;
  busy: boolean;
  onComplete: (outcomeCode: string, note: string) => void;
  onReopen: () => void;
}

/** After the exchange: what came of it, and a note for who reads it later. Stands where the composer stood. */
export function WrapUp({ interaction, outcomes, drafts, busy, onComplete, onReopen }: Wrapping) {
  const { t } = useLingui();
  const language = useLanguage();
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const choices = (outcomes ?? []).filter(({ active }) => active);
  const { outcome, wrapUp } = drafts.now;
  const chosen = choices.some(({ code }) => code === outcome) ? outcome : '';
  const loaded = outcomes !== undefined;

  useEffect(() => {
    if (loaded) form.current?.querySelector<HTMLInputElement>('input[type=radio]')?.focus();
  }, [loaded]);

  const complete = () => {
    if (chosen !== '' && !busy) onComplete(chosen, wrapUp);
  };
  return (
    <form
      ref={form}
      className="wrap-up"
      aria-labelledby={id}
      onSubmit={(event) => {
        event.preventDefault();
        complete();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          complete();
        }
      }}
    >
      <h3 id={id}>
        <Trans>What came of it?</Trans>
      </h3>
      {loaded && choices.length === 0 ? (
        <p className="second">
          <Trans>
            {interaction.clientName} has no outcomes yet; an administrator adds them in the office. Until then
            this cannot be completed.
          </Trans>
        </p>
      ) : (
        <div className="outcomes" role="radiogroup" aria-labelledby={id} aria-busy={!loaded}>
          {choices.map((one) => (
            <label key={one.id} className="chip">
              <input
                type="radio"
                name="outcome"
                value={one.code}
                checked={chosen === one.code}
                onChange={() => drafts.set({ outcome: one.code })}
              />
              {nameIn(language, one)}
            </label>
          ))}
        </div>
      )}
      <TextArea
        label={t`Note, for colleagues`}
        rows={2}
        maxLength={2000}
        value={wrapUp}
        onChange={(value) => drafts.set({ wrapUp: value })}
      />
      <footer>
        <button type="button" className="button quiet" onClick={onReopen} disabled={busy}>
          <Trans>Reopen the chat</Trans>
        </button>
        <span className="push small quiet">
          {chosen === '' && loaded && choices.length > 0 ? t`Choose an outcome first.` : ''}
        </span>
        <button type="submit" className="button primary" disabled={busy || chosen === ''}>
          <Trans>Complete</Trans> <kbd>Ctrl ↵</kbd>
        </button>
      </footer>
    </form>
  );
}

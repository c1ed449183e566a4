import { Trans, useLingui } from '@lingui/react/macro';
import { useRef, useState } from 'react';
import type { Interaction } from '#src/modules/interactions/contract.ts';
import { api } from '#web/link/api.ts';
import { Dialog } from '#web/ui/dialog.tsx';
import { TextArea, TextField } from '#web/ui/field.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { Failure } from '../failure.tsx';
import { lineLengthMax } from './composer.tsx';
import { type ParkUntil, parkedUntil } from './park-until.ts';
import { KeptField, type KeptHow, TargetField } from './target-field.tsx';
import { goalOf } from './targets.ts';
import type { Drafting } from './use-drafts.ts';

/**
 * Passes on what the agent handles. The note goes first, so that it stands in the conversation whatever becomes of the transfer; it has
 * one key for one text, so that trying again does not write it twice.
 */
export function TransferDialog({
  interactionId,
  name,
  drafts,
  isSending,
  onClose,
}: {
  interactionId: string;
  name: string;
  drafts: Drafting;
  /** A line is on its way: what follows a transfer would be refused. */
  isSending: boolean;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const { toast } = useTell();
  const [target, setTarget] = useState({ value: '', label: '' });
  const [until, setUntil] = useState<ParkUntil>('quarter');
  const [how, setHow] = useState<KeptHow>('alone');
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const written = useRef({ text: '', key: '' });
  const goal = goalOf(target.value);
  const toType = goal !== undefined && 'typeId' in goal;
  const toAgent = goal !== undefined && 'agentId' in goal;
  const note = drafts.now.note.trim();
  const to = target.label;

  const transfer = async () => {
    if (goal === undefined) return;
    setBusy(true);
    setError(undefined);
    try {
      if (note !== '') {
        if (written.current.text !== note) written.current = { text: note, key: crypto.randomUUID() };
        await api.post(`/api/interactions/${interactionId}/messages`, {
          key: written.current.key,
          text: note,
          audience: 'staff',
        });
        drafts.set({ note: '' });
      }
      const end = toType ? undefined : parkedUntil(until, new Date());
      await api.post<Interaction>(`/api/interactions/${interactionId}/transfer`, {
        to: goal,
        reason: reason.trim(),
        ...(end === undefined ? {} : { until: end.toISOString() }),
        ...(toAgent && how === 'first' ? { thenAnybody: true } : {}),
      });
      toast(t`${name} transferred to ${to}`);
      onClose();
    } catch (why) {
      setError(why);
      setBusy(false);
    }
  };

  return (
    <Dialog title={t`Transfer ${name}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void transfer();
        }}
      >
        <TargetField
          interactionId={interactionId}
          value={target.value}
          onChange={(value, label) => setTarget({ value, label })}
        />
        {goal !== undefined && !toType && (
          <KeptField
            value={until}
            onChange={setUntil}
            how={toAgent ? how : undefined}
            onHow={(chosen) => {
              setHow(chosen);
              if (chosen === 'first' && until === 'tomorrow') setUntil('hour');
            }}
          />
        )}
        <TextField label={t`Why`} required value={reason} onChange={setReason} maxLength={200} />
        <TextArea
          label={t`Note for whoever takes it, if there is something to say`}
          hint={t`The customer does not see it.`}
          value={drafts.now.note}
          onChange={(text) => drafts.set({ note: text })}
          maxLength={lineLengthMax}
          rows={2}
        />
        {goal !== undefined && (
          <p className="second">
            {toType ? (
              <Trans>
                It waits for {to} in the place it arrived in, and goes to the next agent who masters that.
              </Trans>
            ) : toAgent && how === 'first' ? (
              <Trans>
                {to} is asked first, if they are there; everybody else who may take it after that, or when
                they decline.
              </Trans>
            ) : (
              <Trans>Only {to} is asked until then; after that everybody who may take it.</Trans>
            )}{' '}
            <Trans>
              The customer reads that they are waiting for somebody. Your place is free at once, and nothing
              is left for you to wrap up.
            </Trans>
          </p>
        )}
        {drafts.now.reply.trim() !== '' && (
          <p className="second">
            <Trans>The reply you were writing has not been sent; it stays in this browser.</Trans>
          </p>
        )}
        {isSending && (
          <p className="second" role="status">
            <Trans>A line is still being sent. Transfer as soon as it stands.</Trans>
          </p>
        )}
        <Failure error={error} />
        <footer>
          <button type="button" className="button" onClick={onClose}>
            <Trans>Keep handling</Trans>
          </button>
          <button
            type="submit"
            className="button primary"
            disabled={busy || isSending || goal === undefined || reason.trim() === ''}
          >
            <Trans>Transfer</Trans>
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

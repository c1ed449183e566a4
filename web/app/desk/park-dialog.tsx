import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import { Dialog } from '#web/ui/dialog.tsx';
import { SelectField, TextField } from '#web/ui/field.tsx';
import { clockTime } from '#web/ui/time.ts';
import { useLanguage } from '../language.ts';
import { type ParkUntil, parkedUntil } from './park-until.ts';

/** Sets work aside: until when, and what it waits for. */
export function ParkDialog({
  name,
  onPark,
  onClose,
}: {
  name: string;
  onPark: (parking: { dueAt?: string; reason?: string }) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const [until, setUntil] = useState<ParkUntil>('hour');
  const [reason, setReason] = useState('');
  const at = (which: ParkUntil) => {
    const due = parkedUntil(which, new Date());
    return due === undefined ? '' : clockTime(due.getTime(), language);
  };
  return (
    <Dialog title={t`Park ${name}`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          const due = parkedUntil(until, new Date());
          onPark({
            ...(due === undefined ? {} : { dueAt: due.toISOString() }),
            ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
          });
        }}
      >
        <p className="second">
          <Trans>It takes no place while it is parked, and stays yours.</Trans>
        </p>
        <SelectField
          label={t`Until`}
          value={until}
          onChange={(value) => setUntil(value as ParkUntil)}
          options={[
            { value: 'quarter', label: t`in 15 minutes, ${at('quarter')}` },
            { value: 'hour', label: t`in an hour, ${at('hour')}` },
            { value: 'tomorrow', label: t`tomorrow, ${at('tomorrow')}` },
            { value: 'open', label: t`without a time` },
          ]}
        />
        <TextField label={t`What it waits for`} value={reason} onChange={setReason} maxLength={200} />
        <footer>
          <button type="button" className="button" onClick={onClose}>
            <Trans>Keep handling</Trans>
          </button>
          <button type="submit" className="button primary">
            <Trans>Park</Trans>
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Gives work back to the line, with the reason that the next agent reads. */
export function ReleaseDialog({
  name,
  onRelease,
  onClose,
}: {
  name: string;
  onRelease: (reason: string) => void;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const [reason, setReason] = useState('');
  return (
    <Dialog title={t`Give ${name} back to the line`} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          onRelease(reason.trim());
        }}
      >
        <p className="second">
          <Trans>It returns to its place of arrival, and goes to the next competent agent.</Trans>
        </p>
        <TextField label={t`Why`} required value={reason} onChange={setReason} maxLength={200} />
        <footer>
          <button type="button" className="button" onClick={onClose}>
            <Trans>Keep it</Trans>
          </button>
          <button type="submit" className="button danger" disabled={reason.trim() === ''}>
            <Trans>Give back</Trans>
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

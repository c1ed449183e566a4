import { Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { FloorInteraction } from '#src/app/contract.ts';
import type { InteractionType } from '#src/modules/interactions/contract.ts';
import { api } from '#web/link/api.ts';
import { Dialog } from '#web/ui/dialog.tsx';
import { SelectField, TextField } from '#web/ui/field.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { clockTime } from '#web/ui/time.ts';
import { useOutcomes } from '../desk/conversation-pane.tsx';
import { useNameOf } from '../desk/naming.ts';
import { type ParkUntil, parkedUntil } from '../desk/park-until.ts';
import { KeptField, type KeptHow, TargetField } from '../desk/target-field.tsx';
import { goalOf } from '../desk/targets.ts';
import { Failure } from '../failure.tsx';
import { nameIn, useLanguage } from '../language.ts';
import type { FloorAct } from './looking.ts';

/** What a supervisor is asked before an act: with a reason, which goes on the record. */
export type Asked =
  | { act: FloorAct; row: FloorInteraction }
  | { act: 'pause'; type: InteractionType | undefined }
  | { act: 'resume'; type: InteractionType };

const reasonMax = 200;

export function AskDialog({
  asked,
  types,
  onClose,
}: {
  asked: Asked;
  types: InteractionType[];
  onClose: () => void;
}) {
  if (asked.act === 'pause') return <Pause type={asked.type} types={types} onClose={onClose} />;
  if (asked.act === 'resume') return <Resume type={asked.type} onClose={onClose} />;
  const { act, row } = asked;
  const Asking = { push: Push, take: Take, reorder: Reorder, pull: Pull, dismiss: Dismiss }[act];
  return <Asking row={row} onClose={onClose} />;
}

interface Asking {
  row: FloorInteraction;
  onClose: () => void;
}

/**
 * The frame of all of them. What is refused is said in the dialog in the server's words, and what was typed stays: somebody may have been
 * faster, and the list behind it is read anew either way.
 */
function Ask({
  title,
  says,
  label,
  keep,
  danger = false,
  withReason = true,
  isReady = true,
  act,
  onClose,
  children,
}: {
  title: string;
  says: React.ReactNode;
  label: string;
  /** What the other button says. */
  keep: string;
  danger?: boolean;
  withReason?: boolean;
  isReady?: boolean;
  act: (reason: string) => Promise<unknown>;
  onClose: () => void;
  children?: React.ReactNode;
}) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await act(reason.trim());
      onClose();
    } catch (why) {
      setError(why);
      setBusy(false);
    } finally {
      void queries.invalidateQueries({ queryKey: ['floor'] });
      void queries.invalidateQueries({ queryKey: ['types'] });
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p className="second">{says}</p>
        {children}
        {withReason && (
          <TextField
            label={t`Why`}
            hint={t`It stands in the record.`}
            required
            value={reason}
            onChange={setReason}
            maxLength={reasonMax}
          />
        )}
        <Failure error={error} />
        <footer>
          <button type="button" className="button" onClick={onClose}>
            {keep}
          </button>
          <button
            type="submit"
            className={danger ? 'button danger' : 'button primary'}
            disabled={busy || !isReady || (withReason && reason.trim() === '')}
          >
            {label}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function Push({ row, onClose }: Asking) {
  const { t } = useLingui();
  const { toast } = useTell();
  const name = useNameOf()(row);
  const [target, setTarget] = useState({ value: '', label: '' });
  const [until, setUntil] = useState<ParkUntil>('quarter');
  const [how, setHow] = useState<KeptHow>('alone');
  const goal = goalOf(target.value);
  const to = target.label;
  const agentId = goal !== undefined && 'agentId' in goal ? goal.agentId : undefined;
  const first = agentId !== undefined && how === 'first';
  return (
    <Ask
      title={t`Give ${name} to a team or an agent`}
      says={
        first ? (
          <Trans>
            It keeps its place; an offer that stands is taken back. They are asked first, if they are there;
            everybody else after that, or when they decline.
          </Trans>
        ) : row.state === 'offered' ? (
          <Trans>
            The offer that stands is taken back. Nobody else is asked until then; afterwards everybody.
          </Trans>
        ) : (
          <Trans>
            It keeps its place. Nobody else is asked until then; afterwards everybody. They need not be free
            now.
          </Trans>
        )
      }
      label={t`Give`}
      keep={t`Leave it`}
      isReady={goal !== undefined}
      onClose={onClose}
      act={async (reason) => {
        const end = parkedUntil(until, new Date());
        if (first)
          await api.post(`/api/interactions/${row.id}/prefer`, {
            agentId,
            reason,
            holdSeconds: until === 'hour' ? 3_600 : 900,
          });
        else
          await api.post(`/api/interactions/${row.id}/push`, {
            to: goal,
            reason,
            ...(end === undefined ? {} : { until: end.toISOString() }),
          });
        toast(t`${name} given to ${to}`);
      }}
    >
      <TargetField
        interactionId={row.id}
        types={false}
        value={target.value}
        onChange={(value, label) => setTarget({ value, label })}
      />
      <KeptField
        value={until}
        onChange={setUntil}
        how={agentId === undefined ? undefined : how}
        onHow={(chosen) => {
          setHow(chosen);
          if (chosen === 'first' && until === 'tomorrow') setUntil('hour');
        }}
      />
    </Ask>
  );
}

function Take({ row, onClose }: Asking) {
  const { t } = useLingui();
  const { toast } = useTell();
  const navigate = useNavigate();
  const name = useNameOf()(row);
  return (
    <Ask
      title={t`Take ${name} yourself`}
      says={
        row.state === 'offered' ? (
          <Trans>
            The offer that stands is taken back. It is then on your desk, and takes a place of yours.
          </Trans>
        ) : (
          <Trans>It leaves the line, is on your desk at once, and takes a place of yours.</Trans>
        )
      }
      label={t`Take`}
      keep={t`Leave it`}
      onClose={onClose}
      act={async (reason) => {
        await api.post(`/api/interactions/${row.id}/take`, { reason });
        toast(t`${name} is on your desk`, {
          label: t`Go there`,
          act: () => void navigate({ to: '/desk', search: { open: row.id } }),
        });
      }}
    />
  );
}

function Pull({ row, onClose }: Asking) {
  const { t } = useLingui();
  const { toast } = useTell();
  const name = useNameOf()(row);
  const agent = row.agentName ?? t`the agent`;
  return (
    <Ask
      title={t`Take the offer of ${name} back`}
      says={<Trans>It returns to its place in the line, and others are asked before {agent}.</Trans>}
      label={t`Take back`}
      keep={t`Leave it`}
      onClose={onClose}
      act={async (reason) => {
        await api.post(`/api/interactions/${row.id}/pull`, { reason });
        toast(t`Offer of ${name} taken back`);
      }}
    />
  );
}

const priorityMax = 100;

function Reorder({ row, onClose }: Asking) {
  const { t } = useLingui();
  const { toast } = useTell();
  const name = useNameOf()(row);
  const [typed, setTyped] = useState(String(Math.min(priorityMax, row.priority + 10)));
  const priority = Number(typed);
  const isReady =
    typed.trim() !== '' &&
    Number.isInteger(priority) &&
    Math.abs(priority) <= priorityMax &&
    priority !== row.priority;
  const now = row.priority;
  return (
    <Ask
      title={t`Move ${name} in the line`}
      says={<Trans>Higher is offered first. Among equals its place stays that of its arrival.</Trans>}
      label={t`Move`}
      keep={t`Leave it`}
      isReady={isReady}
      onClose={onClose}
      act={async (reason) => {
        await api.post(`/api/interactions/${row.id}/reorder`, { priority, reason });
        toast(t`Priority of ${name} is ${priority}`);
      }}
    >
      <TextField
        label={t`Priority`}
        hint={t`From -100 to 100; it is ${now} now.`}
        type="number"
        min={-priorityMax}
        max={priorityMax}
        value={typed}
        onChange={setTyped}
      />
    </Ask>
  );
}

function Dismiss({ row, onClose }: Asking) {
  const { t } = useLingui();
  const { toast } = useTell();
  const language = useLanguage();
  const name = useNameOf()(row);
  const outcomes = (useOutcomes(row.clientId).data ?? []).filter(({ active }) => active);
  const [chosen, setChosen] = useState('');
  const code = chosen === '' ? (outcomes[0]?.code ?? '') : chosen;
  return (
    <Ask
      title={t`Close ${name} without an answer?`}
      says={<Trans>The customer gets no answer, and it leaves the line. The outcome says why.</Trans>}
      label={t`Close without an answer`}
      keep={t`Let it wait`}
      danger
      withReason={false}
      isReady={code !== ''}
      onClose={onClose}
      act={async () => {
        await api.post(`/api/interactions/${row.id}/dismiss`, { outcomeCode: code });
        toast(t`${name} closed without an answer`);
      }}
    >
      <SelectField
        label={t`Outcome`}
        value={code}
        onChange={setChosen}
        options={outcomes.map((one) => ({ value: one.code, label: nameIn(language, one) }))}
      />
    </Ask>
  );
}

function Pause({
  type,
  types,
  onClose,
}: {
  type: InteractionType | undefined;
  types: InteractionType[];
  onClose: () => void;
}) {
  const { t } = useLingui();
  const { toast } = useTell();
  const language = useLanguage();
  const [chosen, setChosen] = useState(type?.id ?? types[0]?.id ?? '');
  const [until, setUntil] = useState<ParkUntil>('open');
  const at = (which: ParkUntil) => {
    const end = parkedUntil(which, new Date());
    return end === undefined ? '' : clockTime(end.getTime(), language);
  };
  const one = types.find(({ id }) => id === chosen) ?? type;
  const name = one === undefined ? '' : nameIn(language, one);
  return (
    <Ask
      title={type === undefined ? t`Pause a type` : t`Pause ${name}`}
      says={
        <Trans>
          What waits of it keeps its place and is offered to nobody; what is with an agent goes on.
        </Trans>
      }
      label={t`Pause`}
      keep={t`Leave it`}
      isReady={chosen !== ''}
      onClose={onClose}
      act={async (reason) => {
        const end = parkedUntil(until, new Date());
        await api.post(`/api/interaction-types/${chosen}/pause`, {
          reason,
          ...(end === undefined ? {} : { until: end.toISOString() }),
        });
        toast(t`${name} is paused`);
      }}
    >
      {type === undefined && (
        <SelectField
          label={t`Type`}
          value={chosen}
          onChange={setChosen}
          options={types.map((each) => ({ value: each.id, label: nameIn(language, each) }))}
        />
      )}
      <SelectField
        label={t`Until`}
        value={until}
        onChange={(value) => setUntil(value as ParkUntil)}
        options={[
          { value: 'open', label: t`somebody resumes it` },
          { value: 'quarter', label: t`in 15 minutes, ${at('quarter')}` },
          { value: 'hour', label: t`in an hour, ${at('hour')}` },
          { value: 'tomorrow', label: t`tomorrow, ${at('tomorrow')}` },
        ]}
      />
    </Ask>
  );
}

function Resume({ type, onClose }: { type: InteractionType; onClose: () => void }) {
  const { t } = useLingui();
  const { toast } = useTell();
  const name = nameIn(useLanguage(), type);
  return (
    <Ask
      title={t`Resume ${name}`}
      says={<Trans>What waits of it is offered again at once, each in its place.</Trans>}
      label={t`Resume`}
      keep={t`Leave it paused`}
      onClose={onClose}
      act={async (reason) => {
        await api.post(`/api/interaction-types/${type.id}/resume`, { reason });
        toast(t`${name} goes on`);
      }}
    />
  );
}

import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Interaction } from '#src/modules/interactions/contract.ts';
import type { WhyView } from '#src/modules/routing/contract.ts';
import { api } from '#web/link/api.ts';
import { TextField } from '#web/ui/field.tsx';
import { clockSeconds, dayAndTime } from '#web/ui/time.ts';
import { useStateWords } from '../desk/state-words.tsx';
import { standingWords, whySentence, whyWaitingSentence } from '../desk/why.ts';
import { NotLoaded } from '../failure.tsx';
import { useLanguage } from '../language.ts';
import { localSeconds, momentOf } from './moment.ts';

/** Who could have taken it when a decision was taken: asked for once somebody opens it, since it is worked out anew. */
export function WhoCouldTake({ interactionId, seq }: { interactionId: string; seq: number }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Trans>Who could have taken it then</Trans>
      </summary>
      {open && <Stood path={`/api/interactions/${interactionId}/why?decision=${seq}`} />}
    </details>
  );
}

/** A moment of one's choice, from its arrival on. */
export function AtWhatMoment({ interaction }: { interaction: Interaction }) {
  const { t } = useLingui();
  const [typed, setTyped] = useState(() => localSeconds(interaction.arrivedAt));
  const [asked, setAsked] = useState<{ at: string; again: number }>();
  const at = momentOf(typed);
  return (
    <section aria-labelledby="moment">
      <h2 id="moment">
        <Trans>At what moment</Trans>
      </h2>
      <form
        className="moment"
        onSubmit={(event) => {
          event.preventDefault();
          if (at !== undefined) setAsked({ at, again: (asked?.again ?? 0) + 1 });
        }}
      >
        <TextField
          label={t`Moment`}
          hint={t`Why it waited then, and where everybody stood.`}
          type="datetime-local"
          step={1}
          required
          min={localSeconds(interaction.arrivedAt)}
          max={interaction.closedAt === null ? undefined : localSeconds(interaction.closedAt)}
          value={typed}
          onChange={setTyped}
        />
        <button type="submit" className="button" disabled={at === undefined}>
          <Trans>Look</Trans>
        </button>
      </form>
      {asked !== undefined && (
        <div aria-live="polite">
          <Stood
            key={`${asked.at} ${asked.again}`}
            path={`/api/interactions/${interaction.id}/why?at=${encodeURIComponent(asked.at)}`}
            tellWhy
          />
        </div>
      )}
    </section>
  );
}

function Stood({ path, tellWhy = false }: { path: string; tellWhy?: boolean }) {
  const { t } = useLingui();
  const language = useLanguage();
  const states = useStateWords();
  const [from, setFrom] = useState(0);
  const read = useQuery({
    queryKey: ['moment', path, from],
    queryFn: () => api.get<WhyView>(`${path}&agents=all&from=${from}`),
    placeholderData: (before: WhyView | undefined) => before,
    retry: false,
    gcTime: 0,
  });
  if (read.isError) return <NotLoaded error={read.error} again={() => void read.refetch()} />;
  const view = read.data;
  if (view === undefined)
    return (
      <div className="skeleton" aria-hidden="true">
        <i />
      </div>
    );
  const { what, why, names, at, decision, agents = [], others, next } = view;
  const who = decision === undefined ? undefined : (names[decision.agentId] ?? t`an agent`);
  const time = at === undefined ? '' : dayAndTime(at, language);
  const told =
    what === 'waiting'
      ? whyWaitingSentence(why, names, language)
      : what === 'decided'
        ? `${t`Offered to ${who ?? ''} at ${at === undefined ? '' : clockSeconds(at, language)}.`} ${whySentence(why, names, language, who) ?? ''}`
        : what === 'not-waiting'
          ? t`It was not waiting at that moment: ${view.state === undefined ? '' : states[view.state].word}.`
          : what === 'nobody-routed'
            ? t`Nobody was routing at that moment: the program was not running, or another copy was about to take over.`
            : what === 'before-the-journal'
              ? t`It is not kept what routing was told at that time, so it cannot be worked out any more.`
              : t`It had not arrived at that moment, or was over.`;
  const could = agents.filter(({ place }) => place !== null);
  const not = agents.filter(({ place }) => place === null);
  const item = (agent: (typeof agents)[number]) => (
    <li key={agent.agentId} value={agent.place ?? undefined}>
      {names[agent.agentId] ?? t`an agent`}
      <span className="second"> {standingWords(agent, language)}</span>
    </li>
  );
  const hidden = (others?.couldTake ?? 0) + (others?.not ?? []).reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="stood">
      {(tellWhy || (what !== 'decided' && what !== 'waiting')) && <p>{told}</p>}
      {(what === 'waiting' || what === 'decided') && (
        <>
          {could.length > 0 && (
            <>
              <h3>
                <Trans>Could take it, in this order</Trans>
              </h3>
              <ol aria-label={t`Could take it at ${time}`}>{could.map(item)}</ol>
            </>
          )}
          {not.length > 0 && (
            <>
              <h3>
                <Trans>Could not take it</Trans>
              </h3>
              <ul aria-label={t`Could not take it at ${time}`}>{not.map(item)}</ul>
            </>
          )}
          {could.length + not.length === 0 && (
            <p className="second">
              <Trans>There was no agent whom you may see.</Trans>
            </p>
          )}
          {hidden > 0 && (
            <p className="second">
              <Trans>Agents of other clients, not shown: {hidden}.</Trans>
            </p>
          )}
          {(from > 0 || (next !== null && next !== undefined)) && (
            <div className="pages">
              {from > 0 && (
                <button type="button" className="button small" onClick={() => setFrom(0)}>
                  <Trans>From the first</Trans>
                </button>
              )}
              {next !== null && next !== undefined && (
                <button type="button" className="button small" onClick={() => setFrom(next)}>
                  <Trans>Further agents</Trans>
                </button>
              )}
            </div>
          )}
        </>
      )}
    </div>
  );
}

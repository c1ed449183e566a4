import { Trans, useLingui } from '@lingui/react/macro';
import { useState } from 'react';
import type { Competency } from '#src/modules/competencies/contract.ts';
import type { InteractionType } from '#src/modules/interactions/contract.ts';
import { ChooseField } from '#web/ui/choose.tsx';
import { CheckField, SelectField, TextField } from '#web/ui/field.tsx';
import { found } from '#web/ui/find.ts';
import { Icon } from '#web/ui/icon.tsx';
import { lengthOf } from '#web/ui/times.ts';
import { useTeams } from '../desk/naming.ts';
import { nameIn, useLanguage } from '../language.ts';
import { Chips } from './chips.tsx';
import { useSites } from './lists.ts';
import { PersonField } from './people-field.tsx';
import type { RoutingDraft, WrongRouting } from './routing-draft.ts';

type Requires = InteractionType['requires'];
interface Fields {
  draft: RoutingDraft;
  /** The sentence about a field, by its name in the draft. */
  wrong: (field: string) => string | undefined;
  readOnly: boolean;
  set: (change: Partial<RoutingDraft>) => void;
}

/** The sentence about a setting that is wrong. */
export function useRoutingWords(): (wrong: WrongRouting) => string {
  const { t } = useLingui();
  const language = useLanguage();
  return (wrong) => {
    if (wrong.why === 'no-length') return t`Not a length of time; write it such as 20 s, 5 min or 2 h.`;
    if (wrong.why === 'all-or-none') return t`Fill in all three, or none.`;
    if (wrong.why === 'nothing-chosen') return t`Choose at least one.`;
    if (wrong.why === 'later') return t`Each step comes later than the one before.`;
    if (wrong.why === 'further') return t`Each step goes further than the one before.`;
    const length = wrong.why === 'length-range';
    const min = length ? lengthOf(wrong.min, language) : String(wrong.min);
    const max = length ? lengthOf(wrong.max, language) : String(wrong.max);
    return t`From ${min} to ${max}.`;
  };
}

/** How a type is routed: each setting with what it does, empty where it asks for nothing. */
export function RoutingFields({
  requires,
  competencies,
  ...fields
}: Fields & { requires: Requires; competencies: readonly Competency[] }) {
  const { t } = useLingui();
  const { draft, wrong, readOnly, set } = fields;
  const levels = [1, 2, 3, 4, 5].map((level) => ({ value: String(level), label: String(level) }));
  return (
    <>
      <Rule
        title={t`Target`}
        explained={t`At equal priority, what is nearest to missing its target is offered first.`}
      >
        <div className="pair">
          <TextField
            label={t`Answer within`}
            hint={t`Such as 20 s, 5 min or 2 h.`}
            placeholder={t`not set`}
            value={draft.target}
            wrong={wrong('target')}
            onChange={(target) => set({ target })}
          />
        </div>
      </Rule>
      <Rule
        title={t`Ageing`}
        explained={t`The priority rises while it waits, so that nothing is overtaken for ever.`}
      >
        <div className="three">
          <TextField
            label={t`Each time it waited`}
            placeholder={t`not set`}
            value={draft.ageingEvery}
            wrong={wrong('ageingEvery')}
            onChange={(ageingEvery) => set({ ageingEvery })}
          />
          <TextField
            label={t`the priority rises by`}
            placeholder={t`not set`}
            value={draft.ageingBy}
            wrong={wrong('ageingBy')}
            onChange={(ageingBy) => set({ ageingBy })}
          />
          <TextField
            label={t`in all by at most`}
            placeholder={t`not set`}
            value={draft.ageingAtMost}
            wrong={wrong('ageingAtMost')}
            onChange={(ageingAtMost) => set({ ageingAtMost })}
          />
        </div>
      </Rule>
      <Rule title={t`Who is asked first`}>
        <CheckField
          label={t`The most competent first`}
          hint={t`Of those who may take it, who masters most of what it asks for; else who has been free longest.`}
          checked={draft.bestLevelFirst}
          onChange={(bestLevelFirst) => set({ bestLevelFirst })}
        />
        <CheckField
          label={t`A returning customer’s last agent first`}
          hint={t`Kept for them alone for a while, if they are there; then for everybody.`}
          checked={draft.lastAgent}
          onChange={(lastAgent) =>
            set({ lastAgent, ...(lastAgent && draft.hold === '' ? { hold: '30 s' } : {}) })
          }
        />
        <PersonField
          label={t`One agent first`}
          hint={t`Asked before everybody else, if they are there; of a returning customer, before their last agent.`}
          value={draft.named}
          wrong={wrong('preferred.agentId')}
          readOnly={readOnly}
          clearLabel={t`Nobody in particular`}
          onChange={(named) =>
            set({ named, ...(named !== undefined && draft.hold === '' ? { hold: '30 s' } : {}) })
          }
        />
        {(draft.lastAgent || draft.named !== undefined) && (
          <div className="pair inset">
            <TextField
              label={t`Kept for them for`}
              hint={t`At most 1 h.`}
              required
              value={draft.hold}
              wrong={wrong('hold')}
              onChange={(hold) => set({ hold })}
            />
          </div>
        )}
      </Rule>
      <Widening requires={requires} competencies={competencies} {...fields} />
      <Rule
        title={t`Language`}
        explained={t`An agent must master the customer’s language: a competency that is a language.`}
      >
        <div className="pair">
          <SelectField
            label={t`At this level at least`}
            value={draft.languageLevel}
            wrong={wrong('languageLevel')}
            onChange={(languageLevel) => set({ languageLevel })}
            options={[{ value: '', label: t`not set` }, ...levels]}
          />
        </div>
      </Rule>
      <TeamSteps {...fields} />
      <Rule title={t`When it is quiet, and by itself`}>
        <CheckField
          label={t`It can wait for a quiet moment`}
          hint={t`Offered only while enough others keep a free place for live work.`}
          checked={draft.deferred}
          onChange={(deferred) =>
            set({ deferred, ...(deferred && draft.reserve === '' ? { reserve: '1' } : {}) })
          }
        />
        {draft.deferred && (
          <div className="pair inset">
            <TextField
              label={t`Others who keep a free place`}
              required
              type="number"
              min={0}
              max={1_000}
              value={draft.reserve}
              wrong={wrong('reserve')}
              onChange={(reserve) => set({ reserve })}
            />
          </div>
        )}
        <CheckField
          label={t`Accepted by itself`}
          hint={t`The desk takes the offer at once; the agent is not asked.`}
          checked={draft.autoAccept}
          onChange={(autoAccept) => set({ autoAccept })}
        />
      </Rule>
    </>
  );
}

function Rule({
  title,
  explained,
  children,
}: {
  title: string;
  explained?: string;
  children: React.ReactNode;
}) {
  return (
    <fieldset className="rule">
      <legend>{title}</legend>
      {explained !== undefined && <p className="second">{explained}</p>}
      {children}
    </fieldset>
  );
}

/** A sentence about a group, to which the form leads when it is wrong. */
function WrongGroup({ sentence }: { sentence: string | undefined }) {
  if (sentence === undefined) return null;
  return (
    <p className="field wrong" data-wrong tabIndex={-1}>
      <span className="hint">{sentence}</span>
    </p>
  );
}

function Widening({
  draft,
  wrong,
  readOnly,
  set,
  requires,
  competencies,
}: Fields & { requires: Requires; competencies: readonly Competency[] }) {
  const { t } = useLingui();
  const language = useLanguage();
  const name = (id: string) => {
    const one = competencies.find((competency) => competency.id === id);
    return one === undefined ? '…' : nameIn(language, one);
  };
  const change = (place: number, next: Partial<RoutingDraft['steps'][number]>) =>
    set({ steps: draft.steps.map((step, at) => (at === place ? { ...step, ...next } : step)) });
  const first = requires[0];
  return (
    <Rule
      title={t`Widening`}
      explained={t`At first only the best are asked; with each step those at lower levels too, never below what it asks for.`}
    >
      {first === undefined ? (
        <p className="second">
          <Trans>It asks for no competency, so there is nothing to widen.</Trans>
        </p>
      ) : (
        <CheckField
          label={t`Begin with the best`}
          checked={draft.widening}
          onChange={(widening) =>
            set({
              widening,
              ...(widening && Object.keys(draft.best).length === 0
                ? { best: { [first.competencyId]: '5' } }
                : {}),
              ...(widening && draft.steps.length === 0 ? { steps: [{ after: '30 s', lower: '1' }] } : {}),
            })
          }
        />
      )}
      {draft.widening && first !== undefined && (
        <div className="inset stack">
          <div className="pair">
            {requires.map(({ competencyId, level }, place) => {
              const competency = name(competencyId);
              const kept = draft.best[competencyId] ?? '';
              return (
                <SelectField
                  key={competencyId}
                  label={t`${competency}: at first at`}
                  wrong={place === 0 ? wrong('best') : undefined}
                  value={Number(kept) >= level ? kept : ''}
                  onChange={(chosen) => set({ best: { ...draft.best, [competencyId]: chosen } })}
                  options={[
                    { value: '', label: t`${level} or more, as it asks for` },
                    ...[1, 2, 3, 4, 5]
                      .filter((one) => one > level || (one === 5 && level === 5))
                      .map((one) => ({
                        value: String(one),
                        label: one === 5 ? t`5 only` : t`${one} or more`,
                      })),
                  ]}
                />
              );
            })}
          </div>
          {draft.steps.map((step, place) => {
            const number = place + 1;
            return (
              // A step is known by its place.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              <div className="step" key={place}>
                <TextField
                  label={t`Step ${number}: after`}
                  required
                  value={step.after}
                  wrong={wrong(`steps.${place}.after`)}
                  onChange={(after) => change(place, { after })}
                />
                <SelectField
                  label={t`lower by`}
                  value={step.lower}
                  wrong={wrong(`steps.${place}.lower`)}
                  onChange={(lower) => change(place, { lower })}
                  options={[1, 2, 3, 4, 5].map((lower) => ({
                    value: String(lower),
                    label: lower === 1 ? t`1 level` : t`${lower} levels`,
                  }))}
                />
                {!readOnly && (
                  <button
                    type="button"
                    className="button icon"
                    aria-label={t`Remove step ${number}`}
                    onClick={() => set({ steps: draft.steps.filter((_, at) => at !== place) })}
                  >
                    <Icon name="x" />
                  </button>
                )}
              </div>
            );
          })}
          <WrongGroup sentence={wrong('steps')} />
          {!readOnly && draft.steps.length < 5 && (
            <AddButton onClick={() => set({ steps: [...draft.steps, nextStep(draft.steps)] })}>
              <Trans>Add a step</Trans>
            </AddButton>
          )}
        </div>
      )}
    </Rule>
  );
}

/** One level lower than the last; its time is for the person to say. */
const nextStep = (steps: RoutingDraft['steps']) => ({
  after: '',
  lower: String(Math.min(5, Number(steps.at(-1)?.lower ?? 0) + 1)),
});

function AddButton({ onClick, children }: { onClick: () => void; children: React.ReactNode }) {
  return (
    <span>
      <button type="button" className="button small" onClick={onClick}>
        <Icon name="plus" small />
        {children}
      </button>
    </span>
  );
}

function TeamSteps({ draft, wrong, readOnly, set }: Fields) {
  const { t } = useLingui();
  const teams = useTeams();
  const usable = (teams.data ?? []).filter(({ active }) => active);
  const change = (place: number, next: Partial<RoutingDraft['teams'][number]>) =>
    set({ teams: draft.teams.map((step, at) => (at === place ? { ...step, ...next } : step)) });
  return (
    <Rule
      title={t`Teams`}
      explained={t`Only their members are asked; further teams join after a while. Without a team, everybody who masters it is asked.`}
    >
      {draft.teams.length === 0 && readOnly && (
        <p>
          <Trans>not set</Trans>
        </p>
      )}
      {draft.teams.map((step, place) => {
        const number = place + 1;
        return (
          // A step is known by its place.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <div className="step teams" key={place}>
            {place === 0 ? (
              <p className="from-start">
                <Trans>From the start</Trans>
              </p>
            ) : (
              <TextField
                label={t`Step ${number}: after`}
                required
                value={step.after}
                wrong={wrong(`teams.${place}.after`)}
                onChange={(after) => change(place, { after })}
              />
            )}
            <TeamsChosen
              value={step.teamIds}
              label={place === 0 ? t`Teams from the start` : t`Teams of step ${number}`}
              wrong={wrong(`teams.${place}.teamIds`)}
              readOnly={readOnly}
              onChange={(teamIds) => change(place, { teamIds })}
            />
            {!readOnly && (
              <button
                type="button"
                className="button icon"
                aria-label={t`Remove step ${number}`}
                onClick={() => set({ teams: draft.teams.filter((_, at) => at !== place) })}
              >
                <Icon name="x" />
              </button>
            )}
          </div>
        );
      })}
      <WrongGroup sentence={wrong('teams')} />
      {!readOnly &&
        (teams.data !== undefined && usable.length === 0 ? (
          <p className="second">
            <Trans>There is no team yet.</Trans>
          </p>
        ) : (
          draft.teams.length < 10 && (
            <AddButton onClick={() => set({ teams: [...draft.teams, { teamIds: [], after: '' }] })}>
              {draft.teams.length === 0 ? <Trans>Ask teams</Trans> : <Trans>Ask more teams later</Trans>}
            </AddButton>
          )
        ))}
    </Rule>
  );
}

function TeamsChosen({
  label,
  value,
  wrong,
  readOnly,
  onChange,
}: {
  label: string;
  value: readonly string[];
  wrong: string | undefined;
  readOnly: boolean;
  onChange: (ids: string[]) => void;
}) {
  const { t } = useLingui();
  const language = useLanguage();
  const teams = useTeams().data;
  const sites = useSites().data ?? [];
  const [typed, setTyped] = useState('');
  const named = (id: string) => {
    const team = teams?.find((one) => one.id === id);
    if (team !== undefined) return nameIn(language, team);
    return teams === undefined ? '…' : t`a team of other clients`;
  };
  const choices = teams
    ?.filter(({ id, active }) => active && !value.includes(id))
    .map((team) => {
      const site = sites.find(({ id }) => id === team.siteId);
      return {
        value: team.id,
        label: nameIn(language, team),
        ...(site === undefined ? {} : { second: site.name }),
      };
    });
  const items = value.map((id) => ({ id, label: named(id) }));
  return (
    <div className="stack">
      {readOnly ? (
        <Chips items={items} />
      ) : (
        <>
          {items.length > 0 && (
            <Chips items={items} onRemove={(id) => onChange(value.filter((one) => one !== id))} />
          )}
          <ChooseField
            label={label}
            placeholder={t`Add a team`}
            wrong={wrong}
            value=""
            shown=""
            choices={choices === undefined ? undefined : found(choices, typed)}
            onType={setTyped}
            onChange={(id) => onChange([...value, id])}
          />
        </>
      )}
    </div>
  );
}

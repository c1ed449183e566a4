import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import type { Beside, Channel, RoutingRules } from '#src/modules/interactions/contract.ts';
import { api } from '#web/link/api.ts';
import { TextField } from '#web/ui/field.tsx';
import { Icon } from '#web/ui/icon.tsx';
import { useLanguage } from '../language.ts';
import {
  besideOf,
  channels,
  channelWords,
  interruptEachOther,
  missesWords,
  withBeside,
} from './channel-words.ts';
import { Absent } from './competencies.tsx';
import { PageHead } from './parts.tsx';
import { FormFrame, unfit, useRecordForm } from './record-form.tsx';

/** What a channel does beside another, for the whole centre. */
export function ChannelRulesRecord() {
  const { t } = useLingui();
  const rules = useQuery({
    queryKey: ['routing-rules'],
    queryFn: () => api.get<RoutingRules>('/api/routing-rules'),
  });
  return (
    <>
      <PageHead
        title={t`Channel rules`}
        second={t`What may be offered to an agent beside what they hold already, for all clients.`}
      />
      {rules.data === undefined ? (
        <Absent query={rules} />
      ) : (
        <div className="record">
          <RulesForm rules={rules.data} />
        </div>
      )}
    </>
  );
}

function RulesForm({ rules }: { rules: RoutingRules }) {
  const { t } = useLingui();
  const language = useLanguage();
  const hint = useId();
  const names: Record<Channel, string> = {
    voice: t`Voice`,
    email: t({ message: 'E-mail', context: 'channel' }),
    chat: t`Chat`,
    messaging: t`Messaging`,
  };
  const words: Record<Beside, string> = {
    together: t`together`,
    excluded: t`excluded`,
    interrupts: t`interrupts`,
  };
  const form = useRecordForm({
    name: 'channel-rules',
    version: rules.version,
    initial: { channels: rules.channels, missesMax: String(rules.missesMax) },
    renews: ['routing-rules'],
    marks: { 'channels-interrupt-each-other': 'channels' },
    save: async (values) => {
      const both = t`Of two channels only one may interrupt the other.`;
      if (interruptEachOther(values.channels).size > 0) throw unfit(both, { channels: both });
      const missesMax = Number(values.missesMax);
      return api.put('/api/routing-rules', { channels: values.channels, missesMax, version: rules.version });
    },
  });
  const { values, set, wrong } = form;
  const clashing = wrong('channels') === undefined ? new Set<string>() : interruptEachOther(values.channels);
  const misses = Number(values.missesMax);
  return (
    <FormFrame form={form}>
      <fieldset className="field">
        <legend className="name">
          <Trans>What is offered, beside what is held</Trans>
        </legend>
        <table className="table matrix" aria-describedby={hint}>
          <thead>
            <tr>
              <th scope="col">
                <Trans>Offered</Trans>
              </th>
              {channels.map((held) => {
                const channel = names[held];
                return (
                  <th scope="col" key={held}>
                    {t`${channel} held`}
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {channels.map((offered) => {
              const offers = names[offered];
              return (
                <tr key={offered}>
                  <th scope="row">{offers}</th>
                  {channels.map((held) => {
                    const holds = names[held];
                    if (offered === held)
                      return (
                        <td key={held} className="same">
                          <span className="quiet">{t`as places allow`}</span>
                        </td>
                      );
                    return (
                      <td key={held}>
                        <span className="held" aria-hidden="true">
                          {t`${holds} held`}
                        </span>
                        <span className="select">
                          <select
                            className="input"
                            aria-label={t`${offers} offered, ${holds} held`}
                            aria-invalid={clashing.has(`${offered} ${held}`) ? true : undefined}
                            value={besideOf(values.channels, offered, held)}
                            onChange={(event) =>
                              set({
                                channels: withBeside(
                                  values.channels,
                                  offered,
                                  held,
                                  event.target.value as Beside,
                                ),
                              })
                            }
                          >
                            {Object.entries(words).map(([value, label]) => (
                              <option key={value} value={value}>
                                {label}
                              </option>
                            ))}
                          </select>
                          <Icon name="down" small />
                        </span>
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
        <p className={wrong('channels') === undefined ? 'hint' : 'field wrong'} id={hint}>
          <span className="hint">
            {wrong('channels') ??
              t`Together: both at once. Excluded: not offered while the other is held. Interrupts: what is held waits for the agent until the other is done.`}
          </span>
        </p>
      </fieldset>
      <div className="pair">
        <TextField
          label={t`Misses until an agent is not responding`}
          hint={t`Offers let pass in a row, without an answer; 1 to 20.`}
          type="number"
          required
          min={1}
          max={20}
          value={values.missesMax}
          wrong={wrong('missesMax')}
          onChange={(missesMax) => set({ missesMax })}
        />
      </div>
      <section aria-labelledby="meaning" aria-live="polite">
        <h2 id="meaning">
          <Trans>What this means</Trans>
        </h2>
        <ul className="lines">
          {channelWords(values.channels, language).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
          {Number.isInteger(misses) && misses >= 1 && misses <= 20 && (
            <li>{missesWords(misses, language)}</li>
          )}
        </ul>
      </section>
    </FormFrame>
  );
}

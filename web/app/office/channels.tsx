import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ChatChannel } from '#src/channels/chat/contract.ts';
import { api } from '#web/link/api.ts';
import { CheckField, SelectField, TextArea, TextField } from '#web/ui/field.tsx';
import { Icon, State } from '#web/ui/icon.tsx';
import { useTell } from '#web/ui/tell.tsx';
import { useTypes } from '../desk/naming.ts';
import { nameIn, useLanguage } from '../language.ts';
import { Absent } from './competencies.tsx';
import { List, NewButton, PageHead, useClientName, useClients, useRecordId } from './parts.tsx';
import { FormFrame, useRecordForm } from './record-form.tsx';

export function Channels() {
  const { t } = useLingui();
  const language = useLanguage();
  const clientName = useClientName();
  return (
    <>
      <PageHead title={t`Chat channels`} second={t`Where customers write: the widget on a client’s pages.`}>
        <NewButton to="/office/channels/$id">
          <Trans>New channel</Trans>
        </NewButton>
      </PageHead>
      <List<ChatChannel>
        label={t`Chat channels`}
        queryKey={['channels', 'list']}
        path="/api/chat-channels"
        keyOf={({ id }) => id}
        columns={[
          {
            head: t`Name`,
            cell: (one) => (
              <Link to="/office/channels/$id" params={{ id: one.id }}>
                {nameIn(language, one)}
              </Link>
            ),
          },
          { head: t`Client`, cell: ({ clientId }) => clientName(clientId) },
          { head: t`Key`, cell: ({ key }) => <code>{key}</code> },
          { head: t`State`, cell: ({ open }) => <OpenState open={open} /> },
        ]}
        empty={
          <>
            <h2>
              <Trans>No chat channel yet</Trans>
            </h2>
            <p>
              <Trans>
                A channel is one line on the client’s pages. It opens when it says what contacting costs.
              </Trans>
            </p>
          </>
        }
      />
    </>
  );
}

function OpenState({ open }: { open: boolean }) {
  return open ? (
    <State tone="in">
      <Trans>open</Trans>
    </State>
  ) : (
    <State tone="ring">
      <Trans context="hours">closed</Trans>
    </State>
  );
}

export function ChannelRecord() {
  const { t } = useLingui();
  const language = useLanguage();
  const id = useRecordId();
  const creating = id === 'new';
  const all = useQuery({
    queryKey: ['channels', 'all'],
    queryFn: () => api.all<ChatChannel>('/api/chat-channels'),
  });
  const one = all.data?.find((channel) => channel.id === id);
  return (
    <>
      <PageHead
        title={creating ? t`New chat channel` : one === undefined ? t`Chat channel` : nameIn(language, one)}
        back={{ to: '/office/channels', label: t`Chat channels` }}
      />
      {creating || one !== undefined ? (
        <div className="record">
          {one !== undefined && <Placing channel={one} />}
          <ChannelForm key={id} channel={one} />
        </div>
      ) : (
        <Absent query={all} />
      )}
    </>
  );
}

/** How the channel comes onto a page. */
function Placing({ channel }: { channel: ChatChannel }) {
  const { t } = useLingui();
  const { toast } = useTell();
  const line = `<script src="${location.origin}/w.js" data-channel="${channel.key}" async></script>`;
  return (
    <section aria-labelledby="line">
      <div className="spread wrap">
        <h2 id="line">
          <Trans>The line to paste</Trans>
        </h2>
        <OpenState open={channel.open} />
      </div>
      <code className="codebox" tabIndex={0}>
        {line}
      </code>
      <div className="spread wrap">
        <button
          type="button"
          className="button small"
          onClick={() =>
            void navigator.clipboard.writeText(line).then(
              () => toast(t`The line is copied`),
              () => toast(t`This browser does not let the page copy; select the line instead.`),
            )
          }
        >
          <Trans>Copy the line</Trans>
        </button>
        <a className="button small quiet" href={`/try/${channel.key}`} target="_blank" rel="noopener">
          <Icon name="external" small />
          <Trans>Open the try page</Trans>
        </a>
      </div>
    </section>
  );
}

function ChannelForm({ channel }: { channel: ChatChannel | undefined }) {
  const { t } = useLingui();
  const language = useLanguage();
  const navigate = useNavigate();
  const clients = useClients().data ?? [];
  const clientName = useClientName();
  const types = (useTypes().data ?? []).filter((type) => type.channel === 'chat' && type.active);
  /** The client and type as they stand in the form: the first there is, until one is chosen. */
  const placed = (chosen: { clientId: string; typeId: string }) => {
    const clientId = channel?.clientId ?? (chosen.clientId || clients[0]?.id || '');
    const own = types.filter((type) => type.clientId === clientId);
    const typeId = own.some(({ id }) => id === chosen.typeId) ? chosen.typeId : (own[0]?.id ?? chosen.typeId);
    return { clientId, own, typeId };
  };
  const form = useRecordForm({
    name: `channel.${channel?.id ?? 'new'}`,
    version: channel?.version,
    initial: {
      clientId: channel?.clientId ?? '',
      typeId: channel?.typeId ?? '',
      key: channel?.key ?? '',
      nameEn: channel?.nameEn ?? '',
      nameFr: channel?.nameFr ?? '',
      chargesEn: channel?.chargesEn ?? '',
      chargesFr: channel?.chargesFr ?? '',
      greetingEn: channel?.greetingEn ?? '',
      greetingFr: channel?.greetingFr ?? '',
      origins: (channel?.allowedOrigins ?? []).join('\n'),
      accent: channel?.accent ?? '#2450c8',
      open: channel?.open ?? false,
    },
    renews: ['channels'],
    marks: {
      'origin-malformed': 'allowedOrigins',
      'channel-key-taken': 'key',
      'type-unknown': 'typeId',
    },
    save: (values, key) => {
      const { key: name, origins, clientId: chosenClient, typeId: chosenType, ...common } = values;
      const { clientId, typeId } = placed({ clientId: chosenClient, typeId: chosenType });
      const body = {
        ...common,
        typeId,
        allowedOrigins: origins
          .split(/[\s,]+/)
          .map((origin) => origin.replace(/\/+$/, ''))
          .filter((origin) => origin !== ''),
      };
      return channel === undefined
        ? api.post<ChatChannel>('/api/chat-channels', { ...body, clientId, key: name }, { key })
        : api.patch<ChatChannel>(`/api/chat-channels/${channel.id}`, { ...body, version: channel.version });
    },
    done: (saved) => {
      if (channel === undefined)
        void navigate({
          to: '/office/channels/$id',
          params: { id: (saved as ChatChannel).id },
          replace: true,
        });
    },
  });
  const { values, set, wrong } = form;
  const { clientId, own, typeId } = placed(values);
  const chargesMissing = values.chargesEn.trim() === '' || values.chargesFr.trim() === '';

  if (channel === undefined && clients.length === 0)
    return (
      <p>
        <Trans>Make a client first.</Trans>
      </p>
    );
  return (
    <section aria-label={t`Channel`}>
      <FormFrame form={form} creating={channel === undefined}>
        {channel === undefined ? (
          <div className="pair">
            <SelectField
              label={t`Client`}
              value={clientId}
              wrong={wrong('clientId')}
              onChange={(chosen) => set({ clientId: chosen, typeId: '' })}
              options={clients.map(({ id, name }) => ({ value: id, label: name }))}
            />
            <TextField
              label={t`Key`}
              hint={t`Stands in the line to paste: small letters, figures and hyphens. It stays.`}
              required
              value={values.key}
              wrong={wrong('key')}
              onChange={(key) => set({ key })}
              spellCheck={false}
            />
          </div>
        ) : (
          <p className="second">
            {clientName(channel.clientId)} · <code>{channel.key}</code>
          </p>
        )}
        <SelectField
          label={t`Brings interactions of the type`}
          hint={own.length === 0 ? t`This client has no active chat type yet; make one first.` : undefined}
          value={typeId}
          wrong={wrong('typeId')}
          onChange={(chosen) => set({ typeId: chosen })}
          options={own.map((type) => ({ value: type.id, label: nameIn(language, type) }))}
        />
        <div className="pair">
          <TextField
            label={t`Name shown to customers, in English`}
            hint={t`Whom you speak for. Always shown (4.5-a).`}
            required
            maxLength={120}
            value={values.nameEn}
            wrong={wrong('nameEn')}
            onChange={(nameEn) => set({ nameEn })}
          />
          <TextField
            label={t`Name shown to customers, in French`}
            required
            maxLength={120}
            value={values.nameFr}
            wrong={wrong('nameFr')}
            onChange={(nameFr) => set({ nameFr })}
          />
        </div>
        <div className="pair">
          <TextField
            label={t`What contacting costs, in English`}
            hint={t`Told before the first line. Without it the channel does not open (4.5-c).`}
            maxLength={300}
            value={values.chargesEn}
            wrong={wrong('chargesEn')}
            onChange={(chargesEn) => set({ chargesEn })}
          />
          <TextField
            label={t`What contacting costs, in French`}
            maxLength={300}
            value={values.chargesFr}
            wrong={wrong('chargesFr')}
            onChange={(chargesFr) => set({ chargesFr })}
          />
        </div>
        <div className="pair">
          <TextArea
            label={t`Greeting in English`}
            rows={2}
            maxLength={500}
            value={values.greetingEn}
            wrong={wrong('greetingEn')}
            onChange={(greetingEn) => set({ greetingEn })}
          />
          <TextArea
            label={t`Greeting in French`}
            rows={2}
            maxLength={500}
            value={values.greetingFr}
            wrong={wrong('greetingFr')}
            onChange={(greetingFr) => set({ greetingFr })}
          />
        </div>
        <TextArea
          label={t`Pages that may show the widget`}
          hint={t`One origin a line, such as https://www.example.com. Parley’s own pages always may.`}
          rows={3}
          value={values.origins}
          wrong={wrong('allowedOrigins')}
          onChange={(origins) => set({ origins })}
        />
        <TextField
          label={t`Colour of the client`}
          hint={t`The widget takes the nearest tone that can be read.`}
          type="color"
          value={values.accent}
          wrong={wrong('accent')}
          onChange={(accent) => set({ accent })}
        />
        <CheckField
          label={t`Open`}
          hint={
            chargesMissing
              ? t`It cannot be opened before it says in both languages what contacting costs (4.5-c).`
              : t`Customers can write now.`
          }
          checked={values.open}
          disabled={chargesMissing && !values.open}
          onChange={(open) => set({ open })}
        />
      </FormFrame>
    </section>
  );
}

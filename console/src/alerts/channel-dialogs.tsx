// Adds, changes and removes a channel of notifications.

import { useState } from 'react';
import type { ChannelView } from '../../../src/contract/api/notifications.ts';
import { call } from '../api.ts';
import { CheckField, SelectField, TextField } from '../ui/fields.tsx';
import { FormDialog, QuestionDialog } from '../ui/form-dialog.tsx';
import { plural } from '../ui/format.ts';
import { tell } from '../ui/toast.tsx';
import { CHANNEL_KINDS, type ChannelDraft, type ChannelKind, changeOf, draftOf } from './channel-draft.ts';

const KINDS = Object.keys(CHANNEL_KINDS) as readonly ChannelKind[];

interface ChannelDialogProps {
  /** The one to change; undefined: a new one. */
  readonly channel: ChannelView | undefined;
  readonly mailServers: readonly string[];
  /** `secret`: what a new webhook signs with, shown only this once. */
  readonly onDone: (secret: string | null) => void;
  readonly onClose: () => void;
}

/** The form, open while rendered. */
export function ChannelDialog({ channel, mailServers, onDone, onClose }: ChannelDialogProps) {
  const [draft, setDraft] = useState(() => draftOf(channel));
  const isNew = channel === undefined;
  const change = changeOf(draft, isNew);
  const save = async (): Promise<void> => {
    if (change === null) return;
    const { name, settings, alerts } = change;
    if (channel !== undefined) {
      const params = { channelId: channel.id };
      await call('PATCH /v1/notification-channels/{channelId}', { params, body: change });
      tell('Changed');
      onDone(null);
    } else if (settings !== undefined) {
      const made = await call('POST /v1/notification-channels', { body: { name, settings, alerts } });
      tell(`${name} was added`);
      onDone(made.secret);
    }
  };
  return (
    <FormDialog
      title={isNew ? 'New channel' : `Change ${channel.name}`}
      action={isNew ? 'Add channel' : 'Save'}
      isComplete={change !== null}
      isWide
      onSubmit={save}
      onClose={onClose}
    >
      <div className={isNew ? 'field-pair' : undefined}>
        <TextField
          id="channel-name"
          label="Name"
          placeholder="ops"
          lengthMax={100}
          isFirst
          value={draft.name}
          onChange={(name) => setDraft({ ...draft, name })}
        />
        {isNew && (
          <SelectField
            id="channel-kind"
            label="Kind"
            options={KINDS.map((kind) => ({ value: kind, label: CHANNEL_KINDS[kind] }))}
            value={draft.kind}
            onChange={(kind) => setDraft({ ...draft, kind: KINDS.find((one) => one === kind) ?? draft.kind })}
          />
        )}
      </div>
      <TargetFields draft={draft} channel={channel} mailServers={mailServers} onChange={setDraft} />
      <AlertFields draft={draft} onChange={setDraft} />
    </FormDialog>
  );
}

interface FieldsProps {
  readonly draft: ChannelDraft;
  readonly onChange: (draft: ChannelDraft) => void;
}

const URL_HINTS: Readonly<Record<Exclude<ChannelKind, 'email'>, string>> = {
  webhook: 'It gets signed JSON',
  slack: 'An incoming webhook of Slack; it is a secret',
  pagerduty: 'Empty: PagerDuty itself',
  alertmanager: 'Whatever takes its webhooks; an Alertmanager itself when it ends in /api/v2/alerts',
};

function TargetFields(props: FieldsProps & Pick<ChannelDialogProps, 'channel' | 'mailServers'>) {
  const { draft, channel, mailServers, onChange } = props;
  const { kind } = draft;
  if (kind === 'email') return <MailFields draft={draft} mailServers={mailServers} onChange={onChange} />;
  const kept = channel === undefined ? '' : `Empty: it stays ${channel.target}. `;
  return (
    <>
      {kind === 'pagerduty' && (
        <TextField
          id="channel-key"
          label="Integration key"
          type="password"
          hint={channel === undefined ? 'Of the service; it is not shown again' : kept}
          lengthMax={100}
          value={draft.routingKey}
          onChange={(routingKey) => onChange({ ...draft, routingKey })}
        />
      )}
      <TextField
        id="channel-url"
        label="Address"
        type="url"
        placeholder={kind === 'pagerduty' ? 'https://events.pagerduty.com/v2/enqueue' : 'https://'}
        hint={kind === 'pagerduty' ? URL_HINTS[kind] : `${kept}${URL_HINTS[kind]}`}
        lengthMax={2_048}
        value={draft.url}
        onChange={(url) => onChange({ ...draft, url })}
      />
    </>
  );
}

function MailFields({ draft, mailServers, onChange }: FieldsProps & Pick<ChannelDialogProps, 'mailServers'>) {
  return (
    <>
      <SelectField
        id="channel-server"
        label="Mail server"
        options={[
          { value: '', label: mailServers.length === 0 ? 'There is none yet' : 'Choose a server' },
          ...mailServers.map((name) => ({ value: name, label: name })),
        ]}
        hint="Of the configuration: notifications.mailServers"
        value={draft.server}
        onChange={(server) => onChange({ ...draft, server })}
      />
      <Lines
        id="channel-to"
        label="To"
        placeholder="ops@example.com"
        hint="An address a line"
        value={draft.to}
        onChange={(to) => onChange({ ...draft, to })}
      />
    </>
  );
}

function AlertFields({ draft, onChange }: FieldsProps) {
  return (
    <>
      <CheckField
        isChecked={draft.takesAlerts}
        onChange={(takesAlerts) => onChange({ ...draft, takesAlerts })}
      >
        Alerts go out here by themselves
      </CheckField>
      {draft.takesAlerts && (
        <>
          <Lines
            id="channel-matchers"
            label="Which alerts"
            placeholder="severity=page"
            hint="A line each, all must match: label=value or label!=value; none: every alert"
            value={draft.matchers}
            onChange={(matchers) => onChange({ ...draft, matchers })}
          />
          <TextField
            id="channel-groups"
            label="Told together by"
            hint="Labels, with commas: alerts that have the same are one message"
            value={draft.groupBy}
            onChange={(groupBy) => onChange({ ...draft, groupBy })}
          />
        </>
      )}
    </>
  );
}

interface LinesProps {
  readonly id: string;
  readonly label: string;
  readonly placeholder: string;
  readonly hint: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Lines({ id, label, placeholder, hint, value, onChange }: LinesProps) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="input text-area mono"
        rows={3}
        placeholder={placeholder}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <span className="field-hint">{hint}</span>
    </div>
  );
}

interface RemoveChannelDialogProps {
  readonly channel: ChannelView;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Asks before a channel is gone. */
export function RemoveChannelDialog({ channel, onDone, onClose }: RemoveChannelDialogProps) {
  const { id, name, waitingCount } = channel;
  const remove = async (): Promise<void> => {
    await call('DELETE /v1/notification-channels/{channelId}', { params: { channelId: id } });
    tell(`${name} was removed`);
    onDone();
  };
  return (
    <QuestionDialog title={`Remove ${name}?`} action="Remove" isDanger onConfirm={remove} onClose={onClose}>
      <p>
        Nobody is told anything there any more
        {waitingCount > 0 && `, and ${plural(waitingCount, 'notification')} that wait are given up`}. What was
        said stays in the list.
      </p>
    </QuestionDialog>
  );
}

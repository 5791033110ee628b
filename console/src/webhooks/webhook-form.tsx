// Asks where events go and which ones: for a new webhook, and to change one.

import { useState } from 'react';
import { EVENT_TYPES, type EventType, type WebhookView } from '../../../src/contract/api/events.ts';
import { type ApiResult, call } from '../api.ts';
import { FormDialog } from '../ui/form-dialog.tsx';
import { ProjectField } from '../ui/project-field.tsx';
import { tell } from '../ui/toast.tsx';

const URL_LENGTH_MAX = 2_048;
const DESCRIPTION_LENGTH_MAX = 200;

/** What may be chosen; a test comes only when asked for. */
const CHOICES = (Object.keys(EVENT_TYPES) as EventType[]).filter((type) => type !== 'webhook.test');

interface Draft {
  readonly url: string;
  readonly description: string;
  readonly takesAll: boolean;
  readonly eventTypes: readonly EventType[];
  readonly format: WebhookView['format'];
}

const EMPTY: Draft = { url: '', description: '', takesAll: true, eventTypes: [], format: 'structured' };

function isComplete({ url, takesAll, eventTypes }: Draft): boolean {
  return url.trim() !== '' && (takesAll || eventTypes.length > 0);
}

function bodyOf({ url, description, takesAll, eventTypes, format }: Draft) {
  const chosen = takesAll ? [] : [...eventTypes];
  return { url: url.trim(), description: description.trim(), eventTypes: chosen, format };
}

type Created = ApiResult<'POST /v1/webhooks'>;

interface CreateWebhookDialogProps {
  readonly onClose: () => void;
  readonly onCreated: (made: Created) => void;
}

/** The dialog for a new webhook, open while rendered. */
export function CreateWebhookDialog({ onClose, onCreated }: CreateWebhookDialogProps) {
  const [draft, setDraft] = useState(EMPTY);
  const [projectId, setProjectId] = useState('');
  const create = async (): Promise<void> => {
    const body = { ...bodyOf(draft), projectId: projectId === '' ? null : projectId };
    onCreated(await call('POST /v1/webhooks', { body }));
  };
  return (
    <FormDialog
      title="New webhook"
      action="Add webhook"
      isComplete={isComplete(draft)}
      isWide
      onSubmit={create}
      onClose={onClose}
    >
      <WebhookFields draft={draft} onChange={setDraft} />
      <ProjectField
        id="webhook-project"
        none="All projects, regions and incidents"
        value={projectId}
        onChange={setProjectId}
      />
    </FormDialog>
  );
}

interface EditWebhookDialogProps {
  readonly webhook: WebhookView;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

/** The dialog that changes one. */
export function EditWebhookDialog({ webhook, onClose, onChanged }: EditWebhookDialogProps) {
  const known = webhook.eventTypes.filter((type): type is EventType => type in EVENT_TYPES);
  const takesAll = webhook.eventTypes.length === 0;
  const [draft, setDraft] = useState<Draft>({ ...webhook, takesAll, eventTypes: known });
  const change = async (): Promise<void> => {
    const params = { webhookId: webhook.id };
    await call('PATCH /v1/webhooks/{webhookId}', { params, body: bodyOf(draft) });
    tell('Changed');
    onChanged();
  };
  return (
    <FormDialog
      title="Change webhook"
      action="Save"
      isComplete={isComplete(draft)}
      isWide
      onSubmit={change}
      onClose={onClose}
    >
      <WebhookFields draft={draft} onChange={setDraft} />
    </FormDialog>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}

function WebhookFields({ draft, onChange }: FieldsProps) {
  return (
    <>
      <div className="field">
        <label htmlFor="webhook-url">Address</label>
        <input
          id="webhook-url"
          className="input"
          type="url"
          data-first-focus
          maxLength={URL_LENGTH_MAX}
          placeholder="https://example.com/hooks/meridian"
          value={draft.url}
          onChange={(event) => onChange({ ...draft, url: event.target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor="webhook-description">Description</label>
        <input
          id="webhook-description"
          className="input"
          maxLength={DESCRIPTION_LENGTH_MAX}
          placeholder="What listens there"
          value={draft.description}
          onChange={(event) => onChange({ ...draft, description: event.target.value })}
        />
      </div>
      <EventChoice draft={draft} onChange={onChange} />
      <div className="field">
        <label htmlFor="webhook-format">CloudEvents form</label>
        <select
          id="webhook-format"
          className="input"
          value={draft.format}
          onChange={(event) =>
            onChange({ ...draft, format: event.target.value === 'binary' ? 'binary' : 'structured' })
          }
        >
          <option value="structured">Structured: everything in a JSON body, all of it signed</option>
          <option value="binary">Binary: data in the body, the rest in headers</option>
        </select>
      </div>
    </>
  );
}

function EventChoice({ draft, onChange }: FieldsProps) {
  const toggle = (type: EventType, isChosen: boolean): void => {
    const rest = draft.eventTypes.filter((other) => other !== type);
    onChange({ ...draft, eventTypes: isChosen ? [...rest, type] : rest });
  };
  return (
    <fieldset className="choices">
      <legend className="field-label">Events</legend>
      <label className="checkbox">
        <input
          type="radio"
          name="events"
          checked={draft.takesAll}
          onChange={() => onChange({ ...draft, takesAll: true })}
        />
        <span>
          All <span className="faint">also those that later versions add</span>
        </span>
      </label>
      <label className="checkbox">
        <input
          type="radio"
          name="events"
          checked={!draft.takesAll}
          onChange={() => onChange({ ...draft, takesAll: false })}
        />
        <span>Only these</span>
      </label>
      {!draft.takesAll && (
        <div className="event-choices">
          {CHOICES.map((type) => (
            <label key={type} className="checkbox">
              <input
                type="checkbox"
                checked={draft.eventTypes.includes(type)}
                onChange={(event) => toggle(type, event.target.checked)}
              />
              <span>
                <span className="mono">{type}</span>
                <span className="faint small event-note">{EVENT_TYPES[type]}</span>
              </span>
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}

// What the public is told of an incident on the status page: what stands there, another update, taking one back.

import { useState } from 'react';
import type { StatusUpdate } from '../../../src/contract/api/incidents.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { SelectField, TextField } from '../ui/fields.tsx';
import { FormDialog, QuestionDialog } from '../ui/form-dialog.tsx';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/toast.tsx';
import { useLive } from '../ui/use-live.ts';
import type { IncidentScene } from './incident-room.tsx';

const REFRESH_MS = 5_000;

const STATES: readonly { readonly value: StatusUpdate['state']; readonly label: string }[] = [
  { value: 'investigating', label: 'Investigating' },
  { value: 'identified', label: 'Identified' },
  { value: 'monitoring', label: 'Monitoring' },
  { value: 'resolved', label: 'Resolved' },
];

const TONES: Readonly<Record<StatusUpdate['state'], string>> = {
  investigating: 'bad',
  identified: 'warn',
  monitoring: 'busy',
  resolved: 'good',
};

/** The card. */
export function StatusSection({ scene }: { readonly scene: IncidentScene }) {
  const { incident, nowMs } = scene;
  const params = { incidentId: incident.id };
  const told = useLive(
    'incidents',
    incident.id,
    (signal) => call('GET /v1/incidents/{incidentId}/status-updates', { params }, signal),
    REFRESH_MS,
  );
  const [isWriting, setIsWriting] = useState(false);
  const [doomed, setDoomed] = useState<StatusUpdate>();
  const updates = told.data?.updates ?? [];
  const refresh = (): void => void told.refresh();
  const takeBack = async (update: StatusUpdate): Promise<void> => {
    await call('DELETE /v1/incidents/{incidentId}/status-updates/{updateId}', {
      params: { ...params, updateId: update.id },
    });
    tell('Taken back from the status page');
    refresh();
    setDoomed(undefined);
  };
  return (
    <section className="card" aria-label="Status page">
      <div className="card-head">
        <h2>Status page</h2>
        {may('operator') && incident.state !== 'merged' && (
          <button type="button" className="button compact" onClick={() => setIsWriting(true)}>
            Tell the public…
          </button>
        )}
      </div>
      {updates.length === 0 ? (
        <p className="card-body soft">The public was told nothing of it.</p>
      ) : (
        <ul className="public-updates">
          {updates.map((update) => (
            <li key={update.id}>
              <div className="row wrap spread">
                <span className="row wrap">
                  <span className={`pill ${TONES[update.state]}`}>{update.state}</span>
                  <strong>{update.title}</strong>
                </span>
                {may('operator') && (
                  <button
                    type="button"
                    className="icon-button small"
                    aria-label={`Take back the update "${update.state}"`}
                    title="Take it back"
                    onClick={() => setDoomed(update)}
                  >
                    <Icon name="trash" />
                  </button>
                )}
              </div>
              <div>{update.text}</div>
              <div className="faint small" title={formatDateTime(update.atMs)}>
                {formatAgo(update.atMs, nowMs)} by {update.author},{' '}
                {update.regionIds.length === 0 ? 'everywhere' : update.regionIds.join(', ')}
              </div>
            </li>
          ))}
        </ul>
      )}
      {isWriting && (
        <TellDialog scene={scene} newest={updates[0]} onTold={refresh} onClose={() => setIsWriting(false)} />
      )}
      {doomed !== undefined && (
        <QuestionDialog
          title="Take back what the public was told?"
          action="Take back"
          isDanger
          onConfirm={() => takeBack(doomed)}
          onClose={() => setDoomed(undefined)}
        >
          <p>“{doomed.text}”</p>
          <p className="soft">It vanishes from the status page of every edge within seconds.</p>
        </QuestionDialog>
      )}
    </section>
  );
}

interface TellDialogProps {
  readonly scene: IncidentScene;
  readonly newest: StatusUpdate | undefined;
  readonly onTold: () => void;
  readonly onClose: () => void;
}

function TellDialog({ scene: { incident }, newest, onTold, onClose }: TellDialogProps) {
  const [state, setState] = useState<string>(newest?.state ?? 'investigating');
  const [impact, setImpact] = useState<string>(newest?.impact ?? 'degraded');
  const [title, setTitle] = useState(newest?.title ?? '');
  const [text, setText] = useState('');
  const publish = async (): Promise<void> => {
    await call('POST /v1/incidents/{incidentId}/status-updates', {
      params: { incidentId: incident.id },
      body: {
        state: STATES.find(({ value }) => value === state)?.value ?? 'investigating',
        impact: impact === 'outage' ? 'outage' : 'degraded',
        ...(title.trim() === '' ? {} : { title: title.trim() }),
        ...(text.trim() === '' ? {} : { text: text.trim() }),
      },
    });
    tell('It is on the status page', undefined);
    onTold();
    onClose();
  };
  return (
    <FormDialog
      title="Tell the public"
      action="Publish"
      busy="Publishing…"
      onSubmit={publish}
      onClose={onClose}
    >
      <p className="soft">
        Every edge shows it under <code>/status</code>. Write nothing here that is not meant for everybody.
      </p>
      <div className="field-pair">
        <SelectField id="public-state" label="State" options={STATES} value={state} onChange={setState} />
        <SelectField
          id="public-impact"
          label="Impact"
          options={[
            { value: 'degraded', label: 'Degraded' },
            { value: 'outage', label: 'Outage' },
          ]}
          value={impact}
          onChange={setImpact}
        />
      </div>
      <TextField
        id="public-title"
        label="Title"
        placeholder="Optional; a template names it"
        lengthMax={100}
        value={title}
        onChange={setTitle}
      />
      <div className="field">
        <label htmlFor="public-text">Text</label>
        <textarea
          id="public-text"
          className="input text-area"
          maxLength={300}
          rows={3}
          placeholder="Optional; a template speaks"
          data-first-focus
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <span className="field-hint">{300 - text.length} characters left</span>
      </div>
    </FormDialog>
  );
}

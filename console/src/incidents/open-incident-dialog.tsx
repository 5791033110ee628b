// Opens an incident by hand: what is wrong, how bad it is, where.

import { useState } from 'react';
import { call } from '../api.ts';
import { navigate } from '../shell/router.ts';
import { SelectField, TextField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { SEVERITIES, SEVERITY_WORDS } from './describe-incident.ts';

const WORLD_MS = 10_000;

/** The dialog, open while rendered. */
export function OpenIncidentDialog({ onClose }: { readonly onClose: () => void }) {
  const world = usePolled('world', (signal) => call('GET /v1/world', {}, signal), WORLD_MS);
  const [title, setTitle] = useState('');
  const [severity, setSeverity] = useState('sev3');
  const [region, setRegion] = useState('');
  const [note, setNote] = useState('');
  const open = async (): Promise<void> => {
    const made = await call('POST /v1/incidents', {
      body: {
        title: title.trim(),
        severity: SEVERITIES.find((one) => one === severity) ?? 'sev3',
        labels: region === '' ? {} : { region },
        ...(note.trim() === '' ? {} : { note: note.trim() }),
      },
    });
    tell('The incident is open, and whoever has duty is paged');
    onClose();
    navigate('incidents', made.id);
  };
  return (
    <FormDialog
      title="Open an incident"
      action="Open and page"
      busy="Opening…"
      isComplete={title.trim() !== ''}
      onSubmit={open}
      onClose={onClose}
    >
      <p className="soft">Alerts of the same place join it. Whoever has duty is paged at once.</p>
      <TextField
        id="incident-title"
        label="What is wrong"
        lengthMax={200}
        isFirst
        value={title}
        onChange={setTitle}
      />
      <div className="field-pair">
        <SelectField
          id="incident-severity"
          label="Severity"
          options={SEVERITIES.map((value) => ({ value, label: SEVERITY_WORDS[value] }))}
          value={severity}
          onChange={setSeverity}
        />
        <SelectField
          id="incident-region"
          label="Where"
          options={[
            { value: '', label: 'Everywhere' },
            ...(world.data?.regions ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={region}
          onChange={setRegion}
        />
      </div>
      <TextField
        id="incident-note"
        label="What is known"
        placeholder="Optional; the first note of the timeline"
        lengthMax={4_000}
        value={note}
        onChange={setNote}
      />
    </FormDialog>
  );
}

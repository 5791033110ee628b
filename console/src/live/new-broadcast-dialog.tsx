// Asks what to broadcast. A name is enough: the rest has defaults that suit most.

import { useState } from 'react';
import { call } from '../api.ts';
import { ownProject } from '../session.ts';
import { CheckField, SelectField, TextField, VisibilityField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { ProjectField } from '../ui/project-field.tsx';
import { tell } from '../ui/toast.tsx';
import { bodyOf, type Draft, durationMsOf, isComplete, LATENCIES } from './broadcast-draft.ts';

interface NewBroadcastDialogProps {
  readonly regions: readonly { readonly id: string; readonly name: string }[];
  readonly onClose: () => void;
  readonly onCreated: (broadcastId: string) => void;
}

/** The dialog, open while rendered. */
export function NewBroadcastDialog({ regions, onClose, onCreated }: NewBroadcastDialogProps) {
  const [draft, setDraft] = useState<Draft>(() => ({
    name: '',
    projectId: ownProject(),
    visibility: 'public',
    latency: 'low',
    publisherRegionId: '',
    start: '',
    duration: '',
    isRecorded: true,
    takesSrt: false,
  }));
  const change = (changes: Partial<Draft>): void => setDraft({ ...draft, ...changes });
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const create = async (): Promise<void> => {
    const made = await call('POST /v1/broadcasts', { body: bodyOf(draft, timeZone) });
    tell(`${made.name} was made`);
    onCreated(made.id);
  };
  return (
    <FormDialog
      title="New broadcast"
      action="Make broadcast"
      busy="Making…"
      isWide
      isComplete={isComplete(draft)}
      onSubmit={create}
      onClose={onClose}
    >
      <TextField
        id="broadcast-name"
        label="Name"
        placeholder="Evening news"
        lengthMax={255}
        isFirst
        value={draft.name}
        onChange={(name) => change({ name })}
      />
      <div className="field-pair">
        <ProjectField
          id="broadcast-project"
          value={draft.projectId}
          onChange={(projectId) => change({ projectId })}
        />
        <VisibilityField
          id="broadcast-visibility"
          value={draft.visibility}
          onChange={(visibility) => change({ visibility })}
        />
      </div>
      <div className="field-pair">
        <SelectField
          id="broadcast-latency"
          label="Latency"
          options={LATENCIES}
          value={draft.latency}
          onChange={(chosen) =>
            change({ latency: LATENCIES.find(({ value }) => value === chosen)?.value ?? 'low' })
          }
        />
        <SelectField
          id="broadcast-region"
          label="The publisher is near"
          options={[
            { value: '', label: 'Not known' },
            ...regions.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={draft.publisherRegionId}
          onChange={(publisherRegionId) => change({ publisherRegionId })}
        />
      </div>
      <div className="field-pair">
        <TextField
          id="broadcast-start"
          label="Planned start"
          type="datetime-local"
          hint={`Empty: ready at once. Time of ${timeZone}.`}
          value={draft.start}
          onChange={(start) => change({ start })}
        />
        <TextField
          id="broadcast-duration"
          label="Planned minutes"
          placeholder="Open"
          hint="At most two days."
          isInvalid={durationMsOf(draft) === undefined}
          value={draft.duration}
          onChange={(duration) => change({ duration })}
        />
      </div>
      <CheckField isChecked={draft.isRecorded} onChange={(isRecorded) => change({ isRecorded })}>
        Record it: the recording is an asset once it ends, and viewers may go back while it runs
      </CheckField>
      <CheckField isChecked={draft.takesSrt} onChange={(takesSrt) => change({ takesSrt })}>
        Take SRT too: it has a port and a passphrase of its own
      </CheckField>
    </FormDialog>
  );
}

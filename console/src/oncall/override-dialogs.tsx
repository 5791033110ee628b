// Gives duty to somebody for a while: the shift that runs now, or any span.

import { useState } from 'react';
import { call } from '../api.ts';
import { SelectField, TextField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';
import { fromInput, toInput, untilText } from './describe-oncall.ts';
import { type OncallScene, scheduleName, userOptions } from './oncall-data.ts';

interface TakeDialogProps {
  readonly scene: OncallScene;
  readonly scheduleId: string;
  /** Who has duty now; null: nobody. */
  readonly holderId: string | null;
  /** End of the shift; null: weeks away. */
  readonly untilMs: number | null;
  readonly onClose: () => void;
}

/** Asks who takes the shift that runs now. */
export function TakeDialog({ scene, scheduleId, holderId, untilMs, onClose }: TakeDialogProps) {
  const options = userOptions(scene).filter(({ value }) => value !== holderId);
  const [userId, setUserId] = useState(options[0]?.value ?? '');
  const [reason, setReason] = useState('');
  const holder = holderId === null ? 'nobody' : (scene.names.get(holderId) ?? holderId);
  const take = async (): Promise<void> => {
    await call('POST /v1/oncall/schedules/{scheduleId}/take', {
      params: { scheduleId },
      body: { userId, reason },
    });
    tell(`${scene.names.get(userId) ?? userId} has duty now`);
    scene.refresh();
    onClose();
  };
  return (
    <FormDialog
      title={`Take this shift of ${scheduleName(scene, scheduleId)}`}
      action="Take it"
      isComplete={userId !== ''}
      onSubmit={take}
      onClose={onClose}
    >
      <p className="soft">
        It belongs to {holder}
        {untilMs !== null && ` until ${untilText(untilMs, scene.nowMs, scene.zone)}`}. Pages that come from
        now on go to whoever takes it; those that are open stay with who has them.
      </p>
      <SelectField
        id="take-user"
        label="Who takes it"
        options={options}
        value={userId}
        onChange={setUserId}
      />
      <TextField
        id="take-reason"
        label="Why"
        placeholder="Optional"
        lengthMax={500}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}

interface OverrideDialogProps {
  readonly scene: OncallScene;
  readonly scheduleId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly onClose: () => void;
}

/** Asks who has duty over a span. */
export function OverrideDialog({ scene, fromMs, untilMs, onClose, ...given }: OverrideDialogProps) {
  const { zone } = scene;
  const [scheduleId, setScheduleId] = useState(given.scheduleId);
  const [userId, setUserId] = useState(scene.rota.users[0]?.id ?? '');
  const [from, setFrom] = useState(toInput(fromMs, zone));
  const [until, setUntil] = useState(toInput(untilMs, zone));
  const [reason, setReason] = useState('');
  // What was not touched keeps its seconds.
  const chosenFromMs = from === toInput(fromMs, zone) ? fromMs : fromInput(from, zone);
  const chosenUntilMs = until === toInput(untilMs, zone) ? untilMs : fromInput(until, zone);
  const isSpan = chosenFromMs !== undefined && chosenUntilMs !== undefined && chosenUntilMs > chosenFromMs;
  const save = async (): Promise<void> => {
    if (chosenFromMs === undefined || chosenUntilMs === undefined) return;
    await call('POST /v1/oncall/overrides', {
      body: { scheduleId, userId, fromMs: chosenFromMs, untilMs: chosenUntilMs, reason },
    });
    tell(`${scene.names.get(userId) ?? userId} has duty then`);
    scene.refresh();
    onClose();
  };
  return (
    <FormDialog
      title="Override"
      action="Override"
      isComplete={isSpan && userId !== ''}
      isWide
      onSubmit={save}
      onClose={onClose}
    >
      <div className="field-pair">
        <SelectField
          id="override-user"
          label="Who has duty"
          options={userOptions(scene)}
          value={userId}
          onChange={setUserId}
        />
        <SelectField
          id="override-schedule"
          label="In"
          options={scene.rota.schedules.map(({ id, name }) => ({ value: id, label: name }))}
          value={scheduleId}
          onChange={setScheduleId}
        />
      </div>
      <div className="field-pair">
        <TextField
          id="override-from"
          label="From"
          type="datetime-local"
          hint={`Time of ${zone}`}
          isInvalid={chosenFromMs === undefined}
          value={from}
          onChange={setFrom}
        />
        <TextField
          id="override-until"
          label="Until"
          type="datetime-local"
          isInvalid={!isSpan}
          value={until}
          onChange={setUntil}
        />
      </div>
      <TextField
        id="override-reason"
        label="Why"
        placeholder="Optional"
        lengthMax={500}
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  );
}

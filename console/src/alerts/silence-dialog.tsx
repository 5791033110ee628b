// Keeps alerts quiet: which, for how long, why. A maintenance window is the same, planned beforehand.

import { useState } from 'react';
import { call } from '../api.ts';
import { fromInput, toInput } from '../oncall/describe-oncall.ts';
import { CheckField, SelectField, TextField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { plural } from '../ui/format.ts';
import { tell, tellFailure } from '../ui/toast.tsx';
import {
  isRecurrenceComplete,
  newRecurrence,
  RecurrenceFields,
  recurrenceBody,
} from './recurrence-fields.tsx';

const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const HOUR_MS = 3_600_000;
/** An occurrence of what comes again is no longer. */
const DAY_MS = 24 * HOUR_MS;
const MATCHERS_MAX = 10;
const UNTIL_RESOLVED = 'resolved';

const DURATIONS = [
  { value: String(HOUR_MS), label: '1 hour' },
  { value: String(4 * HOUR_MS), label: '4 hours' },
  { value: String(24 * HOUR_MS), label: '1 day' },
  { value: String(7 * 24 * HOUR_MS), label: '1 week' },
];

interface SilenceDialogProps {
  readonly matchers: readonly string[];
  /** Whether something fires that it could end with. */
  readonly canEndWithAlert?: boolean;
  /** Planned work, which begins later. */
  readonly isMaintenance?: boolean;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** The dialog, open while rendered. */
export function SilenceDialog(props: SilenceDialogProps) {
  const { canEndWithAlert = false, isMaintenance = false, onDone, onClose } = props;
  const [text, setText] = useState(props.matchers.join('\n'));
  const [duration, setDuration] = useState(canEndWithAlert ? UNTIL_RESOLVED : String(HOUR_MS));
  const [start, setStart] = useState(() => toInput(Date.now() + HOUR_MS, LOCAL_ZONE));
  const [comment, setComment] = useState('');
  const [comesAgain, setComesAgain] = useState(false);
  const [recurrence, setRecurrence] = useState(() => newRecurrence(LOCAL_ZONE));
  const matchers = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const startsAtMs = isMaintenance && !comesAgain ? fromInput(start, LOCAL_ZONE) : undefined;
  const silence = async (): Promise<void> => {
    const made = await call('POST /v1/silences', {
      body: {
        kind: isMaintenance ? 'maintenance' : 'silence',
        matchers,
        durationMs: duration === UNTIL_RESOLVED ? null : Number(duration),
        comment: comment.trim(),
        ...(startsAtMs === undefined ? {} : { startsAtMs }),
        ...(comesAgain ? { recurrence: recurrenceBody(recurrence) } : {}),
      },
    });
    const undo = async (): Promise<void> => {
      try {
        await call('DELETE /v1/silences/{silenceId}', { params: { silenceId: made.id } });
        onDone();
      } catch (error) {
        tellFailure('That could not be undone', error);
      }
    };
    tell(
      isMaintenance
        ? 'The window is planned'
        : `${plural(made.matchingAlerts, 'alert')} that ${made.matchingAlerts === 1 ? 'fires' : 'fire'} now kept quiet`,
      { label: 'Undo', run: () => undo() },
    );
    onDone();
    onClose();
  };
  const isComplete =
    matchers.length > 0 &&
    matchers.length <= MATCHERS_MAX &&
    comment.trim() !== '' &&
    (comesAgain ? isRecurrenceComplete(recurrence) : !isMaintenance || startsAtMs !== undefined);
  return (
    <FormDialog
      title={isMaintenance ? 'Plan a maintenance window' : 'Silence alerts'}
      action={isMaintenance ? 'Plan it' : 'Silence'}
      isComplete={isComplete}
      onSubmit={silence}
      onClose={onClose}
    >
      <p className="soft">
        They are shown all the same, with who keeps them quiet and why. No incident opens, and nobody is
        paged.
      </p>
      <div className="field">
        <label htmlFor="silence-matchers">Which alerts</label>
        <textarea
          id="silence-matchers"
          className="input text-area mono"
          rows={3}
          placeholder={'region=dublin\nslo=vod-*'}
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <span className="field-hint">
          A line each, all must match: label=value or label!=value; | between values, * for any text
        </span>
      </div>
      {isMaintenance && (
        <CheckField
          isChecked={comesAgain}
          onChange={(isChosen) => {
            setComesAgain(isChosen);
            if (isChosen && Number(duration) > DAY_MS) setDuration(String(HOUR_MS));
          }}
        >
          Again every week
        </CheckField>
      )}
      {comesAgain && <RecurrenceFields draft={recurrence} onChange={setRecurrence} />}
      <div className={isMaintenance && !comesAgain ? 'field-pair' : undefined}>
        {isMaintenance && !comesAgain && (
          <TextField
            id="silence-start"
            label="From"
            type="datetime-local"
            isInvalid={startsAtMs === undefined}
            value={start}
            onChange={setStart}
          />
        )}
        <SelectField
          id="silence-duration"
          label="For"
          options={
            isMaintenance
              ? DURATIONS.filter(({ value }) => !comesAgain || Number(value) <= DAY_MS)
              : [{ value: UNTIL_RESOLVED, label: 'Until what it matches is over' }, ...DURATIONS]
          }
          value={duration}
          onChange={setDuration}
        />
      </div>
      <TextField
        id="silence-comment"
        label="Why"
        placeholder={isMaintenance ? 'New switches' : 'The disk is on its way'}
        lengthMax={500}
        isFirst
        value={comment}
        onChange={setComment}
      />
    </FormDialog>
  );
}

// Questions about a run: approve or reject with a note, cancel, roll back.

import { useState } from 'react';
import type { RunView } from '../../../src/contract/api/runbooks.ts';
import { call } from '../api.ts';
import { TextField } from '../ui/fields.tsx';
import { FormDialog, QuestionDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';
import type { StepView } from './describe-run.ts';

interface DialogProps {
  readonly run: RunView;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

interface DecideDialogProps extends DialogProps {
  readonly step: StepView;
  readonly isApproved: boolean;
}

/** Asks for the note of a decision. */
export function DecideDialog({ run, step, isApproved, onDone, onClose }: DecideDialogProps) {
  const [note, setNote] = useState('');
  const decide = async (): Promise<void> => {
    await call('POST /v1/runbook-runs/{runId}/decide', {
      params: { runId: run.id },
      body: { stepId: step.id, isApproved, note },
    });
    tell(isApproved ? 'Approved: the run goes on' : 'Rejected');
    onDone();
  };
  return (
    <FormDialog
      title={isApproved ? `Approve "${step.title}"?` : `Reject "${step.title}"?`}
      action={isApproved ? 'Approve' : 'Reject'}
      onSubmit={decide}
      onClose={onClose}
    >
      <p>{step.ask}</p>
      <p className="soft">
        {isApproved
          ? 'The run goes on with its next step at once.'
          : 'The step fails; whether what was done is undone is written in the runbook.'}
      </p>
      <TextField
        id="decision-note"
        label="Note"
        placeholder="Why; it stands in the journal"
        lengthMax={1_000}
        isFirst
        value={note}
        onChange={setNote}
      />
    </FormDialog>
  );
}

/** Asks before a run is ended, or undone. */
export function CancelDialog({
  run,
  isUndone,
  onDone,
  onClose,
}: DialogProps & { readonly isUndone: boolean }) {
  const done = run.actions.filter(({ outcome }) => outcome === 'changed');
  const cancel = async (): Promise<void> => {
    await call('POST /v1/runbook-runs/{runId}/cancel', { params: { runId: run.id }, body: { isUndone } });
    tell(isUndone ? 'What was done is being undone' : 'The run is cancelled');
    onDone();
  };
  return (
    <QuestionDialog
      title={isUndone ? `Roll ${run.title} back?` : `Cancel ${run.title}?`}
      action={isUndone ? 'Roll back' : 'Cancel the run'}
      isDanger
      onConfirm={cancel}
      onClose={onClose}
    >
      {done.length === 0 ? (
        <p>It has changed nothing so far.</p>
      ) : (
        <>
          <p>
            {isUndone
              ? 'This is undone, the newest first, and the run ends:'
              : 'The run ends, and this stays done:'}
          </p>
          <ul className="bullets">
            {[...done].reverse().map(({ key, text }) => (
              <li key={key}>{text}</li>
            ))}
          </ul>
        </>
      )}
    </QuestionDialog>
  );
}

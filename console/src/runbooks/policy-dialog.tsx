// The guards of a runbook: who may start it, how often, and how many viewers it may touch.

import { useState } from 'react';
import type { RunbookView } from '../../../src/contract/api/runbooks.ts';
import { call } from '../api.ts';
import { CheckField, TextField } from '../ui/fields.tsx';
import { FormDialog } from '../ui/form-dialog.tsx';
import { tell } from '../ui/toast.tsx';

const RUNS_MAX = 1_000;

interface PolicyDialogProps {
  readonly book: RunbookView;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

/** The dialog, open while rendered. */
export function PolicyDialog({ book, onSaved, onClose }: PolicyDialogProps) {
  const [isAutomatic, setIsAutomatic] = useState(book.policy.isAutomatic);
  const [runs, setRuns] = useState(String(book.policy.runsPerHourMax));
  const [percent, setPercent] = useState(String(Math.round(book.policy.viewerShareMax * 1_000) / 10));
  const runsPerHourMax = Number(runs);
  const viewerShareMax = Number(percent) / 100;
  const areRunsGood = Number.isInteger(runsPerHourMax) && runsPerHourMax >= 1 && runsPerHourMax <= RUNS_MAX;
  const isShareGood = percent !== '' && viewerShareMax >= 0 && viewerShareMax <= 1;
  const save = async (): Promise<void> => {
    await call('PUT /v1/runbooks/{runbookId}/policy', {
      params: { runbookId: book.id },
      body: { isAutomatic, runsPerHourMax, viewerShareMax },
    });
    tell(`The guards of ${book.title} are changed`);
    onSaved();
  };
  return (
    <FormDialog
      title={`Guards of ${book.title}`}
      action="Change guards"
      isComplete={areRunsGood && isShareGood}
      onSubmit={save}
      onClose={onClose}
    >
      <CheckField isChecked={isAutomatic} onChange={setIsAutomatic}>
        <strong>Incidents may start it by themselves</strong>
        <div className="soft small">
          Every other guard is judged for them as well. Without it a person starts each run.
        </div>
      </CheckField>
      <div className="field-pair">
        <TextField
          id="policy-runs"
          label="Runs within an hour, at most"
          type="number"
          hint={areRunsGood ? 'Those of people count as well' : `A whole number from 1 to ${RUNS_MAX}`}
          isInvalid={!areRunsGood}
          value={runs}
          onChange={setRuns}
        />
        <TextField
          id="policy-share"
          label="Viewers it may touch, % at most"
          type="number"
          hint={isShareGood ? 'Of all viewers at the moment' : 'A number from 0 to 100'}
          isInvalid={!isShareGood}
          value={percent}
          onChange={setPercent}
        />
      </div>
    </FormDialog>
  );
}

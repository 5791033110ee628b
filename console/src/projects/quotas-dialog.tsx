// Asks what a project may store, hold and upload, and how long it keeps.

import { useState } from 'react';
import { call } from '../api.ts';
import { FormDialog } from '../ui/form-dialog.tsx';
import { plural } from '../ui/format.ts';
import { tell } from '../ui/toast.tsx';
import { fromCount, fromGigabytes, type Quotas, toGigabytes } from './describe-project.ts';

interface QuotasDialogProps {
  readonly projectId: string;
  readonly quotas: Quotas;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

/** What stands in the fields. */
interface Draft {
  readonly stored: string;
  readonly assets: string;
  readonly uploads: string;
  readonly days: string;
}

/** The quotas that the fields say; undefined for a field that says no number. */
function parse(draft: Draft) {
  return {
    storedBytesMax: fromGigabytes(draft.stored),
    assetsMax: fromCount(draft.assets),
    uploadBytesPerDayMax: fromGigabytes(draft.uploads),
    retentionDays: fromCount(draft.days),
  };
}

function isQuotas(parsed: ReturnType<typeof parse>): parsed is Quotas {
  return !Object.values(parsed).includes(undefined);
}

/** The dialog, open while rendered. */
export function QuotasDialog({ projectId, quotas, onClose, onChanged }: QuotasDialogProps) {
  const [draft, setDraft] = useState<Draft>(() => ({
    stored: toGigabytes(quotas.storedBytesMax),
    assets: quotas.assetsMax?.toString() ?? '',
    uploads: toGigabytes(quotas.uploadBytesPerDayMax),
    days: quotas.retentionDays?.toString() ?? '',
  }));
  const parsed = parse(draft);
  const { retentionDays } = parsed;
  const save = async (): Promise<void> => {
    if (!isQuotas(parsed)) return;
    await call('PUT /v1/projects/{projectId}/quotas', { params: { projectId }, body: parsed });
    tell('The quotas were changed');
    onChanged();
  };
  const field = (name: keyof Draft, label: string, unit: string, value: unknown) => (
    <NumberField
      id={`quota-${name}`}
      label={label}
      unit={unit}
      value={draft[name]}
      isValid={value !== undefined}
      onChange={(text) => setDraft({ ...draft, [name]: text })}
    />
  );
  return (
    <FormDialog title="Quotas" action="Save" isComplete={isQuotas(parsed)} onSubmit={save} onClose={onClose}>
      <p className="soft">An empty field sets no limit. What is there already stays, whatever the limit.</p>
      <div className="field-pair">
        {field('stored', 'Stored', 'GB', parsed.storedBytesMax)}
        {field('assets', 'Assets', 'count', parsed.assetsMax)}
        {field('uploads', 'Uploads a day', 'GB', parsed.uploadBytesPerDayMax)}
        {field('days', 'Kept for', 'days', retentionDays)}
      </div>
      {typeof retentionDays === 'number' && (
        <p className="soft small">
          Assets older than {plural(retentionDays, 'day')} are deleted by themselves, also those that are
          there now.
        </p>
      )}
    </FormDialog>
  );
}

interface NumberFieldProps {
  readonly id: string;
  readonly label: string;
  readonly unit: string;
  readonly value: string;
  readonly isValid: boolean;
  readonly onChange: (value: string) => void;
}

function NumberField({ id, label, unit, value, isValid, onChange }: NumberFieldProps) {
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} <span className="faint">{unit}</span>
      </label>
      <input
        id={id}
        className="input"
        inputMode="decimal"
        maxLength={16}
        placeholder="no limit"
        aria-invalid={!isValid}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

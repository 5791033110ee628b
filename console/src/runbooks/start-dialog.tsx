// Starts a runbook in three moves: what it is to act on, what that would do (a dry run, which changes nothing), and yes.

import { useState } from 'react';
import type { DryRunView, RunbookView, RunView } from '../../../src/contract/api/runbooks.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { type ApiResult, call } from '../api.ts';
import { BlastRadius, Guards, Observations } from '../runs/run-parts.tsx';
import { may } from '../session.ts';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/fields.tsx';
import { Icon } from '../ui/icon.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { useLive } from '../ui/use-live.ts';
import { choicesOf, givenValues, type ParameterSpec, problemOf, TYPE_WORDS } from './describe-runbook.ts';
import { StepFlow } from './step-flow.tsx';

const BROADCASTS_MAX = 100;
const REFRESH_MS = 10_000;

interface StartDialogProps {
  readonly book: RunbookView;
  readonly world: WorldView | undefined;
  readonly onStarted: (run: RunView) => void;
  readonly onClose: () => void;
}

/** The dialog, open while rendered. */
export function StartDialog({ book, world, onStarted, onClose }: StartDialogProps) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [trial, setTrial] = useState<DryRunView>();
  const params = { runbookId: book.id };
  const parameters = givenValues(values);
  const isComplete = Object.entries(book.parameters).every(
    ([name, spec]) => problemOf(spec, values[name] ?? '') === null,
  );
  const dryRun = useAsked(async () => {
    setTrial(await call('POST /v1/runbooks/{runbookId}/dry-run', { params, body: { parameters } }));
  }, true);
  const start = useAsked(async () => {
    onStarted(await call('POST /v1/runbooks/{runbookId}/runs', { params, body: { parameters } }));
  });
  const error = start.error ?? dryRun.error;
  return (
    <Dialog
      title={trial === undefined ? `Start ${book.title}` : `${book.title}: what it would do`}
      isWide
      onClose={onClose}
      onSubmit={() => {
        if (trial === undefined && isComplete) dryRun.ask();
      }}
      footer={
        trial === undefined ? (
          <>
            <button type="button" className="button" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" className="button primary" disabled={!isComplete || dryRun.isBusy}>
              {dryRun.isBusy ? 'Looking…' : 'Dry run'}
            </button>
          </>
        ) : (
          <>
            <button type="button" className="button" onClick={() => setTrial(undefined)}>
              Back
            </button>
            {may('operator') && (
              <button
                type="button"
                className="button danger"
                disabled={!trial.isAllowed || start.isBusy}
                onClick={start.ask}
              >
                {start.isBusy ? 'Starting…' : 'Start the run'}
              </button>
            )}
          </>
        )
      }
    >
      {trial === undefined ? (
        <ParameterFields book={book} world={world} values={values} onChange={setValues} />
      ) : (
        <Trial trial={trial} />
      )}
      {error !== undefined && <ErrorNotice error={error} />}
    </Dialog>
  );
}

type Broadcasts = ApiResult<'GET /v1/broadcasts'>['broadcasts'];
const NO_BROADCASTS: Broadcasts = [];

interface ParameterFieldsProps {
  readonly book: RunbookView;
  readonly world: WorldView | undefined;
  readonly values: Readonly<Record<string, string>>;
  readonly onChange: (values: Readonly<Record<string, string>>) => void;
}

function ParameterFields({ book, world, values, onChange }: ParameterFieldsProps) {
  const specs = Object.entries(book.parameters);
  const needsBroadcasts = specs.some(([, { type }]) => type === 'broadcast');
  const broadcasts = useLive(
    'broadcasts',
    `broadcasts ${needsBroadcasts}`,
    async (signal) =>
      needsBroadcasts
        ? (await call('GET /v1/broadcasts', { query: { limit: BROADCASTS_MAX } }, signal)).broadcasts
        : NO_BROADCASTS,
    REFRESH_MS,
  );
  return (
    <>
      <p className="soft">
        Nothing is changed yet: a dry run comes first, and shows whom this would touch and whether the guards
        allow it.
      </p>
      {specs.map(([name, spec]) => (
        <ParameterField
          key={name}
          name={name}
          spec={spec}
          choices={choicesOf(spec, world, broadcasts.data ?? NO_BROADCASTS)}
          value={values[name] ?? ''}
          onChange={(value) => onChange({ ...values, [name]: value })}
        />
      ))}
    </>
  );
}

interface ParameterFieldProps {
  readonly name: string;
  readonly spec: ParameterSpec;
  readonly choices: { value: string; label: string }[] | null;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function ParameterField({ name, spec, choices, value, onChange }: ParameterFieldProps) {
  const id = `parameter-${name}`;
  if (choices !== null)
    return (
      <SelectField
        id={id}
        label={spec.description}
        hint={`${name}: ${TYPE_WORDS[spec.type].toLowerCase()}`}
        options={[{ value: '', label: spec.default ?? 'Choose…' }, ...choices]}
        value={value}
        onChange={onChange}
      />
    );
  const problem = value === '' ? null : problemOf(spec, value);
  return (
    <TextField
      id={id}
      label={spec.description}
      hint={problem ?? `${name}: ${TYPE_WORDS[spec.type].toLowerCase()}`}
      isInvalid={problem !== null}
      lengthMax={200}
      placeholder={spec.default ?? ''}
      value={value}
      onChange={onChange}
    />
  );
}

function Trial({ trial }: { readonly trial: DryRunView }) {
  return (
    <>
      {!trial.isAllowed && (
        <div className="notice bad" role="alert">
          <Icon name="lock" />
          <div>
            <strong>The guards do not allow it now</strong>
            <div className="soft">
              A run that is started would be refused. What does not hold is marked below.
            </div>
          </div>
        </div>
      )}
      <section className="trial-part" aria-label="Blast radius">
        <h3>Blast radius</h3>
        <BlastRadius radius={trial.radius} />
      </section>
      <section className="trial-part" aria-label="Guards">
        <h3>Guards</h3>
        <Guards guards={trial.guards} />
      </section>
      <section className="trial-part" aria-label="Steps">
        <h3>Steps, with what holds at this moment</h3>
        <StepFlow
          steps={trial.steps}
          more={(_, index) => <Observations observations={trial.steps[index]?.observations ?? []} />}
        />
      </section>
    </>
  );
}

// Documents of objectives: written or pasted, checked while one types, put in force; taken away as a file; removed.

import { useEffect, useState } from 'react';
import type { SloView } from '../../../src/contract/api/slos.ts';
import { type ApiResult, call } from '../api.ts';
import { Dialog, ErrorNotice } from '../ui/dialog.tsx';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { formatAge, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/toast.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { formatBurn } from './describe-slo.ts';

type Lint = ApiResult<'POST /v1/slos/lint'>;

/** Whoever types is not interrupted before this. */
const LINT_AFTER_MS = 400;

interface SloTextDialogProps {
  readonly title: string;
  readonly text: string;
  readonly onClose: () => void;
  readonly onApplied: () => void;
}

/** Edits documents; what is wrong stands below, and nothing is applied while something is. */
export function SloTextDialog({ title, text: before, onClose, onApplied }: SloTextDialogProps) {
  const [text, setText] = useState(before);
  const lint = useLint(text);
  const apply = useAsked(async () => {
    const { applied, warnings } = await call('PUT /v1/slos', { body: { yaml: text } });
    tell(
      `${plural(applied.length, 'objective')} in force${warnings.length > 0 ? `, with ${plural(warnings.length, 'warning')}` : ''}`,
    );
    onApplied();
  });
  const canApply = text.trim() !== '' && text !== before && lint.answer?.isValid === true;
  return (
    <Dialog
      title={title}
      isWide
      onClose={onClose}
      onSubmit={() => {
        if (canApply) apply.ask();
      }}
      footer={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={!canApply || apply.isBusy}>
            {apply.isBusy ? 'Applying…' : 'Apply'}
          </button>
        </>
      }
    >
      <div className="row spread">
        <p className="soft small">
          OpenSLO v1 documents, several with --- between. All of them apply, or none.
        </p>
        <label className="button compact">
          <Icon name="upload" />
          Read a file
          <input
            type="file"
            className="visually-hidden"
            accept=".yaml,.yml,.txt"
            onChange={(event) => {
              void event.target.files?.[0]?.text().then(setText);
            }}
          />
        </label>
      </div>
      <textarea
        className="input slo-text mono"
        aria-label="Objectives as YAML"
        aria-invalid={lint.answer?.isValid === false}
        data-first-focus
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {lint.answer !== undefined && <LintAnswer lint={lint.answer} />}
      {lint.error !== undefined && <ErrorNotice error={lint.error} />}
      {apply.error !== undefined && <ErrorNotice error={apply.error} />}
    </Dialog>
  );
}

/** What control says of the text, asked when the typing pauses. */
function useLint(text: string): { readonly answer?: Lint; readonly error?: Error } {
  const [state, setState] = useState<{ text: string; answer?: Lint; error?: Error }>({ text: '' });
  useEffect(() => {
    if (text.trim() === '') return;
    const aborting = new AbortController();
    const timer = setTimeout(() => {
      call('POST /v1/slos/lint', { body: { yaml: text } }, aborting.signal).then(
        (answer) => setState({ text, answer }),
        (error: unknown) => {
          if (!aborting.signal.aborted && error instanceof Error) setState({ text, error });
        },
      );
    }, LINT_AFTER_MS);
    return () => {
      clearTimeout(timer);
      aborting.abort();
    };
  }, [text]);
  return state.text === text ? state : {};
}

function LintAnswer({ lint }: { readonly lint: Lint }) {
  return (
    <div className="slo-lint small" role="status">
      {lint.problems.map(({ severity, document, path, message }) => (
        <p key={`${document} ${path} ${message}`} className={severity === 'error' ? 'is-bad' : 'is-warn'}>
          <b>{document}</b> {path !== '' && <span className="mono">{path}</span>} {message}
        </p>
      ))}
      {lint.isValid &&
        lint.slos.map(({ name, tiers }) => (
          <p key={name} className="soft">
            <Icon name="check" /> <b>{name}</b>: a total outage is noticed after{' '}
            {tiers
              .map(
                (tier) =>
                  `${formatAge(tier.outageDetectedMs)} (${tier.name}, ${formatBurn(tier.burn)}, ${tier.severity})`,
              )
              .join(', ')}
          </p>
        ))}
    </div>
  );
}

/** Hands text to the browser as a file. */
function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Takes objectives away as one file. */
export function ExportButton({ slos }: { readonly slos: readonly Pick<SloView, 'name'>[] }) {
  const { isBusy, ask } = useAsked(async () => {
    try {
      const texts: string[] = [];
      for (const { name } of slos)
        texts.push((await call('GET /v1/slos/{name}', { params: { name } })).yaml.trimEnd());
      download(slos.length === 1 ? `${slos[0]?.name}.yaml` : 'objectives.yaml', `${texts.join('\n---\n')}\n`);
    } catch (error) {
      tell(`Export failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }, true);
  return (
    <button type="button" className="button" disabled={isBusy || slos.length === 0} onClick={ask}>
      <Icon name="download" />
      {isBusy ? 'Exporting…' : 'Export'}
    </button>
  );
}

interface DeleteSloDialogProps {
  readonly slo: SloView;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

/** Asks before an objective is removed. */
export function DeleteSloDialog({ slo, onClose, onDeleted }: DeleteSloDialogProps) {
  return (
    <QuestionDialog
      title={`Remove ${slo.name}?`}
      action="Remove"
      isDanger
      onConfirm={async () => {
        await call('DELETE /v1/slos/{name}', { params: { name: slo.name } });
        tell(`${slo.name} was removed`);
        onDeleted();
      }}
      onClose={onClose}
    >
      <p>
        Its budget is no longer counted and its alerts resolve.
        {slo.origin === 'shipped' && ' It came with Meridian; it stays away, also after an update.'} Export it
        first if you may want it back.
      </p>
    </QuestionDialog>
  );
}

// Versions of a runbook, and what each changed against the one before it.

import { useMemo, useState } from 'react';
import type { RunbookVersion, RunbookView } from '../../../src/contract/api/runbooks.ts';
import { call } from '../api.ts';
import { actorText } from '../runs/describe-run.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Filter } from '../ui/filter.tsx';
import { formatDateTime } from '../ui/format.ts';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { changesOf, diffLines } from './line-diff.ts';

const REFRESH_MS = 30_000;
const VIEWS = [
  { value: 'changes', label: 'What changed' },
  { value: 'text', label: 'Whole text' },
] as const;

/** The section. */
export function VersionsSection({ book }: { readonly book: RunbookView }) {
  const params = { runbookId: book.id };
  const answer = usePolled(
    `versions ${book.id} ${book.version}`,
    (signal) => call('GET /v1/runbooks/{runbookId}/versions', { params }, signal),
    REFRESH_MS,
  );
  return (
    <section className="card" aria-label="Versions">
      {answer.data !== undefined ? (
        <Versions versions={answer.data.versions} />
      ) : answer.error === undefined ? (
        <SkeletonRows count={4} />
      ) : (
        <LoadFailed what="The versions" error={answer.error} onRetry={() => void answer.refresh()} />
      )}
    </section>
  );
}

function Versions({ versions }: { readonly versions: readonly RunbookVersion[] }) {
  const [chosen, setChosen] = useState(0);
  const [view, setView] = useState<'changes' | 'text'>(versions.length > 1 ? 'changes' : 'text');
  const current = versions[Math.min(chosen, versions.length - 1)];
  const before = versions[chosen + 1];
  const shown = before === undefined ? 'text' : view;
  if (current === undefined) return null;
  return (
    <>
      <div className="card-head">
        <h2>Versions</h2>
        <div className="row">
          {before !== undefined && <Filter label="Show" options={VIEWS} value={view} onChange={setView} />}
          <CopyButton text={current.text} what="runbook as YAML" />
        </div>
      </div>
      <div className="book-versions">
        <ol className="book-version-list">
          {versions.map((version, index) => (
            <li key={`${version.version} ${version.isShipped}`}>
              <button
                type="button"
                aria-pressed={index === chosen}
                onClick={() => setChosen(index)}
                className="book-version"
              >
                <span className="row tight">
                  <strong>{version.version}</strong>
                  {version.isInForce && <span className="pill good">In force</span>}
                </span>
                <span className="faint small">{originText(version)}</span>
              </button>
            </li>
          ))}
        </ol>
        {shown === 'text' || before === undefined ? (
          <pre className="yaml">{current.text}</pre>
        ) : (
          <Difference before={before} after={current} />
        )}
      </div>
    </>
  );
}

function originText({ actor, createdAtMs, isShipped }: RunbookVersion): string {
  if (isShipped || actor === null) return 'comes with Meridian';
  return createdAtMs === null ? actorText(actor) : `${actorText(actor)}, ${formatDateTime(createdAtMs)}`;
}

function Difference({ before, after }: { readonly before: RunbookVersion; readonly after: RunbookVersion }) {
  const stretches = useMemo(() => changesOf(diffLines(before.text, after.text)), [before.text, after.text]);
  if (stretches.length === 0)
    return <p className="soft card-body">It says the same as version {before.version}.</p>;
  return (
    <table className="yaml diff">
      <caption className="visually-hidden">
        Version {after.version} against version {before.version}
      </caption>
      {stretches.map((lines) => (
        <tbody key={`${lines[0]?.before} ${lines[0]?.after}`}>
          {lines.map((line) => (
            <tr key={`${line.before} ${line.after}`} className={`is-${line.kind}`}>
              <td className="diff-number">{line.before ?? ''}</td>
              <td className="diff-number">{line.after ?? ''}</td>
              <td>
                <span className="diff-sign">{SIGNS[line.kind]}</span>
                {line.text}
              </td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;

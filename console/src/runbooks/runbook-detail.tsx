// One runbook: what it does step by step, what it asks for, who may start it, its versions, its runs.

import { useState } from 'react';
import type { RunbookView } from '../../../src/contract/api/runbooks.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import { ApiError, call } from '../api.ts';
import { RUN_LABELS } from '../runs/describe-run.ts';
import { RunRows } from '../runs/run-rows.tsx';
import { may } from '../session.ts';
import { navigate } from '../shell/router.ts';
import { durationText } from '../ui/duration-text.ts';
import { formatAgo, formatShare, plural } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell } from '../ui/toast.tsx';
import { Total, Totals } from '../ui/totals.tsx';
import { useLive } from '../ui/use-live.ts';
import { ageNowMs } from '../ui/use-now.ts';
import { SERVICE_LABELS, TYPE_WORDS } from './describe-runbook.ts';
import { PolicyDialog } from './policy-dialog.tsx';
import { StartDialog } from './start-dialog.tsx';
import { StepFlow } from './step-flow.tsx';
import { VersionsSection } from './versions-section.tsx';

const REFRESH_MS = 5_000;
const RUNS_SHOWN = 8;
const BACK = { page: 'runbooks', label: 'Runbooks' } as const;

interface RunbookDetailProps {
  readonly runbookId: string;
  readonly world: WorldView | undefined;
}

/** The page of one. */
export function RunbookDetail({ runbookId, world }: RunbookDetailProps) {
  const params = { runbookId };
  const book = useLive(
    'runs',
    runbookId,
    (signal) => call('GET /v1/runbooks/{runbookId}', { params }, signal),
    REFRESH_MS,
  );
  const { data, error } = book;
  if (data !== undefined)
    return <OneRunbook book={data} world={world} onChanged={() => void book.refresh()} />;
  return (
    <div className="page-inner">
      <PageHead back={BACK} title="Runbook" />
      <div className="card">
        {error instanceof ApiError && error.code === 'not_found' ? (
          <Empty icon="book" title="There is no such runbook">
            The address names none that is in force.
          </Empty>
        ) : error === undefined ? (
          <SkeletonRows count={8} />
        ) : (
          <LoadFailed what="The runbook" error={error} onRetry={() => void book.refresh()} />
        )}
      </div>
    </div>
  );
}

interface OneRunbookProps {
  readonly book: RunbookView;
  readonly world: WorldView | undefined;
  readonly onChanged: () => void;
}

function OneRunbook({ book, world, onChanged }: OneRunbookProps) {
  const [dialog, setDialog] = useState<'start' | 'policy'>();
  const close = (): void => setDialog(undefined);
  return (
    <div className="page-inner">
      <PageHead
        back={BACK}
        title={
          <div className="row">
            <h1>{book.title}</h1>
            <span className="tag">version {book.version}</span>
            {book.isShipped && <span className="tag">comes with Meridian</span>}
          </div>
        }
        note={<span className="mono faint">{book.id}</span>}
      >
        <button type="button" className="button primary" onClick={() => setDialog('start')}>
          <Icon name="play" />
          {may('operator') ? 'Start…' : 'Try…'}
        </button>
      </PageHead>
      <p className="runbook-about">{book.description}</p>
      <StatsTotals book={book} />
      <div className="columns">
        <section className="card" aria-label="Steps">
          <div className="card-head">
            <h2>Steps</h2>
            <span className="faint small">{plural(book.steps.length, 'step')}</span>
          </div>
          <StepFlow steps={book.steps} parameters={Object.keys(book.parameters)} />
        </section>
        <div className="stack">
          <GuardsSection book={book} onChange={() => setDialog('policy')} />
          <ParametersSection book={book} />
          <RecentRuns book={book} />
        </div>
      </div>
      <VersionsSection book={book} />
      {dialog === 'start' && (
        <StartDialog
          book={book}
          world={world}
          onStarted={(run) => {
            close();
            tell(`${book.title} runs`);
            navigate('runs', run.id);
          }}
          onClose={close}
        />
      )}
      {dialog === 'policy' && (
        <PolicyDialog
          book={book}
          onSaved={() => {
            close();
            onChanged();
          }}
          onClose={close}
        />
      )}
    </div>
  );
}

function StatsTotals({ book: { stats, services } }: { readonly book: RunbookView }) {
  const { endedCount, succeededCount, openCount, durationMsTypical, lastRun } = stats;
  const words = services.map((service) => SERVICE_LABELS[service]);
  return (
    <Totals label="Of the last 90 days">
      <Total
        label="Changes"
        value={words.length === 0 ? 'Nothing' : words.join(', ')}
        note={words.length === 0 ? 'it looks and asks' : 'what its actions act on'}
      />
      <Total
        label="Runs"
        value={String(stats.runCount)}
        note={openCount === 0 ? 'in 90 days' : `in 90 days, ${openCount} open now`}
      />
      <Total
        label="Last run"
        value={lastRun === null ? 'Never' : RUN_LABELS[lastRun.status]}
        note={lastRun === null ? 'within 90 days' : formatAgo(lastRun.createdAtMs, ageNowMs())}
        isBad={lastRun?.status === 'failed'}
      />
      <Total
        label="Succeeded"
        value={endedCount === 0 ? '–' : formatShare(succeededCount / endedCount, 0)}
        note={endedCount === 0 ? 'none has ended' : `${succeededCount} of ${endedCount} that ended`}
      />
      <Total
        label="Takes"
        value={durationMsTypical === null ? '–' : durationText(durationMsTypical)}
        note="median of those that succeeded"
      />
    </Totals>
  );
}

function GuardsSection({ book, onChange }: { readonly book: RunbookView; readonly onChange: () => void }) {
  const { isAutomatic, runsPerHourMax, viewerShareMax } = book.policy;
  return (
    <section className="card" aria-label="Guards">
      <div className="card-head">
        <h2>Guards</h2>
        {may('admin') && (
          <button type="button" className="button compact" onClick={onChange}>
            <Icon name="pencil" />
            Change…
          </button>
        )}
      </div>
      <dl className="run-facts card-body">
        <div>
          <dt>Who may start it</dt>
          <dd>
            {isAutomatic
              ? 'Operators, and incidents by themselves'
              : 'Operators; incidents never by themselves'}
          </dd>
        </div>
        <div>
          <dt>Runs within an hour</dt>
          <dd>at most {runsPerHourMax}</dd>
        </div>
        <div>
          <dt>Viewers it may touch</dt>
          <dd>at most {formatShare(viewerShareMax, 0)}</dd>
        </div>
        <div>
          <dt>Spare capacity</dt>
          <dd>enough for the loss of one more site; this guard is always on</dd>
        </div>
      </dl>
    </section>
  );
}

function ParametersSection({ book }: { readonly book: RunbookView }) {
  const specs = Object.entries(book.parameters);
  return (
    <section className="card" aria-label="Parameters">
      <div className="card-head">
        <h2>Parameters</h2>
      </div>
      {specs.length === 0 ? (
        <p className="soft card-body">It asks for nothing.</p>
      ) : (
        <dl className="run-facts card-body">
          {specs.map(([name, spec]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>
                {spec.description}
                <div className="faint small">
                  {TYPE_WORDS[spec.type]}
                  {spec.default === undefined ? '' : `; if left out: ${spec.default}`}
                </div>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

function RecentRuns({ book }: { readonly book: RunbookView }) {
  const query = { runbookId: book.id, limit: RUNS_SHOWN };
  const runs = useLive(
    'runs',
    `runs ${book.id}`,
    (signal) => call('GET /v1/runbook-runs', { query }, signal),
    REFRESH_MS,
  );
  return (
    <section className="card" aria-label="Newest runs">
      <div className="card-head">
        <h2>Newest runs</h2>
      </div>
      {runs.data === undefined ? (
        runs.error === undefined ? (
          <SkeletonRows count={3} />
        ) : (
          <LoadFailed what="The runs" error={runs.error} onRetry={() => void runs.refresh()} />
        )
      ) : runs.data.runs.length === 0 ? (
        <p className="soft card-body">It has not run within 90 days.</p>
      ) : (
        <RunRows runs={runs.data.runs} />
      )}
    </section>
  );
}

// Runs of runbooks, newest first; or one of them.

import { memo, useState } from 'react';
import type { RunSummary } from '../../../src/contract/api/runbooks.ts';
import { call } from '../api.ts';
import { href } from '../shell/router.ts';
import { durationText } from '../ui/duration-text.ts';
import { Filter, type FilterOption } from '../ui/filter.tsx';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { Empty } from '../ui/states.tsx';
import { ageNowMs } from '../ui/use-now.ts';
import { usePagedList } from '../ui/use-paged-list.ts';
import { actorText, isOpen, parametersText, stateOf } from './describe-run.ts';
import { RunPage } from './run-page.tsx';
import { RunTabs } from './run-tabs.tsx';

type RunFilter = RunSummary['status'] | 'all';

/** Height of a row; the style sheet says the same. */
const ROW_PX = 60;
const COLUMN_COUNT = 6;

const FILTERS: readonly FilterOption<RunFilter>[] = [
  { value: 'all', label: 'All' },
  { value: 'running', label: 'Running' },
  { value: 'succeeded', label: 'Succeeded' },
  { value: 'failed', label: 'Failed' },
  { value: 'rolled_back', label: 'Undone' },
  { value: 'cancelled', label: 'Cancelled' },
];

/** The page; with `runId`, one run. */
export function RunsPage({ runId }: { readonly runId: string | null }) {
  return runId === null ? <RunList /> : <RunPage key={runId} runId={runId} />;
}

function RunList() {
  const [filter, setFilter] = useState<RunFilter>('all');
  const runs = usePagedList<RunSummary>(
    filter,
    async (before, limit, signal) => {
      const status = filter === 'all' ? {} : { status: filter };
      const query = { limit, ...status, ...(before === null ? {} : { before }) };
      const page = await call('GET /v1/runbook-runs', { query }, signal);
      return { items: page.runs, nextBefore: page.nextBefore };
    },
    { topics: ['runs'] },
  );
  const nowMs = ageNowMs();
  return (
    <ListPage
      head={
        <>
          <PageHead title="Runbooks" note="What ran within the last 90 days">
            <Filter label="Show runs that are" options={FILTERS} value={filter} onChange={setFilter} />
          </PageHead>
          <RunTabs current="runs" />
        </>
      }
    >
      <PagedTable
        what="The runs"
        paged={runs}
        empty={
          <Empty icon="play" title={filter === 'all' ? 'Nothing ran yet' : 'None of these'}>
            {filter === 'all'
              ? 'Open a runbook and start it, or let incidents do so.'
              : 'No run is in this state.'}
          </Empty>
        }
        className="runs"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="run-head-state">State</th>
            <th>Runbook</th>
            <th className="wide-only run-head-steps">Steps</th>
            <th className="wide-only run-head-actor">Started by</th>
            <th className="wide-only number run-head-took">Took</th>
            <th className="run-head-time">Started</th>
          </>
        }
        row={(run, rowIndex) => <RunRow key={run.id} run={run} rowIndex={rowIndex} nowMs={nowMs} />}
      />
    </ListPage>
  );
}

interface RunRowProps {
  readonly run: RunSummary;
  readonly rowIndex: number;
  readonly nowMs: number;
}

const RunRow = memo(function RunRow({ run, rowIndex, nowMs }: RunRowProps) {
  const { text, tone } = stateOf(run);
  return (
    <tr className="long-row run" aria-rowindex={rowIndex}>
      <td className="run-state">
        <span className={`pill ${tone}`}>{text}</span>
      </td>
      <td className="run-name">
        <a className="truncate" data-row-link href={href('runs', run.id)}>
          {run.title}
        </a>
        <div className="faint row-sub truncate">{run.failure ?? parametersText(run.parameters)}</div>
      </td>
      <td className="wide-only">
        <StepDots run={run} />
      </td>
      <td className="wide-only soft truncate">{run.isAutomatic ? 'incident' : actorText(run.actor)}</td>
      <td className="wide-only number soft nowrap">
        {isOpen(run) ? '–' : durationText((run.endedAtMs ?? 0) - run.createdAtMs)}
      </td>
      <td className="run-time nowrap soft" title={formatDateTime(run.createdAtMs)}>
        {formatAgo(run.createdAtMs, nowMs)}
      </td>
    </tr>
  );
});

/** How many of its steps are done. */
function StepDots({ run }: { readonly run: RunSummary }) {
  const share = run.stepCount === 0 ? 0 : run.doneCount / run.stepCount;
  return (
    <span className="run-steps-done">
      <span className="progress" aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
      <span className="soft small nowrap">
        {run.doneCount} of {run.stepCount}
      </span>
    </span>
  );
}

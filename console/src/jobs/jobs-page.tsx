// Processing jobs: who works on what, how far, until when, and why something stopped or waits.

import { memo, useCallback, useMemo, useState } from 'react';
import type { JobView } from '../../../src/contract/api/jobs.ts';
import { call } from '../api.ts';
import { STAGE_LABELS } from '../library/describe-asset.ts';
import { Filter, type FilterOption } from '../ui/filter.tsx';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { MenuButton } from '../ui/menu.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { ListPage, PagedTable } from '../ui/paged-table.tsx';
import { Progress } from '../ui/progress.tsx';
import { Empty } from '../ui/states.tsx';
import { ageNowMs } from '../ui/use-now.ts';
import { usePagedList } from '../ui/use-paged-list.ts';
import { endText, isOpen, PRIORITY_LABELS, STATE_LABELS, STATE_TONES } from './describe-job.ts';
import { CancelJobDialog, type JobActions, jobMenu } from './job-actions.tsx';
import { JobDialog } from './job-dialog.tsx';
import { explainPlacement } from './work-reasons.ts';

type JobFilter = JobView['state'] | 'all';

/** Height of a row; the style sheet says the same. */
const ROW_PX = 64;
const COLUMN_COUNT = 7;

const FILTERS: readonly FilterOption<JobFilter>[] = [
  { value: 'all', label: 'All' },
  { value: 'leased', label: 'Running' },
  { value: 'ready', label: 'Waiting' },
  { value: 'done', label: 'Done' },
  { value: 'dead', label: 'Failed' },
  { value: 'cancelled', label: 'Cancelled' },
];

function useJobs(filter: JobFilter) {
  return usePagedList<JobView>(
    filter,
    async (before, limit, signal) => {
      const state = filter === 'all' ? {} : { state: filter };
      const query = { limit, ...state, ...(before === null ? {} : { before }) };
      const { jobs, nextBefore } = await call('GET /v1/jobs', { query }, signal);
      return { items: jobs, nextBefore };
    },
    { topics: ['jobs'] },
  );
}

/** The page. */
export function JobsPage() {
  const [filter, setFilter] = useState<JobFilter>('all');
  const [openId, setOpenId] = useState<string>();
  const [doomed, setDoomed] = useState<JobView>();
  const jobs = useJobs(filter);
  const { refresh } = jobs;
  const onChanged = useCallback(() => void refresh(), [refresh]);
  const actions = useMemo(
    (): JobActions => ({ open: setOpenId, askCancel: setDoomed, onChanged }),
    [onChanged],
  );
  const nowMs = ageNowMs();
  return (
    <ListPage
      head={
        <PageHead title="Jobs" note="Processing of uploads, newest first">
          <Filter label="Show jobs that are" options={FILTERS} value={filter} onChange={setFilter} />
        </PageHead>
      }
    >
      <PagedTable
        what="The jobs"
        paged={jobs}
        empty={<NoJobs filter={filter} />}
        className="jobs"
        rowPx={ROW_PX}
        columnCount={COLUMN_COUNT}
        head={
          <>
            <th className="job-head-state">State</th>
            <th>Asset</th>
            <th className="job-head-progress">Progress</th>
            <th className="wide-only job-head-node">Node</th>
            <th className="wide-only number job-head-attempt">Attempt</th>
            <th className="job-head-time">Updated</th>
            <th className="head-menu">
              <span className="visually-hidden">Actions</span>
            </th>
          </>
        }
        row={(job, rowIndex) => (
          <JobRow key={job.id} job={job} rowIndex={rowIndex} nowMs={nowMs} actions={actions} />
        )}
      />
      {openId !== undefined && (
        <JobDialog jobId={openId} actions={actions} onClose={() => setOpenId(undefined)} />
      )}
      {doomed !== undefined && (
        <CancelJobDialog
          job={doomed}
          onClose={() => setDoomed(undefined)}
          onCancelled={() => {
            setDoomed(undefined);
            onChanged();
          }}
        />
      )}
    </ListPage>
  );
}

function NoJobs({ filter }: { readonly filter: JobFilter }) {
  return (
    <Empty icon="jobs" title={filter === 'all' ? 'No jobs yet' : 'None of these'}>
      {filter === 'all'
        ? 'Each upload makes one; encoders of every region take them.'
        : 'No job is in this state now.'}
    </Empty>
  );
}

interface JobRowProps {
  readonly job: JobView;
  readonly rowIndex: number;
  readonly nowMs: number;
  readonly actions: JobActions;
}

const JobRow = memo(function JobRow({ job, rowIndex, nowMs, actions }: JobRowProps) {
  return (
    <tr className="long-row job" aria-rowindex={rowIndex}>
      <td className="job-state">
        <span className={`pill ${STATE_TONES[job.state]}`}>{STATE_LABELS[job.state]}</span>
        {job.priority !== 'normal' && isOpen(job) && (
          <span className={`tag job-priority ${job.priority}`}>{PRIORITY_LABELS[job.priority]}</span>
        )}
      </td>
      <td className="job-name">
        <button
          type="button"
          className="link-button truncate"
          data-row-link
          title={job.assetName}
          onClick={() => actions.open(job.id)}
        >
          {job.assetName}
        </button>
        <div className="faint mono row-sub truncate wide-only">{job.id}</div>
      </td>
      <td className="job-progress">
        <JobProgress job={job} nowMs={nowMs} />
      </td>
      <td className="wide-only soft">
        <div className="mono truncate" title={job.nodeId ?? undefined}>
          {job.nodeId ?? '–'}
        </div>
        {job.chunks !== null && (
          <div className="faint row-sub truncate" title={job.chunks.nodeIds.join(', ')}>
            chunks {job.chunks.done} of {job.chunks.total}, {job.chunks.nodeIds.length} nodes
          </div>
        )}
      </td>
      <td className="wide-only number">{job.attempt}</td>
      <td className="job-time nowrap soft" title={formatDateTime(job.updatedAtMs)}>
        {formatAgo(job.updatedAtMs, nowMs)}
      </td>
      <td className="cell-menu wide-only">
        <MenuButton label={`Actions for ${job.assetName}`} items={jobMenu(job, actions)} />
      </td>
    </tr>
  );
});

function JobProgress({ job, nowMs }: { readonly job: JobView; readonly nowMs: number }) {
  if (job.failure !== null)
    return (
      <div className="job-failure" title={job.failure.message}>
        {job.failure.message}
      </div>
    );
  if (job.state === 'leased')
    return (
      <Progress
        label={`Job ${job.id}`}
        share={job.progress}
        words={STAGE_LABELS[job.stage]}
        note={endText(job.estimatedEndAtMs, nowMs)}
      />
    );
  const why = job.state === 'ready' && job.placement !== null ? explainPlacement(job.placement.reason) : null;
  return (
    <span className="soft job-why" title={why?.text}>
      {why?.text ?? STAGE_LABELS[job.stage]}
    </span>
  );
}

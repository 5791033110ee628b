// Processing jobs: who works on what, how far, and why something stopped.

import { useMemo, useState } from 'react';
import { type ApiResult, call } from '../api.ts';
import { failureAdvice, STAGE_LABELS } from '../library/describe-asset.ts';
import { useKeys } from '../shell/keyboard.ts';
import { href } from '../shell/router.ts';
import { formatAgo, formatDateTime, formatShare } from '../ui/format.ts';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { usePolled } from '../ui/use-polled.ts';

type Job = ApiResult<'GET /v1/jobs'>['jobs'][number];
type JobState = Job['state'];
type Filter = JobState | 'all';

const REFRESH_MS = 2_000;
const NAMES_REFRESH_MS = 10_000;
/** The most that control gives at once. */
const JOBS_SHOWN = 200;

const STATE_LABELS: Readonly<Record<JobState, string>> = {
  ready: 'Waiting',
  leased: 'Running',
  done: 'Done',
  dead: 'Failed',
  cancelled: 'Cancelled',
};

const STATE_TONES: Readonly<Record<JobState, string>> = {
  ready: '',
  leased: 'busy',
  done: 'good',
  dead: 'bad',
  cancelled: '',
};

const FILTERS: readonly { readonly filter: Filter; readonly label: string }[] = [
  { filter: 'all', label: 'All' },
  { filter: 'leased', label: 'Running' },
  { filter: 'ready', label: 'Waiting' },
  { filter: 'done', label: 'Done' },
  { filter: 'dead', label: 'Failed' },
];

/** Moves the focus between the rows of a plain list by one. */
function moveFocus(step: number): void {
  const rows: Element[] = [...document.querySelectorAll('[data-row-link]')];
  const focused = document.activeElement;
  const at = focused === null ? -1 : rows.indexOf(focused);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  if (next instanceof HTMLElement) next.focus();
}

/** The page. */
export function JobsPage() {
  const [filter, setFilter] = useState<Filter>('all');
  const jobs = usePolled(
    filter,
    (signal) =>
      call(
        'GET /v1/jobs',
        { query: { limit: JOBS_SHOWN, ...(filter === 'all' ? {} : { state: filter }) } },
        signal,
      ),
    REFRESH_MS,
  );
  const assets = usePolled(
    'names',
    (signal) => call('GET /v1/assets', { query: { limit: JOBS_SHOWN } }, signal),
    NAMES_REFRESH_MS,
  );
  const names = useMemo(() => new Map(assets.data?.assets.map(({ id, name }) => [id, name])), [assets.data]);
  useKeys({
    j: () => moveFocus(1),
    ArrowDown: () => moveFocus(1),
    k: () => moveFocus(-1),
    ArrowUp: () => moveFocus(-1),
  });
  return (
    <div className="page-inner">
      <div className="page-head">
        <div>
          <h1>Jobs</h1>
          <p>Processing of uploads, newest first</p>
        </div>
        <fieldset className="segmented" aria-label="Show jobs that are">
          {FILTERS.map((entry) => (
            <button
              key={entry.filter}
              type="button"
              aria-pressed={filter === entry.filter}
              onClick={() => setFilter(entry.filter)}
            >
              {entry.label}
            </button>
          ))}
        </fieldset>
      </div>
      <div className="card">
        {jobs.data === undefined ? (
          jobs.error === undefined ? (
            <SkeletonRows count={6} height={57} />
          ) : (
            <LoadFailed what="The jobs" error={jobs.error} onRetry={() => void jobs.refresh()} />
          )
        ) : jobs.data.jobs.length === 0 ? (
          <Empty icon="jobs" title={filter === 'all' ? 'No jobs yet' : 'None of these'}>
            {filter === 'all'
              ? 'Each upload makes one; encoders of every region take them.'
              : 'No job is in this state now.'}
          </Empty>
        ) : (
          <JobTable jobs={jobs.data.jobs} names={names} />
        )}
      </div>
    </div>
  );
}

interface JobTableProps {
  readonly jobs: readonly Job[];
  /** Names of the assets that are known; a job tells only the identifier. */
  readonly names: ReadonlyMap<string, string>;
}

function JobTable({ jobs, names }: JobTableProps) {
  const nowMs = Date.now();
  return (
    <div className="table-scroll">
      <table className="table jobs">
        <thead>
          <tr>
            <th>State</th>
            <th>Asset</th>
            <th>Progress</th>
            <th className="job-wide">Node</th>
            <th className="job-wide number">Attempt</th>
            <th>Updated</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id} className="job">
              <td>
                <span className={`pill ${STATE_TONES[job.state]}`}>{STATE_LABELS[job.state]}</span>
              </td>
              <td>
                <a
                  className="job-asset truncate"
                  data-row-link
                  href={href('library', job.assetId)}
                  title={`Job ${job.id}`}
                >
                  {names.get(job.assetId) ?? job.assetId}
                </a>
                <div className="faint mono job-id">{job.assetId}</div>
              </td>
              <td className="job-progress">
                <Progress job={job} />
              </td>
              <td className="job-wide mono nowrap soft">{job.nodeId ?? '–'}</td>
              <td className="job-wide number">{job.attempt}</td>
              <td className="job-time nowrap soft" title={formatDateTime(job.updatedAtMs)}>
                {formatAgo(job.updatedAtMs, nowMs)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Progress({ job }: { readonly job: Job }) {
  if (job.failure !== null)
    return (
      <div className="job-failure">
        <div>{job.failure.message}</div>
        <div className="faint small">{failureAdvice(job.failure.code)}</div>
      </div>
    );
  if (job.state !== 'leased') return <span className="soft">{STAGE_LABELS[job.stage]}</span>;
  return (
    <div className="stage">
      <div className="stage-words">
        <span className="strong">{STAGE_LABELS[job.stage]}</span>
        <span>{formatShare(Math.floor(job.progress * 100) / 100, 0)}</span>
      </div>
      <div
        className="progress"
        role="progressbar"
        aria-label={`Job ${job.id}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(job.progress * 100)}
      >
        <span className="progress-bar" style={{ width: `${job.progress * 100}%` }} />
      </div>
    </div>
  );
}

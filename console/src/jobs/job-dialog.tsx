// One job in full: how far, until when, where it ran and why, its chunks, what failed and what to do about it.

import type { ChunkView, JobDetail } from '../../../src/contract/api/jobs.ts';
import { call } from '../api.ts';
import { failureAdvice, STAGE_LABELS } from '../library/describe-asset.ts';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { formatAgo, formatDateTime, formatLength, formatShare } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Progress } from '../ui/progress.tsx';
import { LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useLive } from '../ui/use-live.ts';
import { endText, isOpen, PRIORITY_LABELS, STATE_LABELS, STATE_TONES } from './describe-job.ts';
import { type JobActions, retryJob } from './job-actions.tsx';
import { explainPlacement } from './work-reasons.ts';

const REFRESH_MS = 1_000;

interface JobDialogProps {
  readonly jobId: string;
  readonly actions: JobActions;
  readonly onClose: () => void;
}

/** The dialog, open while rendered. */
export function JobDialog({ jobId, actions, onClose }: JobDialogProps) {
  const job = useLive(
    'jobs',
    jobId,
    (signal) => call('GET /v1/jobs/{jobId}', { params: { jobId } }, signal),
    REFRESH_MS,
  );
  const { data } = job;
  const onChanged = (): void => {
    actions.onChanged();
    void job.refresh();
  };
  return (
    <Dialog
      title={data?.assetName ?? 'Job'}
      onClose={onClose}
      isWide
      footer={data !== undefined && <Foot job={data} actions={{ ...actions, onChanged }} onClose={onClose} />}
    >
      {data !== undefined ? (
        <Details job={data} />
      ) : job.error !== undefined ? (
        <LoadFailed what="The job" error={job.error} onRetry={() => void job.refresh()} />
      ) : (
        <SkeletonRows count={5} />
      )}
    </Dialog>
  );
}

interface FootProps {
  readonly job: JobDetail;
  readonly actions: JobActions;
  readonly onClose: () => void;
}

function Foot({ job, actions, onClose }: FootProps) {
  const canRetry = job.state === 'dead' || job.state === 'cancelled';
  return (
    <>
      <a className="button" href={href('assets', job.assetId)} onClick={onClose}>
        Open the asset
      </a>
      <span className="grow" />
      {may('operator') && canRetry && (
        <button type="button" className="button" onClick={() => void retryJob(job, actions.onChanged)}>
          <Icon name="retry" />
          Process again
        </button>
      )}
      {may('operator') && isOpen(job) && (
        <button
          type="button"
          className="button danger"
          onClick={() => {
            onClose();
            actions.askCancel(job);
          }}
        >
          Cancel the job…
        </button>
      )}
    </>
  );
}

function Details({ job }: { readonly job: JobDetail }) {
  const nowMs = Date.now();
  return (
    <>
      <div className="row wrap">
        <span className={`pill ${STATE_TONES[job.state]}`}>{STATE_LABELS[job.state]}</span>
        <span className="tag">{PRIORITY_LABELS[job.priority]} priority</span>
        <span className="soft small">
          attempt {job.attempt}, {job.failureCount} of {job.failuresMax} failures
        </span>
      </div>
      {job.state === 'leased' && (
        <div className="job-wide-progress">
          <Progress
            label={`Job ${job.id}`}
            share={job.progress}
            words={STAGE_LABELS[job.stage]}
            note={endText(job.estimatedEndAtMs, nowMs)}
          />
        </div>
      )}
      {job.failure !== null && (
        <div className="notice bad">
          <Icon name="warning" />
          <div>
            <strong>{job.failure.message}</strong>
            <div className="soft">{failureAdvice(job.failure.code)}</div>
          </div>
        </div>
      )}
      <dl className="facts">
        <div>
          <dt>Job</dt>
          <dd className="mono row">
            <span className="truncate">{job.id}</span>
            <CopyButton text={job.id} what="job id" />
          </dd>
        </div>
        <div>
          <dt>Project</dt>
          <dd>{job.projectId}</dd>
        </div>
        <div>
          <dt>Node</dt>
          <dd>
            <span className="mono">{job.nodeId ?? '–'}</span>
            {job.regionId !== null && <span className="soft">, {job.regionId}</span>}
          </dd>
        </div>
        <div>
          <dt>Made</dt>
          <dd>
            {formatDateTime(job.createdAtMs)}
            <span className="soft">, version {job.assetVersion} of the asset</span>
          </dd>
        </div>
      </dl>
      <Placements job={job} nowMs={nowMs} />
      {job.chunkList.length > 0 && <Chunks chunks={job.chunkList} />}
    </>
  );
}

function Placements({ job, nowMs }: { readonly job: JobDetail; readonly nowMs: number }) {
  if (job.placements.length === 0) return null;
  return (
    <section className="panel-section">
      <h3>Why it runs where it does</h3>
      <ul className="placements">
        {job.placements.map((placement) => {
          const { text, isRaw } = explainPlacement(placement.reason);
          return (
            <li key={`${placement.atMs} ${text}`}>
              <span className={isRaw ? 'mono' : undefined}>{text}</span>
              <span className="faint small nowrap" title={formatDateTime(placement.atMs)}>
                {formatAgo(placement.atMs, nowMs)}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const CHUNK_STATES: Readonly<Record<ChunkView['state'], string>> = {
  ready: 'waiting',
  leased: 'running',
  done: 'done',
};

function Chunks({ chunks }: { readonly chunks: readonly ChunkView[] }) {
  const done = chunks.filter(({ state }) => state === 'done').length;
  return (
    <section className="panel-section">
      <h3>
        Chunks <span className="soft">{`${done} of ${chunks.length}`}</span>
      </h3>
      <ol className="chunks">
        {chunks.map((chunk) => (
          <li
            key={chunk.index}
            className={`is-${chunk.failure !== null && chunk.state !== 'done' ? 'failed' : chunk.state}`}
            title={[
              `Chunk ${chunk.index + 1} from ${formatLength(chunk.startMs)}: ${CHUNK_STATES[chunk.state]}`,
              chunk.nodeId === null ? '' : `at ${chunk.nodeId}`,
              chunk.state === 'leased' ? formatShare(chunk.progress, 0) : '',
              chunk.failure?.message ?? '',
            ]
              .filter((part) => part !== '')
              .join(', ')}
          >
            <span style={{ width: `${(chunk.state === 'done' ? 1 : chunk.progress) * 100}%` }} />
          </li>
        ))}
      </ol>
    </section>
  );
}

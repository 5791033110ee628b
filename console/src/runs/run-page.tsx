// One run while it happens and afterwards: where it is, what it waits for and why, what it did, and every way to step in.

import { useState } from 'react';
import type { RunView } from '../../../src/contract/api/runbooks.ts';
import { ApiError, call } from '../api.ts';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { durationText } from '../ui/duration-text.ts';
import { formatAgo, formatDateTime } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { PageHead } from '../ui/page-head.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { tell, tellFailure } from '../ui/toast.tsx';
import { useLive } from '../ui/use-live.ts';
import { useNow } from '../ui/use-now.ts';
import { actorText, isOpen, parametersText, stateOf } from './describe-run.ts';
import { CancelDialog, DecideDialog } from './run-dialogs.tsx';
import { RunLog } from './run-log.tsx';
import { BlastRadius, Guards } from './run-parts.tsx';
import { RunSteps } from './run-steps.tsx';

/** Conditions are looked at each second. */
const REFRESH_MS = 1_000;
const ENDED_REFRESH_MS = 30_000;
const BACK = { page: 'runs', label: 'Runs' } as const;

/** The page of one. */
export function RunPage({ runId }: { readonly runId: string }) {
  const [isEnded, setIsEnded] = useState(false);
  const run = useLive(
    'runs',
    runId,
    async (signal) => {
      const answer = await call('GET /v1/runbook-runs/{runId}', { params: { runId } }, signal);
      setIsEnded(!isOpen(answer));
      return answer;
    },
    isEnded ? ENDED_REFRESH_MS : REFRESH_MS,
  );
  const { data, error } = run;
  if (data !== undefined) return <OneRun run={data} onChanged={() => void run.refresh()} />;
  return (
    <div className="page-inner">
      <PageHead back={BACK} title="Run" />
      <div className="card">
        {error instanceof ApiError && error.status < 500 ? (
          <Empty icon="play" title="There is no such run">
            Runs that ended are kept for 90 days.
          </Empty>
        ) : error === undefined ? (
          <SkeletonRows count={8} />
        ) : (
          <LoadFailed what="The run" error={error} onRetry={() => void run.refresh()} />
        )}
      </div>
    </div>
  );
}

type Asking = 'approve' | 'reject' | 'cancel' | 'undo';

function OneRun({ run, onChanged }: { readonly run: RunView; readonly onChanged: () => void }) {
  const nowMs = useNow(1_000);
  const [asking, setAsking] = useState<Asking>();
  const close = (): void => setAsking(undefined);
  const closeChanged = (): void => {
    close();
    onChanged();
  };
  const waiting = run.waitsFor === 'approval' ? run.steps.find(({ id }) => id === run.stepId) : undefined;
  return (
    <div className="page-inner">
      <RunHead run={run} nowMs={nowMs} onAsk={setAsking} onChanged={onChanged} />
      {waiting !== undefined && <ApprovalNotice step={waiting} onAsk={setAsking} />}
      <RunNotice run={run} nowMs={nowMs} />
      <div className="columns">
        <section className="card" aria-label="Steps">
          <div className="card-head">
            <h2>Steps</h2>
            <span className="faint small">
              {run.doneCount} of {run.stepCount} done
            </span>
          </div>
          <RunSteps run={run} nowMs={nowMs} />
        </section>
        <div className="stack">
          <section className="card" aria-label="Blast radius">
            <div className="card-head">
              <h2>Blast radius</h2>
              <span className="faint small">as it was at the start</span>
            </div>
            <div className="card-body">
              <BlastRadius radius={run.radius} />
            </div>
          </section>
          <section className="card" aria-label="Guards">
            <div className="card-head">
              <h2>Guards</h2>
              <span className="faint small">as they were at the start</span>
            </div>
            <div className="card-body">
              <Guards guards={run.guards} />
            </div>
          </section>
        </div>
      </div>
      <RunLog run={run} />
      {waiting !== undefined && (asking === 'approve' || asking === 'reject') && (
        <DecideDialog
          run={run}
          step={waiting}
          isApproved={asking === 'approve'}
          onDone={closeChanged}
          onClose={close}
        />
      )}
      {(asking === 'cancel' || asking === 'undo') && (
        <CancelDialog run={run} isUndone={asking === 'undo'} onDone={closeChanged} onClose={close} />
      )}
    </div>
  );
}

interface RunHeadProps {
  readonly run: RunView;
  readonly nowMs: number;
  readonly onAsk: (asking: Asking) => void;
  readonly onChanged: () => void;
}

function RunHead({ run, nowMs, onAsk, onChanged }: RunHeadProps) {
  const { text, tone } = stateOf(run);
  const canAct = isOpen(run) && may('operator');
  const isForward = run.status === 'running';
  const turn = async (verb: 'pause' | 'resume'): Promise<void> => {
    try {
      await call(`POST /v1/runbook-runs/{runId}/${verb}`, { params: { runId: run.id } });
      tell(verb === 'pause' ? 'Paused: nothing new is begun' : 'The run goes on');
    } catch (error) {
      tellFailure(verb === 'pause' ? 'It could not be paused' : 'It could not go on', error);
    }
    onChanged();
  };
  return (
    <PageHead
      back={BACK}
      title={
        <div className="row">
          <h1>{run.title}</h1>
          <span className={`pill ${tone}`} role="status">
            {text}
          </span>
        </div>
      }
      note={<RunNote run={run} nowMs={nowMs} />}
    >
      {canAct && isForward && (
        <button
          type="button"
          className="button compact"
          onClick={() => void turn(run.isPaused ? 'resume' : 'pause')}
        >
          <Icon name={run.isPaused ? 'play' : 'pause'} />
          {run.isPaused ? 'Resume' : 'Pause'}
        </button>
      )}
      {canAct && isForward && (
        <button type="button" className="button compact" onClick={() => onAsk('undo')}>
          <Icon name="restore" />
          Roll back…
        </button>
      )}
      {canAct && (
        <button type="button" className="button compact danger" onClick={() => onAsk('cancel')}>
          Cancel…
        </button>
      )}
    </PageHead>
  );
}

function RunNote({ run, nowMs }: { readonly run: RunView; readonly nowMs: number }) {
  const parameters = parametersText(run.parameters);
  return (
    <span className="row wrap run-note">
      <a href={href('runbooks', run.runbookId)}>
        {run.runbookId}, version {run.version}
      </a>
      {parameters !== '' && <span className="strong">{parameters}</span>}
      <span title={formatDateTime(run.createdAtMs)}>
        started by {run.isAutomatic ? 'an incident' : actorText(run.actor)}{' '}
        {formatAgo(run.createdAtMs, nowMs)}
      </span>
      <span>
        {isOpen(run)
          ? `runs for ${durationText(Math.max(0, nowMs - run.createdAtMs))}`
          : `took ${durationText((run.endedAtMs ?? 0) - run.createdAtMs)}`}
      </span>
      {run.incidentId !== null && (
        <a className="row tight" href={`#/incidents/${encodeURIComponent(run.incidentId)}`}>
          <Icon name="link" />
          Incident
        </a>
      )}
      <span className="row">
        <span className="mono faint">{run.id}</span>
        <CopyButton text={run.id} what="run id" />
      </span>
    </span>
  );
}

interface ApprovalNoticeProps {
  readonly step: RunView['steps'][number];
  readonly onAsk: (asking: Asking) => void;
}

function ApprovalNotice({ step, onAsk }: ApprovalNoticeProps) {
  const role = step.role ?? 'operator';
  return (
    <section className="notice warn approval" aria-label="Approval">
      <Icon name="help" />
      <div className="approval-words">
        <strong>{step.title}</strong>
        <div>{step.ask}</div>
        {!may(role) && <div className="soft small">This needs the role {role}.</div>}
      </div>
      {may(role) && (
        <div className="row">
          <button type="button" className="button" onClick={() => onAsk('reject')}>
            Reject…
          </button>
          <button type="button" className="button primary" onClick={() => onAsk('approve')}>
            Approve…
          </button>
        </div>
      )}
    </section>
  );
}

/** Why it ended badly, or that it takes longer than it ever did. */
function RunNotice({ run, nowMs }: { readonly run: RunView; readonly nowMs: number }) {
  const stuck = run.steps.find(({ stuckSinceMs, state }) => stuckSinceMs !== null && state === 'running');
  if (run.failure !== null)
    return (
      <div className="notice bad" role="alert">
        <Icon name="warning" />
        <div>
          <strong>{run.failure}</strong>
          {run.status === 'rolled_back' && <div className="soft">What had been done was undone.</div>}
          {run.status === 'failed' && <div className="soft">What was done until then stays.</div>}
        </div>
      </div>
    );
  if (stuck === undefined || stuck.startedAtMs === null) return null;
  return (
    <div className="notice warn" role="alert">
      <Icon name="clock" />
      <div>
        <strong>{stuck.title} is stuck</strong>
        <div className="soft">
          It has run for {durationText(Math.max(0, nowMs - stuck.startedAtMs))}
          {stuck.stuckAfterMs !== null && `, and counts as stuck past ${durationText(stuck.stuckAfterMs)}`}
          {stuck.durationMsTypical !== null && `; usually it takes ${durationText(stuck.durationMsTypical)}`}.
        </div>
      </div>
    </div>
  );
}

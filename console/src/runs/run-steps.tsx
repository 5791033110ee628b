// The steps of a run: state, how long each takes against its own history, and what was seen at the newest look.

import type { RunView } from '../../../src/contract/api/runbooks.ts';
import { STEP_WORDS } from '../runbooks/describe-runbook.ts';
import { STEP_ICONS } from '../runbooks/step-icons.ts';
import { formatClock } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { actorText, isOpen, type Pace, paceOf, type StepView } from './describe-run.ts';
import { Observations } from './run-parts.tsx';

interface RunStepsProps {
  readonly run: RunView;
  readonly nowMs: number;
}

/** The flow. */
export function RunSteps({ run, nowMs }: RunStepsProps) {
  return (
    <ol className="flow">
      {run.steps.map((step) => {
        const isStuck = step.stuckSinceMs !== null && step.state === 'running';
        return (
          <li
            key={step.id}
            className={`flow-step run-step is-${step.state}${isStuck ? ' is-stuck' : ''}`}
            aria-current={run.stepId === step.id ? 'step' : undefined}
          >
            <span className="flow-mark">
              <Icon name={markOf(step)} />
            </span>
            <div className="flow-words">
              <div className="row wrap tight">
                <strong>{step.title}</strong>
                <span className="tag">{STEP_WORDS[step.kind]}</span>
                {isStuck && <span className="pill bad">Stuck</span>}
                {step.isRolledBack && <span className="pill warn">Undone</span>}
                <span className="visually-hidden">{step.state}</span>
              </div>
              <StepBody step={step} run={run} nowMs={nowMs} />
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function markOf(step: StepView) {
  if (step.state === 'done') return 'check';
  if (step.state === 'failed') return 'close';
  return STEP_ICONS[step.kind];
}

function StepBody({ step, run, nowMs }: RunStepsProps & { readonly step: StepView }) {
  const endMs = isOpen(run) ? nowMs : (run.endedAtMs ?? nowMs);
  const pace = paceOf(step, endMs);
  if (pace === null) return null;
  return (
    <>
      {step.ask !== null && <div className="soft">{step.ask}</div>}
      {step.reason !== null && <div className="is-bad">{step.reason}</div>}
      {step.approvedBy !== null && <div className="soft">Approved by {actorText(step.approvedBy)}</div>}
      <div className="pace-line small">
        <PaceBar pace={pace} />
        <span className={pace.isSlow ? 'is-bad' : 'soft'}>{pace.words}</span>
        {step.startedAtMs !== null && <span className="faint">since {formatClock(step.startedAtMs)}</span>}
      </div>
      {step.state !== 'done' && <Observations observations={step.observations} />}
    </>
  );
}

/** A bar with two notches: the usual duration, and the one past which it is stuck. */
function PaceBar({ pace }: { readonly pace: Pace }) {
  if (pace.typicalShare === null) return null;
  return (
    <span className={pace.isSlow ? 'pace is-slow' : 'pace'} aria-hidden="true">
      <span className="pace-fill" style={{ width: `${pace.share * 100}%` }} />
      <span className="pace-notch" style={{ left: `${pace.typicalShare * 100}%` }} />
      {pace.limitShare !== null && (
        <span className="pace-notch is-limit" style={{ left: `${pace.limitShare * 100}%` }} />
      )}
    </span>
  );
}

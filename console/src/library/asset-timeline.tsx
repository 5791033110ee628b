// The stages of processing as a line from upload to ready.

import { formatDurationMs } from '../../../src/base/duration.ts';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { formatClock, formatShare } from '../ui/format.ts';
import { STAGE_LABELS, STAGE_NOTES, STAGE_ORDER } from './describe-asset.ts';

type StepState = 'done' | 'now' | 'later' | 'failed';

/** The line of stages; a failure stops it where it happened, as far as is known. */
export function AssetTimeline({ asset }: { readonly asset: AssetView }) {
  const at = STAGE_ORDER.indexOf(asset.stage);
  const isFailed = asset.stage === 'failed';
  return (
    <section className="panel-section">
      <h3>Processing</h3>
      <ol className="timeline">
        <Step state="done" label="Uploaded" note={formatClock(asset.createdAtMs)} />
        {isFailed ? (
          <Step state="failed" label="Failed" note={asset.failure?.code ?? ''} />
        ) : (
          STAGE_ORDER.map((stage, index) => {
            const state: StepState =
              asset.stage === 'ready' || index < at ? 'done' : index === at ? 'now' : 'later';
            return (
              <Step
                key={stage}
                state={state}
                label={STAGE_LABELS[stage]}
                note={noteOf(asset, stage, state)}
              />
            );
          })
        )}
      </ol>
    </section>
  );
}

function noteOf(asset: AssetView, stage: AssetView['stage'], state: StepState): string {
  if (stage === 'ready' && asset.readyAtMs !== null)
    return `${formatClock(asset.readyAtMs)}, after ${formatDurationMs(asset.readyAtMs - asset.createdAtMs)}`;
  if (state !== 'now') return '';
  const isMeasured = stage === 'encoding' || stage === 'replicating';
  return isMeasured ? formatShare(Math.floor(asset.progress * 100) / 100, 0) : STAGE_NOTES[stage];
}

interface StepProps {
  readonly state: StepState;
  readonly label: string;
  readonly note: string;
}

function Step({ state, label, note }: StepProps) {
  return (
    <li className={`is-${state}`} aria-current={state === 'now' ? 'step' : undefined}>
      <span className="timeline-mark" />
      <span className="timeline-label">{label}</span>
      <span className="timeline-note">{note}</span>
    </li>
  );
}

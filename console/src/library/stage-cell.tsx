// How far an asset is, in one glance.

import type { AssetView } from '../../../src/contract/api/assets.ts';
import { formatShare } from '../ui/format.ts';
import { STAGE_LABELS } from './describe-asset.ts';

/** The stage in one word. */
export function StagePill({ asset: { stage } }: { readonly asset: AssetView }) {
  const tone = stage === 'ready' ? 'good' : stage === 'failed' ? 'bad' : 'busy';
  return <span className={`pill ${tone}`}>{STAGE_LABELS[stage]}</span>;
}

/** A pill when it is at rest, a bar while it moves. */
export function StageCell({ asset }: { readonly asset: AssetView }) {
  const { stage, progress, isPlayable } = asset;
  if (stage === 'ready') return <span className="pill good">Ready</span>;
  if (stage === 'failed')
    return (
      <span className="stage">
        <span className="pill bad">Failed</span>
        <span className="stage-note truncate" title={asset.failure?.message}>
          {asset.failure?.message ?? 'No reason was given'}
        </span>
      </span>
    );
  const isMeasured = stage === 'encoding' || stage === 'replicating';
  return (
    <span className="stage">
      <span className="stage-words">
        <span className="strong">{STAGE_LABELS[stage]}</span>
        {isMeasured && <span>{formatShare(Math.floor(progress * 100) / 100, 0)}</span>}
        {isPlayable && <span className="stage-playable">playable</span>}
      </span>
      <span
        className={isMeasured ? 'progress' : 'progress waiting'}
        role="progressbar"
        aria-label={`${STAGE_LABELS[stage]} ${asset.name}`}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(isMeasured ? { 'aria-valuenow': Math.floor(progress * 100) } : {})}
      >
        <span className="progress-bar" style={isMeasured ? { width: `${progress * 100}%` } : undefined} />
      </span>
    </span>
  );
}

// Versions of an asset's video: which is served, what is on its way, what was replaced; and the upload of another.

import { useRef } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { STAGE_LABELS } from '../library/describe-asset.ts';
import { addUploads } from '../library/uploads.ts';
import { may } from '../session.ts';
import { formatAgo, formatBytes, formatDateTime, formatShare } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/toast.tsx';
import type { Copies } from './describe-copies.ts';

type Version = Copies['versions'][number];

const STATES: Readonly<Record<Version['state'], { readonly label: string; readonly tone: string }>> = {
  serving: { label: 'Served', tone: 'good' },
  processing: { label: 'Processing', tone: 'busy' },
  replaced: { label: 'Replaced', tone: '' },
  failed: { label: 'Failed', tone: 'bad' },
};

interface VersionsSectionProps {
  readonly asset: AssetView;
  readonly versions: readonly Version[];
}

/** The card. */
export function VersionsSection({ asset, versions }: VersionsSectionProps) {
  const nowMs = Date.now();
  return (
    <section className="card" aria-label="Versions">
      <div className="card-head">
        <h2>Versions</h2>
        <ReplaceButton asset={asset} />
      </div>
      <ul className="versions">
        {versions.toReversed().map((version) => (
          <li key={version.version}>
            <span className="mono">v{version.version}</span>
            <div className="grow">
              <span className={`pill ${STATES[version.state].tone}`}>
                {version.state === 'serving' && version.stage === 'failed'
                  ? 'Failed'
                  : STATES[version.state].label}
              </span>
              {version.state === 'processing' && (
                <span className="soft small">
                  {' '}
                  {STAGE_LABELS[version.stage]} {formatShare(Math.floor(version.progress * 100) / 100, 0)}
                </span>
              )}
              {version.failure !== null && <div className="edge-bad small">{version.failure.message}</div>}
            </div>
            <span className="soft nowrap">{formatBytes(version.sourceBytes)}</span>
            <span className="soft nowrap version-time" title={formatDateTime(version.registeredAtMs)}>
              {formatAgo(version.registeredAtMs, nowMs)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Uploads another video under the same identifier; viewers get it once it is complete. */
function ReplaceButton({ asset }: { readonly asset: AssetView }) {
  const picker = useRef<HTMLInputElement>(null);
  if (!may('operator')) return null;
  return (
    <>
      <button type="button" className="button compact" onClick={() => picker.current?.click()}>
        <Icon name="upload" />
        Replace the video…
      </button>
      <input
        ref={picker}
        type="file"
        hidden
        aria-label="Video that replaces this one"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file === undefined) return;
          addUploads([file], asset.visibility, { assetId: asset.id, projectId: asset.projectId });
          tell('The present video is served until the new one is complete');
        }}
      />
    </>
  );
}

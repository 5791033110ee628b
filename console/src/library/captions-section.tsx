// The caption tracks of an asset: which there are, adding one from a file, taking one away.

import { useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import type { AssetCaptionTrack } from '../../../src/contract/media.ts';
import { call } from '../api.ts';
import { may } from '../session.ts';
import { QuestionDialog } from '../ui/form-dialog.tsx';
import { formatCount } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/toast.tsx';
import { AddCaptionsDialog } from './add-captions-dialog.tsx';
import type { AssetActions } from './asset-dialogs.tsx';

interface SectionProps {
  readonly asset: AssetView;
  readonly actions: AssetActions;
}

/** The section of the panel. */
export function CaptionsSection({ asset, actions }: SectionProps) {
  const [isAdding, setIsAdding] = useState(false);
  const [doomed, setDoomed] = useState<AssetCaptionTrack>();
  if (asset.stage === 'failed') return null;
  return (
    <section className="panel-section" aria-label="Captions">
      <div className="section-head">
        <h3>Captions</h3>
        {may('operator') && (
          <button type="button" className="button compact" onClick={() => setIsAdding(true)}>
            <Icon name="plus" />
            Add
          </button>
        )}
      </div>
      {asset.captions.length === 0 ? (
        <p className="small soft">None yet. WebVTT and SubRip files are taken.</p>
      ) : (
        <ul className="tracks">
          {asset.captions.map((track) => (
            <TrackRow key={track.id} track={track} onRemove={() => setDoomed(track)} />
          ))}
        </ul>
      )}
      {isAdding && (
        <AddCaptionsDialog
          asset={asset}
          onClose={() => setIsAdding(false)}
          onAdded={(changed) => {
            actions.replace(changed);
            setIsAdding(false);
          }}
        />
      )}
      {doomed !== undefined && (
        <RemoveDialog
          asset={asset}
          track={doomed}
          onClose={() => setDoomed(undefined)}
          onRemoved={(changed) => {
            actions.replace(changed);
            setDoomed(undefined);
          }}
        />
      )}
    </section>
  );
}

function TrackRow({ track, onRemove }: { readonly track: AssetCaptionTrack; readonly onRemove: () => void }) {
  return (
    <li className="track">
      <span className="tag mono">{track.language}</span>
      <span className="grow truncate">
        <span className="strong">{track.label}</span>{' '}
        <span className="soft small">
          {track.kind === 'captions' ? 'captions' : 'subtitles'}, {formatCount(track.cueCount)}{' '}
          {track.cueCount === 1 ? 'cue' : 'cues'}
          {track.isDefault ? ', shown by default' : ''}
        </span>
      </span>
      {may('operator') && (
        <button
          type="button"
          className="icon-button small"
          aria-label={`Remove ${track.label}`}
          title="Remove"
          onClick={onRemove}
        >
          <Icon name="trash" />
        </button>
      )}
    </li>
  );
}

interface RemoveProps {
  readonly asset: AssetView;
  readonly track: AssetCaptionTrack;
  readonly onClose: () => void;
  readonly onRemoved: (asset: AssetView) => void;
}

function RemoveDialog({ asset, track, onClose, onRemoved }: RemoveProps) {
  const remove = async (): Promise<void> => {
    const given = { params: { assetId: asset.id, language: track.language }, query: { kind: track.kind } };
    onRemoved(await call('DELETE /v1/assets/{assetId}/captions/{language}', given));
    tell(`${track.label} removed`);
  };
  return (
    <QuestionDialog
      title="Remove these captions?"
      action="Remove"
      isDanger
      onConfirm={remove}
      onClose={onClose}
    >
      <p>
        <strong className="dialog-name">{track.label}</strong> will no longer be offered within seconds.
        Whoever reads them now keeps them until the video is loaded again.
      </p>
    </QuestionDialog>
  );
}

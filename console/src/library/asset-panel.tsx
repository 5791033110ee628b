// One asset in full, beside the list: it plays, says how far it is, and gives its addresses.

import { useEffect, useRef, useState } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { ApiError, call } from '../api.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import {
  formatBps,
  formatBytes,
  formatCount,
  formatDateTime,
  formatLength,
  listWords,
} from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { MenuButton } from '../ui/menu.tsx';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { usePolled } from '../ui/use-polled.ts';
import { type AssetActions, assetMenu, retryAsset, watchUrlOf } from './asset-dialogs.tsx';
import { AssetTimeline } from './asset-timeline.tsx';
import { CaptionsSection } from './captions-section.tsx';
import { embedUrl, failureAdvice } from './describe-asset.ts';
import { PosterSection } from './poster-section.tsx';

const MOVING_INTERVAL_MS = 1_000;
const SETTLED_INTERVAL_MS = 5_000;

interface AssetPanelProps {
  readonly assetId: string;
  /** What the list knows already, shown at once. */
  readonly known: AssetView | undefined;
  readonly actions: AssetActions;
  readonly onClose: () => void;
}

/** The panel. */
export function AssetPanel({ assetId, known, actions, onClose }: AssetPanelProps) {
  const isSettled = known?.stage === 'ready' || known?.stage === 'failed';
  const asked = usePolled(
    assetId,
    (signal) => call('GET /v1/assets/{assetId}', { params: { assetId } }, signal),
    isSettled ? SETTLED_INTERVAL_MS : MOVING_INTERVAL_MS,
  );
  const { data, error } = asked;
  const { replace } = actions;
  useEffect(() => {
    if (data !== undefined) replace(data);
  }, [data, replace]);
  const asset = data ?? known;
  // What was changed in here shows at once, not at the next poll.
  const ownActions: AssetActions = {
    ...actions,
    replace(changed) {
      replace(changed);
      void asked.refresh();
    },
  };
  const isGone = error instanceof ApiError && (error.code === 'gone' || error.code === 'not_found');
  return (
    <aside className="panel" aria-label={asset?.name ?? 'Asset'}>
      <PanelHead asset={isGone ? undefined : asset} actions={actions} onClose={onClose} />
      <div className="panel-body">
        {isGone ? (
          <Empty icon="trash" title="This asset is gone">
            It was deleted, or never existed.
          </Empty>
        ) : asset !== undefined ? (
          <Details asset={asset} actions={ownActions} />
        ) : error !== undefined ? (
          <LoadFailed what="The asset" error={error} onRetry={() => void asked.refresh()} />
        ) : (
          <SkeletonRows count={6} />
        )}
      </div>
    </aside>
  );
}

interface PanelHeadProps {
  readonly asset: AssetView | undefined;
  readonly actions: AssetActions;
  readonly onClose: () => void;
}

function PanelHead({ asset, actions, onClose }: PanelHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <div className="panel-head">
      <h2 ref={heading} tabIndex={-1} className="truncate grow" title={asset?.name}>
        {asset?.name ?? 'Asset'}
      </h2>
      {asset !== undefined && (
        <MenuButton label={`Actions for ${asset.name}`} items={assetMenu(asset, actions)} />
      )}
      <button type="button" className="icon-button" aria-label="Close" title="Close (Esc)" onClick={onClose}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function Details({ asset, actions }: { readonly asset: AssetView; readonly actions: AssetActions }) {
  return (
    <>
      <Player key={`${asset.id} ${asset.visibility}`} asset={asset} />
      {asset.failure !== null && <Failure asset={asset} actions={actions} />}
      <AssetTimeline asset={asset} />
      <Facts asset={asset} />
      <CaptionsSection asset={asset} actions={actions} />
      <PosterSection asset={asset} actions={actions} />
      <Renditions asset={asset} />
      <Addresses asset={asset} />
    </>
  );
}

/** The player of an edge, in a frame of its own. Private assets get a playback token first. */
function Player({ asset }: { readonly asset: AssetView }) {
  const [address, setAddress] = useState<string>();
  const [error, setError] = useState<Error>();
  const assetRef = useRef(asset);
  assetRef.current = asset;
  const { isPlayable } = asset;
  useEffect(() => {
    if (!isPlayable) return;
    let isGone = false;
    watchUrlOf(assetRef.current).then(
      (url) => {
        if (!isGone) setAddress(embedUrl(url));
      },
      (reason) => {
        if (!isGone) setError(reason instanceof Error ? reason : new Error(String(reason)));
      },
    );
    return () => {
      isGone = true;
    };
  }, [isPlayable]);
  const note = !isPlayable
    ? asset.stage === 'failed'
      ? 'There is nothing to play'
      : 'Playable as soon as the first segment is encoded'
    : error?.message;
  return (
    <div className="player">
      {address !== undefined && isPlayable ? (
        <iframe
          src={address}
          title={`Player: ${asset.name}`}
          allow="autoplay; fullscreen; picture-in-picture"
          referrerPolicy="no-referrer"
        />
      ) : (
        <div className="player-note">
          {note !== undefined && (
            <>
              <Icon name="film" />
              <span>{note}</span>
            </>
          )}
        </div>
      )}
    </div>
  );
}

function Failure({ asset, actions }: { readonly asset: AssetView; readonly actions: AssetActions }) {
  if (asset.failure === null) return null;
  return (
    <div className="notice bad" role="alert">
      <Icon name="warning" />
      <div className="grow">
        <strong>{asset.failure.message}</strong>
        <div className="soft">{failureAdvice(asset.failure.code)}</div>
        <button
          type="button"
          className="button compact failure-retry"
          onClick={() => void retryAsset(asset, actions)}
        >
          <Icon name="retry" />
          Process again
        </button>
      </div>
    </div>
  );
}

function Facts({ asset }: { readonly asset: AssetView }) {
  const regions = (ids: readonly string[]): string => (ids.length === 0 ? 'none yet' : listWords(ids));
  return (
    <section className="panel-section">
      <h3>Details</h3>
      <dl className="facts">
        <div>
          <dt>Asset</dt>
          <dd className="mono row">
            <span className="truncate">{asset.id}</span>
            <CopyButton text={asset.id} what="asset id" />
          </dd>
        </div>
        <div>
          <dt>Project</dt>
          <dd>{asset.projectId}</dd>
        </div>
        <div>
          <dt>Visibility</dt>
          <dd>{asset.visibility === 'private' ? 'Private: needs a playback token' : 'Public'}</dd>
        </div>
        <div>
          <dt>Duration</dt>
          <dd>{formatLength(asset.durationMs)}</dd>
        </div>
        <div>
          <dt>Source</dt>
          <dd>
            {formatBytes(asset.sourceBytes)}, kept in {regions(asset.sourceRegionIds)}
          </dd>
        </div>
        <div>
          <dt>Media</dt>
          <dd>
            version {asset.version}, kept in {regions(asset.mediaRegionIds)}
          </dd>
        </div>
        <div>
          <dt>Uploaded</dt>
          <dd>{formatDateTime(asset.createdAtMs)}</dd>
        </div>
      </dl>
    </section>
  );
}

function Renditions({ asset }: { readonly asset: AssetView }) {
  if (asset.renditions.length === 0) return null;
  return (
    <section className="panel-section">
      <h3>Renditions</h3>
      <table className="mini-table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Picture</th>
            <th className="number">Peak</th>
            <th className="number">Frames</th>
          </tr>
        </thead>
        <tbody>
          {asset.renditions.map((rendition) => (
            <tr key={rendition.id}>
              <td className="mono">{rendition.id}</td>
              <td>
                {rendition.kind === 'audio'
                  ? 'Audio'
                  : `${rendition.width ?? '?'} × ${rendition.height ?? '?'}`}
              </td>
              <td className="number">{formatBps(rendition.bandwidthBps)}</td>
              <td className="number">{formatCount(rendition.frameCount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Addresses({ asset }: { readonly asset: AssetView }) {
  if (asset.playlists.length === 0) return null;
  return (
    <section className="panel-section">
      <h3>Playlists per region</h3>
      {asset.visibility === 'private' && (
        <p className="small soft">Private: these answer only with a playback token in their path.</p>
      )}
      {asset.playlists.map(({ regionId, hls, dash }) => (
        <div key={regionId} className="addresses">
          <span className="strong">{regionId}</span>
          <Address kind="HLS" url={hls} regionId={regionId} />
          <Address kind="DASH" url={dash} regionId={regionId} />
        </div>
      ))}
    </section>
  );
}

function Address({
  kind,
  url,
  regionId,
}: {
  readonly kind: string;
  readonly url: string;
  readonly regionId: string;
}) {
  return (
    <div className="address">
      <span className="tag">{kind}</span>
      <a className="mono truncate" href={url} title={url} target="_blank" rel="noreferrer">
        {url}
      </a>
      <CopyButton text={url} what={`${kind} address at ${regionId}`} />
    </div>
  );
}

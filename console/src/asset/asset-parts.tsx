// What is shown of an asset in the panel beside the library and on its own page.

import type { AssetView } from '../../../src/contract/api/assets.ts';
import { type AssetActions, retryAsset } from '../library/asset-dialogs.tsx';
import { embedUrl, failureAdvice } from '../library/describe-asset.ts';
import { Address } from '../ui/address.tsx';
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
import { usePlayback } from './use-playback.ts';

interface PlayerFrameProps {
  readonly asset: AssetView;
  /** The embedded player at an edge; undefined until it is known. */
  readonly address: string | undefined;
  readonly error: Error | undefined;
}

/** The player of an edge, in a frame of its own. */
export function PlayerFrame({ asset, address, error }: PlayerFrameProps) {
  const { isPlayable, name, stage } = asset;
  const note = !isPlayable
    ? stage === 'failed'
      ? 'There is nothing to play'
      : 'Playable as soon as the first segment is encoded'
    : error?.message;
  return (
    <div className="player">
      {address !== undefined && isPlayable ? (
        <iframe
          src={address}
          title={`Player: ${name}`}
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

/** The player at the first region's edge. */
export function Player({ asset }: { readonly asset: AssetView }) {
  const { playback, error } = usePlayback(asset);
  const address = playback === undefined ? undefined : embedUrl(playback.watchUrl);
  return <PlayerFrame asset={asset} address={address} error={error} />;
}

/** Why there is nothing to play, and the button that tries again. */
export function Failure({ asset, actions }: { readonly asset: AssetView; readonly actions: AssetActions }) {
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

/** What it is. */
export function Facts({ asset }: { readonly asset: AssetView }) {
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

interface RenditionsProps {
  readonly asset: AssetView;
  /** Also codecs and average bit rates, where there is room. */
  readonly isWide?: boolean;
}

/** Its renditions. */
export function Renditions({ asset, isWide = false }: RenditionsProps) {
  if (asset.renditions.length === 0) return <p className="small soft">None yet.</p>;
  return (
    <table className="mini-table">
      <thead>
        <tr>
          <th>Name</th>
          <th>Picture</th>
          {isWide && <th>Codec</th>}
          {isWide && <th className="number">Average</th>}
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
            {isWide && (
              <>
                <td className="mono small">{rendition.codecs ?? '–'}</td>
                <td className="number nowrap">
                  {rendition.averageBandwidthBps === undefined
                    ? '–'
                    : formatBps(rendition.averageBandwidthBps)}
                </td>
              </>
            )}
            <td className="number nowrap">{formatBps(rendition.bandwidthBps)}</td>
            <td className="number">{formatCount(rendition.frameCount)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Where it plays. */
export function Addresses({ asset }: { readonly asset: AssetView }) {
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
          <Address kind="HLS" url={hls} what={`HLS address at ${regionId}`} />
          <Address kind="DASH" url={dash} what={`DASH address at ${regionId}`} />
        </div>
      ))}
    </section>
  );
}

// The uploads of this browser, docked at the corner on every page: progress, pause, cancel.

import { useEffect, useState } from 'react';
import { href } from '../shell/router.ts';
import { formatAge, formatBytes } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { useStore } from '../ui/store.ts';
import {
  cancelUpload,
  clearFinished,
  hasOpenUploads,
  pauseUpload,
  resumeUpload,
  type UploadItem,
  uploads,
} from './uploads.ts';

/** Nothing while there are no uploads. */
export function UploadDock() {
  const items = useStore(uploads);
  const [isFolded, setIsFolded] = useState(false);
  useEffect(() => {
    const onLeave = (event: BeforeUnloadEvent): void => {
      if (hasOpenUploads()) event.preventDefault();
    };
    window.addEventListener('beforeunload', onLeave);
    return () => window.removeEventListener('beforeunload', onLeave);
  }, []);
  if (items.length === 0) return null;
  const isAllDone = items.every(({ state }) => state === 'done');
  return (
    <section className="dock" aria-label="Uploads">
      <div className="dock-head">
        <h2>{headline(items)}</h2>
        <button
          type="button"
          className={isFolded ? 'icon-button small is-folded' : 'icon-button small'}
          aria-expanded={!isFolded}
          aria-label={isFolded ? 'Show uploads' : 'Fold uploads'}
          onClick={() => setIsFolded(!isFolded)}
        >
          <Icon name="down" />
        </button>
        {isAllDone && (
          <button
            type="button"
            className="icon-button small"
            aria-label="Close uploads"
            onClick={clearFinished}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
      {!isFolded && (
        <ul className="dock-list">
          {items.map((item) => (
            <Row key={item.id} item={item} />
          ))}
        </ul>
      )}
    </section>
  );
}

function headline(items: readonly UploadItem[]): string {
  const open = items.filter(({ state }) => state === 'uploading' || state === 'waiting');
  const failed = items.filter(({ state }) => state === 'failed').length;
  if (open.length > 0) {
    const total = open.reduce((sum, item) => sum + item.bytesTotal, 0);
    const sent = open.reduce((sum, item) => sum + item.bytesSent, 0);
    const percent = total === 0 ? 0 : Math.floor((sent / total) * 100);
    return `Uploading ${open.length} of ${items.length} · ${percent} %`;
  }
  if (failed > 0) return `${failed} of ${items.length} failed`;
  if (items.some(({ state }) => state === 'paused')) return 'Uploads paused';
  return items.length === 1 ? 'Upload complete' : `${items.length} uploads complete`;
}

function Row({ item }: { readonly item: UploadItem }) {
  const share = item.bytesTotal === 0 ? 0 : item.bytesSent / item.bytesTotal;
  const isOpen = item.state === 'uploading' || item.state === 'waiting';
  const tone = item.state === 'failed' ? ' bad' : item.state === 'done' ? ' good' : '';
  return (
    <li className="dock-row">
      <div className="dock-main">
        <div className="row">
          <span className="truncate strong grow" title={item.name}>
            {item.assetId === null ? item.name : <a href={href('library', item.assetId)}>{item.name}</a>}
          </span>
          {item.state === 'uploading' && item.regionId !== null && (
            <span className="tag" title="The region that receives it">
              {item.regionId}
            </span>
          )}
        </div>
        <div
          className={`progress${tone}`}
          role="progressbar"
          aria-label={`Upload of ${item.name}`}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.floor(share * 100)}
        >
          <span className="progress-bar" style={{ width: `${share * 100}%` }} />
        </div>
        <div className={item.state === 'failed' ? 'small dock-failure' : 'small faint'}>{describe(item)}</div>
      </div>
      <div className="dock-buttons">
        {isOpen && (
          <button
            type="button"
            className="icon-button small"
            aria-label={`Pause ${item.name}`}
            title="Pause"
            onClick={() => pauseUpload(item.id)}
          >
            <Icon name="pause" />
          </button>
        )}
        {(item.state === 'paused' || item.state === 'failed') && (
          <button
            type="button"
            className="icon-button small"
            aria-label={`${item.state === 'paused' ? 'Resume' : 'Retry'} ${item.name}`}
            title={item.state === 'paused' ? 'Resume' : 'Retry'}
            onClick={() => resumeUpload(item.id)}
          >
            <Icon name={item.state === 'paused' ? 'play' : 'retry'} />
          </button>
        )}
        {item.state === 'done' ? (
          <span className="dock-done">
            <Icon name="check" />
          </span>
        ) : (
          <button
            type="button"
            className="icon-button small"
            aria-label={`Cancel ${item.name}`}
            title="Cancel"
            onClick={() => cancelUpload(item.id)}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
    </li>
  );
}

function describe(item: UploadItem): string {
  const sent = `${formatBytes(item.bytesSent)} of ${formatBytes(item.bytesTotal)}`;
  if (item.state === 'waiting') return `${formatBytes(item.bytesTotal)}, waiting`;
  if (item.state === 'paused') return `${sent}, paused`;
  if (item.state === 'failed') return item.failure ?? 'Failed';
  if (item.state === 'done') {
    const kept =
      item.copies === null
        ? ''
        : item.copies === 1
          ? ', kept in 1 region so far'
          : `, kept in ${item.copies} regions`;
    return `${formatBytes(item.bytesTotal)}${kept}`;
  }
  if (item.bytesSent >= item.bytesTotal && item.bytesTotal > 0) return 'Making a second copy…';
  const parts = [sent];
  if (item.bytesPerSecond > 0) {
    parts.push(`${formatBytes(item.bytesPerSecond)}/s`);
    const restMs = ((item.bytesTotal - item.bytesSent) / item.bytesPerSecond) * 1_000;
    parts.push(`${formatAge(restMs)} left`);
  }
  return parts.join(' · ');
}

// A deleted asset: how long it can be brought back, or how much of it is left.

import { useState } from 'react';
import type { DeletionView } from '../../../src/contract/api/storage.ts';
import { restoreAsset } from '../library/asset-dialogs.tsx';
import { may } from '../session.ts';
import { formatAgo, formatBytes, formatDateTime, formatLength } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { useNow } from '../ui/use-now.ts';

interface DeletionNoticeProps {
  readonly deletion: DeletionView;
  readonly onRestored: () => void;
}

/** "1:02:33" below a day, else "6 days 23 h". */
export function countdown(leftMs: number): string {
  if (leftMs < 86_400_000) return formatLength(leftMs);
  const hours = Math.floor(leftMs / 3_600_000);
  const days = Math.floor(hours / 24);
  return `${days} ${days === 1 ? 'day' : 'days'} ${hours % 24} h`;
}

/** The notice at the top of the page. */
export function DeletionNotice({ deletion, onRestored }: DeletionNoticeProps) {
  const nowMs = useNow(1_000);
  const [isBusy, setIsBusy] = useState(false);
  const { goneEverywhereAtMs, name, restoreUntilMs } = deletion;
  const leftMs = restoreUntilMs === null ? 0 : restoreUntilMs - nowMs;
  const canRestore = restoreUntilMs !== null && leftMs > 0;
  const undo = async (): Promise<void> => {
    setIsBusy(true);
    if (await restoreAsset(deletion.assetId, name)) onRestored();
    setIsBusy(false);
  };
  return (
    <div className="notice warn deletion" role="status">
      <Icon name="trash" />
      <div className="grow">
        <strong title={formatDateTime(deletion.deletedAtMs)}>
          Deleted {formatAgo(deletion.deletedAtMs, nowMs)}
        </strong>
        <div className="soft">
          {canRestore ? (
            <>
              It plays nowhere. Its bytes are kept for another{' '}
              <span className="deletion-left">{countdown(leftMs)}</span>, so that it can be brought back.
            </>
          ) : goneEverywhereAtMs !== null ? (
            `Nothing is left of it: every region had said so by ${formatDateTime(goneEverywhereAtMs)}.`
          ) : (
            'Its bytes are being removed from every region.'
          )}
        </div>
        {!canRestore && <Proof deletion={deletion} />}
      </div>
      {canRestore && may('operator') && (
        <button type="button" className="button primary" disabled={isBusy} onClick={() => void undo()}>
          <Icon name="restore" />
          {isBusy ? 'Working…' : 'Undo the deletion'}
        </button>
      )}
    </div>
  );
}

function Proof({ deletion }: { readonly deletion: DeletionView }) {
  return (
    <ul className="deletion-proof small">
      {deletion.regions.map(({ bytes, goneAtMs, regionId }) => (
        <li key={regionId}>
          <span className={`state-dot ${goneAtMs === null ? 'warn' : 'good'}`} />
          {regionId}: {goneAtMs === null ? `${formatBytes(bytes)} left` : `gone ${formatDateTime(goneAtMs)}`}
        </li>
      ))}
    </ul>
  );
}

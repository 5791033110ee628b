// What was deleted lately: how long each can still be brought back, and the way to its page.

import { call } from '../api.ts';
import { countdown } from '../asset/deletion-notice.tsx';
import { may } from '../session.ts';
import { href } from '../shell/router.ts';
import { Dialog } from '../ui/dialog.tsx';
import { formatAgo } from '../ui/format.ts';
import { Empty, LoadFailed, SkeletonRows } from '../ui/states.tsx';
import { useNow } from '../ui/use-now.ts';
import { usePolled } from '../ui/use-polled.ts';
import { restoreAsset } from './asset-dialogs.tsx';

const REFRESH_MS = 3_000;
const SHOWN = 50;

interface DeletedDialogProps {
  readonly onClose: () => void;
  readonly onRestored: () => void;
}

/** The dialog, open while rendered. */
export function DeletedDialog({ onClose, onRestored }: DeletedDialogProps) {
  const nowMs = useNow(1_000);
  const deleted = usePolled(
    'deletions',
    (signal) => call('GET /v1/storage/deletions', { query: { limit: SHOWN } }, signal),
    REFRESH_MS,
  );
  const list = deleted.data?.deletions;
  const restore = async (assetId: string, name: string): Promise<void> => {
    if (!(await restoreAsset(assetId, name))) return;
    onRestored();
    await deleted.refresh();
  };
  return (
    <Dialog title="Recently deleted" onClose={onClose} isWide>
      {list === undefined ? (
        deleted.error === undefined ? (
          <SkeletonRows count={3} />
        ) : (
          <LoadFailed what="The list" error={deleted.error} onRetry={() => void deleted.refresh()} />
        )
      ) : list.length === 0 ? (
        <Empty icon="trash" title="Nothing was deleted lately">
          What is deleted stays here, and can be brought back for a while.
        </Empty>
      ) : (
        <ul className="deleted">
          {list.map(({ assetId, deletedAtMs, name, restoreUntilMs }) => {
            const leftMs = (restoreUntilMs ?? 0) - nowMs;
            return (
              <li key={assetId}>
                <div className="grow">
                  <a className="strong truncate" href={href('assets', assetId)} onClick={onClose}>
                    {name}
                  </a>
                  <div className="soft small">
                    {formatAgo(deletedAtMs, nowMs)}
                    {leftMs > 0 ? `, can be undone for ${countdown(leftMs)}` : ', can no longer be undone'}
                  </div>
                </div>
                {leftMs > 0 && may('operator') && (
                  <button
                    type="button"
                    className="button compact"
                    aria-label={`Undo the deletion of ${name}`}
                    onClick={() => void restore(assetId, name)}
                  >
                    Undo
                  </button>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </Dialog>
  );
}

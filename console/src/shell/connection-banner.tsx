// Says calmly that control is away, since when, and that viewers do not notice.

import { unreachableSinceMs } from '../connection.ts';
import { formatClock } from '../ui/format.ts';
import { Icon } from '../ui/icon.tsx';
import { useStore } from '../ui/store.ts';

/** Nothing while control answers. */
export function ConnectionBanner() {
  const sinceMs = useStore(unreachableSinceMs);
  return (
    <div aria-live="polite">
      {sinceMs !== null && (
        <div className="banner">
          <Icon name="offline" />
          <span>
            <strong>Control plane unreachable since {formatClock(sinceMs)}; playback goes on.</strong>{' '}
            <span className="banner-more">
              Steering and uploads go on too. What you see below is from before; it catches up by itself.
            </span>
          </span>
        </div>
      )}
    </div>
  );
}

// What a page shows when it has nothing to show: still loading, nothing there, or no answer.

import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon.tsx';

interface EmptyProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** Nothing there (yet), and what to do about it. */
export function Empty({ icon, title, children, actions }: EmptyProps) {
  return (
    <div className="empty">
      <div className="empty-mark">
        <Icon name={icon} />
      </div>
      <h2>{title}</h2>
      <p>{children}</p>
      {actions !== undefined && <div className="row">{actions}</div>}
    </div>
  );
}

/** A page that could not be loaded at all. */
export function LoadFailed({ what, error, onRetry }: { what: string; error: Error; onRetry: () => void }) {
  const action = 'action' in error && typeof error.action === 'string' ? error.action : '';
  return (
    <div role="alert">
      <Empty
        icon="offline"
        title={`${what} could not be loaded`}
        actions={
          <button type="button" className="button" onClick={onRetry}>
            <Icon name="retry" />
            Try again
          </button>
        }
      >
        {error.message} {action}
      </Empty>
    </div>
  );
}

/** Of different lengths, as real lines are; at most as many as there are widths. */
const WIDTHS = ['42%', '28%', '51%', '35%', '46%', '23%', '38%', '31%', '49%'] as const;

/** Lines that stand in for a table while it loads. */
export function SkeletonRows({ count, height = 44 }: { readonly count: number; readonly height?: number }) {
  return (
    <div aria-hidden="true">
      {WIDTHS.slice(0, count).map((width) => (
        <div key={width} className="skeleton-row" style={{ height }}>
          <span className="skeleton" style={{ width, height: 12 }} />
        </div>
      ))}
    </div>
  );
}

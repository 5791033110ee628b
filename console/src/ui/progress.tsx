// A bar that says how far something is, with words above.

import type { ReactNode } from 'react';
import { formatShare } from './format.ts';

interface ProgressProps {
  readonly label: string;
  /** null: nobody knows how far. */
  readonly share: number | null;
  readonly words: ReactNode;
  /** On the right, e.g. when it ends. */
  readonly note?: ReactNode;
}

/** The bar. */
export function Progress({ label, share, words, note }: ProgressProps) {
  // Not rounded up: what says 100 % is done.
  const shown = share === null ? null : Math.floor(share * 100) / 100;
  return (
    <div className="stage">
      <div className="stage-words">
        <span className="strong">{words}</span>
        {shown !== null && <span>{formatShare(shown, 0)}</span>}
        {note !== undefined && <span className="stage-end faint">{note}</span>}
      </div>
      <div
        className={shown === null ? 'progress waiting' : 'progress'}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        {...(shown === null ? {} : { 'aria-valuenow': Math.round(shown * 100) })}
      >
        <span
          className="progress-bar"
          style={shown === null ? undefined : { width: `${(share ?? 0) * 100}%` }}
        />
      </div>
    </div>
  );
}

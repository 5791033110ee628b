// The row of large numbers at the top of a page.

import type { ReactNode } from 'react';

interface TotalsProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** The row; its children are `Total`s. */
export function Totals({ label, children }: TotalsProps) {
  return (
    <dl className="totals card" aria-label={label}>
      {children}
    </dl>
  );
}

interface TotalProps {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly isBad?: boolean;
}

/** One number, what it is, and what to hold it against. */
export function Total({ label, value, note, isBad = false }: TotalProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <span className="total-value">{value}</span>
        <span className={isBad ? 'total-note is-bad' : 'total-note'}>{note}</span>
      </dd>
    </div>
  );
}

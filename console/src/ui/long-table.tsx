// A table of any length: only the rows on screen exist, so that ten thousand scroll like ten. Rows have one height.

import { type ReactNode, type RefObject, useEffect } from 'react';
import { type ListWindow, useWindow } from './use-window.ts';

/** More is loaded when this many rows or fewer are left below. */
const AHEAD_ROWS = 60;

interface LongTableProps<T> {
  readonly className: string;
  /** What scrolls. */
  readonly container: RefObject<HTMLDivElement | null>;
  readonly items: readonly T[];
  /** Height of a row; the style sheet says the same. */
  readonly rowPx: number;
  readonly hasMore: boolean;
  readonly onNearEnd: () => void;
  readonly onWindow: (window: ListWindow) => void;
  /** Cells of the heading. */
  readonly head: ReactNode;
  readonly columnCount: number;
  /** Draws a row; `rowIndex` is for aria-rowindex. */
  readonly row: (item: T, rowIndex: number) => ReactNode;
}

/** The table; it lies inside `container`. */
export function LongTable<T>(props: LongTableProps<T>) {
  const { items, container, rowPx, hasMore, onNearEnd, onWindow, columnCount } = props;
  const { first, end } = useWindow(container, rowPx, items.length);
  useEffect(() => onWindow({ first, end }), [first, end, onWindow]);
  useEffect(() => {
    if (hasMore && end + AHEAD_ROWS >= items.length) onNearEnd();
  }, [hasMore, end, items.length, onNearEnd]);
  const spacer = (rows: number) => (
    <tr style={{ height: rows * rowPx }}>
      <td colSpan={columnCount} />
    </tr>
  );
  return (
    <table className={props.className} aria-rowcount={hasMore ? -1 : items.length + 1}>
      <thead>
        <tr>{props.head}</tr>
      </thead>
      <tbody>
        {first > 0 && spacer(first)}
        {items.slice(first, end).map((item, index) => props.row(item, first + index + 2))}
        {end < items.length && spacer(items.length - end)}
      </tbody>
    </table>
  );
}

// Which rows of a long list are on screen. Rows have one height, so the answer is a division;
// ten thousand assets cost as much as thirty.

import { type RefObject, useEffect, useState } from 'react';

export interface ListWindow {
  /** First row to draw. */
  readonly first: number;
  /** One past the last row to draw. */
  readonly end: number;
}

/** Rows drawn beyond the edges, so that a quick flick shows no blank. */
const OVERSCAN_ROWS = 8;
/** The window moves in steps of this many rows, so that most scroll events draw nothing. */
const STEP_ROWS = 4;

/** The window over `count` rows for a container of `heightPx` scrolled to `scrollTopPx`. */
export function windowAt(scrollTopPx: number, heightPx: number, rowPx: number, count: number): ListWindow {
  const top = Math.floor(scrollTopPx / rowPx / STEP_ROWS) * STEP_ROWS;
  const first = Math.max(0, Math.min(top - OVERSCAN_ROWS, count));
  const rows = Math.ceil(heightPx / rowPx) + 2 * OVERSCAN_ROWS + STEP_ROWS;
  return { first, end: Math.min(count, Math.max(0, top - OVERSCAN_ROWS) + rows) };
}

/** Follows the scrolling of `container`. */
export function useWindow(
  container: RefObject<HTMLElement | null>,
  rowPx: number,
  count: number,
): ListWindow {
  const [view, setView] = useState({ topPx: 0, heightPx: 900 });
  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const measure = (): void => {
      const topPx = Math.floor(element.scrollTop / rowPx / STEP_ROWS) * STEP_ROWS * rowPx;
      const heightPx = element.clientHeight;
      setView((old) => (old.topPx === topPx && old.heightPx === heightPx ? old : { topPx, heightPx }));
    };
    measure();
    element.addEventListener('scroll', measure, { passive: true });
    const resizing = new ResizeObserver(measure);
    resizing.observe(element);
    return () => {
      element.removeEventListener('scroll', measure);
      resizing.disconnect();
    };
  }, [container, rowPx]);
  return windowAt(view.topPx, view.heightPx, rowPx, count);
}

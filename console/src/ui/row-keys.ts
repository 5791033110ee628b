// j, k and the arrows move the focus between the rows of a list, by their links.

import { useKeys } from '../shell/keyboard.ts';

function moveFocus(step: number): void {
  const rows: Element[] = [...document.querySelectorAll('main [data-row-link]')];
  const focused = document.activeElement;
  const at = focused === null ? -1 : rows.indexOf(focused);
  const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
  if (next instanceof HTMLElement) next.focus();
}

/** Registers the keys while mounted. */
export function useRowKeys(): void {
  useKeys({
    j: () => moveFocus(1),
    ArrowDown: () => moveFocus(1),
    k: () => moveFocus(-1),
    ArrowUp: () => moveFocus(-1),
  });
}

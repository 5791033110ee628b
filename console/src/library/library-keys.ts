// The library's keys: j, k and arrows move, / searches, u uploads, Escape closes.

import type { RefObject } from 'react';
import type { AssetView } from '../../../src/contract/api/assets.ts';
import { useKeys } from '../shell/keyboard.ts';
import { navigate } from '../shell/router.ts';
import { type ActiveRow, ROW_PX } from './asset-list.tsx';

/** The sticky heading of the table hides this much of the rows. */
const HEAD_PX = 37;

interface ListKeysOptions {
  readonly list: readonly AssetView[] | undefined;
  readonly active: ActiveRow;
  readonly setActive: (active: ActiveRow) => void;
  readonly container: RefObject<HTMLDivElement | null>;
  readonly openId: string | null;
  readonly close: () => void;
  readonly searchField: RefObject<HTMLInputElement | null>;
  readonly picker: RefObject<HTMLInputElement | null>;
}

/** Registers the keys while mounted. */
export function useListKeys(options: ListKeysOptions): void {
  const { list, active, setActive, container, openId, close, searchField, picker } = options;
  const move = (step: number): void => {
    if (list === undefined || list.length === 0) return;
    const at = list.findIndex(({ id }) => id === active.id);
    const next = at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + step));
    const target = list[next];
    if (target === undefined) return;
    setActive({ id: target.id, turn: active.turn + 1 });
    scrollToRow(container.current, next);
    if (openId !== null) navigate('library', target.id);
  };
  useKeys({
    '/': () => searchField.current?.focus(),
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    u: () => picker.current?.click(),
    Escape: () => {
      if (openId !== null) close();
    },
  });
}

function scrollToRow(element: HTMLDivElement | null, row: number): void {
  if (element === null) return;
  const top = row * ROW_PX;
  const bottom = top + ROW_PX + HEAD_PX;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (bottom > element.scrollTop + element.clientHeight)
    element.scrollTop = bottom - element.clientHeight;
}

// Where things stand in a graph: the top of its scale, what is written at the times, and marks that would lie on each
// other put together. Pure.

import type { ChartMark } from './chart-types.ts';
import { formatClock, formatMinute, formatShortDay } from './format.ts';

/** Marks closer than this are one flag that counts them. */
const MARK_GAP_PX = 14;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Tops of scales, times a power of ten. */
const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10] as const;

/** A round number that is not below the value. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  const factor = ROUND.find((candidate) => candidate * unit >= value * (1 - 1e-9)) ?? 10;
  return factor * unit;
}

/** The top of the scale for a highest value. */
export function topOf(
  highest: number | null,
  {
    topMin = 0,
    topMax,
    bottom = 0,
  }: { readonly topMin?: number; readonly topMax?: number; readonly bottom?: number },
): number {
  const wanted = Math.max(highest ?? 0, topMin, 0);
  const top = wanted <= bottom ? (topMax ?? bottom + 1) : roundUp(wanted);
  return topMax === undefined ? top : Math.min(top, topMax);
}

/** Times below the graph: as fine as the steps between them; a day is named where it begins. */
export function tickTexts(atMs: readonly number[], stepMs: number): string[] {
  let day = '';
  return atMs.map((at) => {
    if (stepMs >= DAY_MS) return formatShortDay(at);
    const own = formatShortDay(at);
    const isNewDay = day !== '' && own !== day;
    day = own;
    if (isNewDay) return own;
    return stepMs < MINUTE_MS ? formatClock(at) : formatMinute(at);
  });
}

export interface PlacedMark {
  readonly mark: ChartMark;
  /** Others that stand at nearly the same place. */
  readonly more: readonly ChartMark[];
  /** From the left edge (0) to the right (1). */
  readonly share: number;
}

/** Marks within the time, those that touch each other together under the gravest. */
export function placeMarks(
  marks: readonly ChartMark[],
  fromMs: number,
  toMs: number,
  widthPx: number,
): PlacedMark[] {
  const gapMs = ((toMs - fromMs) * MARK_GAP_PX) / Math.max(1, widthPx);
  const groups: ChartMark[][] = [];
  for (const mark of [...marks].sort((left, right) => left.atMs - right.atMs)) {
    if (mark.atMs < fromMs || mark.atMs > toMs) continue;
    const open = groups.at(-1);
    if (open?.[0] !== undefined && mark.atMs - open[0].atMs < gapMs) open.push(mark);
    else groups.push([mark]);
  }
  const rank = { incident: 0, alert: 1, change: 2 } as const;
  return groups.flatMap((group) => {
    const [mark, ...more] = [...group].sort((left, right) => rank[left.kind] - rank[right.kind]);
    if (mark === undefined) return [];
    return [{ mark, more, share: (mark.atMs - fromMs) / (toMs - fromMs) }];
  });
}

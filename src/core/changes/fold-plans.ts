// A movement of viewers takes a plan every few seconds: plans that follow one another closely are one change to whoever
// looks for what happened. Between two of them nothing else was changed, or they are two.

import type { ChangeKind } from './rank-changes.ts';

export interface FoldableChange {
  readonly kind: ChangeKind;
  readonly atMs: number;
}

/** Changes that stand as one; more than one of them only where they are plans. */
export interface Fold<T extends FoldableChange> {
  /** The newest first. */
  readonly changes: readonly [T, ...T[]];
}

/** What comes later than this belongs to another movement. */
export const MOVEMENT_GAP_MS = 60_000;

/**
 * Folds changes, the newest first.
 * @param previous the change that stands just before the first one in the whole list: plans that belong to it are left
 *   out, since they were told with it
 */
export function foldPlans<T extends FoldableChange>(changes: readonly T[], previous?: T): readonly Fold<T>[] {
  const folds: { changes: [T, ...T[]] }[] = [];
  let newer = previous;
  for (const change of changes) {
    const last = folds.at(-1);
    if (newer !== undefined && isSameMovement(newer, change)) last?.changes.push(change);
    else folds.push({ changes: [change] });
    newer = change;
  }
  return folds;
}

function isSameMovement(newer: FoldableChange, older: FoldableChange): boolean {
  return (
    newer.kind === 'generation' &&
    older.kind === 'generation' &&
    Math.abs(newer.atMs - older.atMs) <= MOVEMENT_GAP_MS
  );
}

/** How many there are, and from when to when. */
export function spanOf({ changes }: Fold<FoldableChange>): {
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
} {
  const times = changes.map(({ atMs }) => atMs);
  return { count: changes.length, firstAtMs: Math.min(...times), lastAtMs: Math.max(...times) };
}

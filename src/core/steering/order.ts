// The order of a group's pathways, with hysteresis: two sites swap places only when the better one is better by
// more than the margin. Starting from the previous order, neighbours are swapped until no swap is worth it; every
// swap removes an inversion of the scores, so this ends.

import { defined } from '#base/assert.ts';
import type { SiteScore } from './score.ts';
import type { SteeringReason } from './types.ts';

function compareScores(left: SiteScore, right: SiteScore): number {
  if (left.scoreMs !== right.scoreMs) return left.scoreMs - right.scoreMs;
  return left.site.pathwayId < right.site.pathwayId ? -1 : 1;
}

/**
 * Orders the sites of one class, best first.
 * @param previous pathways of the previous plan in their order; sites that it does not name take the place of their score
 */
export function orderSites(
  scores: readonly SiteScore[],
  previous: readonly string[],
  marginMs: number,
): { ordered: SiteScore[]; reasons: SteeringReason[] } {
  const sorted = [...scores].sort(compareScores);
  const rank = new Map(previous.map((pathwayId, index) => [pathwayId, index]));
  if (!sorted.some(({ site }) => rank.has(site.pathwayId))) return { ordered: sorted, reasons: [] };
  const known = sorted.filter(({ site }) => rank.has(site.pathwayId));
  known.sort((a, b) => (rank.get(a.site.pathwayId) ?? 0) - (rank.get(b.site.pathwayId) ?? 0));
  swapNeighbours(known, marginMs);
  const ordered = known;
  for (const score of sorted) {
    if (rank.has(score.site.pathwayId)) continue;
    const worse = ordered.findIndex((other) => compareScores(score, other) < 0);
    ordered.splice(worse === -1 ? ordered.length : worse, 0, score);
  }
  return { ordered, reasons: keptReasons(ordered, marginMs) };
}

function swapNeighbours(ordered: SiteScore[], marginMs: number): void {
  let isSettled = false;
  while (!isSettled) {
    isSettled = true;
    for (let index = 1; index < ordered.length; index += 1) {
      const before = defined(ordered[index - 1], 'a neighbour');
      const after = defined(ordered[index], 'a site');
      if (before.scoreMs - after.scoreMs <= marginMs) continue;
      ordered[index - 1] = after;
      ordered[index] = before;
      isSettled = false;
    }
  }
}

/** Says where a better site waits behind a worse one, because the gain is within the margin. */
function keptReasons(ordered: readonly SiteScore[], marginMs: number): SteeringReason[] {
  const reasons: SteeringReason[] = [];
  for (let index = 1; index < ordered.length; index += 1) {
    const before = defined(ordered[index - 1], 'a neighbour');
    const after = defined(ordered[index], 'a site');
    const gainMs = before.scoreMs - after.scoreMs;
    if (gainMs > 0) {
      reasons.push({
        code: 'order_kept',
        subject: before.site.pathwayId,
        values: { gainMs: Math.round(gainMs * 10) / 10, marginMs },
      });
    }
  }
  return reasons;
}

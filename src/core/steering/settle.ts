// From the wanted shares of a group to the next ones. What lies at a pathway that may carry nothing any more moves
// at once (a hard reason); the rest moves at a bounded rate, and not at all when too little would move: each step
// sends sessions to caches that do not know their videos yet.

import type { SteeringPolicy, SteeringReason } from './types.ts';

export type Shares = ReadonlyMap<string, number>;

/** Shares are kept to this precision, so that plans stay short and equal inputs give equal text. */
const SHARE_DIGITS = 1_000_000;
const MINUTE_MS = 60_000;

/** How much of the whole differs between two sets of shares, 0 to 1 (total variation). */
export function shareDistance(left: Shares, right: Shares): number {
  let sum = 0;
  for (const [pathwayId, share] of left) sum += Math.abs(share - (right.get(pathwayId) ?? 0));
  for (const [pathwayId, share] of right) if (!left.has(pathwayId)) sum += share;
  return sum / 2;
}

/** Decides a group's next shares and says what held them back. */
export function settleShares(
  target: Shares,
  previous: Shares,
  eligible: ReadonlySet<string>,
  elapsedMs: number,
  policy: SteeringPolicy,
): { shares: Shares; reasons: SteeringReason[] } {
  const reasons: SteeringReason[] = [];
  const base = moveHard(target, previous, eligible, reasons);
  const wanted = shareDistance(base, target);
  if (wanted === 0) return { shares: target, reasons };
  if (wanted < policy.marginShare && haveSamePathways(base, target)) {
    reasons.push({
      code: 'share_kept',
      subject: 'group',
      values: { gain: round(wanted), margin: policy.marginShare },
    });
    return { shares: base, reasons };
  }
  const allowed = (policy.shiftPerMinuteMax * Math.max(0, elapsedMs)) / MINUTE_MS;
  if (allowed >= wanted) return { shares: target, reasons };
  reasons.push({
    code: 'shift_bounded',
    subject: 'group',
    values: { wanted: round(wanted), allowed: round(allowed), perMinuteMax: policy.shiftPerMinuteMax },
  });
  const step = allowed / wanted;
  const shares = new Map<string, number>();
  for (const pathwayId of new Set([...base.keys(), ...target.keys()])) {
    const from = base.get(pathwayId) ?? 0;
    const share = from + ((target.get(pathwayId) ?? 0) - from) * step;
    if (share > 0) shares.set(pathwayId, share);
  }
  return { shares, reasons };
}

/** The previous shares without what may carry nothing, moved to where the target wants more. */
function moveHard(
  target: Shares,
  previous: Shares,
  eligible: ReadonlySet<string>,
  reasons: SteeringReason[],
): Shares {
  const base = new Map([...previous].filter(([pathwayId, share]) => share > 0 && eligible.has(pathwayId)));
  const kept = [...base.values()].reduce((sum, share) => sum + share, 0);
  const moved = 1 - kept;
  if (moved <= 1e-9) return base;
  let missing = 0;
  for (const [pathwayId, share] of target) missing += Math.max(0, share - (base.get(pathwayId) ?? 0));
  if (missing <= 0) return target;
  for (const [pathwayId, share] of target) {
    const deficit = Math.max(0, share - (base.get(pathwayId) ?? 0));
    if (deficit > 0) base.set(pathwayId, (base.get(pathwayId) ?? 0) + (deficit * moved) / missing);
  }
  reasons.push({ code: 'share_moved_at_once', subject: 'group', values: { share: round(moved) } });
  return base;
}

function haveSamePathways(left: Shares, right: Shares): boolean {
  return left.size === right.size && [...left.keys()].every((pathwayId) => right.has(pathwayId));
}

/** Rounds shares so that they still sum to 1: the largest takes the rounding; entries come largest first. */
export function roundShares(shares: Shares): { pathwayId: string; share: number }[] {
  const rounded = [...shares]
    .map(([pathwayId, share]) => ({ pathwayId, share: round(share) }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share || (a.pathwayId < b.pathwayId ? -1 : 1));
  const rest = rounded.slice(1).reduce((sum, { share }) => sum + share, 0);
  return rounded.map((entry, index) => (index === 0 ? { ...entry, share: round(1 - rest) } : entry));
}

function round(value: number): number {
  return Math.round(value * SHARE_DIGITS) / SHARE_DIGITS;
}

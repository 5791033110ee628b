// Takes a part of their shares away from sites that an operator eases: each keeps `keep` of what it would get by
// itself, and the rest goes to the other sites by the same filling, into what room they have. Easing is a wish, never a
// reason to overload anybody: where the others have no room, or there are no others, it is left undone and says so.

import type { SteeringReason } from './types.ts';
import { type FillGroup, type FillResult, waterFill } from './water-fill.ts';

export interface Eased {
  readonly fill: FillResult;
  readonly reasons: readonly SteeringReason[];
}

/** A group without demand is planned as one bit per second, as in the filling. */
const DEMAND_BPS_MIN = 1;

/** Applies `keep` (pathway → 0 to 1; others keep all). */
export function easeShares(
  groups: readonly FillGroup[],
  fill: FillResult,
  keep: ReadonlyMap<string, number>,
  capacityBps: ReadonlyMap<string, number>,
  headroom: number,
): Eased {
  const isEased = (pathwayId: string): boolean => (keep.get(pathwayId) ?? 1) < 1;
  const eased = [...capacityBps.keys()].filter(isEased);
  if (eased.length === 0) return { fill, reasons: [] };
  const reasons = (code: string): SteeringReason[] =>
    eased.map((subject) => ({ code, subject, values: { keep: keep.get(subject) ?? 1 } }));
  if (eased.length === capacityBps.size) return { fill, reasons: reasons('ease_without_others') };

  const kept = new Map<string, Map<string, number>>();
  const room = new Map([...capacityBps].filter(([pathwayId]) => !isEased(pathwayId)));
  const freed: FillGroup[] = groups.map(({ id, demandBps, choices }) => {
    const own = new Map<string, number>();
    let freedShare = 0;
    for (const [pathwayId, share] of fill.shares.get(id) ?? []) {
      const part = isEased(pathwayId) ? share * (keep.get(pathwayId) ?? 1) : share;
      freedShare += share - part;
      if (part > 0) own.set(pathwayId, part);
      const left = room.get(pathwayId);
      if (left !== undefined) room.set(pathwayId, Math.max(0, left - part * demandBps));
    }
    kept.set(id, own);
    return {
      id,
      demandBps: Math.max(DEMAND_BPS_MIN, demandBps) * freedShare,
      choices: choices.filter((pathwayId) => !isEased(pathwayId)),
    };
  });
  const moved = waterFill(freed, room, headroom);
  if (moved.unmetBps > 0) return { fill, reasons: reasons('ease_without_room') };
  const shares = new Map<string, ReadonlyMap<string, number>>();
  for (const { id, demandBps } of groups) {
    const own = new Map(kept.get(id));
    const freedBps = freed.find((group) => group.id === id)?.demandBps ?? 0;
    const freedShare = freedBps / Math.max(DEMAND_BPS_MIN, demandBps);
    for (const [pathwayId, share] of freedShare > 0 ? (moved.shares.get(id) ?? []) : [])
      own.set(pathwayId, (own.get(pathwayId) ?? 0) + share * freedShare);
    shares.set(id, own);
  }
  return { fill: { shares, unmetBps: fill.unmetBps }, reasons: reasons('eased') };
}

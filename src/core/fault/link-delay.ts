// One-way delays between regions that run on one machine: the great-circle distance, mapped linearly so that the
// nearest pair gets the configured minimum and the farthest the maximum. With equal distances all get the minimum.

import { type Coordinates, distanceKm } from '#base/geo.ts';

export interface Place extends Coordinates {
  readonly id: string;
}

export interface LinkDelayRange {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
}

/** The one-way delay between two of the places; 0 within one place and for an unknown one. */
export function linkDelayMs(
  places: readonly Place[],
  fromId: string,
  toId: string,
  range: LinkDelayRange,
): number {
  const from = places.find(({ id }) => id === fromId);
  const to = places.find(({ id }) => id === toId);
  if (from === undefined || to === undefined || fromId === toId) return 0;
  let nearestKm = Number.POSITIVE_INFINITY;
  let farthestKm = 0;
  for (const [index, left] of places.entries()) {
    for (const right of places.slice(index + 1)) {
      const km = distanceKm(left, right);
      nearestKm = Math.min(nearestKm, km);
      farthestKm = Math.max(farthestKm, km);
    }
  }
  const span = farthestKm - nearestKm;
  const fraction = span > 0 ? (distanceKm(from, to) - nearestKm) / span : 0;
  return range.delayMsMin + fraction * Math.max(0, range.delayMsMax - range.delayMsMin);
}

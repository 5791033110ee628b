// From degrees to the map: equirectangular, true to shape at 38°, cut where nobody lives. The left edge lies in the
// Bering Strait, so that no continent is torn. Lines take the short way round the earth, over the edge if need be.

import type { Coordinates } from '../../../src/base/geo.ts';

export const MAP_WIDTH = 1_000;
const WEST = -169;
const NORTH = 77;
const SOUTH = -56;
const UNITS_PER_DEGREE = MAP_WIDTH / 360;
const VERTICAL = UNITS_PER_DEGREE / Math.cos((38 * Math.PI) / 180);
export const MAP_HEIGHT = Math.round((NORTH - SOUTH) * VERTICAL);

export interface MapPoint {
  readonly x: number;
  readonly y: number;
}

/** Places coordinates on the map; with `wraps`, longitudes left of the edge come in on the right. */
export function toMap({ latitude, longitude }: Coordinates, wraps = true): MapPoint {
  const east = wraps && longitude < WEST ? longitude + 360 : longitude;
  return { x: (east - WEST) * UNITS_PER_DEGREE, y: (NORTH - latitude) * VERTICAL };
}

/** How far an arc bends, as a share of its length: more eastwards than westwards, so that there and back differ. */
const BEND_EAST = 0.26;
const BEND_WEST = 0.13;

function arc(from: MapPoint, to: MapPoint): string {
  const deltaX = to.x - from.x;
  const deltaY = to.y - from.y;
  // Bends towards the north, as great circles between the places where most viewers live do on such a map.
  const bend = deltaX >= 0 ? BEND_EAST : BEND_WEST;
  const controlX = (from.x + to.x) / 2 + Math.abs(deltaY) * bend * Math.sign(deltaX * deltaY);
  const controlY = (from.y + to.y) / 2 - Math.abs(deltaX) * bend;
  const round = (value: number): string => value.toFixed(1);
  return `M${round(from.x)} ${round(from.y)}Q${round(controlX)} ${round(controlY)} ${round(to.x)} ${round(to.y)}`;
}

/** The line from one place to another: one piece, or two when the short way leaves the map on one side. */
export function arcPaths(from: MapPoint, to: MapPoint): string[] {
  const delta = to.x - from.x;
  if (Math.abs(delta) <= MAP_WIDTH / 2) return [arc(from, to)];
  const shift = delta > 0 ? -MAP_WIDTH : MAP_WIDTH;
  return [arc(from, { x: to.x + shift, y: to.y }), arc({ x: from.x - shift, y: from.y }, to)];
}

// CPU per request of an edge against nginx.

import { diskRows, edgeRows } from '../edge/edge-rows.ts';
import { SIZES } from '../edge/setup.ts';
import type { Group } from '../row.ts';

export const edgeGroup: Group = {
  names: SIZES.map(({ name }) => `edge-cpu-${name}`),
  budgetMs: 90_000,
  run: () => edgeRows(),
};

/** CPU per request read from disk, against nginx. */
export const edgeDiskGroup: Group = {
  names: SIZES.slice(1).map(({ name }) => `edge-disk-cpu-${name}`),
  budgetMs: 120_000,
  run: () => diskRows(),
};

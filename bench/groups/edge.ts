// CPU per request of an edge against nginx.

import { edgeRows } from '../edge/edge-rows.ts';
import { SIZES } from '../edge/setup.ts';
import type { Group } from '../row.ts';

export const edgeGroup: Group = {
  names: SIZES.map(({ name }) => `edge-cpu-${name}`),
  budgetMs: 90_000,
  run: () => edgeRows(),
};

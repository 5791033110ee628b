// What needs a person now: open incidents, budgets that burn, runs that wait for a decision; who has duty; and the marks of the
// map that follow from it. Pure, so that tests need no browser.

import type { IncidentView } from '../../../src/contract/api/incidents.ts';
import type { ApiRoutes } from '../../../src/contract/api/routes.ts';
import type { RouteResult } from '../../../src/contract/route.ts';
import { type SloRow, stateOf } from '../slos/describe-slo.ts';

export type WaitingRun = RouteResult<ApiRoutes['GET /v1/runbook-runs']>['runs'][number];

export interface Duty {
  readonly schedule: string;
  /** null: nobody. */
  readonly person: string | null;
}

export interface Attention {
  readonly incidents: readonly IncidentView[];
  readonly burning: readonly SloRow[];
  readonly waitingRuns: readonly WaitingRun[];
  readonly duties: readonly Duty[];
}

export interface RegionMark {
  readonly incidents: number;
  /** Objectives whose budget of this region burns. */
  readonly burning: number;
}

/** Marks of the map: what is open or burns in each region. */
export function marksOf(
  incidents: readonly Pick<IncidentView, 'labels'>[],
  burning: readonly SloRow[],
): ReadonlyMap<string, RegionMark> {
  const marks = new Map<string, { incidents: number; burning: number }>();
  const at = (region: string): { incidents: number; burning: number } => {
    const mark = marks.get(region) ?? { incidents: 0, burning: 0 };
    marks.set(region, mark);
    return mark;
  };
  for (const { labels } of incidents) if (labels.region !== undefined) at(labels.region).incidents += 1;
  for (const { objective } of burning) {
    const regions = objective.budgets
      .filter((budget) => ['page', 'ticket'].includes(stateOf(budget)))
      .flatMap(({ labels }) => labels.region ?? []);
    for (const region of new Set(regions)) at(region).burning += 1;
  }
  return marks;
}

/** "2 incidents, budget burning". */
export function markText({ incidents, burning }: RegionMark): string {
  const parts = [];
  if (incidents > 0) parts.push(incidents === 1 ? '1 incident' : `${incidents} incidents`);
  if (burning > 0) parts.push(burning === 1 ? 'budget burns' : `${burning} budgets burn`);
  return parts.join(', ');
}

// Which changes may have caused what broke: ranked by closeness in time and place, weighted by how often their kind
// breaks things. Three factors between 0 and 1 are multiplied, so that one which rules a change out cannot be made up
// for by the others, and each of them is told. It ranks; it does not prove.
// The intuition: most outages follow a change by minutes (Google, "Site Reliability Engineering", chapter 12: some
// 70 % of outages are due to changes in a live system).

import { type Distance, distanceOf, type Labels, placeOf, type Topology } from './place.ts';

export type ChangeKind =
  | 'deploy'
  | 'config'
  | 'drain'
  | 'restore'
  | 'runbook'
  | 'drill'
  | 'experiment'
  | 'generation'
  | 'incident';

export interface ChangeFacts {
  readonly kind: ChangeKind;
  readonly labels: Labels;
  readonly atMs: number;
}

/** What broke, and when. */
export interface Moment {
  readonly atMs: number;
  readonly labels: Labels;
}

export interface ClosenessReason {
  readonly code: 'before' | 'after' | 'place' | 'kind' | 'project';
  readonly subject: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface RankedChange<T extends ChangeFacts> {
  readonly change: T;
  /** 0 to 1. */
  readonly score: number;
  readonly reasons: readonly ClosenessReason[];
}

/** A change of ten minutes ago counts half as much as one of now. */
const HALF_LIFE_MS = 600_000;
/** Clocks and rollups are late: what was written down so shortly after the moment may still be its cause. */
const AFTER_MS_MAX = 120_000;
const AFTER_WEIGHT = 0.25;

const PLACE_WEIGHTS: Readonly<Record<Distance, number>> = {
  node: 1,
  site: 0.9,
  region: 0.7,
  world: 0.5,
  elsewhere: 0.1,
};

/** Repairs and their effects seldom break things; what people ship and try does. */
const KIND_WEIGHTS: Readonly<Record<ChangeKind, number>> = {
  deploy: 1,
  config: 1,
  drill: 1,
  experiment: 0.9,
  drain: 0.8,
  runbook: 0.8,
  restore: 0.8,
  generation: 0.5,
  incident: 0.2,
};

const OTHER_PROJECT_WEIGHT = 0.1;

/** Ranks changes, the likeliest first. Those too long after the moment to be its cause are left out. */
export function rankChanges<T extends ChangeFacts>(
  changes: readonly T[],
  moment: Moment,
  topology: Topology,
): RankedChange<T>[] {
  return changes
    .filter(({ atMs }) => atMs - moment.atMs <= AFTER_MS_MAX)
    .map((change) => rank(change, moment, topology))
    .sort((one, other) => other.score - one.score || other.change.atMs - one.change.atMs);
}

function rank<T extends ChangeFacts>(change: T, moment: Moment, topology: Topology): RankedChange<T> {
  const ageMs = moment.atMs - change.atMs;
  const timeWeight = ageMs >= 0 ? 2 ** (-ageMs / HALF_LIFE_MS) : AFTER_WEIGHT;
  const distance = distanceOf(placeOf(change.labels, topology), placeOf(moment.labels, topology));
  const reasons: ClosenessReason[] = [
    {
      code: ageMs >= 0 ? 'before' : 'after',
      subject: 'time',
      values: { apartMs: Math.abs(ageMs), weight: timeWeight },
    },
    { code: 'place', subject: distance, values: { weight: PLACE_WEIGHTS[distance] } },
    { code: 'kind', subject: change.kind, values: { weight: KIND_WEIGHTS[change.kind] } },
  ];
  const { project } = moment.labels;
  if (project !== undefined && change.labels.project !== undefined && change.labels.project !== project)
    reasons.push({
      code: 'project',
      subject: change.labels.project,
      values: { weight: OTHER_PROJECT_WEIGHT },
    });
  const score = reasons.reduce((product, { values }) => product * (values.weight ?? 1), 1);
  return { change, score, reasons };
}

/** Whether a change concerns what these labels name, whenever it was: for timelines, which take what happens meanwhile. */
export function concerns(change: Pick<ChangeFacts, 'labels'>, labels: Labels, topology: Topology): boolean {
  const { project } = change.labels;
  if (project !== undefined && labels.project !== undefined && project !== labels.project) return false;
  return distanceOf(placeOf(change.labels, topology), placeOf(labels, topology)) !== 'elsewhere';
}

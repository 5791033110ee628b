// What a job's state means in words. Pure.

import type { JobView } from '../../../src/contract/api/jobs.ts';
import type { JobPriority } from '../../../src/contract/priority.ts';
import { formatAge } from '../ui/format.ts';

export const STATE_LABELS: Readonly<Record<JobView['state'], string>> = {
  ready: 'Waiting',
  leased: 'Running',
  done: 'Done',
  dead: 'Failed',
  cancelled: 'Cancelled',
};

export const STATE_TONES: Readonly<Record<JobView['state'], string>> = {
  ready: '',
  leased: 'busy',
  done: 'good',
  dead: 'bad',
  cancelled: '',
};

export const PRIORITY_LABELS: Readonly<Record<JobPriority, string>> = {
  high: 'High',
  normal: 'Normal',
  low: 'Low',
};

/** "about 4 min left"; undefined while nobody can tell. */
export function endText(estimatedEndAtMs: number | null, nowMs: number): string | undefined {
  if (estimatedEndAtMs === null) return undefined;
  const leftMs = estimatedEndAtMs - nowMs;
  return leftMs < 1_000 ? 'any moment' : `about ${formatAge(leftMs)} left`;
}

/** Whether it has not ended. */
export function isOpen({ state }: Pick<JobView, 'state'>): boolean {
  return state === 'ready' || state === 'leased';
}

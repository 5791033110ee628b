// How fast jobs go, by their heartbeats; in memory alone, since a restarted control learns it within half a minute.

import { advancePace, estimateEndMs, type Pace } from '#core/progress/pace.ts';
import type { ControlContext } from '../context.ts';

export interface Paces {
  note(jobId: string, report: { readonly stage: string; readonly share: number }): void;
  forget(jobId: string): void;
  /** When the current stage ends at the present rate; null while that cannot be told. */
  endAtMs(jobId: string): number | null;
}

/** Jobs that run at once, each about 100 bytes; the one not heard of for longest leaves first. */
const PACES_MAX = 10_000;

/** Creates the keeper of paces. */
export function createPaces({ clock }: Pick<ControlContext, 'clock'>): Paces {
  const paces = new Map<string, Pace>();
  return {
    note(jobId, report) {
      const next = advancePace(paces.get(jobId), report, clock.nowMs());
      paces.delete(jobId);
      paces.set(jobId, next);
      const [oldest] = paces.keys();
      if (paces.size > PACES_MAX && oldest !== undefined) paces.delete(oldest);
    },
    forget(jobId) {
      paces.delete(jobId);
    },
    endAtMs(jobId) {
      const pace = paces.get(jobId);
      return pace === undefined ? null : estimateEndMs(pace, clock.nowMs());
    },
  };
}

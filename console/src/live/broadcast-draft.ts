// What the dialog for a new broadcast asks, and what control is told of it. Pure.

import type { liveRoutes } from '../../../src/contract/api/live.ts';
import type { Visibility } from '../../../src/contract/media.ts';
import type { RouteArguments } from '../../../src/contract/route.ts';
import { fromCount } from '../projects/describe-project.ts';

type Body = RouteArguments<(typeof liveRoutes)['POST /v1/broadcasts']>['body'];
export type Latency = NonNullable<Body['latency']>;

export const LATENCIES: readonly { readonly value: Latency; readonly label: string }[] = [
  { value: 'ultra_low', label: 'Ultra low: 1 s, needs good networks' },
  { value: 'low', label: 'Low: 2 s' },
  { value: 'relaxed', label: 'Relaxed: ordinary HLS' },
];

/** As the fields hold it. */
export interface Draft {
  readonly name: string;
  readonly projectId: string;
  readonly visibility: Visibility;
  readonly latency: Latency;
  /** Empty: not known. */
  readonly publisherRegionId: string;
  /** Local time as the field writes it; empty: ready at once. */
  readonly start: string;
  /** Minutes; empty: open. */
  readonly duration: string;
  readonly isRecorded: boolean;
  readonly takesSrt: boolean;
}

/** Two days, as the contract has it. */
const DURATION_MINUTES_MAX = 2_880;

/** The field's length; null for none, undefined for what is none. */
export function durationMsOf({ duration }: Pick<Draft, 'duration'>): number | null | undefined {
  const minutes = fromCount(duration);
  if (minutes === null || minutes === undefined) return minutes;
  return minutes > DURATION_MINUTES_MAX ? undefined : minutes * 60_000;
}

/** Whether it can be asked for. */
export function isComplete(draft: Draft): boolean {
  return draft.name.trim() !== '' && durationMsOf(draft) !== undefined;
}

/** What control is asked for; what was left open is left out, so that its defaults hold. */
export function bodyOf(draft: Draft, timeZone: string): Body {
  const { projectId, visibility, latency, publisherRegionId, isRecorded, takesSrt } = draft;
  const startMs = draft.start === '' ? Number.NaN : new Date(draft.start).getTime();
  const durationMs = durationMsOf(draft) ?? null;
  return {
    name: draft.name.trim(),
    projectId,
    visibility,
    latency,
    isRecorded,
    takesSrt,
    ...(Number.isNaN(startMs) ? {} : { plannedStartMs: startMs, timeZone }),
    ...(durationMs === null ? {} : { plannedDurationMs: durationMs }),
    ...(publisherRegionId === '' ? {} : { publisherRegionId }),
  };
}

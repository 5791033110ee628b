// Why an alert that fires is not passed on: somebody silenced it, its place is under maintenance, or what it is part of
// is lost as a whole and says so itself. It is shown all the same, with the reason.

import type { Labels } from './alert.ts';
import { type Matcher, matchesAll } from './matchers.ts';
import { isRecurringNow, type Recurrence } from './recurrence.ts';

export interface Silence {
  readonly id: string;
  /** maintenance: planned beforehand, for a span of time. */
  readonly kind: 'silence' | 'maintenance';
  readonly matchers: readonly Matcher[];
  readonly startsAtMs: number;
  /** null: until what it matches has resolved, or, for one that recurs, without an end. */
  readonly endsAtMs: number | null;
  /** It is in force during its occurrences alone; null: all the time from start to end. */
  readonly recurrence: Recurrence | null;
  readonly comment: string;
  readonly createdBy: string;
}

export interface Suppression {
  readonly kind: 'silence' | 'maintenance' | 'lost-parent';
  /** The silence, or the fingerprint of the parent's alert. */
  readonly by: string;
  readonly reason: string;
}

/** An alert that says that a place is lost as a whole. */
export interface LostPlace {
  readonly fingerprint: string;
  readonly place: Labels;
}

/** Labels of the topology, outermost first. */
const LEVELS = ['region', 'site', 'node'] as const;

/** Alerts with this label say that the region, site or node of their labels is lost. */
export const LOST_LABEL = 'lost';

/** The place that an alert declares lost; undefined when it is not of that kind. */
export function lostPlaceOf(fingerprint: string, labels: Labels): LostPlace | undefined {
  const level = labels[LOST_LABEL];
  if (level === undefined || labels[level] === undefined) return undefined;
  const place = LEVELS.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]] as const]));
  return place.length === 0 ? undefined : { fingerprint, place: Object.fromEntries(place) };
}

/** Whether it is in force at this moment. */
export function isInForce(
  { startsAtMs, endsAtMs, recurrence }: Pick<Silence, 'startsAtMs' | 'endsAtMs' | 'recurrence'>,
  nowMs: number,
): boolean {
  if (startsAtMs > nowMs || (endsAtMs !== null && nowMs >= endsAtMs)) return false;
  return recurrence === null || isRecurringNow({ recurrence, startsAtMs, endsAtMs }, nowMs);
}

/** Why this alert stays quiet; null when it does not. `silences` are those in force. */
export function suppressionOf(
  alert: { readonly fingerprint: string; readonly labels: Labels },
  silences: readonly Silence[],
  lost: readonly LostPlace[],
): Suppression | null {
  for (const silence of silences)
    if (matchesAll(silence.matchers, alert.labels))
      return {
        kind: silence.kind,
        by: silence.id,
        reason: `${silence.kind === 'silence' ? 'Silenced' : 'Under maintenance'} by ${silence.createdBy}: ${silence.comment}`,
      };
  for (const { fingerprint, place } of lost) {
    if (fingerprint === alert.fingerprint || !isWithin(alert.labels, place)) continue;
    const where = Object.entries(place).map(([level, name]) => `${level} ${name}`);
    return { kind: 'lost-parent', by: fingerprint, reason: `All of ${where.join(', ')} is lost.` };
  }
  return null;
}

/** Whether an alert's place lies within a lost one. Another alert of the same loss is told apart by its depth. */
function isWithin(labels: Labels, place: Labels): boolean {
  const levels = Object.keys(place);
  if (!levels.every((level) => labels[level] === place[level])) return false;
  const own = labels[LOST_LABEL];
  return own === undefined || LEVELS.filter((level) => labels[level] !== undefined).length > levels.length;
}

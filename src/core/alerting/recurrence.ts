// Maintenance that comes again every week: on some days, from a time on the wall of a zone, for so long. The start stays at
// ten in the evening when clocks change; the length is time that passes, since work takes as long as it takes. A start
// that is skipped when clocks go forward happens at the jump, one that comes twice the first time (base/time-zone).

import { DAY_MS, dayOf } from '#base/time-zone.ts';
import { type Span, windowsBetween, zoneOf } from '../oncall/layer.ts';

export interface Recurrence {
  /** IANA name. */
  readonly timeZone: string;
  /** 0 for Monday to 6 for Sunday; at least one. */
  readonly weekdays: readonly number[];
  /** Minutes after midnight. */
  readonly startMinute: number;
  /** Of each occurrence. */
  readonly durationMs: number;
}

/** Longer ones would run into those of the next day, and are one window. */
export const OCCURRENCE_MS_MAX = DAY_MS;

/** What repeats, from when on and until when. */
export interface Recurring {
  readonly recurrence: Recurrence;
  readonly startsAtMs: number;
  /** null: without an end. */
  readonly endsAtMs: number | null;
}

/** Within so long every weekday comes again, also where clocks change. */
const SEARCH_MS = 8 * DAY_MS;

/** The occurrence that runs at an instant, else the next one; cut to the whole. Undefined when none is left. */
export function occurrenceFrom(
  { recurrence, startsAtMs, endsAtMs }: Recurring,
  atMs: number,
): Span | undefined {
  const fromMs = Math.max(atMs, startsAtMs);
  const lastMs = endsAtMs ?? Number.POSITIVE_INFINITY;
  let first: Span | undefined;
  for (const startMs of starts(recurrence, fromMs, fromMs + SEARCH_MS)) {
    const span = {
      fromMs: Math.max(startMs, startsAtMs),
      untilMs: Math.min(startMs + recurrence.durationMs, lastMs),
    };
    if (span.untilMs <= fromMs || span.fromMs >= span.untilMs) continue;
    if (first === undefined || span.fromMs < first.fromMs) first = span;
  }
  return first;
}

/** Whether an occurrence runs at an instant. */
export function isRecurringNow(recurring: Recurring, atMs: number): boolean {
  const occurrence = occurrenceFrom(recurring, atMs);
  return occurrence !== undefined && occurrence.fromMs <= atMs;
}

/** When the last occurrence ends of those that begin no later than a day of the zone; undefined when there is none. */
export function endOfLast(recurrence: Recurrence, startsAtMs: number, lastDay: number): number | undefined {
  const zone = zoneOf(recurrence.timeZone);
  const untilMs = zone.instantMs((lastDay + 1) * DAY_MS);
  const ends = starts(recurrence, untilMs - SEARCH_MS, untilMs)
    .filter((startMs) => startMs < untilMs && dayOf(zone.wallMs(startMs)) <= lastDay)
    .map((startMs) => startMs + recurrence.durationMs)
    .filter((endMs) => endMs > startsAtMs);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** Starts around a span: all within it, and those before it that may still run. */
function starts(
  { timeZone, weekdays, startMinute }: Recurrence,
  fromMs: number,
  untilMs: number,
): readonly number[] {
  const windows = weekdays.map((day) => ({ startMinute: day * 1_440 + startMinute, minutes: 1 }));
  const spans = windowsBetween(zoneOf(timeZone), windows, fromMs, untilMs);
  return [...spans].map((span) => span.fromMs);
}

/** `22:00` of minutes after midnight. */
export function formatStart(startMinute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(startMinute / 60))}:${two(startMinute % 60)}`;
}

// Where shifts stand in a calendar whose rows are days by some zone's wall clock. A day on which clocks change is an
// hour shorter or longer; its row is as wide as any other, so that its hours are drawn a little wider or narrower.

import { defined } from '../../../src/base/assert.ts';
import { DAY_MS, dayOf, findTimeZone, formatDay, type TimeZone } from '../../../src/base/time-zone.ts';
import type { ShiftView } from '../../../src/contract/api/oncall.ts';

export interface Bar {
  readonly shift: ShiftView;
  /** Shares of the day's width. */
  readonly left: number;
  readonly width: number;
  /** Whether the shift began on an earlier day, or goes on. */
  readonly isFromBefore: boolean;
  readonly isGoingOn: boolean;
}

export interface CalendarDay {
  /** e.g. 2027-03-28. */
  readonly date: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly hours: number;
  /** Bars of each schedule. */
  readonly lanes: readonly { readonly scheduleId: string; readonly bars: readonly Bar[] }[];
}

/** The zone of a name that a list of zones offered. */
export function zoneNamed(name: string): TimeZone {
  return defined(findTimeZone(name), `the time zone ${name}`);
}

/** Midnight of the day in which an instant lies, in a zone, some days later. */
export function dayStartMs(zone: TimeZone, atMs: number, daysLater = 0): number {
  return zone.instantMs((dayOf(zone.wallMs(atMs)) + daysLater) * DAY_MS);
}

/** The days from the one of `fromMs` on, with the shifts cut to them. */
export function layOut(
  zone: TimeZone,
  fromMs: number,
  dayCount: number,
  scheduleIds: readonly string[],
  shifts: readonly ShiftView[],
): readonly CalendarDay[] {
  const firstDay = dayOf(zone.wallMs(fromMs));
  return Array.from({ length: dayCount }, (_, index) => {
    const startMs = zone.instantMs((firstDay + index) * DAY_MS);
    const endMs = zone.instantMs((firstDay + index + 1) * DAY_MS);
    return {
      date: formatDay(firstDay + index),
      fromMs: startMs,
      untilMs: endMs,
      hours: (endMs - startMs) / 3_600_000,
      lanes: scheduleIds.map((scheduleId) => ({
        scheduleId,
        bars: shifts
          .filter((shift) => shift.scheduleId === scheduleId)
          .filter((shift) => shift.untilMs > startMs && shift.fromMs < endMs)
          .map((shift) => barOf(shift, startMs, endMs)),
      })),
    };
  });
}

function barOf(shift: ShiftView, startMs: number, endMs: number): Bar {
  const left = (Math.max(shift.fromMs, startMs) - startMs) / (endMs - startMs);
  const right = (Math.min(shift.untilMs, endMs) - startMs) / (endMs - startMs);
  return {
    shift,
    left,
    width: right - left,
    isFromBefore: shift.fromMs < startMs,
    isGoingOn: shift.untilMs > endMs,
  };
}

/** Where an instant stands in a day; null when it lies in another one. */
export function positionIn({ fromMs, untilMs }: CalendarDay, atMs: number): number | null {
  return atMs < fromMs || atMs >= untilMs ? null : (atMs - fromMs) / (untilMs - fromMs);
}

/** A colour for each person, the same as long as the rota lists them in the same order. */
export function hueOf(userIds: readonly string[], userId: string | null): string {
  const index = userId === null ? -1 : userIds.indexOf(userId);
  return index === -1 ? 'hue-none' : `hue-${index % 6}`;
}

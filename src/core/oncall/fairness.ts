// How duty is shared: hours, nights and weekends per person, by the wall clock of the person's own zone.

import { DAY_MS, dayOf, HOUR_MS } from '#base/time-zone.ts';
import { openSpans, type Span, zoneOf } from './layer.ts';
import { renderShifts, stretches } from './render.ts';
import type { OncallUser, RotaView, Schedule, WeekWindow } from './rota.ts';

/** Ten in the evening to six in the morning: the hours in which a page costs sleep. */
const NIGHT: readonly WeekWindow[] = [0, 1, 2, 3, 4, 5, 6].map((day) => ({
  startMinute: day * 1_440 + 22 * 60,
  minutes: 8 * 60,
}));
const WEEKEND: readonly WeekWindow[] = [{ startMinute: 5 * 1_440, minutes: 2 * 1_440 }];

export interface FairShare {
  readonly userId: string;
  readonly shifts: number;
  readonly hours: number;
  readonly nightHours: number;
  /** Nights with at least an hour of duty. */
  readonly nights: number;
  readonly weekendHours: number;
  /** Weekends with at least an hour of duty. */
  readonly weekends: number;
  /** Longest stretch without a break, hours. */
  readonly longestHours: number;
  /** Hours against an equal share of all of them: 1 is exactly fair. */
  readonly ratio: number;
}

interface Tally {
  readonly spans: Span[];
  shifts: number;
  longestMs: number;
}

/** What each user of the rota carries in these schedules; those without duty stand there with zeroes. */
export function fairnessOf(view: RotaView, schedules: readonly Schedule[], span: Span): readonly FairShare[] {
  const tallies = new Map<string, Tally>();
  for (const schedule of schedules)
    for (const { userId, fromMs, untilMs } of stretches(renderShifts(view, schedule, span))) {
      const tally = tallies.get(userId) ?? { spans: [], shifts: 0, longestMs: 0 };
      tallies.set(userId, tally);
      tally.spans.push({ fromMs, untilMs });
      tally.shifts += 1;
      tally.longestMs = Math.max(tally.longestMs, untilMs - fromMs);
    }
  const members = new Set(schedules.flatMap(({ layers }) => layers.flatMap(({ userIds }) => userIds)));
  const users = [...view.rota.users.values()].filter(({ id }) => members.has(id) || tallies.has(id));
  const totalMs = [...tallies.values()].reduce((sum, { spans }) => sum + lengthOf(spans), 0);
  return users
    .map((user) => shareOf(user, tallies.get(user.id), totalMs / Math.max(1, users.length), span))
    .sort((one, other) => other.hours - one.hours || (one.userId < other.userId ? -1 : 1));
}

function shareOf(user: OncallUser, tally: Tally | undefined, equalMs: number, span: Span): FairShare {
  const spans = tally?.spans ?? [];
  const nights = overlaps(user, spans, NIGHT, span);
  const weekends = overlaps(user, spans, WEEKEND, span);
  const ownMs = lengthOf(spans);
  return {
    userId: user.id,
    shifts: tally?.shifts ?? 0,
    hours: hoursOf(ownMs),
    nightHours: hoursOf(nights.totalMs),
    nights: nights.count,
    weekendHours: hoursOf(weekends.totalMs),
    weekends: weekends.count,
    longestHours: hoursOf(tally?.longestMs ?? 0),
    ratio: equalMs === 0 ? 0 : Math.round((ownMs / equalMs) * 100) / 100,
  };
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
}

function hoursOf(milliseconds: number): number {
  return Math.round((milliseconds / HOUR_MS) * 100) / 100;
}

/** How much of the spans lies in windows of the user's week, and in how many windows an hour of it at least. */
function overlaps(
  user: OncallUser,
  spans: readonly Span[],
  windows: readonly WeekWindow[],
  span: Span,
): { totalMs: number; count: number } {
  const zone = zoneOf(user.timeZone);
  const perWindow = new Map<number, number>();
  let totalMs = 0;
  const open = openSpans(zone, windows, { fromMs: span.fromMs - DAY_MS, untilMs: span.untilMs });
  for (const own of spans)
    for (const window of open) {
      if (window.untilMs <= own.fromMs) continue;
      if (window.fromMs >= own.untilMs) break;
      const commonMs = Math.min(own.untilMs, window.untilMs) - Math.max(own.fromMs, window.fromMs);
      totalMs += commonMs;
      const day = dayOf(zone.wallMs(window.fromMs));
      perWindow.set(day, (perWindow.get(day) ?? 0) + commonMs);
    }
  const count = [...perWindow.values()].filter((milliseconds) => milliseconds >= HOUR_MS).length;
  return { totalMs, count };
}

// One layer of a schedule: when it has duty, and whose turn it is. Everything is reckoned by the wall clock of the
// layer's zone, so that a handover at nine stays at nine when the clocks change, and that day's turn is an hour
// shorter or longer.

import { defined } from '#base/assert.ts';
import { DAY_MS, dayOf, findTimeZone, MINUTE_MS, type TimeZone, weekdayOf } from '#base/time-zone.ts';
import type { Layer, Rotation, WeekWindow } from './rota.ts';

const WEEK_MS = 7 * DAY_MS;

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Turn extends Span {
  /** Counted from the rotation's anchor; negative before it. */
  readonly number: number;
}

/** The zone of something that was validated. */
export function zoneOf(name: string): TimeZone {
  return defined(findTimeZone(name), `the time zone ${name}`);
}

/** The turn that runs at an instant. */
export function turnAt(zone: TimeZone, { anchorWallMs, stepMs }: Rotation, atMs: number): Turn {
  const start = (number: number): number => zone.instantMs(anchorWallMs + number * stepMs);
  let number = Math.floor((zone.wallMs(atMs) - anchorWallMs) / stepMs);
  // Where clocks change, wall times come twice or not at all: the estimate may be beside the turn.
  while (start(number) > atMs) number -= 1;
  while (start(number + 1) <= atMs) number += 1;
  return { number, fromMs: start(number), untilMs: start(number + 1) };
}

/** Whose turn it is. */
export function userOfTurn(layer: Layer, number: number): string {
  const count = layer.userIds.length;
  return defined(layer.userIds[((number % count) + count) % count], 'a user of the layer');
}

/** Windows that begin between two instants or in the weeks around them: also those that still run at the first. */
export function* windowsBetween(
  zone: TimeZone,
  windows: readonly WeekWindow[],
  fromMs: number,
  untilMs: number,
): Generator<Span> {
  const firstDay = dayOf(zone.wallMs(fromMs));
  // A window may be a week long: one that began in the week before may still run.
  const firstWeekMs = (firstDay - weekdayOf(firstDay)) * DAY_MS - WEEK_MS;
  const lastWallMs = zone.wallMs(untilMs);
  for (let weekMs = firstWeekMs; weekMs <= lastWallMs; weekMs += WEEK_MS)
    for (const { startMinute, minutes } of windows) {
      const startWallMs = weekMs + startMinute * MINUTE_MS;
      yield {
        fromMs: zone.instantMs(startWallMs),
        untilMs: zone.instantMs(startWallMs + minutes * MINUTE_MS),
      };
    }
}

/** The window that is open at an instant, or undefined. */
export function windowAt(zone: TimeZone, windows: readonly WeekWindow[], atMs: number): Span | undefined {
  for (const span of windowsBetween(zone, windows, atMs, atMs))
    if (span.fromMs <= atMs && atMs < span.untilMs) return span;
  return undefined;
}

/** When windows are open between two instants: in order, cut to them, without overlap. */
export function openSpans(
  zone: TimeZone,
  windows: readonly WeekWindow[],
  { fromMs, untilMs }: Span,
): readonly Span[] {
  const spans: { fromMs: number; untilMs: number }[] = [];
  const found = [...windowsBetween(zone, windows, fromMs, untilMs)].sort(
    (one, other) => one.fromMs - other.fromMs,
  );
  for (const window of found) {
    const startMs = Math.max(window.fromMs, fromMs);
    const endMs = Math.min(window.untilMs, untilMs);
    if (startMs >= endMs) continue;
    const last = spans.at(-1);
    if (last !== undefined && startMs <= last.untilMs) last.untilMs = Math.max(last.untilMs, endMs);
    else spans.push({ fromMs: startMs, untilMs: endMs });
  }
  return spans;
}

export interface LayerShift extends Span {
  readonly userId: string;
  readonly turn: number;
}

/** Who would have duty by this layer alone, in order; where the layer has no duty there is nothing. */
export function layerShifts(layer: Layer, span: Span): readonly LayerShift[] {
  const zone = zoneOf(layer.timeZone);
  const open = layer.windows.length === 0 ? [span] : openSpans(zone, layer.windows, span);
  const shifts: LayerShift[] = [];
  for (const { fromMs, untilMs } of open)
    for (let atMs = fromMs; atMs < untilMs; ) {
      const turn = turnAt(zone, layer.rotation, atMs);
      const endMs = Math.min(turn.untilMs, untilMs);
      shifts.push({
        fromMs: atMs,
        untilMs: endMs,
        userId: userOfTurn(layer, turn.number),
        turn: turn.number,
      });
      atMs = endMs;
    }
  return shifts;
}

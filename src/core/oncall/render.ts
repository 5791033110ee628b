// A schedule as a list of shifts between two instants. Made from whole spans, not by asking minute after minute: a
// year of a schedule costs milliseconds. It agrees with resolve.ts at every instant; a test holds that.

import { type LayerShift, layerShifts, type Span } from './layer.ts';
import { type Override, overridesOf, type RotaView, type Schedule } from './rota.ts';

export interface Shift extends Span {
  readonly scheduleId: string;
  /** null: nobody has duty. */
  readonly userId: string | null;
  readonly layer: string | null;
  /** Number of the layer's turn. */
  readonly turn: number | null;
  readonly overrideId: string | null;
}

type Source = Omit<Shift, 'fromMs' | 'untilMs'>;

/** All shifts of a schedule over a span, in order, without holes: uncovered time is a shift of nobody. */
export function renderShifts(view: RotaView, schedule: Schedule, span: Span): readonly Shift[] {
  const overrides = overridesOf(view, schedule.id);
  const layers = schedule.layers.map((layer) => ({ name: layer.name, shifts: layerShifts(layer, span) }));
  const edges = new Set<number>([span.fromMs, span.untilMs]);
  for (const part of [...overrides, ...layers.flatMap(({ shifts }) => shifts)])
    for (const atMs of [part.fromMs, part.untilMs])
      if (atMs > span.fromMs && atMs < span.untilMs) edges.add(atMs);
  const ordered = [...edges].sort((one, other) => one - other);
  const cursors = layers.map(() => 0);
  const shifts: Shift[] = [];
  for (const [index, fromMs] of ordered.entries()) {
    const untilMs = ordered[index + 1];
    if (untilMs === undefined) break;
    const source = sourceAt(schedule.id, overrides, layers, cursors, fromMs);
    const last = shifts.at(-1);
    if (last !== undefined && isSame(last, source)) shifts[shifts.length - 1] = { ...last, untilMs };
    else shifts.push({ ...source, fromMs, untilMs });
  }
  return shifts;
}

/** Who decides from an instant on. The cursors only move forward. */
function sourceAt(
  scheduleId: string,
  overrides: readonly Override[],
  layers: readonly { name: string; shifts: readonly LayerShift[] }[],
  cursors: number[],
  atMs: number,
): Source {
  const override = overrides.find(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
  if (override !== undefined)
    return { scheduleId, userId: override.userId, layer: null, turn: null, overrideId: override.id };
  for (const [index, { name, shifts }] of layers.entries()) {
    let cursor = cursors[index] ?? 0;
    while ((shifts[cursor]?.untilMs ?? Number.POSITIVE_INFINITY) <= atMs) cursor += 1;
    cursors[index] = cursor;
    const shift = shifts[cursor];
    if (shift !== undefined && shift.fromMs <= atMs)
      return { scheduleId, userId: shift.userId, layer: name, turn: shift.turn, overrideId: null };
  }
  return { scheduleId, userId: null, layer: null, turn: null, overrideId: null };
}

function isSame(one: Source, other: Source): boolean {
  return (
    one.userId === other.userId &&
    one.layer === other.layer &&
    one.turn === other.turn &&
    one.overrideId === other.overrideId
  );
}

/** Shifts of one person that touch, whatever gave them, as one stretch of duty. */
export function stretches(shifts: readonly Shift[]): readonly (Span & { userId: string })[] {
  const found: { userId: string; fromMs: number; untilMs: number }[] = [];
  for (const { userId, fromMs, untilMs } of shifts) {
    if (userId === null) continue;
    const last = found.at(-1);
    if (last !== undefined && last.userId === userId && last.untilMs === fromMs) last.untilMs = untilMs;
    else found.push({ userId, fromMs, untilMs });
  }
  return found;
}

// Who has duty at an instant, and why: the newest override that runs, else the first layer that has duty. What was
// looked at before it is among the reasons.

import { turnAt, userOfTurn, windowAt, zoneOf } from './layer.ts';
import { type Layer, overridesOf, type RotaView, type Schedule } from './rota.ts';

export interface DutyReason {
  readonly code: 'override' | 'older_override' | 'turn' | 'outside_hours' | 'uncovered';
  /** The override, the layer, or the schedule. */
  readonly subject: string;
  readonly values: Readonly<Record<string, number | string>>;
}

export interface Duty {
  readonly scheduleId: string;
  readonly atMs: number;
  /** null: nobody. */
  readonly userId: string | null;
  readonly overrideId: string | null;
  readonly layer: string | null;
  /** In the order in which they were looked at; the last one decided, unless overrides outdid each other. */
  readonly reasons: readonly DutyReason[];
}

/** Tells who has duty in a schedule at an instant. */
export function resolveDuty(view: RotaView, schedule: Schedule, atMs: number): Duty {
  const running = overridesOf(view, schedule.id).filter(
    ({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs,
  );
  const reasons: DutyReason[] = running.map(({ id, userId, fromMs, untilMs, reason }, index) => ({
    code: index === 0 ? 'override' : 'older_override',
    subject: id,
    values: { userId, fromMs, untilMs, reason },
  }));
  const [override] = running;
  if (override !== undefined)
    return {
      scheduleId: schedule.id,
      atMs,
      userId: override.userId,
      overrideId: override.id,
      layer: null,
      reasons,
    };
  for (const layer of schedule.layers) {
    const { reason, userId } = askLayer(layer, atMs);
    reasons.push(reason);
    if (userId !== null)
      return { scheduleId: schedule.id, atMs, userId, overrideId: null, layer: layer.name, reasons };
  }
  reasons.push({ code: 'uncovered', subject: schedule.id, values: { layers: schedule.layers.length } });
  return { scheduleId: schedule.id, atMs, userId: null, overrideId: null, layer: null, reasons };
}

function askLayer(layer: Layer, atMs: number): { reason: DutyReason; userId: string | null } {
  const zone = zoneOf(layer.timeZone);
  const subject = layer.name;
  if (layer.windows.length > 0 && windowAt(zone, layer.windows, atMs) === undefined)
    return {
      reason: {
        code: 'outside_hours',
        subject,
        values: { timeZone: zone.name, wallMs: zone.wallMs(atMs) },
      },
      userId: null,
    };
  const turn = turnAt(zone, layer.rotation, atMs);
  const userId = userOfTurn(layer, turn.number);
  return {
    reason: {
      code: 'turn',
      subject,
      values: {
        userId,
        turn: turn.number,
        fromMs: turn.fromMs,
        untilMs: turn.untilMs,
        timeZone: zone.name,
        wallMs: zone.wallMs(atMs),
        users: layer.userIds.length,
      },
    },
    userId,
  };
}

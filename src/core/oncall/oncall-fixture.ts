// Rotas for tests of on-call, and the same question answered another way.

import { DAY_MS, dayOf, MINUTE_MS, weekdayOf } from '#base/time-zone.ts';
import type { Layer, OncallUser, Override, Policy, RotaView, Schedule } from './rota.ts';

export const MONDAY_MS = Date.UTC(2026, 0, 5);

export function layer(changes: Partial<Layer> & Pick<Layer, 'userIds'>): Layer {
  return {
    name: 'layer',
    timeZone: 'UTC',
    rotation: { anchorWallMs: MONDAY_MS + 9 * 60 * MINUTE_MS, stepMs: 7 * DAY_MS },
    windows: [],
    ...changes,
  };
}

/** Every day between two hours. */
export function daily(fromHour: number, untilHour: number): Layer['windows'] {
  return [0, 1, 2, 3, 4, 5, 6].map((day) => ({
    startMinute: day * 1_440 + fromHour * 60,
    minutes: (untilHour - fromHour) * 60,
  }));
}

export function schedule(id: string, ...layers: Layer[]): Schedule {
  return { id, name: id, layers, mayHaveGaps: false };
}

export function user(id: string, changes: Partial<OncallUser> = {}): OncallUser {
  return { id, name: id, timeZone: 'UTC', contacts: [{ channelId: `${id}-push`, afterMs: 0 }], ...changes };
}

export function policy(changes: Partial<Policy> = {}): Policy {
  return {
    id: 'default',
    name: 'default',
    steps: [{ targets: [{ kind: 'schedule', scheduleId: 'primary' }], acknowledgeWithinMs: 300_000 }],
    repeats: 0,
    lastResort: { targets: [{ kind: 'channel', channelId: 'everybody' }], everyMs: 900_000 },
    acknowledgementExpiresMs: null,
    ...changes,
  };
}

/** A rota of these schedules with everybody whom they name. */
export function viewOf(
  schedules: readonly Schedule[],
  {
    overrides = [],
    policies = [policy()],
    users = [],
  }: { overrides?: readonly Override[]; policies?: readonly Policy[]; users?: readonly OncallUser[] } = {},
): RotaView {
  const named = schedules.flatMap(({ layers }) => layers.flatMap(({ userIds }) => userIds));
  const known = new Map(named.map((id) => [id, user(id)]));
  for (const own of users) known.set(own.id, own);
  return {
    rota: {
      users: known,
      schedules: new Map(schedules.map((own) => [own.id, own])),
      policies: new Map(policies.map((own) => [own.id, own])),
      defaultPolicyId: policies[0]?.id ?? '',
    },
    overrides,
  };
}

/** Offsets by Intl itself, a quarter of an hour apart: no zone changes in between. */
export function createWallClock(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  const quarters = new Map<number, number>();
  return (atMs) => {
    const quarter = Math.floor(atMs / (15 * MINUTE_MS));
    let offsetMs = quarters.get(quarter);
    if (offsetMs === undefined) {
      const parts = Object.fromEntries(
        format.formatToParts(quarter * 15 * MINUTE_MS).map(({ type, value }) => [type, Number(value)]),
      );
      const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
      offsetMs = Date.UTC(year, month - 1, day, hour, minute) - quarter * 15 * MINUTE_MS;
      quarters.set(quarter, offsetMs);
    }
    return atMs + offsetMs;
  };
}

/**
 * Who has duty by a layer at an instant, from what the wall clock shows then. The same as the code under test except
 * for boundaries within an hour that comes twice or not at all, which tests of whole years keep out of the night.
 */
export function naiveUser(layer: Layer, wallMs: number): string | null {
  const day = dayOf(wallMs);
  const minute = weekdayOf(day) * 1_440 + Math.floor((wallMs - day * DAY_MS) / MINUTE_MS);
  const isOpen = layer.windows.some(({ startMinute, minutes }) => {
    const since = (minute - startMinute + 10_080) % 10_080;
    return since < minutes;
  });
  if (layer.windows.length > 0 && !isOpen) return null;
  const turn = Math.floor((wallMs - layer.rotation.anchorWallMs) / layer.rotation.stepMs);
  const count = layer.userIds.length;
  return layer.userIds[((turn % count) + count) % count] ?? null;
}

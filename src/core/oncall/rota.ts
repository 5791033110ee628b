// The words of on-call: who there is (users), who has duty when (schedules), who is paged in which order (policies).
// All of it together is a rota. Wall times and days are those of base/time-zone.ts.

/** Where a person can be reached, and how long after the page began it is tried. */
export interface Contact {
  readonly channelId: string;
  readonly afterMs: number;
}

export interface OncallUser {
  readonly id: string;
  readonly name: string;
  /** IANA name: nights and weekends of the person are those of this zone. */
  readonly timeZone: string;
  readonly contacts: readonly Contact[];
}

/** Part of a week by the wall clock, from Monday 00:00. It may reach into the next week. */
export interface WeekWindow {
  /** 0 to 10,079. */
  readonly startMinute: number;
  /** 1 to 10,080. */
  readonly minutes: number;
}

/** The users of a layer take turns of equal length by the wall clock. */
export interface Rotation {
  /** When the first user's first turn begins, as wall milliseconds; turns go on before it as well. */
  readonly anchorWallMs: number;
  readonly stepMs: number;
}

export interface Layer {
  readonly name: string;
  readonly timeZone: string;
  readonly userIds: readonly string[];
  readonly rotation: Rotation;
  /** When the layer has duty at all; empty: always. */
  readonly windows: readonly WeekWindow[];
}

export interface Schedule {
  readonly id: string;
  readonly name: string;
  /** The first layer that has duty decides. */
  readonly layers: readonly Layer[];
  /** Hours without anybody are meant. */
  readonly mayHaveGaps: boolean;
}

/** For a while somebody else has duty. Of several at once the newest counts. */
export interface Override {
  readonly id: string;
  readonly scheduleId: string;
  readonly userId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly createdAtMs: number;
  readonly reason: string;
}

export type Target =
  | { readonly kind: 'schedule'; readonly scheduleId: string }
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'channel'; readonly channelId: string };

export interface PolicyStep {
  readonly targets: readonly Target[];
  /** Without an acknowledgement within this time the next step begins. */
  readonly acknowledgeWithinMs: number;
}

export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly steps: readonly PolicyStep[];
  /** How often all steps are gone through once more. */
  readonly repeats: number;
  /** Paged again and again when nobody acknowledged; never a schedule, which might have nobody. */
  readonly lastResort: {
    readonly targets: readonly Exclude<Target, { kind: 'schedule' }>[];
    readonly everyMs: number;
  };
  /** An acknowledged page that is not resolved within this time begins anew; null: never. */
  readonly acknowledgementExpiresMs: number | null;
}

export interface Rota {
  readonly users: ReadonlyMap<string, OncallUser>;
  readonly schedules: ReadonlyMap<string, Schedule>;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly defaultPolicyId: string;
}

/** A rota and what was changed for a while. */
export interface RotaView {
  readonly rota: Rota;
  readonly overrides: readonly Override[];
}

/** Overrides of one schedule that name somebody who is still there, the newest first. */
export function overridesOf({ rota, overrides }: RotaView, scheduleId: string): Override[] {
  return overrides
    .filter((override) => override.scheduleId === scheduleId && rota.users.has(override.userId))
    .sort(
      (one, other) =>
        other.createdAtMs - one.createdAtMs || (one.id < other.id ? 1 : one.id > other.id ? -1 : 0),
    );
}

// The rota as people write it (YAML): users, schedules, policies. Reading it yields the words of core/oncall; every
// mistake is an issue with its path, so that whoever reads the file can name the line.

import { z } from 'zod';
import { parseDurationMs } from '#base/duration.ts';
import { nearestWord } from '#base/nearest.ts';
import { DAY_MS, findTimeZone, HOUR_MS, MINUTE_MS, parseDay, weekdayOf } from '#base/time-zone.ts';
import type { Layer, OncallUser, Policy, Rota, Rotation, Schedule, WeekWindow } from '#core/oncall/rota.ts';

/** A file of a hundred people is some 20 kB. */
export const ROTA_BYTES_MAX = 256 * 1_024;
export const ROTA_USERS_MAX = 1_000;
const SCHEDULES_MAX = 100;
/** Of all schedules together, as are windows: ninety days of them are judged in a fraction of a second. */
const LAYERS_MAX = 100;
const WINDOWS_MAX = 500;
const POLICIES_MAX = 100;
const STEPS_MAX = 10;
/** A user twice in a layer has two turns; nobody needs more turns than there are weeks in a year. */
const LAYER_USERS_MAX = 60;

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
/** Shorter turns than four hours are not worth a handover. */
const ROTATION_MS_MIN = 4 * HOUR_MS;
const WEEK_MINUTES = 7 * 1_440;
/** A Monday: which turn runs today does not change when nobody says where turns begin. */
const ANCHOR_DAY = parseDay('2024-01-01') ?? 0;

export const oncallIdSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'small letters, digits and hyphens')
  .describe('Name of a user, schedule or policy, e.g. primary');
export const channelIdSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}]+$/u, 'no control characters')
  .describe('Channel of notifications, by its id or its name');

export const timeZoneSchema = z.string().refine((name) => findTimeZone(name) !== undefined, {
  error: ({ input }) => `${JSON.stringify(input)} is no time zone such as Europe/Dublin`,
});

/** A text that a function reads; what it cannot read is an issue that shows an example. */
function read<T>(parse: (text: string) => T | undefined, example: string) {
  return z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `${JSON.stringify(text)} is not ${example}` });
    return z.NEVER;
  });
}

function duration(leastMs: number, mostMs: number) {
  return read(
    (text) => {
      const milliseconds = parseDurationMs(text);
      return milliseconds !== undefined && milliseconds >= leastMs && milliseconds <= mostMs
        ? milliseconds
        : undefined;
    },
    `a duration such as 5m, from ${leastMs / 1_000} s to ${mostMs / HOUR_MS} h`,
  );
}

/** `09:30` as minutes; 24:00 is the end of a day. */
export function parseTime(text: string): number | undefined {
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  return hours === undefined || Number(minutes) > 59 || total > 1_440 ? undefined : total;
}

/** `fri 17:00` as day of the week and minutes; the day may be absent. */
function parseDayTime(text: string): { day: number | null; minutes: number } | undefined {
  const words = text.trim().toLowerCase().split(/\s+/);
  const minutes = parseTime(words.at(-1) ?? '');
  if (minutes === undefined || words.length > 2) return undefined;
  if (words.length === 1) return { day: null, minutes };
  const day = parseWeekday(words[0] ?? '');
  return day === undefined ? undefined : { day, minutes };
}

function parseWeekday(word: string): number | undefined {
  const day = DAYS.findIndex((name) => name === word || name.slice(0, 3) === word);
  return day === -1 ? undefined : day;
}

/** `mon-fri, sun`, `weekdays`, `weekends`, `daily`. */
export function parseDays(text: string): number[] | undefined {
  const days = new Set<number>();
  for (const part of text
    .trim()
    .toLowerCase()
    .split(/\s*,\s*/)) {
    const range = { daily: [0, 6], weekdays: [0, 4], weekends: [5, 6] }[part];
    const [from, to] = range ?? part.split(/\s*-\s*/).map(parseWeekday);
    if (from === undefined || (part.includes('-') && to === undefined)) return undefined;
    const count = (((to ?? from) - from + 7) % 7) + 1;
    for (let step = 0; step < count; step += 1) days.add((from + step) % 7);
  }
  return [...days].sort();
}

/** `daily`, `weekly`, `2 weeks`, `3 days`, `12 hours`, in milliseconds. */
function parseRotation(text: string): number | undefined {
  if (text === 'daily') return DAY_MS;
  if (text === 'weekly') return 7 * DAY_MS;
  const [, count, unit] = /^(\d{1,3}) (hour|day|week)s?$/.exec(text.trim()) ?? [];
  const unitMs = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS }[unit ?? ''];
  const stepMs = Number(count) * (unitMs ?? 0);
  return stepMs >= ROTATION_MS_MIN ? stepMs : undefined;
}

const windowSchema = z
  .strictObject({
    days: read(parseDays, 'days such as mon-fri or sat, sun').optional(),
    from: read(parseDayTime, 'a time such as 09:00 or fri 17:00'),
    to: read(parseDayTime, 'a time such as 17:00 or mon 09:00'),
  })
  .transform(({ days, from, to }, context): WeekWindow[] => {
    if (from.day === null && to.day === null) {
      const minutes =
        to.minutes > from.minutes ? to.minutes - from.minutes : to.minutes + 1_440 - from.minutes;
      return (days ?? [0, 1, 2, 3, 4, 5, 6]).map((day) => ({
        startMinute: (day * 1_440 + from.minutes) % WEEK_MINUTES,
        minutes,
      }));
    }
    if (from.day === null || to.day === null || days !== undefined) {
      context.addIssue({
        code: 'custom',
        message: 'name a day in both "from" and "to" (fri 17:00 to mon 09:00), or in neither and use "days"',
      });
      return z.NEVER;
    }
    const startMinute = (from.day * 1_440 + from.minutes) % WEEK_MINUTES;
    const endMinute = to.day * 1_440 + to.minutes;
    const minutes = (((endMinute - startMinute) % WEEK_MINUTES) + WEEK_MINUTES) % WEEK_MINUTES;
    return [{ startMinute, minutes: minutes === 0 ? WEEK_MINUTES : minutes }];
  });

const layerSchema = z.strictObject({
  name: z.string().min(1).max(100),
  timeZone: timeZoneSchema.optional(),
  users: z.array(oncallIdSchema).min(1).max(LAYER_USERS_MAX),
  rotation: read(
    parseRotation,
    'a rotation such as daily, weekly, 3 days or 12 hours (at least 4 hours)',
  ).default(7 * DAY_MS),
  handoff: read(parseDayTime, 'a time such as 09:00 or mon 09:00').default({ day: null, minutes: 9 * 60 }),
  startsOn: read(parseDay, 'a date such as 2027-01-04').default(ANCHOR_DAY),
  during: z.array(windowSchema).min(1).max(50).optional(),
});

const scheduleSchema = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  timeZone: timeZoneSchema.default('UTC'),
  mayHaveGaps: z.boolean().default(false),
  layers: z.array(layerSchema).min(1).max(LAYERS_MAX),
});

const contactSchema = z.union([
  channelIdSchema.transform((channelId) => ({ channelId, afterMs: 0 })),
  z
    .strictObject({ channel: channelIdSchema, after: duration(0, 6 * HOUR_MS) })
    .transform(({ channel, after }) => ({ channelId: channel, afterMs: after })),
]);

const userSchema = z.strictObject({
  name: z.string().min(1).max(100),
  timeZone: timeZoneSchema,
  contacts: z.array(contactSchema).max(10).default([]),
});

const fixedTargetSchema = z.union(
  [z.strictObject({ user: oncallIdSchema }), z.strictObject({ channel: channelIdSchema })],
  { error: 'name one of: user, channel' },
);
const targetSchema = z.union(
  [
    z.strictObject({ schedule: oncallIdSchema }),
    z.strictObject({ user: oncallIdSchema }),
    z.strictObject({ channel: channelIdSchema }),
  ],
  { error: 'name one of: schedule, user, channel' },
);

const policySchema = z.strictObject({
  name: z.string().min(1).max(100).optional(),
  steps: z
    .array(
      z.strictObject({
        notify: z.array(targetSchema).min(1).max(20),
        acknowledgeWithin: duration(10_000, 24 * HOUR_MS).default(5 * MINUTE_MS),
      }),
    )
    .min(1)
    .max(STEPS_MAX),
  repeat: z.number().int().min(0).max(10).default(1),
  lastResort: z.strictObject({
    notify: z.array(fixedTargetSchema).min(1).max(20),
    every: duration(60_000, 24 * HOUR_MS).default(30 * MINUTE_MS),
  }),
  acknowledgementExpires: duration(60_000, 7 * 24 * HOUR_MS).optional(),
});

const named = <T extends z.ZodType>(schema: T, most: number, what: string) =>
  z
    .record(oncallIdSchema, schema)
    .refine((record) => Object.keys(record).length > 0, { error: `there is no ${what}` })
    .refine((record) => Object.keys(record).length <= most, { error: `there are more than ${most}` });

export const rotaSchema = z
  .strictObject({
    users: named(userSchema, ROTA_USERS_MAX, 'user'),
    schedules: named(scheduleSchema, SCHEDULES_MAX, 'schedule'),
    policies: named(policySchema, POLICIES_MAX, 'policy'),
    defaultPolicy: oncallIdSchema.optional(),
  })
  .superRefine((file, context) => {
    for (const { path, message } of [...findDangling(file), ...findTooMany(file)])
      context.addIssue({ code: 'custom', path: [...path], message });
  })
  .transform(toRota);

type RotaFile = {
  readonly users: Record<string, z.output<typeof userSchema>>;
  readonly schedules: Record<string, z.output<typeof scheduleSchema>>;
  readonly policies: Record<string, z.output<typeof policySchema>>;
  readonly defaultPolicy?: string | undefined;
};
type Dangling = { readonly path: readonly (string | number)[]; readonly message: string };

/** Names that lead nowhere. */
function findDangling(file: RotaFile): Dangling[] {
  const missing = (kind: string, name: string, known: object, path: Dangling['path']): Dangling[] => {
    if (Object.hasOwn(known, name)) return [];
    const nearest = nearestWord(name, Object.keys(known));
    const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
    return [{ path, message: `there is no ${kind} "${name}"${hint}` }];
  };
  const inSchedules = Object.entries(file.schedules).flatMap(([id, { layers }]) =>
    layers.flatMap(({ users }, layer) =>
      users.flatMap((name, index) =>
        missing('user', name, file.users, ['schedules', id, 'layers', layer, 'users', index]),
      ),
    ),
  );
  const inPolicies = Object.entries(file.policies).flatMap(([id, { steps, lastResort }]) => {
    const lists: [Dangling['path'], readonly z.output<typeof targetSchema>[]][] = [
      ...steps.map(({ notify }, step): [Dangling['path'], typeof notify] => [
        ['policies', id, 'steps', step, 'notify'],
        notify,
      ]),
      [['policies', id, 'lastResort', 'notify'], lastResort.notify],
    ];
    return lists.flatMap(([path, notify]) =>
      notify.flatMap((target, index) => {
        if ('user' in target) return missing('user', target.user, file.users, [...path, index, 'user']);
        if ('schedule' in target)
          return missing('schedule', target.schedule, file.schedules, [...path, index, 'schedule']);
        return [];
      }),
    );
  });
  const { defaultPolicy } = file;
  const ofDefault =
    defaultPolicy === undefined ? [] : missing('policy', defaultPolicy, file.policies, ['defaultPolicy']);
  return [...inSchedules, ...inPolicies, ...ofDefault];
}

/** Layers and windows of all schedules together. */
function findTooMany({ schedules }: RotaFile): Dangling[] {
  const layers = Object.values(schedules).flatMap((schedule) => schedule.layers);
  const windows = layers.flatMap(({ during }) => (during ?? []).flat()).length;
  const counts: [string, number, number][] = [
    ['layers', layers.length, LAYERS_MAX],
    ['windows', windows, WINDOWS_MAX],
  ];
  return counts
    .filter(([, count, most]) => count > most)
    .map(([what, count, most]) => ({
      path: ['schedules'],
      message: `there are ${count} ${what}; ${most} may be`,
    }));
}

function toRota(file: RotaFile): Rota {
  const users = Object.entries(file.users).map(([id, user]): OncallUser => ({ id, ...user }));
  const schedules = Object.entries(file.schedules).map(
    ([id, { name, timeZone, mayHaveGaps, layers }]): Schedule => ({
      id,
      name: name ?? id,
      mayHaveGaps,
      layers: layers.map((layer) => toLayer(layer, timeZone)),
    }),
  );
  const policies = Object.entries(file.policies).map(([id, policy]) => toPolicy(id, policy));
  return {
    users: new Map(users.map((user) => [user.id, user])),
    schedules: new Map(schedules.map((schedule) => [schedule.id, schedule])),
    policies: new Map(policies.map((policy) => [policy.id, policy])),
    defaultPolicyId: file.defaultPolicy ?? policies[0]?.id ?? '',
  };
}

function toLayer(layer: z.output<typeof layerSchema>, timeZone: string): Layer {
  return {
    name: layer.name,
    timeZone: layer.timeZone ?? timeZone,
    userIds: layer.users,
    rotation: toRotation(layer),
    windows: (layer.during ?? []).flat(),
  };
}

/** Turns begin on the first named weekday at or after `startsOn`. */
function toRotation({ rotation, handoff, startsOn }: z.output<typeof layerSchema>): Rotation {
  const shift = handoff.day === null ? 0 : (handoff.day - weekdayOf(startsOn) + 7) % 7;
  return { anchorWallMs: (startsOn + shift) * DAY_MS + handoff.minutes * MINUTE_MS, stepMs: rotation };
}

function toPolicy(id: string, policy: z.output<typeof policySchema>): Policy {
  return {
    id,
    name: policy.name ?? id,
    steps: policy.steps.map(({ notify, acknowledgeWithin }) => ({
      targets: notify.map(toTarget),
      acknowledgeWithinMs: acknowledgeWithin,
    })),
    repeats: policy.repeat,
    lastResort: {
      targets: policy.lastResort.notify.map(toFixedTarget),
      everyMs: policy.lastResort.every,
    },
    acknowledgementExpiresMs: policy.acknowledgementExpires ?? null,
  };
}

function toFixedTarget(target: z.output<typeof fixedTargetSchema>): Policy['lastResort']['targets'][number] {
  return 'user' in target
    ? { kind: 'user', userId: target.user }
    : { kind: 'channel', channelId: target.channel };
}

function toTarget(target: z.output<typeof targetSchema>): Policy['steps'][number]['targets'][number] {
  return 'schedule' in target ? { kind: 'schedule', scheduleId: target.schedule } : toFixedTarget(target);
}

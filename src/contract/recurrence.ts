// Maintenance that comes again, as people and the API say it: names of days, a time on the wall, the last day.

import { z } from 'zod';
import { parseDay } from '#base/time-zone.ts';
import { endOfLast, formatStart, type Recurrence } from '#core/alerting/recurrence.ts';
import { parseTime, timeZoneSchema } from './rota.ts';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export const recurrenceSchema = z.strictObject({
  weekdays: z.array(z.enum(WEEKDAYS)).min(1).max(7).describe('Days on which an occurrence begins'),
  startTime: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 22:00')
    .describe('On the wall of the time zone, also when clocks change'),
  timeZone: timeZoneSchema.describe('IANA name, e.g. Europe/Dublin'),
  endsOn: z
    .string()
    .refine((text) => parseDay(text) !== undefined, { error: 'no date such as 2027-01-31' })
    .nullable()
    .default(null)
    .describe('The last day on which one may begin; null: it goes on'),
});
export type RecurrenceBody = z.output<typeof recurrenceSchema>;

/** What core reckons with. */
export function toRecurrence(
  { weekdays, startTime, timeZone }: RecurrenceBody,
  durationMs: number,
): Recurrence {
  const days = new Set(weekdays.map((name) => WEEKDAYS.indexOf(name)));
  return {
    timeZone,
    weekdays: [...days].sort(),
    startMinute: parseTime(startTime) ?? 0,
    durationMs,
  };
}

/** When all of it is over; null: never, undefined: before it begins. */
export function endOfRecurrence(
  { endsOn }: Pick<RecurrenceBody, 'endsOn'>,
  recurrence: Recurrence,
  startsAtMs: number,
): number | null | undefined {
  const day = endsOn === null ? undefined : parseDay(endsOn);
  return day === undefined ? null : endOfLast(recurrence, startsAtMs, day);
}

/** As it is shown. */
export function recurrenceView({ timeZone, weekdays, startMinute, durationMs }: Recurrence) {
  return {
    weekdays: weekdays.flatMap((day) => WEEKDAYS[day] ?? []),
    startTime: formatStart(startMinute),
    timeZone,
    durationMs,
  };
}

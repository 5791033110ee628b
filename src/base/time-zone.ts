// Wall clocks of the world: what a clock on the wall of a zone shows, and when it shows a given time.
//
// A wall time is kept as "wall milliseconds": the milliseconds since the epoch at which a clock in UTC would show the
// same date and time. Days are counted from the epoch (day 0 is Thursday, 1 January 1970).
// Offsets come from the zone data of the runtime (Intl). Asking it costs some microseconds, so each zone's changes of
// offset are found once per year and kept.
// A wall time that is skipped when clocks go forward happens at the moment of the jump; one that comes twice when they
// go back happens the first time. So later wall times never happen before earlier ones, and a day has 23, 24 or 25 h.

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The names that a zone may be called by are some six hundred; nobody asks about more. */
const ZONES_MAX = 700;
/** Years kept per zone: the past that reports look at and the future that plans look at. */
const YEARS_MAX = 40;
/** No two changes of offset lie closer together than this (the nearest: Morocco around Ramadan, about a month). */
const PROBE_MS = 7 * DAY_MS;

interface Change {
  readonly atMs: number;
  readonly offsetMs: number;
}

/** Changes of one year in order; the first stands at the start of the year. */
interface Year {
  readonly startMs: number;
  readonly endMs: number;
  readonly changes: readonly Change[];
}

export interface TimeZone {
  readonly name: string;
  /** What is added to an instant to get its wall time, in milliseconds. */
  offsetMsAt(atMs: number): number;
  /** What the clock shows at an instant, as wall milliseconds. */
  wallMs(atMs: number): number;
  /** When the clock shows a wall time; see above for what is skipped or comes twice. */
  instantMs(wallMs: number): number;
}

const zones = new Map<string, TimeZone | undefined>();

/** The zone of an IANA name such as Europe/Dublin; undefined when there is none. */
export function findTimeZone(name: string): TimeZone | undefined {
  if (zones.has(name)) return zones.get(name);
  const format = formatOf(name);
  const zone = format === undefined ? undefined : createTimeZone(name, format);
  if (zones.size >= ZONES_MAX) zones.clear();
  zones.set(name, zone);
  return zone;
}

/** Day of a wall time, counted from the epoch. */
export function dayOf(wallMs: number): number {
  return Math.floor(wallMs / DAY_MS);
}

/** 0 for Monday to 6 for Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** The day of a date such as 2027-01-31; undefined when there is no such date. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const atMs = Date.parse(`${text}T00:00:00Z`);
  // 2027-02-30 would be taken for a day in March.
  return Number.isNaN(atMs) || formatDay(atMs / DAY_MS) !== text ? undefined : atMs / DAY_MS;
}

/** The date of a day, e.g. 2027-01-31. */
export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function formatOf(name: string): Intl.DateTimeFormat | undefined {
  if (name.length > 64) return undefined;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset', year: 'numeric' });
  } catch {
    return undefined;
  }
}

/** `GMT`, `GMT+5:30` or `GMT-08:00:00`. */
function askOffsetMs(format: Intl.DateTimeFormat, atMs: number): number {
  const text = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0', seconds = '0'] =
    /([+-])(\d{1,2}):?(\d{2})?:?(\d{2})?/.exec(text) ?? [];
  const offsetMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  return sign === '-' ? -offsetMs : offsetMs;
}

function findChanges(format: Intl.DateTimeFormat, year: number): Year {
  const startMs = Date.UTC(year, 0, 1);
  const endMs = Date.UTC(year + 1, 0, 1);
  const changes: Change[] = [{ atMs: startMs, offsetMs: askOffsetMs(format, startMs) }];
  let offsetMs = changes[0]?.offsetMs ?? 0;
  for (let fromMs = startMs; fromMs < endMs; fromMs += PROBE_MS) {
    let highMs = Math.min(fromMs + PROBE_MS, endMs);
    const nextOffsetMs = askOffsetMs(format, highMs);
    if (nextOffsetMs === offsetMs) continue;
    let lowMs = fromMs;
    while (highMs - lowMs > 1_000) {
      const middleMs = Math.floor((lowMs + highMs) / 2_000) * 1_000;
      if (askOffsetMs(format, middleMs) === offsetMs) lowMs = middleMs;
      else highMs = middleMs;
    }
    if (highMs < endMs) changes.push({ atMs: highMs, offsetMs: nextOffsetMs });
    offsetMs = nextOffsetMs;
  }
  return { startMs, endMs, changes };
}

function createTimeZone(name: string, format: Intl.DateTimeFormat): TimeZone {
  const years = new Map<number, Year>();
  let latest: Year = { startMs: 0, endMs: 0, changes: [] };
  function changesOf(atMs: number): readonly Change[] {
    if (atMs >= latest.startMs && atMs < latest.endMs) return latest.changes;
    const number = new Date(atMs).getUTCFullYear();
    const year = years.get(number) ?? findChanges(format, number);
    if (years.size >= YEARS_MAX) years.clear();
    years.set(number, year);
    latest = year;
    return year.changes;
  }
  function offsetMsAt(atMs: number): number {
    const changes = changesOf(atMs);
    for (let index = changes.length - 1; index > 0; index -= 1) {
      const change = changes[index];
      if (change !== undefined && change.atMs <= atMs) return change.offsetMs;
    }
    return changes[0]?.offsetMs ?? 0;
  }
  /** The moment between two instants at which the offset becomes `offsetMs`. */
  function changeBetween(fromMs: number, toMs: number, offsetMs: number): number {
    const changes = [...changesOf(fromMs), ...changesOf(toMs)];
    return (
      changes.find((change) => change.atMs > fromMs && change.atMs <= toMs && change.offsetMs === offsetMs)
        ?.atMs ?? toMs
    );
  }
  return {
    name,
    offsetMsAt,
    wallMs: (atMs) => atMs + offsetMsAt(atMs),
    instantMs(wallMs) {
      // A day before and after lies beyond any offset, and no two changes are that close.
      const fromMs = wallMs - DAY_MS;
      const toMs = wallMs + DAY_MS;
      const before = offsetMsAt(fromMs);
      const after = offsetMsAt(toMs);
      if (before === after) return wallMs - before;
      const changeMs = changeBetween(fromMs, toMs, after);
      if (wallMs - before < changeMs) return wallMs - before;
      return Math.max(changeMs, wallMs - after);
    },
  };
}

// A stretch of time to look at: the last minutes or hours, or from one moment to another by the clock on the wall. Pure.

export const RANGES = [
  { value: '15m', label: 'Last 15 min', ms: 15 * 60_000 },
  { value: '1h', label: 'Last hour', ms: 3_600_000 },
  { value: '6h', label: 'Last 6 h', ms: 6 * 3_600_000 },
  { value: '24h', label: 'Last day', ms: 86_400_000 },
  { value: '7d', label: 'Last 7 days', ms: 7 * 86_400_000 },
] as const;

export interface Span {
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** Steps of the present: a list that is asked again asks the same question for a while. */
const NOW_STEP_MS = 60_000;

/** The span of a named range, or of two moments; open on either side. */
export function spanOf(
  range: string | undefined,
  from: string | undefined,
  to: string | undefined,
  nowMs: number,
): Span {
  const known = RANGES.find(({ value }) => value === range);
  if (known !== undefined) return { fromMs: Math.floor(nowMs / NOW_STEP_MS) * NOW_STEP_MS - known.ms };
  const fromMs = momentOf(from);
  const toMs = momentOf(to);
  return { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
}

/** A moment as a field of the browser writes it (local time), or in milliseconds; undefined: none. */
export function momentOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{10,14}$/.test(text)) return Number(text);
  const atMs = new Date(text).getTime();
  return Number.isNaN(atMs) || atMs < 0 ? undefined : atMs;
}

/** A moment as a field of the browser writes it. */
export function toLocalInput(atMs: number): string {
  const date = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

// Numbers, times and sizes as people read them. The present is always a parameter; the time zone is the chosen one
// (time-zone.ts), the same everywhere.

import { zoneName } from './time-zone.ts';

const BIT_UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'] as const;
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

function scaled(value: number, units: readonly string[]): string {
  let index = 0;
  let rest = value;
  // 999.5 already rounds to 1000 and reads better in the next unit.
  while (rest >= 999.5 && index < units.length - 1) {
    rest /= 1_000;
    index += 1;
  }
  const digits = index === 0 || rest >= 99.5 ? 0 : rest >= 9.95 ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[index]}`;
}

/** "84.2 Mbit/s". */
export function formatBps(bitsPerSecond: number): string {
  return bitsPerSecond <= 0 ? '0 bit/s' : scaled(bitsPerSecond, BIT_UNITS);
}

/** "1.24 GB". */
export function formatBytes(bytes: number): string {
  return scaled(bytes, BYTE_UNITS);
}

/** "97.3 %"; a dash for null. */
export function formatShare(share: number | null, digits = 1): string {
  if (share === null) return '–';
  const percent = share * 100;
  return `${Number.isInteger(percent) ? percent : percent.toFixed(digits)} %`;
}

/** "12,480". */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

/** "12,480 /s", "0.25 /s": how often something happens. */
export function formatRate(perSecond: number): string {
  const digits = perSecond === 0 || perSecond >= 99.5 ? 0 : perSecond >= 9.95 ? 1 : 2;
  return `${Number(perSecond.toFixed(digits)).toLocaleString('en')} /s`;
}

/** "0:42", "12:05", "1:02:33"; a dash for null. */
export function formatLength(durationMs: number | null): string {
  if (durationMs === null) return '–';
  const seconds = Math.round(durationMs / 1_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** "just now", "4 s", "12 min", "3 h", "5 days": how long a time is, roughly. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? '1 day' : `${days} days`;
}

/** "just now" or "12 min ago". */
export function formatAgo(atMs: number, nowMs: number): string {
  return nowMs - atMs < 5_000 ? 'just now' : `${formatAge(nowMs - atMs)} ago`;
}

type TimeStyle = 'clock' | 'minute' | 'short-day' | 'day' | 'full';

const STYLES: Readonly<Record<TimeStyle, Intl.DateTimeFormatOptions>> = {
  clock: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  minute: { hour: '2-digit', minute: '2-digit' },
  'short-day': { day: 'numeric', month: 'short' },
  day: { dateStyle: 'full' },
  full: { dateStyle: 'medium', timeStyle: 'medium' },
};

/** Making a format costs far more than using it; there are five styles and few zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatTime(style: TimeStyle, atMs: number): string {
  const zone = zoneName();
  const key = `${style} ${zone ?? ''}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { ...STYLES[style], timeZone: zone });
    formats.set(key, format);
  }
  return format.format(atMs);
}

/** "Sunday 3 May 2026", in the chosen zone, like all below. */
export function formatDay(atMs: number): string {
  return formatTime('day', atMs);
}

/** "14:03:27". */
export function formatClock(atMs: number): string {
  return formatTime('clock', atMs);
}

/** "14:03". */
export function formatMinute(atMs: number): string {
  return formatTime('minute', atMs);
}

/** "3 May". */
export function formatShortDay(atMs: number): string {
  return formatTime('short-day', atMs);
}

/** "3 May 2026, 14:03:27". */
export function formatDateTime(atMs: number): string {
  return formatTime('full', atMs);
}

/** "1 site", "3 sites". */
export function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}

/** "a", "a and b", "a, b and c". */
export function listWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}

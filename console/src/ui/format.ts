// Numbers, times and sizes as people read them. Pure: the present is always a parameter.

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

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** "14:03:27", local time. */
export function formatClock(atMs: number): string {
  return clock.format(atMs);
}

/** "3 May 2026, 14:03:27", local time. */
export function formatDateTime(atMs: number): string {
  return full.format(atMs);
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

// Times of cues, as text and in milliseconds.
// Source: W3C WebVTT, sections 4.1 (timestamps) and 6.3 (timing settings); SubRip has no standard, only use.

import { CUE_TIME_MS_MAX } from './limits.ts';

const TIME = String.raw`(?:(\d{1,4}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})`;
const ARROW = new RegExp(String.raw`^\s*${TIME}\s*-->\s*${TIME}(?:\s+(.*))?$`);

export interface CueTiming {
  readonly startMs: number;
  readonly endMs: number;
  /** What stands behind the times: settings of WebVTT, coordinates of SubRip. */
  readonly rest: string;
}

function toMs(hours: string | undefined, minutes: string, seconds: string, fraction: string): number | null {
  if (Number(minutes) > 59 || Number(seconds) > 59) return null;
  const whole = (Number(hours ?? 0) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * 1_000 + Number(fraction.padEnd(3, '0'));
}

/** Reads `00:01.000 --> 00:04.000 …`; a sentence when it is wrong. */
export function parseTiming(line: string): CueTiming | string {
  const match = ARROW.exec(line);
  if (match === null)
    return 'the times must look like 00:00:01.000 --> 00:00:04.000, with a fraction of a second';
  const [, startHours, startMinutes = '', startSeconds = '', startFraction = ''] = match;
  const [endHours, endMinutes = '', endSeconds = '', endFraction = '', rest = ''] = match.slice(5);
  const startMs = toMs(startHours, startMinutes, startSeconds, startFraction);
  const endMs = toMs(endHours, endMinutes, endSeconds, endFraction);
  if (startMs === null || endMs === null) return 'minutes and seconds end at 59';
  if (endMs <= startMs) return 'the cue must end after it begins';
  if (endMs > CUE_TIME_MS_MAX) return `the cue ends after ${CUE_TIME_MS_MAX / 3_600_000} hours`;
  return { startMs, endMs, rest: rest.trim() };
}

/** 3723004 → "01:02:03.004". */
export function cueTime(milliseconds: number): string {
  const whole = Math.floor(milliseconds / 1_000);
  const parts = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${clock}.${String(Math.floor(milliseconds % 1_000)).padStart(3, '0')}`;
}

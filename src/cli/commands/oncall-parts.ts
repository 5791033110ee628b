// What the commands of on-call share: times in and out, files, reasons as sentences.

import { readFileSync } from 'node:fs';
import { parseDurationMs } from '#base/duration.ts';
import { findTimeZone } from '#base/time-zone.ts';
import type { OncallReasonView, RotaFindingView } from '#contract/api/oncall.ts';
import { ROTA_BYTES_MAX } from '#contract/rota.ts';
import { type Invocation, type OptionSpec, refuse } from '../command.ts';

export const ZONE_OPTION: Readonly<Record<string, OptionSpec>> = {
  zone: { type: 'string', value: 'NAME', summary: 'Show times in this zone (default: that of this machine)' },
};

export function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The zone in which times are shown. */
export function zoneOf(invocation: Invocation): string {
  const name = invocation.text('zone') ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (findTimeZone(name) === undefined)
    throw refuse(`--zone: "${name}" is no time zone such as Europe/Dublin`);
  return name;
}

/** `Mon 4 Jan 2027, 09:00 GMT`. */
export function timeText(atMs: number, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(atMs);
}

/** A time in ISO 8601, or a duration from now such as 2h; undefined when it is not given. */
export function timeOf(invocation: Invocation, name: string, nowMs: number): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined) return nowMs + durationMs;
  const atMs = Date.parse(text);
  if (Number.isNaN(atMs))
    throw refuse(
      `--${name}: "${text}" is neither a time such as 2027-01-31T20:00:00Z nor a duration such as 2h`,
    );
  return atMs;
}

/** The same, and it must be given. */
export function requireTime(invocation: Invocation, name: string, nowMs: number): number {
  const atMs = timeOf(invocation, name, nowMs);
  if (atMs === undefined) throw refuse(`--${name} is missing; give a time or a duration from now`);
  return atMs;
}

/** Text of the file that the command names; `-` is the standard input. */
export function readRotaFile(path: string): string {
  try {
    const text = readFileSync(path === '-' ? 0 : path, 'utf8');
    if (text.length > ROTA_BYTES_MAX) throw refuse(`${path} is larger than ${ROTA_BYTES_MAX} bytes`);
    return text;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw refuse(`there is no file ${path}`);
    throw error;
  }
}

/** Findings as `FILE:LINE: error: …`, which editors understand. */
export function printFindings(name: string, findings: readonly RotaFindingView[]): void {
  for (const { line, severity, message } of findings)
    write(`${name}${line === null ? '' : `:${line}`}: ${severity}: ${message}`);
}

/** A reason as a sentence. */
export function reasonText({ code, subject, values }: OncallReasonView, zone: string): string {
  const time = (name: string): string => timeText(Number(values[name]), zone);
  const wall = (): string => new Date(Number(values.wallMs)).toISOString().slice(11, 16);
  switch (code) {
    case 'override':
      return `override ${subject} gives it to ${values.userId} until ${time('untilMs')}${values.reason === '' ? '' : `: ${values.reason}`}`;
    case 'older_override':
      return `the older override ${subject} of ${values.userId} is outdone`;
    case 'turn':
      return `turn ${values.turn} of "${subject}" is that of ${values.userId}, from ${time('fromMs')} to ${time('untilMs')}`;
    case 'outside_hours':
      return `"${subject}" has no duty at ${wall()} in ${values.timeZone}`;
    case 'uncovered':
      return `none of ${values.layers} layers has duty`;
    case 'step':
      return `step ${values.step} of ${values.steps} of ${subject}, round ${values.round}`;
    case 'last_resort':
      return `last resort of ${subject}, time ${values.times}`;
    case 'contact':
      return `by ${subject}`;
    case 'named':
      return 'the policy names it';
    case 'no_contact':
      return `${subject} has no contact`;
    default:
      return `${subject} is not known`;
  }
}

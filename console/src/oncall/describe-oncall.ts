// On-call in words: times by a zone's wall clock, reasons as sentences, how far a page has come.

import { MINUTE_MS } from '../../../src/base/time-zone.ts';
import type { EscalationView, OncallReasonView } from '../../../src/contract/api/oncall.ts';
import { zoneNamed } from './calendar-layout.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string, kind: 'time' | 'moment' | 'date'): Intl.DateTimeFormat {
  const key = `${kind} ${zone}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const day = { weekday: 'short', day: 'numeric', month: 'short' } as const;
  const time = { hour: '2-digit', minute: '2-digit' } as const;
  const options = kind === 'time' ? time : kind === 'date' ? day : { ...day, ...time };
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options });
  formats.set(key, made);
  return made;
}

/** "09:00". */
export function timeText(atMs: number, zone: string): string {
  return formatOf(zone, 'time').format(atMs);
}

/** "Mon 4 Jan". */
export function dateText(atMs: number, zone: string): string {
  return formatOf(zone, 'date').format(atMs).replace(',', '');
}

/** "Mon 4 Jan, 09:00". */
export function momentText(atMs: number, zone: string): string {
  return `${dateText(atMs, zone)}, ${timeText(atMs, zone)}`;
}

/** "until 18:00", with the day when it is another one. */
export function untilText(untilMs: number, nowMs: number, zone: string): string {
  return dateText(untilMs, zone) === dateText(nowMs, zone)
    ? timeText(untilMs, zone)
    : momentText(untilMs, zone);
}

type Names = ReadonlyMap<string, string>;

/** A reason as a sentence. */
export function reasonText({ code, subject, values }: OncallReasonView, zone: string, names: Names): string {
  const who = names.get(String(values.userId)) ?? String(values.userId);
  const until = (): string => momentText(Number(values.untilMs), zone);
  switch (code) {
    case 'override':
      return `An override gives it to ${who} until ${until()}${values.reason === '' ? '' : `: ${values.reason}`}`;
    case 'older_override':
      return `An older override of ${who} is outdone`;
    case 'turn':
      return `It is the turn of ${who} in ${subject}, until ${until()}`;
    case 'outside_hours':
      return `${subject} has no duty at ${new Date(Number(values.wallMs)).toISOString().slice(11, 16)} (${values.timeZone})`;
    case 'uncovered':
      return 'No layer has duty';
    case 'step':
      return `Step ${values.step} of ${values.steps}, round ${values.round}`;
    case 'last_resort':
      return 'The last resort, since nobody acknowledged';
    case 'contact':
      return `by ${subject}`;
    case 'named':
      return 'The policy names it';
    case 'no_contact':
      return `${names.get(subject) ?? subject} has no contact`;
    case 'unknown_target':
      return `The rota does not know ${subject}`;
    default:
      return [code, subject, ...Object.entries(values).map(([name, value]) => `${name}=${value}`)].join(' ');
  }
}

export interface PageState {
  readonly text: string;
  readonly tone: 'bad' | 'warn' | 'good' | '';
}

/** How far a page has come. */
export function pageState(page: EscalationView, names: Names): PageState {
  const by = page.acknowledgedBy === null ? '' : (names.get(page.acknowledgedBy) ?? page.acknowledgedBy);
  switch (page.status) {
    case 'paging':
      return {
        text: page.step > page.steps ? 'Last resort' : `Step ${page.step} of ${page.steps}`,
        tone: 'bad',
      };
    case 'acknowledged':
      return { text: `Taken by ${by}`, tone: 'warn' };
    case 'exhausted':
      return { text: 'Nobody answered', tone: 'bad' };
    case 'stopped':
      return { text: 'Over', tone: '' };
  }
}

/** What `datetime-local` shows for an instant in a zone. */
export function toInput(atMs: number, zone: string): string {
  return new Date(zoneNamed(zone).wallMs(atMs)).toISOString().slice(0, 16);
}

/** The instant that `datetime-local` names in a zone; undefined when it names none. */
export function fromInput(text: string, zone: string): number | undefined {
  const wallMs = Date.parse(`${text}Z`);
  return Number.isNaN(wallMs) ? undefined : zoneNamed(zone).instantMs(wallMs);
}

/** How much of an equal share somebody carries, in words. */
export function shareText(ratio: number): string {
  const percent = Math.round((ratio - 1) * 100);
  if (percent === 0) return 'an equal share';
  return percent > 0 ? `${percent} % more than an equal share` : `${-percent} % less than an equal share`;
}

/** A length of time: "5 min", "9 h". */
export function lengthText(milliseconds: number): string {
  const minutes = Math.round(milliseconds / MINUTE_MS);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 6) / 10} h`;
}

// Incidents in words: states, clocks, reasons as sentences, the kinds of their timelines. Pure.

import type { z } from 'zod';
import type {
  IncidentEntry,
  IncidentView,
  incidentStateSchema,
  responseTaskSchema,
  severitySchema,
} from '../../../src/contract/api/incidents.ts';
import type { Reason } from '../../../src/contract/snapshot.ts';
import { explainReason } from '../signal/signal-reasons.ts';
import { formatCount, formatShare } from '../ui/format.ts';

export type IncidentState = z.infer<typeof incidentStateSchema>;
export type Severity = z.infer<typeof severitySchema>;
export type ResponseTask = z.infer<typeof responseTaskSchema>;

export const SEVERITIES: readonly Severity[] = ['sev1', 'sev2', 'sev3', 'sev4'];

export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  sev1: 'SEV 1',
  sev2: 'SEV 2',
  sev3: 'SEV 3',
  sev4: 'SEV 4',
};

export const STATE_WORDS: Readonly<Record<IncidentState, string>> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  merged: 'Merged',
};

export const STATE_TONES: Readonly<Record<IncidentState, string>> = {
  open: 'bad',
  acknowledged: 'warn',
  resolved: 'good',
  merged: '',
};

/** Whether people or alerts still work on it. */
export function isOpen({ state }: Pick<IncidentView, 'state'>): boolean {
  return state === 'open' || state === 'acknowledged';
}

export type IncidentSort = 'newest' | 'oldest' | 'severity' | 'users' | 'budget';

const COMPARERS: Readonly<Record<IncidentSort, (one: IncidentView, other: IncidentView) => number>> = {
  newest: (one, other) => other.openedAtMs - one.openedAtMs,
  oldest: (one, other) => one.openedAtMs - other.openedAtMs,
  severity: (one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity),
  users: (one, other) => (other.impact.users ?? -1) - (one.impact.users ?? -1),
  budget: (one, other) => (other.impact.budgetShare ?? -1) - (one.impact.budgetShare ?? -1),
};

/** Those that are open first; within each part as asked, the newest first among equals. */
export function sortIncidents(
  open: readonly IncidentView[],
  ended: readonly IncidentView[],
  sort: IncidentSort,
): readonly IncidentView[] {
  const compare = COMPARERS[sort];
  const sorted = (part: readonly IncidentView[]): IncidentView[] =>
    [...part].sort((one, other) => compare(one, other) || other.openedAtMs - one.openedAtMs);
  // The next round of one list may know of an end that the other one does not know of yet.
  const openIds = new Set(open.map(({ id }) => id));
  return [...sorted(open), ...sorted(ended.filter(({ id }) => !openIds.has(id)))];
}

/** Where it is: "region dublin, site dublin-1"; what else its labels say when they name no place. */
export function placeText(labels: Readonly<Record<string, string>>): string {
  const places = ['region', 'site', 'node'].flatMap((name) => {
    const value = labels[name];
    return value === undefined ? [] : [`${name} ${value}`];
  });
  if (places.length > 0) return places.join(', ');
  const rest = Object.entries(labels).filter(([name]) => name !== 'alertname');
  return rest.length === 0 ? 'everywhere' : rest.map(([name, value]) => `${name} ${value}`).join(', ');
}

/** The narrowest place alone, for a column: "dublin-1". */
export function shortPlace(labels: Readonly<Record<string, string>>): string {
  return labels.node ?? labels.site ?? labels.region ?? placeText(labels);
}

/** "1,240"; a dash when nothing counted them. */
export function usersText(users: number | null): string {
  return users === null ? '–' : formatCount(users);
}

/** Share of the error budget that it burnt. */
export function budgetText(share: number | null): string {
  return formatShare(share, share !== null && share < 0.1 ? 2 : 1);
}

/** Why it is as bad as it is. */
export function severityWhy(reasons: readonly Reason[]): string {
  return reasons.length === 0
    ? 'A person set it; it is no longer judged.'
    : reasons.map((reason) => explainReason(reason).text).join('; ');
}

export interface IncidentClock {
  readonly name: string;
  /** What it counts from. */
  readonly note: string;
  /** null: it has not happened. */
  readonly atMs: number | null;
  /** Since the first harm. */
  readonly afterMs: number | null;
}

/** When it was felt, noticed, taken, over, closed. */
export function clocksOf(incident: IncidentView): readonly IncidentClock[] {
  const startMs = incident.impactStartedAtMs;
  const clock = (name: string, atMs: number | null, note: string): IncidentClock => ({
    name,
    note,
    atMs,
    afterMs: atMs === null ? null : Math.max(0, atMs - startMs),
  });
  const mitigatedAtMs = incident.quietSinceMs ?? (incident.alertCount === 0 ? incident.resolvedAtMs : null);
  return [
    clock('First harm', startMs, 'when users began to feel it'),
    clock('Detected', incident.openedAtMs, 'the incident was opened'),
    clock('Acknowledged', incident.acknowledgedAtMs, 'somebody took it'),
    clock('Mitigated', mitigatedAtMs, 'all of its alerts are quiet'),
    clock('Resolved', incident.resolvedAtMs, 'it is closed'),
  ];
}

/** "52 s", "3 min 12 s", "2 h 5 min". */
export function spanText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

type EntryKind = IncidentEntry['kind'];

export const ENTRY_KINDS: readonly EntryKind[] = [
  'alert',
  'change',
  'steering',
  'drain',
  'action',
  'page',
  'acknowledge',
  'note',
  'state',
];

export const ENTRY_WORDS: Readonly<Record<EntryKind, string>> = {
  alert: 'Alerts',
  change: 'Changes',
  steering: 'Steering',
  drain: 'Drains',
  action: 'Actions',
  page: 'Pages',
  acknowledge: 'Acknowledged',
  note: 'Notes',
  state: 'State',
};

/** Names of icons. */
export const ENTRY_ICONS = {
  alert: 'warning',
  change: 'pencil',
  steering: 'edges',
  drain: 'drain',
  action: 'play',
  page: 'bell',
  acknowledge: 'check',
  note: 'note',
  state: 'fire',
} as const satisfies Readonly<Record<EntryKind, string>>;

/** Adds entries that are new, and puts all in the order of their times. */
export function mergeEntries(
  known: readonly IncidentEntry[],
  added: readonly IncidentEntry[],
): readonly IncidentEntry[] {
  if (added.length === 0) return known;
  const byId = new Map(known.map((entry) => [entry.id, entry]));
  for (const entry of added) byId.set(entry.id, entry);
  return [...byId.values()].sort((one, other) => one.atMs - other.atMs || one.id - other.id);
}

const TASK_WORDS: Readonly<Record<ResponseTask['kind'], string>> = {
  page: 'Page by',
  acknowledge: 'Tell on-call who has it',
  stop: 'Stop the pages',
  runbook: 'Run',
};

/** What was asked for: "Page by video". */
export function taskText({ kind, subject }: ResponseTask): string {
  if (kind === 'page' && (subject === '' || subject === 'default')) return 'Page by the default policy';
  return kind === 'page' || kind === 'runbook' ? `${TASK_WORDS[kind]} ${subject}` : TASK_WORDS[kind];
}

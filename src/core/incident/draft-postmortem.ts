// The draft of a postmortem, from stored events alone: every time in it is one that was written down when it happened.
// What only people know (why, what went well, what to learn) is left to them, with the questions in place.
// Times are those of Bilibili's 1-5-10 rule (detect, respond, recover, in minutes), counted from when users began to
// feel it, as far as that is known.

import type { Labels } from '../changes/place.ts';
import { type Bar, drawBars, drawSeries, type Mark, type Series, type Span } from './draw-graphs.ts';
import type { Impact } from './judge-severity.ts';
import { reasonText, roundedText } from './reason-text.ts';
import type { IncidentReason, Severity } from './types.ts';

export interface PostmortemEntry {
  readonly atMs: number;
  readonly kind: string;
  readonly text: string;
  readonly actor: string | null;
}

export interface PostmortemView {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly severity: Severity;
  readonly severityReasons: readonly IncidentReason[];
  readonly labels: Labels;
  readonly impact: Pick<Impact, 'users' | 'budgetShare' | 'burnRate'>;
  readonly impactStartedAtMs: number;
  readonly openedAtMs: number;
  readonly quietSinceMs: number | null;
  readonly resolvedAtMs: number | null;
  readonly resolution: string | null;
  readonly roles: Readonly<Record<string, string | null>>;
  readonly alerts: readonly Bar[];
  readonly entries: readonly PostmortemEntry[];
  readonly changes: readonly {
    readonly atMs: number;
    readonly kind: string;
    readonly summary: string;
    readonly actor: string;
    readonly score: number;
    readonly reasons: readonly IncidentReason[];
  }[];
  readonly actionItems: readonly {
    readonly title: string;
    readonly owner: string;
    readonly dueAtMs: number;
    readonly state: string;
  }[];
  readonly series: readonly Series[];
  /** What telemetry shows of the first harm. */
  readonly impactReasons?: readonly IncidentReason[];
  /** What people wrote, in Markdown; empty: nothing yet. */
  readonly summary?: string;
  readonly lessons?: string;
}

export interface Picture {
  readonly title: string;
  /** A whole SVG document. */
  readonly svg: string;
}

/** Durations in milliseconds; null: it has not happened. */
export interface PostmortemTimes {
  readonly detectMs: number;
  readonly respondMs: number | null;
  /** Who responded first. */
  readonly respondedBy: string | null;
  readonly recoverMs: number | null;
  readonly resolveMs: number | null;
}

/** A picture begins so long before the impact, to show how it was. */
const BEFORE_MS = 300_000;
/** Entries in the text; the whole timeline stays with the incident. */
const ENTRIES_MAX = 300;

/** How long it took, from stored events. */
export function timesOf(view: PostmortemView): PostmortemTimes {
  const { impactStartedAtMs: startMs, openedAtMs } = view;
  const responses = view.entries.filter(
    ({ kind, atMs }) => atMs >= openedAtMs && ['acknowledge', 'action', 'drain'].includes(kind),
  );
  const first = responses.reduce<PostmortemEntry | null>(
    (earliest, entry) => (earliest === null || entry.atMs < earliest.atMs ? entry : earliest),
    null,
  );
  const recoveredAtMs = view.quietSinceMs ?? (view.alerts.length === 0 ? view.resolvedAtMs : null);
  return {
    detectMs: openedAtMs - startMs,
    respondMs: first === null ? null : first.atMs - openedAtMs,
    respondedBy: first === null ? null : (first.actor ?? 'automation'),
    recoverMs: recoveredAtMs === null ? null : recoveredAtMs - startMs,
    resolveMs: view.resolvedAtMs === null ? null : view.resolvedAtMs - startMs,
  };
}

/** The draft as Markdown with inline SVG. */
export function draftPostmortem(view: PostmortemView, nowMs: number): string {
  const entries = [...view.entries].sort((one, other) => one.atMs - other.atMs);
  return [
    `# Postmortem: ${inline(view.title)}`,
    '',
    `Draft of ${utc(nowMs)} from the timeline of incident ${view.id} (${view.state}). All times are UTC.`,
    '',
    ...(view.summary === undefined || view.summary === '' ? [] : ['## Summary', '', view.summary, '']),
    ...impactPart(view),
    ...timesPart(view),
    ...graphsPart(view, nowMs),
    ...changesPart(view),
    ...automationPart(entries),
    '## Causes and lessons',
    '',
    view.lessons === undefined || view.lessons === ''
      ? '_To be written by people: what caused it, what made it worse or better, where luck had a part._'
      : view.lessons,
    '',
    ...actionsPart(view),
    ...timelinePart(entries),
  ].join('\n');
}

function impactPart({
  impact,
  severity,
  severityReasons,
  labels,
  roles,
  resolution,
}: PostmortemView): string[] {
  const place = Object.entries(labels).map(([name, value]) => `${name} ${value}`);
  const people = Object.entries(roles).filter(([, person]) => person !== null);
  const unknown = 'not counted by any alert';
  const reasons = reasonText(severityReasons);
  return [
    '## Impact',
    '',
    '| | |',
    '| --- | --- |',
    `| Severity | ${severity}${reasons === '' ? ' (set by a person)' : ` (${inline(reasons)})`} |`,
    `| Users hurt at once | ${impact.users === null ? unknown : roundedText(impact.users)} |`,
    `| Error budget burnt | ${impact.budgetShare === null ? unknown : `${roundedText(impact.budgetShare * 100)} %`} |`,
    `| Highest burn rate | ${impact.burnRate === null ? unknown : `${roundedText(impact.burnRate)} ×`} |`,
    `| Where | ${place.length === 0 ? 'not told' : inline(place.join(', '))} |`,
    ...people.map(([role, person]) => `| ${role} | ${inline(person ?? '')} |`),
    `| End | ${resolution === null ? 'not resolved yet' : inline(resolution)} |`,
    '',
  ];
}

function timesPart(view: PostmortemView): string[] {
  const times = timesOf(view);
  const by = times.respondedBy === null ? '' : ` by ${inline(times.respondedBy)}`;
  const row = (name: string, value: number | null, of: string): string =>
    `| ${name} | ${value === null ? 'not yet' : duration(value)} | ${of} |`;
  return [
    '## Times',
    '',
    '| | took | |',
    '| --- | --- | --- |',
    row('Detect', times.detectMs, `${utc(view.impactStartedAtMs)} → ${utc(view.openedAtMs)}`),
    row('Respond', times.respondMs, `from the opening to the first action${by}`),
    row('Recover', times.recoverMs, 'from the first harm until all alerts were quiet'),
    row('Resolve', times.resolveMs, 'from the first harm until the incident was closed'),
    '',
    ...(view.impactReasons === undefined || view.impactReasons.length === 0
      ? []
      : [`The first harm, as telemetry shows it: ${inline(reasonText(view.impactReasons))}.`, '']),
  ];
}

/** The pictures of a postmortem: when which alert fired, how users fared. */
export function drawPictures(view: PostmortemView, nowMs: number): readonly Picture[] {
  const endMs = view.resolvedAtMs ?? nowMs;
  const span: Span = {
    fromMs: view.impactStartedAtMs - BEFORE_MS,
    toMs: Math.max(endMs, view.openedAtMs + 1),
  };
  const marks: Mark[] = view.entries
    .filter(({ kind }) => ['change', 'drain', 'steering', 'action', 'acknowledge'].includes(kind))
    .map(({ atMs, text }) => ({ atMs, text }));
  const drawn = view.series.filter(({ points }) => points.length > 1);
  const title = 'Alerts; dashed: what was changed or done';
  return [
    { title, svg: drawBars(title, view.alerts, marks, span) },
    ...drawn.map((series) => ({ title: series.title, svg: drawSeries(series, marks, span) })),
  ];
}

function graphsPart(view: PostmortemView, nowMs: number): string[] {
  return ['## Graphs', '', ...drawPictures(view, nowMs).flatMap(({ svg }) => [svg, ''])];
}

function changesPart({ changes }: PostmortemView): string[] {
  if (changes.length === 0) return ['## Changes before it', '', 'None was recorded.', ''];
  return [
    '## Changes before it',
    '',
    'The likeliest first; closeness is a hint, no proof.',
    '',
    '| at | change | by | closeness | because |',
    '| --- | --- | --- | --- | --- |',
    ...changes.map(
      ({ atMs, kind, summary, actor, score, reasons }) =>
        `| ${utc(atMs)} | ${kind}: ${inline(summary)} | ${inline(actor)} | ${roundedText(score)} | ${inline(reasonText(reasons))} |`,
    ),
    '',
  ];
}

/** What was done without a person. */
export function automaticEntries<T extends Pick<PostmortemEntry, 'kind' | 'actor'>>(
  entries: readonly T[],
): T[] {
  return entries.filter(
    ({ kind, actor }) =>
      kind === 'action' ||
      kind === 'page' ||
      ((kind === 'steering' || kind === 'drain') && actor === 'control'),
  );
}

function automationPart(entries: readonly PostmortemEntry[]): string[] {
  const own = automaticEntries(entries);
  return [
    '## What automation did',
    '',
    ...(own.length === 0
      ? ['Nothing.']
      : own.slice(0, ENTRIES_MAX).map(({ atMs, text }) => `- ${utc(atMs)} ${inline(text)}`)),
    '',
  ];
}

function actionsPart({ actionItems }: PostmortemView): string[] {
  return [
    '## Action items',
    '',
    ...(actionItems.length === 0
      ? ['None yet.']
      : actionItems.map(
          ({ title, owner, dueAtMs, state }) =>
            `- [${state === 'done' ? 'x' : ' '}] ${inline(title)} (${inline(owner)}, due ${utc(dueAtMs).slice(0, 10)}${state === 'dropped' ? ', dropped' : ''})`,
        )),
    '',
  ];
}

function timelinePart(entries: readonly PostmortemEntry[]): string[] {
  const rest = entries.length - ENTRIES_MAX;
  return [
    '## Timeline',
    '',
    '| at | what | who |',
    '| --- | --- | --- |',
    ...entries
      .slice(0, ENTRIES_MAX)
      .map(
        ({ atMs, kind, text, actor }) =>
          `| ${utc(atMs)} | ${kind}: ${inline(text)} | ${inline(actor ?? '')} |`,
      ),
    ...(rest > 0 ? ['', `And ${rest} more entries.`] : []),
    '',
  ];
}

function utc(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
}

/** e.g. `1 min 12 s`. */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const parts = [hours > 0 ? `${hours} h` : '', minutes > 0 ? `${minutes} min` : '', `${seconds % 60} s`];
  return parts.filter((part) => part !== '').join(' ');
}

/** Text of people in one line of Markdown: no markup, no table cell, no HTML of its own. */
function inline(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/([\\`*_[\]|#])/g, '\\$1');
}

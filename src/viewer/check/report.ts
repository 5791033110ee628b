// What a check says in the end: for scripts as one object, for people as text.

import type { PresentationFacts } from './facts.ts';
import { measuredRates, tracksOf } from './facts.ts';
import type { Gathered } from './gather.ts';
import type { Finding } from './rules/rule.ts';

export interface TrackReport {
  readonly label: string;
  readonly segments: number;
  readonly segmentsFetched: number;
  readonly durationSeconds: number;
  /** Highest of what was fetched; null without any. */
  readonly peakBps: number | null;
  /** Only when all segments were fetched. */
  readonly averageBps: number | null;
}

export interface CheckReport {
  readonly url: string;
  readonly kind: PresentationFacts['kind'];
  /** `incomplete`: no error was found, but a limit ended the check before all was looked at. */
  readonly verdict: 'clean' | 'warnings' | 'errors' | 'incomplete';
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
  readonly tracks: readonly TrackReport[];
  /** What was left out, and why. */
  readonly notChecked: readonly string[];
  readonly rules: number;
  readonly requests: number;
  readonly bytes: number;
  readonly elapsedMs: number;
}

/** Evidence of one rule that people are shown; JSON has all of it. */
const EVIDENCE_SHOWN_MAX = 5;

function trackReports(facts: PresentationFacts): TrackReport[] {
  return tracksOf(facts).map((track) => {
    const durations = track.declared.map(({ durationSeconds }) => durationSeconds);
    return {
      label: track.label,
      segments: track.declared.length,
      segmentsFetched: track.segments.filter(({ resource }) => resource.failure === null).length,
      durationSeconds: durations.reduce((sum, value) => sum + value, 0),
      ...measuredRates(track, Math.max(0, ...durations)),
    };
  });
}

/** Puts a report together. */
export function makeReport(
  gathered: Gathered,
  findings: readonly Finding[],
  rules: number,
  elapsedMs: number,
): CheckReport {
  const { facts, requests, bytes, exhausted } = gathered;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const cut = exhausted === null ? [] : [`everything after the limit of ${exhausted}`];
  const rest = warnings > 0 ? 'warnings' : 'clean';
  return {
    url: facts.url,
    kind: facts.kind,
    verdict: errors > 0 ? 'errors' : exhausted === null ? rest : 'incomplete',
    errors,
    warnings,
    findings,
    tracks: trackReports(facts),
    notChecked: [...facts.notChecked, ...cut],
    rules,
    requests,
    bytes,
    elapsedMs: Math.round(elapsedMs),
  };
}

/** Exit code for scripts: 0 no error, 1 errors, 2 not all could be checked. */
export function exitCodeOf({ verdict }: CheckReport): number {
  if (verdict === 'errors') return 1;
  return verdict === 'incomplete' ? 2 : 0;
}

const kilobits = (bps: number | null): string => (bps === null ? '–' : `${Math.round(bps / 1_000)} kbit/s`);

/** Tracks as rows under headings. */
export function trackRows(report: CheckReport): { headings: string[]; rows: string[][] } {
  const rows = report.tracks.map((track) => [
    track.label,
    `${track.segmentsFetched} of ${track.segments}`,
    `${track.durationSeconds.toFixed(1)} s`,
    kilobits(track.peakBps),
    kilobits(track.averageBps),
  ]);
  return { headings: ['track', 'segments', 'duration', 'peak', 'average'], rows };
}

/** Findings as text, grouped by rule, errors first. */
export function renderFindings(report: CheckReport): string {
  const groups = new Map<string, Finding[]>();
  const ordered = [
    ...report.findings.filter(({ severity }) => severity === 'error'),
    ...report.findings.filter(({ severity }) => severity === 'warning'),
  ];
  for (const finding of ordered) groups.set(finding.ruleId, [...(groups.get(finding.ruleId) ?? []), finding]);
  const lines: string[] = [];
  for (const [ruleId, findings] of groups) {
    const [first] = findings;
    if (first === undefined) continue;
    const mark = first.severity === 'error' ? '✗' : '!';
    lines.push(`${mark} ${ruleId}: ${first.title}`, `    ${first.clause}`);
    for (const { where, line, message } of findings.slice(0, EVIDENCE_SHOWN_MAX))
      lines.push(`    - ${message}`, `      ${where}${line === null ? '' : `, line ${line}`}`);
    const more = findings.length - EVIDENCE_SHOWN_MAX;
    if (more > 0) lines.push(`    - and ${more} more`);
  }
  for (const reason of report.notChecked) lines.push(`? not checked: ${reason}`);
  const seconds = (report.elapsedMs / 1_000).toFixed(1);
  const effort = `${report.requests} requests, ${(report.bytes / 1e6).toFixed(1)} MB, ${seconds} s`;
  lines.push(`${report.errors} errors, ${report.warnings} warnings by ${report.rules} rules (${effort})`);
  return `${lines.join('\n')}\n`;
}

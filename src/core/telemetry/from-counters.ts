// Series out of the metrics that a node counts anyway: what was counted since the last look, under the labels of
// telemetry. So the hot paths count once, and the report costs a pass over some hundred numbers.

import type { SeriesIncrement } from './slice-book.ts';

/** Where the node is. */
export interface NodePlace {
  readonly regionId: string;
  readonly siteId: string;
}

type Counters = Readonly<Record<string, number>>;
type Rule = (labels: Readonly<Record<string, string>>, place: NodePlace, count: number) => SeriesIncrement;

const REQUEST_KINDS: Readonly<Record<string, string>> = {
  immutable: 'media',
  growing: 'media',
  manifest: 'manifest',
  steering: 'steering',
};

const uploads =
  (outcome: 'ok' | 'failed'): Rule =>
  (_labels, { regionId }, count) => ({ name: 'uploads', labels: { region: regionId, outcome }, count });

const RULES: Readonly<Record<string, Rule>> = {
  edge_requests_total: (labels, { regionId, siteId }, count) => ({
    name: 'edge_requests',
    labels: {
      region: regionId,
      site: siteId,
      kind: REQUEST_KINDS[labels.class ?? ''] ?? 'other',
      outcome: labels.outcome === 'unavailable' ? 'failed' : 'ok',
    },
    count,
  }),
  edge_steering_answers_total: (labels, { regionId, siteId }, count) => ({
    name: 'steering_answers',
    labels: { region: regionId, site: siteId, outcome: labels.outcome ?? 'ok' },
    count,
  }),
  ingest_uploads_finished_total: uploads('ok'),
  ingest_uploads_failed_total: uploads('failed'),
  ingest_live_on_air_seconds_total: (_labels, { regionId }, seconds) => ({
    name: 'ingest_on_air_ms',
    labels: { region: regionId },
    count: Math.round(seconds * 1_000),
  }),
  ingest_live_gap_seconds_total: (_labels, { regionId }, seconds) => ({
    name: 'ingest_gap_ms',
    labels: { region: regionId },
    count: Math.round(seconds * 1_000),
  }),
};

/** Takes `name{a="b",c="d"}` apart. */
export function parseSeries(text: string): {
  readonly name: string;
  readonly labels: Record<string, string>;
} {
  const brace = text.indexOf('{');
  if (brace === -1) return { name: text, labels: {} };
  const labels: Record<string, string> = {};
  for (const [, label = '', value = ''] of text.slice(brace).matchAll(/(\w+)="([^"]*)"/g))
    labels[label] = value;
  return { name: text.slice(0, brace), labels };
}

/** What was counted between two looks at a process's counters; a counter that was not there before began at 0. */
export function incrementsOf(before: Counters, now: Counters, place: NodePlace): SeriesIncrement[] {
  return Object.entries(now).flatMap(([text, value]) => {
    const count = value - (before[text] ?? 0);
    if (count <= 0) return [];
    const { name, labels } = parseSeries(text);
    return Object.hasOwn(RULES, name)
      ? [RULES[name]?.(labels, place, count)].filter((one) => one !== undefined)
      : [];
  });
}

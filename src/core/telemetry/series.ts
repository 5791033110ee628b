// The series that nodes report: their names, their labels, and whether they are histograms. Everybody who writes or reads
// telemetry agrees on this table. Labels are few and bounded (regions, sites, kinds), never viewers or assets.

/** A slice of time, and the beat of reports: three of them fit into the shortest time within which an alert is due. */
export const SLICE_MS = 5_000;
/** The name that stands for all that came after a limit was reached. */
export const OTHER_LABEL = 'other';

interface SeriesShape {
  readonly labels: readonly string[];
  /** A histogram has buckets and a sum beside its count. */
  readonly isHistogram: boolean;
  readonly help: string;
}

const VIEWER_LABELS = ['region', 'site', 'kind'] as const;

export const SERIES = {
  viewer_requests: {
    labels: [...VIEWER_LABELS, 'object', 'outcome'],
    isHistogram: false,
    help: 'Requests as players saw them, by the site that was asked; outcome ok, failed or late',
  },
  session_starts: {
    labels: [...VIEWER_LABELS, 'outcome'],
    isHistogram: false,
    help: 'Starts of viewings; outcome ok, or failed: also of viewers who left after waiting in vain',
  },
  session_startup_ms: {
    labels: VIEWER_LABELS,
    isHistogram: true,
    help: 'From the click to the first moving picture',
  },
  session_play_ms: { labels: VIEWER_LABELS, isHistogram: false, help: 'Time that pictures moved' },
  session_stall_ms: {
    labels: VIEWER_LABELS,
    isHistogram: false,
    help: 'Time that viewers waited after their start',
  },
  session_stalls: { labels: VIEWER_LABELS, isHistogram: false, help: 'Times that the picture stopped' },
  session_errors: { labels: VIEWER_LABELS, isHistogram: false, help: 'Errors that players told of' },
  session_live_latency_ms: {
    labels: ['region', 'site'],
    isHistogram: true,
    help: 'How far behind the origin live viewers are',
  },
  session_bitrate_kbps: { labels: VIEWER_LABELS, isHistogram: true, help: 'Bitrate that viewers see' },
  session_pathway_changes: {
    labels: ['region', 'site'],
    isHistogram: false,
    help: 'Viewers who changed pathway, by the site that they left',
  },
  edge_requests: {
    labels: [...VIEWER_LABELS, 'outcome'],
    isHistogram: false,
    help: 'Requests as the edge saw them; outcome ok or failed',
  },
  steering_answers: {
    labels: ['region', 'site', 'outcome'],
    isHistogram: false,
    help: 'Steering answers; outcome ok, or stale when the edge has not heard of the world lately',
  },
  uploads: { labels: ['region', 'outcome'], isHistogram: false, help: 'Uploads; outcome ok or failed' },
  time_to_playable_ms: {
    labels: ['region'],
    isHistogram: true,
    help: 'From the end of an upload until it can be played',
  },
  ingest_on_air_ms: { labels: ['region'], isHistogram: false, help: 'Time that publishers were on air' },
  ingest_gap_ms: {
    labels: ['region'],
    isHistogram: false,
    help: 'Time that broadcasts on air had no publisher',
  },
  node_up: { labels: ['region', 'node'], isHistogram: false, help: '1 for each slice that the node lived' },
} as const satisfies Record<string, SeriesShape>;

export type SeriesName = keyof typeof SERIES;
export type Labels = Readonly<Record<string, string>>;

/** All names. */
export const SERIES_NAMES = Object.keys(SERIES) as SeriesName[];

/** The table's entry of a name of unknown origin, or undefined. */
export function shapeOf(name: string): SeriesShape | undefined {
  return Object.hasOwn(SERIES, name) ? SERIES[name as SeriesName] : undefined;
}

/** One text for one label set of a name, in the order of the table. */
export function labelKey(name: SeriesName, labels: Labels): string {
  let key = '';
  for (const label of SERIES[name].labels) key += `${labels[label] ?? ''}\n`;
  return key;
}

/** The label set that takes what comes after the limit of a name. */
export function otherLabels(name: SeriesName): Labels {
  return Object.fromEntries(SERIES[name].labels.map((label) => [label, OTHER_LABEL]));
}

/** The slice that a time belongs to. */
export function sliceOf(atMs: number): number {
  return Math.floor(atMs / SLICE_MS) * SLICE_MS;
}

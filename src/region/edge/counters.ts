// What an edge counts, as plain numbers: looked up once, raised on the hot path.

import type { CacheClass } from '#contract/peer-api.ts';
import type { ViewerOutcome } from '#core/cmcd/viewing.ts';
import type { Priority } from '#core/overload/limit.ts';
import { OTHER_LABEL } from '#core/telemetry/series.ts';
import type { Counter, Metrics } from '#platform/metrics.ts';
import type { DiskCounters } from './disk/disk-cache.ts';
import type { AttemptResult } from './fill.ts';

export type RequestClass = CacheClass | 'manifest' | 'steering' | 'page' | 'other';
export type RequestOutcome = 'hit' | 'disk' | 'miss' | 'stale' | 'refused' | 'missing' | 'unavailable';

export interface EdgeCounters {
  readonly hits: Counter;
  readonly misses: Counter;
  readonly bytesSent: Counter;
  readonly viewersCut: Counter;
  /** Hits by class, for the hot path. */
  readonly hitsOf: Readonly<Record<CacheClass, Counter>>;
  /** Playlists and manifests, for the hot path. */
  readonly manifests: Counter;
  /** Immutable objects sent from disk, for the hot path. */
  readonly stored: Counter;
  request(requestClass: RequestClass, outcome: RequestOutcome): void;
  originFetches(regionId: string): Counter;
  /** Requests to a second origin, made since the first took long; not among originFetches. */
  originHedges(regionId: string): Counter;
  /** Requests to other edges of the site, by how they ended. */
  mateFetches(result: AttemptResult): Counter;
  /** Requests of other edges of the site. */
  mateRequests(outcome: 'hit' | 'miss' | 'refused'): Counter;
  /** What was turned away under overload. */
  shed(reason: 'fetches' | 'memory' | 'throttle', priority: Priority): Counter;
  /** Steering answers; stale ones are given while control is silent. */
  readonly steering: Readonly<Record<'ok' | 'stale', Counter>>;
  readonly disk: DiskCounters;
  /** What players post. */
  readonly cmcd: {
    readonly events: Counter;
    readonly repeated: Counter;
    readonly old: Counter;
    requests(siteId: string, outcome: ViewerOutcome): Counter;
  };
}

/** Label sets of viewers' requests: three outcomes of some sixty sites; those past them count as of "other". */
const VIEWER_REQUESTS_MAX = 190;

const OUTCOMES: readonly ViewerOutcome[] = ['ok', 'failed', 'late'];

function viewerRequests(
  metrics: Metrics,
  known: Map<string, Counter>,
  siteId: string,
  outcome: ViewerOutcome,
): Counter {
  const key = `${siteId} ${outcome}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const isFull = known.size >= VIEWER_REQUESTS_MAX && siteId !== OTHER_LABEL;
  const site = isFull ? OTHER_LABEL : siteId;
  const counterOf = (one: ViewerOutcome): Counter =>
    metrics.counter('edge_viewer_requests_total', 'Requests as players saw them', { site, outcome: one });
  // All of a site's at once: to Prometheus, what begins above zero has not grown.
  if (!isFull) for (const one of OUTCOMES) known.set(`${siteId} ${one}`, counterOf(one));
  return counterOf(outcome);
}

/** Makes the counters of an edge. */
export function createEdgeCounters(metrics: Metrics): EdgeCounters {
  const requests = (requestClass: RequestClass, outcome: RequestOutcome): Counter =>
    metrics.counter('edge_requests_total', 'Requests answered by the edge', { class: requestClass, outcome });
  const requested = new Map<string, Counter>();
  const steering = (outcome: 'ok' | 'stale'): Counter =>
    metrics.counter('edge_steering_answers_total', 'Steering answers; stale: control was silent', {
      outcome,
    });
  return {
    hits: metrics.counter('edge_hits_total', 'Objects answered from memory or disk'),
    misses: metrics.counter('edge_misses_total', 'Objects that had to be fetched'),
    bytesSent: metrics.counter('edge_bytes_sent_total', 'Body bytes sent to viewers'),
    viewersCut: metrics.counter('edge_viewers_cut_total', 'Slow viewers cut to keep memory bounded'),
    hitsOf: {
      immutable: requests('immutable', 'hit'),
      growing: requests('growing', 'hit'),
      record: requests('record', 'hit'),
    },
    manifests: requests('manifest', 'hit'),
    stored: requests('immutable', 'disk'),
    request(requestClass, outcome) {
      requests(requestClass, outcome).value += 1;
    },
    originFetches: (regionId) =>
      metrics.counter('edge_origin_fetches_total', 'Requests to origins', { region: regionId }),
    originHedges: (regionId) =>
      metrics.counter('edge_origin_fetches_total', 'Requests to origins', {
        kind: 'hedge',
        region: regionId,
      }),
    mateFetches: (result) =>
      metrics.counter('edge_mate_fetches_total', 'Requests to other edges of the site', { result }),
    mateRequests: (outcome) =>
      metrics.counter('edge_mate_requests_total', 'Requests of other edges of the site', { outcome }),
    shed: (reason, priority) =>
      metrics.counter('edge_shed_total', 'Fetches turned away under overload', { reason, priority }),
    steering: { ok: steering('ok'), stale: steering('stale') },
    cmcd: {
      events: metrics.counter('edge_cmcd_events_total', 'CMCD events that players posted'),
      repeated: metrics.counter('edge_cmcd_repeated_total', 'CMCD events that had been posted before'),
      requests: (siteId, outcome) => viewerRequests(metrics, requested, siteId, outcome),
      old: metrics.counter('edge_cmcd_old_total', 'CMCD events that were too old to be of use'),
    },
    disk: {
      hits: metrics.counter('edge_disk_hits_total', 'Objects answered from disk'),
      writes: metrics.counter('edge_disk_writes_total', 'Objects written to disk'),
      evictions: metrics.counter('edge_disk_evictions_total', 'Objects that made room on disk'),
      corrupt: metrics.counter('edge_disk_corrupt_total', 'Damaged objects found on disk and deleted'),
      errors: metrics.counter('edge_disk_errors_total', 'Operations of the disk cache that failed'),
      dropped: metrics.counter('edge_disk_dropped_total', 'Objects not written, since the disk was behind'),
    },
  };
}

// What an edge counts, as plain numbers: looked up once, raised on the hot path.

import type { CacheClass } from '#contract/peer-api.ts';
import type { Priority } from '#core/overload/limit.ts';
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
  request(requestClass: RequestClass, outcome: RequestOutcome): void;
  originFetches(regionId: string): Counter;
  /** Requests to a second origin, made since the first took long; not among originFetches. */
  originHedges(regionId: string): Counter;
  /** Requests to other edges of the site, by how they ended. */
  mateFetches(result: AttemptResult): Counter;
  /** Requests of other edges of the site. */
  mateRequests(outcome: 'hit' | 'miss' | 'refused'): Counter;
  /** What was turned away under overload. */
  shed(reason: 'fetches' | 'memory', priority: Priority): Counter;
  readonly disk: DiskCounters;
}

/** Makes the counters of an edge. */
export function createEdgeCounters(metrics: Metrics): EdgeCounters {
  const requests = (requestClass: RequestClass, outcome: RequestOutcome): Counter =>
    metrics.counter('edge_requests_total', 'Requests answered by the edge', { class: requestClass, outcome });
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

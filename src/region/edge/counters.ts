// What an edge counts, as plain numbers: looked up once, raised on the hot path.

import type { CacheClass } from '#contract/peer-api.ts';
import type { Counter, Metrics } from '#platform/metrics.ts';

export type RequestClass = CacheClass | 'manifest' | 'steering' | 'page' | 'other';
export type RequestOutcome = 'hit' | 'miss' | 'stale' | 'refused' | 'missing' | 'unavailable';

export interface EdgeCounters {
  readonly hits: Counter;
  readonly misses: Counter;
  readonly bytesSent: Counter;
  readonly viewersCut: Counter;
  /** Hits by class, for the hot path. */
  readonly hitsOf: Readonly<Record<CacheClass, Counter>>;
  request(requestClass: RequestClass, outcome: RequestOutcome): void;
  originFetches(regionId: string): Counter;
}

/** Makes the counters of an edge. */
export function createEdgeCounters(metrics: Metrics): EdgeCounters {
  const requests = (requestClass: RequestClass, outcome: RequestOutcome): Counter =>
    metrics.counter('edge_requests_total', 'Requests answered by the edge', { class: requestClass, outcome });
  return {
    hits: metrics.counter('edge_hits_total', 'Objects answered from memory'),
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
  };
}

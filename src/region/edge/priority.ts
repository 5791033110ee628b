// What a request is worth under overload (law 8): a segment that a viewer is about to see, or one that somebody may
// want later. Prefetches say so: our player with `prefetch=1` in the query, since a header of its own would cost a script
// of another origin a preflight; browsers mark `<link rel=prefetch>` with Sec-Purpose, and fetch() with a low priority as
// `Priority: u=5` and above (RFC 9218 section 4.1).

import type { IncomingMessage } from 'node:http';
import type { Priority } from '#core/overload/limit.ts';
import type { MediaTarget } from './addresses.ts';

/** The priority of a media request. */
export function priorityOf(request: IncomingMessage, target: MediaTarget, query: string): Priority {
  // Playlists are small, and without one nothing plays.
  if (target.kind === 'playlist' || target.kind === 'init') return 'live';
  if (/(?:^|&)prefetch=1(?:&|$)/.test(query)) return 'prefetch';
  const purpose = request.headers['sec-purpose'] ?? request.headers.purpose;
  if (typeof purpose === 'string' && /\bprefetch\b/i.test(purpose)) return 'prefetch';
  const urgency = request.headers.priority;
  return typeof urgency === 'string' && /(?:^|[,\s])u=[567]\b/.test(urgency) ? 'prefetch' : 'video';
}

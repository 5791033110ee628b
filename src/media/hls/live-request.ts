// Delivery directives of a request for a live playlist, and what to do with it: answer, wait, or refuse.
// Source: draft-pantos-hls-rfc8216bis, section 6.2.5.2 (blocking playlist reload) and 6.2.5.1 (_HLS_skip).

export interface LiveDirectives {
  readonly segment: number | undefined;
  readonly part: number | undefined;
  readonly isDelta: boolean;
}

/** The newest that a playlist lists. */
export interface LiveEdge {
  readonly lastSegment: number;
  /** Last part of it. */
  readonly lastPart: number;
  /** Whether the last segment is whole. */
  readonly isWhole: boolean;
  readonly isEnded: boolean;
  readonly partTargetMs: number;
  readonly partsPerSegment: number;
}

export type LiveRequestOutcome =
  | { readonly kind: 'answer' }
  | { readonly kind: 'wait'; readonly segment: number; readonly part: number | undefined }
  | { readonly kind: 'refuse'; readonly reason: string };

/** A request may ask for this many segments beyond the last one; farther ones cannot be right. */
const SEGMENTS_AHEAD_MAX = 2;

function wholeNumber(text: string | null): number | undefined | 'invalid' {
  if (text === null) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : 'invalid';
}

/** Reads the directives of a query; a string says what is wrong with them. */
export function parseDirectives(query: URLSearchParams): LiveDirectives | string {
  const segment = wholeNumber(query.get('_HLS_msn'));
  const part = wholeNumber(query.get('_HLS_part'));
  const skip = query.get('_HLS_skip');
  if (segment === 'invalid') return '_HLS_msn is not a number';
  if (part === 'invalid') return '_HLS_part is not a number';
  if (part !== undefined && segment === undefined) return '_HLS_part comes without _HLS_msn';
  return { segment, part, isDelta: skip === 'YES' || skip === 'v2' };
}

/** Parts that may be asked for beyond the newest one: the Advance Part Limit. */
function partsAheadMax(partTargetMs: number): number {
  return partTargetMs < 1_000 ? Math.ceil(3_000 / partTargetMs) : 3;
}

/** Decides what becomes of a request. */
export function decideLiveRequest(directives: LiveDirectives, edge: LiveEdge): LiveRequestOutcome {
  const { segment, part } = directives;
  if (segment === undefined || edge.isEnded) return { kind: 'answer' };
  if (segment > edge.lastSegment + SEGMENTS_AHEAD_MAX)
    return { kind: 'refuse', reason: `_HLS_msn is more than ${SEGMENTS_AHEAD_MAX} beyond the last segment` };
  if (part !== undefined) {
    const distance =
      (segment - edge.lastSegment) * edge.partsPerSegment +
      Math.min(part, edge.partsPerSegment) -
      edge.lastPart;
    if (distance > partsAheadMax(edge.partTargetMs))
      return { kind: 'refuse', reason: '_HLS_part is too far beyond the newest part' };
  }
  return isListed(segment, part, edge) ? { kind: 'answer' } : { kind: 'wait', segment, part };
}

/**
 * Whether the playlist lists what was asked for. A part past the end of a segment that is whole means the first part
 * of the next one, which is not there yet.
 */
export function isListed(segment: number, part: number | undefined, edge: LiveEdge): boolean {
  if (edge.isEnded || segment < edge.lastSegment) return true;
  if (segment > edge.lastSegment) return false;
  return part === undefined ? edge.isWhole : part <= edge.lastPart;
}

// Fetches init and media segments of one rendition and reads their boxes at once, so that no bytes are kept.

import { CmafError } from '#media/cmaf/cmaf-error.ts';
import { inspectInit, inspectSegment, looksLikeBoxes } from '#media/cmaf/inspect-segment.ts';
import type { DeclaredSegment, InitFacts, SegmentFacts, TrackFacts } from './facts.ts';
import { type Fetcher, mapInParallel } from './fetcher.ts';
import { PARALLEL_MAX } from './limits.ts';

/** Which segments are fetched: all, a sample (the first two, the middle one, the last), the first, or none. */
export type SegmentChoice = 'all' | 'sample' | 'first' | 'none';

/** The positions that a choice means. */
export function chosenIndexes(count: number, choice: SegmentChoice): number[] {
  if (choice === 'all') return Array.from({ length: count }, (_, index) => index);
  if (choice === 'none' || count === 0) return [];
  if (choice === 'first') return [0];
  const wanted = new Set([0, 1, Math.floor(count / 2), count - 1]);
  return [...wanted].filter((index) => index >= 0 && index < count).sort((left, right) => left - right);
}

/** What reading ended with: broken bytes are a problem, bytes of a kind that is not read here are not. */
function outcome(error: unknown): { problem: string | null; unread: string | null } {
  if (!(error instanceof CmafError)) throw error;
  const isForeign = error.kind === 'unsupported' || error.kind === 'too-large';
  return isForeign ? { problem: null, unread: error.message } : { problem: error.message, unread: null };
}

/** Reads the boxes of a segment or part. */
export function inspectBytes(
  bytes: Uint8Array,
  tracks: NonNullable<InitFacts['inspection']>['tracks'],
): Pick<SegmentFacts, 'inspection' | 'problem' | 'unread'> {
  try {
    return { inspection: inspectSegment(bytes, tracks), problem: null, unread: null };
  } catch (error) {
    return { inspection: null, ...outcome(error) };
  }
}

async function fetchInit(fetcher: Fetcher, init: NonNullable<DeclaredSegment['init']>): Promise<InitFacts> {
  const { facts, body } = await fetcher.get(init.url, 'init', init.range);
  const empty = { resource: facts, inspection: null, problem: null, unread: null };
  if (body === null) return { ...empty, unread: facts.failure };
  try {
    return { ...empty, inspection: inspectInit(body) };
  } catch (error) {
    return { ...empty, ...outcome(error) };
  }
}

async function fetchSegment(
  fetcher: Fetcher,
  index: number,
  declared: DeclaredSegment,
  init: InitFacts | null,
): Promise<SegmentFacts> {
  const { facts, body } = await fetcher.get(declared.url, 'segment', declared.range);
  const hasBoxes = body !== null && looksLikeBoxes(body);
  const empty = { index, declared, resource: facts, init, inspection: null, problem: null, hasBoxes };
  const tracks = init?.inspection?.tracks;
  if (body === null) return { ...empty, unread: facts.failure };
  const type = (facts.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  // Captions and storyboards: texts and pictures have no boxes.
  if (/^(text|image)\//.test(type) && !hasBoxes) return { ...empty, unread: `it is ${type}` };
  if (declared.isEncrypted) return { ...empty, unread: 'it is encrypted' };
  if (tracks === undefined)
    return { ...empty, unread: init?.unread ?? 'it has no init segment that can be read' };
  return { ...empty, ...inspectBytes(body, tracks) };
}

/** Fetches the chosen segments of a rendition and the init segments that they need. */
export async function gatherTrack(
  fetcher: Fetcher,
  label: string,
  declared: readonly DeclaredSegment[],
  choice: SegmentChoice,
): Promise<TrackFacts> {
  const inits = new Map<string, InitFacts>();
  const keyOf = ({ url, range }: NonNullable<DeclaredSegment['init']>): string =>
    `${url} ${range?.offset ?? ''} ${range?.length ?? ''}`;
  const indexes = chosenIndexes(declared.length, choice);
  for (const index of indexes) {
    const init = declared[index]?.init ?? null;
    if (init !== null && !inits.has(keyOf(init))) inits.set(keyOf(init), await fetchInit(fetcher, init));
  }
  const segments = await mapInParallel(indexes, PARALLEL_MAX, async (index) => {
    const segment = declared[index];
    if (segment === undefined) return [];
    const init = segment.init === null ? null : (inits.get(keyOf(segment.init)) ?? null);
    return [await fetchSegment(fetcher, index, segment, init)];
  });
  return { label, declared, inits: [...inits.values()], segments: segments.flat() };
}

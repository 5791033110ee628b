// What the modelled edges serve: two videos and a broadcast, as playlists of the product's own writers and as numbers of
// bytes. Levels hold their sound, and parts are a second long: fewer requests tell the same.

import { defined } from '#base/assert.ts';
import { writeLivePlaylist } from '#media/hls/live-playlist.ts';
import { writeMediaPlaylist } from '#media/hls/media-playlist.ts';
import { writeMultivariant } from '#media/hls/multivariant.ts';
import type { MediaPathway, MediaRendition } from '#media/rendition.ts';

export const VIDEO_PATHS = ['/m/default/ast_a/v1/main.m3u8', '/m/default/ast_b/v1/main.m3u8'] as const;
export const LIVE_PATH = '/l/default/brd_a/main.m3u8';
/** The rendition that most lines carry. */
export const TOP_RENDITION = 'v720';

const SEGMENT_MS = 4_000;
const LIVE_SEGMENT_MS = 2_000;
const PART_MS = 1_000;
const PARTS_PER_SEGMENT = LIVE_SEGMENT_MS / PART_MS;
const LIVE_SEGMENTS_LISTED = 6;
const HOLD_BACK_MS = 3_000;
const TIMESCALE = 1_000;
const VIDEO_SEGMENTS = 30;

function rendition(id: string, bandwidthBps: number, width: number, height: number): MediaRendition {
  return {
    id,
    kind: 'video',
    codecs: 'avc1.64001f,mp4a.40.2',
    bandwidthBps,
    averageBandwidthBps: Math.round(bandwidthBps * 0.9),
    width,
    height,
    frameRate: 30,
    timescale: TIMESCALE,
    firstSegment: 0,
    firstTimeTicks: 0,
    durationRuns: [[SEGMENT_MS, VIDEO_SEGMENTS]],
  };
}

const RENDITIONS: readonly MediaRendition[] = [
  rendition('v240', 400_000, 426, 240),
  rendition('v360', 900_000, 640, 360),
  rendition(TOP_RENDITION, 2_000_000, 1_280, 720),
];

/** What a site answers: a text, or so many bytes. */
export type ModelAnswer = {
  readonly object: 'manifest' | 'media';
  readonly bytes: number;
  readonly text: string | undefined;
};

const text = (value: string): ModelAnswer => ({ object: 'manifest', bytes: value.length, text: value });
const media = (bytes: number): ModelAnswer => ({ object: 'media', bytes, text: undefined });

const INIT_BYTES = 900;

/** Writes the multivariant playlist that a site gives out; `folder` is that of the version or the broadcast. */
export function mainPlaylist(folder: string, pathways: readonly MediaPathway[]): ModelAnswer {
  const own = defined(pathways[0], 'a pathway');
  return text(
    writeMultivariant({
      renditions: RENDITIONS,
      pathways: pathways.map(({ id, baseUrl }) => ({ id, baseUrl: `${baseUrl}${folder}` })),
      steeringUri: `${own.baseUrl}/steering/hls.json${folder.startsWith('/l/') ? '?t=live' : ''}`,
    }),
  );
}

function found(id: string | undefined): MediaRendition | undefined {
  return RENDITIONS.find((one) => one.id === id);
}

/** A playlist or a segment of a video by the last two names of its address; undefined when there is none. */
export function videoObject(renditionId: string | undefined, file: string): ModelAnswer | undefined {
  const own = found(renditionId);
  if (own === undefined) return undefined;
  if (file === 'index.m3u8')
    return text(
      writeMediaPlaylist({ rendition: own, segmentDurationMs: SEGMENT_MS, isComplete: true, folder: '.' }),
    );
  return media(file === 'init.mp4' ? INIT_BYTES : (own.averageBandwidthBps * SEGMENT_MS) / 8_000);
}

/** A part of a broadcast by its number since the epoch. */
export function partsBy(epochMs: number): number {
  return Math.floor(epochMs / PART_MS);
}

/** The part that a reload waits for; undefined: it takes what there is. */
export function awaitedPart(query: URLSearchParams): number | undefined {
  const segment = query.get('_HLS_msn');
  if (segment === null) return undefined;
  return Number(segment) * PARTS_PER_SEGMENT + Number(query.get('_HLS_part') ?? PARTS_PER_SEGMENT - 1);
}

/** When a part is there, ms since the epoch. */
export function partEndMs(part: number): number {
  return (part + 1) * PART_MS;
}

const livePlaylists = new Map<number, ModelAnswer>();

/** The playlist of a broadcast of which so many parts are there. */
export function livePlaylist(parts: number): ModelAnswer {
  const known = livePlaylists.get(parts);
  if (known !== undefined) return known;
  const openSegment = Math.floor(parts / PARTS_PER_SEGMENT);
  const openParts = parts % PARTS_PER_SEGMENT;
  const segmentOf = (segment: number, count: number) => ({
    segment,
    startTicks: segment * LIVE_SEGMENT_MS,
    durationTicks: LIVE_SEGMENT_MS,
    isGap: false,
    parts: Array.from({ length: count }, (_, part) => ({
      part,
      durationTicks: PART_MS,
      isIndependent: part === 0,
    })),
  });
  const made = text(
    writeLivePlaylist({
      kind: 'video',
      timescale: TIMESCALE,
      segmentDurationMs: LIVE_SEGMENT_MS,
      partTargetTicks: PART_MS,
      holdBackMs: HOLD_BACK_MS,
      initName: 'init.mp4',
      segments: Array.from({ length: LIVE_SEGMENTS_LISTED }, (_, index) =>
        segmentOf(openSegment - LIVE_SEGMENTS_LISTED + index, PARTS_PER_SEGMENT),
      ),
      open: openParts === 0 ? undefined : segmentOf(openSegment, openParts),
      isEnded: false,
      reports: [],
      isDelta: false,
    }),
  );
  livePlaylists.set(parts, made);
  const [oldest] = livePlaylists.keys();
  if (livePlaylists.size > 64 && oldest !== undefined) livePlaylists.delete(oldest);
  return made;
}

/** A part, a segment or the init of a broadcast. */
export function liveObject(renditionId: string | undefined, file: string): ModelAnswer | undefined {
  const own = found(renditionId);
  if (own === undefined) return undefined;
  if (file === 'init.mp4') return media(INIT_BYTES);
  const durationMs = file.split('.').length === 3 ? PART_MS : LIVE_SEGMENT_MS;
  return media((own.averageBandwidthBps * durationMs) / 8_000);
}

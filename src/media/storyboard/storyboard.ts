// A storyboard: small pictures of a video at even distances, laid side by side on a few sheets, which players show
// while a viewer searches. Short videos get a picture every two seconds; from ten minutes on the number stays and
// the distance grows, so that a storyboard never costs more than about 2 MB and three requests.
//
// Pictures are the key frames of the smallest rendition, one per segment: so the distance is a whole number of
// segments, and making a storyboard costs one decoded frame per picture. A picture is the newest key frame at the middle
// of its stretch. Every stretch begins with a segment, so no two show the same one.

import { cueTime } from '../captions/cue-time.ts';
import type { MediaRendition } from '../rendition.ts';

export interface Storyboard {
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly columns: number;
  readonly rows: number;
  readonly tileCount: number;
  readonly intervalMs: number;
  readonly sheetCount: number;
  /** Of all sheets. */
  readonly bytes: number;
}

export interface StoryboardPlan {
  readonly board: Omit<Storyboard, 'bytes'>;
  /** The segment whose first picture is shown, for each tile. */
  readonly segments: readonly number[];
}

/** Pictures of one storyboard. */
export const TILES_MAX = 300;
/** Longest side of a picture: larger than the finger that covers it. */
const TILE_LONG_SIDE = 192;
/** Least side of a picture: narrower ones show nothing. */
const TILE_SIDE_MIN = 32;
/** Ten by ten: a sheet of 1920 × 1080, which every decoder takes. */
const SHEET_COLUMNS = 10;
const SHEET_ROWS = 10;

type PictureRendition = Pick<
  MediaRendition,
  'width' | 'height' | 'timescale' | 'firstSegment' | 'firstTimeTicks' | 'durationRuns'
>;

/** When each segment of a rendition begins in the presentation, and when the last one ends. */
export function segmentTimes(
  rendition: PictureRendition,
  timelineStartMs: number,
): { readonly startsMs: readonly number[]; readonly endMs: number } {
  const startsMs: number[] = [];
  let ticks = rendition.firstTimeTicks;
  const toMs = (): number => (ticks * 1_000) / rendition.timescale - timelineStartMs;
  for (const [duration, count] of rendition.durationRuns)
    for (let index = 0; index < count; index += 1) {
      startsMs.push(toMs());
      ticks += duration;
    }
  return { startsMs, endMs: toMs() };
}

/** Index of the last segment that has begun at a time; starts are sorted and there is one at least. */
export function segmentAt(startsMs: readonly number[], timeMs: number): number {
  return Math.max(
    0,
    // A millisecond of grace: lengths of segments are seldom whole ones.
    startsMs.findLastIndex((startMs) => startMs <= timeMs + 1),
  );
}

/** Plans the storyboard of a video from its smallest rendition; null when there is nothing to show. */
export function planStoryboard(input: {
  readonly rendition: PictureRendition;
  readonly timelineStartMs: number;
  readonly segmentDurationMs: number;
  /** Of the presentation: sound may go on behind the last picture. */
  readonly durationMs: number;
}): StoryboardPlan | null {
  const { rendition, timelineStartMs, segmentDurationMs, durationMs } = input;
  const { width = 0, height = 0, firstSegment } = rendition;
  const { startsMs, endMs } = segmentTimes(rendition, timelineStartMs);
  if (startsMs.length === 0 || !(endMs > 0) || width < 1 || height < 1) return null;
  const scale = TILE_LONG_SIDE / Math.max(width, height);
  const side = (value: number): number => Math.max(TILE_SIDE_MIN, Math.round((value * scale) / 2) * 2);
  const segmentsPerTile = Math.max(1, Math.ceil(endMs / segmentDurationMs / TILES_MAX));
  const intervalMs = segmentsPerTile * segmentDurationMs;
  const tileCount = Math.min(TILES_MAX, Math.ceil((endMs - 1) / intervalMs));
  const segments = Array.from(
    { length: Math.max(1, tileCount) },
    (_, tile) => firstSegment + segmentAt(startsMs, (tile + 0.5) * intervalMs),
  );
  // DASH counts sheets by their length, so they must reach to the end of the presentation.
  const places = Math.max(segments.length, Math.ceil((durationMs - 1) / intervalMs));
  const columns = Math.min(SHEET_COLUMNS, places);
  const rows = Math.min(SHEET_ROWS, Math.ceil(places / columns));
  const board = {
    tileWidth: side(width),
    tileHeight: side(height),
    columns,
    rows,
    tileCount: segments.length,
    intervalMs,
    sheetCount: Math.ceil(segments.length / (columns * rows)),
  };
  return { board, segments };
}

/** File of a sheet below the version; `folder` is that of the attempt. */
export function sheetName(folder: string, sheet: number | '$Number$'): string {
  return `${folder}/storyboard/${sheet}.jpg`;
}

/**
 * The thumbnails track: a cue per picture that names its place on its sheet. Addresses are relative to
 * `storyboard.vtt` of the version, so that a token in the path is kept.
 */
export function writeStoryboardTrack(
  storyboard: Omit<Storyboard, 'bytes'>,
  folder: string,
  durationMs: number,
): string {
  const { columns, rows, tileWidth, tileHeight, tileCount, intervalMs } = storyboard;
  const blocks = Array.from({ length: tileCount }, (_, tile) => {
    const place = tile % (columns * rows);
    const x = (place % columns) * tileWidth;
    const y = Math.floor(place / columns) * tileHeight;
    const startMs = tile * intervalMs;
    const endMs = tile === tileCount - 1 ? durationMs : startMs + intervalMs;
    const sheet = sheetName(folder, Math.floor(tile / (columns * rows)));
    const times = `${cueTime(startMs)} --> ${cueTime(Math.max(startMs + 1, endMs))}`;
    return `${times}\n${sheet}#xywh=${x},${y},${tileWidth},${tileHeight}\n`;
  });
  return ['WEBVTT\n', ...blocks].join('\n');
}

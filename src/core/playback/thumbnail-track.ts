// Reads a thumbnails track: WebVTT cues that name a picture and a place on it (#xywh=…, W3C Media Fragments 4.2.2).
// Whatever is not of that form is left out.

export type Tile = {
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Absolute address of the sheet. */
  readonly url: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** More pictures than this help nobody and are no track of ours. */
const TILES_MAX = 2_000;
/** A picture in a bubble is not larger. */
const SIDE_MAX = 1_024;

/** An address below the folder of the track; what is absolute stays as it is. */
function resolve(address: string, baseUrl: string): string {
  if (/^[a-z]+:\/\//i.test(address)) return address;
  return `${baseUrl.slice(0, baseUrl.lastIndexOf('/') + 1)}${address}`;
}

function secondsOf(text: string): number {
  return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** The pictures of a track that was fetched from `baseUrl`, in order. */
export function readThumbnailTrack(text: string, baseUrl: string): readonly Tile[] {
  if (!text.startsWith('WEBVTT')) return [];
  const tiles: Tile[] = [];
  const cue =
    /^((?:\d+:)?\d{2}:\d{2}\.\d{3}) --> ((?:\d+:)?\d{2}:\d{2}\.\d{3}).*\n(.+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm;
  for (const match of text.replaceAll('\r', '').matchAll(cue)) {
    const [, start = '', end = '', address = ''] = match;
    const [x = 0, y = 0, width = 0, height = 0] = match.slice(4).map(Number);
    if (width < 1 || height < 1 || Math.max(width, height) > SIDE_MAX) continue;
    const times = { startSeconds: secondsOf(start), endSeconds: secondsOf(end) };
    tiles.push({ ...times, url: resolve(address, baseUrl), x, y, width, height });
    if (tiles.length >= TILES_MAX) break;
  }
  return tiles;
}

/** The picture of a time: the last one that begins before it; undefined without any. */
export function tileAt(tiles: readonly Tile[], seconds: number): Tile | undefined {
  return tiles.findLast((tile) => tile.startSeconds <= seconds) ?? tiles[0];
}

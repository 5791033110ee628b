// The picture above the seek bar: fetched when a viewer first reaches for the bar, from any pathway of the video, so
// that it outlives a region too. Sheets arrive whole and stay as long as the player does: a few hundred kB each.

import { readThumbnailTrack, type Tile, tileAt } from '../../../src/core/playback/thumbnail-track.ts';
import type { Engine } from '../engine.ts';
import { make } from './dom.ts';

/** A storyboard that was not there yet (the video is still being processed) is asked for again after this. */
const RETRY_MS = 10_000;
/** A viewer who searches does not wait longer for a picture. */
const TIMEOUT_MS = 4_000;
/** Sheets in memory; the longest storyboard of ours has three. */
const SHEETS_MAX = 24;

export type Thumbnails = {
  readonly element: HTMLElement;
  /** Begins to fetch what is needed. */
  readonly prepare: () => void;
  /** Shows the picture of a time; returns its width in pixels, 0 without one. */
  readonly show: (seconds: number) => number;
  readonly destroy: () => void;
};

/** Where the thumbnails track of a presentation of ours lies. */
export function storyboardUrlOf(src: string): string | undefined {
  const url = new URL(src, location.href);
  if (!url.pathname.endsWith('/main.m3u8')) return undefined;
  url.pathname = url.pathname.replace(/main\.m3u8$/, 'storyboard.vtt');
  url.search = '';
  return url.href;
}

/** Fetches from the first pathway that has it. Failures here say nothing about the video, so nobody is told. */
async function fetchAnywhere(addresses: readonly string[]): Promise<ArrayBuffer> {
  for (const address of addresses) {
    try {
      const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (response.ok) return await response.arrayBuffer();
    } catch {
      // The next pathway may answer.
    }
  }
  throw new Error('no pathway has it');
}

/** Creates the pictures of an engine's presentation. */
export function createThumbnails(engine: () => Engine): Thumbnails {
  const picture = make('div', { class: 'thumb', hidden: true });
  const sheets = new Map<string, string | null>();
  let tiles: readonly Tile[] = [];
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let wantedSeconds = 0;
  let isDestroyed = false;

  const prepare = (): void => {
    const url = storyboardUrlOf(engine().src);
    if (url === undefined || tiles.length > 0 || performance.now() - askedAtMs < RETRY_MS) return;
    askedAtMs = performance.now();
    fetchAnywhere(engine().addresses(url)).then(
      (body) => {
        tiles = readThumbnailTrack(new TextDecoder().decode(body), url);
        show(wantedSeconds);
      },
      () => undefined,
    );
  };
  const load = (url: string): void => {
    if (sheets.has(url) || sheets.size >= SHEETS_MAX) return;
    sheets.set(url, null);
    fetchAnywhere(engine().addresses(url)).then(
      (body) => {
        if (isDestroyed) return;
        sheets.set(url, URL.createObjectURL(new Blob([body], { type: 'image/jpeg' })));
        show(wantedSeconds);
      },
      () => sheets.delete(url),
    );
  };
  const show = (seconds: number): number => {
    wantedSeconds = seconds;
    const tile = tileAt(tiles, seconds);
    if (tile !== undefined) load(tile.url);
    const sheet = tile === undefined ? undefined : sheets.get(tile.url);
    picture.hidden = tile === undefined;
    if (tile === undefined) return 0;
    picture.style.width = `${tile.width}px`;
    picture.style.height = `${tile.height}px`;
    picture.style.backgroundImage = typeof sheet === 'string' ? `url("${sheet}")` : 'none';
    picture.style.backgroundPosition = `-${tile.x}px -${tile.y}px`;
    return tile.width;
  };

  return {
    element: picture,
    prepare,
    show,
    destroy: () => {
      isDestroyed = true;
      for (const sheet of sheets.values()) if (sheet !== null) URL.revokeObjectURL(sheet);
      sheets.clear();
    },
  };
}

// Addresses at an edge, parsed strictly: what does not look exactly like one of ours names nothing.
// The table is in docs/architecture.md. Hits never come here: the cache knows their addresses by heart.

/** What a media address asks for, below `/m/{project}/{asset}/v{version}/` or `…/current/`. */
export type MediaTarget =
  | { readonly kind: 'multivariant' | 'dash' | 'status' | 'storyboard' }
  | { readonly kind: 'poster' | 'preview' }
  | { readonly kind: 'captions'; readonly trackId: string }
  /** A small file that the record names. */
  | { readonly kind: 'file' }
  | { readonly kind: 'sheet'; readonly attempt: number }
  | { readonly kind: 'playlist'; readonly renditionId: string }
  | { readonly kind: 'init'; readonly attempt: number; readonly renditionId: string }
  | { readonly kind: 'segment'; readonly attempt: number; readonly renditionId: string };

export interface MediaAddress {
  readonly projectId: string;
  readonly assetId: string;
  readonly version: number;
  /** Below the version, as written. */
  readonly rest: string;
  readonly target: MediaTarget;
}

/** An address as it is written: `current` is whatever version the asset has now. */
export interface WrittenAddress extends Omit<MediaAddress, 'version'> {
  readonly version: number | 'current';
}

const MEDIA =
  /^\/m\/([a-z0-9][a-z0-9-]{0,62})\/(ast_[0-9a-z]{26})\/(?:v([1-9]\d{0,8})|current)\/([a-z0-9./-]{1,100})$/;
const PLAYLIST = /^([a-z0-9-]{1,32})\/index\.m3u8$/;
const IMMUTABLE = /^a([1-9]\d{0,8})\/([a-z0-9-]{1,32})\/(init\.mp4|(?:0|[1-9]\d{0,11})\.m4s)$/;

const CAPTIONS = /^captions\/((?:subtitles|captions)-[a-z0-9-]{2,36})\/index\.m3u8$/;
const FILE = /^files\/[0-9a-f]{64}(?:(?:-t(?:0|[1-9]\d{0,8}))?\.vtt|\.jpg)$/;
const SHEET = /^a([1-9]\d{0,8})\/storyboard\/(?:0|[1-9]\d{0,3})\.jpg$/;

type Single = 'multivariant' | 'dash' | 'poster' | 'preview' | 'status' | 'storyboard';
const SINGLE: Readonly<Record<string, Single>> = {
  'main.m3u8': 'multivariant',
  'manifest.mpd': 'dash',
  'poster.jpg': 'poster',
  'preview.mp4': 'preview',
  'storyboard.vtt': 'storyboard',
  'status.json': 'status',
};

const CURRENT_KINDS: ReadonlySet<string> = new Set(Object.values(SINGLE));

/** Parses the path of a media address (without token and query); undefined when it is not one. */
export function parseMediaAddress(path: string): WrittenAddress | undefined {
  const match = MEDIA.exec(path);
  if (match === null) return undefined;
  const [, projectId = '', assetId = '', number, rest = ''] = match;
  const target = parseTarget(rest);
  // What never changes, and what names it by relative addresses, has its place below a version alone.
  if (target === undefined || (number === undefined && !CURRENT_KINDS.has(target.kind))) return undefined;
  return { projectId, assetId, version: number === undefined ? 'current' : Number(number), rest, target };
}

function parseTarget(rest: string): MediaTarget | undefined {
  const single = Object.hasOwn(SINGLE, rest) ? SINGLE[rest] : undefined;
  if (single !== undefined) return { kind: single };
  const renditionId = PLAYLIST.exec(rest)?.[1];
  if (renditionId !== undefined) return { kind: 'playlist', renditionId };
  const trackId = CAPTIONS.exec(rest)?.[1];
  if (trackId !== undefined) return { kind: 'captions', trackId };
  if (FILE.test(rest)) return { kind: 'file' };
  const sheet = SHEET.exec(rest)?.[1];
  if (sheet !== undefined) return { kind: 'sheet', attempt: Number(sheet) };
  const immutable = IMMUTABLE.exec(rest);
  if (immutable === null) return undefined;
  const [, attempt = '', rendition = '', file = ''] = immutable;
  const kind = file === 'init.mp4' ? 'init' : 'segment';
  return { kind, attempt: Number(attempt), renditionId: rendition };
}

/** Whether a path holds nothing but what our addresses are made of; else it is refused before anything looks at it. */
export function isPlainPath(path: string): boolean {
  return /^\/[A-Za-z0-9._~/-]*$/.test(path) && !path.includes('//') && !/(?:^|\/)\.{1,2}(?:\/|$)/.test(path);
}

/** Content type by file name. */
export function contentTypeOf(path: string): string {
  const extension = path.slice(path.lastIndexOf('.') + 1);
  return Object.hasOwn(CONTENT_TYPES, extension)
    ? (CONTENT_TYPES[extension] ?? 'application/octet-stream')
    : 'application/octet-stream';
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  m3u8: 'application/vnd.apple.mpegurl',
  mpd: 'application/dash+xml',
  m4s: 'video/iso.segment',
  mp4: 'video/mp4',
  jpg: 'image/jpeg',
  json: 'application/json',
  vtt: 'text/vtt; charset=utf-8',
};

/** Where players post what they tell of themselves (CMCD event mode). */
export const EVENTS_PATH = '/cmcd';

/** Whether an address, with or without a query, is that of posted events. */
export function isEventsAddress(url: string): boolean {
  return url === EVENTS_PATH || url.startsWith(`${EVENTS_PATH}?`);
}

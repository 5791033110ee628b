// Addresses of broadcasts at an edge, parsed strictly, below `/l/{project}/{broadcast}/`. The table is in
// docs/architecture.md. The name of an init segment carries its checksum, so that it may be kept for ever.

export type LiveTarget =
  | { readonly kind: 'multivariant' | 'dash' | 'status' }
  | { readonly kind: 'playlist'; readonly renditionId: string }
  | { readonly kind: 'init'; readonly renditionId: string; readonly hash: string }
  | { readonly kind: 'segment'; readonly renditionId: string; readonly segment: number }
  | { readonly kind: 'part'; readonly renditionId: string; readonly segment: number; readonly part: number };

export interface LiveAddress {
  readonly projectId: string;
  readonly broadcastId: string;
  readonly target: LiveTarget;
}

const LIVE = /^\/l\/([a-z0-9][a-z0-9-]{0,62})\/(brd_[0-9a-z]{26})\/([a-z0-9./-]{1,100})$/;
const FILE =
  /^([a-z0-9-]{1,32})\/(?:(index\.m3u8)|init-([0-9a-f]{16})\.mp4|(0|[1-9]\d{0,14})(?:\.(0|[1-9]\d{0,2}))?\.m4s)$/;

const SINGLE: Readonly<Record<string, 'multivariant' | 'dash' | 'status'>> = {
  'main.m3u8': 'multivariant',
  'manifest.mpd': 'dash',
  'status.json': 'status',
};

/** Parses the path of a live address (without token and query); undefined when it is not one. */
export function parseLiveAddress(path: string): LiveAddress | undefined {
  const match = LIVE.exec(path);
  if (match === null) return undefined;
  const [, projectId = '', broadcastId = '', rest = ''] = match;
  const target = parseTarget(rest);
  return target === undefined ? undefined : { projectId, broadcastId, target };
}

function parseTarget(rest: string): LiveTarget | undefined {
  const single = Object.hasOwn(SINGLE, rest) ? SINGLE[rest] : undefined;
  if (single !== undefined) return { kind: single };
  const match = FILE.exec(rest);
  if (match === null) return undefined;
  const [, renditionId = '', playlist, hash, segment, part] = match;
  if (playlist !== undefined) return { kind: 'playlist', renditionId };
  if (hash !== undefined) return { kind: 'init', renditionId, hash };
  if (part === undefined) return { kind: 'segment', renditionId, segment: Number(segment) };
  return { kind: 'part', renditionId, segment: Number(segment), part: Number(part) };
}

/** The path of a part, as `parseLiveAddress` reads it. */
export function livePartPath(
  projectId: string,
  broadcastId: string,
  renditionId: string,
  { segment, part }: { readonly segment: number; readonly part: number },
): string {
  return `/l/${projectId}/${broadcastId}/${renditionId}/${segment}.${part}.m4s`;
}

/** Name of an init segment, relative to its playlist. */
export function initName(initSha256: string): string {
  return `init-${initSha256.slice(0, 16)}.mp4`;
}

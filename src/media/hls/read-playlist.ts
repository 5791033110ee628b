// Reads the playlists that a viewer needs, and no more of them than a viewer needs: variants per pathway, their audio,
// the steering address; segments with their times. It forgives what it does not know, as players do; judging a
// presentation is the checker's work.
// Source: draft-pantos-hls-rfc8216bis, sections 4.2 (attribute lists), 4.4.4 (segments), 4.4.6 (multivariant).

export type ReadVariant = {
  readonly pathwayId: string;
  /** STABLE-VARIANT-ID, else its place among the pathway's variants. */
  readonly key: string;
  readonly bandwidthBps: number;
  readonly averageBandwidthBps: number;
  readonly frameRate: number;
  readonly height: number;
  readonly url: string;
  readonly audioGroup: string | undefined;
};

export type ReadAudio = {
  readonly group: string;
  /** STABLE-RENDITION-ID, else its name. */
  readonly key: string;
  readonly isDefault: boolean;
  /** Undefined: the variant stream itself holds it. */
  readonly url: string | undefined;
};

export type ReadMultivariant = {
  readonly variants: readonly ReadVariant[];
  readonly audio: readonly ReadAudio[];
  readonly steeringUrl: string | undefined;
  readonly steeringPathwayId: string | undefined;
};

export type ReadSegment = {
  readonly startSeconds: number;
  readonly durationSeconds: number;
  /** As written: relative to the address of the playlist. */
  readonly uri: string;
};

export type ReadMediaPlaylist = {
  readonly targetDurationSeconds: number;
  readonly segments: readonly ReadSegment[];
  readonly initUri: string | undefined;
  readonly durationSeconds: number;
  readonly isEnded: boolean;
};

/** More lines than this are no playlist of a video that anybody watches in one piece (20 h of 2 s segments). */
const LINES_MAX = 100_000;
/** Pathway of variants that name none (section 4.4.6.2). */
const DEFAULT_PATHWAY = '.';

function linesOf(text: string): readonly string[] | undefined {
  const lines = text.split(/\r?\n/, LINES_MAX);
  return lines[0]?.trim() === '#EXTM3U' ? lines : undefined;
}

/** An attribute list by name; quotes are removed. */
function attributesOf(line: string): ReadonlyMap<string, string> {
  const list = line.slice(line.indexOf(':') + 1);
  const found = new Map<string, string>();
  for (const match of list.matchAll(/([A-Z0-9-]+)=(?:"([^"]*)"|([^,]*))/g))
    found.set(match[1] ?? '', match[2] ?? match[3] ?? '');
  return found;
}

function absolute(uri: string, base: string): string | undefined {
  return URL.canParse(uri, base) ? new URL(uri, base).href : undefined;
}

/** Reads a multivariant playlist fetched from `url`; undefined when it is none. */
export function readMultivariant(text: string, url: string): ReadMultivariant | undefined {
  const lines = linesOf(text);
  if (lines === undefined) return undefined;
  const variants: ReadVariant[] = [];
  const audio: ReadAudio[] = [];
  const counts = new Map<string, number>();
  let steering: ReadonlyMap<string, string> | undefined;
  let pending: ReadonlyMap<string, string> | undefined;
  for (const line of lines) {
    if (line.startsWith('#EXT-X-STREAM-INF:')) pending = attributesOf(line);
    else if (line.startsWith('#EXT-X-CONTENT-STEERING:')) steering = attributesOf(line);
    else if (line.startsWith('#EXT-X-MEDIA:')) audio.push(...audioOf(attributesOf(line), url));
    else if (pending !== undefined && line !== '' && !line.startsWith('#')) {
      const address = absolute(line.trim(), url);
      const pathwayId = pending.get('PATHWAY-ID') ?? DEFAULT_PATHWAY;
      const place = counts.get(pathwayId) ?? 0;
      counts.set(pathwayId, place + 1);
      if (address !== undefined) variants.push(variantOf(pending, pathwayId, place, address));
      pending = undefined;
    }
  }
  const server = steering?.get('SERVER-URI');
  return variants.length === 0
    ? undefined
    : {
        variants,
        audio,
        steeringUrl: server === undefined ? undefined : absolute(server, url),
        steeringPathwayId: steering?.get('PATHWAY-ID'),
      };
}

function audioOf(attributes: ReadonlyMap<string, string>, url: string): readonly ReadAudio[] {
  const group = attributes.get('GROUP-ID');
  if (attributes.get('TYPE') !== 'AUDIO' || group === undefined) return [];
  const uri = attributes.get('URI');
  return [
    {
      group,
      key: attributes.get('STABLE-RENDITION-ID') ?? attributes.get('NAME') ?? '',
      isDefault: attributes.get('DEFAULT') === 'YES',
      url: uri === undefined ? undefined : absolute(uri, url),
    },
  ];
}

function variantOf(
  attributes: ReadonlyMap<string, string>,
  pathwayId: string,
  place: number,
  url: string,
): ReadVariant {
  const bandwidthBps = Number(attributes.get('BANDWIDTH') ?? 0) || 0;
  return {
    pathwayId,
    key: attributes.get('STABLE-VARIANT-ID') ?? String(place),
    bandwidthBps,
    averageBandwidthBps: Number(attributes.get('AVERAGE-BANDWIDTH') ?? 0) || bandwidthBps,
    frameRate: Number(attributes.get('FRAME-RATE') ?? 0) || 0,
    height: Number(attributes.get('RESOLUTION')?.split('x')[1] ?? 0) || 0,
    url,
    audioGroup: attributes.get('AUDIO'),
  };
}

/** Reads a media playlist; undefined when it is none. */
export function readMediaPlaylist(text: string): ReadMediaPlaylist | undefined {
  const lines = linesOf(text);
  if (lines === undefined) return undefined;
  const segments: ReadSegment[] = [];
  let startSeconds = 0;
  let durationSeconds: number | undefined;
  let targetDurationSeconds = 0;
  let initUri: string | undefined;
  let isEnded = false;
  for (const line of lines) {
    if (line.startsWith('#EXTINF:')) durationSeconds = Number.parseFloat(line.slice(8)) || 0;
    else if (line.startsWith('#EXT-X-TARGETDURATION:')) targetDurationSeconds = Number(line.slice(22)) || 0;
    else if (line.startsWith('#EXT-X-MAP:')) initUri ??= attributesOf(line).get('URI');
    else if (line.startsWith('#EXT-X-ENDLIST')) isEnded = true;
    else if (durationSeconds !== undefined && line !== '' && !line.startsWith('#')) {
      segments.push({ startSeconds, durationSeconds, uri: line.trim() });
      startSeconds += durationSeconds;
      durationSeconds = undefined;
    }
  }
  if (targetDurationSeconds === 0) return undefined;
  return { targetDurationSeconds, segments, initUri, durationSeconds: startSeconds, isEnded };
}

// What a viewer needs of a playlist, and no more: variants per pathway with absolute addresses, their audio, the
// steering address; segments with their times. It forgives what players forgive; judging is the checker's work.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.4 (segments) and 4.4.6 (multivariant).

import type { ParsedMediaPlaylist, ParsedSegment } from '#media/hls/parse-media-playlist.ts';
import type { ParsedRendition, ParsedVariant } from '#media/hls/parse-multivariant.ts';
import { parsePlaylist } from '#media/hls/parse-playlist.ts';

export type ReadVariant = {
  readonly pathwayId: string;
  /** STABLE-VARIANT-ID, else its place among the pathway's variants. */
  readonly key: string;
  readonly bandwidthBps: number;
  readonly averageBandwidthBps: number;
  readonly height: number;
  readonly url: string;
  readonly audioGroup: string | undefined;
  /** RFC 6381; empty when there is no CODECS. */
  readonly codecs: readonly string[];
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

export type ReadMediaPlaylist = Pick<ParsedMediaPlaylist, 'durationSeconds' | 'isEnded'> & {
  readonly targetDurationSeconds: number;
  readonly segments: readonly Pick<ParsedSegment, 'startSeconds' | 'durationSeconds' | 'uri'>[];
  readonly initUri: string | undefined;
};

function absolute(uri: string | null, base: string): string | undefined {
  return uri !== null && URL.canParse(uri, base) ? new URL(uri, base).href : undefined;
}

/** Reads a multivariant playlist fetched from `url`; undefined when it is none. */
export function readMultivariant(text: string, url: string): ReadMultivariant | undefined {
  const playlist = parsePlaylist(text, { query: new Map(new URL(url).searchParams) });
  if (!playlist.isPlaylist || playlist.kind !== 'multivariant') return undefined;
  const counts = new Map<string, number>();
  const variants = playlist.variants.flatMap((variant) => {
    const place = counts.get(variant.pathwayId) ?? 0;
    counts.set(variant.pathwayId, place + 1);
    const address = absolute(variant.uri, url);
    return address === undefined ? [] : [variantOf(variant, place, address)];
  });
  if (variants.length === 0) return undefined;
  return {
    variants,
    audio: playlist.renditions
      .filter(({ type, groupId }) => type === 'AUDIO' && groupId !== '')
      .map((rendition) => audioOf(rendition, url)),
    steeringUrl: absolute(playlist.steering?.serverUri ?? null, url),
    steeringPathwayId: playlist.steering?.pathwayId ?? undefined,
  };
}

function audioOf({ groupId, stableId, name, isDefault, uri }: ParsedRendition, url: string): ReadAudio {
  return { group: groupId, key: stableId ?? name, isDefault, url: absolute(uri, url) };
}

function variantOf(variant: ParsedVariant, place: number, url: string): ReadVariant {
  const bandwidthBps = variant.bandwidthBps ?? 0;
  return {
    pathwayId: variant.pathwayId,
    key: variant.stableId ?? String(place),
    bandwidthBps,
    averageBandwidthBps: variant.averageBandwidthBps ?? bandwidthBps,
    height: variant.resolution?.height ?? 0,
    url,
    audioGroup: variant.audioGroupId ?? undefined,
    codecs: variant.codecs ?? [],
  };
}

/** Reads a media playlist; undefined when it is none. */
export function readMediaPlaylist(text: string): ReadMediaPlaylist | undefined {
  const playlist = parsePlaylist(text);
  if (!playlist.isPlaylist || playlist.kind !== 'media') return undefined;
  const { targetDurationSeconds, segments, durationSeconds, isEnded } = playlist;
  if (targetDurationSeconds === null) return undefined;
  return { targetDurationSeconds, segments, initUri: segments[0]?.map?.uri, durationSeconds, isEnded };
}

// One presentation as a viewer uses it: levels by bandwidth and one audio track, each with its playlist's address on
// every pathway. An object's address on another pathway is its relative name under that pathway's playlist.

import type { LivePlaylist } from './read-live-playlist.ts';
import type { ReadAudio, ReadMediaPlaylist, ReadMultivariant, ReadVariant } from './read-playlist.ts';

/** Where an object can be asked for, by pathway. */
export type Addresses = ReadonlyMap<string, string>;

export type PresentationLevel = {
  readonly key: string;
  readonly bandwidthBps: number;
  readonly averageBandwidthBps: number;
  readonly height: number;
  readonly playlists: Addresses;
};

export type Presentation = {
  /** Ascending by bandwidth. */
  readonly levels: readonly PresentationLevel[];
  /** Playlists of the audio track; undefined when levels hold the sound, or there is none. */
  readonly audio: Addresses | undefined;
  readonly pathwayIds: readonly string[];
  readonly preferred: string;
  readonly steeringUrl: string | undefined;
};

/** What an answer held; undefined when it was only counted, or was not what was asked for. */
export type Content =
  | { readonly type: 'presentation'; readonly presentation: Presentation }
  | { readonly type: 'playlist'; readonly playlist: ReadMediaPlaylist }
  | { readonly type: 'live'; readonly playlist: LivePlaylist }
  | undefined;

/** Joins what the pathways list of the same renditions; a rendition missing at the preferred one is left out. */
export function presentationOf(read: ReadMultivariant): Presentation {
  const listed = [...new Set(read.variants.map(({ pathwayId }) => pathwayId))];
  const wanted = read.steeringPathwayId;
  const preferred = wanted !== undefined && listed.includes(wanted) ? wanted : (listed[0] ?? '.');
  const listedThere = read.variants.filter(({ pathwayId }) => pathwayId === preferred);
  // A player stays within one family of codecs; this one decodes what is listed first, which everybody does.
  const own = listedThere.filter(({ codecs }) => familyOf(codecs) === familyOf(listedThere[0]?.codecs ?? []));
  const levels = own
    .map((variant) => levelOf(variant, read.variants))
    .sort((a, b) => a.bandwidthBps - b.bandwidthBps);
  const pathwayIds = [preferred, ...listed.filter((pathwayId) => pathwayId !== preferred)];
  return { levels, audio: audioOf(read, own[0]), pathwayIds, preferred, steeringUrl: read.steeringUrl };
}

/** Sample entries without profiles and levels, e.g. avc1,mp4a. */
function familyOf(codecs: readonly string[]): string {
  const entries = codecs.map((codec) => codec.trim().split('.')[0] ?? '');
  return [...new Set(entries)].sort().join(',');
}

function levelOf(own: ReadVariant, variants: readonly ReadVariant[]): PresentationLevel {
  const copies = variants.filter(({ key }) => key === own.key);
  return {
    key: own.key,
    bandwidthBps: own.bandwidthBps,
    averageBandwidthBps: own.averageBandwidthBps,
    height: own.height,
    playlists: new Map(copies.map(({ pathwayId, url }) => [pathwayId, url])),
  };
}

/** The default track of the group, else its first; the same track in the groups of the other pathways. */
function audioOf(read: ReadMultivariant, own: ReadVariant | undefined): Addresses | undefined {
  const inGroup = read.audio.filter(({ group }) => group === own?.audioGroup);
  const track = inGroup.find(({ isDefault }) => isDefault) ?? inGroup[0];
  if (track?.url === undefined) return undefined;
  const copyIn = (group: string | undefined): ReadAudio | undefined =>
    read.audio.find((candidate) => candidate.group === group && candidate.key === track.key);
  const addresses = new Map<string, string>();
  for (const { pathwayId, audioGroup } of read.variants) {
    const url = copyIn(audioGroup)?.url;
    if (url !== undefined && !addresses.has(pathwayId)) addresses.set(pathwayId, url);
  }
  return addresses;
}

/** The addresses of an object that a playlist names. */
export function addressesUnder(playlists: Addresses, uri: string): Addresses {
  const addresses = new Map<string, string>();
  for (const [pathwayId, url] of playlists)
    if (URL.canParse(uri, url)) addresses.set(pathwayId, new URL(uri, url).href);
  return addresses;
}

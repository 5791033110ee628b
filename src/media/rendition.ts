// What playlists and manifests are written from: a rendition as the media document describes it.

/** A segment of audio may be longer than planned by the tolerance of the grid (50 ms) and one AAC frame (21 ms). */
export const SEGMENT_EXCESS_MS_MAX = 80;

export interface MediaRendition {
  readonly id: string;
  readonly kind: 'video' | 'audio';
  /** RFC 6381. */
  readonly codecs: string;
  /** Peak of any segment. */
  readonly bandwidthBps: number;
  readonly averageBandwidthBps: number;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly frameRate?: number | undefined;
  readonly language?: string | undefined;
  readonly name?: string | undefined;
  readonly isDefault?: boolean | undefined;
  readonly channels?: number | undefined;
  readonly sampleRate?: number | undefined;
  readonly timescale: number;
  readonly firstSegment: number;
  readonly firstTimeTicks: number;
  /** Segment durations, run-length coded: [ticks, count]. */
  readonly durationRuns: readonly (readonly [number, number])[];
}

/** A name behind which the same bytes are served; the first one is where a player starts. */
export interface MediaPathway {
  readonly id: string;
  /** Absolute address of the asset's version at this pathway, without a slash at the end. */
  readonly baseUrl: string;
}

/** How many segments a rendition has published. */
export function segmentCount(rendition: Pick<MediaRendition, 'durationRuns'>): number {
  return rendition.durationRuns.reduce((sum, [, count]) => sum + count, 0);
}

/** How many ticks a rendition has published. */
export function durationTicks(rendition: Pick<MediaRendition, 'durationRuns'>): number {
  return rendition.durationRuns.reduce((sum, [ticks, count]) => sum + ticks * count, 0);
}

/** Appends one segment to run-length coded durations. */
export function appendDuration(runs: (readonly [number, number])[], ticks: number): void {
  const last = runs.at(-1);
  if (last !== undefined && last[0] === ticks) runs[runs.length - 1] = [ticks, last[1] + 1];
  else runs.push([ticks, 1]);
}

/** Sample entries of the codecs there are, in the order in which families are named: what every player takes is first. */
const FAMILIES: readonly (readonly string[])[] = [['avc1', 'avc3'], ['av01'], ['hvc1', 'hev1']];

function familyOf({ codecs }: Pick<MediaRendition, 'codecs'>): number {
  const at = FAMILIES.findIndex((entries) => entries.includes(codecs.split('.')[0] ?? ''));
  return at === -1 ? FAMILIES.length : at;
}

/**
 * Video by family of codecs, since a player stays within one: H.264 first, then what not everybody decodes. Within a
 * family the largest is first, as players without an estimate expect to choose from.
 */
export function videoFamilies<R extends MediaRendition>(renditions: readonly R[]): R[][] {
  const families = new Map<number, R[]>();
  const video = renditions.filter(({ kind }) => kind === 'video');
  for (const rendition of video.sort((left, right) => right.bandwidthBps - left.bandwidthBps)) {
    const family = familyOf(rendition);
    families.set(family, [...(families.get(family) ?? []), rendition]);
  }
  return [...families].sort(([left], [right]) => left - right).map(([, members]) => members);
}

/** The family that every player takes, largest first: what else is made of the video is made from it. */
export function videoRenditions<R extends MediaRendition>(renditions: readonly R[]): R[] {
  return videoFamilies(renditions)[0] ?? [];
}

/** The default track first. */
export function audioRenditions<R extends MediaRendition>(renditions: readonly R[]): R[] {
  return renditions
    .filter(({ kind }) => kind === 'audio')
    .sort((left, right) => Number(right.isDefault ?? false) - Number(left.isDefault ?? false));
}

/** Names for people, made unique, since players tell tracks of a group apart by them. */
export function uniqueNames(renditions: readonly MediaRendition[]): string[] {
  const used = new Set<string>();
  return renditions.map((rendition, index) => {
    const base = rendition.name ?? rendition.language ?? `Audio ${index + 1}`;
    let name = base;
    for (let number = 2; used.has(name); number += 1) name = `${base} ${number}`;
    used.add(name);
    return name;
  });
}

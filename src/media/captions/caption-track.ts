// What playlists and manifests say of a caption track, and the playlist of one: the whole file is one segment, since it
// is small and the same for every rendition. It is complete also while the video still grows.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.6.1 and 6.2.4 (target durations of subtitles may differ).

export interface CaptionTrack {
  /** Unique in an asset, e.g. `subtitles-en`; part of addresses. */
  readonly id: string;
  /** BCP 47. */
  readonly language: string;
  /** captions: for those who do not hear, with sounds and speakers; subtitles: for those who hear. */
  readonly kind: 'subtitles' | 'captions';
  readonly label: string;
  readonly isDefault: boolean;
  /** SHA-256 of the file; names it. */
  readonly sha256: string;
}

/** The id of the track of a language and kind. */
export function captionTrackId(kind: CaptionTrack['kind'], language: string): string {
  return `${kind}-${language.toLowerCase()}`;
}

/** File name of a caption file, below the version; with a timeline start it is the segment of HLS. */
export function captionFile(sha256: string, timelineStartMs?: number): string {
  return `files/${sha256}${timelineStartMs === undefined ? '' : `-t${timelineStartMs}`}.vtt`;
}

/** The default one first, then by name as people sort. */
export function sortedTracks<T extends CaptionTrack>(tracks: readonly T[]): T[] {
  return [...tracks].sort(
    (left, right) =>
      Number(right.isDefault) - Number(left.isDefault) ||
      (left.label < right.label ? -1 : left.label > right.label ? 1 : left.id < right.id ? -1 : 1),
  );
}

/** Labels, made unique, since players tell tracks apart by them. */
export function uniqueLabels(tracks: readonly CaptionTrack[]): string[] {
  const used = new Set<string>();
  return tracks.map(({ label }) => {
    let name = label;
    for (let number = 2; used.has(name); number += 1) name = `${label} ${number}`;
    used.add(name);
    return name;
  });
}

/** Writes the playlist of a track, for the address `captions/{id}/index.m3u8`. */
export function writeCaptionPlaylist(input: {
  readonly sha256: string;
  readonly timelineStartMs: number;
  readonly durationMs: number;
}): string {
  const seconds = Math.max(1, input.durationMs / 1_000);
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.ceil(seconds)}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    `#EXTINF:${seconds.toFixed(5)},`,
    `../../${captionFile(input.sha256, input.timelineStartMs)}`,
    '#EXT-X-ENDLIST',
    '',
  ].join('\n');
}

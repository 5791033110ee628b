// The media playlist of one rendition: growing while it is encoded, complete afterwards.
// Growing: an EVENT playlist that starts at its beginning (EXT-X-START), so that a player does not jump to its end.
// Complete: VOD with an end. The target duration is derived from the planned segment duration and thus the same in
// every answer, as the specification demands. Segments and init are named relative to the playlist.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.2.2, 4.4.3.1, 4.4.3.5, 6.2.1.

import { type MediaRendition, SEGMENT_EXCESS_MS_MAX } from '../rendition.ts';

export interface MediaPlaylistInput {
  readonly rendition: Pick<MediaRendition, 'timescale' | 'firstSegment' | 'durationRuns'>;
  readonly segmentDurationMs: number;
  readonly isComplete: boolean;
  /** Folder of the init and the segments, relative to the playlist, without a slash at the end. */
  readonly folder: string;
}

/** Whole seconds that no segment's duration exceeds once rounded. */
export function targetDurationSeconds(segmentDurationMs: number): number {
  return Math.max(1, Math.round((segmentDurationMs + SEGMENT_EXCESS_MS_MAX) / 1_000));
}

/** Writes the media playlist of a rendition as far as it is published. */
export function writeMediaPlaylist(input: MediaPlaylistInput): string {
  const { rendition, isComplete, folder } = input;
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetDurationSeconds(input.segmentDurationMs)}`,
    `#EXT-X-MEDIA-SEQUENCE:${rendition.firstSegment}`,
    `#EXT-X-PLAYLIST-TYPE:${isComplete ? 'VOD' : 'EVENT'}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(isComplete ? [] : ['#EXT-X-START:TIME-OFFSET=0']),
    `#EXT-X-MAP:URI="${folder}/init.mp4"`,
  ];
  let number = rendition.firstSegment;
  for (const [ticks, count] of rendition.durationRuns) {
    const tag = `#EXTINF:${(ticks / rendition.timescale).toFixed(5)},`;
    for (let index = 0; index < count; index += 1) {
      lines.push(tag, `${folder}/${number}.m4s`);
      number += 1;
    }
  }
  if (isComplete) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

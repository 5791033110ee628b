// The multivariant playlist: every rendition once per pathway, with absolute addresses, since pathways may differ in
// host and port (PATHWAY-CLONES cannot change a port in hls.js). The audio group of a pathway holds that pathway's
// addresses, so that a change of pathway moves audio too.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.6.1 (EXT-X-MEDIA), 4.4.6.2 (EXT-X-STREAM-INF),
// 4.4.6.6 (EXT-X-CONTENT-STEERING).

import { type CaptionTrack, sortedTracks, uniqueLabels } from '../captions/caption-track.ts';
import {
  audioRenditions,
  type MediaPathway,
  type MediaRendition,
  uniqueNames,
  videoFamilies,
} from '../rendition.ts';

export interface MultivariantInput {
  readonly renditions: readonly MediaRendition[];
  /** At least one; the first is the initial pathway. */
  readonly pathways: readonly MediaPathway[];
  /** Address of the steering server, absolute or relative to the playlist; without it no steering is announced. */
  readonly steeringUri?: string | undefined;
  /** Caption tracks; their playlists lie at `captions/{id}/index.m3u8` of each pathway. */
  readonly captions?: readonly CaptionTrack[];
}

/** A quoted-string holds no quotes and no line breaks. */
function quoted(text: string): string {
  const clean = Array.from(text, (character) => {
    if (character === '"') return "'";
    return character < ' ' || character === '\u007f' ? ' ' : character;
  });
  return `"${clean.join('')}"`;
}

function playlistUrl(pathway: MediaPathway, rendition: MediaRendition): string {
  return `${pathway.baseUrl}/${rendition.id}/index.m3u8`;
}

function audioLines(audio: readonly MediaRendition[], pathway: MediaPathway, isAudioOnly: boolean): string[] {
  const names = uniqueNames(audio);
  return audio.map((rendition, index) => {
    const isDefault = index === 0;
    const attributes = [
      'TYPE=AUDIO',
      `GROUP-ID=${quoted(`audio-${pathway.id}`)}`,
      ...(rendition.language === undefined ? [] : [`LANGUAGE=${quoted(rendition.language)}`]),
      `NAME=${quoted(names[index] ?? rendition.id)}`,
      `DEFAULT=${isDefault ? 'YES' : 'NO'}`,
      'AUTOSELECT=YES',
      `CHANNELS="${rendition.channels ?? 2}"`,
      `STABLE-RENDITION-ID=${quoted(rendition.id)}`,
      // Without an address the rendition is the variant stream itself.
      ...(isAudioOnly && isDefault ? [] : [`URI=${quoted(playlistUrl(pathway, rendition))}`]),
    ];
    return `#EXT-X-MEDIA:${attributes.join(',')}`;
  });
}

/** Tells players that a track is made for those who do not hear. */
const FOR_THE_DEAF =
  'public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound';

function captionLines(captions: readonly CaptionTrack[], pathway: MediaPathway): string[] {
  const labels = uniqueLabels(captions);
  return captions.map((track, index) => {
    const attributes = [
      'TYPE=SUBTITLES',
      `GROUP-ID=${quoted(`subtitles-${pathway.id}`)}`,
      `LANGUAGE=${quoted(track.language)}`,
      `NAME=${quoted(labels[index] ?? track.label)}`,
      // One default at most, and they come first.
      `DEFAULT=${index === 0 && track.isDefault ? 'YES' : 'NO'}`,
      'AUTOSELECT=YES',
      'FORCED=NO',
      ...(track.kind === 'captions' ? [`CHARACTERISTICS=${quoted(FOR_THE_DEAF)}`] : []),
      `STABLE-RENDITION-ID=${quoted(track.id)}`,
      // The specification names the pathway with the variants alone; Shaka finds no address of a track without this.
      `PATHWAY-ID=${quoted(pathway.id)}`,
      `URI=${quoted(`${pathway.baseUrl}/captions/${track.id}/index.m3u8`)}`,
    ];
    return `#EXT-X-MEDIA:${attributes.join(',')}`;
  });
}

function variantLines(
  variant: MediaRendition,
  audio: readonly MediaRendition[],
  pathway: MediaPathway,
  groups: { readonly hasAudio: boolean; readonly hasCaptions: boolean },
): string[] {
  const others = variant.kind === 'video' ? audio : audio.filter(({ id }) => id !== variant.id);
  const sum = (of: (rendition: MediaRendition) => number): number =>
    variant.kind === 'video' ? of(variant) + Math.max(0, ...audio.map(of)) : Math.max(...audio.map(of));
  const codecs = [...new Set([variant.codecs, ...others.map((rendition) => rendition.codecs)])];
  const attributes = [
    `BANDWIDTH=${sum(({ bandwidthBps }) => bandwidthBps)}`,
    `AVERAGE-BANDWIDTH=${sum(({ averageBandwidthBps }) => averageBandwidthBps)}`,
    `CODECS=${quoted(codecs.join(','))}`,
    ...(variant.width !== undefined && variant.height !== undefined
      ? [`RESOLUTION=${variant.width}x${variant.height}`]
      : []),
    ...(variant.frameRate === undefined ? [] : [`FRAME-RATE=${variant.frameRate.toFixed(3)}`]),
    ...(groups.hasAudio ? [`AUDIO=${quoted(`audio-${pathway.id}`)}`] : []),
    ...(groups.hasCaptions ? [`SUBTITLES=${quoted(`subtitles-${pathway.id}`)}`] : []),
    'CLOSED-CAPTIONS=NONE',
    `STABLE-VARIANT-ID=${quoted(variant.id)}`,
    `PATHWAY-ID=${quoted(pathway.id)}`,
  ];
  return [`#EXT-X-STREAM-INF:${attributes.join(',')}`, playlistUrl(pathway, variant)];
}

/** Writes the multivariant playlist of an asset with video, with audio alone, or with both. */
export function writeMultivariant(input: MultivariantInput): string {
  // H.264 first: players that know no other codec, or that begin with the first variant, are served by it.
  const video = videoFamilies(input.renditions).flat();
  const audio = audioRenditions(input.renditions);
  const isAudioOnly = video.length === 0;
  const variants = isAudioOnly ? audio.slice(0, 1) : video;
  const captions = sortedTracks(input.captions ?? []);
  const groups = {
    hasAudio: isAudioOnly ? audio.length > 1 : audio.length > 0,
    hasCaptions: captions.length > 0,
  };
  const first = input.pathways[0];
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (input.steeringUri !== undefined && first !== undefined)
    lines.push(
      `#EXT-X-CONTENT-STEERING:SERVER-URI=${quoted(input.steeringUri)},PATHWAY-ID=${quoted(first.id)}`,
    );
  for (const pathway of groups.hasAudio ? input.pathways : [])
    lines.push(...audioLines(audio, pathway, isAudioOnly));
  for (const pathway of input.pathways) lines.push(...captionLines(captions, pathway));
  for (const pathway of input.pathways)
    for (const variant of variants) lines.push(...variantLines(variant, audio, pathway, groups));
  return `${lines.join('\n')}\n`;
}

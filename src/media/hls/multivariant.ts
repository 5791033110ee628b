// The multivariant playlist: every rendition once per pathway, with absolute addresses, since pathways may differ in
// host and port (PATHWAY-CLONES cannot change a port in hls.js). The audio group of a pathway holds that pathway's
// addresses, so that a change of pathway moves audio too.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.6.1 (EXT-X-MEDIA), 4.4.6.2 (EXT-X-STREAM-INF),
// 4.4.6.6 (EXT-X-CONTENT-STEERING).

import {
  audioRenditions,
  type MediaPathway,
  type MediaRendition,
  uniqueNames,
  videoRenditions,
} from '../rendition.ts';

export interface MultivariantInput {
  readonly renditions: readonly MediaRendition[];
  /** At least one; the first is the initial pathway. */
  readonly pathways: readonly MediaPathway[];
  /** Address of the steering server, absolute or relative to the playlist; without it no steering is announced. */
  readonly steeringUri?: string | undefined;
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

function variantLines(
  variant: MediaRendition,
  audio: readonly MediaRendition[],
  pathway: MediaPathway,
  hasGroup: boolean,
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
    ...(hasGroup ? [`AUDIO=${quoted(`audio-${pathway.id}`)}`] : []),
    'CLOSED-CAPTIONS=NONE',
    `STABLE-VARIANT-ID=${quoted(variant.id)}`,
    `PATHWAY-ID=${quoted(pathway.id)}`,
  ];
  return [`#EXT-X-STREAM-INF:${attributes.join(',')}`, playlistUrl(pathway, variant)];
}

/** Writes the multivariant playlist of an asset with video, with audio alone, or with both. */
export function writeMultivariant(input: MultivariantInput): string {
  const video = videoRenditions(input.renditions);
  const audio = audioRenditions(input.renditions);
  const isAudioOnly = video.length === 0;
  const variants = isAudioOnly ? audio.slice(0, 1) : video;
  const hasGroup = isAudioOnly ? audio.length > 1 : audio.length > 0;
  const first = input.pathways[0];
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (input.steeringUri !== undefined && first !== undefined)
    lines.push(
      `#EXT-X-CONTENT-STEERING:SERVER-URI=${quoted(input.steeringUri)},PATHWAY-ID=${quoted(first.id)}`,
    );
  if (hasGroup) for (const pathway of input.pathways) lines.push(...audioLines(audio, pathway, isAudioOnly));
  for (const pathway of input.pathways)
    for (const variant of variants) lines.push(...variantLines(variant, audio, pathway, hasGroup));
  return `${lines.join('\n')}\n`;
}

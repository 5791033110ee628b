// The DASH manifest of a complete asset: the same segments as HLS, addressed by template with an explicit timeline.
// One BaseURL per pathway with its serviceLocation; a steering server orders them, asked before the start.
// Source: ISO/IEC 23009-1, sections 5.3.9.4 and 5.3.9.6; ETSI TS 103 998 (content steering).

import { type CaptionTrack, captionFile, sortedTracks, uniqueLabels } from '../captions/caption-track.ts';
import {
  audioRenditions,
  type MediaPathway,
  type MediaRendition,
  SEGMENT_EXCESS_MS_MAX,
  uniqueNames,
  videoFamilies,
} from '../rendition.ts';
import { type Storyboard, sheetName } from '../storyboard/storyboard.ts';

export interface MpdInput {
  readonly renditions: readonly MediaRendition[];
  /** At least one; the first is the default service location. */
  readonly pathways: readonly MediaPathway[];
  /** Absolute address of the steering server. */
  readonly steeringUrl?: string | undefined;
  readonly durationMs: number;
  readonly timelineStartMs: number;
  readonly segmentDurationMs: number;
  /** Folder of the renditions below the version, e.g. a1. */
  readonly folder: string;
  /** Caption tracks: each one file, its times counted from the start of the period. */
  readonly captions?: readonly CaptionTrack[];
  readonly storyboard?: Storyboard | undefined;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** Escapes text for XML and drops characters that XML cannot hold. */
export function escapeXml(text: string): string {
  return Array.from(text, (character) => {
    if (character < ' ' || character === '\u007f') return ' ';
    return ENTITIES[character] ?? character;
  }).join('');
}

/** An attribute list; undefined values are left out. */
export function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value))}"`)
    .join('');
}

/** A frame rate as DASH writes it: a whole number or a fraction over 1001. */
export function frameRateText(framesPerSecond: number): string {
  if (Math.abs(framesPerSecond - Math.round(framesPerSecond)) < 1e-4)
    return String(Math.round(framesPerSecond));
  const overNtsc = Math.round((framesPerSecond * 1_001) / 1_000) * 1_000;
  if (Math.abs(overNtsc / 1_001 - framesPerSecond) < 1e-3) return `${overNtsc}/1001`;
  return `${Math.round(framesPerSecond * 1_000)}/1000`;
}

function timeline(rendition: MediaRendition): string {
  return rendition.durationRuns
    .map(([ticks, count], index) => {
      const start = index === 0 ? rendition.firstTimeTicks : undefined;
      return `<S${attributes({ t: start, d: ticks, r: count > 1 ? count - 1 : undefined })}/>`;
    })
    .join('');
}

function representation(rendition: MediaRendition, input: MpdInput): string {
  const template = attributes({
    timescale: rendition.timescale,
    presentationTimeOffset: Math.round((input.timelineStartMs * rendition.timescale) / 1_000),
    startNumber: rendition.firstSegment,
    initialization: `${input.folder}/$RepresentationID$/init.mp4`,
    media: `${input.folder}/$RepresentationID$/$Number$.m4s`,
  });
  const isVideo = rendition.kind === 'video';
  const own = attributes({
    id: rendition.id,
    codecs: rendition.codecs,
    bandwidth: rendition.bandwidthBps,
    width: rendition.width,
    height: rendition.height,
    frameRate: isVideo && rendition.frameRate !== undefined ? frameRateText(rendition.frameRate) : undefined,
    sar: isVideo ? '1:1' : undefined,
    audioSamplingRate: isVideo ? undefined : rendition.sampleRate,
  });
  const channels = isVideo
    ? ''
    : `<AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011"${attributes({ value: rendition.channels ?? 2 })}/>`;
  return `<Representation${own}>${channels}<SegmentTemplate${template}><SegmentTimeline>${timeline(rendition)}</SegmentTimeline></SegmentTemplate></Representation>`;
}

function adaptationSets(input: MpdInput): string[] {
  const families = videoFamilies(input.renditions);
  const audio = audioRenditions(input.renditions);
  const names = uniqueNames(audio);
  const sets: string[] = [];
  for (const [index, family] of families.entries()) {
    const own = attributes({
      // Audio counts from 1, as it always did.
      id: index === 0 ? 0 : audio.length + index,
      contentType: 'video',
      mimeType: 'video/mp4',
      segmentAlignment: 'true',
      startWithSAP: 1,
      // Players choose the set of the highest priority that they can decode: the newer codec needs fewer bits.
      selectionPriority: families.length === 1 ? undefined : index === 0 ? 1 : families.length + 1 - index,
    });
    sets.push(
      `<AdaptationSet${own}>${family.map((rendition) => representation(rendition, input)).join('')}</AdaptationSet>`,
    );
  }
  for (const [index, rendition] of audio.entries()) {
    const own = attributes({
      id: index + 1,
      contentType: 'audio',
      mimeType: 'audio/mp4',
      lang: rendition.language,
      segmentAlignment: 'true',
      startWithSAP: 1,
    });
    const role = `<Role schemeIdUri="urn:mpeg:dash:role:2011" value="${index === 0 ? 'main' : 'alternate'}"/>`;
    const label = `<Label>${escapeXml(names[index] ?? rendition.id)}</Label>`;
    sets.push(`<AdaptationSet${own}>${role}${label}${representation(rendition, input)}</AdaptationSet>`);
  }
  for (const set of [...captionSets(input), ...storyboardSets(input)])
    sets.push(`<AdaptationSet id="${sets.length + (families.length > 0 ? 0 : 1)}"${set}</AdaptationSet>`);
  return sets;
}

/** Caption files beside the media, without their id. */
function captionSets(input: MpdInput): string[] {
  const captions = sortedTracks(input.captions ?? []);
  const labels = uniqueLabels(captions);
  return captions.map((track, index) => {
    const own = attributes({ contentType: 'text', mimeType: 'text/vtt', lang: track.language });
    const role = track.kind === 'captions' ? 'caption' : 'subtitle';
    const roles = [role, ...(index === 0 && track.isDefault ? ['main'] : [])].map(
      (value) => `<Role schemeIdUri="urn:mpeg:dash:role:2011" value="${value}"/>`,
    );
    const label = `<Label>${escapeXml(labels[index] ?? track.label)}</Label>`;
    // Players want a rate; that of text never decides anything.
    const file = `<Representation id="${track.id}" bandwidth="1000"><BaseURL>${captionFile(track.sha256)}</BaseURL></Representation>`;
    return `${own}>${roles.join('')}${label}${file}`;
  });
}

/** How long the thumbnails of one sheet last together. */
function sheetDurationMs({ columns, rows, intervalMs }: Storyboard): number {
  return Math.round(columns * rows * intervalMs);
}

/**
 * The storyboard, when its sheets reach to the end: players count them by the length of the period, and where sound
 * goes on for long after the picture, the last ones would be missing.
 */
function wholeStoryboard({ storyboard, durationMs }: MpdInput): Storyboard | undefined {
  if (storyboard === undefined) return undefined;
  return sheetDurationMs(storyboard) * storyboard.sheetCount < durationMs - 1 ? undefined : storyboard;
}

/** The storyboard as tiled thumbnails (DASH-IF IOP, part 10, section 6.2.6), without its id. */
function storyboardSets(input: MpdInput): string[] {
  const storyboard = wholeStoryboard(input);
  if (storyboard === undefined) return [];
  const { columns, rows, tileWidth, tileHeight } = storyboard;
  const sheetMs = sheetDurationMs(storyboard);
  const spanMs = Math.min(sheetMs * storyboard.sheetCount, input.durationMs);
  const template = attributes({
    media: sheetName(input.folder, '$Number$'),
    timescale: 1_000,
    duration: sheetMs,
    startNumber: 0,
  });
  const own = attributes({
    id: 'storyboard',
    // The last sheet goes on past the end in black, which nobody has time to receive.
    bandwidth: Math.max(1, Math.ceil((storyboard.bytes * 8_000) / spanMs)),
    width: columns * tileWidth,
    height: rows * tileHeight,
  });
  const tiles = `<EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile" value="${columns}x${rows}"/>`;
  return [
    `${attributes({ contentType: 'image', mimeType: 'image/jpeg' })}><SegmentTemplate${template}/><Representation${own}>${tiles}</Representation>`,
  ];
}

/** Writes the manifest of a complete asset. */
export function writeMpd(input: MpdInput): string {
  const first = input.pathways[0];
  const storyboard = wholeStoryboard(input);
  const sheetMs = storyboard === undefined ? 0 : sheetDurationMs(storyboard);
  const longestMs = Math.max(input.segmentDurationMs + SEGMENT_EXCESS_MS_MAX, sheetMs);
  const root = attributes({
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    type: 'static',
    profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
    mediaPresentationDuration: `PT${(input.durationMs / 1_000).toFixed(3)}S`,
    maxSegmentDuration: `PT${Math.ceil(longestMs / 1_000)}S`,
    minBufferTime: `PT${(input.segmentDurationMs / 1_000).toFixed(3)}S`,
  });
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<MPD${root}>`,
    ...input.pathways.map(
      ({ id, baseUrl }) => `<BaseURL${attributes({ serviceLocation: id })}>${escapeXml(baseUrl)}/</BaseURL>`,
    ),
  ];
  if (input.steeringUrl !== undefined && first !== undefined)
    lines.push(
      `<ContentSteering${attributes({ defaultServiceLocation: first.id, queryBeforeStart: 'true' })}>${escapeXml(input.steeringUrl)}</ContentSteering>`,
    );
  lines.push('<Period id="0" start="PT0S">', ...adaptationSets(input), '</Period>', '</MPD>');
  return `${lines.join('\n')}\n`;
}

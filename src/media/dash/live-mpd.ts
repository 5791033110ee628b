// The DASH manifest of a broadcast. Its time zero is the Unix epoch and segment n begins at n · T, so the manifest says the
// same at every moment and players hardly ever ask for it again: $Number$ follows from the clock. Segments may be asked
// for while they are made (availabilityTimeOffset); the edge then sends them part by part.
// Source: ISO/IEC 23009-1, sections 5.3.9.5.3 (availability times) and 5.8.4.11 (UTCTiming); DASH-IF Low-Latency Modes
// for DASH, section 4 (availabilityTimeComplete, ServiceDescription).

import { audioRenditions, type MediaPathway, type MediaRendition, videoRenditions } from '../rendition.ts';
import { attributes, escapeXml, frameRateText } from './mpd.ts';

export interface LiveMpdRendition
  extends Omit<MediaRendition, 'firstSegment' | 'firstTimeTicks' | 'durationRuns'> {
  /** Name of the init segment in the rendition's folder. */
  readonly initName: string;
}

export interface LiveMpdInput {
  readonly renditions: readonly LiveMpdRendition[];
  /** At least one; the first is the default service location. */
  readonly pathways: readonly MediaPathway[];
  readonly steeringUrl?: string | undefined;
  /** Where edges tell the time, best first. */
  readonly clockUrls: readonly string[];
  readonly segmentDurationMs: number;
  readonly partDurationMs: number;
  /** How far behind the moment players should be. */
  readonly latencyMs: number;
  readonly dvrWindowMs: number;
  /** Segments before this one are not there. */
  readonly firstSegment: number;
  readonly nowMs: number;
  /** The first segment that never comes; undefined while the broadcast goes on. */
  readonly endSegment?: number | undefined;
}

const duration = (milliseconds: number): string => `PT${(milliseconds / 1_000).toFixed(3)}S`;

function toMediaRendition(rendition: LiveMpdRendition): LiveMpdRendition & MediaRendition {
  return { ...rendition, firstSegment: 0, firstTimeTicks: 0, durationRuns: [] };
}

function representation(rendition: LiveMpdRendition, input: LiveMpdInput): string {
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
  const template = attributes({
    timescale: 1_000,
    duration: input.segmentDurationMs,
    startNumber: 0,
    availabilityTimeOffset: ((input.segmentDurationMs - input.partDurationMs) / 1_000).toFixed(3),
    availabilityTimeComplete: 'false',
    initialization: `$RepresentationID$/${rendition.initName}`,
    media: '$RepresentationID$/$Number$.m4s',
  });
  const channels = isVideo
    ? ''
    : `<AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011"${attributes({ value: rendition.channels ?? 2 })}/>`;
  return `<Representation${own}>${channels}<SegmentTemplate${template}/></Representation>`;
}

/**
 * How far back one can go. Never before the first segment: who joins in its first seconds would be sent where nothing
 * ever comes, and dash.js waits there for good.
 */
function shiftDepthMs({ dvrWindowMs, firstSegment, nowMs, segmentDurationMs }: LiveMpdInput): number {
  return Math.min(dvrWindowMs, Math.max(0, nowMs - firstSegment * segmentDurationMs));
}

/**
 * The clock that availability is judged by. Edges are asked first: dash.js reads the direct form without its
 * milliseconds, and would look for segments of up to a second ago.
 */
function timing({ clockUrls, nowMs }: LiveMpdInput): string {
  const sources = [
    ...clockUrls.map((value) => ({ schemeIdUri: 'urn:mpeg:dash:utc:http-xsdate:2014', value })),
    { schemeIdUri: 'urn:mpeg:dash:utc:direct:2014', value: new Date(nowMs).toISOString() },
  ];
  return sources.map((source) => `<UTCTiming${attributes(source)}/>`).join('');
}

/** Writes the manifest. */
export function writeLiveMpd(input: LiveMpdInput): string {
  const { nowMs, segmentDurationMs, endSegment, latencyMs } = input;
  const video = videoRenditions(input.renditions.map(toMediaRendition));
  const audio = audioRenditions(input.renditions.map(toMediaRendition));
  const sets = [
    { kind: 'video', renditions: video },
    { kind: 'audio', renditions: audio },
  ].filter(({ renditions }) => renditions.length > 0);
  const root = attributes({
    xmlns: 'urn:mpeg:dash:schema:mpd:2011',
    profiles: 'urn:mpeg:dash:profile:isoff-live:2011',
    type: 'dynamic',
    availabilityStartTime: '1970-01-01T00:00:00Z',
    publishTime: new Date(nowMs).toISOString(),
    minimumUpdatePeriod: duration(segmentDurationMs),
    minBufferTime: duration(segmentDurationMs),
    timeShiftBufferDepth: duration(shiftDepthMs(input)),
    suggestedPresentationDelay: duration(latencyMs),
    maxSegmentDuration: duration(segmentDurationMs),
    // Nothing is made after the end: players then stop by themselves.
    mediaPresentationDuration:
      endSegment === undefined ? undefined : duration(endSegment * segmentDurationMs),
  });
  const locations = input.pathways
    .map(({ id, baseUrl }) => `<BaseURL serviceLocation="${escapeXml(id)}">${escapeXml(baseUrl)}/</BaseURL>`)
    .join('');
  const steering =
    input.steeringUrl === undefined
      ? ''
      : `<ContentSteering defaultServiceLocation="${escapeXml(input.pathways[0]?.id ?? '')}" queryBeforeStart="true">${escapeXml(input.steeringUrl)}</ContentSteering>`;
  const service = `<ServiceDescription id="0"><Latency target="${latencyMs}" min="${Math.round(latencyMs / 2)}" max="${latencyMs * 3}"/><PlaybackRate min="0.96" max="1.04"/></ServiceDescription>`;
  const body = sets
    .map(
      ({ kind, renditions }, index) =>
        `<AdaptationSet${attributes({ id: index, contentType: kind, mimeType: `${kind}/mp4`, segmentAlignment: 'true', startWithSAP: 1 })}>${renditions.map((rendition) => representation(rendition, input)).join('')}</AdaptationSet>`,
    )
    .join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<MPD${root}>${locations}${steering}${service}<Period id="p0" start="PT0S">${body}</Period>${timing(input)}</MPD>\n`;
}

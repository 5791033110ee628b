// Mints the timeline of a broadcast from what its first publisher turned out to send.

import type { BroadcastRecord, BroadcastTimeline } from '#contract/live.ts';
import { chooseLiveRungs } from '#core/live-timeline/choose-rungs.ts';
import { chooseLiveFrameRate, measureFrameRate } from '#core/live-timeline/frame-rate.ts';
import { phaseOf } from '#media/contribution/audio-grid.ts';
import type { OpeningFormat } from '#media/contribution/opening.ts';

/** For BANDWIDTH, when only the configuration is known: what encoders send at most by default. */
const AUDIO_BITRATE_BPS = 160_000;

export interface MintOptions {
  readonly broadcast: BroadcastRecord;
  readonly format: OpeningFormat;
  readonly term: number;
  readonly mintedBy: string;
  readonly nowMs: number;
}

/** Time 0 is the beginning of the segment in which the first frame came. */
export function mintTimeline(options: MintOptions): BroadcastTimeline {
  const { broadcast, format, nowMs } = options;
  const { segmentDurationMs, partsPerSegment, rungs } = broadcast.settings;
  const anchorMs = Math.floor(format.firstArrivalMs / segmentDurationMs) * segmentDurationMs;
  return {
    formatVersion: 1,
    projectId: broadcast.projectId,
    broadcastId: broadcast.broadcastId,
    term: options.term,
    mintedAtMs: nowMs,
    mintedBy: options.mintedBy,
    anchorMs,
    segmentDurationMs,
    partsPerSegment,
    video: format.video === null ? null : videoOf(format.video, rungs),
    audio: format.audio === null ? null : audioOf(format.audio, format.firstArrivalMs - anchorMs),
  };
}

function videoOf(
  video: NonNullable<OpeningFormat['video']>,
  rungs: BroadcastRecord['settings']['rungs'],
): NonNullable<BroadcastTimeline['video']> {
  const frameRate = chooseLiveFrameRate(video.frameRate ?? measureFrameRate(video.decodeTimesMs));
  return { codec: video.codec, frameRate, renditions: chooseLiveRungs(video, rungs) };
}

function audioOf(
  audio: NonNullable<OpeningFormat['audio']>,
  firstArrivalMs: number,
): NonNullable<BroadcastTimeline['audio']> {
  const { sampleRate, channels, codecs } = audio.format;
  return {
    sampleRate,
    channels,
    codecs,
    bitrateBps: AUDIO_BITRATE_BPS,
    config: Buffer.from(audio.config).toString('base64'),
    phaseSamples: phaseOf(sampleRate, (firstArrivalMs + audio.firstOffsetMs) * 1_000),
  };
}

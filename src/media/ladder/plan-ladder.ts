// Decides what to make of a source: video rungs, frame rate, segment grid, exact number of frames, audio tracks.
// Pure: the same source gives the same plan on every encoder, so that another attempt ends with the same segments.

import type { VideoCodec } from './codec-families.ts';
import { chooseFrameRate, type FrameRate, type FrameRateChoice, perSecond } from './frame-rate.ts';
import { languageName, languageTag } from './language.ts';
import { type EncodeSpeed, PRESETS, type Preset } from './presets.ts';
import {
  bitrates,
  chooseShortSides,
  displayedSize,
  type LadderPolicy,
  type PictureSize,
  rungSize,
} from './rungs.ts';

/** What a probe found in the source. */
export interface SourceFacts {
  readonly durationMs: number | null;
  readonly video: SourceVideo | null;
  readonly audio: readonly SourceAudio[];
}

export interface SourceVideo {
  readonly index: number;
  readonly width: number;
  readonly height: number;
  readonly rotationDegrees: 0 | 90 | 180 | 270;
  readonly sampleAspect: readonly [number, number];
  readonly frameRate: FrameRate | null;
  readonly isVariableFrameRate: boolean;
  readonly frameCount: number | null;
  readonly startMs: number;
  readonly durationMs: number | null;
}

export interface SourceAudio {
  readonly index: number;
  readonly channels: number;
  readonly language: string | null;
  readonly title: string | null;
  readonly isDefault: boolean;
}

export interface PlannedVideo {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** The average, as far as it is known beforehand. */
  readonly bitrateBps: number;
  readonly maxBitrateBps: number;
  /** Absent: H.264. */
  readonly codec?: VideoCodec;
  /** Constant quality by the codec's own scale, under the peak; absent: the average is kept. */
  readonly qualityFactor?: number;
}

export interface PlannedAudio {
  readonly id: string;
  readonly streamIndex: number;
  readonly channels: number;
  readonly bitrateBps: number;
  readonly language: string | null;
  readonly name: string;
  readonly isDefault: boolean;
}

export interface EncodePlan {
  /** Where presentation time 0 lies on the media timeline. */
  readonly timelineStartMs: number;
  readonly segmentDurationMs: number;
  /** The first of these spans is two segments, cut here, so that the first one is there sooner. */
  readonly firstSegmentMs: number;
  readonly durationMs: number;
  readonly video: {
    readonly streamIndex: number;
    readonly rotationDegrees: 0 | 90 | 180 | 270;
    readonly frameRate: FrameRate;
    readonly framesPerSegment: number;
    /** Frames of the short first segment. */
    readonly firstSegmentFrames: number;
    /** Exactly so many frames come out in each rendition. */
    readonly frameCount: number;
    readonly speed: EncodeSpeed;
    /** H.264 first, then family by family; within one the largest first. */
    readonly outputs: readonly PlannedVideo[];
  } | null;
  readonly audio: readonly PlannedAudio[];
}

/** Why the plan is what it is: a code and the numbers compared (law 2). */
export interface PlanReason {
  readonly code: string;
  readonly subject: string;
  readonly values: Readonly<Record<string, number>>;
}

export type PlanResult =
  | { readonly kind: 'plan'; readonly plan: EncodePlan; readonly reasons: readonly PlanReason[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** Room for the priming of AAC before time 0, and for B-frames' decode times. */
export const TIMELINE_START_MS = 10_000;
/** Two seconds: short enough for a fast start, long enough for good compression. */
const SEGMENT_SECONDS = 2;
const STEREO_BITRATE_BPS = 128_000;
const MONO_BITRATE_BPS = 80_000;
const NAME_LENGTH_MAX = 64;

function rateReason(choice: FrameRateChoice, source: FrameRate | null): PlanReason {
  return {
    code: `frame-rate-${choice.reason}`,
    subject: 'video',
    values: {
      ...(source === null ? {} : { sourceFramesPerSecond: perSecond(source) }),
      framesPerSecond: perSecond(choice.rate),
    },
  };
}

/**
 * How many frames come out from time 0 on: as many as its length has room for, which differs from the source's own
 * count when the picture starts after the sound, when frames were dropped on the way, or at another rate.
 * Lengths are rounded to milliseconds; where the count is one frame off, the count is right.
 */
function planFrameCount(
  video: SourceVideo,
  choice: FrameRateChoice,
  durationMs: number,
): { frameCount: number; code: string } {
  const framesPerMs = perSecond(choice.rate) / 1_000;
  const startMs = Math.max(0, video.startMs);
  const byTime = Math.max(
    1,
    Math.round((startMs + (video.durationMs ?? durationMs - startMs)) * framesPerMs),
  );
  if (choice.reason !== 'kept' || video.frameCount === null || video.frameCount <= 0)
    return { frameCount: byTime, code: 'frames-by-time' };
  const counted = video.frameCount + Math.round(startMs * framesPerMs);
  return Math.abs(counted - byTime) <= 1
    ? { frameCount: counted, code: 'frames-counted' }
    : { frameCount: byTime, code: 'frames-by-time' };
}

function planAudio(source: readonly SourceAudio[], policy: LadderPolicy): PlannedAudio[] {
  const kept = source.slice(0, policy.audioTracksMax);
  const chosen = kept.findIndex(({ isDefault }) => isDefault);
  const defaultIndex = chosen === -1 ? 0 : chosen;
  return kept.map((track, index) => {
    const language = languageTag(track.language);
    const title = track.title?.trim().slice(0, NAME_LENGTH_MAX) ?? '';
    const channels = track.channels === 1 ? 1 : 2;
    return {
      id: `audio-${index + 1}`,
      streamIndex: track.index,
      channels,
      bitrateBps: channels === 1 ? MONO_BITRATE_BPS : STEREO_BITRATE_BPS,
      language,
      name: title !== '' ? title : language !== null ? languageName(language) : `Audio ${index + 1}`,
      isDefault: index === defaultIndex,
    };
  });
}

function planVideoOutputs(
  displayed: PictureSize,
  framesPerSecond: number,
  policy: Preset,
): { outputs: PlannedVideo[]; reasons: PlanReason[] } {
  const sourceShortSide = Math.min(displayed.width, displayed.height);
  const outputs: PlannedVideo[] = [];
  for (const rung of chooseShortSides(sourceShortSide, policy)) {
    const size = rungSize(displayed, rung, policy);
    const id = `v${Math.min(size.width, size.height)}`;
    // The largest rungs of a very wide picture meet at the longest side that decoders take.
    if (outputs.every((output) => output.id !== id))
      outputs.push({ id, ...size, ...bitrates(size, framesPerSecond, policy.bitrateFactor) });
  }
  const reasons = outputs.map(({ id, width, height, bitrateBps }) => ({
    code: 'rung',
    subject: id,
    values: { sourceShortSide, width, height, bitrateBps },
  }));
  return { outputs, reasons };
}

/** Plans the renditions of a source, or says why it is refused. */
export function planLadder(source: SourceFacts, policy: Preset = PRESETS.standard): PlanResult {
  const { video } = source;
  if (video === null && source.audio.length === 0)
    return { kind: 'refused', reason: 'it holds neither video nor audio' };
  if (video !== null && (video.width < 2 || video.height < 2))
    return { kind: 'refused', reason: `its picture is ${video.width} by ${video.height} pixels` };
  const known = source.durationMs ?? video?.durationMs ?? null;
  if (known === null || !(known > 0)) return { kind: 'refused', reason: 'its length cannot be told' };
  if (known > policy.durationMsMax)
    return { kind: 'refused', reason: `it is longer than ${policy.durationMsMax / 3_600_000} hours` };
  const audio = planAudio(source.audio, policy);
  const reasons: PlanReason[] = [
    {
      code: 'audio-tracks',
      subject: 'audio',
      values: { found: source.audio.length, kept: audio.length, max: policy.audioTracksMax },
    },
  ];
  const common = { timelineStartMs: TIMELINE_START_MS, audio };
  if (video === null) {
    const segmentDurationMs = SEGMENT_SECONDS * 1_000;
    const grid = { segmentDurationMs, firstSegmentMs: segmentDurationMs / 2 };
    return { kind: 'plan', plan: { ...common, ...grid, durationMs: known, video: null }, reasons };
  }
  const choice = chooseFrameRate(video.frameRate, video.isVariableFrameRate, policy.frameRateMax);
  const framesPerSecond = perSecond(choice.rate);
  // Even, so that the cut of the first one is a key frame of encoders that only count, too.
  const firstSegmentFrames = Math.round((SEGMENT_SECONDS / 2) * framesPerSecond);
  const framesPerSegment = firstSegmentFrames * 2;
  const displayed = displayedSize(video, video.sampleAspect, video.rotationDegrees);
  if (!(Math.min(displayed.width, displayed.height) >= 2))
    return { kind: 'refused', reason: 'its pixels have an absurd shape' };
  const { outputs, reasons: rungReasons } = planVideoOutputs(displayed, framesPerSecond, policy);
  const { frameCount, code } = planFrameCount(video, choice, known);
  const videoMs = (frameCount * 1_000) / framesPerSecond;
  reasons.push(rateReason(choice, video.frameRate), ...rungReasons, {
    code,
    subject: 'video',
    values: { frameCount, framesPerSegment, sourceFrameCount: video.frameCount ?? -1, durationMs: known },
  });
  const plan: EncodePlan = {
    ...common,
    segmentDurationMs: (framesPerSegment * 1_000) / framesPerSecond,
    firstSegmentMs: (firstSegmentFrames * 1_000) / framesPerSecond,
    durationMs: Math.round(audio.length === 0 ? videoMs : Math.max(known, videoMs)),
    video: {
      streamIndex: video.index,
      rotationDegrees: video.rotationDegrees,
      frameRate: choice.rate,
      framesPerSegment,
      firstSegmentFrames,
      frameCount,
      speed: policy.speed,
      outputs,
    },
  };
  return { kind: 'plan', plan, reasons };
}

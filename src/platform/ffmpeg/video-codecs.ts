// The video encoders, by codec: which one it is, and its settings by FFmpeg's names, the same in both engines.
//
// What all of them have in common: nothing may depend on other outputs, on the machine or on a scene cut; boundaries
// are a matter of counting, and every group of pictures is closed. x264 and x265 are told the two key frames of the
// short first segment and count on by themselves. SVT-AV1 (before 2.0) takes no such orders, so its groups are half a
// segment long throughout, which costs some percent of bits and keeps every boundary a key frame.

import { availableParallelism } from 'node:os';
import type { EncodeRequest, VideoOutput } from './engine.ts';

type VideoRequest = NonNullable<EncodeRequest['video']>;
export type VideoCodec = NonNullable<VideoOutput['codec']>;

/** FFmpeg's name of the encoder of each codec. */
export const VIDEO_ENCODERS = {
  h264: 'libx264',
  av1: 'libsvtav1',
  hevc: 'libx265',
} as const satisfies Record<VideoCodec, string>;

/** Past this, more threads of one encoder only delay the first frames and cost quality. */
const ENCODER_THREADS_MAX = 12;
/** What x264 itself takes: one and a half times the cores, since its threads wait for each other. */
export const ENCODER_THREADS = Math.min(ENCODER_THREADS_MAX, Math.ceil(availableParallelism() * 1.5));
/** Threads that SVT-AV1 and x265 compute with; the renditions of a family run beside each other. */
const POOL_THREADS = Math.min(8, availableParallelism());

type Speed = NonNullable<VideoRequest['speed']>;

/** Presets of the encoders. The fast ones are as fast as an upload wants them, each for what its codec costs. */
const SPEEDS: Readonly<Record<VideoCodec, Readonly<Record<Speed, string>>>> = {
  h264: { fast: 'veryfast', thorough: 'medium' },
  av1: { fast: '10', thorough: '8' },
  hevc: { fast: 'superfast', thorough: 'fast' },
};

/** Codecs whose encoders are in a list of FFmpeg's names. */
export function codecsOf(hasEncoder: (name: string) => boolean): VideoCodec[] {
  return (Object.keys(VIDEO_ENCODERS) as VideoCodec[]).filter((codec) => hasEncoder(VIDEO_ENCODERS[codec]));
}

/** The codec of an output. */
export function codecOf(output: Pick<VideoOutput, 'codec'>): VideoCodec {
  return output.codec ?? 'h264';
}

/** Settings of the encoder of one output. */
export function videoEncoderOptions(video: VideoRequest, output: VideoOutput): Record<string, string> {
  const codec = codecOf(output);
  const preset = SPEEDS[codec][video.speed ?? 'fast'];
  const frames = video.framesPerSegment;
  const rate = rateOptions(output);
  switch (codec) {
    case 'h264':
      return {
        preset,
        threads: String(ENCODER_THREADS),
        ...rate,
        g: String(frames),
        keyint_min: String(frames),
        'x264-params': 'scenecut=0:open-gop=0',
      };
    case 'hevc':
      return {
        preset,
        ...rate,
        g: String(frames),
        // Else a forced key frame is an open random access point, which is no start of a segment.
        'forced-idr': '1',
        'x265-params': `scenecut=0:open-gop=0:keyint=${frames}:min-keyint=${frames}:pools=${POOL_THREADS}:log-level=error`,
      };
    case 'av1':
      return {
        preset,
        ...rate,
        g: String(video.firstSegmentFrames),
        'svtav1-params': `scd=0:lp=${POOL_THREADS}`,
      };
  }
}

/** Constant quality under the peak, or an average rate. */
function rateOptions(output: VideoOutput): Record<string, string> {
  const peak = { maxrate: String(output.maxBitrateBps), bufsize: String(output.maxBitrateBps * 2) };
  return output.qualityFactor === undefined
    ? { b: String(output.bitrateBps), ...peak }
    : {
        crf: String(codecOf(output) === 'av1' ? Math.round(output.qualityFactor) : output.qualityFactor),
        ...peak,
      };
}

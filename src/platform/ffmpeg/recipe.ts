// What both engines do to the media, as data: filter graphs, encoder settings and muxer options. Only the way in
// which FFmpeg is called differs between them.
//
// Video: frames are laid on a constant grid that starts at time zero of the file (`fps`), the end is filled by at
// most about a second of copies (`tpad`), and exactly the planned number comes out (`trim`). The picture is scaled
// once from the source to the largest rendition and from there to each smaller one, which costs less than scaling
// the source again and looks the same; it is turned after the first scaling, when there is less of it.
// An encode of a part seeks to a key frame before it and keeps the times of the whole, so that each frame falls on the
// same place of the grid; what comes before the part is decoded and dropped by its number there.
// Full-range sources (phones, screen recorders) are brought to the range that every player expects.
// Groups of pictures are closed and of fixed length, so that a segment boundary is a key frame in every rendition; the
// first is cut in two, so that playing can begin after half of it.
//
// Audio: resampled to 48 kHz with samples counted from time zero; holes longer than 0.1 s are filled with silence,
// so that it stays in step with the pictures, and it is never stretched.
//
// Muxer: the one combination of options that keeps absolute, exact timestamps (checked at box level with FFmpeg 5.1
// and 8.1). Without `frag_discont` the offset is lost; without `use_editlist 0` the pictures are late by the delay of
// B-frames; with `cmaf` readers built on FFmpeg are; with an offset of 0 the priming of the audio wraps around.

import { availableParallelism } from 'node:os';
import { assert, defined } from '#base/assert.ts';
import type { AudioOutput, EncodeRequest, PreviewRequest, SampleRequest, VideoOutput } from './engine.ts';
import { ENCODER_THREADS } from './video-codecs.ts';

export type VideoRequest = NonNullable<EncodeRequest['video']>;
type SampleGraph = Pick<SampleRequest, 'frameRate' | 'frameCount' | 'outputs' | 'rotationDegrees'>;

export const AUDIO_RATE_HZ = 48_000;
/** Samples in an AAC frame. */
export const AUDIO_FRAME_SAMPLES = 1_024;
export const VIDEO_TIMESCALE = 90_000;
/** Decoding and scaling are a small part of the work; each thread of a decoder holds back a frame. */
export const DECODER_THREADS = Math.min(4, availableParallelism());
export const FILTER_THREADS = Math.min(4, availableParallelism());
/** Indexes are by decode time or rounded; a key frame so much earlier is surely shown before the part begins. */
const SEEK_MARGIN_SECONDS = 1;
/** JPEG quality of posters, 2 (best) to 31. */
export const POSTER_QUALITY = 4;

const TURNS: Readonly<Record<VideoRequest['rotationDegrees'], readonly string[]>> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};

/** The filters that turn a picture upright. */
export function uprightFilters(rotationDegrees: VideoRequest['rotationDegrees']): readonly string[] {
  return TURNS[rotationDegrees];
}

/**
 * The graph from the pad or filter `input` (e.g. `[0:3]`) to one pad per output: `[v0]`, `[v1]` …, in the order of
 * the request.
 */
export function videoGraph(input: string, video: VideoRequest): string {
  const { frameRate, frameCount, outputs, rotationDegrees } = video;
  assert(outputs.length > 0, 'an encode with video has video outputs');
  const rate = `${frameRate.numerator}/${frameRate.denominator}`;
  const fillFrames = Math.ceil(frameRate.numerator / frameRate.denominator) + 1;
  const firstFrame = firstFrameOf(video);
  // Pictures may begin late in the file, but never after its first part.
  const [start, part] =
    firstFrame === 0
      ? [':start_time=0', `end_frame=${frameCount}`]
      : ['', `start_pts=${firstFrame}:end_pts=${firstFrame + frameCount}`];
  const grid = `fps=${rate}${start}:round=near,tpad=stop=${fillFrames}:stop_mode=clone,trim=${part}`;
  return scalingGraph(input, grid, outputs, rotationDegrees);
}

/** Scales once from the source to the largest size and on from there, with a pad for each output. */
function scalingGraph(
  input: string,
  start: string,
  outputs: readonly { readonly width: number; readonly height: number }[],
  rotationDegrees: VideoRequest['rotationDegrees'],
): string {
  const isTurned = rotationDegrees === 90 || rotationDegrees === 270;
  const sizes = bySize(outputs);
  const chains = sizes.map((indexes, at) => {
    const { width, height } = defined(outputs[indexes[0] ?? 0], 'an output of the size');
    const isFirst = at === 0;
    const isLast = at === sizes.length - 1;
    const scaled = isFirst && isTurned ? `${height}:${width}` : `${width}:${height}`;
    const filters = [
      ...(isFirst ? [start] : []),
      `scale=${scaled}:flags=bicubic${isFirst ? ':out_range=tv' : ''}`,
      ...(isFirst ? uprightFilters(rotationDegrees) : []),
      'format=yuv420p',
      'setsar=1',
    ];
    const pads = [...indexes.map((index) => `[v${index}]`), ...(isLast ? [] : [`[s${at + 1}]`])];
    if (pads.length > 1) filters.push(`split=${pads.length}`);
    return `${isFirst ? input : `[s${at}]`}${filters.join(',')}${pads.join('')}`;
  });
  return chains.join(';');
}

/** Where an encode begins. */
export function firstFrameOf(video: VideoRequest): number {
  return video.firstFrame ?? 0;
}

/** From where a part is read, in seconds after the start of the file; null: from the start. */
export function seekSeconds(video: VideoRequest): number | null {
  const { numerator, denominator } = video.frameRate;
  const seconds = (firstFrameOf(video) * denominator) / numerator - SEEK_MARGIN_SECONDS;
  return seconds > 0 ? seconds : null;
}

/**
 * The graph of a sample: the first frames that come, whatever their times are, in the sizes of the request; the pads
 * are named as those of an encode.
 */
export function sampleGraph(input: string, request: SampleGraph): string {
  const { frameRate, frameCount, outputs, rotationDegrees } = request;
  const rate = `${frameRate.numerator}/${frameRate.denominator}`;
  const grid = `setpts=PTS-STARTPTS,fps=${rate},trim=end_frame=${frameCount}`;
  return scalingGraph(input, grid, outputs, rotationDegrees);
}

/** Indexes of the outputs of each picture size, in the order in which the sizes come: the largest first. */
function bySize(outputs: readonly { readonly width: number; readonly height: number }[]): number[][] {
  const sizes = new Map<string, number[]>();
  for (const [index, { width, height }] of outputs.entries()) {
    const size = `${width}x${height}`;
    sizes.set(size, [...(sizes.get(size) ?? []), index]);
  }
  return [...sizes.values()];
}

/** The filters of one audio output. */
export function audioFilters(channels: number, gainDb = 0): string {
  const layout = CHANNEL_LAYOUTS[channels];
  assert(layout !== undefined, `an AAC layout for ${channels} channels`);
  const format = `aformat=sample_fmts=fltp:sample_rates=${AUDIO_RATE_HZ}:channel_layouts=${layout}`;
  // Samples are floating point from here to the encoder, so nothing is cut off on the way.
  const gain = gainDb === 0 ? '' : `volume=${gainDb.toFixed(2)}dB:precision=float,`;
  return `aresample=${AUDIO_RATE_HZ}:async=1:first_pts=0,${format},${gain}asetnsamples=n=${AUDIO_FRAME_SAMPLES}:p=0`;
}

/** The layouts that AAC can name in its header (ISO/IEC 14496-3, table 1.19), by number of channels. */
export const CHANNEL_LAYOUTS: Readonly<Record<number, string>> = {
  1: 'mono',
  2: 'stereo',
  3: '3.0',
  4: '4.0',
  5: '5.0',
  6: '5.1',
  8: '7.1(wide)',
};

/**
 * Frames that are made key frames by name: the cut in the first group of pictures and the end of that group, from
 * which the encoder counts on by itself.
 */
export function forcedKeyFrames(video: VideoRequest): readonly number[] {
  // A part begins with a key frame anyway, and the encoder counts on from there.
  if (firstFrameOf(video) > 0) return [];
  return [video.firstSegmentFrames, video.framesPerSegment];
}

/** Options of the mp4 muxer for one output. */
export function muxerOptions(
  kind: 'video' | 'audio',
  request: Pick<EncodeRequest, 'timelineStartMs' | 'segmentDurationMs'>,
): Record<string, string> {
  assert(request.timelineStartMs >= 1_000, 'the timeline starts late enough for the priming of audio');
  const flags = '+empty_moov+default_base_moof+frag_discont';
  return {
    fflags: '+bitexact',
    use_editlist: '0',
    avoid_negative_ts: 'disabled',
    output_ts_offset: (request.timelineStartMs / 1_000).toFixed(3),
    flush_packets: '1',
    ...(kind === 'video'
      ? { movflags: `+frag_keyframe${flags}`, video_track_timescale: String(VIDEO_TIMESCALE) }
      : { movflags: flags, frag_duration: String(Math.round(request.segmentDurationMs * 500)) }),
  };
}

/** How long the outputs will be, in milliseconds; null for audio alone, whose length nobody planned. */
export function plannedDurationMs(request: EncodeRequest): number | null {
  if (request.video === null) return null;
  const { frameCount, frameRate } = request.video;
  return (frameCount * 1_000 * frameRate.denominator) / frameRate.numerator;
}

/** Ids of all outputs in the order of their descriptors, from 3 on. */
export function outputIds(request: EncodeRequest): string[] {
  const outputs: readonly (VideoOutput | AudioOutput)[] = [
    ...(request.video?.outputs ?? []),
    ...request.audio,
  ];
  const ids = outputs.map(({ id }) => id);
  assert(new Set(ids).size === ids.length && ids.length > 0, 'every output has an id of its own');
  return ids;
}

/** JPEG quality of storyboards: small pictures beside each other. */
export const STORYBOARD_QUALITY = 6;

/** Lays pictures side by side. */
export function storyboardFilters(request: {
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly columns: number;
  readonly rows: number;
}): string {
  const { tileWidth, tileHeight, columns, rows } = request;
  return `scale=${tileWidth}:${tileHeight}:flags=bicubic:out_range=pc,setsar=1,format=yuvj420p,tile=${columns}x${rows}`;
}

/** Pictures a second of a preview: enough to see motion, half of what a film needs. */
export const PREVIEW_FRAMES_PER_SECOND = 12;

/** Puts frames one behind the other, whatever their times were. */
export function previewFilters(request: Pick<PreviewRequest, 'width' | 'height' | 'frameRate'>): string {
  const { width, height, frameRate } = request;
  const retime = `setpts=N/(${frameRate.toFixed(5)}*TB)`;
  return `${retime},fps=${PREVIEW_FRAMES_PER_SECOND},scale=${width}:${height}:flags=bicubic,setsar=1,format=yuv420p`;
}

/** Settings of libx264 for previews: small above all. */
export const PREVIEW_ENCODER_OPTIONS: Readonly<Record<string, string>> = {
  preset: 'veryfast',
  threads: '1',
  crf: '30',
  maxrate: '400000',
  bufsize: '800000',
  g: '120',
  profile: 'main',
};

export const PREVIEW_MUXER_OPTIONS: Readonly<Record<string, string>> = {
  fflags: '+bitexact',
  movflags: '+frag_keyframe+empty_moov+default_base_moof',
};

/** Settings of libx264 for samples: what a rendition has, with one key frame and no bound of the rate. */
export function sampleEncoderOptions(request: Pick<SampleRequest, 'qualityFactor'>): Record<string, string> {
  return {
    preset: 'veryfast',
    threads: String(ENCODER_THREADS),
    crf: String(request.qualityFactor),
    g: '1000',
    'x264-params': 'scenecut=0',
  };
}

/** Measures loudness and true peak; the result stands behind the last frame. */
export const LOUDNESS_FILTER = 'ebur128=peak=true:framelog=verbose';

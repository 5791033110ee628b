// The engine that calls the executables ffmpeg and ffprobe (5.1 or newer, with libx264 and aac).
//
// Every call names the demuxer (`-f`), allows the protocols `file` and `pipe` alone, and gives the input as an
// absolute `file:` address, so that no name is ever read as an option or an address of another kind.

import { resolve } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { type EncodeCommand, startEncode } from './encode-child.ts';
import type { EncodeRequest, Engine, Loudness, ProbeResult, SampledBytes, SampleRequest } from './engine.ts';
import { parsePackets, parseStreams } from './ffprobe-output.ts';
import { demuxerOf, inspectFile } from './inspect-file.ts';
import {
  type ChildLimits,
  EXTRAS_LIMITS,
  LOUDNESS_LIMITS,
  PIXELS_MAX,
  POSTER_BYTES_MAX,
  POSTER_LIMITS,
  PREVIEW_BYTES_MAX,
  PROBE_LIMITS,
  PROBE_OUTPUT_BYTES_MAX,
  RATE_PACKETS_MAX,
  SAMPLE_LIMITS,
  SAMPLE_OUTPUT_BYTES_MAX,
  SILENCE_LUFS,
  STORYBOARD_BYTES_MAX,
  STREAMS_MAX,
} from './limits.ts';
import { liveArguments, liveAudioArguments } from './live-arguments.ts';
import { startLiveAudio, startLiveEncode } from './live-encode.ts';
import { planScan, type RawProbe, type Scan, type ScannedPackets, toProbeResult } from './probe-result.ts';
import {
  AUDIO_RATE_HZ,
  audioFilters,
  DECODER_THREADS,
  FILTER_THREADS,
  forcedKeyFrames,
  LOUDNESS_FILTER,
  muxerOptions,
  POSTER_QUALITY,
  PREVIEW_ENCODER_OPTIONS,
  PREVIEW_MUXER_OPTIONS,
  previewFilters,
  STORYBOARD_QUALITY,
  sampleEncoderOptions,
  sampleGraph,
  seekSeconds,
  storyboardFilters,
  type VideoRequest,
  videoGraph,
} from './recipe.ts';
import { runForBoth, runSandboxed } from './run-sandboxed.ts';
import type { SandboxTools } from './sandbox.ts';
import type { Demuxer } from './sniff.ts';
import { srtArguments } from './srt-arguments.ts';
import { startSrtListen } from './srt-listen.ts';
import { codecOf, VIDEO_ENCODERS, type VideoCodec, videoEncoderOptions } from './video-codecs.ts';

export interface FfmpegEngineOptions {
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  readonly version: string;
  readonly videoCodecs: readonly VideoCodec[];
  readonly takesSrt: boolean;
  readonly tools: SandboxTools;
  /** Where the executables find their libraries, when that is not the usual place. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Creates the engine; `resolveEngine` finds the options. */
export function createFfmpegEngine(options: FfmpegEngineOptions): Engine {
  const { tools, environment } = options;

  function run(
    command: string,
    args: string[],
    workDirectory: string,
    signal: AbortSignal,
    call: Call,
  ): Promise<Buffer> {
    return runSandboxed({ tools, command, args, environment, workDirectory, signal, ...call });
  }

  async function readPackets(
    source: readonly string[],
    scan: NonNullable<Scan>,
    workDirectory: string,
    signal: AbortSignal,
  ): Promise<ScannedPackets> {
    const read = async (interval: readonly string[]) => {
      const args = [...PROBE_QUIET, '-select_streams', String(scan.streamIndex), ...interval];
      args.push(
        '-show_entries',
        'packet=pts_time,dts_time,duration_time,flags',
        '-of',
        'compact=p=0',
        ...source,
      );
      return parsePackets(await run(options.ffprobePath, args, workDirectory, signal, PROBE_CALL));
    };
    if (scan.kind === 'full') return { head: await read([]), isComplete: true, tail: null };
    const head = await read(['-read_intervals', `%+#${RATE_PACKETS_MAX}`]);
    const tail = await read(['-read_intervals', `${scan.tailFromSeconds.toFixed(3)}%`]);
    return { head, isComplete: false, tail };
  }

  async function readStreams(
    source: string[],
    workDirectory: string,
    signal: AbortSignal,
  ): Promise<RawProbe> {
    const args = [...PROBE_QUIET, '-show_format', '-show_streams', '-of', 'json', ...source];
    return parseStreams(await run(options.ffprobePath, args, workDirectory, signal, PROBE_CALL));
  }

  return {
    name: 'ffmpeg',
    version: options.version,
    videoCodecs: options.videoCodecs,
    takesSrt: options.takesSrt,

    async probe(path, { workDirectory, signal }): Promise<ProbeResult> {
      const { demuxer, bytes } = await inspectFile(path);
      const source = [...inputOptions(demuxer), '-i', inputAddress(path)];
      const raw = await readStreams(source, workDirectory, signal);
      const scan = planScan(raw, demuxer, bytes);
      const packets = scan === null ? null : await readPackets(source, scan, workDirectory, signal);
      return toProbeResult(raw, demuxer, packets);
    },

    encode(request) {
      return startEncode(tools, request, (): EncodeCommand => {
        const demuxer = demuxerOf(request.inputPath);
        return { command: options.ffmpegPath, args: encodeArguments(request, demuxer), environment };
      });
    },

    async poster({ inputPath, workDirectory, atMs, width, height, signal }) {
      const { demuxer } = await inspectFile(inputPath);
      const take = (seconds: number) => {
        const args = [
          ...QUIET,
          '-ss',
          seconds.toFixed(3),
          ...inputOptions(demuxer),
          '-i',
          inputAddress(inputPath),
        ];
        args.push(
          '-map',
          '0:V:0',
          '-frames:v',
          '1',
          '-vf',
          `scale=${width}:${height}:flags=bicubic,setsar=1`,
        );
        args.push('-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', String(POSTER_QUALITY));
        args.push('-f', 'image2pipe', 'pipe:1');
        return run(options.ffmpegPath, args, workDirectory, signal, POSTER_CALL);
      };
      const image = await take(atMs / 1_000);
      // Nothing comes out when the time lies behind the last frame.
      const found = image.length > 0 ? image : await take(0);
      if (found.length === 0)
        throw new MeridianError('media_unsupported', { reason: 'no frame of its video can be decoded' });
      return found;
    },

    storyboard(request) {
      const args = [...QUIET, '-skip_frame', 'nokey', ...inputOptions(OWN_DEMUXER), '-i'];
      args.push(inputAddress(request.inputPath), '-map', '0:V:0', '-vf', storyboardFilters(request));
      args.push('-fps_mode', 'passthrough', '-c:v', 'mjpeg', '-q:v', String(STORYBOARD_QUALITY));
      args.push('-f', 'image2pipe', 'pipe:1');
      const call = { ...STORYBOARD_CALL, niceness: request.niceness };
      return run(options.ffmpegPath, args, request.workDirectory, request.signal, call);
    },

    live(request) {
      const args = liveArguments(request);
      return startLiveEncode(tools, request, { command: options.ffmpegPath, args, environment });
    },

    listenSrt(request) {
      const command = { command: options.ffmpegPath, args: srtArguments(request), environment };
      return startSrtListen(tools, request, command);
    },

    liveAudio(request) {
      const args = liveAudioArguments(request);
      return startLiveAudio(tools, request, { command: options.ffmpegPath, args, environment });
    },

    preview(request) {
      const args = [...QUIET, ...inputOptions(OWN_DEMUXER), '-i', inputAddress(request.inputPath)];
      args.push('-map', '0:V:0', '-vf', previewFilters(request), '-c:v', 'libx264', '-flags:v', '+bitexact');
      for (const [name, value] of Object.entries(PREVIEW_ENCODER_OPTIONS))
        args.push(name === 'profile' ? '-profile:v' : `-${name}`, value);
      args.push('-map_metadata', '-1');
      for (const [name, value] of Object.entries(PREVIEW_MUXER_OPTIONS)) args.push(`-${name}`, value);
      args.push('-f', 'mp4', 'pipe:1');
      const call = { ...PREVIEW_CALL, niceness: request.niceness };
      return run(options.ffmpegPath, args, request.workDirectory, request.signal, call);
    },

    async sample(request) {
      const { demuxer } = await inspectFile(request.inputPath);
      const args = sampleArguments(request, demuxer);
      const call = { ...SAMPLE_CALL, niceness: request.niceness };
      const text = await run(options.ffmpegPath, args, request.workDirectory, request.signal, call);
      return parseSample(text.toString('latin1'), request.outputs.length);
    },

    async loudness({ inputPath, workDirectory, streamIndex, niceness, signal }) {
      const { demuxer } = await inspectFile(inputPath);
      // The filter prints its result as information.
      const args = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info', ...inputOptions(demuxer)];
      args.push('-vn', '-i', inputAddress(inputPath), '-map', `0:${streamIndex}`, '-af', LOUDNESS_FILTER);
      args.push('-f', 'null', '-');
      const call = { limits: LOUDNESS_LIMITS, outputBytesMax: 0, niceness };
      const command = options.ffmpegPath;
      const request = { tools, command, args, environment, workDirectory, signal, ...call };
      return parseLoudness((await runForBoth(request)).stderrTail);
    },
  };
}

/** Reads the summary of the ebur128 filter; null when the track is silent. */
export function parseLoudness(text: string): Loudness | null {
  const number = String.raw`(-?(?:\d+(?:\.\d+)?|inf))`;
  const integrated = new RegExp(String.raw`\bI:\s+${number} LUFS`).exec(text)?.[1];
  const peak = new RegExp(String.raw`\bPeak:\s+${number} dBFS`).exec(text)?.[1];
  if (integrated === undefined || peak === undefined)
    throw new Error('FFmpeg did not say how loud the track is');
  const integratedLufs = Number(integrated);
  return integratedLufs > SILENCE_LUFS && Number.isFinite(Number(peak))
    ? { integratedLufs, truePeakDb: Number(peak) }
    : null;
}

interface Call {
  readonly limits: ChildLimits;
  readonly outputBytesMax: number;
  readonly niceness?: number;
}

/** Renditions are fragmented MP4, whatever the source was. */
const OWN_DEMUXER: Demuxer = 'mov';
const STORYBOARD_CALL: Call = { limits: EXTRAS_LIMITS, outputBytesMax: STORYBOARD_BYTES_MAX };
const PREVIEW_CALL: Call = { limits: EXTRAS_LIMITS, outputBytesMax: PREVIEW_BYTES_MAX };

const PROBE_CALL: Call = { limits: PROBE_LIMITS, outputBytesMax: PROBE_OUTPUT_BYTES_MAX };
const POSTER_CALL: Call = { limits: POSTER_LIMITS, outputBytesMax: POSTER_BYTES_MAX };
const SAMPLE_CALL: Call = { limits: SAMPLE_LIMITS, outputBytesMax: SAMPLE_OUTPUT_BYTES_MAX };
const PROBE_QUIET = ['-hide_banner', '-loglevel', 'error'];
const QUIET = ['-hide_banner', '-nostdin', '-loglevel', 'error'];

function inputOptions(demuxer: Demuxer): string[] {
  return [
    '-protocol_whitelist',
    'file,pipe',
    '-max_streams',
    String(STREAMS_MAX),
    '-max_pixels',
    String(PIXELS_MAX),
    '-f',
    demuxer,
  ];
}

function inputAddress(path: string): string {
  return `file:${resolve(path)}`;
}

/** The command line of an encode: outputs on descriptors 3 and up, in the order of `outputIds`. */
export function encodeArguments(request: EncodeRequest, demuxer: Demuxer): string[] {
  const { video } = request;
  const args = [...QUIET, '-nostats', '-progress', 'pipe:1', '-stats_period', '1'];
  args.push('-filter_complex_threads', String(FILTER_THREADS), '-threads', String(DECODER_THREADS));
  const seek = video === null ? null : seekSeconds(video);
  // The times of the file are kept, as an encode of the whole sees them.
  if (seek !== null) args.push('-copyts', '-start_at_zero', '-noaccurate_seek', '-ss', seek.toFixed(6));
  args.push(...inputOptions(demuxer), '-i', inputAddress(request.inputPath));
  let descriptor = 3;
  if (video !== null) {
    // FFmpeg turns the picture before the graph, by the same display matrix as the probe reads. It has to: told not
    // to, 5.1 copies the matrix into the outputs, and players would turn them once more.
    const upright: VideoRequest = { ...video, rotationDegrees: 0 };
    const keyFrames = forcedKeyFrames(video).map((frame) => `eq(n,${frame})`);
    args.push('-filter_complex', videoGraph(`[0:${video.streamIndex}]`, upright));
    for (const [index, output] of video.outputs.entries()) {
      args.push(
        '-map',
        `[v${index}]`,
        '-c:v',
        VIDEO_ENCODERS[codecOf(output)],
        '-fps_mode',
        'passthrough',
        '-flags:v',
        '+bitexact',
      );
      for (const [name, value] of Object.entries(videoEncoderOptions(video, output)))
        args.push(name === 'b' ? '-b:v' : `-${name}`, value);
      if (keyFrames.length > 0) args.push('-force_key_frames', `expr:${keyFrames.join('+')}`);
      // The one form of HEVC in which a segment needs nothing but its init, and that Apple's players take.
      if (codecOf(output) === 'hevc') args.push('-tag:v', 'hvc1');
      args.push(...outputArguments('video', request, descriptor++));
    }
  }
  for (const output of request.audio) {
    args.push(
      '-map',
      `0:${output.streamIndex}`,
      '-af',
      audioFilters(output.channels, output.gainDb),
      '-c:a',
      'aac',
    );
    args.push('-ar', String(AUDIO_RATE_HZ), '-b:a', String(output.bitrateBps), '-flags:a', '+bitexact');
    args.push(...outputArguments('audio', request, descriptor++));
  }
  return args;
}

/** The command line of a sample: all sizes as streams of one output, which tells the size of every packet. */
function sampleArguments(request: SampleRequest, demuxer: Demuxer): string[] {
  // To the key frame and no further; FFmpeg turns the picture before the graph, as for an encode.
  const args = [...QUIET, '-noaccurate_seek', '-ss', (request.atMs / 1_000).toFixed(3)];
  args.push('-threads', String(DECODER_THREADS), '-an', '-sn', '-dn', ...inputOptions(demuxer));
  args.push('-i', inputAddress(request.inputPath));
  args.push('-filter_complex', sampleGraph(`[0:${request.streamIndex}]`, { ...request, rotationDegrees: 0 }));
  for (const index of request.outputs.keys()) args.push('-map', `[v${index}]`);
  args.push('-c:v', 'libx264');
  for (const [name, value] of Object.entries(sampleEncoderOptions(request))) args.push(`-${name}`, value);
  args.push('-fps_mode', 'passthrough', '-f', 'framecrc', 'pipe:1');
  return args;
}

/** Adds up the sizes that the framecrc muxer lists: stream, decode time, presentation time, duration, size, checksum. */
function parseSample(text: string, count: number): SampledBytes[] {
  const sums = Array.from({ length: count }, () => ({ keyFrameBytes: 0, otherBytes: 0, otherFrames: 0 }));
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [stream = -1, , , , bytes = 0] = line.split(',').map(Number);
    const sum = sums[stream];
    if (sum === undefined) continue;
    // The first packet is the key frame.
    if (sum.keyFrameBytes === 0) sum.keyFrameBytes = bytes;
    else {
      sum.otherBytes += bytes;
      sum.otherFrames++;
    }
  }
  return sums;
}

function outputArguments(kind: 'video' | 'audio', request: EncodeRequest, descriptor: number): string[] {
  const args = ['-map_metadata', '-1', '-map_chapters', '-1'];
  for (const [name, value] of Object.entries(muxerOptions(kind, request))) args.push(`-${name}`, value);
  args.push('-f', 'mp4', `pipe:${descriptor}`);
  return args;
}

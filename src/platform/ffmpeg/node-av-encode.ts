// Part of the node-av child: decodes once and makes all outputs, frame for frame what the ffmpeg executable does
// with the same recipe. Everything is synchronous: one packet is read, decoded, filtered, encoded and written before
// the next one, so that a slow reader of any output holds up the whole child, and memory stays bounded.

import {
  AV_BUFFERSRC_FLAG_PUSH,
  AV_NOPTS_VALUE,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AVDISCARD_ALL,
  AVERROR_EAGAIN,
  AVERROR_EOF,
} from 'node-av/constants';
import {
  avRescaleQ,
  type CodecContext,
  FFmpegError,
  type FilterContext,
  type FormatContext,
  Frame,
  Packet,
  type Stream,
} from 'node-av/lib';
import { defined } from '#base/assert.ts';
import type { AudioOutput, EncodeRequest } from './engine.ts';
import { createGraph, type Graph, pushFrame } from './node-av-graph.ts';
import { openDecoder, openInput, readPackets, seekBackward } from './node-av-input.ts';
import { createAudioEncoder, createVideoEncoder, type OutputEncoder } from './node-av-output.ts';
import { audioFilters, forcedKeyFrames, seekSeconds, type VideoRequest, videoGraph } from './recipe.ts';

const MICROSECONDS = { num: 1, den: 1_000_000 };
/** Share of packets that may fail to decode, as in the ffmpeg executable. */
const ERROR_SHARE_MAX = 2 / 3;

/** What becomes of the decoded frames of one stream. */
interface Branch {
  /** Called with each frame, its time counted from time zero of the file; null at the end. False: wants no more. */
  take(frame: Frame | null): boolean;
}

/** Runs the encode to its end; `onFrames` is told how many frames every video output has. */
export function runEncode(request: EncodeRequest, demuxer: string, onFrames: (frames: number) => void): void {
  const input = openInput(request.inputPath, demuxer);
  let descriptor = 3;
  const tracks: Track[] = [];
  const { video } = request;
  if (video !== null) {
    const stream = findStream(input, video.streamIndex);
    const first = descriptor;
    descriptor += video.outputs.length;
    tracks.push(createTrack(input, stream, [createVideoBranch(request, video, stream, first, onFrames)]));
  }
  for (const output of request.audio) {
    const stream = findStream(input, output.streamIndex);
    const branch = createAudioBranch(request, output, stream, descriptor++);
    const known = tracks.find((track) => track.stream.index === stream.index);
    if (known === undefined) tracks.push(createTrack(input, stream, [branch]));
    else known.branches.push(branch);
  }
  for (const stream of input.streams)
    if (!tracks.some((track) => track.stream.index === stream.index)) stream.discard = AVDISCARD_ALL;

  const seek = video === null ? null : seekSeconds(video);
  if (seek !== null) seekBackward(input, seek);
  const packet = new Packet();
  packet.alloc();
  readPackets(input, packet, () => {
    const track = tracks.find(({ stream }) => stream.index === packet.streamIndex);
    if (track !== undefined && !track.isDone) decode(track, packet);
    return tracks.some(({ isDone }) => !isDone);
  });
  for (const track of tracks) finish(track);
}

interface Track {
  readonly stream: Stream;
  readonly decoder: CodecContext;
  readonly frame: Frame;
  /** Time zero of the file in ticks of the stream. */
  readonly origin: bigint;
  readonly branches: Branch[];
  isDone: boolean;
  packets: number;
  failures: number;
}

function findStream(input: FormatContext, index: number): Stream {
  return defined(
    input.streams.find((stream) => stream.index === index),
    `stream ${index}`,
  );
}

function createTrack(input: FormatContext, stream: Stream, branches: Branch[]): Track {
  const decoder = openDecoder(stream);
  const frame = new Frame();
  frame.alloc();
  const origin =
    input.startTime === AV_NOPTS_VALUE ? 0n : avRescaleQ(input.startTime, MICROSECONDS, stream.timeBase);
  return { stream, decoder, frame, origin, branches, isDone: false, packets: 0, failures: 0 };
}

/** Sends one packet (null: the end) through the decoder and every branch. */
function decode(track: Track, packet: Packet | null): void {
  const { decoder, frame } = track;
  if (packet !== null) track.packets++;
  let sent = decoder.sendPacketSync(packet);
  for (;;) {
    const received = decoder.receiveFrameSync(frame);
    if (received === AVERROR_EAGAIN && sent === AVERROR_EAGAIN) sent = decoder.sendPacketSync(packet);
    else if (received === AVERROR_EAGAIN || received === AVERROR_EOF) break;
    else if (received < 0) {
      track.failures++;
      break;
    } else if (!deliver(track)) return;
  }
  if (sent < 0 && sent !== AVERROR_EOF && sent !== AVERROR_EAGAIN) track.failures++;
}

function deliver(track: Track): boolean {
  const { frame } = track;
  const time = frame.bestEffortTimestamp;
  if (time !== AV_NOPTS_VALUE) frame.pts = time - track.origin;
  let wantsMore = false;
  for (const branch of track.branches) wantsMore = branch.take(frame) || wantsMore;
  frame.unref();
  track.isDone = !wantsMore;
  return wantsMore;
}

function finish(track: Track): void {
  if (!track.isDone) decode(track, null);
  for (const branch of track.branches) branch.take(null);
  if (track.failures > track.packets * ERROR_SHARE_MAX)
    throw new Error(`error decoding rate of stream ${track.stream.index} is too high`);
}

function createVideoBranch(
  request: EncodeRequest,
  video: VideoRequest,
  stream: Stream,
  firstDescriptor: number,
  onFrames: (frames: number) => void,
): Branch {
  let graph: Graph | null = null;
  let sinks: { context: FilterContext; encoder: OutputEncoder; frames: number; isEnded: boolean }[] = [];
  const keyFrames = forcedKeyFrames(video);
  const filtered = new Frame();
  filtered.alloc();

  function open(frame: Frame): Graph {
    const opened = createGraph('video', frame, stream, videoGraph('[in]', video), video.outputs.length);
    sinks = video.outputs.map((output, index) => ({
      context: defined(opened.sinks[index], 'a sink'),
      encoder: createVideoEncoder(request, video, output, firstDescriptor + index),
      frames: 0,
      isEnded: false,
    }));
    return opened;
  }

  function drain(): boolean {
    for (const sink of sinks) {
      while (!sink.isEnded) {
        const result = sink.context.buffersinkGetFrameSync(filtered);
        if (result === AVERROR_EAGAIN) break;
        sink.isEnded = result === AVERROR_EOF;
        if (!sink.isEnded) {
          FFmpegError.throwIfError(result, 'filter');
          // Else the encoder would repeat the source's choice of key frames.
          filtered.pictType = keyFrames.includes(sink.frames) ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
          sink.encoder.encode(filtered);
          filtered.unref();
          sink.frames++;
        }
        if (sink.isEnded || sink.frames === video.frameCount) sink.isEnded = sink.encoder.end();
      }
    }
    onFrames(Math.min(...sinks.map(({ frames }) => frames)));
    return sinks.some(({ isEnded }) => !isEnded);
  }

  return {
    take(frame) {
      if (frame === null) {
        if (graph === null) throw new Error('nothing was decoded');
        graph.source.buffersrcAddFrameSync(null, AV_BUFFERSRC_FLAG_PUSH);
        return drain();
      }
      graph ??= open(frame);
      pushFrame(graph.source, frame);
      return drain();
    },
  };
}

function createAudioBranch(
  request: EncodeRequest,
  output: AudioOutput,
  stream: Stream,
  descriptor: number,
): Branch {
  let graph: Graph | null = null;
  const encoder = createAudioEncoder(request, output, descriptor);
  const filtered = new Frame();
  filtered.alloc();

  function drain(sink: FilterContext): void {
    for (;;) {
      const result = sink.buffersinkGetFrameSync(filtered);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      FFmpegError.throwIfError(result, 'filter');
      encoder.encode(filtered);
      filtered.unref();
    }
  }

  return {
    take(frame) {
      if (frame !== null)
        graph ??= createGraph(
          'audio',
          frame,
          stream,
          `[in]${audioFilters(output.channels, output.gainDb)}[a0]`,
          1,
        );
      if (graph !== null) {
        if (frame === null) graph.source.buffersrcAddFrameSync(null, AV_BUFFERSRC_FLAG_PUSH);
        else pushFrame(graph.source, frame);
        drain(defined(graph.sinks[0], 'a sink'));
      }
      if (frame === null) encoder.end();
      return true;
    },
  };
}

// Part of the node-av child: storyboards and previews from renditions of our own, and the loudness of a track.

import { AV_BUFFERSRC_FLAG_PUSH, AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import { FFmpegError, type FilterContext, Frame, Packet, type Stream } from 'node-av/lib';
import { defined } from '#base/assert.ts';
import type { Loudness } from './engine.ts';
import { createGraph, type Graph, pushFrame } from './node-av-graph.ts';
import { openDecoder, openInput, readPackets } from './node-av-input.ts';
import { encodeJpeg } from './node-av-jpeg.ts';
import { createPreviewEncoder } from './node-av-output.ts';
import {
  LOUDNESS_FILTER,
  PREVIEW_FRAMES_PER_SECOND,
  previewFilters,
  STORYBOARD_QUALITY,
  storyboardFilters,
} from './recipe.ts';

export interface StoryboardTask {
  readonly inputPath: string;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly columns: number;
  readonly rows: number;
}

export interface PreviewTask {
  readonly inputPath: string;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number;
}

export interface LoudnessTask {
  readonly inputPath: string;
  readonly streamIndex: number;
}

/** Sends the frames of a stream through a graph, made from the first one. */
function filterFrames(options: {
  readonly inputPath: string;
  readonly demuxer: string;
  readonly kind: 'video' | 'audio';
  /** The first stream of the kind when not given. */
  readonly streamIndex?: number;
  readonly filters: string;
  readonly keyFramesOnly?: boolean;
  onFrame(frame: Frame): void;
}): void {
  const { kind, filters, streamIndex } = options;
  const input = openInput(options.inputPath, options.demuxer);
  const stream = defined(
    input.streams.find(
      (candidate): boolean =>
        streamIndex === candidate.index || (streamIndex === undefined && candidate.codecpar.width > 0),
    ),
    'a stream',
  );
  const decoder = openDecoder(stream);
  const decoded = new Frame();
  decoded.alloc();
  const filtered = new Frame();
  filtered.alloc();
  let graph: Graph | null = null;
  const drain = (): void => {
    const sink = defined(graph?.sinks[0], 'a sink');
    for (;;) {
      const result = sink.buffersinkGetFrameSync(filtered);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      FFmpegError.throwIfError(result, 'filter');
      options.onFrame(filtered);
      filtered.unref();
    }
  };
  const receive = (): void => {
    while (decoder.receiveFrameSync(decoded) >= 0) {
      decoded.pts = decoded.bestEffortTimestamp;
      graph ??= open(kind, decoded, stream, filters);
      pushFrame(graph.source, decoded);
      decoded.unref();
      drain();
    }
  };
  const packet = new Packet();
  packet.alloc();
  readPackets(input, packet, () => {
    if (packet.streamIndex !== stream.index || (options.keyFramesOnly === true && !packet.isKeyframe))
      return true;
    decoder.sendPacketSync(packet);
    receive();
    return true;
  });
  decoder.sendPacketSync(null);
  receive();
  if (graph === null) throw new Error('nothing was decoded');
  endGraph((graph as Graph).source);
  drain();
}

function open(kind: 'video' | 'audio', frame: Frame, stream: Stream, filters: string): Graph {
  return createGraph(kind, frame, stream, `[in]${filters}[${kind === 'video' ? 'v0' : 'a0'}]`, 1);
}

function endGraph(source: FilterContext): void {
  source.buffersrcAddFrameSync(null, AV_BUFFERSRC_FLAG_PUSH);
}

/** The sheets, one JPEG behind the other. */
export function makeStoryboard(task: StoryboardTask, demuxer: string): Buffer {
  const sheets: Buffer[] = [];
  filterFrames({
    inputPath: task.inputPath,
    demuxer,
    kind: 'video',
    filters: storyboardFilters(task),
    keyFramesOnly: true,
    onFrame(frame) {
      sheets.push(defined(encodeJpeg(frame, STORYBOARD_QUALITY), 'a sheet'));
    },
  });
  return Buffer.concat(sheets);
}

/** Writes the preview to stdout. */
export function makePreview(task: PreviewTask, demuxer: string): void {
  const encoder = createPreviewEncoder(task, PREVIEW_FRAMES_PER_SECOND, 1);
  let frames = 0n;
  filterFrames({
    inputPath: task.inputPath,
    demuxer,
    kind: 'video',
    filters: previewFilters(task),
    onFrame(frame) {
      frame.pts = frames;
      frames += 1n;
      encoder.encode(frame);
    },
  });
  encoder.end();
}

/** What the filter says behind the last frame. */
export function measureLoudness(task: LoudnessTask, demuxer: string): Loudness {
  let integratedLufs = Number.NEGATIVE_INFINITY;
  let peak = 0;
  filterFrames({
    inputPath: task.inputPath,
    demuxer,
    kind: 'audio',
    streamIndex: task.streamIndex,
    filters: `${LOUDNESS_FILTER}:metadata=1`,
    onFrame(frame) {
      const values = frame.getMetadata().getAll();
      integratedLufs = Number(values['lavfi.r128.I'] ?? integratedLufs);
      for (const [name, value] of Object.entries(values))
        if (name.startsWith('lavfi.r128.true_peaks_ch')) peak = Math.max(peak, Number(value));
    },
  });
  return { integratedLufs, truePeakDb: 20 * Math.log10(peak) };
}

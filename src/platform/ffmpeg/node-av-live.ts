// Part of the node-av child: a live picture, frame for frame what the ffmpeg executable does with live-arguments.ts.
// The grid is kept here rather than by filters: the first frame of each place is taken, holes are filled with copies
// of the frame before them.

import { writeSync } from 'node:fs';
import {
  AV_NOPTS_VALUE,
  AV_PICTURE_TYPE_NONE,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  Frame,
  InputFormat,
  Packet,
  type Stream,
} from 'node-av/lib';
import { defined } from '#base/assert.ts';
import type { LiveRequest } from './engine.ts';
import { PIXELS_MAX } from './limits.ts';
import { LIVE_DECODER_THREADS, LIVE_INPUT_OPTIONS, liveGraph } from './live-recipe.ts';
import { createGraph, type Graph, pushFrame } from './node-av-graph.ts';
import { readPackets } from './node-av-input.ts';
import { createLiveEncoder, type OutputEncoder } from './node-av-output.ts';

export type LiveTask = Pick<LiveRequest, 'frameRate' | 'framesPerSegment' | 'firstPlace' | 'outputs'>;

/** Runs until stdin ends. */
export function runLive(task: LiveTask): void {
  const input = openStdin('flv');
  const stream = defined(
    input.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO),
    'a video stream',
  );
  const decoder = openSliceDecoder(stream);
  const picture = createPicture(task, stream);
  const frame = new Frame();
  frame.alloc();
  const packet = new Packet();
  packet.alloc();

  function drain(): void {
    for (;;) {
      const result = decoder.receiveFrameSync(frame);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF || result < 0) return;
      picture.take(frame);
      frame.unref();
    }
  }

  readPackets(input, packet, () => {
    // A damaged frame is one that is missing; its place is filled.
    if (packet.streamIndex === stream.index && decoder.sendPacketSync(packet) >= 0) drain();
    return true;
  });
  decoder.sendPacketSync(null);
  drain();
  picture.end();
}

/** Writes small pictures as they are. */
function createLookWriter(descriptor: number): OutputEncoder {
  return {
    encode(frame) {
      const bytes = frame.toBuffer();
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    },
    end: () => true,
  };
}

/** Opens what comes on stdin, with its first packets. */
export function openStdin(demuxer: 'flv' | 'ogg'): FormatContext {
  const input = new FormatContext();
  input.allocContext();
  const options = Dictionary.fromObject({ ...LIVE_INPUT_OPTIONS, protocol_whitelist: 'pipe' });
  const format = InputFormat.findInputFormat(demuxer);
  FFmpegError.throwIfError(input.openInputSync('pipe:0', format, options), 'open the input');
  FFmpegError.throwIfError(input.findStreamInfoSync(null), 'read its headers');
  return input;
}

/** Threads work on slices, since those that work on frames hold frames back. */
function openSliceDecoder(stream: Stream): CodecContext {
  const codec = defined(Codec.findDecoder(stream.codecpar.codecId), 'a decoder');
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  FFmpegError.throwIfError(decoder.parametersToContext(stream.codecpar), 'describe the decoder');
  decoder.pktTimebase = stream.timeBase;
  const options = Dictionary.fromObject({
    threads: String(LIVE_DECODER_THREADS),
    thread_type: 'slice',
    max_pixels: String(PIXELS_MAX),
  });
  FFmpegError.throwIfError(decoder.open2Sync(codec, options), 'open the decoder');
  return decoder;
}

/** Scales decoded frames to all renditions and encodes one for each place of the grid. */
function createPicture(task: LiveTask, stream: Stream): { take(frame: Frame): void; end(): void } {
  const lookDescriptor = task.outputs.length + 3;
  const encoders = [
    ...task.outputs.map((output, index) => createLiveEncoder(task, output, index + 3) as OutputEncoder),
    createLookWriter(lookDescriptor),
  ];
  const outputs = encoders.map((encoder) => {
    const held = new Frame();
    held.alloc();
    return { held, encoder };
  });
  let graph: { readonly graph: Graph; readonly shape: string } | undefined;
  let next = 0;

  function graphFor(frame: Frame): Graph {
    const aspect = frame.sampleAspectRatio;
    const shape = [frame.width, frame.height, frame.format, aspect.num, aspect.den].join(' ');
    if (graph?.shape !== shape) {
      graph?.graph.graph.free();
      graph = {
        shape,
        graph: createGraph('video', frame, stream, liveGraph('[in]', task.outputs, ''), outputs.length),
      };
    }
    return graph.graph;
  }

  function encodeHeld(place: number): void {
    for (const { held, encoder } of outputs) {
      held.pts = BigInt(place);
      held.pictType = AV_PICTURE_TYPE_NONE;
      encoder.encode(held);
    }
  }

  return {
    take(frame) {
      const time = frame.bestEffortTimestamp;
      if (time === AV_NOPTS_VALUE) return;
      const { num, den } = stream.timeBase;
      const place = Math.round((Number(time) * num * task.frameRate) / den) - task.firstPlace;
      if (place < next) return;
      frame.pts = time;
      const { source, sinks } = graphFor(frame);
      // Before the very first frame there is nothing to repeat but itself.
      if (next > 0) for (; next < place; next += 1) encodeHeld(next);
      pushFrame(source, frame);
      for (const [index, { held }] of outputs.entries()) {
        held.unref();
        const sink = defined(sinks[index], 'a sink');
        FFmpegError.throwIfError(sink.buffersinkGetFrameSync(held), 'filter');
      }
      for (; next <= place; next += 1) encodeHeld(next);
    },
    end() {
      for (const { encoder } of outputs) encoder.end();
    },
  };
}

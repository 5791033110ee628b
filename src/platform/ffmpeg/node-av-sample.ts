// Part of the node-av child: encodes some frames at constant quality and counts the bytes.

import {
  AV_BUFFERSRC_FLAG_PUSH,
  AV_NOPTS_VALUE,
  AV_PICTURE_TYPE_NONE,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVSEEK_FLAG_BACKWARD,
} from 'node-av/constants';
import { FFmpegError, Frame, Packet, type Stream } from 'node-av/lib';
import { defined } from '#base/assert.ts';
import type { SampledBytes, SampleRequest } from './engine.ts';
import { createGraph, type Graph, pushFrame } from './node-av-graph.ts';
import { openDecoder, openInput, readPackets } from './node-av-input.ts';
import { createCountingEncoder } from './node-av-output.ts';
import { sampleEncoderOptions, sampleGraph } from './recipe.ts';

export type SampleTask = Omit<SampleRequest, 'workDirectory' | 'niceness' | 'signal'>;

/** What the frames took, in the order of the outputs. */
export function makeSample(task: SampleTask, demuxer: string): SampledBytes[] {
  const sums = task.outputs.map(() => ({ keyFrameBytes: 0, otherBytes: 0, otherFrames: 0 }));
  const encoders = task.outputs.map((size, index) =>
    countingEncoder(task, size, defined(sums[index], 'a sum')),
  );
  let graph: Graph | null = null;
  let isEnded = false;
  const filtered = new Frame();
  filtered.alloc();
  const drain = (): void => {
    for (const [index, sink] of (graph?.sinks ?? []).entries())
      for (;;) {
        const result = sink.buffersinkGetFrameSync(filtered);
        isEnded ||= result === AVERROR_EOF;
        if (result === AVERROR_EAGAIN || result === AVERROR_EOF) break;
        FFmpegError.throwIfError(result, 'filter');
        // Else the encoder would repeat the source's choice of key frames.
        filtered.pictType = AV_PICTURE_TYPE_NONE;
        defined(encoders[index], 'an encoder').encode(filtered);
        filtered.unref();
      }
  };
  decodeFrom(task, demuxer, (frame, stream) => {
    graph ??= createGraph('video', frame, stream, sampleGraph('[in]', task), task.outputs.length);
    pushFrame(graph.source, frame);
    drain();
    return !isEnded;
  });
  if (graph === null) throw new Error('nothing was decoded');
  (graph as Graph).source.buffersrcAddFrameSync(null, AV_BUFFERSRC_FLAG_PUSH);
  drain();
  for (const encoder of encoders) encoder.end();
  return sums;
}

function countingEncoder(task: SampleTask, size: SampleTask['outputs'][number], sum: SampledBytes) {
  const rate = [task.frameRate.numerator, task.frameRate.denominator] as const;
  return createCountingEncoder(size, rate, sampleEncoderOptions(task), (bytes) => {
    // The first packet is the key frame.
    if (sum.keyFrameBytes === 0) sum.keyFrameBytes = bytes;
    else {
      sum.otherBytes += bytes;
      sum.otherFrames++;
    }
  });
}

/** Decodes from the key frame before the time on, until `take` answers false or the file ends. */
function decodeFrom(
  task: SampleTask,
  demuxer: string,
  take: (frame: Frame, stream: Stream) => boolean,
): void {
  const input = openInput(task.inputPath, demuxer);
  const stream = defined(
    input.streams.find(({ index }) => index === task.streamIndex),
    'the stream of the sample',
  );
  const origin = input.startTime === AV_NOPTS_VALUE ? 0n : input.startTime;
  if (task.atMs > 0)
    input.seekFrameSync(-1, origin + BigInt(Math.round(task.atMs * 1_000)), AVSEEK_FLAG_BACKWARD);
  const decoder = openDecoder(stream);
  const decoded = new Frame();
  decoded.alloc();
  let goesOn = true;
  const receive = (): void => {
    while (goesOn && decoder.receiveFrameSync(decoded) >= 0) {
      decoded.pts = decoded.bestEffortTimestamp;
      goesOn = take(decoded, stream);
      decoded.unref();
    }
  };
  const packet = new Packet();
  packet.alloc();
  readPackets(input, packet, () => {
    if (packet.streamIndex !== stream.index) return true;
    decoder.sendPacketSync(packet);
    receive();
    return goesOn;
  });
  if (!goesOn) return;
  decoder.sendPacketSync(null);
  receive();
}

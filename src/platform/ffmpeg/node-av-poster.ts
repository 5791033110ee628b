// Part of the node-av child: one upright frame as a JPEG.

import { AV_BUFFERSRC_FLAG_PUSH, AV_NOPTS_VALUE, AVSEEK_FLAG_BACKWARD } from 'node-av/constants';
import { avRescaleQ, FFmpegError, type FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
import { defined } from '#base/assert.ts';
import { createGraph } from './node-av-graph.ts';
import { openDecoder, openInput, readPackets } from './node-av-input.ts';
import { encodeJpeg } from './node-av-jpeg.ts';
import { describeStream } from './node-av-probe.ts';
import { turnOf } from './probe-result.ts';
import { POSTER_QUALITY, uprightFilters } from './recipe.ts';

const MICROSECONDS = { num: 1, den: 1_000_000 };

export interface PosterTask {
  readonly inputPath: string;
  readonly atMs: number;
  readonly width: number;
  readonly height: number;
}

/** The JPEG, or null when no frame can be decoded. */
export function makePoster(task: PosterTask, demuxer: string): Buffer | null {
  const input = openInput(task.inputPath, demuxer);
  const stream = input.streams.find((candidate) => {
    const { kind, isCover } = describeStream(candidate);
    return kind === 'video' && !isCover;
  });
  if (stream === undefined) return null;
  // Nothing comes out when the time lies behind the last frame.
  const frame = frameAt(input, stream, task.atMs) ?? frameAt(input, stream, 0);
  return frame === null ? null : toJpeg(frame, stream, task);
}

/** The first frame shown at or after the time, or null. */
function frameAt(input: FormatContext, stream: Stream, atMs: number): Frame | null {
  const origin = input.startTime === AV_NOPTS_VALUE ? 0n : input.startTime;
  const target = origin + BigInt(Math.round(atMs * 1_000));
  input.seekFrameSync(-1, target, AVSEEK_FLAG_BACKWARD);
  const wanted = avRescaleQ(target, MICROSECONDS, stream.timeBase);
  const decoder = openDecoder(stream);
  const packet = new Packet();
  packet.alloc();
  let latest: Frame | null = null;
  const isFound = (): boolean => latest !== null && latest.bestEffortTimestamp >= wanted;
  const decode = (sent: Packet | null): void => {
    decoder.sendPacketSync(sent);
    while (!isFound()) {
      const frame = new Frame();
      frame.alloc();
      if (decoder.receiveFrameSync(frame) < 0) {
        frame.free();
        return;
      }
      latest?.free();
      latest = frame;
    }
  };
  readPackets(input, packet, () => {
    if (packet.streamIndex === stream.index) decode(packet);
    return !isFound();
  });
  if (!isFound()) decode(null);
  return isFound() ? latest : null;
}

function toJpeg(frame: Frame, stream: Stream, task: PosterTask): Buffer | null {
  const turn = turnOf(describeStream(stream).displayRotation);
  const filters = [
    ...uprightFilters(turn),
    `scale=${task.width}:${task.height}:flags=bicubic:out_range=pc`,
    'setsar=1',
    'format=yuvj420p',
  ];
  const graph = createGraph('video', frame, stream, `[in]${filters.join(',')}[v0]`, 1);
  FFmpegError.throwIfError(graph.source.buffersrcAddFrameSync(frame, AV_BUFFERSRC_FLAG_PUSH), 'filter');
  graph.source.buffersrcAddFrameSync(null, AV_BUFFERSRC_FLAG_PUSH);
  const picture = new Frame();
  picture.alloc();
  FFmpegError.throwIfError(defined(graph.sinks[0], 'a sink').buffersinkGetFrameSync(picture), 'filter');

  return encodeJpeg(picture, POSTER_QUALITY);
}

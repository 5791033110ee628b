// Part of the node-av child: opens a file with a forced demuxer, as ffmpeg-engine.ts does on the command line.
// Only the low-level, synchronous interface of node-av is used: it costs no more computing time than the ffmpeg
// executable, while the asynchronous one costs 30 to 55 % more.

import { resolve } from 'node:path';
import { AV_NOPTS_VALUE, AVERROR_EOF, AVSEEK_FLAG_BACKWARD } from 'node-av/constants';
import {
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  InputFormat,
  type Packet,
  type Stream,
} from 'node-av/lib';
import { PIXELS_MAX, STREAMS_MAX } from './limits.ts';
import { DECODER_THREADS } from './recipe.ts';

/** Opens the file and reads its headers; throws with FFmpeg's words when it is not what `demuxer` says. */
export function openInput(path: string, demuxer: string): FormatContext {
  const format = InputFormat.findInputFormat(demuxer);
  if (format === null) throw new Error(`no demuxer ${demuxer}`);
  const input = new FormatContext();
  input.allocContext();
  const options = Dictionary.fromObject({
    protocol_whitelist: 'file,pipe',
    max_streams: STREAMS_MAX,
  });
  FFmpegError.throwIfError(input.openInputSync(`file:${resolve(path)}`, format, options), 'open the file');
  // Without options: node-av hands one dictionary where FFmpeg reads one per stream, and crashes with two streams.
  FFmpegError.throwIfError(input.findStreamInfoSync(null), 'read its headers');
  return input;
}

/** Opens the decoder of a stream; throws when there is none. */
export function openDecoder(stream: Stream): CodecContext {
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  if (codec === null) throw new Error(`Decoder not found for stream ${stream.index}`);
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  FFmpegError.throwIfError(decoder.parametersToContext(stream.codecpar), 'describe the decoder');
  decoder.pktTimebase = stream.timeBase;
  decoder.threadCount = DECODER_THREADS;
  const options = Dictionary.fromObject({ max_pixels: PIXELS_MAX });
  FFmpegError.throwIfError(decoder.open2Sync(codec, options), 'open the decoder');
  return decoder;
}

/** Goes to the last key frame before a time, in seconds after the start of the file. */
export function seekBackward(input: FormatContext, seconds: number): void {
  const start = input.startTime === AV_NOPTS_VALUE ? 0n : input.startTime;
  const ticks = start + BigInt(Math.round(seconds * 1_000_000));
  FFmpegError.throwIfError(input.seekFrameSync(-1, ticks, AVSEEK_FLAG_BACKWARD), 'seek');
}

/** Reads packet after packet into `packet` until the file or `handle` (by answering false) ends it. */
export function readPackets(input: FormatContext, packet: Packet, handle: (packet: Packet) => boolean): void {
  for (;;) {
    const result = input.readFrameSync(packet);
    // A damaged tail ends the file as its end does; what is missing shows in the count of frames.
    if (result === AVERROR_EOF || result < 0) return;
    const goesOn = handle(packet);
    packet.unref();
    if (!goesOn) return;
  }
}

/** A timestamp in seconds, or null when there is none. */
export function toSeconds(ticks: bigint, timeBase: { num: number; den: number }): number | null {
  return ticks === AV_NOPTS_VALUE ? null : (Number(ticks) * timeBase.num) / timeBase.den;
}

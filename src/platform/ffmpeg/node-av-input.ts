// Part of the node-av child: opens a file with a forced demuxer, as ffmpeg-engine.ts does on the command line.
// Only the low-level, synchronous interface of node-av is used: it costs no more computing time than the ffmpeg
// executable, while the asynchronous one costs 30 to 55 % more.

import { resolve } from 'node:path';
import { AV_NOPTS_VALUE, AVERROR_EOF } from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, InputFormat, type Packet } from 'node-av/lib';
import { PIXELS_MAX, STREAMS_MAX } from './limits.ts';

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
  const decoding = Dictionary.fromObject({ max_pixels: PIXELS_MAX });
  FFmpegError.throwIfError(input.findStreamInfoSync(decoding), 'read its headers');
  return input;
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

// Part of the node-av child: an SRT listener, byte for byte what the ffmpeg executable does with srt-arguments.ts. The
// passphrase comes on stdin, since everybody on the machine may read the arguments of a process.

import { readFileSync } from 'node:fs';
import { Dictionary, FFmpegError, FormatContext, InputFormat, Packet } from 'node-av/lib';
import type { SrtListenRequest } from './engine.ts';
import { readPackets } from './node-av-input.ts';
import { srtAddress, srtOptions } from './srt-arguments.ts';

export type SrtTask = Pick<SrtListenRequest, 'host' | 'port' | 'latencyMs' | 'silenceMs'>;

/** Waits for a caller and hands on its bytes until it is gone. */
export function runSrt(task: SrtTask, write: (bytes: Buffer) => void): void {
  const passphrase = readFileSync(0, 'utf8');
  const input = new FormatContext();
  input.allocContext();
  const options = Dictionary.fromObject({ ...srtOptions(task), passphrase, protocol_whitelist: 'srt' });
  const format = InputFormat.findInputFormat('data');
  FFmpegError.throwIfError(input.openInputSync(srtAddress(task), format, options), 'listen');
  const packet = new Packet();
  packet.alloc();
  readPackets(input, packet, ({ data }) => {
    if (data !== null) write(data);
    return true;
  });
}

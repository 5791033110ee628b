// How FFmpeg listens for one SRT publisher, whichever engine: the bytes that come are handed on as they are, so that
// nothing of the publisher's is understood in the child. Options are those of libavformat/libsrt.c; its times are
// microseconds.

import type { SrtListenRequest } from './engine.ts';

/** The payload of an SRT packet is at most this; what FFmpeg expects by default is less, and cuts the rest off. */
const PAYLOAD_BYTES_MAX = 1_456;

/** Where the child listens. Holds no secret: FFmpeg names it in what it says. */
export function srtAddress({ host, port }: Pick<SrtListenRequest, 'host' | 'port'>): string {
  return `srt://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Options of the input by name, the passphrase left out. */
export function srtOptions(
  request: Pick<SrtListenRequest, 'latencyMs' | 'silenceMs'>,
): Readonly<Record<string, string>> {
  return {
    mode: 'listener',
    // A caller that has no passphrase, or another one, is refused by SRT itself.
    enforced_encryption: '1',
    rcvlatency: String(request.latencyMs * 1_000),
    timeout: String(request.silenceMs * 1_000),
    payload_size: String(PAYLOAD_BYTES_MAX),
  };
}

/** What the ffmpeg executable is called with. */
export function srtArguments(request: SrtListenRequest): string[] {
  const args = [
    '-hide_banner',
    '-nostdin',
    '-nostats',
    '-loglevel',
    'error',
    '-protocol_whitelist',
    'srt,pipe',
  ];
  args.push('-probesize', '32', '-analyzeduration', '0');
  for (const [name, value] of Object.entries(srtOptions(request))) args.push(`-${name}`, value);
  // Not in the address, which FFmpeg repeats when something fails.
  args.push('-passphrase', request.passphrase);
  args.push('-f', 'data', '-i', srtAddress(request), '-map', '0', '-c', 'copy');
  args.push('-flush_packets', '1', '-f', 'data', 'pipe:1');
  return args;
}

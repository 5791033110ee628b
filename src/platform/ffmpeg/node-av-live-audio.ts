// Part of the node-av child: live sound from Opus in Ogg to AAC, as the ffmpeg executable does with live-arguments.ts.

import { AVERROR_EAGAIN, AVERROR_EOF, AVMEDIA_TYPE_AUDIO } from 'node-av/constants';
import { FFmpegError, Frame, Packet } from 'node-av/lib';
import { defined } from '#base/assert.ts';
import type { LiveAudioRequest } from './engine.ts';
import { createGraph, type Graph, pushFrame } from './node-av-graph.ts';
import { openDecoder, readPackets } from './node-av-input.ts';
import { openStdin } from './node-av-live.ts';
import { createLiveAudioEncoder } from './node-av-output.ts';
import { AUDIO_RATE_HZ } from './recipe.ts';

export type LiveAudioTask = Pick<LiveAudioRequest, 'bitrateBps'>;

/** The encoder takes frames of its own size. */
const FILTERS = `aresample=${AUDIO_RATE_HZ},aformat=sample_fmts=fltp:channel_layouts=stereo,asetnsamples=n=1024:p=0`;

/** Runs until stdin ends. */
export function runLiveAudio(task: LiveAudioTask): void {
  const input = openStdin('ogg');
  const stream = defined(
    input.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_AUDIO),
    'an audio stream',
  );
  const decoder = openDecoder(stream);
  const encoder = createLiveAudioEncoder(task.bitrateBps, 3);
  const [decoded, filtered] = [new Frame(), new Frame()];
  decoded.alloc();
  filtered.alloc();
  const packet = new Packet();
  packet.alloc();
  let graph: Graph | undefined;
  let samples = 0n;

  function drain(sink: Graph['sinks'][number]): void {
    for (;;) {
      const result = sink.buffersinkGetFrameSync(filtered);
      if (result === AVERROR_EAGAIN || result === AVERROR_EOF) return;
      FFmpegError.throwIfError(result, 'filter');
      // Times are counted from the first sample on, whatever the input says.
      filtered.pts = samples;
      samples += BigInt(filtered.nbSamples);
      encoder.encode(filtered);
      filtered.unref();
    }
  }

  readPackets(input, packet, () => {
    // A damaged packet is one that is missing.
    if (packet.streamIndex !== stream.index || decoder.sendPacketSync(packet) < 0) return true;
    while (decoder.receiveFrameSync(decoded) >= 0) {
      graph ??= createGraph('audio', decoded, stream, `[in]${FILTERS}[a0]`, 1);
      pushFrame(graph.source, decoded);
      decoded.unref();
      drain(defined(graph.sinks[0], 'a sink'));
    }
    return true;
  });
  encoder.end();
}

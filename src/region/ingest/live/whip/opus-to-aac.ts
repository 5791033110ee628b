// The sound of a WHIP publisher, from Opus to AAC: once, here, so that every channel of the broadcast gets the same
// frames. The work is done by an FFmpeg child (law 9), which counts samples; times are kept here, by the place of the
// samples on the line. A child that dies is followed by another one, with a short gap.

import type { FeedUnit } from '#media/contribution/feed.ts';
import { createFlvReader } from '#media/flv/flv-tags.ts';
import { createOggOpusWriter } from '#media/ogg/ogg-opus.ts';
import { AUDIO_CLOCK_HZ } from '#media/rtp/media-clock.ts';
import { createOpusLine } from '#media/rtp/opus-line.ts';
import type { Engine, LiveAudioEncode } from '#platform/ffmpeg/engine.ts';
import { unitOfPacket } from '../unit-of-packet.ts';
import {
  AUDIO_BITRATE_BPS,
  AUDIO_NICENESS,
  AUDIO_WAITING_BYTES_MAX,
  FRUITLESS_ENCODERS_MAX,
} from './limits.ts';

export interface OpusToAacOptions {
  readonly engine: Engine;
  /** An existing directory. */
  readonly workDirectory: string;
  onUnit(unit: FeedUnit): void;
  /** A child ended early; another one follows. */
  onDeath(error: unknown): void;
  /** Children end early one after another: there will be no sound. */
  onFailure(reason: string): void;
}

export interface OpusToAac {
  /** Takes a packet whose first sample belongs to this time. */
  push(data: Uint8Array, timeMs: number): void;
  readonly counters: Readonly<{ filled: number; dropped: number; encoders: number }>;
  stop(): void;
}

const FRAME_SAMPLES = 1_024;

interface Run {
  readonly encode: LiveAudioEncode;
  readonly line: ReturnType<typeof createOpusLine>;
  readonly writer: ReturnType<typeof createOggOpusWriter>;
  frames: number;
}

/** Creates the way of one publisher's sound. */
export function createOpusToAac(options: OpusToAacOptions): OpusToAac {
  const { engine, workDirectory } = options;
  const counters = { filled: 0, dropped: 0, encoders: 0 };
  let run: Run | undefined;
  let fruitless = 0;
  let isStopped = false;

  function begin(): Run {
    const encode = engine.liveAudio({
      workDirectory,
      bitrateBps: AUDIO_BITRATE_BPS,
      niceness: AUDIO_NICENESS,
    });
    const writer = createOggOpusWriter(2);
    const begun: Run = { encode, writer, line: createOpusLine(), frames: 0 };
    counters.encoders += 1;
    encode.input.write(writer.header());
    read(begun);
    encode.done.then(
      () => end(begun, new Error('the encoder of the sound ended early')),
      (error: unknown) => end(begun, error),
    );
    return begun;
  }

  function read(begun: Run): void {
    const reader = createFlvReader();
    const { output } = begun.encode;
    output.on('data', (chunk: Buffer) => {
      try {
        for (const { type, body } of reader.push(chunk)) if (type === 'audio') take(begun, body);
      } catch (error) {
        end(begun, error);
      }
    });
    // How the child ended says what was wrong.
    output.on('error', () => undefined);
  }

  function take(begun: Run, body: Uint8Array): void {
    if (run !== begun) return;
    // The first frame is priming: the line begins with the second.
    const sinceMs = ((begun.frames - 1) * FRAME_SAMPLES * 1_000) / AUDIO_CLOCK_HZ;
    const unit = unitOfPacket('audio', Math.round((begun.line.startMs() ?? 0) + sinceMs), body);
    if (unit === undefined) return;
    if (unit.kind === 'audio') begun.frames += 1;
    fruitless = 0;
    options.onUnit(unit);
  }

  /** Forgets a child; the next packet begins another one. */
  function end(ended: Run, error: unknown): void {
    ended.encode.kill();
    if (run !== ended || isStopped) return;
    run = undefined;
    options.onDeath(error);
    fruitless = ended.frames === 0 ? fruitless + 1 : 0;
    if (fruitless >= FRUITLESS_ENCODERS_MAX) options.onFailure('its sound cannot be brought to AAC');
  }

  return {
    counters,
    push(data, timeMs) {
      if (isStopped || fruitless >= FRUITLESS_ENCODERS_MAX) return;
      run ??= begin();
      const current = run;
      const { filled, dropped } = current.line.counters;
      const step = current.line.push(data, timeMs);
      counters.filled += current.line.counters.filled - filled;
      counters.dropped += current.line.counters.dropped - dropped;
      if (step.kind === 'broken') {
        // A pause of the sender: what was in the child is long out.
        run = undefined;
        current.encode.input.end();
        this.push(data, timeMs);
        return;
      }
      const { input } = current.encode;
      for (const packet of step.packets)
        if (input.writable) input.write(current.writer.packet(packet.data, packet.samples));
      if (input.writableLength > AUDIO_WAITING_BYTES_MAX)
        end(current, new Error('the encoder of the sound is stuck'));
    },
    stop() {
      isStopped = true;
      run?.encode.kill();
      run = undefined;
    },
  };
}

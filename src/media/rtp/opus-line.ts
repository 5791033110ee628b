// Makes one unbroken line of Opus packets, as an encoder further on needs it, which counts samples and knows no times.
// A packet is placed by its own time: as long as it lies within TOLERANCE_MS of where the line ends it is put there;
// where the line falls short, silence is put in; what the line has gone past is left out. So losses, pauses of the
// sender (DTX) and clocks that run apart never move the sound away from the picture by more than the tolerance.
//
// Source: RFC 6716, 3.1 (the byte that tells a packet's duration), 3.2 (numbers of frames).

import { OPUS_PACKET_BYTES_MAX } from './limits.ts';
import { AUDIO_CLOCK_HZ } from './media-clock.ts';

export interface OpusPacket {
  readonly data: Uint8Array;
  readonly samples: number;
}

export type OpusStep =
  | { readonly kind: 'packets'; readonly packets: readonly OpusPacket[] }
  /** The gap is too long to be filled: a line begins anew with the next packet. */
  | { readonly kind: 'broken' };

export interface OpusLine {
  /** Takes a packet whose first sample belongs to this time. */
  push(data: Uint8Array, timeMs: number): OpusStep;
  /** Time of the line's first sample; undefined before the first packet. */
  startMs(): number | undefined;
  /** Packets of silence put in, packets left out. */
  readonly counters: Readonly<{ filled: number; dropped: number }>;
}

/** Below what is noticed between sound and picture, above the jitter of reports, and more than a packet. */
const TOLERANCE_MS = 30;
/** Longer gaps begin anew: filling them would put minutes of silence through an encoder at once. */
const FILL_MS_MAX = 5_000;
const SAMPLES_PER_MS = AUDIO_CLOCK_HZ / 1_000;
/** 20 ms of silence: CELT, full band, stereo, one frame. */
const SILENCE: OpusPacket = { data: Uint8Array.of(0xfc, 0xff, 0xfe), samples: 20 * SAMPLES_PER_MS };
/** A packet holds 120 ms at most. */
const SAMPLES_MAX = 120 * SAMPLES_PER_MS;

/** Samples of a packet at 48 kHz; undefined when it is none. */
export function opusSamples(data: Uint8Array): number | undefined {
  const [head, second = 0] = data;
  if (head === undefined || data.length > OPUS_PACKET_BYTES_MAX) return undefined;
  const config = head >> 3;
  // SILK: 10, 20, 40, 60 ms; hybrid: 10, 20 ms; CELT: 2.5, 5, 10, 20 ms.
  const silk = [480, 960, 1_920, 2_880];
  const hybrid = [480, 960];
  const celt = [120, 240, 480, 960];
  const frame = config < 12 ? silk[config & 3] : config < 16 ? hybrid[config & 1] : celt[config & 3];
  const code = head & 3;
  const count = code === 0 ? 1 : code === 3 ? second & 63 : 2;
  const samples = (frame ?? 0) * count;
  return samples > 0 && samples <= SAMPLES_MAX ? samples : undefined;
}

/** Creates a line. */
export function createOpusLine(): OpusLine {
  const counters = { filled: 0, dropped: 0 };
  let startMs: number | undefined;
  let lengthSamples = 0;

  return {
    counters,
    startMs: () => startMs,
    push(data, timeMs) {
      const samples = opusSamples(data);
      if (samples === undefined) {
        counters.dropped += 1;
        return { kind: 'packets', packets: [] };
      }
      startMs ??= timeMs;
      const aheadMs = timeMs - (startMs + lengthSamples / SAMPLES_PER_MS);
      if (aheadMs > FILL_MS_MAX) return { kind: 'broken' };
      const packets: OpusPacket[] = [];
      if (aheadMs > TOLERANCE_MS) {
        const count = Math.floor((aheadMs * SAMPLES_PER_MS) / SILENCE.samples);
        for (let index = 0; index < count; index += 1) packets.push(SILENCE);
        counters.filled += count;
      }
      if (aheadMs < -TOLERANCE_MS) counters.dropped += 1;
      else packets.push({ data, samples });
      lengthSamples += packets.reduce((sum, packet) => sum + packet.samples, 0);
      return { kind: 'packets', packets };
    },
  };
}

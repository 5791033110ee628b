// AAC with ADTS headers: whole frames out of bytes that begin and end anywhere. Source: ISO/IEC 13818-7, 6.2 (headers);
// ISO/IEC 14496-3, 1.6.2.1 (the AudioSpecificConfig that says the same).

import { TsError } from './ts-error.ts';
import { joinBytes } from './ts-packets.ts';

export interface AdtsFrame {
  /** AudioSpecificConfig. */
  readonly config: Uint8Array;
  readonly sampleRate: number;
  readonly data: Uint8Array;
  /** Its bytes began in the last push. */
  readonly isNew: boolean;
}

export interface AdtsReader {
  /** @throws TsError for frames that are not taken */
  push(bytes: Uint8Array): AdtsFrame[];
  /** Bytes are missing: what has begun is forgotten. */
  reset(): void;
}

const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
const HEADER_BYTES = 7;

/** Creates the reader of one track. */
export function createAdtsReader(): AdtsReader {
  let rest: Uint8Array = new Uint8Array(0);
  return {
    push(bytes) {
      const restBytes = rest.length;
      const all = restBytes === 0 ? bytes : joinBytes([rest, bytes]);
      const frames: AdtsFrame[] = [];
      let at = 0;
      while (all.length - at >= HEADER_BYTES) {
        const frame = readFrame(all, at);
        if (frame === undefined) {
          at += 1;
          continue;
        }
        if (at + frame.bytes > all.length) break;
        const data = all.subarray(at + frame.headerBytes, at + frame.bytes);
        if (data.length > 0)
          frames.push({ config: frame.config, sampleRate: frame.sampleRate, data, isNew: at >= restBytes });
        at += frame.bytes;
      }
      rest = all.slice(at);
      return frames;
    },
    reset() {
      rest = new Uint8Array(0);
    },
  };
}

/** What the header at this place says; undefined when there is none. */
function readFrame(
  all: Uint8Array,
  at: number,
): { config: Uint8Array; sampleRate: number; bytes: number; headerBytes: number } | undefined {
  const [sync = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0] = all.subarray(
    at,
    at + HEADER_BYTES,
  );
  // Twelve bits of sync, and the layer, which is always 0.
  if (sync !== 0xff || (second & 0xf6) !== 0xf0) return undefined;
  const rateIndex = (third >> 2) & 15;
  const sampleRate = RATES[rateIndex];
  const headerBytes = (second & 1) === 1 ? HEADER_BYTES : HEADER_BYTES + 2;
  const bytes = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5);
  if (sampleRate === undefined || bytes < headerBytes) return undefined;
  if ((seventh & 3) !== 0) throw new TsError('AAC with several blocks to a frame is not taken');
  const objectType = (third >> 6) + 1;
  const channels = ((third & 1) << 2) | (fourth >> 6);
  const config = Uint8Array.of(
    (objectType << 3) | (rateIndex >> 1),
    ((rateIndex & 1) << 7) | (channels << 3),
  );
  return { config, sampleRate, bytes, headerBytes };
}

// A generated clip without an encoder: an AVI file with run-length coded video (Microsoft RLE8, 8-bit palette) and a
// soft tone as PCM. Any FFmpeg reads it, so a world can show something to watch wherever it runs.
// Sources: AVI RIFF File Reference; "Bitmap Compression", both by Microsoft.

import { type Band, PALETTE, type Row, testCardBands } from './picture.ts';

export interface TestCardOptions {
  readonly width: number;
  readonly height: number;
  /** Frames per second. */
  readonly frameRate: number;
  readonly frameCount: number;
}

const SAMPLE_RATE = 48_000;
const TONE_HZ = 330;
const KEY_FRAME = 0x10;

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Little-endian numbers: `[bytes, value]` each. */
function numbers(...fields: readonly (readonly [2 | 4, number])[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, [bytes]) => sum + bytes, 0));
  const view = new DataView(out.buffer);
  let offset = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(offset, value, true);
    else view.setUint32(offset, value, true);
    offset += bytes;
  }
  return out;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

function chunk(id: string, body: Uint8Array): Uint8Array {
  const padding = new Uint8Array(body.length % 2);
  return join([ascii(id), numbers([4, body.length]), body, padding]);
}

function list(id: string, parts: readonly Uint8Array[]): Uint8Array {
  return chunk('LIST', join([ascii(id), ...parts]));
}

function encodeRow(row: Row): Uint8Array {
  const bytes: number[] = [];
  for (const [pixels, colour] of row)
    for (let left = pixels; left > 0; left -= 255) bytes.push(Math.min(255, left), colour);
  return Uint8Array.from([...bytes, 0, 0]);
}

/** RLE8 goes from the bottom row up. */
function encodeFrame(bands: readonly Band[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const band of bands.toReversed()) {
    const row = encodeRow(band.row);
    for (let count = 0; count < band.rows; count += 1) parts.push(row);
  }
  return join([...parts, Uint8Array.from([0, 1])]);
}

/** The sound of one frame: a quiet tone that swells and fades once a second. */
function toneOf(frame: number, frameRate: number): Uint8Array {
  const first = Math.round((frame * SAMPLE_RATE) / frameRate);
  const last = Math.round(((frame + 1) * SAMPLE_RATE) / frameRate);
  const out = new Uint8Array((last - first) * 2);
  const view = new DataView(out.buffer);
  for (let sample = first; sample < last; sample += 1) {
    const seconds = sample / SAMPLE_RATE;
    const swell = 0.5 - 0.5 * Math.cos(2 * Math.PI * seconds);
    const value = 0.12 * swell * Math.sin(2 * Math.PI * TONE_HZ * seconds);
    view.setInt16((sample - first) * 2, Math.round(value * 32_767), true);
  }
  return out;
}

function streamHeader(
  kind: 'vids' | 'auds',
  scale: number,
  rate: number,
  length: number,
  sampleBytes: number,
): Uint8Array {
  const codec = kind === 'vids' ? numbers([4, 1]) : numbers([4, 0]);
  const times = numbers(
    [4, 0],
    [4, 0],
    [4, 0],
    [4, scale],
    [4, rate],
    [4, 0],
    [4, length],
    [4, 0],
    [4, 0xffffffff],
    [4, sampleBytes],
    [4, 0],
    [4, 0],
  );
  return chunk('strh', join([ascii(kind), codec, times]));
}

function headers({ width, height, frameRate, frameCount }: TestCardOptions): Uint8Array {
  const palette = PALETTE.map(([red, green, blue]) => Uint8Array.from([blue, green, red, 0]));
  const bitmap = numbers(
    [4, 40],
    [4, width],
    [4, height],
    [2, 1],
    [2, 8],
    [4, 1],
    [4, width * height],
    [4, 0],
    [4, 0],
    [4, PALETTE.length],
    [4, 0],
  );
  const wave = numbers([2, 1], [2, 1], [4, SAMPLE_RATE], [4, SAMPLE_RATE * 2], [2, 2], [2, 16]);
  const samples = Math.round((frameCount * SAMPLE_RATE) / frameRate);
  const main = numbers(
    [4, Math.round(1e6 / frameRate)],
    [4, 0],
    [4, 0],
    [4, KEY_FRAME],
    [4, frameCount],
    [4, 0],
    [4, 2],
    [4, 0],
    [4, width],
    [4, height],
    [4, 0],
    [4, 0],
    [4, 0],
    [4, 0],
  );
  return list('hdrl', [
    chunk('avih', main),
    list('strl', [
      streamHeader('vids', 1, frameRate, frameCount, 0),
      chunk('strf', join([bitmap, ...palette])),
    ]),
    list('strl', [streamHeader('auds', 2, SAMPLE_RATE * 2, samples, 2), chunk('strf', wave)]),
  ]);
}

/** The whole file; 20 s of 720p are about 13 MB. */
export function makeTestCard(options: TestCardOptions): Uint8Array {
  const media: Uint8Array[] = [];
  const index: Uint8Array[] = [];
  let offset = 4;
  const add = (id: string, body: Uint8Array): void => {
    const part = chunk(id, body);
    index.push(join([ascii(id), numbers([4, KEY_FRAME], [4, offset], [4, body.length])]));
    media.push(part);
    offset += part.length;
  };
  for (let frame = 0; frame < options.frameCount; frame += 1) {
    add('00dc', encodeFrame(testCardBands(options.width, options.height, frame, options.frameRate)));
    add('01wb', toneOf(frame, options.frameRate));
  }
  const body = join([ascii('AVI '), headers(options), list('movi', media), chunk('idx1', join(index))]);
  return join([ascii('RIFF'), numbers([4, body.length]), body]);
}

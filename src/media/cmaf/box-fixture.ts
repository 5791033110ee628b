// Hand-built fragmented MP4 for tests: every byte is written here, none by an encoder.

import { box, bytesOf, u16, u32, zeros } from './box-writer.ts';

/** The sample entry of H.264: avcC says High profile, level 3.1. */
export function avcEntry(width = 1_280, height = 720): Uint8Array {
  const configuration = box('avcC', [1, 0x64, 0x00, 0x1f, 0xff, 0xe1]);
  return box('avc1', zeros(6), u16(1), zeros(16), u16(width), u16(height), zeros(50), configuration);
}

/** The sample entry of AAC; the configuration is that of the stream, which the entry may contradict. */
export function aacEntry(audioConfig: readonly number[], entryChannels = 2, entryRate = 48_000): Uint8Array {
  const specific = bytesOf(5, 0x80, 0x80, 0x80, audioConfig.length, audioConfig);
  const decoder = bytesOf(4, 13 + specific.length, 0x40, 0x15, zeros(11), specific);
  const descriptor = bytesOf(3, 3 + decoder.length, u16(1), 0, decoder);
  const esds = box('esds', zeros(4), descriptor);
  return box(
    'mp4a',
    zeros(6),
    u16(1),
    zeros(8),
    u16(entryChannels),
    u16(16),
    zeros(4),
    u16(entryRate),
    u16(0),
    esds,
  );
}

/** AAC-LC, 48 kHz: stereo and mono. */
export const AAC_STEREO = [0x11, 0x90];
export const AAC_MONO = [0x11, 0x88];

export interface TrackFixture {
  readonly id?: number;
  readonly handler?: string;
  readonly timescale?: number;
  readonly entry?: Uint8Array;
}

/** A track of a moov box. */
export function trak({
  id = 1,
  handler = 'vide',
  timescale = 90_000,
  entry = avcEntry(),
}: TrackFixture = {}): Uint8Array {
  const tkhd = box('tkhd', zeros(4), zeros(8), u32(id), zeros(68));
  const mdhd = box('mdhd', zeros(4), zeros(8), u32(timescale), zeros(8));
  const hdlr = box('hdlr', zeros(8), handler, zeros(13));
  const stsd = box('stsd', zeros(4), u32(1), entry);
  return box('trak', tkhd, box('mdia', mdhd, hdlr, box('minf', box('stbl', stsd))));
}

/** A moov box. */
export function moov(tracks: readonly TrackFixture[] = [{}]): Uint8Array {
  const trexes = tracks.map(({ id = 1 }) => box('trex', zeros(4), u32(id), u32(1), u32(0), u32(0), u32(0)));
  return box('moov', box('mvhd', zeros(100)), ...tracks.map(trak), box('mvex', ...trexes));
}

/** ftyp and moov. */
export function init(tracks: readonly TrackFixture[] = [{}]): Uint8Array {
  return bytesOf(box('ftyp', 'iso5', u32(512), 'iso5'), moov(tracks));
}

export interface SampleFixture {
  readonly durationTicks: number;
  readonly payload: Uint8Array;
  readonly isSync?: boolean;
  readonly compositionTicks?: number;
}

export const SYNC_FLAGS = 0x02000000;
export const NON_SYNC_FLAGS = 0x01010000;

/** A fragment: moof and mdat. */
export function fragment(decodeTicks: number, samples: readonly SampleFixture[], trackId = 1): Uint8Array {
  const rows = samples.flatMap(({ durationTicks, payload, isSync = true, compositionTicks = 0 }) => [
    ...u32(durationTicks),
    ...u32(payload.length),
    ...u32(isSync ? SYNC_FLAGS : NON_SYNC_FLAGS),
    ...u32(compositionTicks),
  ]);
  const tfhd = box('tfhd', u32(0x020000), u32(trackId));
  const tfdt = box(
    'tfdt',
    u32(0x01000000),
    u32(Math.floor(decodeTicks / 2 ** 32)),
    u32(decodeTicks % 2 ** 32),
  );
  const moofBytes = 8 + 16 + 8 + tfhd.length + tfdt.length + 20 + rows.length;
  const trun = box('trun', u32(0x01000f01), u32(samples.length), u32(moofBytes + 8), rows);
  const moof = box('moof', box('mfhd', zeros(4), u32(1)), box('traf', tfhd, tfdt, trun));
  return bytesOf(moof, box('mdat', ...samples.map(({ payload }) => payload)));
}

/** A group of pictures: the first frame is a sync sample. */
export function gop(decodeTicks: number, frameCount: number, frameTicks: number, fill = 1): Uint8Array {
  return fragment(
    decodeTicks,
    Array.from({ length: frameCount }, (_, index) => ({
      durationTicks: frameTicks,
      payload: Uint8Array.from([fill, index & 255, 7]),
      isSync: index === 0,
    })),
  );
}

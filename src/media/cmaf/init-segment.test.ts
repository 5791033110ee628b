import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AAC_MONO, AAC_STEREO, aacEntry, avcEntry, moov } from './box-fixture.ts';
import { box, u16, zeros } from './box-writer.ts';
import { CmafError } from './cmaf-error.ts';
import { parseMoov } from './init-segment.ts';

const visual = (type: string, configuration: Uint8Array): Uint8Array =>
  box(type, zeros(6), u16(1), zeros(16), u16(1_920), u16(1_080), zeros(50), configuration);

const hevc = visual('hvc1', box('hvcC', [1, 1, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 93]));
const av1 = visual('av01', box('av1C', [0x81, 0x04, 0x0c, 0]));
const av1TenBit = visual('av01', box('av1C', [0x81, 0x2d, 0xc0, 0]));

const VIDEO: readonly [string, Uint8Array, number, number][] = [
  ['avc1.64001f', avcEntry(1_280, 720), 1_280, 720],
  ['avc1.64001f', avcEntry(720, 1_280), 720, 1_280],
  ['hvc1.1.6.L93.B0', hevc, 1_920, 1_080],
  ['av01.0.04M.08', av1, 1_920, 1_080],
  ['av01.1.13H.10', av1TenBit, 1_920, 1_080],
];

for (const [codecs, entry, width, height] of VIDEO)
  test(`a video track is described as ${codecs}, ${width}x${height}`, () => {
    const [track] = parseMoov(moov([{ entry }]));
    assert.deepEqual(
      [track?.kind, track?.codecs, track?.width, track?.height, track?.timescale, track?.channels],
      ['video', codecs, width, height, 90_000, null],
    );
  });

const AUDIO: readonly [string, readonly number[], string, number, number][] = [
  ['stereo AAC-LC', AAC_STEREO, 'mp4a.40.2', 2, 48_000],
  ['mono AAC-LC in an entry that says two channels', AAC_MONO, 'mp4a.40.2', 1, 48_000],
  ['5.1 AAC-LC at 44.1 kHz', [0x12, 0x30], 'mp4a.40.2', 6, 44_100],
  ['HE-AAC', [0x2b, 0x10], 'mp4a.40.5', 2, 24_000],
  ['an escaped object type (42, xHE-AAC)', [0xf9, 0x46, 0x40], 'mp4a.40.42', 2, 48_000],
];

for (const [title, configuration, codecs, channels, sampleRate] of AUDIO)
  test(`${title} is described by its own configuration`, () => {
    const [track] = parseMoov(moov([{ handler: 'soun', timescale: 48_000, entry: aacEntry(configuration) }]));
    assert.deepEqual(
      [track?.kind, track?.codecs, track?.channels, track?.sampleRate, track?.width],
      ['audio', codecs, channels, sampleRate, null],
    );
  });

const REFUSED: readonly [string, Uint8Array, string][] = [
  ['more than eight tracks', moov(Array.from({ length: 9 }, (_, id) => ({ id: id + 1 }))), 'too-large'],
  ['no track', moov([]), 'malformed'],
  ['a track that is neither video nor audio', moov([{ handler: 'text' }]), 'unsupported'],
  ['a codec that is not packaged', moov([{ entry: visual('vp09', box('vpcC', zeros(8))) }]), 'unsupported'],
  ['a timescale of 0', moov([{ timescale: 0 }]), 'malformed'],
  ['a sample entry without its configuration', moov([{ entry: visual('avc1', box('free')) }]), 'malformed'],
  ['a file that is not fragmented', box('moov', box('trak')), 'unsupported'],
  ['another box', box('moof'), 'malformed'],
];

for (const [title, bytes, kind] of REFUSED)
  test(`an init segment with ${title} is refused`, () => {
    assert.throws(
      () => parseMoov(bytes),
      (error: unknown) => error instanceof CmafError && error.kind === kind,
    );
  });

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { fragment, gop, init } from './box-fixture.ts';
import { box, bytesOf, u32, zeros } from './box-writer.ts';
import { CmafError } from './cmaf-error.ts';
import { FragmentSplitter, type SplitterItem } from './splitter.ts';

const STREAM = bytesOf(
  init(),
  box('free', zeros(40)),
  gop(900_000, 60, 3_000),
  box('sidx', zeros(24)),
  gop(1_080_000, 60, 3_000, 2),
  fragment(1_260_000, [
    { durationTicks: 3_000, payload: Uint8Array.of(9), compositionTicks: 6_000 },
    { durationTicks: 3_000, payload: Uint8Array.of(8, 8), isSync: false },
  ]),
  box('mfra', zeros(16)),
);

function split(stream: Uint8Array, chunkBytes: () => number): SplitterItem[] {
  const splitter = new FragmentSplitter();
  const items: SplitterItem[] = [];
  for (let at = 0; at < stream.length; ) {
    const count = Math.max(1, chunkBytes());
    items.push(...splitter.push(stream.subarray(at, at + count)));
    at += count;
  }
  splitter.end();
  return items;
}

function rejectsWith(kind: string, stream: Uint8Array): void {
  assert.throws(
    () => split(stream, () => stream.length),
    (error: unknown) => error instanceof CmafError && error.kind === kind,
  );
}

test('a stream gives its init segment and its fragments with exact times', () => {
  const items = split(STREAM, () => STREAM.length);
  assert.deepEqual(
    items.map((item) =>
      item.kind === 'init' ? item.data.length : [item.samples.length, item.samples[0]?.presentationTicks],
    ),
    [init().length, [60, 900_000], [60, 1_080_000], [2, 1_266_000]],
  );
  const last = items[3];
  assert.ok(last?.kind === 'fragment');
  assert.deepEqual(
    last.samples.map(({ decodeTicks, isSync, offset, bytes }) => ({ decodeTicks, isSync, offset, bytes })),
    [
      { decodeTicks: 1_260_000, isSync: true, offset: 8, bytes: 1 },
      { decodeTicks: 1_263_000, isSync: false, offset: 9, bytes: 2 },
    ],
  );
});

test('however the bytes are chunked, the result is the same', () => {
  const whole = split(STREAM, () => STREAM.length);
  assert.deepEqual(
    split(STREAM, () => 1),
    whole,
  );
  for (let seed = 1; seed <= 100; seed += 1) {
    const random = createPrng(seed);
    assert.deepEqual(
      split(STREAM, () => Math.floor(random() * 300)),
      whole,
      `seed ${seed}`,
    );
  }
});

test('a box with a 64-bit size is read', () => {
  const mdat = bytesOf(u32(1), 'mdat', u32(0), u32(17), 5);
  const moof = fragment(0, [{ durationTicks: 1, payload: Uint8Array.of(5) }]).subarray(0, -9);
  const moved = moof.slice();
  // The sample lies eight bytes further on, behind the longer header.
  const view = new DataView(moved.buffer);
  const dataOffsetAt = moved.length - 20;
  view.setUint32(dataOffsetAt, view.getUint32(dataOffsetAt) + 8);
  const items = split(bytesOf(init(), moved, mdat), () => 3);
  assert.equal(items[1]?.kind === 'fragment' && items[1].samples[0]?.offset, 16);
});

const REFUSED: readonly [string, string, Uint8Array][] = [
  ['a box of 0 bytes', 'malformed', bytesOf(u32(0), 'moov')],
  ['a box smaller than its header', 'malformed', bytesOf(u32(7), 'free')],
  ['a 64-bit size smaller than its header', 'malformed', bytesOf(u32(1), 'free', u32(0), u32(15))],
  ['an absurd mdat', 'too-large', bytesOf(init(), u32(0x7fffffff), 'mdat')],
  ['an absurd 64-bit size', 'too-large', bytesOf(u32(1), 'mdat', u32(0xffffffff), u32(0xffffffff))],
  ['an absurd moov', 'too-large', bytesOf(box('ftyp'), u32(2 << 20), 'moov')],
  ['an absurd box that would be passed over', 'too-large', bytesOf(u32(0x7fffffff), 'free')],
  ['a second moov', 'malformed', bytesOf(init(), init())],
  ['a moov without ftyp', 'malformed', init().subarray(20)],
  ['media data without a header', 'malformed', bytesOf(init(), box('mdat', 1))],
  ['a fragment before the moov', 'malformed', bytesOf(box('ftyp'), gop(0, 1, 1))],
  ['two headers in a row', 'malformed', bytesOf(init(), box('moof', box('traf')), box('moof'), box('mdat'))],
  ['a fragment of an unknown track', 'malformed', bytesOf(init(), fragment(0, [], 2))],
  ['a stream that breaks off in a box', 'truncated', STREAM.subarray(0, STREAM.length - 1)],
  [
    'a stream that breaks off between header and data',
    'truncated',
    bytesOf(init(), gop(0, 1, 1).subarray(0, -11)),
  ],
  ['no bytes at all', 'truncated', new Uint8Array(0)],
];

for (const [title, kind, stream] of REFUSED) test(`${title} is refused`, () => rejectsWith(kind, stream));

test('samples outside of their fragment are refused', () => {
  const stream = bytesOf(init(), gop(0, 3, 1));
  // The size of the last sample, four bytes before its flags and composition offset.
  const at = stream.length - (8 + 9) - 12;
  stream[at] = 1;
  rejectsWith('malformed', stream);
});

test('after an error a splitter stays failed', () => {
  const splitter = new FragmentSplitter();
  assert.throws(() => splitter.push(bytesOf(u32(0), 'moov')), CmafError);
  assert.throws(() => splitter.push(init()), CmafError);
});

test('mutated bytes end in a result or a CmafError, never in anything else', () => {
  let refused = 0;
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const random = createPrng(seed);
    const bytes = STREAM.slice(0, random() < 0.2 ? Math.floor(random() * STREAM.length) : STREAM.length);
    const changes = 1 + Math.floor(random() * 8);
    for (let change = 0; change < changes; change += 1) {
      const at = Math.floor(random() * bytes.length);
      bytes[at] = random() < 0.3 ? 255 : Math.floor(random() * 256);
    }
    try {
      split(bytes, () => 1 + Math.floor(random() * 700));
    } catch (error) {
      assert.ok(error instanceof CmafError, `seed ${seed}: ${String(error)}`);
      refused += 1;
    }
  }
  assert.ok(refused > 500, `mutations were noticed: ${refused}`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOggOpusWriter } from './ogg-opus.ts';

interface Page {
  readonly flags: number;
  readonly position: bigint;
  readonly sequence: number;
  readonly packet: Uint8Array;
}

/** Reads pages of one packet each, and checks their checksums bit by bit. */
function readPages(bytes: Uint8Array): Page[] {
  const pages: Page[] = [];
  for (let at = 0; at < bytes.length; ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    assert.equal(view.getUint32(0), 0x4f676753);
    const lacing = bytes.subarray(at + 27, at + 27 + view.getUint8(26));
    assert.ok((lacing.at(-1) ?? 255) < 255, 'the packet ends in its page');
    const length = lacing.reduce((sum, part) => sum + part, 0);
    const page = bytes.slice(at, at + 27 + lacing.length + length);
    const crc = view.getUint32(22, true);
    page.fill(0, 22, 26);
    let register = 0;
    for (const byte of page)
      for (let bit = 7; bit >= 0; bit -= 1) {
        const isCarried = register < 0 !== (((byte >> bit) & 1) === 1);
        register = (register << 1) ^ (isCarried ? 0x04c11db7 : 0);
      }
    assert.equal(crc, register >>> 0);
    pages.push({
      flags: view.getUint8(5),
      position: view.getBigUint64(6, true),
      sequence: view.getUint32(18, true),
      packet: page.subarray(27 + lacing.length),
    });
    at += page.length;
  }
  return pages;
}

test('headers and packets are pages of their own, with positions in samples', () => {
  const writer = createOggOpusWriter(2);
  const pages = readPages(
    Uint8Array.from([
      ...writer.header(),
      ...writer.packet(new Uint8Array(3), 960),
      ...writer.packet(new Uint8Array(510).fill(9), 480),
    ]),
  );
  assert.deepEqual(
    pages.map(({ flags, position, sequence, packet }) => [flags, position, sequence, packet.length]),
    [
      [2, 0n, 0, 19],
      [0, 0n, 1, 16],
      [0, 960n, 2, 3],
      [0, 1_440n, 3, 510],
    ],
  );
  assert.equal(new TextDecoder().decode(pages[0]?.packet.subarray(0, 8)), 'OpusHead');
  assert.deepEqual([...(pages[0]?.packet.subarray(8, 10) ?? [])], [1, 2]);
});

test('a packet that does not fit a page is a mistake of ours', () => {
  assert.throws(() => createOggOpusWriter(2).packet(new Uint8Array(65_025), 960), RangeError);
});

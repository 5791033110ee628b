// Opus in Ogg, for a decoder that reads a pipe: a page a packet, so that each is decoded as soon as it is written.
// Sources: RFC 3533, 6 (pages and their checksum); RFC 7845, 5.1 and 5.2 (headers), 4 (positions).

export interface OggOpusWriter {
  /** The two headers; to be written first. */
  header(): Uint8Array;
  /** A page with a packet of so many samples at 48 kHz. */
  packet(data: Uint8Array, samples: number): Uint8Array;
}

const RATE_HZ = 48_000;
/** 255 lacing values, the last one below 255. */
const PACKET_BYTES_MAX = 255 * 255 - 1;
const BEGINS_STREAM = 2;
const HEADER_BYTES = 27;
const SERIAL = 1;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value >>> 0;
});

function checksum(page: Uint8Array): number {
  let crc = 0;
  for (const byte of page) crc = (crc << 8) ^ (CRC_TABLE[((crc >>> 24) ^ byte) & 255] ?? 0);
  return crc >>> 0;
}

/** Creates the writer of one stream; its decoder gives this many channels, whatever packets hold. */
export function createOggOpusWriter(channels: 1 | 2): OggOpusWriter {
  let sequence = 0;
  let position = 0;

  function page(packet: Uint8Array, flags: number): Uint8Array {
    if (packet.length > PACKET_BYTES_MAX)
      throw new RangeError(`a packet of ${packet.length} bytes in one page`);
    const lacing = Math.floor(packet.length / 255) + 1;
    const bytes = new Uint8Array(HEADER_BYTES + lacing + packet.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
    view.setBigUint64(6, BigInt(position), true);
    view.setUint32(14, SERIAL, true);
    view.setUint32(18, sequence, true);
    view.setUint8(26, lacing);
    bytes.fill(255, HEADER_BYTES, HEADER_BYTES + lacing - 1);
    view.setUint8(HEADER_BYTES + lacing - 1, packet.length % 255);
    bytes.set(packet, HEADER_BYTES + lacing);
    view.setUint32(22, checksum(bytes), true);
    sequence += 1;
    return bytes;
  }

  return {
    header() {
      const head = new Uint8Array(19);
      const view = new DataView(head.buffer);
      head.set([...'OpusHead'].map((character) => character.charCodeAt(0)));
      head.set([1, channels], 8);
      // No pre-skip: the sender's own delay is what it is, and times are counted from the first sample on.
      view.setUint32(12, RATE_HZ, true);
      const tags = new Uint8Array(16);
      tags.set([...'OpusTags'].map((character) => character.charCodeAt(0)));
      const pages = [page(head, BEGINS_STREAM), page(tags, 0)];
      const bytes = new Uint8Array(pages.reduce((sum, { length }) => sum + length, 0));
      bytes.set(pages[0] ?? []);
      bytes.set(pages[1] ?? [], pages[0]?.length ?? 0);
      return bytes;
    },
    packet(data, samples) {
      position += samples;
      return page(data, 0);
    },
  };
}

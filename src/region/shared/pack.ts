// Pack: the segments of one rendition for >= 10 s in one object, with a checksummed index at the end.
// Few large objects are cheap to keep, copy and scrub; players still fetch single segments.
// Layout: segment bytes… | index JSON | index length (u32 BE) | CRC-32 of the index (u32 BE) | "MPK1".

import { crc32 } from 'node:zlib';

export interface PackEntry {
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
  /** CRC-32 of the segment's bytes. */
  readonly crc32: number;
}

const MAGIC = 'MPK1';
const TRAILER_BYTES = 12;
/** Enough for the index of a pack in one read: about 60 bytes a segment, 10 to 60 segments. */
export const PACK_TAIL_BYTES = 16_384;

/** Joins segments into a pack. */
export function writePack(segments: readonly { segment: number; data: Buffer }[]): Buffer {
  let offset = 0;
  const entries: PackEntry[] = [];
  for (const { segment, data } of segments) {
    entries.push({ segment, offset, bytes: data.length, crc32: crc32(data) });
    offset += data.length;
  }
  const index = Buffer.from(JSON.stringify(entries));
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeUInt32BE(index.length, 0);
  trailer.writeUInt32BE(crc32(index), 4);
  trailer.write(MAGIC, 8, 'latin1');
  return Buffer.concat([...segments.map(({ data }) => data), index, trailer]);
}

/** Reads the index from the last bytes of a pack; undefined when they are not intact. */
export function readPackIndex(tail: Buffer): readonly PackEntry[] | undefined {
  if (tail.length < TRAILER_BYTES || tail.toString('latin1', tail.length - 4) !== MAGIC) return undefined;
  const indexBytes = tail.readUInt32BE(tail.length - TRAILER_BYTES);
  const end = tail.length - TRAILER_BYTES;
  if (indexBytes > end) return undefined;
  const index = tail.subarray(end - indexBytes, end);
  if (crc32(index) !== tail.readUInt32BE(tail.length - TRAILER_BYTES + 4)) return undefined;
  return JSON.parse(index.toString('utf8')) as PackEntry[];
}

/** A segment by itself with its checksum, as it lies there until its pack is closed. */
export function sealSegment(segment: number, data: Buffer): Buffer {
  return writePack([{ segment, data }]);
}

/** The bytes of `sealSegment`; undefined when they are not those that were written. */
export function unsealSegment(sealed: Buffer): Buffer | undefined {
  const entry = readPackIndex(sealed)?.[0];
  if (entry === undefined) return undefined;
  const data = sealed.subarray(entry.offset, entry.offset + entry.bytes);
  return isWhole(data, entry) ? data : undefined;
}

/** Whether these are the bytes that the entry was written for. */
export function isWhole(data: Buffer, { bytes, crc32: sum }: PackEntry): boolean {
  return data.length === bytes && crc32(data) === sum;
}

/** What is wrong with a whole pack, by its own checksums; null when nothing is. */
export function crcProblemOfPack(pack: Buffer): string | null {
  const index = readPackIndex(pack);
  if (index === undefined) return 'the index of the pack is damaged';
  for (const { segment, offset, bytes, crc32: expected } of index)
    if (crc32(pack.subarray(offset, offset + bytes)) !== expected)
      return `segment ${segment} of the pack has a wrong CRC-32`;
  return null;
}

// A bounded reader of big-endian fields. Every read is checked, so that hostile bytes end in a CmafError
// and nothing else. Source of the layouts: ISO/IEC 14496-12, sections 4.2 (boxes) and 8.

import { CmafError } from './cmaf-error.ts';
import { CHILDREN_MAX } from './limits.ts';

/** Reads fields one after another from a range of bytes. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    if (start < 0 || end > bytes.length || start > end)
      throw new CmafError('malformed', `no bytes ${start} to ${end}`);
    this.bytes = bytes;
    this.end = end;
    this.position = start;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #take(count: number): number {
    const at = this.position;
    if (at + count > this.end) throw new CmafError('malformed', `a box ends ${count} bytes too early`);
    this.position = at + count;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  /** A 64-bit field as a number; refused past 2^53, where numbers lose ticks. */
  u64(): number {
    const value = this.u32() * 2 ** 32 + this.u32();
    if (!Number.isSafeInteger(value)) throw new CmafError('malformed', 'a 64-bit field is out of range');
    return value;
  }

  /** A four-character code. */
  type(): string {
    return fourCharacters(this.bytes, this.#take(4));
  }

  skip(count: number): void {
    this.#take(count);
  }
}

/** A box inside a buffer: its payload lies between `body` and `end`. */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** The four-character code at an offset. */
export function fourCharacters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0);
}

/** The boxes between two offsets; they must fill the range exactly. */
export function boxesIn(bytes: Uint8Array, start: number, end: number): Box[] {
  const boxes: Box[] = [];
  let at = start;
  while (at < end) {
    const reader = new ByteReader(bytes, at, end);
    let size = reader.u32();
    const type = reader.type();
    if (size === 1) size = reader.u64();
    if (size < reader.position - at || at + size > end)
      throw new CmafError('malformed', `box ${type} declares ${size} bytes`);
    if (boxes.length >= CHILDREN_MAX) throw new CmafError('too-large', `more than ${CHILDREN_MAX} boxes`);
    boxes.push({ type, start: at, body: reader.position, end: at + size });
    at += size;
  }
  return boxes;
}

/** The first box of a type, or undefined. */
export function findBox(boxes: readonly Box[], type: string): Box | undefined {
  return boxes.find((box) => box.type === type);
}

/** The box at a path of types below `parent`; a CmafError when it is missing. */
export function requireBox(bytes: Uint8Array, parent: Box, path: readonly string[]): Box {
  let box = parent;
  for (const type of path) {
    const child = findBox(boxesIn(bytes, box.body, box.end), type);
    if (child === undefined) throw new CmafError('malformed', `box ${box.type} has no ${type}`);
    box = child;
  }
  return box;
}

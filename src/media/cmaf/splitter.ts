// Cuts a stream of fragmented MP4 into its init segment and fragments as the bytes arrive, however they are chunked.
// The encoder behind the stream reads hostile files, so every size is limited and memory grows only with bytes that
// have really arrived. Whatever the bytes, `push` ends, and throws CmafError or nothing.
// Source: ISO/IEC 14496-12, section 4.2.

import { fourCharacters } from './byte-reader.ts';
import { CmafError } from './cmaf-error.ts';
import { type Fragment, parseFragment } from './fragment.ts';
import { type InitTrack, parseMoov } from './init-segment.ts';
import { INIT_BOX_BYTES_MAX, MDAT_BYTES_MAX, MOOF_BYTES_MAX, SKIPPED_BOX_BYTES_MAX } from './limits.ts';

/** ftyp + moov. */
export interface InitSegment {
  readonly kind: 'init';
  readonly data: Uint8Array;
  readonly tracks: readonly InitTrack[];
}

export type SplitterItem = InitSegment | Fragment;

/** Boxes that are kept, and how large each may be. All others (sidx, styp, mfra, free …) are passed over. */
const KEPT: Readonly<Record<string, number>> = {
  ftyp: INIT_BOX_BYTES_MAX,
  moov: INIT_BOX_BYTES_MAX,
  moof: MOOF_BYTES_MAX,
  mdat: MDAT_BYTES_MAX,
};
const INITIAL_CAPACITY = 1 << 16;

interface OpenBox {
  readonly type: string;
  readonly size: number;
  readonly isKept: boolean;
  filled: number;
  buffer: Uint8Array;
}

/** A streaming splitter of one fragmented MP4. */
export class FragmentSplitter {
  readonly #header = new Uint8Array(16);
  #headerFilled = 0;
  #box: OpenBox | undefined;
  #ftyp: Uint8Array | undefined;
  #tracks: readonly InitTrack[] | undefined;
  #moof: Uint8Array | undefined;
  #failure: CmafError | undefined;

  /** Takes the next bytes and returns what they completed. The items own their bytes. */
  push(chunk: Uint8Array): SplitterItem[] {
    if (this.#failure !== undefined) throw this.#failure;
    const items: SplitterItem[] = [];
    let at = 0;
    try {
      while (at < chunk.length) {
        at = this.#box === undefined ? this.#fillHeader(chunk, at) : this.#fillBox(this.#box, chunk, at);
        if (this.#box !== undefined && this.#box.filled === this.#box.size) {
          const box = this.#box;
          this.#box = undefined;
          this.#headerFilled = 0;
          const item = box.isKept ? this.#complete(box) : undefined;
          if (item !== undefined) items.push(item);
        }
      }
    } catch (error) {
      if (error instanceof CmafError) this.#failure = error;
      throw error;
    }
    return items;
  }

  /** Says that the stream has ended; a CmafError when it broke off in the middle. */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#box !== undefined || this.#headerFilled > 0 || this.#moof !== undefined)
      throw new CmafError('truncated', 'the stream ends in the middle of a box');
    if (this.#tracks === undefined) throw new CmafError('truncated', 'the stream has no header');
  }

  #fillHeader(chunk: Uint8Array, start: number): number {
    let at = start;
    for (;;) {
      const needed = this.#headerFilled >= 8 && this.#header[3] === 1 && this.#size32() === 1 ? 16 : 8;
      if (this.#headerFilled === needed) {
        this.#open(needed);
        return at;
      }
      if (at === chunk.length) return at;
      this.#header[this.#headerFilled] = chunk[at] ?? 0;
      this.#headerFilled += 1;
      at += 1;
    }
  }

  #size32(): number {
    return new DataView(this.#header.buffer).getUint32(0);
  }

  #open(headerBytes: number): void {
    const type = fourCharacters(this.#header, 4);
    const view = new DataView(this.#header.buffer);
    const size = headerBytes === 16 ? view.getUint32(8) * 2 ** 32 + view.getUint32(12) : this.#size32();
    const keptMax = KEPT[type];
    const sizeMax = keptMax ?? SKIPPED_BOX_BYTES_MAX;
    if (size < headerBytes) throw new CmafError('malformed', `box ${JSON.stringify(type)} has size ${size}`);
    if (size > sizeMax) throw new CmafError('too-large', `box ${JSON.stringify(type)} has ${size} bytes`);
    const isKept = keptMax !== undefined;
    const buffer = new Uint8Array(isKept ? Math.min(size, INITIAL_CAPACITY) : 0);
    if (isKept) buffer.set(this.#header.subarray(0, headerBytes));
    this.#box = { type, size, isKept, filled: headerBytes, buffer };
  }

  #fillBox(box: OpenBox, chunk: Uint8Array, at: number): number {
    const count = Math.min(box.size - box.filled, chunk.length - at);
    if (box.isKept) {
      if (box.filled + count > box.buffer.length) {
        const capacity = Math.min(box.size, Math.max(box.filled + count, box.buffer.length * 2));
        const grown = new Uint8Array(capacity);
        grown.set(box.buffer.subarray(0, box.filled));
        box.buffer = grown;
      }
      box.buffer.set(chunk.subarray(at, at + count), box.filled);
    }
    box.filled += count;
    return at + count;
  }

  #complete(box: OpenBox): SplitterItem | undefined {
    const bytes = box.buffer.subarray(0, box.size);
    if (this.#moof !== undefined && box.type !== 'mdat')
      throw new CmafError('malformed', `a moof is followed by ${box.type}`);
    switch (box.type) {
      case 'ftyp':
        this.#ftyp = bytes;
        return undefined;
      case 'moov':
        return this.#completeInit(bytes);
      case 'moof':
        this.#moof = bytes;
        return undefined;
      default:
        return this.#completeFragment(bytes);
    }
  }

  #completeInit(moov: Uint8Array): InitSegment {
    if (this.#ftyp === undefined || this.#tracks !== undefined)
      throw new CmafError('malformed', 'expected one ftyp and one moov');
    this.#tracks = parseMoov(moov);
    const data = new Uint8Array(this.#ftyp.length + moov.length);
    data.set(this.#ftyp);
    data.set(moov, this.#ftyp.length);
    return { kind: 'init', data, tracks: this.#tracks };
  }

  #completeFragment(mdat: Uint8Array): Fragment {
    if (this.#moof === undefined || this.#tracks === undefined)
      throw new CmafError('malformed', 'media data without a fragment header');
    const fragment = parseFragment(this.#moof, mdat, this.#tracks);
    this.#moof = undefined;
    return fragment;
  }
}

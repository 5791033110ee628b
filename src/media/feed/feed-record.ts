// The framing of a feed: how a channel pushes parts with their bytes to an edge over one long answer. A record is
// `u32 header length | header (JSON) | u32 data length | data`, big-endian; what headers say is the contract's matter
// (feedHeaderSchema). A record is handed on only when it is whole, so a broken connection loses at most the last one.
// Limits: a reader buffers one record at most; after a malformed one it takes nothing more.

import { FEED_DATA_BYTES_MAX, FEED_HEADER_BYTES_MAX } from './limits.ts';

/** A header with the bytes that belong to it; none for most kinds. */
export interface FeedRecord<Header> {
  readonly header: Header;
  readonly data: Uint8Array;
}

/** Bytes that are not a feed. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
}

const LENGTH_BYTES = 4;
const NO_DATA = new Uint8Array(0);

/** Writes a record: what stands before the data, which follows unchanged, so that it is never copied. */
export function encodeFeedHeader(header: object, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  if (json.length > FEED_HEADER_BYTES_MAX) throw new FeedError(`a header has ${json.length} bytes`);
  if (dataBytes > FEED_DATA_BYTES_MAX) throw new FeedError(`a record has ${dataBytes} bytes of data`);
  const bytes = new Uint8Array(LENGTH_BYTES + json.length + LENGTH_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, json.length);
  bytes.set(json, LENGTH_BYTES);
  view.setUint32(LENGTH_BYTES + json.length, dataBytes);
  return bytes;
}

/** What is being read: a length, then so many bytes. */
type Stage = 'header-length' | 'header' | 'data-length' | 'data';

/** Reads the records of a feed as its bytes arrive, however they are cut. */
export class FeedReader<Header> {
  readonly #parse: (header: unknown) => Header;
  #stage: Stage = 'header-length';
  #buffer = new Uint8Array(LENGTH_BYTES);
  #filled = 0;
  #header: Header | undefined;
  #failure: FeedError | undefined;

  /** `parse` checks a header, e.g. by the contract's schema; what it throws ends the feed. */
  constructor(parse: (header: unknown) => Header) {
    this.#parse = parse;
  }

  /** Takes the next bytes and returns the records that they completed. The records own their bytes. */
  push(chunk: Uint8Array): FeedRecord<Header>[] {
    if (this.#failure !== undefined) throw this.#failure;
    const records: FeedRecord<Header>[] = [];
    let at = 0;
    try {
      while (at < chunk.length) {
        const count = Math.min(this.#buffer.length - this.#filled, chunk.length - at);
        this.#buffer.set(chunk.subarray(at, at + count), this.#filled);
        this.#filled += count;
        at += count;
        if (this.#filled === this.#buffer.length) this.#complete(records);
      }
    } catch (error) {
      this.#failure =
        error instanceof FeedError ? error : new FeedError('a header is not valid', { cause: error });
      throw this.#failure;
    }
    return records;
  }

  /** Whether the bytes so far end between two records. */
  get isBetweenRecords(): boolean {
    return this.#stage === 'header-length' && this.#filled === 0;
  }

  #complete(records: FeedRecord<Header>[]): void {
    const bytes = this.#buffer;
    switch (this.#stage) {
      case 'header-length':
        this.#expect('header', lengthOf(bytes, FEED_HEADER_BYTES_MAX));
        break;
      case 'header':
        this.#header = this.#parse(JSON.parse(new TextDecoder().decode(bytes)));
        this.#expect('data-length', LENGTH_BYTES);
        break;
      case 'data-length': {
        const length = lengthOf(bytes, FEED_DATA_BYTES_MAX);
        if (length === 0) this.#deliver(NO_DATA, records);
        else this.#expect('data', length);
        break;
      }
      case 'data':
        this.#deliver(bytes, records);
    }
  }

  #deliver(data: Uint8Array, records: FeedRecord<Header>[]): void {
    records.push({ header: this.#header as Header, data });
    this.#header = undefined;
    this.#expect('header-length', LENGTH_BYTES);
  }

  #expect(stage: Stage, length: number): void {
    if (length === 0) throw new FeedError('a record has no header');
    this.#stage = stage;
    this.#buffer = new Uint8Array(length);
    this.#filled = 0;
  }
}

function lengthOf(bytes: Uint8Array, max: number): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (length > max) throw new FeedError(`a record declares ${length} bytes`);
  return length;
}

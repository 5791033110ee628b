// The port behind which a region keeps its media: a directory or an S3 bucket.
// No reliance on conditional puts or bulk delete. Keys are relative paths of [A-Za-z0-9._/-], without `..`.

import type { Readable } from 'node:stream';

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

export interface PutOptions {
  /** Lower-case hex; the put fails with MeridianError('checksum_mismatch') and leaves nothing when it differs. */
  readonly sha256?: string;
  /** false: may be lost by a power cut, e.g. segments that are packed soon. Default true: fsynced file and directory. */
  readonly isDurable?: boolean;
}

export interface AdoptOptions extends PutOptions {
  /** `sha256` was taken of these bytes while the file was written; it need not be read for it once more. */
  readonly isHashed?: boolean;
}

export interface ObjectRange {
  readonly start: number;
  /** Last byte, inclusive. */
  readonly end: number;
}

export interface ObjectStore {
  /** Writes the whole object or nothing; readers see the old or the new one. Full disk: MeridianError('storage_full'). */
  put(key: string, body: Buffer | Readable, options?: PutOptions): Promise<{ bytes: number; sha256: string }>;
  /** The bytes, or undefined when there is none. */
  get(key: string, range?: ObjectRange): Promise<Buffer | undefined>;
  /** The bytes as a stream with the object's whole size, or undefined when there is none. */
  stream(key: string, range?: ObjectRange): Promise<{ body: Readable; info: ObjectInfo } | undefined>;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Objects under a prefix in key order. */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Removes an object; no error when there is none. */
  delete(key: string): Promise<void>;
  /** Moves a finished local file in; on disk a rename, else an upload. The file is gone afterwards. */
  adoptFile(key: string, path: string, options?: AdoptOptions): Promise<{ bytes: number; sha256: string }>;
  /** A path through which FFmpeg can read the object without a copy, or undefined (then it must be downloaded). */
  localPath(key: string): string | undefined;
  /** Bytes that can still be written, or undefined when unlimited. */
  freeBytes(): Promise<number | undefined>;
}

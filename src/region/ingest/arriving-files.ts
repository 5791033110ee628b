// Files that arrive over the network, the spool's own and the copies for other regions alike. What would cost time
// when the last byte is here is done on the way: SHA-256 is taken of each chunk, and the disk writes behind, so that
// the final fsync of a large file has as little left to do as that of a small one.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { ARRIVING_FILES_MAX, FLUSH_BYTES } from './limits.ts';
import { sha256Of } from './sha256-of.ts';

interface ArrivingFile {
  readonly hash: Hash;
  /** Bytes from the beginning that the hash has seen. */
  offset: number;
  unflushedBytes: number;
  isFlushing: boolean;
}

export interface ArrivingFiles {
  /** A file of no bytes yet. */
  begin(path: string): void;
  /** Takes note of a chunk that was written at a position. */
  wrote(path: string, position: number, chunk: Uint8Array): void;
  /** SHA-256 of the file's `bytes` bytes, lower-case hex; read again only when it did not arrive in one life. */
  sha256(path: string, bytes: number): Promise<string>;
  /** Forgets what was noted, since the file is finished, gone or cut. */
  forget(path: string): void;
}

/** Creates the notes of one directory of arriving files. */
export function createArrivingFiles(): ArrivingFiles {
  const files = new Map<string, ArrivingFile>();

  /** One at a time per file; what fails here fails again, and is reported, at the final fsync. */
  async function flush(path: string, file: ArrivingFile): Promise<void> {
    file.isFlushing = true;
    file.unflushedBytes = 0;
    try {
      const handle = await open(path, 'r');
      await handle.datasync().finally(() => handle.close());
    } catch {
      // Removed meanwhile, or a failing disk.
    } finally {
      file.isFlushing = false;
    }
  }

  return {
    begin(path) {
      // Abandoned uploads leave theirs behind; should one come back, its file is read again.
      if (files.size >= ARRIVING_FILES_MAX) files.delete(files.keys().next().value ?? '');
      files.set(path, { hash: createHash('sha256'), offset: 0, unflushedBytes: 0, isFlushing: false });
    },
    wrote(path, position, chunk) {
      const file = files.get(path);
      if (file === undefined) return;
      if (file.offset !== position) {
        // Sent again, or out of order: the file itself will tell.
        files.delete(path);
        return;
      }
      file.hash.update(chunk);
      file.offset += chunk.length;
      file.unflushedBytes += chunk.length;
      if (file.unflushedBytes >= FLUSH_BYTES && !file.isFlushing) void flush(path, file);
    },
    async sha256(path, bytes) {
      const file = files.get(path);
      if (file?.offset === bytes) return file.hash.copy().digest('hex');
      return sha256Of(createReadStream(path));
    },
    forget(path) {
      files.delete(path);
    },
  };
}

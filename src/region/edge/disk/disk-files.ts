// The few operations on files that the disk cache needs, as a port: tests make them fail. The callback API of node:fs
// is used, since it costs half of what promises do and this is the way of every disk hit.

import { close, type NoParamCallback, open, read } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';

export interface DiskFiles {
  /** A file's bytes; rejects when it has another length. */
  read(path: string, bytes: number): Promise<Buffer>;
  /** Writes a file whole: readers see all of it or nothing. */
  write(path: string, parts: readonly Uint8Array[]): Promise<void>;
  remove(path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Names in a folder; empty when there is none. */
  list(path: string): Promise<readonly string[]>;
}

const ignore: NoParamCallback = () => undefined;

/** The real files. */
export const diskFiles: DiskFiles = {
  read(path, bytes) {
    return new Promise((resolve, reject) => {
      open(path, 'r', (openError, handle) => {
        if (openError !== null) {
          reject(openError);
          return;
        }
        // One byte more than expected tells a file that is longer.
        const buffer = Buffer.allocUnsafeSlow(bytes + 1);
        read(handle, buffer, 0, bytes + 1, 0, (readError, count) => {
          close(handle, ignore);
          if (readError !== null) reject(readError);
          else if (count !== bytes) reject(new Error(`${path} has ${count} bytes instead of ${bytes}`));
          else resolve(buffer.subarray(0, bytes));
        });
      });
    });
  },
  async write(path, parts) {
    const temporary = `${path}.tmp`;
    try {
      // Not synced: after a power cut a checksum tells what is whole, and the rest is fetched again.
      await writeFile(temporary, parts, { mode: 0o600 });
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  },
  remove: (path) => rm(path, { force: true }),
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async list(path) {
    try {
      return await readdir(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  },
};

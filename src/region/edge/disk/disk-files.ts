// The few operations on files that the disk cache needs, as a port: tests make them fail. The callback API of node:fs
// is used, since it costs half of what promises do and this is the way of every disk hit.

import { close, type NoParamCallback, open, read, readSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';

export interface OpenFile {
  /** Fills the first `length` bytes of `target` from `position` on; `count` is less at the end of the file. */
  read(
    target: Buffer,
    length: number,
    position: number,
    done: (error: Error | null, count: number) => void,
  ): void;
  /** The same at once, for what memory holds; returns the count. */
  readNow(target: Buffer, length: number, position: number): number;
  close(): void;
}

export interface DiskFiles {
  /** Opens a file for reading. */
  open(path: string): Promise<OpenFile>;
  /** Writes a file whole: readers see all of it or nothing. */
  write(path: string, parts: readonly Uint8Array[]): Promise<void>;
  remove(path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Names in a folder; empty when there is none. */
  list(path: string): Promise<readonly string[]>;
  /** How often this process has had to wait for a device; the page cache does not count. */
  deviceReads(): number;
}

const ignore: NoParamCallback = () => undefined;

/** The real files. */
export const diskFiles: DiskFiles = {
  open(path) {
    return new Promise((resolve, reject) => {
      open(path, 'r', (error, handle) => {
        if (error !== null) {
          reject(error);
          return;
        }
        resolve({
          readNow: (target, length, position) => readSync(handle, target, 0, length, position),
          read: (target, length, position, done) => read(handle, target, 0, length, position, done),
          close: () => close(handle, ignore),
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
  deviceReads: () => process.resourceUsage().fsRead,
};

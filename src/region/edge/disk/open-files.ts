// Files of the disk cache that stay open after they were read, so that the next hit neither opens nor closes one. The
// least recently used leaves first; a file that is being read closes when its last reader is done.

import { DISK_OPEN_FILES_MAX } from '../limits.ts';
import type { OpenFile } from './disk-files.ts';

/** What a check of a file has found. */
export interface CheckedFile {
  /** What the disk cache knows it by. */
  readonly name: string;
  readonly file: OpenFile;
  readonly etag: string;
  /** Where the body begins. */
  readonly bodyAt: number;
  readonly bodyBytes: number;
  /** When its checksum was found right. */
  readonly checkedAtMs: number;
}

export interface KeptFile extends CheckedFile {
  /** When it was last read; what was read lately is in the kernel's page cache. */
  readAtMs: number;
  /** Somebody reads it: it does not close before as many releases. */
  hold(): void;
  release(): void;
}

export interface OpenFiles {
  has(key: string): boolean;
  /** The file of an object; marks it as used. */
  get(key: string): KeptFile | undefined;
  /** Keeps a file open, in place of an earlier one. */
  keep(key: string, checked: CheckedFile): void;
  /** Closes the file of an object, once nobody reads it. */
  drop(key: string): void;
  closeAll(): void;
}

interface Entry {
  readonly kept: KeptFile;
  letGo(): void;
}

function entryOf(checked: CheckedFile): Entry {
  // The set itself is the first reader.
  let readers = 1;
  const release = (): void => {
    readers -= 1;
    if (readers === 0) checked.file.close();
  };
  const hold = (): void => {
    readers += 1;
  };
  return { kept: { ...checked, readAtMs: checked.checkedAtMs, hold, release }, letGo: release };
}

/** Creates an empty set of open files. */
export function createOpenFiles(max = DISK_OPEN_FILES_MAX): OpenFiles {
  /** Least recently used first. */
  const entries = new Map<string, Entry>();

  function drop(key: string): void {
    entries.get(key)?.letGo();
    entries.delete(key);
  }

  return {
    has: (key) => entries.has(key),
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.kept;
    },
    keep(key, checked) {
      drop(key);
      entries.set(key, entryOf(checked));
      if (entries.size <= max) return;
      for (const oldest of entries.keys()) {
        drop(oldest);
        break;
      }
    },
    drop,
    closeAll() {
      for (const key of [...entries.keys()]) drop(key);
    },
  };
}

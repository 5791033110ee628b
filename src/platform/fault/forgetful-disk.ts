// A disk that forgets: every file operation of this process below one folder is noted before it happens, and the next
// process of the same name first undoes what its killed predecessor had not fsynced. It
// decorates `node:fs` itself (decorate-files.ts), since the promise to be tested is that of every line that writes, not
// of one port; forgetful-disk-preload.ts loads it into processes under test, and product code knows nothing of it.
//
// The log is written without fsync: SIGKILL takes a process, not the pages of the system. Each file that was touched
// has a hard link in the log's folder, under which its bytes are found whatever its name became. A file that somebody
// else wrote during this life (FFmpeg) counts as unsynced until this process fsyncs it. A process that ends by itself
// loses nothing. Limits: Linux (/proc/self/fd), the log on the same file system, symbolic links are not followed.

import fs from 'node:fs';
import { dirname, join } from 'node:path';
import type { PowerFault } from '#core/fault/catalogue.ts';
import type { DiskEntry } from '#core/fault/unsynced-writes.ts';
import { isMissing } from '../disk.ts';

export interface ForgetfulDiskOptions {
  /** Only what lies below is noted. */
  readonly root: string;
  /** Names below the root whose owner keeps a promise of its own, e.g. a database. */
  readonly exclude: readonly string[];
  /** Where this process keeps its log; empty or missing at the start. */
  readonly journal: string;
  readonly fault: PowerFault;
}

/** Removed first when the log is done with: what is left is then known to be rubbish. */
export const LOG = 'log.jsonl';

/** The functions as they were, for what must not be noted itself. */
const real = { ...fs };

/** Reads the log of the life before; a line that was not finished belongs to an operation that had not begun. */
export function readLog(journal: string): DiskEntry[] {
  let text: string;
  try {
    text = real.readFileSync(join(journal, LOG), 'utf8');
  } catch {
    return [];
  }
  const lines = text.split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as DiskEntry);
}

/** Where the bytes of a numbered file are. */
export const linkPath = (journal: string, file: number): string => join(journal, `file-${file}`);
/** Where the bytes are that a file had before it was written anew. */
export const oldBytesPath = (journal: string, file: number): string => join(journal, `old-${file}`);

/** Called when an operation has ended; only what was done is noted further. */
export type Ended = (isDone: boolean) => void;

/** What is written down about operations before they happen. */
export interface Notes {
  /** Opening for writing; `isReplaced`: the old bytes are thrown away. */
  open(path: string, isReplaced: boolean): Ended;
  /** A name for something that has no bytes to lose. */
  create(path: string): Ended;
  rename(from: string, to: string): Ended;
  remove(path: string): Ended;
  makeFolders(path: string): Ended;
  /** Fsync of an open file or folder. */
  sync(descriptor: number): Ended;
}

interface Known {
  readonly file: number;
  /** Bytes that are safe; null when nothing of it is in question. */
  syncedBytes: number | null;
}

/** Opens the log of this life. */
export function createNotes({ root, exclude, journal, fault }: ForgetfulDiskOptions): Notes {
  real.mkdirSync(journal, { recursive: true, mode: 0o700 });
  const log = real.openSync(join(journal, LOG), 'a', 0o600);
  const startedAtMs = Date.now();
  const known = new Map<number, Known>();
  const underWay = new Set<number>();
  let entries = 0;

  const isOurs = (path: string): boolean => {
    if (!path.startsWith(`${root}/`)) return false;
    const [first = ''] = path.slice(root.length + 1).split('/');
    return !exclude.includes(first);
  };

  /** Adds a line; returns what to call when the operation has ended. */
  function note(entry: DiskEntry): () => void {
    const at = entries;
    entries += 1;
    real.writeSync(log, `${JSON.stringify(entry)}\n`);
    underWay.add(at);
    return () => void underWay.delete(at);
  }

  const fileAt = (path: string): fs.Stats | undefined => real.lstatSync(path, { throwIfNoEntry: false });

  /** The file with its hard link, which keeps its number in the file system from being used again. */
  function know(path: string, found: fs.Stats): Known | undefined {
    const earlier = known.get(found.ino);
    if (earlier !== undefined) return earlier;
    const file: Known = { file: known.size, syncedBytes: null };
    try {
      real.linkSync(path, linkPath(journal, file.file));
    } catch (error) {
      // Its name has gone meanwhile: nothing can be lost of it.
      if (isMissing(error)) return undefined;
      throw error;
    }
    known.set(found.ino, file);
    // Written in this life, but not by us: nobody has asked the disk to keep it.
    if (found.mtimeMs >= startedAtMs) markWritten(file, 0, false);
    return file;
  }

  function markWritten(file: Known, syncedBytes: number, isReplaced: boolean): void {
    file.syncedBytes = syncedBytes;
    note({ kind: 'write', file: file.file, syncedBytes, isReplaced })();
  }

  function removeTree(path: string): (() => void)[] {
    const found = fileAt(path);
    if (found === undefined) return [];
    if (!found.isDirectory()) {
      const file = found.isFile() ? know(path, found) : undefined;
      return file === undefined ? [] : [note({ kind: 'remove', path, file: file.file })];
    }
    const inside = real.readdirSync(path).flatMap((name) => removeTree(join(path, name)));
    return [...inside, note({ kind: 'remove-folder', path })];
  }

  return {
    open(path, isReplaced) {
      if (!isOurs(path)) return ignore;
      const found = fileAt(path);
      if (found === undefined) {
        const ended = note({ kind: 'create', path });
        return (isDone) => {
          ended();
          const made = isDone ? fileAt(path) : undefined;
          const file = made?.isFile() ? know(path, made) : undefined;
          if (file?.syncedBytes === null) markWritten(file, 0, false);
        };
      }
      if (!found.isFile()) return ignore;
      const file = know(path, found);
      if (file === undefined) return ignore;
      const isSynced = (file.syncedBytes ?? found.size) === found.size;
      if (isReplaced && isSynced && found.size > 0) {
        real.copyFileSync(path, oldBytesPath(journal, file.file));
        markWritten(file, 0, true);
      } else if (isSynced) markWritten(file, found.size, false);
      return ignore;
    },
    create: (path) => (isOurs(path) && fileAt(path) === undefined ? note({ kind: 'create', path }) : ignore),
    rename(from, to) {
      const found = isOurs(from) || isOurs(to) ? fileAt(from) : undefined;
      if (found === undefined) return ignore;
      const target = fileAt(to);
      const replaced = target?.isFile() ? know(to, target)?.file : null;
      const file = found.isFile() ? know(from, found)?.file : null;
      if (file === undefined || replaced === undefined) return ignore;
      return note({ kind: 'rename', from, to, file, replaced });
    },
    remove: (path) => all(isOurs(path) ? removeTree(path) : []),
    makeFolders(path) {
      const missing: string[] = [];
      for (let folder = path; isOurs(folder) && fileAt(folder) === undefined; folder = dirname(folder))
        missing.unshift(folder);
      return all(missing.map((folder) => note({ kind: 'make-folder', path: folder })));
    },
    sync(descriptor) {
      const path = real.readlinkSync(`/proc/self/fd/${descriptor}`);
      if (!isOurs(path) && path !== root) return ignore;
      const found = real.fstatSync(descriptor);
      if (fault.lies.includes(found.isDirectory() ? 'folders' : 'files')) return ignore;
      if (found.isDirectory()) {
        const before = [...underWay];
        return (isDone) => {
          if (isDone) note({ kind: 'sync-folder', path, underWay: before })();
        };
      }
      const file = know(path, found);
      return (isDone) => {
        if (!isDone || file === undefined) return;
        file.syncedBytes = found.size;
        note({ kind: 'sync', file: file.file, bytes: found.size })();
      };
    },
  };
}

function ignore(): void {
  // Nothing of it is noted.
}

function all(ended: readonly (() => void)[]): Ended {
  return () => {
    for (const each of ended) each();
  };
}

// Carries out what a power cut took: undoes names and cuts bytes as `drawLosses` decided. It may be killed half-way and
// begun anew: each step makes a state, whatever was there, and the hard links in the log's folder stay until the end.

import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import type { BytesLoss, DiskEntry, Losses, NameEntry } from '#core/fault/unsynced-writes.ts';
import { isMissing } from '../disk.ts';
import { linkPath, oldBytesPath } from './forgetful-disk.ts';

/** What was really lost: much of what is unsynced was never written when the process died. */
export interface Undone {
  readonly names: number;
  readonly files: number;
  readonly bytes: number;
}

/** Undoes; the log is needed to tell a folder's own files from those of others. */
export function undoUnsynced(journal: string, log: readonly DiskEntry[], losses: Losses): Undone {
  const own = new Set(log.flatMap(pathsOf));
  let names = 0;
  for (const entry of losses.names) if (undoName(journal, entry, own)) names += 1;
  let files = 0;
  let bytes = 0;
  for (const loss of losses.bytes) {
    const lost = cutBytes(journal, loss);
    if (lost > 0) files += 1;
    bytes += lost;
  }
  return { names, files, bytes };
}

function pathsOf(entry: DiskEntry): string[] {
  if (entry.kind === 'create' || entry.kind === 'make-folder') return [entry.path];
  return entry.kind === 'rename' ? [entry.to] : [];
}

/** Whether anything had to be undone. */
function undoName(journal: string, entry: NameEntry, own: ReadonlySet<string>): boolean {
  switch (entry.kind) {
    case 'create':
      return removeName(entry.path);
    case 'remove':
      return putBack(journal, entry.path, entry.file);
    case 'make-folder':
      return removeOwnFolder(entry.path, own);
    case 'remove-folder':
      if (existsSync(entry.path)) return false;
      return ifParent(() => mkdirSync(entry.path, { mode: 0o700 }));
    case 'rename': {
      if (entry.file === null) {
        if (existsSync(entry.from) || !existsSync(entry.to)) return false;
        return ifParent(() => renameSync(entry.to, entry.from));
      }
      const isBack = putBack(journal, entry.from, entry.file);
      const isUndone =
        entry.replaced === null ? removeName(entry.to) : putBack(journal, entry.to, entry.replaced);
      return isBack || isUndone;
    }
  }
}

/** Runs a step unless the folder that it needs has gone for good. */
function ifParent(step: () => void): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function removeName(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return false;
  unlinkSync(path);
  return true;
}

function putBack(journal: string, path: string, file: number): boolean {
  const link = linkPath(journal, file);
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.ino === lstatSync(link).ino) return false;
  if (there?.isDirectory()) return false;
  return ifParent(() => {
    if (there !== undefined) unlinkSync(path);
    linkSync(link, path);
  });
}

/** A folder takes its files along, but never what another process keeps there: that one's power has not failed. */
function removeOwnFolder(path: string, own: ReadonlySet<string>): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory() || !isAllOwn(path, own)) return false;
  rmSync(path, { recursive: true });
  return true;
}

function isAllOwn(folder: string, own: ReadonlySet<string>): boolean {
  return readdirSync(folder, { withFileTypes: true }).every((entry) => {
    const path = join(folder, entry.name);
    return own.has(path) && (!entry.isDirectory() || isAllOwn(path, own));
  });
}

/** Returns how many bytes are not what they were. */
function cutBytes(journal: string, loss: BytesLoss): number {
  const path = linkPath(journal, loss.file);
  if (loss.isOldBack) {
    copyFileSync(oldBytesPath(journal, loss.file), path);
    return 1;
  }
  const descriptor = openSync(path, 'r+');
  try {
    const { size } = fstatSync(descriptor);
    const unsynced = size - loss.syncedBytes;
    if (unsynced <= 0) return 0;
    const kept = loss.syncedBytes + Math.floor(unsynced * loss.keptShare);
    if (kept === size) return 0;
    ftruncateSync(descriptor, kept);
    if (loss.isZeroed) ftruncateSync(descriptor, size);
    return size - kept;
  } finally {
    closeSync(descriptor);
  }
}

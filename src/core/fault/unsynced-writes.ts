// What a disk may have lost when the power went: everything that was not fsynced, all of it or any part that POSIX
// allows. The log of one life of a process goes in, a list of losses comes out; chance comes from a seed, so that a run
// can be repeated. Bytes and names are lost apart: fsync of a file keeps its bytes, fsync of a folder keeps the names in
// it. Names within one folder are lost from a point in time on, a rename is lost in both of its folders or in neither
// (a journalling file system does no less), and a folder whose name is lost takes what lies in it along.
// Limits: bytes that were overwritten in place below the last fsync are taken for kept, and so is what happened in a
// folder before that folder itself was renamed.
// Source: "All File Systems Are Not Created Equal" (Pillai and others, OSDI 2014), which lists what file systems do.

import type { Prng } from '#base/prng.ts';

/** One line of the log; `file` numbers a hard link under which the bytes are found, whatever their name became. */
export type DiskEntry =
  /** A new name for a new file. */
  | { readonly kind: 'create'; readonly path: string }
  /** The file is about to be written; `syncedBytes` of it are safe. `isReplaced`: its old bytes are kept as a copy. */
  | {
      readonly kind: 'write';
      readonly file: number;
      readonly syncedBytes: number;
      readonly isReplaced: boolean;
    }
  | { readonly kind: 'sync'; readonly file: number; readonly bytes: number }
  /** `file` is null for a folder; `replaced` is what the new name held before, or null. */
  | {
      readonly kind: 'rename';
      readonly from: string;
      readonly to: string;
      readonly file: number | null;
      readonly replaced: number | null;
    }
  | { readonly kind: 'remove'; readonly path: string; readonly file: number }
  | { readonly kind: 'make-folder'; readonly path: string }
  | { readonly kind: 'remove-folder'; readonly path: string }
  /** `underWay`: places in the log of what had begun but not ended when the fsync began. */
  | { readonly kind: 'sync-folder'; readonly path: string; readonly underWay: readonly number[] };

export type NameEntry = Exclude<DiskEntry, { kind: 'write' | 'sync' | 'sync-folder' }>;

/** What became of bytes that were not synced. */
export interface BytesLoss {
  readonly file: number;
  readonly syncedBytes: number;
  /** The old bytes are there again; else this share of the bytes past `syncedBytes` was kept. */
  readonly isOldBack: boolean;
  readonly keptShare: number;
  /** The length was kept, and zeroes are where the bytes should be. */
  readonly isZeroed: boolean;
}

export interface Losses {
  /** Names to be undone, in this order: the last one first. */
  readonly names: readonly NameEntry[];
  readonly bytes: readonly BytesLoss[];
  /** Why: what there was to lose, and how it was drawn. */
  readonly reasons: { readonly mode: 'all' | 'some'; readonly names: number; readonly files: number };
}

/** Every third cut loses all; subsets find what orders find, this finds what is simply forgotten. */
const ALL_SHARE = 1 / 3;
/** Chance that the names of a folder are lost from a given one on. */
const CUT_SHARE = 0.3;

/** Draws what is lost. */
export function drawLosses(log: readonly DiskEntry[], prng: Prng): Losses {
  const mode = prng() < ALL_SHARE ? 'all' : 'some';
  const names = unsyncedNames(log);
  const files = unsyncedFiles(log);
  return {
    names: drawNames(names, mode, prng),
    bytes: [...files].map(([file, written]) => drawBytes(file, written, mode, prng)),
    reasons: { mode, names: names.length, files: files.size },
  };
}

/** Changes of names that no fsync of a folder has kept, in the order in which they were made. */
function unsyncedNames(log: readonly DiskEntry[]): readonly NameEntry[] {
  let pending: { readonly at: number; readonly entry: NameEntry }[] = [];
  for (const [at, entry] of log.entries()) {
    if (entry.kind === 'write' || entry.kind === 'sync') continue;
    if (entry.kind !== 'sync-folder') {
      pending.push({ at, entry });
      continue;
    }
    const underWay = new Set(entry.underWay);
    // Whatever a kept change builds on is kept too, so folders are gathered from the newest change to the oldest.
    const kept = new Set([entry.path]);
    const left: typeof pending = [];
    for (const change of pending.toReversed()) {
      const folders = foldersOf(change.entry);
      if (underWay.has(change.at) || !folders.some((folder) => kept.has(folder))) left.push(change);
      else for (const folder of folders) kept.add(folder);
    }
    pending = left.reverse();
  }
  return pending.map(({ entry }) => entry);
}

interface Written {
  syncedBytes: number;
  isReplaced: boolean;
}

function unsyncedFiles(log: readonly DiskEntry[]): ReadonlyMap<number, Written> {
  const files = new Map<number, Written>();
  for (const entry of log) {
    if (entry.kind === 'write') files.set(entry.file, entry);
    else if (entry.kind === 'sync' && files.has(entry.file))
      files.set(entry.file, { syncedBytes: entry.bytes, isReplaced: false });
  }
  return files;
}

function drawNames(names: readonly NameEntry[], mode: Losses['reasons']['mode'], prng: Prng): NameEntry[] {
  const cut = new Set<string>();
  const lost: NameEntry[] = [];
  for (const entry of names) {
    const folders = foldersOf(entry);
    const isLost = mode === 'all' || folders.some((folder) => cut.has(folder)) || prng() < CUT_SHARE;
    if (!isLost) continue;
    for (const folder of folders) cut.add(folder);
    lost.push(entry);
  }
  return lost.reverse();
}

function drawBytes(
  file: number,
  { syncedBytes, isReplaced }: Written,
  mode: Losses['reasons']['mode'],
  prng: Prng,
): BytesLoss {
  const fate = prng();
  const share = prng();
  const isKept = mode === 'some' && fate < 0.25;
  const isTorn = mode === 'some' && fate >= 0.25 && fate < 0.75;
  const keptShare = isKept ? 1 : isTorn ? share : 0;
  return {
    file,
    syncedBytes,
    isOldBack: isReplaced && !isKept && !isTorn,
    keptShare,
    isZeroed: !isKept && prng() < 0.25,
  };
}

function foldersOf(entry: NameEntry): readonly string[] {
  return entry.kind === 'rename' ? [folderOf(entry.from), folderOf(entry.to)] : [folderOf(entry.path)];
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

// The last snapshots on disk, so that a node serves at once after a restart without control. One file each, named by
// (term, sequence), written as one durable step; what cannot be read or verified is skipped.

import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SNAPSHOTS_KEPT } from '#contract/limits.ts';
import { type SignedSnapshot, signedSnapshotSchema } from '#contract/snapshot.ts';
import { isMissing, makeDirectoryDurably, writeFileDurably } from '#platform/disk.ts';
import type { Log } from '#platform/log.ts';
import { SIGNED_SNAPSHOT_BYTES_MAX } from './limits.ts';

export interface SnapshotDisk {
  save(version: { readonly term: number; readonly sequence: number }, signed: SignedSnapshot): Promise<void>;
  /** Readable snapshots, newest first; not yet verified. */
  load(): AsyncIterable<{ name: string; signed: SignedSnapshot }>;
}

/** Padded so that names sort as versions do. */
const DIGITS = 12;
const NAME = /^\d{12}-\d{12}\.json$/;

/** Keeps snapshots under a directory. */
export function createSnapshotDisk(directory: string, log: Log): SnapshotDisk {
  async function names(): Promise<string[]> {
    try {
      return (await readdir(directory))
        .filter((name) => NAME.test(name))
        .sort()
        .reverse();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async function read(name: string): Promise<SignedSnapshot | undefined> {
    const path = join(directory, name);
    try {
      if ((await stat(path)).size > SIGNED_SNAPSHOT_BYTES_MAX) throw new Error('it is too large');
      return signedSnapshotSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      log.warn({ path, error: String(error) }, 'a kept snapshot cannot be read; trying the one before');
      return undefined;
    }
  }

  return {
    async save(version, signed) {
      await makeDirectoryDurably(directory);
      const name = `${pad(version.term)}-${pad(version.sequence)}.json`;
      await writeFileDurably(join(directory, name), JSON.stringify(signed));
      for (const old of (await names()).slice(SNAPSHOTS_KEPT))
        await rm(join(directory, old), { force: true });
    },
    async *load() {
      for (const name of await names()) {
        const signed = await read(name);
        if (signed !== undefined) yield { name, signed };
      }
    },
  };
}

function pad(value: number): string {
  return String(value).padStart(DIGITS, '0');
}

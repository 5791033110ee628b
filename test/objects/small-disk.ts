// A really full disk: a few MiB of tmpfs, where this user may mount one.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly directory: string;
  unmount(): void;
}

/** Mounts it; undefined for a user who may not mount (tests then inject a failing writer instead). */
export function mountSmallDisk(mebibytes: number): SmallDisk | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'meridian-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory], { stdio: 'pipe' });
  } catch {
    // Root of a container without the right to mount.
    rmdirSync(directory);
    return undefined;
  }
  return {
    directory,
    unmount() {
      execFileSync('umount', [directory]);
      rmdirSync(directory);
    },
  };
}

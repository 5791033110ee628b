// Free bytes of the disk that holds the node's data, read once per beat.

import { statfs } from 'node:fs/promises';
import type { Log } from '#platform/log.ts';

/** Creates the gauge; 0 until the first reading. */
export function createDiskGauge(
  directory: string,
  log: Log,
): { refresh(): Promise<void>; freeBytes(): number } {
  let freeBytes = 0;
  return {
    async refresh() {
      try {
        const { bavail, bsize } = await statfs(directory);
        freeBytes = bavail * bsize;
      } catch (error) {
        log.debug({ directory, error: String(error) }, 'the free bytes cannot be read');
      }
    },
    freeBytes: () => freeBytes,
  };
}

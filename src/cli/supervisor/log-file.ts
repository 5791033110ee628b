// A log file of bounded size: at the limit it becomes NAME.1 and a new one begins.

import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Two files of this size per process: enough to see a day, small enough to forget about. */
const LOG_BYTES_MAX = 20_000_000;

/** Returns a function that appends to the file. A full disk loses log lines, never the process. */
export function createLogFile(path: string): (chunk: Buffer) => void {
  mkdirSync(dirname(path), { recursive: true });
  let bytes = sizeOf(path);
  return (chunk) => {
    try {
      if (bytes + chunk.length > LOG_BYTES_MAX) {
        renameSync(path, `${path}.1`);
        bytes = 0;
      }
      appendFileSync(path, chunk);
      bytes += chunk.length;
    } catch {
      bytes = sizeOf(path);
    }
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

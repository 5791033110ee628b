// Whether the disk is to be used: after a failure it is left alone for a while, longer with each failure in a row.

import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { Counter } from '#platform/metrics.ts';
import { DISK_RETRY_MS_MAX, DISK_RETRY_MS_MIN } from '../limits.ts';

export interface DiskHealth {
  isFailing(): boolean;
  /** An operation has gone well. */
  succeed(): void;
  /** Counts every failure, says the first of a row, and leaves the disk alone. */
  fail(what: string, error: unknown): void;
}

/** Creates the health of a disk that has not failed yet. */
export function createDiskHealth(options: { clock: Clock; log: Log; errors: Counter }): DiskHealth {
  const { clock, log, errors } = options;
  let failures = 0;
  let retryAtMs = 0;
  const isFailing = (): boolean => clock.monotonicMs() < retryAtMs;
  return {
    isFailing,
    succeed() {
      if (failures === 0 || isFailing()) return;
      failures = 0;
      log.info({}, 'the disk cache works again');
    },
    fail(what, error) {
      errors.value += 1;
      // Many operations fail together; together they count as one.
      if (isFailing()) return;
      const retryMs = Math.min(DISK_RETRY_MS_MAX, DISK_RETRY_MS_MIN * 2 ** failures);
      if (failures === 0)
        log.warn({ what, error: String(error) }, 'the disk cache fails; the edge goes on from memory');
      failures += 1;
      retryAtMs = clock.monotonicMs() + retryMs;
    },
  };
}

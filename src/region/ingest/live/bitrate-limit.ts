// Holds a publisher to the bit rate that one may have, whatever the protocol.

import type { Clock } from '#platform/clock.ts';
import { BITRATE_BPS_MAX, BITRATE_WINDOW_MS } from './limits.ts';

/** Takes how many bytes came; answers whether there were more than BITRATE_BPS_MAX allows in this window. */
export function createBitrateLimit(clock: Clock): (bytes: number) => boolean {
  let windowStartMs = clock.monotonicMs();
  let windowBytes = 0;
  return (bytes) => {
    const nowMs = clock.monotonicMs();
    if (nowMs - windowStartMs > BITRATE_WINDOW_MS) {
      windowStartMs = nowMs;
      windowBytes = 0;
    }
    windowBytes += bytes;
    return windowBytes * 8_000 > BITRATE_BPS_MAX * BITRATE_WINDOW_MS;
  };
}

// Slows readers down to a rate: a token bucket that holds one second's worth. Whoever takes more than is there waits, so
// that large chunks are paid for afterwards and small ones flow.

import { Transform } from 'node:stream';
import type { Clock } from '#platform/clock.ts';
import { PACE_BURST_MS } from './limits.ts';

export interface Pacer {
  /** Resolves when this many bytes may be had. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

/** Creates a pacer; all that share it share its rate. */
export function createPacer(clock: Clock, bytesPerSecond: number): Pacer {
  let tokens = bytesPerSecond;
  let filledAtMs = clock.monotonicMs();
  return {
    async take(bytes, signal) {
      const nowMs = clock.monotonicMs();
      tokens = Math.min(
        (bytesPerSecond * PACE_BURST_MS) / 1_000,
        tokens + ((nowMs - filledAtMs) * bytesPerSecond) / 1_000,
      );
      filledAtMs = nowMs;
      tokens -= bytes;
      if (tokens < 0) await clock.sleep(Math.ceil((-tokens / bytesPerSecond) * 1_000), signal);
      signal.throwIfAborted();
    },
  };
}

/** A stream that passes bytes on at the pacer's rate. */
export function pacedStream(pacer: Pacer, signal: AbortSignal, onBytes: (bytes: number) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes(chunk.length);
      pacer.take(chunk.length, signal).then(
        () => done(null, chunk),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
}

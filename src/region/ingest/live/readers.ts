// The readers of one broadcast: where each begins, and what is told to all of them.

import type { ServerResponse } from 'node:http';
import { MeridianError } from '#contract/errors.ts';
import type { ContributionHead } from '#contract/live.ts';
import type { Log } from '#platform/log.ts';
import type { ContributionBuffer } from './contribution-buffer.ts';
import { type ContributionReader, openContributionReader } from './contribution-response.ts';
import { READERS_MAX } from './limits.ts';

export interface ReadRequest {
  readonly response: ServerResponse;
  /** Of the head that the reader has. */
  readonly session: string | undefined;
  /** Last number that it has. */
  readonly after: number | undefined;
  readonly fromUs: number | undefined;
}

export interface Readers {
  /** Serves a reader; resolves when the answer is over. */
  serve(request: ReadRequest, head: ContributionHead, buffer: ContributionBuffer): Promise<void>;
  count(): number;
  wake(): void;
  heartbeat(): void;
  finish(): void;
  cut(): void;
}

/** Creates an empty set of readers. */
export function createReaders(log: Log): Readers {
  const readers = new Set<ContributionReader>();
  return {
    async serve(request, head, buffer) {
      if (readers.size >= READERS_MAX)
        throw new MeridianError('overloaded', { reason: `${readers.size} readers are at this broadcast` });
      await new Promise<void>((resolve) => {
        const reader = openContributionReader({
          response: request.response,
          head,
          buffer,
          fromSequence: firstSequenceOf(request, head.session, buffer),
          onSlow: () => log.warn({}, 'a reader of a contribution was too slow and has been cut off'),
          onClose: () => {
            readers.delete(reader);
            resolve();
          },
        });
        readers.add(reader);
      });
    },
    count: () => readers.size,
    wake() {
      for (const reader of readers) reader.wake();
    },
    heartbeat() {
      for (const reader of readers) reader.heartbeat();
    },
    finish() {
      for (const reader of readers) reader.finish();
    },
    cut() {
      for (const reader of readers) reader.cut();
    },
  };
}

function firstSequenceOf(request: ReadRequest, session: string, buffer: ContributionBuffer): number {
  const isSame = request.session === session && request.after !== undefined;
  const wanted = isSame ? (request.after ?? 0) + 1 : buffer.startSequence(request.fromUs);
  const isHere = wanted >= buffer.firstSequence() && wanted <= buffer.lastSequence() + 1;
  // What is forgotten cannot be sent: it goes on with the oldest key frame.
  return isHere ? wanted : buffer.startSequence(Number.NEGATIVE_INFINITY);
}

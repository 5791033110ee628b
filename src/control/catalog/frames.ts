// Frames of videos for whoever asks control for one: control cannot decode, encoders can. Encoders hold a claim open; a
// request is handed to one of them and waits for its answer. Nothing is stored: a request that is lost with its
// encoder, or with control, fails within seconds and is simply made again.

import { makeId } from '#base/ids.ts';
import { MeridianError } from '#contract/errors.ts';
import type { FrameAnswer, FrameRequest, nodeRoutes } from '#contract/node-api.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import type { AssetRow } from './store.ts';
import { recordOf } from './store.ts';

/** A frame takes a second on a free machine, some on a busy one; past this the asker is told to try again. */
const FRAME_MS_MAX = 20_000;
/** Requests that wait: people choose posters one by one. */
const REQUESTS_MAX = 32;

export interface Frames {
  /** The frame at a time as a JPEG. */
  take(row: AssetRow, atMs: number, signal: AbortSignal): Promise<Buffer>;
}

interface Pending {
  readonly request: FrameRequest;
  isClaimed: boolean;
  settle(answer: FrameAnswer): void;
}

interface Broker extends Frames {
  claim(waitMs: number, signal: AbortSignal): Promise<FrameRequest | null>;
  answer(requestId: string, answer: FrameAnswer): void;
}

/** Creates the broker between people and encoders. */
export function createFrames({ clock, random }: ControlContext): Broker {
  const pending = new Map<string, Pending>();
  /** Encoders that wait, the one that waits longest first. */
  const waiters = new Set<() => void>();

  function next(): FrameRequest | null {
    for (const entry of pending.values())
      if (!entry.isClaimed) {
        entry.isClaimed = true;
        return entry.request;
      }
    return null;
  }

  return {
    async take(row, atMs, signal) {
      if (!row.is_playable || row.stage !== 'ready')
        throw new MeridianError('conflict', { reason: 'Frames can be taken once processing is complete' });
      if (!row.renditions.some(({ kind }) => kind === 'video'))
        throw new MeridianError('conflict', { reason: 'This asset has no picture' });
      if (pending.size >= REQUESTS_MAX)
        throw new MeridianError('overloaded', { reason: 'too many frames are being taken' });
      const requestId = makeId('frm', clock.nowMs(), random(10));
      const { promise, resolve } = Promise.withResolvers<FrameAnswer>();
      const request = { requestId, record: recordOf(row), atMs };
      pending.set(requestId, { request, isClaimed: false, settle: resolve });
      for (const wake of waiters) {
        wake();
        break;
      }
      const ended = new AbortController();
      const late = clock
        .sleep(FRAME_MS_MAX, AbortSignal.any([signal, ended.signal]))
        .catch(() => undefined)
        .then(
          (): FrameAnswer => ({ kind: 'failed', reason: 'no encoder answered in time', isRefused: false }),
        );
      try {
        const answer = await Promise.race([promise, late]);
        if (answer.kind === 'frame') return Buffer.from(answer.base64, 'base64');
        throw answer.isRefused
          ? new MeridianError('conflict', { reason: answer.reason })
          : new MeridianError('unavailable', { what: `An encoder for the frame (${answer.reason})` });
      } finally {
        ended.abort();
        pending.delete(requestId);
      }
    },
    async claim(waitMs, signal) {
      const at = clock.monotonicMs() + waitMs;
      for (;;) {
        const request = next();
        if (request !== null) return request;
        const leftMs = at - clock.monotonicMs();
        if (leftMs <= 0 || signal.aborted) return null;
        const woken = new AbortController();
        const wake = (): void => woken.abort();
        waiters.add(wake);
        await clock.sleep(leftMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
        waiters.delete(wake);
      }
    },
    answer(requestId, answer) {
      pending.get(requestId)?.settle(answer);
    },
  };
}

/** What encoders ask. */
export function createFrameHandlers(
  frames: Broker,
): Handlers<typeof nodeRoutes, 'POST /node/v1/frames/claim' | 'POST /node/v1/frames/{requestId}'> {
  return {
    async 'POST /node/v1/frames/claim'({ body, signal }) {
      return { request: await frames.claim(body.waitMs, signal) };
    },
    async 'POST /node/v1/frames/{requestId}'({ params, body }) {
      frames.answer(params.requestId, body.answer);
      return { isAccepted: true };
    },
  };
}

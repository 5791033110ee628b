// One publisher by SRT, from a listener to the end of its child: what it sends is read here, and goes to its broadcast once
// there is media in it. It is held to the same limits as by RTMP. SRT itself has asked for the passphrase.

import { ContributionError } from '#media/contribution/contribution-error.ts';
import type { FeedUnit } from '#media/contribution/feed.ts';
import { createTransportFeed } from '#media/mpegts/transport-feed.ts';
import { TsError } from '#media/mpegts/ts-error.ts';
import type { Clock } from '#platform/clock.ts';
import type { SrtListener } from '#platform/ffmpeg/engine.ts';
import type { Log } from '#platform/log.ts';
import { createBitrateLimit } from './bitrate-limit.ts';
import type { Attached, Attachment, Publisher } from './hub.ts';
import { BITRATE_BPS_MAX, HANDSHAKE_MS_MAX } from './limits.ts';

export interface SrtConnectionDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Decides about a publisher who had the passphrase. */
  attach(publisher: Publisher): Attached;
  /** Somebody who had the passphrase sends something. */
  onCaller(): void;
}

/** How a listener ended. */
export type SrtEnding =
  /** A publisher was on the air, or could have been. */
  | { readonly kind: 'served' }
  /** A publisher came and was sent away. */
  | { readonly kind: 'refused' }
  /** Nobody came; why it ended, in FFmpeg's words. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Serves whoever calls first; resolves when the listener has ended. */
export async function serveSrtListener(
  listener: SrtListener,
  dependencies: SrtConnectionDependencies,
): Promise<SrtEnding> {
  const { clock, log } = dependencies;
  const feed = createTransportFeed();
  const isTooFast = createBitrateLimit(clock);
  let attachment: Attachment | undefined;
  let handshake: NodeJS.Timeout | undefined;
  let hasCome = false;
  let isOver = false;
  let isRefused = false;

  /** Ends the connection. */
  function close(reason: string): void {
    if (isOver) return;
    isOver = true;
    log.info({ reason }, 'an SRT publisher was closed');
    listener.kill();
  }

  /** Ends the connection and tells its broadcast. */
  function fail(reason: string): void {
    close(reason);
    if (attachment === undefined) isRefused = true;
    attachment?.detach(reason);
  }

  function take(units: readonly FeedUnit[]): void {
    if (attachment === undefined && units.length > 0) {
      clearTimeout(handshake);
      const attached = dependencies.attach({ protocol: 'srt', close, problem: () => null });
      if (!attached.isAttached) {
        fail(attached.reason);
        return;
      }
      attachment = attached.attachment;
    }
    for (const unit of units) if (!isOver) attachment?.take(unit);
  }

  listener.bytes.on('data', (bytes: Buffer) => {
    if (isOver) return;
    if (!hasCome) {
      hasCome = true;
      dependencies.onCaller();
      handshake = setTimeout(() => fail(`no media within ${HANDSHAKE_MS_MAX} ms`), HANDSHAKE_MS_MAX);
    }
    if (isTooFast(bytes.length)) {
      fail(`it sends more than ${BITRATE_BPS_MAX} bit/s`);
      return;
    }
    try {
      take(feed.push(bytes));
    } catch (error) {
      if (!(error instanceof TsError || error instanceof ContributionError))
        log.warn({ error: String(error) }, 'an SRT publisher met an error of this ingest');
      fail(error instanceof Error ? error.message : String(error));
    }
  });
  // A pipe that breaks is the end of the child.
  listener.bytes.on('error', () => undefined);
  const lastWords = await listener.done;
  clearTimeout(handshake);
  if (!isOver) attachment?.detach('the connection ended');
  isOver = true;
  if (isRefused) return { kind: 'refused' };
  return hasCome ? { kind: 'served' } : { kind: 'failed', reason: lastWords };
}

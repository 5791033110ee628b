// One connection of an RTMP publisher: a socket around the session machine (media/rtmp). It is held to its limits from
// the first byte: time to show a key, bytes per second, silence. Whatever goes wrong ends this connection alone, with a
// sentence in the log.

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { ContributionError } from '#media/contribution/contribution-error.ts';
import { FlvError } from '#media/flv/flv-error.ts';
import { createPublishSession, type PublishEvent } from '#media/rtmp/publish-session.ts';
import { RtmpError } from '#media/rtmp/rtmp-error.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { createBitrateLimit } from './bitrate-limit.ts';
import type { Attached, Attachment, Publisher } from './hub.ts';
import {
  BITRATE_BPS_MAX,
  HANDSHAKE_MS_MAX,
  IDLE_MS_MAX,
  OUTGOING_BYTES_MAX,
  REFUSAL_MS_MAX,
} from './limits.ts';
import { unitOfPacket } from './unit-of-packet.ts';

export interface RtmpConnectionDependencies {
  readonly clock: Clock;
  readonly log: Log;
  /** Decides about a stream key; the publisher is handed to its broadcast when it is good. */
  attach(streamKey: string, connection: Omit<Publisher, 'problem'>, signal: AbortSignal): Promise<Attached>;
}

/** Bytes of the handshake that nobody can foresee. */
const RANDOM_BYTES = 1_528;

/** Serves a connection until it ends. */
export function serveRtmpConnection(socket: Socket, dependencies: RtmpConnectionDependencies): void {
  const { clock, log } = dependencies;
  const session = createPublishSession(randomBytes(RANDOM_BYTES));
  const ended = new AbortController();
  let attachment: Attachment | undefined;
  const isTooFast = createBitrateLimit(clock);

  const send = (parts: readonly Uint8Array[]): void => {
    if (parts.length > 0 && socket.writable) socket.write(Buffer.concat(parts));
  };

  /** Ends the connection; what has been sent has a moment to arrive. */
  function close(reason: string, parts: readonly Uint8Array[] = []): void {
    if (ended.signal.aborted) return;
    ended.abort();
    clearTimeout(handshake);
    log.info({ reason, remoteAddress: socket.remoteAddress }, 'a publisher was closed');
    socket.pause();
    if (socket.writable) socket.end(Buffer.concat(parts));
    socket.setTimeout(REFUSAL_MS_MAX, () => socket.destroy());
  }

  /** Ends the connection and tells its broadcast. */
  function fail(reason: string): void {
    close(reason);
    attachment?.detach(reason);
  }

  async function publish(streamKey: string): Promise<void> {
    const attached = await dependencies.attach(streamKey, { protocol: 'rtmp', close }, ended.signal);
    if (ended.signal.aborted) {
      if (attached.isAttached) attached.attachment.detach('the connection ended');
    } else if (attached.isAttached) {
      attachment = attached.attachment;
      clearTimeout(handshake);
      socket.setTimeout(IDLE_MS_MAX, () => fail(`it sent nothing for ${IDLE_MS_MAX} ms`));
      send(session.accept());
    } else close(attached.reason, session.refuse(attached.reason));
  }

  function onEvent(event: PublishEvent): void {
    switch (event.kind) {
      case 'publish':
        publish(event.name).catch((error: unknown) => fail(`an error of this ingest: ${String(error)}`));
        break;
      case 'media': {
        const unit = unitOfPacket(event.track, event.timestampMs, event.payload);
        if (unit !== undefined) attachment?.take(unit);
        break;
      }
      case 'metadata':
        if (typeof event.values.framerate === 'number') attachment?.announceFrameRate(event.values.framerate);
        break;
      case 'unpublish':
        fail('the publisher stopped');
        break;
    }
  }

  function onData(bytes: Buffer): void {
    if (ended.signal.aborted) return;
    if (isTooFast(bytes.length)) {
      fail(`it sends more than ${BITRATE_BPS_MAX} bit/s`);
      return;
    }
    try {
      const step = session.step(bytes);
      send(step.send);
      if (socket.writableLength > OUTGOING_BYTES_MAX) fail('it does not read what it is answered');
      for (const event of step.events) if (!ended.signal.aborted) onEvent(event);
    } catch (error) {
      const isTheirs =
        error instanceof RtmpError || error instanceof FlvError || error instanceof ContributionError;
      if (!isTheirs) log.warn({ error: String(error) }, 'a publisher met an error of this ingest');
      fail(error instanceof Error ? error.message : String(error));
    }
  }

  const handshake = setTimeout(() => fail(`no stream key within ${HANDSHAKE_MS_MAX} ms`), HANDSHAKE_MS_MAX);
  socket.setNoDelay(true);
  socket.setTimeout(HANDSHAKE_MS_MAX, () => socket.destroy());
  socket.on('data', onData);
  // A reset is an end like any other; 'close' follows.
  socket.on('error', (error) => log.debug({ error: String(error) }, 'a publisher connection broke'));
  socket.once('close', () => {
    clearTimeout(handshake);
    if (ended.signal.aborted) return;
    ended.abort();
    attachment?.detach('the connection ended');
  });
}

// One WHIP publisher, from its offer to its end: the connection, its media, and the broadcast that it goes to. Whatever
// goes wrong ends this session alone, with a sentence in the log.

import { mkdir, rm } from 'node:fs/promises';
import { ContributionError } from '#media/contribution/contribution-error.ts';
import { FlvError } from '#media/flv/flv-error.ts';
import { finishWhipAnswer } from '#media/sdp/whip-offer.ts';
import { type Clock, runEvery } from '#platform/clock.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { Log } from '#platform/log.ts';
import { type Peer, startPeer } from '#platform/webrtc/peer.ts';
import type { Attachment } from '../hub.ts';
import { CONNECT_MS_MAX, IDLE_MS_MAX, START_BITRATE_BPS, TICK_MS } from './limits.ts';
import { createOpusToAac, type OpusToAac } from './opus-to-aac.ts';
import { createWhipMedia } from './whip-media.ts';

export interface WhipSessionOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: Engine;
  /** Made here, and removed at the end. */
  readonly workDirectory: string;
  readonly peer: {
    readonly offer: string;
    readonly listenHost: string;
    readonly port: number;
    readonly announcedHost: string;
    readonly bitrateBpsMax: number;
  };
  readonly attachment: Attachment;
  /** Called once, when nothing of it is left. */
  onEnd(): void;
}

export interface WhipSession {
  /** The answer to the offer; rejects with the reason when there will be none. */
  readonly answer: Promise<string>;
  /** Ends it; the reason is for the log. `isTold` when its broadcast knows already. */
  end(reason: string, isTold?: boolean): void;
  /** Settles when nothing of it is left. */
  readonly done: Promise<void>;
}

/** Starts a session whose key was good. */
export function startWhipSession(options: WhipSessionOptions): WhipSession {
  const { attachment, clock, engine, log, workDirectory } = options;
  const ended = new AbortController();
  let answeredAtMs = Number.POSITIVE_INFINITY;
  let peer: Peer | undefined;
  let sound: OpusToAac | undefined;
  let packetAtMs: number | undefined;

  const media = createWhipMedia({
    onUnit: (unit) => attachment.take(unit),
    onOpus: (data, timeMs) => sound?.push(data, timeMs),
    onFrameRate: (framesPerSecond) => attachment.announceFrameRate(framesPerSecond),
    requestKeyFrame: () => peer?.requestKeyFrame(),
    requestPackets: (sequences) => peer?.requestPackets(sequences),
  });

  function end(reason: string, isTold = false): void {
    if (ended.signal.aborted) return;
    ended.abort();
    const { encoders = 0, filled = 0, dropped = 0 } = sound?.counters ?? {};
    const figures = {
      ...media.figures(),
      audioEncoders: encoders,
      audioFilled: filled,
      audioDropped: dropped,
    };
    log.info({ reason, ...figures }, 'a WHIP publisher was closed');
    sound?.stop();
    if (!isTold) attachment.detach(reason);
  }

  /** Runs what takes media; what it throws ends the session. */
  function guard(run: () => void): void {
    if (ended.signal.aborted) return;
    try {
      run();
    } catch (error) {
      const isTheirs = error instanceof ContributionError || error instanceof FlvError;
      if (!isTheirs) log.warn({ error: String(error) }, 'a WHIP publisher met an error of this ingest');
      end(error instanceof Error ? error.message : String(error));
    }
  }

  function tick(): void {
    const nowMs = clock.monotonicMs();
    guard(() => media.tick(nowMs));
    if (packetAtMs === undefined && nowMs - answeredAtMs > CONNECT_MS_MAX)
      end(`it did not connect within ${CONNECT_MS_MAX} ms; is the UDP port of this ingest open?`);
    if (packetAtMs !== undefined && nowMs - packetAtMs > IDLE_MS_MAX)
      end(`it sent nothing for ${IDLE_MS_MAX} ms`);
  }

  async function connect(): Promise<string> {
    await mkdir(workDirectory, { recursive: true, mode: 0o700 });
    if (ended.signal.aborted) throw new Error('the session has ended');
    sound = createOpusToAac({
      engine,
      workDirectory,
      onUnit: (unit) => guard(() => attachment.take(unit)),
      onDeath: (error) =>
        log.warn({ error: String(error) }, 'an encoder of sound ended; another one follows'),
      onFailure: (reason) => end(reason),
    });
    peer = startPeer({
      ...options.peer,
      onConnected: () => log.info({}, 'a WHIP publisher is connected'),
      onPacket(track, packet) {
        packetAtMs = clock.monotonicMs();
        guard(() => media.packet(track, packet, clock.monotonicMs()));
      },
      onReport(track, senderMs, timestamp) {
        packetAtMs = clock.monotonicMs();
        media.report(track, senderMs, timestamp);
      },
      onEnd: (reason) => end(reason),
    });
    const answered = finishWhipAnswer(await peer.answer, START_BITRATE_BPS);
    answeredAtMs = clock.monotonicMs();
    return answered;
  }

  async function cleanUp(): Promise<void> {
    await runEvery(clock, TICK_MS, ended.signal, tick);
    sound?.stop();
    await peer?.close();
    // It may not even have begun.
    await answer.catch(() => undefined);
    await rm(workDirectory, { recursive: true, force: true });
  }

  const answer = connect();
  answer.catch((error: unknown) => end(error instanceof Error ? error.message : String(error)));
  const done = cleanUp()
    .catch((error: unknown) => log.warn({ error: String(error) }, 'a WHIP session left something behind'))
    .then(() => options.onEnd());
  return { answer, end, done };
}

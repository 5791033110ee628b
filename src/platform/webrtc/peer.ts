// One WebRTC connection that receives a picture and a sound, as whoever owns it sees it. The protocol itself (ICE, DTLS,
// SRTP: werift) runs in a thread of its own: it reads what strangers send, and an error in it must end one publisher
// and nothing else. Out of the thread come decrypted RTP packets and sender reports.
//
// We are an ICE-lite agent (RFC 8445, 2.5): whoever publishes checks our address, and we never send to an address that
// somebody else has named. Its candidates are therefore not even read.

import { Worker } from 'node:worker_threads';
import { MeridianError } from '#contract/errors.ts';
import type { FromPeer, PeerTask, ToPeer, TrackKind } from './peer-message.ts';

/** Without its header. */
export interface RtpPacket {
  readonly sequence: number;
  readonly timestamp: number;
  readonly isMarked: boolean;
  readonly payload: Uint8Array;
}

export interface PeerOptions extends PeerTask {
  onConnected(): void;
  onPacket(track: TrackKind, packet: RtpPacket): void;
  onReport(track: TrackKind, senderMs: number, timestamp: number): void;
  /** Called once, when the connection is over, whoever ended it. */
  onEnd(reason: string): void;
}

export interface Peer {
  /** The answer, with our candidate; rejects with a MeridianError when its port cannot be opened, else with the reason. */
  readonly answer: Promise<string>;
  /** Asks for a key frame (RFC 4585, 6.3.1: PLI). */
  requestKeyFrame(): void;
  /** Asks for video packets again (RFC 4585, 6.2.1). */
  requestPackets(sequences: readonly number[]): void;
  /** Ends the connection; idempotent, settles when the thread is gone. */
  close(): Promise<void>;
}

/** One connection needs about 55 MB, most of it code; what it holds beyond that is a flood. */
const MEMORY_MB_MAX = 128;
/** To say goodbye; then the thread is stopped. */
const GOODBYE_MS = 300;

/** Starts a connection. */
export function startPeer(options: PeerOptions): Peer {
  const { offer, listenHost, port, announcedHost, bitrateBpsMax } = options;
  const task: PeerTask = { offer, listenHost, port, announcedHost, bitrateBpsMax };
  const worker = new Worker(new URL('peer-thread.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB_MAX },
  });
  const answer = Promise.withResolvers<string>();
  // Whoever asks for the answer later must not be ended by it.
  answer.promise.catch(() => {});
  let isOver = false;
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  function end(reason: string): void {
    if (isOver) return;
    isOver = true;
    answer.reject(new Error(reason));
    options.onEnd(reason);
  }

  function onMessage(message: FromPeer): void {
    if (isOver) return;
    switch (message.kind) {
      case 'answer':
        answer.resolve(message.sdp);
        break;
      case 'no-port':
        answer.reject(
          new MeridianError('overloaded', { reason: `UDP port ${port} of ${listenHost} cannot be opened` }),
        );
        break;
      case 'connected':
        options.onConnected();
        break;
      case 'packet':
        options.onPacket(message.track, message);
        break;
      case 'report':
        options.onReport(message.track, message.senderMs, message.timestamp);
        break;
      case 'ended':
        end(message.reason);
        break;
    }
  }

  worker.on('message', onMessage);
  worker.on('error', (error) => end(`its connection met an error: ${String(error)}`));
  worker.once('exit', () => end('its connection ended'));
  const tell = (message: ToPeer): void => worker.postMessage(message);

  return {
    answer: answer.promise,
    requestKeyFrame: () => tell({ kind: 'key-frame' }),
    requestPackets: (sequences) => tell({ kind: 'packets', sequences }),
    async close() {
      end('it was closed');
      tell({ kind: 'close' });
      const timer = setTimeout(() => void worker.terminate(), GOODBYE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

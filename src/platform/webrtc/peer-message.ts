// What a peer's thread and its owner tell each other.

import type { RtpPacket } from './peer.ts';

export type TrackKind = 'video' | 'audio';

/** Given to the thread with its birth. */
export interface PeerTask {
  /** The offer, without candidates. */
  readonly offer: string;
  /** Where it listens: an address of this machine, or 0.0.0.0; port 0 for any. */
  readonly listenHost: string;
  readonly port: number;
  /** The address that the other side is told. */
  readonly announcedHost: string;
  /** More ends it. */
  readonly bitrateBpsMax: number;
}

export type ToPeer =
  | { readonly kind: 'key-frame' }
  | { readonly kind: 'packets'; readonly sequences: readonly number[] }
  | { readonly kind: 'close' };

export type FromPeer =
  | { readonly kind: 'answer'; readonly sdp: string }
  /** The port is somebody else's. */
  | { readonly kind: 'no-port' }
  | { readonly kind: 'connected' }
  | ({ readonly kind: 'packet'; readonly track: TrackKind } & RtpPacket)
  /** A sender report: the sender's wall clock in milliseconds. */
  | {
      readonly kind: 'report';
      readonly track: TrackKind;
      readonly senderMs: number;
      readonly timestamp: number;
    }
  | { readonly kind: 'ended'; readonly reason: string };

// One RTP packet as media is read from it (RFC 3550, 5.1): decrypted, without its header.

export interface RtpPacket {
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, in the clock of its track. */
  readonly timestamp: number;
  /** The marker: for video, the last packet of a picture. */
  readonly isMarked: boolean;
  readonly payload: Uint8Array;
}

/** A packet in its order. */
export interface OrderedPacket extends RtpPacket {
  /** Packets before it are missing and will not come. */
  readonly isAfterGap: boolean;
}

// The packets of an MPEG transport stream: 188 bytes each, found again after damage. Source: ISO/IEC 13818-1, 2.4.3.

import { LOST_BYTES_MAX } from './limits.ts';
import { TsError } from './ts-error.ts';

export interface TsPacket {
  readonly pid: number;
  /** A section or a PES packet begins here. */
  readonly isStart: boolean;
  /** Packets of this pid are missing before this one. */
  readonly isAfterGap: boolean;
  readonly payload: Uint8Array;
}

export interface TsPacketReader {
  /**
   * Takes bytes and returns the packets that they complete; those without a payload are left out.
   * @throws TsError when it goes on without packets
   */
  push(bytes: Uint8Array): TsPacket[];
}

export const PACKET_BYTES = 188;
const SYNC = 0x47;
const NULL_PID = 0x1fff;

/** Creates the reader of one stream. */
export function createTsPacketReader(): TsPacketReader {
  const counters = new Map<number, number>();
  let rest: Uint8Array = new Uint8Array(0);
  let lostBytes = 0;

  /** A packet begins here, and after damage the next one too, as far as it is there. */
  function isPacketAt(bytes: Uint8Array, at: number): boolean {
    if (bytes[at] !== SYNC) return false;
    return lostBytes === 0 || (bytes[at + PACKET_BYTES] ?? SYNC) === SYNC;
  }

  function read(packet: Uint8Array): TsPacket | undefined {
    const [, second = 0, third = 0, fourth = 0, adaptationBytes = 0] = packet;
    const pid = ((second & 0x1f) << 8) | third;
    const hasPayload = (fourth & 0x10) !== 0;
    const isScrambled = fourth >> 6 !== 0;
    const isBroken = (second & 0x80) !== 0;
    if (pid === NULL_PID || !hasPayload || isScrambled || isBroken) return undefined;
    const at = fourth & 0x20 ? 5 + adaptationBytes : 4;
    if (at >= PACKET_BYTES) return undefined;
    const counter = fourth & 15;
    const last = counters.get(pid);
    // A packet may come twice (2.4.3.3).
    if (last === counter) return undefined;
    counters.set(pid, counter);
    return {
      pid,
      isStart: (second & 0x40) !== 0,
      isAfterGap: last !== undefined && counter !== ((last + 1) & 15),
      payload: packet.subarray(at),
    };
  }

  return {
    push(bytes) {
      const all = rest.length === 0 ? bytes : joinBytes([rest, bytes]);
      const packets: TsPacket[] = [];
      let at = 0;
      while (all.length - at >= PACKET_BYTES) {
        if (!isPacketAt(all, at)) {
          at += 1;
          lostBytes += 1;
          if (lostBytes > LOST_BYTES_MAX) throw new TsError('this is not an MPEG transport stream');
          continue;
        }
        lostBytes = 0;
        const packet = read(all.subarray(at, at + PACKET_BYTES));
        if (packet !== undefined) packets.push(packet);
        at += PACKET_BYTES;
      }
      rest = all.slice(at);
      return packets;
    },
  };
}

/** All bytes one behind the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

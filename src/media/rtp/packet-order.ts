// Puts the packets of a track back into order, and says which are missing: those can be asked for again (RFC 4585,
// 6.2.1). A gap is waited out for a while, then what follows goes on with a mark. Late and repeated packets are left
// out. Sequence numbers of 16 bits are unwrapped, so that nothing is special about 65,535.

import {
  HELD_PACKETS_MAX,
  REQUEST_PACKETS_MAX,
  REQUEST_PAUSE_MS,
  REQUESTS_MAX,
  SEQUENCE_LEAP,
} from './limits.ts';
import type { OrderedPacket, RtpPacket } from './rtp-packet.ts';

export interface PacketOrder {
  /** Takes a packet; returns those that are due, in order. */
  push(packet: RtpPacket, nowMs: number): OrderedPacket[];
  /** Gives up what was waited for too long; to be called some times in `holdMs`. */
  tick(nowMs: number): OrderedPacket[];
  /** Sequence numbers to ask for now; each is named again after a pause, a few times. */
  missing(nowMs: number): number[];
  /** Packets that never came. */
  lost(): number;
}

interface Request {
  count: number;
  lastMs: number;
}

/** Creates the order of one track; a gap is waited out for `holdMs`. */
export function createPacketOrder(holdMs: number): PacketOrder {
  const held = new Map<number, { readonly packet: RtpPacket; readonly arrivedAtMs: number }>();
  const requests = new Map<number, Request>();
  /** The number that is due next, unwrapped; undefined before the first packet. */
  let next: number | undefined;
  let highest = 0;
  let lostCount = 0;
  let isAfterGap = false;

  function unwrap(sequence: number): number {
    // The difference in 16 bits with a sign is the nearest one, whichever side of a wrap it lies.
    return highest + (((sequence - highest) << 16) >> 16);
  }

  function release(): OrderedPacket[] {
    const due: OrderedPacket[] = [];
    for (let entry = next === undefined ? undefined : held.get(next); entry !== undefined; ) {
      due.push({ ...entry.packet, isAfterGap });
      isAfterGap = false;
      held.delete(next ?? 0);
      requests.delete(next ?? 0);
      next = (next ?? 0) + 1;
      entry = held.get(next);
    }
    return due;
  }

  /** Goes on behind the gap. */
  function skip(): void {
    const lowest = Math.min(...held.keys());
    for (let sequence = next ?? lowest; sequence < lowest; sequence += 1) requests.delete(sequence);
    lostCount += lowest - (next ?? lowest);
    isAfterGap = true;
    next = lowest;
  }

  /** Gives up gaps while what follows them has waited too long, or is too much. */
  function giveUp(nowMs: number): OrderedPacket[] {
    const due: OrderedPacket[] = [];
    while (held.size > 0) {
      const oldestMs = Math.min(...[...held.values()].map(({ arrivedAtMs }) => arrivedAtMs));
      if (nowMs - oldestMs < holdMs && held.size <= HELD_PACKETS_MAX) break;
      skip();
      due.push(...release());
    }
    return due;
  }

  function begin(packet: RtpPacket): void {
    held.clear();
    requests.clear();
    isAfterGap = next !== undefined;
    next = packet.sequence;
    highest = packet.sequence;
  }

  return {
    push(packet, nowMs) {
      if (next === undefined || Math.abs(unwrap(packet.sequence) - highest) > SEQUENCE_LEAP) begin(packet);
      const sequence = unwrap(packet.sequence);
      if (sequence < (next ?? 0) || held.has(sequence)) return [];
      held.set(sequence, { packet, arrivedAtMs: nowMs });
      highest = Math.max(highest, sequence);
      const due = release();
      return held.size > 0 ? [...due, ...giveUp(nowMs)] : due;
    },
    tick: (nowMs) => giveUp(nowMs),
    missing(nowMs) {
      if (next === undefined || held.size === 0) return [];
      const wanted: number[] = [];
      for (let sequence = next; sequence < highest && wanted.length < REQUEST_PACKETS_MAX; sequence += 1) {
        if (held.has(sequence)) continue;
        const request = requests.get(sequence) ?? { count: 0, lastMs: Number.NEGATIVE_INFINITY };
        if (request.count >= REQUESTS_MAX || nowMs - request.lastMs < REQUEST_PAUSE_MS) continue;
        requests.set(sequence, { count: request.count + 1, lastMs: nowMs });
        wanted.push(sequence & 0xffff);
      }
      return wanted;
    },
    lost: () => lostCount,
  };
}

// PES packets: the frames of one track, put together from the packets of its pid, with their times. What a lost packet
// has damaged is left out. Source: ISO/IEC 13818-1, 2.4.3.6 and 2.4.3.7.

import { joinBytes, type TsPacket } from './ts-packets.ts';

export interface Pes {
  /** In 90 kHz, 33 bits; undefined: it goes on with what came before. */
  readonly ptsTicks: number | undefined;
  /** The same as ptsTicks where it is not said. */
  readonly dtsTicks: number | undefined;
  readonly data: Uint8Array;
}

export interface PesReader {
  push(packet: TsPacket): Pes[];
}

interface Begun {
  readonly head: Omit<Pes, 'data'>;
  readonly parts: Uint8Array[];
  /** Infinity when it ends where the next one begins. */
  readonly bytesDeclared: number;
  bytes: number;
}

/** Creates the reader of one track; a PES packet of more bytes is left out. */
export function createPesReader(bytesMax: number): PesReader {
  let begun: Begun | undefined;

  /** What has begun, if it is whole; nothing has begun afterwards. */
  function close(): Pes[] {
    const closed = begun;
    begun = undefined;
    if (closed === undefined || closed.bytes === 0) return [];
    if (closed.bytes < closed.bytesDeclared && closed.bytesDeclared !== Number.POSITIVE_INFINITY) return [];
    return [{ ...closed.head, data: joinBytes(closed.parts) }];
  }

  function add(bytes: Uint8Array): Pes[] {
    if (begun === undefined) return [];
    const part = bytes.subarray(0, begun.bytesDeclared - begun.bytes);
    begun.parts.push(part);
    begun.bytes += part.length;
    if (begun.bytes > bytesMax) begun = undefined;
    else if (begun.bytes >= begun.bytesDeclared) return close();
    return [];
  }

  return {
    push({ isStart, isAfterGap, payload }) {
      if (isAfterGap) begun = undefined;
      if (!isStart) return add(payload);
      const before = close();
      const head = readHead(payload);
      if (head === undefined) return before;
      begun = { head: head.head, parts: [], bytesDeclared: head.bytesDeclared, bytes: 0 };
      return [...before, ...add(payload.subarray(head.at))];
    },
  };
}

function readHead(
  payload: Uint8Array,
): { head: Omit<Pes, 'data'>; bytesDeclared: number; at: number } | undefined {
  const [zero, alsoZero, one, , high = 0, low = 0, marks = 0, flags = 0, headBytes = 0] = payload;
  const at = 9 + headBytes;
  if (zero !== 0 || alsoZero !== 0 || one !== 1 || marks >> 6 !== 2 || at > payload.length) return undefined;
  const hasPts = (flags & 0x80) !== 0 && headBytes >= 5;
  const hasDts = (flags & 0x40) !== 0 && headBytes >= 10;
  const ptsTicks = hasPts ? timeAt(payload, 9) : undefined;
  const length = high * 256 + low;
  return {
    head: { ptsTicks, dtsTicks: hasPts && hasDts ? timeAt(payload, 14) : ptsTicks },
    bytesDeclared: length === 0 ? Number.POSITIVE_INFINITY : Math.max(0, length - 3 - headBytes),
    at,
  };
}

/** 33 bits with marker bits between them. */
function timeAt(payload: Uint8Array, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = payload.subarray(at, at + 5);
  return (
    ((first >> 1) & 7) * 2 ** 30 + ((second << 22) | ((third >> 1) << 15) | (fourth << 7) | (fifth >> 1))
  );
}

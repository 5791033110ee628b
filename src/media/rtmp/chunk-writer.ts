// Writes messages as chunks: a whole header for the first, one byte for those that follow.

import { OWN_CHUNK_BYTES } from './limits.ts';

export interface OutgoingMessage {
  readonly chunkStreamId: number;
  readonly type: number;
  readonly streamId: number;
  readonly timestampMs?: number;
  readonly payload: Uint8Array;
}

const HEADER_BYTES = 12;

/** The chunks of a message with an id below 64 and a timestamp below 2^24 ms. */
export function writeMessage(message: OutgoingMessage, chunkBytes: number = OWN_CHUNK_BYTES): Uint8Array {
  const { payload } = message;
  const chunks = Math.max(1, Math.ceil(payload.length / chunkBytes));
  const bytes = new Uint8Array(HEADER_BYTES + payload.length + chunks - 1);
  const view = new DataView(bytes.buffer);
  const timestamp = message.timestampMs ?? 0;
  bytes[0] = message.chunkStreamId;
  view.setUint16(1, timestamp >> 8);
  view.setUint8(3, timestamp & 255);
  view.setUint16(4, payload.length >> 8);
  view.setUint8(6, payload.length & 255);
  view.setUint8(7, message.type);
  view.setUint32(8, message.streamId, true);
  let at = HEADER_BYTES;
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    if (chunk > 0) {
      bytes[at] = 0xc0 | message.chunkStreamId;
      at += 1;
    }
    const part = payload.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

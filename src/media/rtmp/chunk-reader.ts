// The chunk stream of RTMP: messages cut into chunks and interleaved. Bytes go straight from what arrived into the
// message that they belong to, so that a peer that sends one byte at a time costs no more than one that sends all.
// Source: "Adobe's Real Time Messaging Protocol", 2012, section 5.3. Its rule for a type 3 chunk that begins a message
// after a type 0 chunk (the delta is the timestamp) is what FFmpeg relies on; its rule that type 3 chunks repeat an
// extended timestamp is what everybody does.

import { CHUNK_BYTES_MAX, CHUNK_STREAMS_MAX, MESSAGE_BYTES_MAX, UNFINISHED_BYTES_MAX } from './limits.ts';
import { RtmpError } from './rtmp-error.ts';

export interface RtmpMessage {
  readonly type: number;
  readonly streamId: number;
  /** Milliseconds, of which only 32 bits travel. */
  readonly timestampMs: number;
  readonly payload: Uint8Array;
}

interface ChunkStream {
  timestamp: number;
  delta: number;
  length: number;
  type: number;
  streamId: number;
  isExtended: boolean;
  /** Of the message in progress; grows as bytes arrive, since an announced length costs its sender nothing. */
  payload: Uint8Array | undefined;
  received: number;
}

export interface ChunkReader {
  /**
   * Takes bytes and hands over the messages that they complete, in order.
   * @throws RtmpError; the connection is then of no use any more
   */
  push(bytes: Uint8Array, onMessage: (message: RtmpMessage) => void): void;
  /** From the next chunk on. */
  setChunkBytes(bytes: number): void;
  /** Forgets the unfinished message of a chunk stream. */
  abort(chunkStreamId: number): void;
  /** Memory taken by unfinished messages. */
  pendingBytes(): number;
}

/** Bytes of a message header by chunk type. */
const HEADER_BYTES = [11, 7, 3, 0] as const;
/** Basic header of three bytes, message header, extended timestamp. */
const SCRATCH_BYTES = 18;
const EXTENDED = 0xff_ffff;
const FIRST_ALLOCATION_BYTES = 4_096;

/** Creates the reader of one connection, after its handshake. */
export function createChunkReader(): ChunkReader {
  const streams = new Map<number, ChunkStream>();
  const scratch = new Uint8Array(SCRATCH_BYTES);
  const view = new DataView(scratch.buffer);
  let scratchBytes = 0;
  let chunkBytesMax = 128;
  let unfinished = 0;
  /** The chunk whose header has been read. */
  let open: { stream: ChunkStream; left: number } | undefined;

  function streamOf(id: number, format: number): ChunkStream {
    let stream = streams.get(id);
    if (stream !== undefined) return stream;
    if (format > 1) throw new RtmpError('malformed', `chunk stream ${id} begins without a header`);
    if (streams.size >= CHUNK_STREAMS_MAX)
      throw new RtmpError('too-large', `more than ${CHUNK_STREAMS_MAX} chunk streams`);
    stream = {
      timestamp: 0,
      delta: 0,
      length: 0,
      type: 0,
      streamId: 0,
      isExtended: false,
      payload: undefined,
      received: 0,
    };
    streams.set(id, stream);
    return stream;
  }

  /** Reads the header in the scratch; undefined while it is not whole. */
  function readHeader(): { stream: ChunkStream; left: number } | undefined {
    const first = view.getUint8(0);
    const format = first >> 6;
    const short = first & 63;
    const basicBytes = short === 0 ? 2 : short === 1 ? 3 : 1;
    if (scratchBytes < basicBytes) return undefined;
    const id = readChunkStreamId(view, short);
    const headerBytes = HEADER_BYTES[format as 0 | 1 | 2 | 3];
    if (scratchBytes < basicBytes + headerBytes) return undefined;
    const stream = streamOf(id, format);
    const time = format < 3 ? (view.getUint16(basicBytes) << 8) | view.getUint8(basicBytes + 2) : 0;
    const isExtended = format < 3 ? time === EXTENDED : stream.isExtended;
    const total = basicBytes + headerBytes + (isExtended ? 4 : 0);
    if (scratchBytes < total) return undefined;
    applyHeader(stream, format, basicBytes, isExtended ? view.getUint32(total - 4) : time);
    stream.isExtended = isExtended;
    return { stream, left: Math.min(chunkBytesMax, stream.length - stream.received) };
  }

  function applyHeader(stream: ChunkStream, format: number, at: number, time: number): void {
    if (stream.payload !== undefined && format < 2)
      throw new RtmpError('malformed', 'a message begins before the last one is whole');
    if (format < 2) {
      stream.length = (view.getUint16(at + 3) << 8) | view.getUint8(at + 5);
      stream.type = view.getUint8(at + 6);
      if (stream.length > MESSAGE_BYTES_MAX)
        throw new RtmpError('too-large', `a message of ${stream.length} bytes`);
    }
    if (format === 0) stream.streamId = view.getUint32(at + 7, true);
    if (stream.payload !== undefined) return;
    if (format === 0) {
      stream.timestamp = time;
      stream.delta = time;
    } else {
      if (format < 3) stream.delta = time;
      stream.timestamp = (stream.timestamp + stream.delta) >>> 0;
    }
    stream.payload = allocate(Math.min(stream.length, FIRST_ALLOCATION_BYTES));
    stream.received = 0;
  }

  function allocate(bytes: number): Uint8Array {
    unfinished += bytes;
    if (unfinished > UNFINISHED_BYTES_MAX)
      throw new RtmpError('too-large', 'too many messages are unfinished at once');
    return new Uint8Array(bytes);
  }

  function append(stream: ChunkStream, bytes: Uint8Array): void {
    let payload = stream.payload ?? allocate(0);
    const needed = stream.received + bytes.length;
    if (needed > payload.length) {
      const grown = allocate(Math.min(stream.length, Math.max(needed, payload.length * 2)));
      grown.set(payload.subarray(0, stream.received));
      unfinished -= payload.length;
      payload = grown;
    }
    payload.set(bytes, stream.received);
    stream.received = needed;
    stream.payload = payload;
  }

  function drop(stream: ChunkStream): void {
    unfinished -= stream.payload?.length ?? 0;
    stream.payload = undefined;
    stream.received = 0;
  }

  function finish(stream: ChunkStream, onMessage: (message: RtmpMessage) => void): void {
    const payload = (stream.payload ?? scratch).subarray(0, stream.received);
    drop(stream);
    const { type, streamId, timestamp } = stream;
    onMessage({ type, streamId, timestampMs: timestamp, payload });
  }

  return {
    push(bytes, onMessage) {
      let at = 0;
      while (at < bytes.length) {
        if (open === undefined) {
          // One byte at a time: headers are a handful of bytes, and only their beginning tells how many.
          scratch[scratchBytes] = bytes[at] ?? 0;
          scratchBytes += 1;
          at += 1;
          open = readHeader();
          if (open === undefined) continue;
          scratchBytes = 0;
        }
        const { stream } = open;
        const taken = bytes.subarray(at, at + open.left);
        append(stream, taken);
        at += taken.length;
        open.left -= taken.length;
        if (open.left > 0) continue;
        open = undefined;
        if (stream.received === stream.length) finish(stream, onMessage);
      }
    },
    setChunkBytes(bytes) {
      if (bytes < 1 || bytes > CHUNK_BYTES_MAX) throw new RtmpError('too-large', `chunks of ${bytes} bytes`);
      chunkBytesMax = bytes;
    },
    abort(chunkStreamId) {
      const stream = streams.get(chunkStreamId);
      if (stream !== undefined) drop(stream);
    },
    pendingBytes: () => unfinished,
  };
}

function readChunkStreamId(view: DataView, short: number): number {
  if (short === 0) return 64 + view.getUint8(1);
  return short === 1 ? 64 + view.getUint16(1, true) : short;
}

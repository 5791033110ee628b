// A publisher by hand: what ffmpeg does not show of an ingest's answers, and what no honest publisher sends.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type AmfValue, decodeAmf, encodeAmf } from '#media/rtmp/amf0.ts';
import { createChunkReader } from '#media/rtmp/chunk-reader.ts';
import { writeMessage } from '#media/rtmp/chunk-writer.ts';

export interface RtmpStatus {
  readonly level: string;
  readonly code: string;
  readonly description: string;
}

export interface RtmpClient {
  /** Handshake and every command up to publish, as OBS sends them. */
  publish(streamKey: string): void;
  send(bytes: Uint8Array): void;
  /** The answer to connect has come. */
  isConnected(): boolean;
  /** onStatus commands so far. */
  statuses(): readonly RtmpStatus[];
  isClosed(): boolean;
  /** Sends no more. */
  end(): void;
  close(): void;
}

const HANDSHAKE_BYTES = 1 + 2 * 1_536;
/** Set chunk size, the server's only control message that matters to a reader. */
const SET_CHUNK_SIZE = 1;

/** Connects; with `isUnderstood` what comes back is read as RTMP. */
export async function connectRtmp(port: number, isUnderstood = true): Promise<RtmpClient> {
  const socket: Socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const chunks = createChunkReader();
  const statuses: RtmpStatus[] = [];
  let handshakeLeft = HANDSHAKE_BYTES;
  let isConnected = false;
  let isClosed = false;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  socket.on('data', (bytes: Buffer) => {
    if (!isUnderstood) return;
    const rest = bytes.subarray(Math.min(handshakeLeft, bytes.length));
    handshakeLeft -= bytes.length - rest.length;
    chunks.push(rest, ({ type, payload }) => {
      if (type === SET_CHUNK_SIZE) chunks.setChunkBytes(Buffer.from(payload).readUInt32BE(0));
      if (type !== 20) return;
      const [name, , , status] = decodeAmf(payload);
      if (name === '_result') isConnected = true;
      if (name === 'onStatus') statuses.push(status as unknown as RtmpStatus);
    });
  });
  const command = (...values: AmfValue[]): Uint8Array =>
    writeMessage({ chunkStreamId: 3, type: 20, streamId: 0, payload: encodeAmf(values) }, 128);
  return {
    publish(streamKey) {
      const handshake = Buffer.alloc(HANDSHAKE_BYTES);
      handshake[0] = 3;
      socket.write(handshake);
      socket.write(command('connect', 1, { app: 'live', type: 'nonprivate' }));
      socket.write(command('releaseStream', 2, null, streamKey));
      socket.write(command('FCPublish', 3, null, streamKey));
      socket.write(command('createStream', 4, null));
      socket.write(command('publish', 5, null, streamKey, 'live'));
    },
    send: (bytes) => void socket.write(bytes),
    isConnected: () => isConnected,
    statuses: () => statuses,
    isClosed: () => isClosed,
    end: () => void socket.end(),
    close: () => void socket.destroy(),
  };
}

// The port of a broadcast that takes SRT. FFmpeg's listener takes one caller and closes, so a second one finds nobody: to
// let it take over, or be told why not, the port is held here, and each caller's datagrams are handed to a listener on the
// loopback by a socket of their own, as a NAT does. Callers that come while one is on the air get the next listener, or
// when there is none SRT's own answer of a conflict. Nothing is decrypted or understood here but the kind of a packet
// (draft-sharabayko-srt, sections 3 and 4.3): the passphrase is still asked for by the listener.
//
// Limits: 64 callers at once; who was silent for longest makes room, which the one that sends never is.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { SRT_CALLERS_MAX, SRT_RECEIVE_BYTES } from './limits.ts';

const LOOPBACK = '127.0.0.1';
/** Of a control packet of type 0, whose fixed part is a header of 16 and a handshake of 48 bytes. */
const HANDSHAKE_BYTES = 64;
const HANDSHAKE = 0x8000_0000;
const OWN_SOCKET_ID_AT = 40;
const TO_SOCKET_ID_AT = 12;
const HANDSHAKE_TYPE_AT = 36;
/** A rejection (1000) for the reason that HTTP calls a conflict (1000 + 409). */
const REJECTED_FOR_CONFLICT = 2_409;

export interface SrtPort {
  /** Callers that come from now on are handed to the listener at this port of the loopback; null: they are refused. */
  offer(listenerPort: number | null): void;
  /** The listener has its publisher: who called it besides comes anew. */
  settle(listenerPort: number): void;
  /** The listener is gone, and with it who called it. */
  forget(listenerPort: number): void;
  close(): Promise<void>;
}

interface Caller {
  readonly socket: Socket;
  readonly listenerPort: number;
  /** Only who was let in sends data packets. */
  hasMedia: boolean;
}

/** Binds the port; rejects when it is taken. `onRefusal`: a caller was told that another publishes. */
export async function openSrtPort(host: string, port: number, onRefusal: () => void): Promise<SrtPort> {
  const socket = createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: SRT_RECEIVE_BYTES,
    sendBufferSize: SRT_RECEIVE_BYTES,
  });
  /** By address and port; who was heard last is last. */
  const callers = new Map<string, Caller>();
  let offered: number | null = null;

  function drop(key: string): void {
    callers.get(key)?.socket.close();
    callers.delete(key);
  }

  function welcome(from: RemoteInfo, listenerPort: number): Caller {
    const own = createSocket({
      type: 'udp4',
      recvBufferSize: SRT_RECEIVE_BYTES,
      sendBufferSize: SRT_RECEIVE_BYTES,
    });
    own.on('message', (bytes) => socket.send(bytes, from.port, from.address));
    // The listener is not there yet, or no longer: SRT asks again, and gives up by itself.
    own.on('error', () => undefined);
    const [oldest] = callers.keys();
    if (callers.size >= SRT_CALLERS_MAX && oldest !== undefined) drop(oldest);
    return { socket: own, listenerPort, hasMedia: false };
  }

  socket.on('message', (bytes, from) => {
    const key = `${from.address} ${from.port}`;
    let caller = callers.get(key);
    if (caller === undefined) {
      if (offered === null) {
        const answer = rejectionOf(bytes);
        if (answer === undefined) return;
        socket.send(answer, from.port, from.address);
        onRefusal();
        return;
      }
      caller = welcome(from, offered);
    } else callers.delete(key);
    callers.set(key, caller);
    caller.hasMedia ||= ((bytes[0] ?? 0) & 0x80) === 0;
    caller.socket.send(bytes, caller.listenerPort, LOOPBACK);
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  socket.on('error', () => undefined);

  function dropIf(isGone: (caller: Caller) => boolean): void {
    for (const [key, caller] of callers) if (isGone(caller)) drop(key);
  }

  return {
    offer(listenerPort) {
      offered = listenerPort;
    },
    settle: (listenerPort) => dropIf((caller) => caller.listenerPort === listenerPort && !caller.hasMedia),
    forget: (listenerPort) => dropIf((caller) => caller.listenerPort === listenerPort),
    async close() {
      dropIf(() => true);
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

/** The answer to a handshake that refuses it; undefined when the packet is none. */
export function rejectionOf(packet: Uint8Array): Uint8Array | undefined {
  if (packet.length < HANDSHAKE_BYTES) return undefined;
  const answer = Buffer.from(packet.subarray(0, HANDSHAKE_BYTES));
  if (answer.readUInt32BE(0) !== HANDSHAKE) return undefined;
  answer.writeUInt32BE(answer.readUInt32BE(OWN_SOCKET_ID_AT), TO_SOCKET_ID_AT);
  answer.writeUInt32BE(REJECTED_FOR_CONFLICT, HANDSHAKE_TYPE_AT);
  return answer;
}

/** A port of the loopback that is free now. */
export async function freeLoopbackPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

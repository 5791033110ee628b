// Bounds the memory that slow viewers keep alive. A response points to its object's bytes; when the cache has
// evicted the object, they stay in memory until the slowest viewer has them. Once a second the edge adds up such
// bytes and, past its budget, cuts those who have taken longest. Nothing is registered per request: a connection
// only remembers the last large object that it was given.

import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '#platform/clock.ts';
import type { Counter } from '#platform/metrics.ts';
import { PINNED_FROM_BYTES } from './limits.ts';

/** What a viewer is being sent; `isCached` tells whether the cache counts its bytes. */
export interface SentObject {
  readonly body: Buffer;
  readonly isCached: boolean;
}

export interface Viewers {
  /** A connection has opened. */
  add(socket: Socket): void;
  /** A connection of HTTP/1.1 has been given a large object. */
  noteSocket(socket: Socket, object: SentObject): void;
  /** A stream of HTTP/2 has been given a large object. */
  noteStream(stream: ServerHttp2Stream, object: SentObject): void;
  /** A response has been given a large object. */
  note(response: ServerResponse, object: SentObject): void;
  /** Cuts viewers while evicted bytes exceed the budget; returns the bytes that remain. */
  sweep(): number;
  count(): number;
}

const OBJECT = Symbol('object being sent');
const SINCE = Symbol('since when');

interface ViewerSocket extends Socket {
  [OBJECT]?: SentObject | undefined;
  [SINCE]?: number;
}

interface Pinned {
  bytes: number;
  sinceMs: number;
  readonly cut: (() => void)[];
}

/** Creates the book of viewers. */
export function createViewers(dependencies: {
  clock: Clock;
  pinnedBytesMax: number;
  viewersCut: Counter;
}): Viewers {
  const { clock, pinnedBytesMax, viewersCut } = dependencies;
  const sockets = new Set<ViewerSocket>();
  /** HTTP/2 carries several responses on one connection, so these are kept one by one. */
  const streams = new Map<ServerHttp2Stream, { object: SentObject; sinceMs: number }>();

  function pin(
    pinned: Map<ArrayBufferLike, Pinned>,
    object: SentObject,
    sinceMs: number,
    cut: () => void,
  ): void {
    if (object.isCached) return;
    const known = pinned.get(object.body.buffer);
    if (known === undefined)
      pinned.set(object.body.buffer, { bytes: object.body.length, sinceMs, cut: [cut] });
    else {
      known.sinceMs = Math.min(known.sinceMs, sinceMs);
      known.cut.push(cut);
    }
  }

  function noteSocket(socket: ViewerSocket, object: SentObject): void {
    if (object.body.length < PINNED_FROM_BYTES) return;
    socket[OBJECT] = object;
    socket[SINCE] = clock.nowMs();
  }

  function noteStream(stream: ServerHttp2Stream, object: SentObject): void {
    if (object.body.length < PINNED_FROM_BYTES) return;
    if (!streams.has(stream)) stream.once('close', () => streams.delete(stream));
    streams.set(stream, { object, sinceMs: clock.nowMs() });
  }

  function collect(): Map<ArrayBufferLike, Pinned> {
    const pinned = new Map<ArrayBufferLike, Pinned>();
    for (const socket of sockets) {
      const object = socket[OBJECT];
      if (object === undefined) continue;
      if (socket.writableLength === 0) socket[OBJECT] = undefined;
      else pin(pinned, object, socket[SINCE] ?? 0, () => socket.destroy());
    }
    for (const [stream, { object, sinceMs }] of streams) pin(pinned, object, sinceMs, () => stream.close());
    return pinned;
  }

  return {
    add(socket) {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    },
    noteSocket,
    noteStream,
    note(response, object) {
      if ('stream' in response) noteStream((response as unknown as Http2ServerResponse).stream, object);
      else if (response.socket !== null) noteSocket(response.socket, object);
    },
    sweep() {
      const pinned = [...collect().values()].sort((left, right) => left.sinceMs - right.sinceMs);
      let bytes = pinned.reduce((sum, entry) => sum + entry.bytes, 0);
      for (const entry of pinned) {
        if (bytes <= pinnedBytesMax) break;
        for (const cut of entry.cut) cut();
        viewersCut.value += entry.cut.length;
        bytes -= entry.bytes;
      }
      return bytes;
    },
    count: () => sockets.size,
  };
}

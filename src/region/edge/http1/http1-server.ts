// HTTP/1.1 for viewers. Nearly every request of a player is a short GET for an object in memory: those are read and
// answered here, straight on the socket, for less than half the CPU time of node:http. Everything else (misses, ranges,
// steering, pages) is handed to a handler as the IncomingMessage and ServerResponse that it knows.
// So are requests for a live playlist, which all wait for the same text. Requests of a connection are answered one after
// another; a client that sends on without reading is not read from.
// Limits: no bodies but posted events (parse-head refuses the others), header blocks of HEADER_BYTES_MAX in HEADERS_TIMEOUT_MS, IDLE_MS of
// silence.

import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { CachedObject, StoredHit } from '../cached-object.ts';
import { cmcdHeaderLine } from '../cmcd/header-line.ts';
import { CMCD_BODY_BYTES_MAX } from '../cmcd/limits.ts';
import { pumpStored } from '../disk/stored-object.ts';
import type { HeldAnswer } from '../held-answer.ts';
import { HEADER_BYTES_MAX, HEADERS_TIMEOUT_MS, IDLE_MS } from '../limits.ts';
import type { SentObject } from '../viewers.ts';
import { createHeadReader, headersOf, type RequestHead, rawHeadersOf } from './parse-head.ts';

export interface Http1Handler {
  /** An object in memory that answers a plain GET, or null when more is needed. Throws what refuses the request. */
  findHit(url: string): CachedObject | null;
  /** The same on disk, when memory has nothing. */
  findStored(url: string): StoredHit | null;
  /** An answer that is the same for many, there or still to come; null when there is none of that kind. */
  findHeld(url: string): Buffer | HeldAnswer | null;
  /** A request whose headers carry CMCD; `lineOf` joins them, when there is room for it. */
  noteCmcd(lineOf: () => string): void;
  /** Answers anything else. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void;
  /** Takes posted events, the body as latin1; throws what refuses them. */
  takeEvents(url: string, body: string): void;
  /** The head of a hit, with the empty line; of a small object the body too. */
  headOf(object: CachedObject): Buffer;
  storedHeadOf(hit: StoredHit): string;
  /** A large object is on its way to this connection. */
  noteLarge(socket: Socket, object: SentObject): void;
}

export interface Http1Server {
  /** Serves a connection until it closes. */
  accept(socket: Socket): void;
  /** Ends connections whose header block takes too long. */
  sweep(nowMs: number): void;
  /** Ends connections on which nothing is being answered. */
  endIdle(): void;
}

/** What is still read, and thrown away, from a client that was refused: closing at once could lose the answer. */
const REFUSED_MS_MAX = 1_000;

/** The answer to posted events. */
const EVENTS_TAKEN = Buffer.from('HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\r\n');

/** Creates the server of an edge's HTTP/1.1 connections. */
export function createHttp1Server(handler: Http1Handler, nowMs: () => number): Http1Server {
  const connections = new Set<Connection>();
  return {
    accept(socket) {
      const connection = new Connection(socket, handler, nowMs);
      connections.add(connection);
      socket.once('close', () => {
        connections.delete(connection);
        connection.closed();
      });
    },
    sweep(now) {
      for (const connection of connections) connection.sweep(now);
    },
    endIdle() {
      for (const connection of connections) connection.endIdle();
    },
  };
}

class Connection {
  readonly #socket: Socket;
  readonly #handler: Http1Handler;
  readonly #nowMs: () => number;
  readonly #readHead = createHeadReader();
  /** Bytes that have arrived and are not answered, as latin1. */
  #pending = '';
  /** The response that a handler is writing. */
  #response: ServerResponse | undefined;
  /** Events that are being posted. */
  #posting: { readonly head: RequestHead; readonly text: string } | undefined;
  /** Stops what is being sent from disk. */
  #stopStored: (() => void) | undefined;
  /** Leaves an answer that is waited for. */
  #leaveHeld: (() => void) | undefined;
  #hasClientEnded = false;
  /** No further request is answered. */
  #isEnding = false;
  /** Since when a header block has been incomplete; 0: none is. */
  #incompleteSinceMs = 0;
  /** When the connection was refused; 0: it was not. */
  #refusedAtMs = 0;

  constructor(socket: Socket, handler: Http1Handler, nowMs: () => number) {
    this.#socket = socket;
    this.#handler = handler;
    this.#nowMs = nowMs;
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#drained());
    socket.on('error', () => socket.destroy());
    // The client sends no more; what it has asked for it still gets.
    socket.on('end', () => {
      this.#hasClientEnded = true;
      this.#serve();
    });
  }

  sweep(nowMs: number): void {
    // A refused client that goes on sending has had time to read why.
    if (this.#refusedAtMs !== 0 && nowMs - this.#refusedAtMs > REFUSED_MS_MAX) this.#socket.destroy();
    else if (this.#incompleteSinceMs !== 0 && nowMs - this.#incompleteSinceMs > HEADERS_TIMEOUT_MS)
      this.#refuse('408 Request Timeout', 'The request took too long.');
  }

  endIdle(): void {
    if (this.#isBusy() || this.#socket.writableLength > 0) return;
    this.#isEnding = true;
    this.#socket.destroy();
  }

  closed(): void {
    this.#stopStored?.();
    this.#leaveHeld?.();
  }

  #receive(chunk: Buffer): void {
    if (this.#isEnding) return;
    const text = chunk.toString('latin1');
    this.#pending = this.#pending === '' ? text : this.#pending + text;
    this.#serve();
  }

  /** Whether the next request must wait for an answer to be written or taken. */
  #isBusy(): boolean {
    const isAnswering =
      this.#response !== undefined || this.#stopStored !== undefined || this.#leaveHeld !== undefined;
    return isAnswering || this.#socket.writableNeedDrain;
  }

  /** Answers what is complete, as far as the client takes the answers. */
  #serve(): void {
    while (!this.#isEnding && this.#pending !== '') {
      if (this.#isBusy()) {
        // A block more than it may have ahead: it waits for its answers first.
        if (this.#pending.length > HEADER_BYTES_MAX) this.#socket.pause();
        return;
      }
      if (this.#posting !== undefined) {
        if (!this.#takeBody(this.#posting)) break;
        continue;
      }
      const head = this.#nextHead();
      if (head === undefined) break;
      this.#answer(head);
    }
    if (!this.#hasClientEnded || this.#isEnding || this.#isBusy()) return;
    this.#isEnding = true;
    this.#socket.end();
  }

  /** Takes the next complete header block; undefined when there is none yet. */
  #nextHead(): string | undefined {
    // An empty line between requests is forgiven (RFC 9112 section 2.2).
    const start = this.#pending.startsWith('\r\n') ? 2 : 0;
    const end = this.#pending.indexOf('\r\n\r\n', start);
    if ((end === -1 ? this.#pending.length : end) - start > HEADER_BYTES_MAX) {
      this.#refuse('431 Request Header Fields Too Large', 'The headers are too large.');
      return undefined;
    }
    if (end === -1) {
      if (this.#incompleteSinceMs === 0) this.#incompleteSinceMs = this.#nowMs();
      return undefined;
    }
    this.#incompleteSinceMs = 0;
    const head = this.#pending.slice(start, end);
    this.#pending = this.#pending.slice(end + 4);
    return head;
  }

  #answer(text: string): void {
    const head = this.#readHead(text);
    if (typeof head === 'string') {
      this.#refuse('400 Bad Request', head);
      return;
    }
    if (head.bodyBytes > CMCD_BODY_BYTES_MAX) {
      const most = `A body holds at most ${CMCD_BODY_BYTES_MAX} bytes; send fewer events at once.`;
      this.#refuse('413 Content Too Large', most);
      return;
    }
    if (head.bodyBytes > 0) {
      this.#posting = { head, text };
      return;
    }
    if (head.hasCmcd && head.method === 'GET')
      this.#handler.noteCmcd(() => {
        const headers = headersOf(rawHeadersOf(text, head.headersAt));
        return cmcdHeaderLine((name) => headers[name]);
      });
    let failure: unknown;
    if (head.method === 'GET' && !head.isConditional && !head.wantsClose) {
      try {
        const object = this.#handler.findHit(head.url);
        if (object !== null) {
          this.#send(object);
          return;
        }
        const stored = this.#handler.findStored(head.url);
        if (stored !== null) {
          this.#sendStored(stored, head, text);
          return;
        }
        const held = this.#handler.findHeld(head.url);
        if (held !== null) {
          this.#sendHeld(held, head, text);
          return;
        }
      } catch (error) {
        failure = error;
      }
    }
    this.#handOver(head, text, failure);
  }

  /** Hands posted events on once they are there; false while they are not. */
  #takeBody({ head, text }: { readonly head: RequestHead; readonly text: string }): boolean {
    if (this.#pending.length < head.bodyBytes) {
      if (this.#incompleteSinceMs === 0) this.#incompleteSinceMs = this.#nowMs();
      return false;
    }
    this.#incompleteSinceMs = 0;
    this.#posting = undefined;
    const body = this.#pending.slice(0, head.bodyBytes);
    this.#pending = this.#pending.slice(head.bodyBytes);
    try {
      this.#handler.takeEvents(head.url, body);
    } catch (error) {
      this.#handOver(head, text, error);
      return true;
    }
    this.#socket.write(EVENTS_TAKEN);
    if (head.wantsClose) {
      this.#isEnding = true;
      this.#socket.end();
    }
    return true;
  }

  #send(object: CachedObject): void {
    const socket = this.#socket;
    const head = this.#handler.headOf(object);
    if (object.isSmall) {
      socket.write(head);
      return;
    }
    socket.cork();
    socket.write(head);
    socket.write(object.body);
    socket.uncork();
    this.#handler.noteLarge(socket, object);
  }

  #sendHeld(held: Buffer | HeldAnswer, head: RequestHead, text: string): void {
    if (Buffer.isBuffer(held)) {
      this.#socket.write(held);
      return;
    }
    this.#leaveHeld = held.take(
      (answer) => {
        this.#leaveHeld = undefined;
        if (Buffer.isBuffer(answer)) this.#socket.write(answer);
        else this.#send(answer);
        this.#goOn();
      },
      (error) => {
        this.#leaveHeld = undefined;
        this.#handOver(head, text, error);
      },
    );
  }

  #sendStored(hit: StoredHit, head: RequestHead, text: string): void {
    const socket = this.#socket;
    let isBegun = false;
    this.#stopStored = pumpStored(hit.stored, {
      write: (piece, onSent) => {
        if (isBegun) socket.write(piece, onSent);
        else {
          isBegun = true;
          socket.cork();
          socket.write(this.#handler.storedHeadOf(hit), 'latin1');
          socket.write(piece, onSent);
          socket.uncork();
        }
        this.#handler.noteLarge(socket, { body: piece, isCached: false });
      },
      finish: () => {
        this.#stopStored = undefined;
        this.#goOn();
      },
      fail: (sentBytes) => {
        this.#stopStored = undefined;
        // Cutting the connection tells the player that the body is not whole.
        if (sentBytes > 0) socket.destroy();
        else this.#handOver(head, text, undefined);
      },
    });
  }

  #handOver(head: RequestHead, text: string, failure: unknown): void {
    const socket = this.#socket;
    const request = new IncomingMessage(socket);
    request.method = head.method;
    request.url = head.url;
    request.httpVersionMajor = 1;
    request.httpVersionMinor = head.minorVersion;
    request.httpVersion = `1.${head.minorVersion}`;
    request.rawHeaders = rawHeadersOf(text, head.headersAt);
    request.headers = headersOf(request.rawHeaders);
    request.complete = true;
    const response = new ServerResponse(request);
    if (head.wantsClose) response.shouldKeepAlive = false;
    this.#response = response;
    response.assignSocket(socket);
    response.once('finish', () => {
      response.detachSocket(socket);
      this.#response = undefined;
      if (head.wantsClose) {
        this.#isEnding = true;
        socket.end();
      } else this.#goOn();
    });
    if (failure === undefined) this.#handler.handle(request, response);
    else this.#handler.refuse(request, response, failure);
  }

  #drained(): void {
    const response = this.#response;
    if (response === undefined) this.#goOn();
    else if (!response.writableEnded) response.emit('drain');
  }

  #goOn(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
    this.#serve();
  }

  /** Refuses in one line and closes: whatever follows cannot be trusted to be a request. */
  #refuse(status: string, reason: string): void {
    this.#isEnding = true;
    this.#refusedAtMs = this.#nowMs();
    this.#incompleteSinceMs = 0;
    this.#pending = '';
    const body = `${reason}\n`;
    this.#socket.end(
      `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
}

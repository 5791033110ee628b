// A viewer's connections: node:http with an agent of its own, as a browser has. Bodies are counted and thrown away;
// only playlists and steering answers are kept, up to a limit.

import http from 'node:http';
import https from 'node:https';
import type { FailureReason } from '#core/playback/failover.ts';
import { IDLE_SOCKETS_PER_EDGE_MAX, POST_MS_MAX, SOCKETS_PER_EDGE_MAX, TEXT_BYTES_MAX } from './limits.ts';
import type { Line } from './line.ts';

export type FetchCallbacks = {
  /** Bytes came in from the network, also of requests that are cancelled later. */
  readonly onReceived: (bytes: number) => void;
  /** Bytes are at the viewer; the first call comes with the headers. */
  readonly onHeard: (loadedBytes: number, totalBytes: number) => void;
  /** The body as text when it was to be kept. */
  readonly onDone: (bytes: number, text: string) => void;
  readonly onFailed: (reason: FailureReason) => void;
};

export type ViewerHttp = {
  /** Starts a request; the function returned cancels it silently. */
  fetch(url: string, isKept: boolean, callbacks: FetchCallbacks): () => void;
  /** Posts a small text; tells whether it was taken. */
  post(url: string, body: string, onEnd: (isTaken: boolean) => void): void;
  close(): void;
};

const AGENT_OPTIONS: http.AgentOptions = {
  keepAlive: true,
  maxSockets: SOCKETS_PER_EDGE_MAX,
  maxFreeSockets: IDLE_SOCKETS_PER_EDGE_MAX,
  scheduling: 'lifo',
};

/** Creates the connections of one viewer on its line. */
export function createViewerHttp(line: Line): ViewerHttp {
  const plain = new http.Agent(AGENT_OPTIONS);
  const secure = new https.Agent(AGENT_OPTIONS);
  const { roundTripMs } = line.profile;

  /** A new connection costs a round trip before its request does. */
  function waitMs(url: URL, agent: http.Agent): number {
    if (roundTripMs === 0) return 0;
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const prefix = `${url.hostname}:${port}:`;
    const isWarm = Object.keys(agent.freeSockets).some((name) => name.startsWith(prefix));
    return isWarm ? roundTripMs : roundTripMs * 2;
  }

  return {
    fetch(address, isKept, callbacks) {
      const url = new URL(address);
      const isSecure = url.protocol === 'https:';
      const agent = isSecure ? secure : plain;
      let cancel = (): void => undefined;
      const open = (): void => {
        const request = (isSecure ? https : http).get(url, { agent });
        cancel = exchange(request, line, isKept, callbacks);
      };
      const delayMs = waitMs(url, agent);
      if (delayMs === 0) {
        open();
        return () => cancel();
      }
      const timer = setTimeout(open, delayMs);
      return () => {
        clearTimeout(timer);
        cancel();
      };
    },
    post(address, body, onEnd) {
      const url = new URL(address);
      const isSecure = url.protocol === 'https:';
      const headers = { 'content-type': 'application/cmcd', 'content-length': Buffer.byteLength(body) };
      const options = { method: 'POST', agent: isSecure ? secure : plain, headers, timeout: POST_MS_MAX };
      let isOver = false;
      const end = (isTaken: boolean): void => {
        if (!isOver) onEnd(isTaken);
        isOver = true;
      };
      const request = (isSecure ? https : http).request(url, options, (response) => {
        response.resume();
        // What an edge cannot read another one cannot either.
        const status = response.statusCode ?? 0;
        end((status >= 200 && status < 300) || status === 400 || status === 413);
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => end(false));
      request.end(body);
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

function exchange(
  request: http.ClientRequest,
  line: Line,
  isKept: boolean,
  callbacks: FetchCallbacks,
): () => void {
  let isOver = false;
  let closeLine = (): void => undefined;
  const settle = (): boolean => {
    const wasOver = isOver;
    isOver = true;
    return !wasOver;
  };
  const fail = (reason: FailureReason): void => {
    if (!settle()) return;
    closeLine();
    request.destroy();
    callbacks.onFailed(reason);
  };
  // Refused, reset and broken off look alike to a browser's fetch, and so to the player.
  request.on('error', () => fail({ code: 'unreachable' }));
  request.on('response', (response) => {
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      // The body is read away, so that the connection can be used again.
      response.resume();
      if (settle()) callbacks.onFailed({ code: 'status', status });
      return;
    }
    closeLine = receive(response, line, isKept, callbacks, fail, settle);
  });
  return () => {
    if (!settle()) return;
    closeLine();
    request.destroy();
  };
}

function receive(
  response: http.IncomingMessage,
  line: Line,
  isKept: boolean,
  callbacks: FetchCallbacks,
  fail: (reason: FailureReason) => void,
  settle: () => boolean,
): () => void {
  const announced = Number(response.headers['content-length'] ?? 0);
  const kept: Buffer[] = [];
  let received = 0;
  let loaded = 0;
  const end = line.open({
    onBytes: (bytes) => {
      loaded += bytes;
      callbacks.onHeard(Math.round(loaded), Math.max(announced, Math.round(loaded)));
    },
    onRoom: () => response.resume(),
    onEnd: () => {
      if (settle()) callbacks.onDone(received, Buffer.concat(kept).toString('utf8'));
    },
  });
  callbacks.onHeard(0, announced);
  response.on('data', (chunk: Buffer) => {
    received += chunk.length;
    callbacks.onReceived(chunk.length);
    if (isKept) kept.push(chunk);
    if (isKept && received > TEXT_BYTES_MAX) fail({ code: 'invalid' });
    else if (!end.push(chunk.length)) response.pause();
  });
  response.on('end', () => end.finish());
  response.on('error', () => fail({ code: 'unreachable' }));
  response.on('aborted', () => fail({ code: 'unreachable' }));
  return () => end.close();
}

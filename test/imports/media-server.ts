// A web server that gives media as good and bad servers do: with ranges or without, without a size, breaking off,
// falling silent, changing the file meanwhile.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listen } from '#platform/http/server.ts';

export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export interface MediaServer {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenRequest[];
  /** What the server gives from now on. */
  behave(changes: Partial<Behaviour>): void;
  /** Lets answers that wait go on. */
  release(): void;
  stop(): Promise<void>;
}

export interface Behaviour {
  readonly data: Buffer;
  readonly etag: string | null;
  readonly hasRanges: boolean;
  readonly hasLength: boolean;
  /** Break the connection after this many bytes of an answer; null: never. */
  readonly breakAfter: number | null;
  /** Wait for `release` after this many bytes of an answer; null: never. */
  readonly waitAfter: number | null;
  /** Answer with this status instead. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Starts the server. `/redirect?to=…` redirects, `/loop` for ever; every other path gives the media. */
export async function startMediaServer(data: Buffer): Promise<MediaServer> {
  let behaviour: Behaviour = {
    data,
    etag: '"one"',
    hasRanges: true,
    hasLength: true,
    breakAfter: null,
    waitAfter: null,
    status: null,
    headers: {},
  };
  const seen: SeenRequest[] = [];
  let released = Promise.withResolvers<void>();

  async function give(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://media');
    if (url.pathname === '/redirect' || url.pathname === '/loop') {
      const location = url.searchParams.get('to') ?? '/loop';
      return void response.writeHead(302, { location }).end();
    }
    seen.push({
      path: url.pathname,
      range: request.headers.range,
      ifRange: request.headers['if-range']?.toString(),
    });
    const now = behaviour;
    if (now.status !== null) return void response.writeHead(now.status).end('no');
    const isSame = request.headers['if-range'] === now.etag;
    const from = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
    const start = now.hasRanges && isSame && from !== undefined ? Number(from) : 0;
    const body = now.data.subarray(start);
    const isPart = start > 0;
    response.writeHead(isPart ? 206 : 200, {
      'content-type': 'video/mp4',
      ...(now.etag === null ? {} : { etag: now.etag }),
      ...(now.hasLength ? { 'content-length': body.length } : {}),
      ...(isPart ? { 'content-range': `bytes ${start}-${now.data.length - 1}/${now.data.length}` } : {}),
      ...now.headers,
    });
    const stop = now.breakAfter ?? now.waitAfter;
    if (stop === null || stop >= body.length) return void response.end(body);
    await new Promise((resolve) => response.write(body.subarray(0, stop), resolve));
    if (now.breakAfter !== null) return void response.destroy();
    await released.promise;
    response.end(body.subarray(stop));
  }

  const server = createServer((request, response) => {
    give(request, response).catch(() => response.destroy());
  });
  const port = await listen(server, '127.0.0.1', 0, 'the media server');
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    behave(changes) {
      behaviour = { ...behaviour, ...changes };
    },
    release() {
      released.resolve();
      released = Promise.withResolvers();
    },
    async stop() {
      released.resolve();
      await closeServer(server, 0);
    },
  };
}

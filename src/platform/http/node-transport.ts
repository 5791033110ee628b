// The transport over node:http and node:https: keep-alive, timeouts with names, signatures, and a seam (`resolve`)
// through which links between regions get their delays and faults without anyone noticing.

import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import {
  type Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
} from './transport.ts';

export interface TransportOptions {
  /** Where to connect for an authority; the Host header and the signature keep the real one. Default: as named. */
  readonly resolve?: (url: URL) => Promise<URL> | URL;
  /** Headers added to each request, e.g. a node signature. */
  readonly sign?: (parts: { method: string; host: string; path: string }) => Record<string, string>;
  /** Connections kept to one host: more than the parallel pulls of one edge from one origin are of no use. */
  readonly socketsMax?: number;
}

/** Creates a transport; close it when its owner stops. */
export function createTransport(options: TransportOptions = {}): Transport {
  const agentOptions = {
    keepAlive: true,
    maxSockets: options.socketsMax ?? 64,
    maxFreeSockets: 16,
    scheduling: 'lifo' as const,
    timeout: 30_000,
  };
  const plain = new http.Agent(agentOptions);
  const secure = new https.Agent(agentOptions);

  async function request(call: TransportRequest): Promise<TransportResponse> {
    const url = new URL(call.url);
    const target = options.resolve === undefined ? url : await options.resolve(url);
    const path = `${url.pathname}${url.search}`;
    const headers: Record<string, string> = {
      ...call.headers,
      ...options.sign?.({ method: call.method, host: url.host, path }),
      host: url.host,
    };
    if (typeof call.body === 'string' || Buffer.isBuffer(call.body))
      headers['content-length'] = String(Buffer.byteLength(call.body));
    const isSecure = url.protocol === 'https:';
    const requestOptions = {
      method: call.method,
      hostname: target.hostname.replace(/^\[|\]$/g, ''),
      port: target.port || (isSecure ? 443 : 80),
      path,
      headers,
      agent: isSecure ? secure : plain,
      ...(isSecure ? { servername: url.hostname } : {}),
    };
    return exchange(isSecure ? https.request(requestOptions) : http.request(requestOptions), call);
  }

  return {
    request,
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

function exchange(outgoing: http.ClientRequest, call: TransportRequest): Promise<TransportResponse> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      outgoing.destroy(new TransportError('aborted', `${call.method} ${call.url} was aborted`));
    };
    const timer = setTimeout(() => {
      const text = `no answer from ${call.url} within ${call.headersTimeoutMs} ms`;
      outgoing.destroy(new TransportError('timeout', text));
    }, call.headersTimeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
    };
    if (call.signal?.aborted) onAbort();
    call.signal?.addEventListener('abort', onAbort, { once: true });
    outgoing.on('close', () => call.signal?.removeEventListener('abort', onAbort));
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      settle();
      reject(toTransportError(error, call));
    });
    outgoing.on('response', (incoming) => {
      settle();
      watchBody(incoming, call);
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(incoming.headers))
        if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
      resolve({ status: incoming.statusCode ?? 0, headers, body: incoming });
    });
    sendBody(outgoing, call.body);
  });
}

/** Ends a body that falls silent, so that no reader waits for ever. */
function watchBody(incoming: http.IncomingMessage, call: TransportRequest): void {
  const idleTimeoutMs = call.idleTimeoutMs ?? call.headersTimeoutMs;
  incoming.setTimeout(idleTimeoutMs, () => {
    const text = `${call.url} sent nothing for ${idleTimeoutMs} ms`;
    incoming.destroy(new TransportError('timeout', text));
  });
}

function sendBody(outgoing: http.ClientRequest, body: TransportRequest['body']): void {
  if (body instanceof Readable) {
    body.on('error', (error) => outgoing.destroy(error));
    body.pipe(outgoing);
  } else outgoing.end(body);
}

function toTransportError(error: NodeJS.ErrnoException, call: TransportRequest): TransportError {
  if (error instanceof TransportError) return error;
  const text = `${call.method} ${call.url}: ${error.message}`;
  const isRefused =
    error.code === 'ECONNREFUSED' || error.code === 'EHOSTUNREACH' || error.code === 'ENOTFOUND';
  return new TransportError(isRefused ? 'refused' : 'reset', text, { cause: error });
}

/** Reads a body whole, up to a limit. */
export async function readBody(body: Readable, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      body.destroy();
      throw new TransportError('reset', `the answer is larger than ${bytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

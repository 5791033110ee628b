// One request for media at an address: GET, from the beginning or from an offset (RFC 9110 section 14), redirects
// followed by hand so that each new address is judged like the first. A server that cannot resume, or whose file has
// changed, answers with the whole. Every connection is of its own, so that the judged address is the one that is used.

import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { explainConnection, ImportError, unreachable } from './import-error.ts';
import type { ImportGuard } from './import-guard.ts';
import { ANSWER_HEADERS_MS_MAX, BODY_SILENCE_MS_MAX, REDIRECTS_MAX } from './import-limits.ts';

export interface RemoteMedia {
  /** Where in the file the body begins. */
  readonly start: number;
  /** Size of the whole file; null when the server does not say. */
  readonly bytes: number | null;
  /** What tells this state of the file from a later one (strong ETag, else Last-Modified); null: nothing does. */
  readonly validator: string | null;
  readonly etag: string | null;
  readonly contentType: string;
  /** Fails when it breaks off or falls silent. */
  readonly body: Readable;
}

export interface FetchRequest {
  readonly url: string;
  readonly guard: ImportGuard;
  readonly signal: AbortSignal;
  /** Go on from here, if the file is still the same. */
  readonly resume: { readonly offset: number; readonly validator: string } | null;
  readonly headersMsMax?: number;
  readonly silenceMsMax?: number;
}

/** Opens media. Rejects with ImportError, or with the signal's reason. */
export async function openRemote(request: FetchRequest): Promise<RemoteMedia> {
  let url = parseUrl(request.url);
  for (let hops = 0; ; hops += 1) {
    request.guard.check(url);
    const response = await send(url, request);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined)
      return take(response, url, request);
    response.destroy();
    if (hops === REDIRECTS_MAX)
      throw new ImportError(
        'import_refused',
        { reason: `it redirects more than ${REDIRECTS_MAX} times` },
        false,
      );
    url = parseUrl(location, url);
  }
}

function parseUrl(text: string, base?: URL): URL {
  try {
    return new URL(text, base);
  } catch (error) {
    throw new ImportError('import_refused', { reason: 'it redirects to no address' }, false, {
      cause: error,
    });
  }
}

function send(url: URL, request: FetchRequest): Promise<http.IncomingMessage> {
  const { guard, headersMsMax = ANSWER_HEADERS_MS_MAX, resume, signal } = request;
  signal.throwIfAborted();
  const options = {
    method: 'GET',
    headers: {
      accept: 'video/*, audio/*;q=0.9, */*;q=0.5',
      // What arrives is what is kept: a compressed transfer has no offsets to resume from.
      'accept-encoding': 'identity',
      'user-agent': 'Meridian-Import/1',
      connection: 'close',
      ...(resume === null ? {} : { range: `bytes=${resume.offset}-`, 'if-range': resume.validator }),
    },
    agent: false as const,
    maxHeaderSize: 32_768,
    ...(guard.lookup === undefined ? {} : { lookup: guard.lookup }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = url.protocol === 'https:' ? https.request(url, options) : http.request(url, options);
    const onAbort = (): void => {
      outgoing.destroy();
    };
    const timer = setTimeout(
      () => outgoing.destroy(unreachable(`${url.host} did not answer in ${headersMsMax / 1_000} s`)),
      headersMsMax,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    };
    outgoing.on('error', (error) => {
      settle();
      reject(signal.aborted ? signal.reason : explainConnection(error, url.host));
    });
    outgoing.on('response', (response) => {
      settle();
      resolve(response);
    });
    outgoing.end();
  });
}

function take(response: http.IncomingMessage, url: URL, request: FetchRequest): RemoteMedia {
  try {
    return describe(response, url, request);
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function describe(response: http.IncomingMessage, url: URL, request: FetchRequest): RemoteMedia {
  const { headers, statusCode: status = 0 } = response;
  if (status !== 200 && !(status === 206 && request.resume !== null)) throw refusal(status, url.host);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new ImportError('import_refused', { reason: `it is sent compressed (${encoding})` }, false);
  const etag = headers.etag ?? null;
  const isStrong = etag !== null && !etag.startsWith('W/');
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  if (status === 206 && range === null) throw unreachable(`${url.host} sent a part without saying which`);
  const whole = status === 206 ? range?.[2] : headers['content-length'];
  return {
    start: status === 206 ? Number(range?.[1]) : 0,
    bytes: whole === undefined || whole === '*' ? null : Number(whole),
    validator: isStrong ? etag : (headers['last-modified'] ?? null),
    etag,
    contentType: (headers['content-type'] ?? 'application/octet-stream').split(';')[0]?.trim() ?? '',
    body: Readable.from(
      untilSilent(response, url.host, request.silenceMsMax ?? BODY_SILENCE_MS_MAX, request.signal),
      { objectMode: false },
    ),
  };
}

/** Some refusals pass: the server is busy, or in trouble. */
function refusal(status: number, host: string): ImportError {
  const isPassing = status >= 500 || [408, 416, 425, 429].includes(status);
  return new ImportError('import_refused', { reason: `${host} answered with status ${status}` }, isPassing);
}

/** Only the server's silence counts, not a disk that takes its time. */
async function* untilSilent(
  response: http.IncomingMessage,
  host: string,
  silenceMsMax: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const onAbort = (): void => {
    response.destroy(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const startTimer = (): NodeJS.Timeout =>
    setTimeout(
      () => response.destroy(unreachable(`${host} fell silent for ${silenceMsMax / 1_000} s`)),
      silenceMsMax,
    );
  let timer = startTimer();
  try {
    if (signal.aborted) onAbort();
    for await (const chunk of response as AsyncIterable<Buffer>) {
      clearTimeout(timer);
      yield chunk;
      timer = startTimer();
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : explainConnection(error, host);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    response.destroy();
  }
}

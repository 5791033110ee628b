// How requests to a bucket are sent, tried again and explained. Every request that we send may be sent twice: puts
// write the same bytes, and parts have numbers. A bucket that is away is MeridianError('unavailable'); a full one
// MeridianError('storage_full'); anything else is the operator's business and keeps its text.

import { AsyncLocalStorage } from 'node:async_hooks';
import { hash } from 'node:crypto';
import { S3NetworkError, S3ServiceError } from 's3mini';
import { MeridianError } from '#contract/errors.ts';
import { systemClock } from '../clock.ts';

/** Three tries over half a second get past a single lost connection; longer trouble is for the caller to know. */
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;

/** Runs a request, again when the network or the server failed, and maps its error. */
export async function callS3<T>(request: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await request();
    } catch (error) {
      if (!isTransient(error) || attempt === ATTEMPTS) throw explainS3(error);
      await systemClock.sleep(FIRST_PAUSE_MS * 4 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }
}

const watched = new AsyncLocalStorage<{ headers?: Headers }>();

/** Runs requests and returns the headers of the last response: the client keeps to itself what HEAD said. */
export async function watchHeaders(request: () => Promise<unknown>): Promise<Headers | undefined> {
  const seen: { headers?: Headers } = {};
  await watched.run(seen, request);
  return seen.headers;
}

/**
 * `fetch` with a limit on the time until the response, after which only silence ends it (undici's own limits), and
 * with the checksum of each body, since the client itself sends bodies unsigned.
 */
export function createS3Fetch(requestMsMax: number): typeof fetch {
  return async (input, init = {}) => {
    const controller = new AbortController();
    const timer = setTimeout(
      () => controller.abort(new DOMException('no response in time', 'TimeoutError')),
      requestMsMax,
    );
    const headers = new Headers(init.headers);
    if (init.method === 'PUT' && init.body instanceof Uint8Array)
      headers.set('content-md5', hash('md5', init.body, 'base64'));
    try {
      const response = await fetch(input, { ...init, headers, signal: controller.signal });
      const seen = watched.getStore();
      if (seen !== undefined) seen.headers = response.headers;
      return response;
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Whether the server says that there is no such object. A missing bucket is not that. */
export function isNotFound(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof S3ServiceError && cause.status === 404 && !/NoSuchBucket/.test(cause.body ?? '');
}

/** Whether a range starts past the end of the object. */
export function isPastEnd(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof S3ServiceError && cause.status === 416;
}

function isTransient(error: unknown): boolean {
  if (error instanceof S3ServiceError)
    return error.status === 429 || (error.status >= 500 && !isFull(error) && error.status !== 501);
  return isNetworkFailure(error);
}

function isNetworkFailure(error: unknown): boolean {
  if (error instanceof S3NetworkError) return true;
  if (!(error instanceof Error)) return false;
  // fetch() reports every broken connection as a TypeError with the reason as its cause.
  return error.name === 'TimeoutError' || (error instanceof TypeError && error.cause !== undefined);
}

function isFull(error: S3ServiceError): boolean {
  return (
    error.status === 507 ||
    /QuotaExceeded|StorageFull|InsufficientStorage|InsufficientCapacity/.test(error.body ?? '')
  );
}

/** The error that the caller sees. */
export function explainS3(error: unknown): unknown {
  if (error instanceof S3ServiceError && isFull(error))
    return new MeridianError('storage_full', { where: 'the object store' }, { cause: error });
  if (isTransient(error))
    return new MeridianError('unavailable', { what: 'The object store' }, { cause: error });
  return error;
}

function causeOf(error: unknown): unknown {
  return error instanceof MeridianError ? error.cause : error;
}

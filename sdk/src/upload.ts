// Uploads that outlive their region: a file goes to one ingest (tus 1.0), resumed where a connection broke; when that
// ingest does not come back, it goes to the next. What an ingest refuses for good (a wrong grant, a file too large) is
// an error at once, since the next one would say the same.
// A source that cannot be read twice, such as a pipe, stays with its ingest once bytes have been sent.

import * as tus from 'tus-js-client';
import { errorOf, MeridianApiError } from './call.ts';
import type { MeridianClient } from './client.ts';

/** What `createUploadGrant` answers; a backend hands it to a page, which needs no token then. */
export interface UploadGrant {
  readonly grant: string;
  readonly ingests: ReadonlyArray<{ readonly regionId: string; readonly url: string }>;
}

export interface UploadSource {
  readonly name: string;
  readonly bytes: number;
  readonly contentType: string;
  /** False: `open` works once. */
  readonly isRepeatable: boolean;
  /** What tus-js-client takes: a File or Blob; in Node also a stream. */
  open(): tus.Upload['file'];
}

export interface UploadOptions {
  /** Name of the asset; default: that of the source. */
  readonly name?: string;
  /** Region to try first; default: the order of the grant. */
  readonly firstRegionId?: string;
  readonly signal?: AbortSignal;
  onProgress?(sentBytes: number, totalBytes: number, regionId: string): void;
  /** An ingest was given up. */
  onMove?(fromRegionId: string, error: unknown): void;
}

export interface UploadResult {
  readonly assetId: string;
  /** The region that took it. */
  readonly regionId: string;
}

/** Pauses before the same ingest is tried again: a restarted process is back within them, a dead region is left. */
const RETRY_DELAYS_MS = [200, 600, 1_200];
/** Of a stream, which must be held until it is acknowledged: memory of one upload. */
const STREAM_CHUNK_BYTES = 8 * 2 ** 20;
/** Refusals after which the next ingest may well agree. */
const LOCAL_REFUSALS: ReadonlySet<string> = new Set(['draining', 'overloaded', 'storage_full']);

/** A file that a person chose in a page, or any Blob. */
export function fileSource(file: Blob, name = 'name' in file ? String(file.name) : 'video'): UploadSource {
  return {
    name,
    bytes: file.size,
    contentType: file.type === '' ? 'application/octet-stream' : file.type,
    isRepeatable: true,
    open: () => file,
  };
}

/** Asks for a grant and uploads. */
export async function uploadFile(
  client: Pick<MeridianClient, 'createUploadGrant'>,
  source: UploadSource,
  options: UploadOptions & { readonly projectId?: string; readonly visibility?: 'public' | 'private' } = {},
): Promise<UploadResult> {
  const { projectId, signal, visibility } = options;
  const body = { ...(projectId && { projectId }), ...(visibility && { visibility }) };
  const grant = await client.createUploadGrant(body, signal === undefined ? {} : { signal });
  return uploadWithGrant(grant, source, options);
}

/** Uploads to one ingest after another until one has it; resolves when two regions hold the file. */
export async function uploadWithGrant(
  grant: UploadGrant,
  source: UploadSource,
  options: UploadOptions = {},
): Promise<UploadResult> {
  const { firstRegionId, onMove, signal } = options;
  const isFirst = ({ regionId }: { regionId: string }): number => Number(regionId === firstRegionId);
  const ingests = [...grant.ingests].sort((left, right) => isFirst(right) - isFirst(left));
  let lastError: unknown;
  for (const ingest of ingests) {
    signal?.throwIfAborted();
    let sentBytes = 0;
    try {
      const assetId = await uploadTo(ingest, grant.grant, source, options, (sent) => {
        sentBytes = sent;
      });
      return { assetId, regionId: ingest.regionId };
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (error instanceof MeridianApiError && error.status < 500 && !LOCAL_REFUSALS.has(error.code))
        throw error;
      lastError = error;
      if (!source.isRepeatable && sentBytes > 0) break;
      onMove?.(ingest.regionId, error);
    }
  }
  if (lastError instanceof MeridianApiError) throw lastError;
  const title = 'An ingest cannot be reached.';
  const action = 'Try again shortly; nothing was lost.';
  throw new MeridianApiError({ code: 'unavailable', status: 0, title, action }, { cause: lastError });
}

function uploadTo(
  ingest: { readonly regionId: string; readonly url: string },
  grant: string,
  source: UploadSource,
  options: UploadOptions,
  onSent: (bytes: number) => void,
): Promise<string> {
  const { name, onProgress, signal } = options;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      void upload.abort().finally(() => reject(signal?.reason));
    };
    const settle = (): void => signal?.removeEventListener('abort', onAbort);
    const upload = new tus.Upload(source.open(), {
      endpoint: ingest.url,
      uploadSize: source.bytes,
      retryDelays: RETRY_DELAYS_MS,
      storeFingerprintForResuming: false,
      ...(source.isRepeatable ? {} : { chunkSize: STREAM_CHUNK_BYTES }),
      headers: { authorization: `Bearer ${grant}` },
      metadata: { filename: name ?? source.name, filetype: source.contentType },
      onProgress: (sent, total) => {
        onSent(sent);
        onProgress?.(sent, total, ingest.regionId);
      },
      onError: (error) => {
        settle();
        reject(explain(error));
      },
      onSuccess: () => {
        settle();
        resolve(upload.url?.split('/').at(-1) ?? '');
      },
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    upload.start();
  });
}

/** The problem that an ingest answered with, or the error itself. */
function explain(error: Error | tus.DetailedError): Error {
  const response = 'originalResponse' in error ? error.originalResponse : null;
  const body = response?.getBody() ?? '';
  if (response === null || body === '') return error;
  try {
    return errorOf(response.getStatus(), JSON.parse(body));
  } catch {
    return error;
  }
}

// tus 1.0 at /files: what the library serves, and the two things that it does not know: the request that joins parts
// (concatenation), and which extensions there are.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server as TusServer } from '@tus/server';
import { MeridianError } from '#contract/errors.ts';
import { sendJson } from '#platform/http/server.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { Admission } from './admission.ts';
import { assetOf, type Committer } from './commit.ts';
import { findParts, joinParts, parseConcatenation } from './concatenation.ts';
import type { Spool } from './spool.ts';
import { CHECKSUM_ALGORITHMS, type TusStore } from './tus-store.ts';

const FILES_PATH = '/files';
const EXTENSIONS = 'creation,creation-with-upload,checksum,expiration,termination,concatenation';
const EXPOSED = ['Meridian-Asset', 'Meridian-Copies', 'Upload-Concat'];

export interface TusParts {
  readonly spool: Spool;
  readonly store: TusStore;
  readonly committer: Committer;
  readonly admission: Admission;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Creates the handler of the upload port; what it throws is for the listener to answer. */
export function createTusHandler(
  parts: TusParts,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const tus = createTusServer(parts);
  return async (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/healthz') return sendJson(response, { isAlive: true });
    if (path !== FILES_PATH && !path.startsWith(`${FILES_PATH}/`))
      throw new MeridianError('not_found', { what: 'such address' });
    const concatenation = parseConcatenation(String(request.headers['upload-concat'] ?? '') || null);
    if (request.method === 'POST' && concatenation?.kind === 'final')
      return joinUpload(parts, request, response, concatenation.partIds);
    if (request.method === 'OPTIONS') announceExtensions(response);
    await tus.handle(request, response);
  };
}

function createTusServer({ spool, store, committer, admission, log, metrics }: TusParts): TusServer {
  const failed = metrics.counter(
    'ingest_uploads_failed_total',
    'Requests of uploads that failed on our side',
  );
  return new TusServer({
    path: FILES_PATH,
    datastore: store,
    relativeLocation: true,
    allowedHeaders: ['Authorization', 'Upload-Checksum'],
    exposedHeaders: EXPOSED,
    maxSize: (request, id) => admission.bytesMax(request.headers, id),
    namingFunction: (request) => admission.newId(request.headers),
    onIncomingRequest: async (request, id) => {
      await admission.check(request.headers, id);
      store.expectChecksum(id, admission.checksum(request.headers));
    },
    onUploadCreate: async (request, upload) => {
      store.announce(upload.id, await admission.admit(request.headers, upload));
      return {};
    },
    onUploadFinish: async (_, upload) => {
      const info = await spool.info(upload.id);
      if (info === undefined || info.isPartial) return {};
      const regionIds = await committer.commit(info);
      return { headers: { 'Meridian-Asset': assetOf(info), 'Meridian-Copies': regionIds.length } };
    },
    onResponseError: (_, error) => {
      if (!(error instanceof MeridianError) || error.status >= 500) failed.value += 1;
      if (error instanceof MeridianError) return problemOf(error);
      if (error instanceof Error) log.warn({ error: String(error.stack) }, 'an upload request failed');
      return undefined;
    },
  });
}

function problemOf({ status, code, message, action, details }: MeridianError) {
  return { status_code: status, body: JSON.stringify({ code, title: message, action, details }) };
}

/** Joins parts: the one request of tus that the library does not know. */
async function joinUpload(
  { spool, committer, admission }: TusParts,
  request: IncomingMessage,
  response: ServerResponse,
  partIds: readonly string[],
): Promise<void> {
  const headers = new Headers(request.headers as Record<string, string>);
  const claims = admission.grant(headers);
  const parts = await findParts(spool, partIds, claims.project);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const final = await admission.describeFinal(headers, bytes);
  await spool.create(final);
  committer.begin(final);
  await joinParts(spool, final, parts, (offset) => committer.advance(final.id, offset));
  const regionIds = await committer.commit(final);
  response.writeHead(201, {
    location: `${FILES_PATH}/${final.id}`,
    'tus-resumable': '1.0.0',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': ['Location', 'Tus-Resumable', ...EXPOSED].join(', '),
    'upload-concat': String(request.headers['upload-concat']),
    'meridian-asset': assetOf(final),
    'meridian-copies': String(regionIds.length),
  });
  response.end();
}

/** The library lists only the extensions that it handles itself, one of them misspelt. */
function announceExtensions(response: ServerResponse): void {
  const write = response.writeHead.bind(response);
  const announced = {
    'tus-extension': EXTENSIONS,
    'tus-checksum-algorithm': CHECKSUM_ALGORITHMS.join(','),
  };
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    const headers = rest.at(-1);
    const pairs = Array.isArray(headers) ? headers.flat() : Object.entries(headers ?? {}).flat();
    const kept: Record<string, string> = {};
    for (let index = 0; index < pairs.length; index += 2)
      kept[String(pairs[index]).toLowerCase()] = String(pairs[index + 1]);
    return write(status, { ...kept, ...announced });
  }) as typeof response.writeHead;
}

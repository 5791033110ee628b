// The ingest: tus 1.0 uploads at /files, for whoever holds a signed grant. It needs neither control nor a database.

import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { Server as TusServer } from '@tus/server';
import { MeridianError } from '#contract/errors.ts';
import { PEER_UPLOADS_PREFIX } from '#contract/peer-api.ts';
import { closeServer, listen, sendJson, sendProblem } from '#platform/http/server.ts';
import { watchCertificate } from '#platform/http/tls.ts';
import { createLifecycle } from '#platform/lifecycle.ts';
import { createUploadVerifier } from '#platform/tokens.ts';
import type { NodeContext, Role } from '../shared/node-context.ts';
import { createAdmission } from './admission.ts';
import { assetOf, createCommitter } from './commit.ts';
import { findParts, joinParts, parseConcatenation } from './concatenation.ts';
import { createImporter } from './importer.ts';
import { EXPIRY_SWEEP_MS, HEADER_BYTES_MAX } from './limits.ts';
import { createOutbox } from './outbox.ts';
import { createReplicaHandler, removeStaleCopies } from './replica-routes.ts';
import { createSpool } from './spool.ts';
import { CHECKSUM_ALGORITHMS, TusStore } from './tus-store.ts';

const FILES_PATH = '/files';
const EXTENSIONS = 'creation,creation-with-upload,checksum,expiration,termination,concatenation';
const EXPOSED = ['Meridian-Asset', 'Meridian-Copies', 'Upload-Concat'];

/** Creates the ingest role; `port()` tells where it listens. */
export function createIngest(context: NodeContext): Role & { port(): number } {
  const { config, site, clock } = context;
  const lifecycle = createLifecycle(context.log);
  const spool = createSpool(join(context.dataDirectory, 'uploads'));
  const copies = join(context.dataDirectory, 'copies');
  const outbox = createOutbox(context, join(context.dataDirectory, 'outbox'));
  const committer = createCommitter(context, spool, outbox);
  const importer = createImporter(context, { spool, committer });
  const store = new TusStore(spool, committer, clock, config.limits.uploadExpiryMs);
  const admission = createAdmission(context, createUploadVerifier(context.world.current), spool);
  let listening: number | undefined;

  const tus = new TusServer({
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
      if (!(error instanceof MeridianError)) {
        if (error instanceof Error)
          context.log.warn({ error: String(error.stack) }, 'an upload request failed');
        return undefined;
      }
      return {
        status_code: error.status,
        body: JSON.stringify({
          code: error.code,
          title: error.message,
          action: error.action,
          details: error.details,
        }),
      };
    },
  });

  /** Joins parts: the one request of tus that the library does not know. */
  async function joinUpload(
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

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/healthz') return sendJson(response, { isAlive: true });
    if (path !== FILES_PATH && !path.startsWith(`${FILES_PATH}/`))
      throw new MeridianError('not_found', { what: 'such address' });
    const concatenation = parseConcatenation(String(request.headers['upload-concat'] ?? '') || null);
    if (request.method === 'POST' && concatenation?.kind === 'final')
      return joinUpload(request, response, concatenation.partIds);
    if (request.method === 'OPTIONS') {
      // The library lists only the extensions that it handles itself, one of them misspelt.
      const write = response.writeHead.bind(response);
      const announce = {
        'tus-extension': EXTENSIONS,
        'tus-checksum-algorithm': CHECKSUM_ALGORITHMS.join(','),
      };
      response.writeHead = ((status: number, ...rest: unknown[]) => {
        const headers = rest.at(-1);
        const pairs = Array.isArray(headers) ? headers.flat() : Object.entries(headers ?? {}).flat();
        const kept: Record<string, string> = {};
        for (let index = 0; index < pairs.length; index += 2)
          kept[String(pairs[index]).toLowerCase()] = String(pairs[index + 1]);
        return write(status, { ...kept, ...announce });
      }) as typeof response.writeHead;
    }
    await tus.handle(request, response);
  }

  function createListener(): HttpServer {
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      handle(request, response).catch((error: unknown) => {
        response.setHeader('access-control-allow-origin', '*');
        sendProblem(response, error);
      });
    };
    const options = { maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: 0, keepAliveTimeout: 30_000 };
    if (config.tls === undefined) return createServer(options, listener);
    const server = createTlsServer(options, listener);
    const watch = watchCertificate(config.tls, context.log, (secure) => server.setSecureContext(secure));
    lifecycle.add('certificate', () => watch.stop());
    return server;
  }

  return {
    name: 'ingest',
    routes: { [PEER_UPLOADS_PREFIX]: createReplicaHandler(context, copies, outbox) },
    port: () => listening ?? 0,
    notReadyReason: () => (listening === undefined ? 'not started' : null),
    async start() {
      for (const info of await spool.list()) {
        if (info.finished !== null || info.isPartial) continue;
        committer.begin(info);
        const offset = await spool.offset(info);
        committer.advance(info.id, offset);
        // A crash between the last byte and its acknowledgement: the promise is kept now.
        if (offset === info.bytes)
          committer
            .commit(info)
            .catch((error: unknown) =>
              context.log.warn(
                { uploadId: info.id, error: String(error) },
                'a finished upload could not be kept yet',
              ),
            );
      }
      context.metrics.gauge(
        'ingest_outbox_waiting',
        'Uploads that control does not know yet',
        outbox.waiting,
      );
      lifecycle.run('outbox', (signal) => outbox.run(signal));
      lifecycle.run('imports', (signal) => importer.run(signal));
      lifecycle.run('expiry', async (signal) => {
        while (!signal.aborted) {
          await store.deleteExpired();
          await removeStaleCopies(copies, clock.nowMs() - config.limits.uploadExpiryMs);
          await clock.sleep(EXPIRY_SWEEP_MS, signal).catch(() => undefined);
        }
      });
      const server = createListener();
      listening = await listen(server, config.host, site.ports.ingest, `uploads of ${site.id}`);
      lifecycle.add('uploads', () => committer.stop());
      lifecycle.add('ingest server', () => closeServer(server));
    },
    stop: () => lifecycle.stop(),
  };
}

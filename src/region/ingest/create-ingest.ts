// The ingest: tus 1.0 uploads at /files, for whoever holds a signed grant. It needs neither control nor a database.

import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { PEER_UPLOADS_PREFIX } from '#contract/peer-api.ts';
import { closeServer, listen, sendProblem } from '#platform/http/server.ts';
import { watchCertificate } from '#platform/http/tls.ts';
import { createLifecycle, type Lifecycle } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import { createUploadVerifier } from '#platform/tokens.ts';
import type { NodeContext, Role } from '../shared/node-context.ts';
import { createOutbox } from '../shared/outbox.ts';
import { createAdmission } from './admission.ts';
import { type Committer, createCommitter } from './commit.ts';
import { createImporter } from './importer.ts';
import { EXPIRY_SWEEP_MS, HEADER_BYTES_MAX } from './limits.ts';
import { WHIP_PREFIX, type WhipHandler } from './live/whip/whip-server.ts';
import { createReplicaHandler, removeStaleCopies } from './replica-routes.ts';
import { createSpool, type Spool, type UploadInfo } from './spool.ts';
import { createTusHandler } from './tus-handler.ts';
import { TusStore } from './tus-store.ts';
import { UPLOAD_NOTES } from './upload-notes.ts';

/** Creates the ingest role; `port()` tells where it listens. `whip` serves live publishers on the same port. */
export function createIngest(context: NodeContext, whip?: WhipHandler): Role & { port(): number } {
  const { config, site, clock, log } = context;
  const lifecycle = createLifecycle(log);
  const spool = createSpool(join(context.dataDirectory, 'uploads'));
  const copies = join(context.dataDirectory, 'copies');
  const outbox = createOutbox(context, join(context.dataDirectory, 'outbox'), UPLOAD_NOTES);
  const committer = createCommitter(context, spool, outbox);
  const importer = createImporter(context, { spool, committer });
  const store = new TusStore(spool, committer, clock, config.limits.uploadExpiryMs);
  const admission = createAdmission(context, createUploadVerifier(context.world.current), spool);
  const { metrics } = context;
  const handleTus = createTusHandler({ spool, store, committer, admission, log, metrics });
  const handle: typeof handleTus = (request, response) =>
    whip !== undefined && request.url?.startsWith(WHIP_PREFIX) === true
      ? whip(request, response)
      : handleTus(request, response);
  let listening: number | undefined;

  async function sweep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await store.deleteExpired();
      await removeStaleCopies(copies, clock.nowMs() - config.limits.uploadExpiryMs);
      await clock.sleep(EXPIRY_SWEEP_MS, signal).catch(() => undefined);
    }
  }

  return {
    name: 'ingest',
    routes: { [PEER_UPLOADS_PREFIX]: createReplicaHandler(context, copies, outbox) },
    port: () => listening ?? 0,
    notReadyReason: () => (listening === undefined ? 'not started' : null),
    async start() {
      await spool.distrustAfterPowerCut();
      await takeUpUploads(context, spool, committer);
      context.metrics.gauge(
        'ingest_outbox_waiting',
        'Uploads that control does not know yet',
        outbox.waiting,
      );
      lifecycle.run('outbox', (signal) => outbox.run(signal));
      lifecycle.run('imports', (signal) => importer.run(signal));
      lifecycle.run('expiry', sweep);
      const server = createListener(context, lifecycle, handle);
      listening = await listen(server, config.host, site.ports.ingest, `uploads of ${site.id}`);
      lifecycle.add('uploads', () => committer.stop());
      lifecycle.add('ingest server', () => closeServer(server));
    },
    stop: () => lifecycle.stop(),
  };
}

/** Goes on with the uploads of an earlier life. None of them may keep the ingest from starting. */
async function takeUpUploads({ log }: NodeContext, spool: Spool, committer: Committer): Promise<void> {
  for (const info of await spool.list()) {
    if (info.finished !== null || info.isPartial) continue;
    await takeUp(info, { log, spool, committer }).catch((error: unknown) =>
      log.warn(
        { uploadId: info.id, error: String(error) },
        'an upload of an earlier life could not be taken up',
      ),
    );
  }
}

async function takeUp(
  info: UploadInfo,
  { log, spool, committer }: { log: Log; spool: Spool; committer: Committer },
): Promise<void> {
  if (!(await committer.recover(info))) {
    // Nothing was promised, and its client begins anew.
    log.warn({ uploadId: info.id }, 'the bytes of an unfinished upload are gone; it is forgotten');
    return spool.remove(info.id);
  }
  committer.begin(info);
  const offset = await spool.offset(info);
  committer.advance(info.id, offset);
  // A crash between the last byte and its acknowledgement: the promise is kept now.
  if (offset === info.bytes)
    committer
      .commit(info)
      .catch((error: unknown) =>
        log.warn({ uploadId: info.id, error: String(error) }, 'a finished upload could not be kept yet'),
      );
}

function createListener(
  { config, log }: NodeContext,
  lifecycle: Lifecycle,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): HttpServer {
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch((error: unknown) => {
      response.setHeader('access-control-allow-origin', '*');
      sendProblem(response, error);
    });
  };
  const options = { maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: 0, keepAliveTimeout: 30_000 };
  if (config.tls === undefined) return createServer(options, listener);
  const server = createTlsServer(options, listener);
  const watch = watchCertificate(config.tls, log, (secure) => server.setSecureContext(secure));
  lifecycle.add('certificate', () => watch.stop());
  return server;
}

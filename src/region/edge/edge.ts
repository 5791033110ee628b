// The edge role: delivers to viewers from memory, from its region's origin, or from another region's.
// It asks nothing of control at request time; what it knows of the world is the snapshot and its own probes.

import { PEER_EDGE_PREFIX } from '#contract/peer-api.ts';
import { type CertificateWatch, watchCertificate } from '#platform/http/tls.ts';
import { type Broadcasts, NO_BROADCASTS } from '../shared/broadcasts.ts';
import type { NodeContext, Role } from '../shared/node-context.ts';
import { NO_TELEMETRY, type Telemetry } from '../shared/telemetry.ts';
import { assemble } from './assemble.ts';
import { createEdgeServer, type EdgeServer } from './edge-server.ts';
import { SWEEP_MS } from './limits.ts';

export interface EdgeRole extends Role {
  /** The port that viewers reach, once started. */
  port(): number;
  /** What is kept in memory, for tests and benches. */
  readonly cache: { bytes(): number; count(): number };
  /** What is kept on disk, and when what is queued for it is there. */
  readonly disk: { bytes(): number; count(): number; settled(): Promise<void> };
}

export interface EdgeOptions {
  /** Live broadcasts; without them there are none. */
  readonly broadcasts?: Broadcasts;
  /** Where what players tell goes; without it nowhere. */
  readonly telemetry?: Telemetry;
  /** How long control has been silent, as the node knows; without it steering answers count as fresh. */
  readonly controlSilentMs?: () => number;
  /** Several processes of this machine listen on the edge's port; the kernel spreads connections over those alive. */
  readonly isPortShared?: boolean;
}

/** Responses in flight get this long when the edge stops. */
const STOP_GRACE_MS = 1_000;

/** Creates the edge of a node. */
export function createEdge(context: NodeContext, options: EdgeOptions = {}): EdgeRole {
  const { config, site, clock, log } = context;
  const scheme = config.tls === undefined ? 'http' : 'https';
  let port = site.ports.edge;
  const { cache, cmcd, disk, live, playback, viewers, http1, http2, tally, purger, stopListening } = assemble(
    context,
    {
      broadcasts: options.broadcasts ?? NO_BROADCASTS,
      telemetry: options.telemetry ?? NO_TELEMETRY,
      controlSilentMs: options.controlSilentMs ?? (() => 0),
    },
    () => site.edgeUrl ?? `${scheme}://${config.host}:${port}`,
  );
  const stopping = new AbortController();
  let server: EdgeServer | undefined;
  let certificate: CertificateWatch | undefined;
  let sweeping: Promise<void> | undefined;
  let loading: Promise<void> | undefined;

  async function sweepLoop(): Promise<void> {
    while (!stopping.signal.aborted) {
      viewers.sweep();
      http1.sweep(clock.nowMs());
      disk.sweep();
      live.sweep();
      cmcd.sweep();
      await clock.sleep(SWEEP_MS, stopping.signal).catch(() => undefined);
    }
  }

  /** Waits for what is being written, but not for a disk that hangs. */
  async function settleDisk(): Promise<void> {
    const waiting = new AbortController();
    const limit = clock.sleep(STOP_GRACE_MS, waiting.signal).catch(() => undefined);
    await Promise.race([Promise.all([loading, disk.settled()]), limit]);
    waiting.abort();
  }

  return {
    name: 'edge',
    cache,
    disk,
    port: () => port,
    edgeReport: () => tally.report(),
    orderReports: () => purger.report(),
    routes: {
      [PEER_EDGE_PREFIX]: ({ rest, request, response }) => playback.serveMate(rest, request, response),
    },
    async start() {
      // The first call comes before there is a server, later ones bring renewed certificates.
      if (config.tls !== undefined)
        certificate = watchCertificate(config.tls, log, (secure) => server?.setCredentials(secure));
      server = createEdgeServer(http1, http2, viewers, certificate?.current());
      port = await server.listen(config.host, site.ports.edge, options.isPortShared === true);
      sweeping = sweepLoop();
      // Viewers need not wait for it: what is not found yet is fetched.
      if (config.limits.edgeDiskBytes > 0) loading = disk.load();
      purger.begin(context.world.current());
      log.info({ port, scheme }, 'the edge serves');
    },
    async stop() {
      stopping.abort();
      stopListening();
      await Promise.all([
        live.stop(),
        server?.stop(STOP_GRACE_MS),
        certificate?.stop(),
        sweeping,
        settleDisk(),
      ]);
      disk.close();
    },
    notReadyReason: () => (server === undefined ? 'the edge has not started' : null),
  };
}

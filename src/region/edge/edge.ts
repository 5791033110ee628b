// The edge role: delivers to viewers from memory, from its region's origin, or from another region's.
// It asks nothing of control at request time; what it knows of the world is the snapshot and its own probes.

import { fileURLToPath } from 'node:url';
import { MeridianError } from '#contract/errors.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { type CertificateWatch, watchCertificate } from '#platform/http/tls.ts';
import { createPlaybackVerifier } from '#platform/tokens.ts';
import type { NodeContext, Role } from '../shared/node-context.ts';
import { createAssetGates } from './asset-gates.ts';
import { hitHead } from './cached-object.ts';
import { createEdgeCounters } from './counters.ts';
import { createDocuments } from './documents.ts';
import { createEdgeServer, type EdgeServer } from './edge-server.ts';
import { createFiller } from './fill.ts';
import { createHttp1Server } from './http1/http1-server.ts';
import {
  DRAIN_SEGMENT_MS,
  FLIGHT_BYTES_MIN,
  FLIGHT_BYTES_SHARE,
  PINNED_BYTES_SHARE,
  SWEEP_MS,
} from './limits.ts';
import { createManifestMaker } from './manifest-maker.ts';
import { createNegativeCache, createObjectCache } from './object-cache.ts';
import { orderOrigins } from './origin-order.ts';
import { createOtherPages } from './other-pages.ts';
import { createPlayback } from './playback.ts';
import { createRouter } from './router.ts';
import { createStaticFiles } from './static-files.ts';
import type { SteeringView } from './steering.ts';
import { compileNetworks, createGroupFinder } from './viewer-group.ts';
import { createViewers } from './viewers.ts';

export interface EdgeRole extends Role {
  /** The port that viewers reach, once started. */
  port(): number;
  /** Drops everything that is kept in memory, for tests and benches. */
  readonly cache: { bytes(): number; count(): number };
}

/** Responses in flight get this long when the edge stops. */
const STOP_GRACE_MS = 1_000;

const PLAYER_FOLDER = fileURLToPath(new URL('../../../player/dist/', import.meta.url));

/**
 * When media is refused at a draining site: after one steering answer and one segment, every player that steering
 * reaches has moved on.
 */
export function drainedAtMs(snapshot: WorldSnapshot | undefined, siteId: string): number {
  const site = snapshot?.sites.find(({ id }) => id === siteId);
  if (snapshot === undefined || site?.state !== 'draining' || site.drainStartedAtMs === null)
    return Number.POSITIVE_INFINITY;
  return site.drainStartedAtMs + snapshot.steering.ttlMs + DRAIN_SEGMENT_MS;
}

/** Assembles everything that answers requests; starts nothing. */
function assemble(context: NodeContext, ownBaseUrl: () => string) {
  const { config, region, site, clock, log, metrics, world } = context;
  const counters = createEdgeCounters(metrics);
  const cache = createObjectCache(config.limits.edgeCacheBytes);
  const negatives = createNegativeCache();
  const viewers = createViewers({
    clock,
    pinnedBytesMax: config.limits.edgeCacheBytes * PINNED_BYTES_SHARE,
    viewersCut: counters.viewersCut,
  });
  const filler = createFiller({
    clock,
    log,
    transport: context.transport,
    bytesMax: Math.max(FLIGHT_BYTES_MIN, config.limits.edgeCacheBytes * FLIGHT_BYTES_SHARE),
    candidates(holders, isFailing) {
      const snapshot = world.current();
      if (snapshot === undefined) return [];
      const probes = context.probes.results();
      return orderOrigins({ snapshot, ownRegionId: region.id, holders, probes, isFailing });
    },
    fetchCounter: counters.originFetches,
  });
  const gates = createAssetGates({ clock, log, filler, negatives });
  const documents = createDocuments({ clock, log, filler, negatives, ownRegionId: region.id });
  const steeringView = (): SteeringView => ({
    snapshot: world.current(),
    probes: context.probes.results(),
    ownSiteId: site.id,
    ownRegionId: region.id,
    ownBaseUrl: ownBaseUrl(),
    ttlMsDefault: config.steering.ttlMs,
    nowMs: clock.nowMs(),
  });
  const groups = createGroupFinder({
    trustedGroupHeader: config.trustedGroupHeader,
    networks: compileNetworks(config.viewerGroups),
    ownRegionId: region.id,
    isKnown: (regionId) => world.current()?.regions.some(({ id }) => id === regionId) ?? false,
  });
  const verifier = createPlaybackVerifier(() => world.current());
  let drainAtMs = drainedAtMs(world.current(), site.id);
  const stopListening = world.onChange((snapshot) => {
    drainAtMs = drainedAtMs(snapshot, site.id);
  });
  const playback = createPlayback({
    clock,
    cache,
    negatives,
    gates,
    documents,
    filler,
    viewers,
    counters,
    manifests: createManifestMaker({ documents, counters, steeringView, groupOf: groups.groupOf }),
    checkToken(token, gate, nowMs) {
      const claims = verifier.check(token, nowMs);
      if (claims.project !== gate.projectId) throw new MeridianError('wrong_project');
      if (claims.asset !== gate.assetId && claims.asset !== '*')
        throw new MeridianError('token_wrong_scope', { what: 'video' });
    },
    drainedAtMs: () => drainAtMs,
  });
  const serveOther = createOtherPages({
    counters,
    steeringView,
    groups,
    files: createStaticFiles(PLAYER_FOLDER),
  });
  const router = createRouter({
    clock,
    log,
    playback,
    viewers,
    serveOther,
    onRefused(status) {
      const outcome =
        status === 404 || status === 410 ? 'missing' : status >= 500 ? 'unavailable' : 'refused';
      counters.request('other', outcome);
    },
  });
  const http1 = createHttp1Server(
    {
      ...router,
      headOf: (object) => hitHead(object, clock.nowMs()),
      noteLarge: viewers.noteSocket,
    },
    () => clock.nowMs(),
  );
  metrics.gauge('edge_cache_bytes', 'Memory used by cached objects', () => cache.bytes());
  metrics.gauge('edge_connections', 'Open connections of viewers', () => viewers.count());
  metrics.gauge('edge_fills', 'Objects being fetched', () => filler.inFlight().count);
  return { cache, viewers, router, http1, stopListening };
}

/** Creates the edge of a node. */
export function createEdge(context: NodeContext): EdgeRole {
  const { config, site, clock, log } = context;
  const scheme = config.tls === undefined ? 'http' : 'https';
  let port = site.ports.edge;
  const { cache, viewers, router, http1, stopListening } = assemble(
    context,
    () => site.edgeUrl ?? `${scheme}://${config.host}:${port}`,
  );
  const stopping = new AbortController();
  let server: EdgeServer | undefined;
  let certificate: CertificateWatch | undefined;
  let sweeping: Promise<void> | undefined;

  async function sweepLoop(): Promise<void> {
    while (!stopping.signal.aborted) {
      viewers.sweep();
      http1.sweep(clock.nowMs());
      await clock.sleep(SWEEP_MS, stopping.signal).catch(() => undefined);
    }
  }

  return {
    name: 'edge',
    cache,
    port: () => port,
    async start() {
      // The first call comes before there is a server, later ones bring renewed certificates.
      if (config.tls !== undefined)
        certificate = watchCertificate(config.tls, log, (secure) => server?.setCredentials(secure));
      server = createEdgeServer(router, http1, viewers, certificate?.current());
      port = await server.listen(config.host, site.ports.edge);
      sweeping = sweepLoop();
      log.info({ port, scheme }, 'the edge serves');
    },
    async stop() {
      stopping.abort();
      stopListening();
      await Promise.all([server?.stop(STOP_GRACE_MS), certificate?.stop(), sweeping]);
    },
    notReadyReason: () => (server === undefined ? 'the edge has not started' : null),
  };
}

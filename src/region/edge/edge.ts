// The edge role: delivers to viewers from memory, from its region's origin, or from another region's.
// It asks nothing of control at request time; what it knows of the world is the snapshot and its own probes.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeridianError } from '#contract/errors.ts';
import { PEER_EDGE_PREFIX } from '#contract/peer-api.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { type CertificateWatch, watchCertificate } from '#platform/http/tls.ts';
import { createPlaybackVerifier } from '#platform/tokens.ts';
import type { NodeContext, Role } from '../shared/node-context.ts';
import { createAskSketch } from './ask-sketch.ts';
import { createAssetGates } from './asset-gates.ts';
import { hitHead } from './cached-object.ts';
import { createEdgeCounters } from './counters.ts';
import { createDiskCache } from './disk/disk-cache.ts';
import { diskFiles } from './disk/disk-files.ts';
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
import { createMates } from './mates/mates.ts';
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
  /** What is kept in memory, for tests and benches. */
  readonly cache: { bytes(): number; count(): number };
  /** What is kept on disk, and when what is queued for it is there. */
  readonly disk: { bytes(): number; count(): number; settled(): Promise<void> };
}

export interface EdgeOptions {
  /** Several processes of this machine listen on the edge's port; the kernel spreads connections over those alive. */
  readonly isPortShared?: boolean;
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
  const disk = createDiskCache({
    directory: join(context.dataDirectory, 'edge-cache'),
    bytesMax: config.limits.edgeDiskBytes,
    clock,
    log,
    files: diskFiles,
    counters: counters.disk,
  });
  const mates = createMates({
    clock,
    transport: context.transport,
    ownNodeId: context.nodeId,
    ownSiteId: site.id,
    snapshot: () => world.current(),
  });
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
    mates,
    fetchCounter: counters.originFetches,
    hedgeCounter: counters.originHedges,
    mateCounter: counters.mateFetches,
    shedCounter: counters.shed,
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
    disk,
    asks: createAskSketch(),
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
  metrics.gauge('edge_disk_bytes', 'Disk used by cached objects', () => disk.bytes());
  metrics.gauge('edge_disk_failing', '1 while the disk cache is left alone', () => Number(disk.isFailing()));
  metrics.gauge('edge_mates', 'Edges of this site that are alive, this one among them', () => mates.count());
  metrics.gauge('edge_fill_limit', 'Fetches that may be under way', () => filler.limit());
  metrics.gauge('edge_connections', 'Open connections of viewers', () => viewers.count());
  metrics.gauge('edge_fills', 'Objects being fetched', () => filler.inFlight().count);
  return { cache, disk, playback, viewers, router, http1, stopListening };
}

/** Creates the edge of a node. */
export function createEdge(context: NodeContext, options: EdgeOptions = {}): EdgeRole {
  const { config, site, clock, log } = context;
  const scheme = config.tls === undefined ? 'http' : 'https';
  let port = site.ports.edge;
  const { cache, disk, playback, viewers, router, http1, stopListening } = assemble(
    context,
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
    routes: {
      [PEER_EDGE_PREFIX]: ({ rest, request, response }) => playback.serveMate(rest, request, response),
    },
    async start() {
      // The first call comes before there is a server, later ones bring renewed certificates.
      if (config.tls !== undefined)
        certificate = watchCertificate(config.tls, log, (secure) => server?.setCredentials(secure));
      server = createEdgeServer(router, http1, viewers, certificate?.current());
      port = await server.listen(config.host, site.ports.edge, options.isPortShared === true);
      sweeping = sweepLoop();
      // Viewers need not wait for it: what is not found yet is fetched.
      if (config.limits.edgeDiskBytes > 0) loading = disk.load();
      log.info({ port, scheme }, 'the edge serves');
    },
    async stop() {
      stopping.abort();
      stopListening();
      await Promise.all([server?.stop(STOP_GRACE_MS), certificate?.stop(), sweeping, settleDisk()]);
    },
    notReadyReason: () => (server === undefined ? 'the edge has not started' : null),
  };
}

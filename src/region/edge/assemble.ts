// Puts an edge together from its parts: what it keeps, where it gets the rest, what it answers. Starts nothing.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeridianError } from '#contract/errors.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { createPlaybackVerifier } from '#platform/tokens.ts';
import type { Broadcasts } from '../shared/broadcasts.ts';
import type { NodeContext } from '../shared/node-context.ts';
import type { Telemetry } from '../shared/telemetry.ts';
import { createAskSketch } from './ask-sketch.ts';
import { type AssetGates, createAssetGates, type ObjectGate } from './asset-gates.ts';
import { headOf, headText, http2Head, storedHeaders } from './cached-object.ts';
import { type CmcdCollector, createCmcdCollector, objectOf } from './cmcd/collector.ts';
import { createEdgeCounters, type EdgeCounters, type RequestClass } from './counters.ts';
import { createDiskCache, type DiskCache } from './disk/disk-cache.ts';
import { diskFiles } from './disk/disk-files.ts';
import { createDocuments, type Documents } from './documents.ts';
import { createEdgeTally, type EdgeTally } from './edge-tally.ts';
import { createFiller, type Filler } from './fill.ts';
import { createHttp1Server, type Http1Server } from './http1/http1-server.ts';
import type { Http2Handler } from './http2/http2-server.ts';
import { DRAIN_SEGMENT_MS, FLIGHT_BYTES_MIN, FLIGHT_BYTES_SHARE, PINNED_BYTES_SHARE } from './limits.ts';
import { createLiveDelivery, type LiveDelivery } from './live/live-delivery.ts';
import { createManifestMaker } from './manifest-maker.ts';
import { createMates, type Mates } from './mates/mates.ts';
import {
  createNegativeCache,
  createObjectCache,
  type NegativeCache,
  type ObjectCache,
} from './object-cache.ts';
import { orderOrigins } from './origin-order.ts';
import { createOtherPages } from './other-pages.ts';
import { createPlayback, type Playback } from './playback.ts';
import { createPurger, type Purger } from './purger.ts';
import { createRouter } from './router.ts';
import { createStaticFiles } from './static-files.ts';
import type { SteeringView } from './steering.ts';
import { createThrottles } from './throttles.ts';
import { compileNetworks, createGroupFinder, type GroupFinder } from './viewer-group.ts';
import { createViewers, type Viewers } from './viewers.ts';

export interface AssembledEdge {
  readonly cache: ObjectCache;
  readonly disk: DiskCache;
  readonly playback: Playback;
  readonly live: LiveDelivery;
  readonly viewers: Viewers;
  readonly tally: EdgeTally;
  readonly cmcd: CmcdCollector;
  readonly purger: Purger;
  readonly http1: Http1Server;
  readonly http2: Http2Handler;
  /** Ends what listens to the world. */
  stopListening(): void;
}

const PLAYER_FOLDER = fileURLToPath(new URL('../../../player/dist/', import.meta.url));

/**
 * When media is refused at a draining site: after one steering answer and one segment, every player that steering
 * reaches has moved on.
 */
function drainedAtMs(snapshot: WorldSnapshot | undefined, siteId: string): number {
  const site = snapshot?.sites.find(({ id }) => id === siteId);
  if (snapshot === undefined || site?.state !== 'draining' || site.drainStartedAtMs === null)
    return Number.POSITIVE_INFINITY;
  return site.drainStartedAtMs + snapshot.steering.ttlMs + DRAIN_SEGMENT_MS;
}

/** What an edge keeps, and who is looking at it. */
interface Stores {
  readonly cache: ObjectCache;
  readonly disk: DiskCache;
  readonly negatives: NegativeCache;
  readonly viewers: Viewers;
}

function createStores(context: NodeContext, counters: EdgeCounters): Stores {
  const { config, clock, log } = context;
  const { edgeCacheBytes, edgeDiskBytes } = config.limits;
  return {
    cache: createObjectCache(edgeCacheBytes),
    disk: createDiskCache({
      directory: join(context.dataDirectory, 'edge-cache'),
      bytesMax: edgeDiskBytes,
      clock,
      log,
      files: diskFiles,
      counters: counters.disk,
    }),
    negatives: createNegativeCache(),
    viewers: createViewers({
      clock,
      pinnedBytesMax: edgeCacheBytes * PINNED_BYTES_SHARE,
      viewersCut: counters.viewersCut,
    }),
  };
}

/** Where an edge gets what it does not have. */
interface Supply {
  readonly mates: Mates;
  readonly filler: Filler;
  readonly gates: AssetGates;
  readonly documents: Documents;
}

function createSupply(
  context: NodeContext,
  counters: EdgeCounters,
  negatives: NegativeCache,
  tally: EdgeTally,
): Supply {
  const { config, region, site, clock, log, world, transport } = context;
  const mates = createMates({
    clock,
    transport,
    ownNodeId: context.nodeId,
    ownSiteId: site.id,
    snapshot: () => world.current(),
  });
  const filler = createFiller({
    clock,
    log,
    transport,
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
  const gates = createAssetGates({ clock, log, filler, negatives, bytesOf: tally.bytesOf });
  const documents = createDocuments({ clock, log, filler, negatives, ownRegionId: region.id });
  return { mates, filler, gates, documents };
}

/** Where viewers are to go, as this edge sees the world. */
interface Guidance {
  steeringView(): SteeringView;
  readonly groups: GroupFinder;
}

function createGuidance(context: NodeContext, ownBaseUrl: () => string): Guidance {
  const { config, region, site, clock, world } = context;
  return {
    steeringView: () => ({
      snapshot: world.current(),
      probes: context.probes.results(),
      ownSiteId: site.id,
      ownRegionId: region.id,
      ownBaseUrl: ownBaseUrl(),
      ttlMsDefault: config.steering.ttlMs,
      nowMs: clock.nowMs(),
    }),
    groups: createGroupFinder({
      trustedGroupHeader: config.trustedGroupHeader,
      networks: compileNetworks(config.viewerGroups),
      ownRegionId: region.id,
      isKnown: (regionId) => world.current()?.regions.some(({ id }) => id === regionId) ?? false,
    }),
  };
}

/** Refuses a token that does not open the asset or broadcast. */
type TokenCheck = (token: string, gate: Pick<ObjectGate, 'projectId' | 'assetId'>, nowMs: number) => void;

function createTokenCheck(context: NodeContext): TokenCheck {
  const verifier = createPlaybackVerifier(() => context.world.current());
  return (token, gate, nowMs) => {
    const claims = verifier.check(token, nowMs);
    if (claims.project !== gate.projectId) throw new MeridianError('wrong_project');
    if (claims.asset !== gate.assetId && claims.asset !== '*')
      throw new MeridianError('token_wrong_scope', { what: 'video' });
  };
}

/** What a request that could not be answered was for. */
function classOf(url: string): RequestClass {
  if (!/^\/(?:t\/[^/]*\/)?(?:m|l|steering)\//.test(url)) return 'other';
  const { object } = objectOf(url);
  return object === 'media' ? 'immutable' : object;
}

/** What HTTP/1.1 and HTTP/2 answer requests with. */
function createServing(
  context: NodeContext,
  parts: {
    readonly counters: EdgeCounters;
    readonly playback: Playback;
    readonly live: LiveDelivery;
    readonly viewers: Viewers;
    readonly guidance: Guidance;
    readonly cmcd: CmcdCollector;
    controlSilentMs(): number;
  },
): { http1: Http1Server; http2: Http2Handler } {
  const { clock, log } = context;
  const { cmcd, counters, live, playback, viewers, guidance } = parts;
  const { findHit, findStored, serve } = playback;
  const router = createRouter({
    log,
    families: [
      { prefix: '/m/', findHit, findStored, serve },
      { prefix: '/l/', findHit, findHeld: live.findHeld, serve: live.serve },
    ],
    serveOther: createOtherPages({
      clock,
      counters,
      ...guidance,
      controlSilentMs: parts.controlSilentMs,
      files: createStaticFiles(PLAYER_FOLDER),
    }),
    cmcd,
    onRefused(status, url) {
      const outcome =
        status === 404 || status === 410 ? 'missing' : status >= 500 ? 'unavailable' : 'refused';
      counters.request(status >= 500 ? classOf(url) : 'other', outcome);
    },
  });
  const http1 = createHttp1Server(
    {
      ...router,
      headOf: (object) => headOf(object, clock.nowMs()).http1,
      storedHeadOf: (hit) => headText(storedHeaders(hit), clock.nowMs()),
      noteLarge: viewers.noteSocket,
    },
    () => clock.nowMs(),
  );
  const http2: Http2Handler = {
    ...router,
    http2HeadOf: (object) => headOf(object, clock.nowMs()).http2,
    storedHttp2HeadOf: (hit) => http2Head(storedHeaders(hit), clock.nowMs()),
    noteStream: viewers.noteStream,
  };
  return { http1, http2 };
}

function showGauges({ metrics }: NodeContext, { cache, disk, viewers }: Stores, supply: Supply): void {
  const { mates, filler } = supply;
  metrics.gauge('edge_cache_bytes', 'Memory used by cached objects', () => cache.bytes());
  metrics.gauge('edge_disk_bytes', 'Disk used by cached objects', () => disk.bytes());
  metrics.gauge('edge_disk_failing', '1 while the disk cache is left alone', () => Number(disk.isFailing()));
  metrics.gauge('edge_mates', 'Edges of this site that are alive, this one among them', () => mates.count());
  metrics.gauge('edge_fill_limit', 'Fetches that may be under way', () => filler.limit());
  metrics.gauge('edge_connections', 'Open connections of viewers', () => viewers.count());
  metrics.gauge('edge_fills', 'Objects being fetched', () => filler.inFlight().count);
}

/** Assembles everything that answers requests. */
export function assemble(
  context: NodeContext,
  given: {
    readonly broadcasts: Broadcasts;
    readonly telemetry: Telemetry;
    controlSilentMs(): number;
  },
  ownBaseUrl: () => string,
): AssembledEdge {
  const { region, site, clock, metrics, world } = context;
  const { broadcasts, telemetry, controlSilentMs } = given;
  const counters = createEdgeCounters(metrics);
  const stores = createStores(context, counters);
  const { cache, disk, viewers } = stores;
  const tally = createEdgeTally(clock);
  const supply = createSupply(context, counters, stores.negatives, tally);
  const guidance = createGuidance(context, ownBaseUrl);
  const { steeringView, groups } = guidance;
  const checkToken = createTokenCheck(context);
  let drainAtMs = Number.POSITIVE_INFINITY;
  const cmcd = createCmcdCollector({
    nowMs: clock.nowMs,
    telemetry,
    own: { regionId: region.id, siteId: site.id },
    ...counters.cmcd,
    snapshot: world.current(),
  });
  const { documents } = supply;
  const purger = createPurger({
    clock,
    log: context.log,
    cache,
    disk,
    forget({ projectId, assetId }) {
      documents.forget(projectId, assetId);
      supply.gates.expire(projectId, assetId);
    },
  });
  const throttles = createThrottles(region.id, (priority) => {
    counters.shed('throttle', priority).value += 1;
  });
  const heed = (snapshot: WorldSnapshot | undefined): void => {
    drainAtMs = drainedAtMs(snapshot, site.id);
    throttles.take(snapshot);
    purger.take(snapshot);
  };
  heed(world.current());
  const stopListening = world.onChange((snapshot) => {
    cmcd.setWorld(snapshot);
    heed(snapshot);
  });
  const playback = createPlayback({
    clock,
    ...stores,
    ...supply,
    asks: createAskSketch(),
    counters,
    tally,
    manifests: createManifestMaker({ documents, counters, steeringView, groupOf: groups.groupOf }),
    checkToken,
    drainedAtMs: () => drainAtMs,
    purger,
    throttles,
  });
  const live = createLiveDelivery({
    context,
    broadcasts,
    cache,
    viewers,
    counters,
    steeringView,
    groupOf: groups.groupOf,
    checkToken: (token, { projectId, broadcastId }, nowMs) =>
      checkToken(token, { projectId, assetId: broadcastId }, nowMs),
    drainedAtMs: () => drainAtMs,
    bytesOf: tally.bytesOf,
  });
  const serving = createServing(context, {
    counters,
    live,
    playback,
    viewers,
    guidance,
    cmcd,
    controlSilentMs,
  });
  metrics.gauge('edge_viewings', 'Viewings that players tell of', () => cmcd.viewings());
  showGauges(context, stores, supply);
  return { cache, disk, live, playback, viewers, tally, cmcd, purger, ...serving, stopListening };
}

// Composition root of a region node: every role over one object store, one transport and one world snapshot.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Config, ObjectsConfig, RegionConfig, SiteConfig } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import type { SrtPorts } from '#contract/node-api.ts';
import { NODE_SIGNATURE_HEADER } from '#contract/peer-api.ts';
import type { Role as RoleName } from '#contract/snapshot.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { ensurePrivateDirectory } from '#platform/disk.ts';
import { createLinks } from '#platform/fault/links.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { resolveEngine } from '#platform/ffmpeg/resolve-engine.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { signNodeRequest } from '#platform/identity.ts';
import type { Lifecycle } from '#platform/lifecycle.ts';
import { lockDirectory } from '#platform/lock.ts';
import type { Log } from '#platform/log.ts';
import { createMetrics, type Metrics } from '#platform/metrics.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createS3Store } from '#platform/objects/s3-store.ts';
import { type Agent, createAgent } from '#region/agent/create-agent.ts';
import { type NodeKey, openNodeKey } from '#region/agent/node-key.ts';
import { createChannels } from '#region/channel/create-channels.ts';
import { createEdge } from '#region/edge/edge.ts';
import { createEncoder } from '#region/encoder/create-encoder.ts';
import { awaitCopyRegion } from '#region/ingest/await-copies.ts';
import { createIngest } from '#region/ingest/create-ingest.ts';
import { createLiveIngest } from '#region/ingest/live/create-live-ingest.ts';
import { createOrigin } from '#region/origin/origin.ts';
import type { Broadcasts, LiveReports } from '#region/shared/broadcasts.ts';
import type { NodeContext, Role } from '#region/shared/node-context.ts';
import { createNodeServer } from '#region/shared/node-server.ts';
import { VERSION } from '../version.ts';
import { exportMetrics } from './export-metrics.ts';

export interface NodeProcessOptions {
  readonly config: Config;
  readonly dataDirectory: string;
  readonly siteId: string;
  /** Tells the nodes of a site apart; the first is `a`, which takes the node port of the site. */
  readonly nodeName: string;
  /** Other processes of this machine listen on the edge port too. */
  readonly isEdgePortShared: boolean;
  readonly controlUrl: string;
  readonly joinTokenFile: string;
  readonly roles: readonly RoleName[];
  readonly isWanDelayed: boolean;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
  /** Ends the process in good order, to be started again. */
  restart(): void;
}

/** A region that starts while all others are away serves all the same; it only says so this much later. */
const COPIES_MS_MAX = 8_000;
/** How often a starting node looks whether it can serve. */
const READY_POLL_MS = 25;

interface Place {
  readonly region: RegionConfig;
  readonly site: SiteConfig;
}

function findPlace(config: Config, siteId: string): Place {
  for (const region of config.regions)
    for (const site of region.sites) if (site.id === siteId) return { region, site };
  const known = config.regions.flatMap((region) => region.sites.map(({ id }) => id));
  throw new MeridianError('invalid_config', {
    reason: `there is no site ${siteId}; there are ${known.join(', ')}`,
  });
}

/** The region's object store. */
async function openStore(objects: ObjectsConfig, directory: string): Promise<ObjectStore> {
  if (objects.kind === 'disk') return createDiskStore(directory);
  const accessKeyId = process.env[objects.accessKeyIdEnv];
  const secretAccessKey = process.env[objects.secretAccessKeyEnv];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const reason = `${objects.accessKeyIdEnv} and ${objects.secretAccessKeyEnv} must be set for the bucket ${objects.endpoint}`;
    throw new MeridianError('invalid_config', { reason });
  }
  return createS3Store({
    endpoint: objects.endpoint,
    bucketRegion: objects.bucketRegion,
    accessKeyId,
    secretAccessKey,
  });
}

interface NodeAddresses {
  readonly nodeUrl: string;
  readonly ingestUrl: string;
  readonly edgeUrl: string;
  readonly rtmpUrl?: string;
  readonly srt?: SrtPorts;
  readonly whipUrl?: string;
  readonly channelSlots?: number;
}

/** Addresses under which this node is reached, and what it can do for live broadcasts. */
function addressesOf(
  { config, roles }: Pick<NodeProcessOptions, 'config' | 'roles'>,
  { site }: Place,
  nodePort: number,
  engine: Engine | undefined,
): NodeAddresses {
  const scheme = config.tls === undefined ? 'http' : 'https';
  const ingestUrl = site.ingestUrl ?? `${scheme}://${config.host}:${site.ports.ingest}`;
  return {
    nodeUrl: `http://${config.host}:${nodePort}`,
    ingestUrl,
    edgeUrl: site.edgeUrl ?? `${scheme}://${config.host}:${site.ports.edge}`,
    ...(roles.includes('ingest') && site.ports.rtmp !== undefined
      ? { rtmpUrl: site.rtmpUrl ?? `rtmp://${config.host}:${site.ports.rtmp}` }
      : {}),
    ...(roles.includes('ingest') && site.srtPorts !== undefined && engine?.takesSrt === true
      ? { srt: srtPortsOf(site.srtPorts, site.srtHost ?? config.host) }
      : {}),
    ...(roles.includes('ingest') && site.whip !== undefined && engine !== undefined
      ? { whipUrl: `${ingestUrl.replace(/\/$/, '')}/whip` }
      : {}),
    ...(roles.includes('encoder') ? { channelSlots: config.limits.channelSlots } : {}),
  };
}

function srtPortsOf({ first, count }: NonNullable<SiteConfig['srtPorts']>, host: string): SrtPorts {
  // In addresses, IPv6 stands in brackets.
  return { host: host.includes(':') ? `[${host}]` : host, firstPort: first, portCount: count };
}

/** What makes media, for the roles that need it; an ingest that finds none goes without SRT and browsers. */
async function findEngine(options: NodeProcessOptions, { site }: Place): Promise<Engine | undefined> {
  const { log, roles } = options;
  if (roles.includes('encoder')) return await resolveEngine(process.env, log);
  if (!roles.includes('ingest') || (site.srtPorts === undefined && site.whip === undefined)) return undefined;
  try {
    return await resolveEngine(process.env, log);
  } catch (error) {
    log.warn({ error: String(error) }, 'this ingest takes neither SRT nor browsers');
    return undefined;
  }
}

/** Starts a node; resolves when it serves, with a line for the user. */
export async function startNode(options: NodeProcessOptions): Promise<readonly string[]> {
  const { config, lifecycle, log } = options;
  const place = findPlace(config, options.siteId);
  const { region, site } = place;
  const nodeId = `${site.id}-${options.nodeName}`;
  const dataDirectory = join(options.dataDirectory, 'nodes', nodeId);
  await ensurePrivateDirectory(dataDirectory);
  const lock = await lockDirectory(dataDirectory);
  lifecycle.add('lock', () => lock.release());
  const clock = systemClock;
  const metrics = createMetrics();
  exportMetrics(options, metrics, {
    service: 'meridian-node',
    regionId: region.id,
    siteId: site.id,
    nodeId,
  });
  const store = await openStore(region.objects, join(options.dataDirectory, 'regions', region.id));
  const key = await openNodeKey(dataDirectory, log);
  const engine = await findEngine(options, place);
  if (options.roles.includes('ingest') && site.srtPorts !== undefined && engine?.takesSrt === false)
    log.warn(
      { engine: engine.name, version: engine.version },
      'this FFmpeg has no SRT; the ingest takes none',
    );
  const roles: Role[] = [];
  // Whatever is free will do for a further node: it tells control, and control tells everybody.
  let nodePort = options.nodeName === 'a' ? site.ports.node : 0;
  const addresses = (): NodeAddresses => addressesOf(options, place, nodePort, engine);
  const { agent, context } = joinWorld(options, place, key, roles, addresses, {
    nodeId,
    dataDirectory,
    clock,
    metrics,
    store,
  });
  roles.push(
    ...createRoles(
      options,
      context,
      engine,
      { broadcasts: agent.broadcasts, reports: agent.liveReports },
      agent,
    ),
  );
  const all = [agent.role, ...roles];
  const nodeServer = createNodeServer({ clock, log, metrics, world: agent.world, roles: all });
  nodePort = await nodeServer.listen(config.host, nodePort);
  lifecycle.add('node port', () => nodeServer.stop());
  for (const role of all) {
    lifecycle.add(role.name, () => role.stop());
    await role.start();
  }
  while (all.some((role) => role.notReadyReason() !== null))
    await clock.sleep(READY_POLL_MS, lifecycle.signal);
  if (options.roles.includes('ingest'))
    await awaitCopyRegion(context, AbortSignal.any([lifecycle.signal, AbortSignal.timeout(COPIES_MS_MAX)]));
  return [`${region.name.padEnd(12)} ${addresses().edgeUrl}`];
}

/** The agent, and what the roles share. */
function joinWorld(
  options: NodeProcessOptions,
  place: Place,
  key: NodeKey,
  roles: readonly Role[],
  addresses: () => NodeAddresses,
  own: { nodeId: string; dataDirectory: string; clock: Clock; metrics: Metrics; store: ObjectStore },
): { agent: Agent; context: NodeContext } {
  const { config, lifecycle, log } = options;
  const wan = { ...config.wan, enabled: options.isWanDelayed };
  const links = createLinks({
    config: { ...config, wan },
    ownRegionId: place.region.id,
    log,
    world: () => agent.world.current(),
  });
  lifecycle.add('links', () => links.close());
  const transport = createTransport({
    resolve: (url) => links.resolve(url),
    sign: (parts) => ({
      [NODE_SIGNATURE_HEADER]: signNodeRequest(own.nodeId, key.current(), parts, own.clock.nowMs()),
    }),
  });
  lifecycle.add('transport', () => transport.close());
  const shared = { ...own, region: place.region, site: place.site, log, transport };
  const agent: Agent = createAgent(
    { ...shared, key },
    {
      controlUrl: options.controlUrl,
      joinTokenFile: options.joinTokenFile,
      roles: options.roles,
      version: VERSION,
      bootId: randomUUID(),
      addresses,
      notReadyReason: () =>
        roles.map((role) => role.notReadyReason()).find((reason) => reason !== null) ?? null,
      telemetryBytesMax: config.telemetry.spoolBytesMax,
      orderReports: () => roles.flatMap((role) => role.orderReports?.() ?? []),
      restart: () => options.restart(),
      edgeReport: () => roles.find((role) => role.edgeReport !== undefined)?.edgeReport?.(),
    },
  );
  return { agent, context: { ...shared, config, world: agent.world, probes: agent.probes } };
}

/** Origin first, so that the others find it; the encoder last, since it brings work. */
function createRoles(
  options: NodeProcessOptions,
  context: NodeContext,
  engine: Engine | undefined,
  live: { readonly broadcasts: Broadcasts; readonly reports: LiveReports },
  { telemetry, controlSilentMs }: Pick<Agent, 'telemetry' | 'controlSilentMs'>,
): readonly Role[] {
  const { roles: names, isEdgePortShared } = options;
  const roles: Role[] = [];
  if (names.includes('origin')) roles.push(createOrigin(context));
  const srtEngine = engine?.takesSrt === true ? engine : undefined;
  if (names.includes('ingest')) {
    const liveIngest = createLiveIngest(context, { ...live, srtEngine, whipEngine: engine });
    roles.push(createIngest(context, liveIngest.whip), liveIngest);
  }
  if (names.includes('edge'))
    roles.push(
      createEdge(context, {
        isPortShared: isEdgePortShared,
        broadcasts: live.broadcasts,
        telemetry,
        controlSilentMs,
      }),
    );
  if (names.includes('encoder') && engine !== undefined)
    roles.push(
      createChannels(context, { engine, ...live }),
      createEncoder(context, { engine, version: VERSION }),
    );
  return roles;
}

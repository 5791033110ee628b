// The agent of a node: its membership, its beat, its world snapshot, its probes of the other sites. It is the only
// part of a node that talks to control, and everything it learns is kept, so that the node serves at once after a
// restart and goes on for as long as control is away.

import { join } from 'node:path';
import type { RegionConfig, SiteConfig } from '#contract/config.ts';
import { CLOCK_OFFSET_MS_MAX } from '#contract/limits.ts';
import type { EdgeReport, SrtPorts } from '#contract/node-api.ts';
import type { OrderReport } from '#contract/orders.ts';
import { PEER_SNAPSHOT_PATH } from '#contract/peer-api.ts';
import type { Role as RoleName } from '#contract/snapshot.ts';
import { certainOffsetMs } from '#core/health/clock-offset.ts';
import { type Clock, runEvery } from '#platform/clock.ts';
import type { Transport } from '#platform/http/transport.ts';
import { createLifecycle } from '#platform/lifecycle.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import type { Broadcasts, LiveReports } from '../shared/broadcasts.ts';
import type { Role, SiteProbes, World } from '../shared/node-context.ts';
import type { Telemetry } from '../shared/telemetry.ts';
import { createBeater } from './beater.ts';
import { createBroadcastKeeper } from './broadcast-keeper.ts';
import { createDiskGauge } from './disk-gauge.ts';
import { FIRST_BEAT_MS, TELEMETRY_BYTES_MAX_DEFAULT } from './limits.ts';
import { createLiveReporter } from './live-reporter.ts';
import { createMembership, type NodeDescription } from './membership.ts';
import type { NodeKey } from './node-key.ts';
import { createPeerSnapshots } from './peer-snapshots.ts';
import { createRestartKeeper } from './restart-keeper.ts';
import { createSiteProber } from './site-prober.ts';
import { createSnapshotDisk } from './snapshot-disk.ts';
import { createSnapshotKeeper } from './snapshot-keeper.ts';
import { createTelemetryReporter } from './telemetry/reporter.ts';
import { createTelemetrySpool } from './telemetry/spool.ts';

export interface AgentDependencies {
  readonly region: Pick<RegionConfig, 'id'>;
  readonly site: Pick<SiteConfig, 'id'>;
  readonly nodeId: string;
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Must sign with `key.current()` at each request. */
  readonly transport: Transport;
  readonly store: ObjectStore;
  readonly key: NodeKey;
}

export interface AgentOptions {
  /** Where control is until a snapshot says otherwise; without a slash at the end. */
  readonly controlUrl: string;
  /** Holds the one-time token; read at each attempt to join. */
  readonly joinTokenFile?: string;
  readonly roles: readonly RoleName[];
  readonly version: string;
  readonly bootId: string;
  /** Public addresses of this node; asked at each beat, since ports may be known only after listening. */
  readonly addresses: () => {
    readonly nodeUrl: string;
    readonly ingestUrl: string;
    readonly edgeUrl: string;
    readonly rtmpUrl?: string;
    readonly srt?: SrtPorts;
    readonly whipUrl?: string;
    readonly channelSlots?: number;
  };
  /** Why the other roles cannot serve now, or null. */
  readonly notReadyReason?: () => string | null;
  /** Asked once per beat; undefined on nodes without an edge. */
  readonly edgeReport?: () => EdgeReport | undefined;
  /** Orders that the roles have carried out; asked once per beat. */
  readonly orderReports?: () => readonly OrderReport[];
  /** Lets the process end, to be started again; without it orders to restart are left alone. */
  readonly restart?: () => void;
  /** What reports may take on disk while control is away. */
  readonly telemetryBytesMax?: number;
  /** Rhythm until the snapshot's policies are known, and of probes; for tests. */
  readonly beatMs?: number;
  readonly probeIntervalMs?: number;
  readonly probeTimeoutMs?: number;
}

export interface Agent {
  readonly world: World;
  readonly probes: SiteProbes;
  readonly broadcasts: Broadcasts;
  readonly liveReports: LiveReports;
  readonly telemetry: Telemetry;
  /** How long control has not answered a beat. */
  controlSilentMs(): number;
  readonly role: Role;
}

/** Creates the agent; `role.start` loads what is on disk and begins to beat and probe. */
export function createAgent(dependencies: AgentDependencies, options: AgentOptions): Agent {
  const { region, site, nodeId, dataDirectory, clock, log, metrics, transport, store, key } = dependencies;
  const lifecycle = createLifecycle(log);
  const membership = createMembership({
    dataDirectory,
    joinTokenFile: options.joinTokenFile,
    transport,
    log,
  });
  const keeper = createSnapshotKeeper({
    disk: createSnapshotDisk(join(dataDirectory, 'snapshots'), log),
    rootPublicKey: membership.rootPublicKey,
    log,
    refusals: metrics.counter('agent_snapshot_refusals_total', 'World snapshots that were refused'),
  });
  const peers = createPeerSnapshots({ nodeId, regionId: region.id, transport, store, keeper, log });
  const prober = createSiteProber({
    nodeId,
    ownSiteId: site.id,
    world: keeper.world,
    transport,
    clock,
    ...(options.probeIntervalMs === undefined ? {} : { intervalMs: options.probeIntervalMs }),
    ...(options.probeTimeoutMs === undefined ? {} : { timeoutMs: options.probeTimeoutMs }),
  });
  const { restart } = options;
  const restarts =
    restart === undefined
      ? undefined
      : createRestartKeeper({
          dataDirectory,
          nodeId,
          siteId: site.id,
          world: keeper.world,
          clock,
          log,
          restart,
        });
  const describe = (): NodeDescription => ({
    nodeId,
    regionId: region.id,
    siteId: site.id,
    roles: [...options.roles],
    publicKey: key.current().publicKey,
    ...options.addresses(),
  });
  const beater = createBeater(
    { clock, log, metrics, transport, membership, keeper, peers, probes: prober.probes },
    {
      nodeId,
      controlUrl: options.controlUrl,
      bootId: options.bootId,
      version: options.version,
      describe,
      notReadyReason: () => notReadyReason() ?? options.notReadyReason?.() ?? null,
      edgeReport: () => options.edgeReport?.(),
      orderReports: () => [...(restarts?.report() ?? []), ...(options.orderReports?.() ?? [])],
    },
  );
  const controlUrl = (): string => keeper.world.current()?.controlUrl || options.controlUrl;
  const beatMs = (): number => options.beatMs ?? keeper.world.current()?.policies.beatMs ?? FIRST_BEAT_MS;
  const broadcasts = createBroadcastKeeper({ dataDirectory, clock, log, transport, controlUrl });
  const reporter = createLiveReporter({ nodeId, clock, log, transport, controlUrl, beatMs });
  const spool = createTelemetrySpool(
    join(dataDirectory, 'telemetry'),
    options.telemetryBytesMax ?? TELEMETRY_BYTES_MAX_DEFAULT,
    log,
  );
  const telemetry = createTelemetryReporter({
    nodeId,
    regionId: region.id,
    siteId: site.id,
    bootId: options.bootId,
    clock,
    log,
    metrics,
    transport,
    spool,
    controlUrl,
    clockOffsetMs: () => beater.clockSample()?.offsetMs ?? 0,
  });
  const disk = createDiskGauge(dataDirectory, log);
  registerGauges(metrics, keeper.world, beater, disk);

  function notReadyReason(): string | null {
    if (keeper.world.current() === undefined) return beater.joinFailure() ?? 'no world snapshot yet';
    const sample = beater.clockSample();
    if (sample !== null && certainOffsetMs(sample) > CLOCK_OFFSET_MS_MAX)
      return `the clock is ${Math.round(sample.offsetMs)} ms off that of control`;
    return restarts?.notReadyReason() ?? null;
  }

  async function beat(signal: AbortSignal): Promise<void> {
    if (await key.refresh()) log.info({}, 'the node key was replaced');
    await disk.refresh();
    await beater.beat(signal);
  }

  return {
    world: keeper.world,
    probes: prober.probes,
    broadcasts: broadcasts.broadcasts,
    liveReports: reporter.reports,
    telemetry: telemetry.telemetry,
    controlSilentMs: beater.silentMs,
    role: {
      name: 'agent',
      async start() {
        await membership.load();
        const isLoaded = await keeper.load();
        await broadcasts.load();
        await spool.load();
        await restarts?.load();
        log.info({ isLoaded, version: versionOf(keeper.world) }, 'the agent starts');
        lifecycle.run('beat', (signal) => runEvery(clock, beatMs, signal, () => beat(signal)));
        if (restarts !== undefined) lifecycle.run('restarts', (signal) => restarts.run(signal));
        lifecycle.run('probes', (signal) => prober.run(signal));
        lifecycle.run('broadcasts', (signal) => broadcasts.run(signal));
        lifecycle.run('live reports', (signal) => reporter.run(signal));
        lifecycle.run('telemetry reports', (signal) => telemetry.send(signal));
        lifecycle.run('telemetry', (signal) => telemetry.roll(signal));
      },
      stop: () => lifecycle.stop(),
      notReadyReason,
      routes: { [PEER_SNAPSHOT_PATH]: peers.handler },
    },
  };
}

function registerGauges(
  metrics: Metrics,
  world: World,
  beater: ReturnType<typeof createBeater>,
  disk: ReturnType<typeof createDiskGauge>,
): void {
  metrics.gauge(
    'clock_offset_seconds',
    'Own clock minus that of control',
    () => (beater.clockSample()?.offsetMs ?? 0) / 1_000,
  );
  metrics.gauge('snapshot_term', 'Term of the adopted snapshot', () => world.current()?.term ?? 0);
  metrics.gauge(
    'snapshot_sequence',
    'Sequence of the adopted snapshot',
    () => world.current()?.sequence ?? 0,
  );
  metrics.gauge('disk_free_bytes', 'Bytes free where the node keeps its data', () => disk.freeBytes());
}

function versionOf(world: World): { term: number; sequence: number } | null {
  const snapshot = world.current();
  return snapshot === undefined ? null : { term: snapshot.term, sequence: snapshot.sequence };
}

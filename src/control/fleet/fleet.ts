// The fleet as control knows it: joined nodes from the database, their beats in memory. Beats are taken and answered
// from memory alone, so that they go on while the database is away. After a start every node counts as alive until
// it has had the time to miss its beats: a restarted control must not declare the world dead.

import type { Beat } from '#contract/node-api.ts';
import type { Role } from '#contract/snapshot.ts';
import type { ControlContext } from '../context.ts';
import { DEAD_AFTER_MS } from '../limits.ts';
import { inTurn } from '../serial.ts';
import { advanceRates, type Rates, type RateTrack, ratesOf, totalsOf } from './rates.ts';
import { readDrains, readNodes } from './store.ts';
import { createTrafficHistory, type TrafficPoint } from './traffic-history.ts';

/** A joined node as the database keeps it. */
export interface NodeRecord {
  readonly id: string;
  readonly siteId: string;
  readonly regionId: string;
  readonly roles: readonly Role[];
  readonly publicKey: string;
  readonly nodeUrl: string;
  readonly ingestUrl: string;
  readonly edgeUrl: string;
}

export interface FleetNode extends NodeRecord {
  readonly isAlive: boolean;
  readonly lastBeat: Beat | null;
  readonly lastBeatAtMs: number | null;
  readonly rates: Rates;
}

export interface FleetSite {
  readonly id: string;
  readonly regionId: string;
  readonly state: 'up' | 'draining' | 'down';
  readonly drainStartedAtMs: number | null;
  /** A live edge that says it is ready. */
  readonly isHealthy: boolean;
  readonly capacityBps: number;
  /** Public address of its edges; null while no edge has joined. */
  readonly edgeUrl: string | null;
  readonly ingestUrl: string | null;
  readonly nodes: readonly FleetNode[];
}

/** What a beat shows that others must act on. */
export interface BeatOutcome {
  /** It came back from the dead, became ready or unready: the snapshot changes. */
  readonly isChange: boolean;
  /** Its previous process is gone, and with it what that process was working on. */
  readonly isReboot: boolean;
}

export interface Fleet {
  /** Reads nodes and drains again; called at start, after changes, and regularly for changes made elsewhere. */
  reload(): Promise<void>;
  beat(nodeId: string, beat: Beat): BeatOutcome;
  publicKeyOf(nodeId: string): string | undefined;
  node(nodeId: string): FleetNode | undefined;
  nodes(): readonly FleetNode[];
  /** Sites of the config, in its order. */
  sites(): readonly FleetSite[];
  site(siteId: string): FleetSite | undefined;
  traffic(): TrafficPoint[];
}

interface Pulse {
  beat: Beat | null;
  atMs: number | null;
  /** Monotonic: a jump of the wall clock must not kill the fleet. */
  seenMonotonicMs: number;
  track: RateTrack | undefined;
}

/** Creates an empty fleet; `reload` fills it. */
export function createFleet({ config, database, clock }: ControlContext): Fleet {
  const startedMonotonicMs = clock.monotonicMs();
  const records = new Map<string, NodeRecord>();
  const pulses = new Map<string, Pulse>();
  let drains = new Map<string, number>();
  const traffic = createTrafficHistory(config.regions.map(({ id }) => id));

  function pulseOf(nodeId: string): Pulse {
    let pulse = pulses.get(nodeId);
    if (pulse === undefined) {
      const isEarly = clock.monotonicMs() - startedMonotonicMs < DEAD_AFTER_MS;
      pulse = {
        beat: null,
        atMs: null,
        seenMonotonicMs: isEarly ? startedMonotonicMs : clock.monotonicMs(),
        track: undefined,
      };
      pulses.set(nodeId, pulse);
    }
    return pulse;
  }

  function viewOf(record: NodeRecord): FleetNode {
    const pulse = pulseOf(record.id);
    return {
      ...record,
      isAlive: clock.monotonicMs() - pulse.seenMonotonicMs < DEAD_AFTER_MS,
      lastBeat: pulse.beat,
      lastBeatAtMs: pulse.atMs,
      rates: ratesOf(pulse.track, clock.nowMs()),
    };
  }

  function beat(nodeId: string, next: Beat): BeatOutcome {
    const record = records.get(nodeId);
    const pulse = pulseOf(nodeId);
    const nowMs = clock.nowMs();
    const wasAlive = clock.monotonicMs() - pulse.seenMonotonicMs < DEAD_AFTER_MS;
    const previous = pulse.beat;
    pulse.seenMonotonicMs = clock.monotonicMs();
    pulse.atMs = nowMs;
    // A late repeat proves life, but must not replace what is newer.
    if (previous?.bootId === next.bootId && next.sequence <= previous.sequence)
      return { isChange: !wasAlive, isReboot: false };
    // Counters are taken in as numbers; keeping the whole record per node would fill memory.
    pulse.beat = { ...next, counters: {}, gauges: {} };
    const { bootId, sequence, counters } = next;
    const step = advanceRates(pulse.track, { bootId, sequence, atMs: nowMs, totals: totalsOf(counters) });
    pulse.track = step.track;
    if (record !== undefined && step.done.bytesSent > 0)
      traffic.add(record.regionId, step.done.bytesSent, nowMs);
    return {
      isChange: !wasAlive || previous?.isReady !== next.isReady,
      isReboot: previous !== null && previous.bootId !== next.bootId,
    };
  }

  function sites(): FleetSite[] {
    const nodes = [...records.values()].map(viewOf);
    return config.regions.flatMap((region) =>
      region.sites.map((site) => {
        const own = nodes.filter(({ siteId }) => siteId === site.id);
        const edges = own.filter(({ roles }) => roles.includes('edge'));
        const ingests = own.filter(({ roles }) => roles.includes('ingest'));
        const drainStartedAtMs = drains.get(site.id) ?? null;
        const isDown = !edges.some(({ isAlive }) => isAlive);
        return {
          id: site.id,
          regionId: region.id,
          state: isDown
            ? ('down' as const)
            : drainStartedAtMs === null
              ? ('up' as const)
              : ('draining' as const),
          drainStartedAtMs,
          // A node that has not beaten since our start is taken at its word of before: ready.
          isHealthy: edges.some(({ isAlive, lastBeat }) => isAlive && lastBeat?.isReady !== false),
          capacityBps: site.capacityBps,
          edgeUrl: site.edgeUrl ?? (edges.find(({ isAlive }) => isAlive) ?? edges[0])?.edgeUrl ?? null,
          ingestUrl:
            site.ingestUrl ?? (ingests.find(({ isAlive }) => isAlive) ?? ingests[0])?.ingestUrl ?? null,
          nodes: own,
        };
      }),
    );
  }

  async function reload(): Promise<void> {
    const nodes = await readNodes(database);
    const newDrains = await readDrains(database);
    records.clear();
    for (const node of nodes) records.set(node.id, node);
    for (const nodeId of pulses.keys()) if (!records.has(nodeId)) pulses.delete(nodeId);
    drains = newDrains;
  }

  return {
    reload: inTurn(reload),
    beat,
    publicKeyOf: (nodeId) => records.get(nodeId)?.publicKey,
    node(nodeId) {
      const record = records.get(nodeId);
      return record === undefined ? undefined : viewOf(record);
    },
    nodes: () => [...records.values()].map(viewOf),
    sites,
    site: (siteId) => sites().find(({ id }) => id === siteId),
    traffic: () => traffic.points(clock.nowMs()),
  };
}
